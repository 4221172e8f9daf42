//! The schema: whether it is the one of this program; and the origin of the log.

use std::collections::BTreeMap;

use sqlx::PgPool;

use super::finding::{Finding, said};
use super::one;
use crate::log::origin::{self, Fit};
use crate::migrate;

/// Looks at the migrations; answers whether all that this program needs are there.
pub async fn look(pool: &PgPool, at: &str) -> Result<(bool, Vec<Finding>), sqlx::Error> {
    let applied = match one(pool, "select to_regclass('_sqlx_migrations') is not null").await? {
        true => applied(pool).await?,
        false => BTreeMap::new(),
    };
    let ours = migrate::checksums();
    let numbers = |chosen: Vec<i64>| chosen.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let missing: Vec<i64> =
        ours.keys().filter(|number| !applied.get(number).is_some_and(|(done, _)| *done)).copied().collect();
    let later: Vec<i64> = applied.keys().filter(|number| !ours.contains_key(number)).copied().collect();
    let changed: Vec<i64> = ours
        .iter()
        .filter(|(number, sum)| applied.get(number).is_some_and(|(_, theirs)| theirs != *sum))
        .map(|(number, _)| *number)
        .collect();
    let mut findings = Vec::new();
    if !missing.is_empty() {
        let numbers = numbers(missing.clone());
        let what = said(format!("the schema lacks the migrations {numbers}"), format!("数据库结构缺少迁移 {numbers}"));
        let todo = said(
            "run `sanping migrate --app-role ROLE` as the owner, before programs of this build start",
            "先以属主身份运行 `sanping migrate --app-role ROLE`，再启动此版本的程序",
        );
        findings.push(Finding::fault("schema.missing", at, what, todo));
    }
    if !changed.is_empty() {
        let numbers = numbers(changed);
        let what = said(
            format!("the migrations {numbers} were applied by another program, with other contents"),
            format!("迁移 {numbers} 的内容与本程序不同，由其他程序写入"),
        );
        let todo =
            said("use the program that made this schema, or another database", "使用创建此结构的程序，或换一个数据库");
        findings.push(Finding::fault("schema.changed", at, what, todo));
    }
    if !later.is_empty() {
        let numbers = numbers(later);
        let what = said(
            format!("a later build has applied the migrations {numbers}: this program is the older one"),
            format!("较新的版本已应用迁移 {numbers}：本程序较旧"),
        );
        let todo = said(
            "nothing while a newer build takes its place: what migrations add, older builds leave alone (docs/operation.md)",
            "若正在升级则无需处理：旧版本不使用迁移新增的内容（docs/operation.md）",
        );
        findings.push(Finding::warning("schema.later", at, what, todo));
    }
    if findings.is_empty() {
        let last = ours.keys().last().copied().unwrap_or_default();
        let what = said(format!("it is current, at migration {last}"), format!("结构为最新，迁移 {last}"));
        findings.push(Finding::ok("schema", at, what));
    }
    Ok((missing.is_empty(), findings))
}

async fn applied(pool: &PgPool) -> Result<BTreeMap<i64, (bool, Vec<u8>)>, sqlx::Error> {
    let sql = "select version, success, checksum from _sqlx_migrations";
    let rows: Vec<(i64, bool, Vec<u8>)> = crate::sql::query_as(sql).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|(number, done, sum)| (number, (done, sum))).collect())
}

/// Whether the log goes on where it was recorded to.
pub async fn origin(pool: &PgPool, at: &str) -> Result<Vec<Finding>, sqlx::Error> {
    if one(pool, "select pg_is_in_recovery()").await? {
        // A standby does not say where its primary writes; that it is one is told already.
        return Ok(Vec::new());
    }
    let mut connection = pool.acquire().await?;
    let (last, now) = (origin::last(&mut *connection).await?, origin::now(&mut connection).await?);
    let recorded = last.and_then(|last| last.origin.line);
    let todo = said(
        "as the owner: `sanping log restored --reason WHY --by WHO`, with --nothing-lost where nothing is (docs/backup.md)",
        "以属主身份运行 `sanping log restored --reason WHY --by WHO`；若未丢失数据加 --nothing-lost（docs/backup.md）",
    );
    Ok(vec![match origin::fit(recorded.as_ref(), now.line.as_ref()) {
        Fit::Restored => {
            let what = said(
                "the database was restored to a point in time, or another server took over, and nobody has said so",
                "数据库曾按时间点恢复或已切换到另一台服务器，但尚未登记",
            );
            Finding::fault("log.origin", at, what, todo)
        }
        Fit::Moved => {
            let what =
                said("the database was moved to another cluster of PostgreSQL", "数据库已迁移到另一个 PostgreSQL 集群");
            let todo = said("run `sanping migrate` as the owner", "以属主身份运行 `sanping migrate`");
            Finding::fault("log.origin", at, what, todo)
        }
        Fit::Same if now.line.is_none() => {
            let what = said(
                "the database does not tell its timeline, so a restore is not noticed",
                "数据库不提供时间线信息，因此无法自动发现恢复操作",
            );
            let todo = said(
                "grant the role pg_control_system(), or remember `sanping log restored` yourself",
                "授予角色执行 pg_control_system() 的权限，或在恢复后自行登记 `sanping log restored`",
            );
            Finding::warning("log.origin", at, what, todo)
        }
        Fit::Same => {
            let what = said(format!("it goes on under the origin {}", now.id), format!("日志沿用起源 {}", now.id));
            Finding::ok("log.origin", at, what)
        }
    }])
}
