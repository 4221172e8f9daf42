//! Killed in the middle of the load: nothing acknowledged is missing, nothing is doubled, the load resumes.

use std::path::Path;

use harness::program::{Running, answer, data};

/// The report without what depends on when and where it was loaded.
fn figures(data: &Path) -> serde_json::Value {
    let report: serde_json::Value = serde_json::from_str(&answer(data, &["report", "2022", "--json"])).unwrap();
    report["figures"].clone()
}

fn value<'r>(figures: &'r serde_json::Value, code: &str) -> &'r str {
    let found = figures.as_array().unwrap().iter().find(|figure| figure["code"] == code);
    found.and_then(|figure| figure["value"].as_str()).unwrap_or_else(|| panic!("{code} is not in the report"))
}

#[test]
fn a_killed_load_resumes_and_the_report_is_the_same() {
    let whole = data();
    let loaded = answer(whole.path(), &["demo", "--load-only"]);
    let expected = figures(whole.path());

    let broken = data();
    let first = Running::start(broken.path(), &["demo", "--load-only"]);
    first.until_told("demo 2022: ");
    first.until_told("demo 2022: ");
    first.kill();
    let second = Running::start(broken.path(), &["demo", "--load-only"]);
    for _ in 0..5 {
        second.until_told("demo 2022: ");
    }
    second.kill_with_postgres();
    let resumed = answer(broken.path(), &["demo", "--load-only"]);
    let end = |said: &str| said.trim().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(end(&resumed), end(&loaded), "the log is as long as if nothing had happened");
    assert!(!resumed.contains(" 0 before"), "what was acknowledged before is not sent twice: {resumed}");

    assert_eq!(figures(broken.path()), expected);
    assert_eq!(value(&expected, "premium_new"), "1524000000.00");
    let again = answer(broken.path(), &["demo", "--load-only"]);
    assert!(again.contains(" 0 of them now"), "loading twice changes nothing: {again}");
    let verified = answer(broken.path(), &["projections", "verify"]);
    assert!(verified.lines().all(|line| line.contains("rows agree")), "{verified}");
}
