//! The projections: which have stopped, are behind, differ from the log, or are of another build.

use sqlx::PgPool;

use super::finding::{Finding, Said, said};
use crate::fold::lag::{self, State, Watched};
use crate::fold::registry;
use crate::http::FAR;

/// Looks at them.
pub async fn look(pool: &PgPool, at: &str) -> Result<Vec<Finding>, sqlx::Error> {
    let overview = lag::look(pool).await?;
    let mut findings: Vec<Finding> = overview.projections.iter().flat_map(|one| of_one(one, at)).collect();
    if findings.is_empty() {
        let folded = overview.projections.len();
        let what = said(
            format!("{folded} projections, none stopped, behind or different; the log ends at {}", overview.head),
            format!("{folded} 个投影，均未停止、落后或不一致；日志末位置 {}", overview.head),
        );
        findings.push(Finding::ok("projections", at, what));
    }
    Ok(findings)
}

fn of_one(watched: &Watched, at: &str) -> Vec<Finding> {
    let (name, standing) = (&watched.standing.name, &watched.standing);
    let at = format!("projection {name}, {at}");
    let fault = |check, what: Said, todo: Said| Finding::fault(check, &at, what, todo);
    let warning = |check, what: Said, todo: Said| Finding::warning(check, &at, what, todo);
    let mut findings = Vec::new();
    if let Some((before, cause)) = &standing.stopped {
        let what =
            said(format!("it has stopped before {before}: {cause}"), format!("已停在位置 {before} 之前：{cause}"));
        let todo = said(
            "start the build that the cause names; else `sanping projections skip`, which is recorded for good",
            "启动原因中提到的版本；否则使用 `sanping projections skip`（该决定永久记录）",
        );
        findings.push(fault("projections.stopped", what, todo));
    }
    findings.extend(pace(watched).map(|(check, what, todo)| match watched.events > FAR {
        true => fault(check, what, todo),
        false => warning(check, what, todo),
    }));
    findings.extend(version(watched).map(|(what, todo)| warning("projections.build", what, todo)));
    let differing = watched.verified.map_or(0, |(_, differing)| differing);
    if differing > 0 {
        let what = said(
            format!("{differing} of its rows were not what the log makes of them when it was verified last"),
            format!("上次核对时有 {differing} 行与日志不一致"),
        );
        let todo = said(
            format!("`sanping projections verify {name}`, then `sanping projections rebuild {name}`"),
            format!("先运行 `sanping projections verify {name}`，再运行 `sanping projections rebuild {name}`"),
        );
        findings.push(fault("projections.different", what, todo));
    }
    if watched.build.is_some_and(|build| !build.lives) {
        let what = said("a build beside it was cut off", "旁边的重建被中断");
        let todo = said(
            "whoever builds it next goes on; or `sanping projections rebuild`",
            "下一次重建会接着进行；或运行 `sanping projections rebuild`",
        );
        findings.push(warning("projections.cut_off", what, todo));
    }
    findings
}

/// How far it is behind, where that is worth a word.
fn pace(watched: &Watched) -> Option<(&'static str, Said, Said)> {
    let Watched { events, seconds, .. } = watched;
    let behind = said(
        format!("it is {events} events behind, for {seconds} s"),
        format!("落后 {events} 个事件，已 {seconds} 秒"),
    );
    match watched.state {
        State::Idle => {
            let todo = said("start a program that serves: nobody folds it", "启动服务程序：目前没有程序在折叠它");
            Some(("projections.idle", behind, todo))
        }
        State::CatchingUp | State::FirstFold if *events > FAR => {
            let todo = said(
                "wait while it catches up; look at the load of the database where it does not",
                "等待其追上；若没有进展请检查数据库负载",
            );
            Some(("projections.behind", behind, todo))
        }
        State::Unknown | State::Stopped | State::Current | State::CatchingUp | State::FirstFold => None,
    }
}

/// Whether its rows are of another build.
fn version(watched: &Watched) -> Option<(Said, Said)> {
    let ours = registry::all().into_iter().find(|projection| projection.name() == watched.standing.name);
    let nothing = said("nothing while one build takes the other's place", "若正在更换版本则无需处理");
    match ours {
        None => Some((said("this build does not know it", "此版本不认识该投影"), nothing)),
        Some(ours) if i64::from(ours.version()) != i64::from(watched.standing.version) => {
            let (theirs, ours) = (watched.standing.version, ours.version());
            let what = said(
                format!("its rows are of version {theirs}, and this build makes version {ours}"),
                format!("其数据为版本 {theirs}，此程序为版本 {ours}"),
            );
            Some((what, nothing))
        }
        Some(_same) => None,
    }
}
