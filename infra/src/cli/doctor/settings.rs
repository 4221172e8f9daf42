//! The settings: what cannot be taken, what is none, what does not go together.

use super::super::place::{parse, zone};
use super::super::serve::{believable, trusted};
use super::finding::{Finding, said};
use crate::config::read::{Source, Told};
use crate::config::{Place, Serving, Telling};
use crate::http::documents::Documents;
use crate::telling::is_filter;
use crate::trace::address;

/// Looks at them.
pub fn look(place: &Place, telling: &Telling, serving: &Serving, told: &Told) -> Vec<Finding> {
    let mut findings: Vec<Finding> = told.wrong.iter().map(|wrong| bad(&wrong.variable, &wrong.why)).collect();
    for name in &told.unknown {
        let what = said(format!("no setting is read from {name}"), format!("没有任何设置读取变量 {name}"));
        let todo = said(
            "correct its name, or take it away; docs/configuration.md lists the settings",
            "更正变量名或删除它；全部设置见 docs/configuration.md",
        );
        findings.push(Finding::warning("settings.unknown", name, what, todo));
    }
    let found = [
        ("--zone", zone(place).err().map(|error| error.to_string())),
        (
            "--database-url",
            place.database_url.as_deref().and_then(|url| parse(url).err()).map(|error| error.to_string()),
        ),
        ("--dev-sign-in", believable(serving.listen, serving.dev_sign_in).err().map(|error| error.to_string())),
        ("--oidc-issuer", trusted(&serving.oidc).err().map(|error| super::super::told(&error))),
        ("--trusted-documents", documents(serving)),
        (
            "--otlp-endpoint",
            serving.traces.endpoint.as_deref().and_then(|url| address(url).err()).map(|error| error.to_string()),
        ),
        ("--log", (!is_filter(&telling.log)).then(|| "it cannot be read as a filter".to_owned())),
    ];
    findings.extend(found.into_iter().filter_map(|(flag, why)| Some(bad(flag, &why?))));
    if findings.is_empty() {
        let said_of = told.found.iter().filter(|found| found.source != Source::Unsaid).count();
        let what = said(
            format!("{} settings, {said_of} of them said", told.found.len()),
            format!("共 {} 项设置，其中 {said_of} 项为显式指定", told.found.len()),
        );
        findings.push(Finding::ok("settings", "arguments and environment", what));
    }
    findings
}

fn bad(name: &str, why: &str) -> Finding {
    let what = said(format!("{name} cannot be taken: {why}"), format!("设置 {name} 无效：{why}"));
    let todo = said("correct it; docs/configuration.md says what it takes", "更正该设置；取值见 docs/configuration.md");
    Finding::fault("settings.invalid", name, what, todo)
}

fn documents(serving: &Serving) -> Option<String> {
    let file = serving.let_in.trusted_documents.as_ref()?;
    Documents::read(file).err().map(|error| super::super::told(&error))
}
