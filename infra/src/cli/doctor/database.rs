//! The database: whether it answers, in what version, how durable, with how much room, at what time.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgPool};

use super::super::place::{DATABASE, data_dir, parse};
use super::finding::{Finding, Said, said};
use super::one;
use crate::app::guarded;
use crate::clock::{APART, Clock};
use crate::config::{Place, Pooler};
use crate::pooler::{self, Way};
use crate::postgres::{NEWEST, OLDEST, running};
use crate::sqltype::SqlInstant;

/// How long the database may take to let somebody in.
const PATIENCE: Duration = Duration::from_secs(5);
/// How far, in seconds, its clock may be without a word: a quarter of an hour's drift of a machine that nobody sets.
const NOTABLE: i64 = 5;
/// What a program that serves may need of connections, and what runs beside (docs/processes.md).
const FOR_A_PROGRAM: i64 = 45;
const BESIDE: i64 = 20;

/// A database that answers.
pub struct Reached {
    /// Its connections: two at the most.
    pub pool: PgPool,
    /// Where it is, without what is secret.
    pub at: String,
    _way: Option<Way>,
}

/// Goes to the database of a place, as the role that serves; nothing where it does not answer.
pub async fn reach(place: &Place) -> (Option<Reached>, Vec<Finding>) {
    let database = match &place.database_url {
        // One that cannot be read is told with the settings.
        Some(url) => match parse(url) {
            Ok(database) => database,
            Err(_) => return (None, Vec::new()),
        },
        None => match private(place) {
            Ok(database) => database,
            Err(finding) => return (None, vec![*finding]),
        },
    };
    let at = address(&database);
    if place.pooler.is_some() && pooler::lacks_tls(&database) {
        let what =
            said("the URL asks for TLS, and a pooler is reached without it", "连接串要求 TLS，而连接池不经 TLS 访问");
        let todo = said(
            "put the pooler beside the program, or leave sslmode out",
            "把连接池与程序放在同一台机器，或去掉 sslmode",
        );
        return (None, vec![Finding::fault("database.pooler", &at, what, todo)]);
    }
    let (way, database) = match place.pooler {
        Some(Pooler::Transaction) => {
            crate::sql::behind_a_pooler();
            match pooler::way(&database) {
                Ok((way, database)) => (Some(way), database),
                Err(error) => {
                    return (
                        None,
                        vec![away(
                            &at,
                            &error.to_string(),
                            &said("look at the folder for temporary files", "检查临时文件目录"),
                        )],
                    );
                }
            }
        }
        None => (None, database),
    };
    let guarded = guarded(&database);
    // A pool would try again and say in the end that it has waited.
    match tokio::time::timeout(PATIENCE, guarded.connect()).await {
        Ok(Ok(connection)) => {
            // One that does not close is not waited for.
            let _closed = tokio::time::timeout(PATIENCE, connection.close()).await;
            let pool = PgPoolOptions::new().max_connections(2).acquire_timeout(PATIENCE).connect_lazy_with(guarded);
            let what = said("it answers", "可以连接");
            let found = vec![Finding::ok("database.reachable", &at, what)];
            (Some(Reached { pool, at, _way: way }), found)
        }
        Ok(Err(error)) => (None, vec![refused(&at, &error)]),
        Err(_) => (None, vec![away(&at, "no answer", &said("look at the network between", "检查网络"))]),
    }
}

/// The PostgreSQL that a running program has in a data folder.
fn private(place: &Place) -> Result<PgConnectOptions, Box<Finding>> {
    let data = data_dir(place);
    let at = data.display().to_string();
    let warning = |what: Said, todo: Said| Err(Box::new(Finding::warning("database.private", &at, what, todo)));
    if !data.join("postgres").is_dir() {
        return warning(
            said("there is no database in this data folder yet", "此数据目录中还没有数据库"),
            said(
                "`sanping serve` makes it; give --database-url for one of your own",
                "`sanping serve` 会创建它；使用自己的数据库请给出 --database-url",
            ),
        );
    }
    match running(&data, DATABASE) {
        Ok(Some(database)) => Ok(database),
        Ok(None) => warning(
            said(
                "no program serves from this data folder, so its PostgreSQL is not running",
                "没有程序在此数据目录上运行，其 PostgreSQL 未启动",
            ),
            said("start `sanping serve`, then look again", "启动 `sanping serve` 后再检查"),
        ),
        Err(error) => {
            let why = super::super::told(&error);
            let what = said(format!("the data folder cannot be read: {why}"), format!("无法读取数据目录：{why}"));
            let todo = said("run the doctor as the user that serves", "以运行服务的用户身份执行检查");
            Err(Box::new(Finding::fault("database.private", &at, what, todo)))
        }
    }
}

/// Where a database is, without a password.
fn address(database: &PgConnectOptions) -> String {
    let host =
        database.get_socket().map_or_else(|| database.get_host().to_owned(), |socket| socket.display().to_string());
    let name = database.get_database().unwrap_or_else(|| database.get_username());
    format!("{} at {host}:{}, as {}", name, database.get_port(), database.get_username())
}

fn away(at: &str, why: &str, todo: &Said) -> Finding {
    let what = said(format!("the database cannot be reached: {why}"), format!("无法连接数据库：{why}"));
    Finding::fault("database.reachable", at, what, todo.clone())
}

fn refused(at: &str, error: &sqlx::Error) -> Finding {
    if pooler::is_refusal(error) {
        let what = said(
            "a pooler stands before the database and refuses what sessions are told at their start",
            "数据库前有连接池，它拒绝会话启动参数",
        );
        let todo =
            said("start with --pooler transaction (SANPING_POOLER)", "以 --pooler transaction（SANPING_POOLER）启动");
        return Finding::fault("database.pooler", at, what, todo);
    }
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let todo = match code.as_deref() {
        Some("28P01" | "28000") => {
            said("correct the role or its password, or pg_hba.conf", "更正角色、密码或 pg_hba.conf")
        }
        Some("3D000") => said(
            "make the database (docs/first-round.md), or correct its name",
            "创建数据库（docs/first-round.md）或更正名称",
        ),
        Some("53300") => {
            said("give max_connections more room (docs/processes.md)", "调大 max_connections（docs/processes.md）")
        }
        Some("57P03") => said("it is starting or stopping: look again in a moment", "数据库正在启动或停止，请稍后再查"),
        _other => said(
            "start PostgreSQL, or correct host and port of --database-url; from elsewhere, look at listen_addresses and pg_hba.conf",
            "启动 PostgreSQL，或更正 --database-url 的主机与端口；远程访问请检查 listen_addresses 与 pg_hba.conf",
        ),
    };
    away(at, &super::super::told(error), &todo)
}

/// Looks at a database that answers.
pub async fn look(pool: &PgPool, at: &str, pooled: bool) -> Result<Vec<Finding>, sqlx::Error> {
    let mut findings = vec![version(pool, at).await?];
    findings.extend(encoding(pool, at).await?);
    findings.extend(standby(pool, at).await?);
    findings.extend(durable(pool, at).await?);
    findings.push(clock(pool, at).await?);
    findings.extend(sessions(pool, at, pooled).await?);
    if !pooled {
        findings.push(room(pool, at).await?);
    }
    Ok(findings)
}

async fn version(pool: &PgPool, at: &str) -> Result<Finding, sqlx::Error> {
    let number: i32 = one(pool, "select current_setting('server_version_num')::integer").await?;
    let major = number.unsigned_abs() / 10_000;
    let what = said(format!("PostgreSQL {major}"), format!("PostgreSQL {major}"));
    Ok(match major {
        OLDEST..=NEWEST => Finding::ok("database.version", at, what),
        ..OLDEST => {
            let todo = said(
                format!("move to PostgreSQL {OLDEST} to {NEWEST}"),
                format!("升级到 PostgreSQL {OLDEST} 至 {NEWEST}"),
            );
            Finding::fault("database.version", at, what, todo)
        }
        _newer => {
            let todo = said(
                format!(
                    "it is newer than this program was tried with ({OLDEST} to {NEWEST}); look for a newer release"
                ),
                format!("该版本比本程序验证过的（{OLDEST} 至 {NEWEST}）更新；请查看是否有新版本"),
            );
            Finding::warning("database.version", at, what, todo)
        }
    })
}

async fn encoding(pool: &PgPool, at: &str) -> Result<Option<Finding>, sqlx::Error> {
    let encoding: String = one(pool, "select current_setting('server_encoding')").await?;
    Ok((encoding != "UTF8").then(|| {
        let what = said(format!("its encoding is {encoding}"), format!("其编码为 {encoding}"));
        let todo = said("make the database anew with encoding UTF8", "以 UTF8 编码重新创建数据库");
        Finding::fault("database.encoding", at, what, todo)
    }))
}

async fn standby(pool: &PgPool, at: &str) -> Result<Option<Finding>, sqlx::Error> {
    let (standby, read_only): (bool, String) =
        crate::sql::query_as("select pg_is_in_recovery(), current_setting('default_transaction_read_only')")
            .fetch_one(pool)
            .await?;
    Ok((standby || read_only == "on").then(|| {
        let what = match standby {
            true => said("it is a standby, which takes no writes", "这是只读备库，不接受写入"),
            false => said("transactions are read only unless they say otherwise", "默认事务为只读"),
        };
        let todo = said("name the primary (target_session_attrs does not choose it here)", "请连接主库");
        Finding::fault("database.read_only", at, what, todo)
    }))
}

/// Whether what is answered as accepted is on the disk by then.
async fn durable(pool: &PgPool, at: &str) -> Result<Vec<Finding>, sqlx::Error> {
    let settings = [
        ("fsync", "a crash of the machine may destroy the log", "机器崩溃可能毁坏日志"),
        ("full_page_writes", "a crash of the machine may leave torn pages", "机器崩溃可能留下残缺的数据页"),
        (
            "synchronous_commit",
            "commands that were answered as accepted may be lost in a crash",
            "崩溃时可能丢失已确认的命令",
        ),
    ];
    let mut findings = Vec::new();
    for (name, english, chinese) in settings {
        let value: String = crate::sql::query_scalar("select current_setting($1)").bind(name).fetch_one(pool).await?;
        if value == "off" {
            let what = said(format!("{name} is off: {english}"), format!("{name} 为 off：{chinese}"));
            let todo = said(
                format!("set it on, and see whether the role or the database has it off (`alter role … reset {name}`)"),
                format!("将其打开，并检查角色或数据库是否单独关闭了它（`alter role … reset {name}`）"),
            );
            findings.push(Finding::fault("database.durable", at, what, todo));
        }
    }
    if findings.is_empty() {
        let what = said("what is accepted is on the disk", "已确认的内容均已落盘");
        findings.push(Finding::ok("database.durable", at, what));
    }
    Ok(findings)
}

async fn clock(pool: &PgPool, at: &str) -> Result<Finding, sqlx::Error> {
    let asked = Clock::System.now();
    let there = one::<SqlInstant>(pool, "select clock_timestamp()").await?.0;
    let apart = apart(asked, there, Clock::System.now());
    let what = said(format!("its clock is {apart} s from this machine's"), format!("其时钟与本机相差 {apart} 秒"));
    let todo = said("set the clock that is wrong (NTP)", "校准有误的时钟（NTP）");
    Ok(match apart {
        _ if apart > APART => Finding::fault("database.clock", at, what, todo),
        _ if apart > NOTABLE => Finding::warning("database.clock", at, what, todo),
        _close => Finding::ok("database.clock", at, what),
    })
}

/// How far, in seconds, a time that was answered between two instants is from them.
fn apart(asked: Timestamp, there: Timestamp, heard: Timestamp) -> i64 {
    let early = asked.duration_since(there).as_secs();
    let late = there.duration_since(heard).as_secs();
    early.max(late).max(0)
}

/// Whether sessions are as the program needs them. What stands between may drop what they are told at their start.
async fn sessions(pool: &PgPool, at: &str, pooled: bool) -> Result<Option<Finding>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let missing = pooler::missing(&mut connection).await?;
    connection.ping().await?;
    let names = missing.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    Ok(match (missing.is_empty(), pooled) {
        (true, _) => None,
        (false, true) => {
            let what = said(
                format!("the role does not have the settings yet that a pooler needs it to have: {names}"),
                format!("角色尚无连接池所需的设置：{names}"),
            );
            let todo = said("the next start of `sanping serve` gives them", "下次启动 `sanping serve` 时会自动设置");
            Some(Finding::warning("database.pooler", at, what, todo))
        }
        (false, false) => {
            let what = said(
                format!("what sessions are told at their start does not arrive ({names}): a pooler may stand between"),
                format!("会话启动参数没有生效（{names}）：中间可能有连接池"),
            );
            let todo = said(
                "reach PostgreSQL itself, or start with --pooler transaction",
                "直接连接 PostgreSQL，或以 --pooler transaction 启动",
            );
            Some(Finding::warning("database.pooler", at, what, todo))
        }
    })
}

/// Whether there are connections enough for the programs that live, and one at least.
async fn room(pool: &PgPool, at: &str) -> Result<Finding, sqlx::Error> {
    let sql = "select least(current_setting('max_connections')::bigint \
                 - current_setting('superuser_reserved_connections')::bigint \
                 - coalesce(current_setting('reserved_connections', true), '0')::bigint, \
                 (select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user), \
                 (select nullif(datconnlimit, -1) from pg_database where datname = current_database())), \
               (select count(*) from pg_stat_activity where backend_type = 'client backend'), \
               to_regclass('processes') is not null and has_table_privilege(to_regclass('processes'), 'select')";
    let (most, used, told): (i64, i64, bool) = crate::sql::query_as(sql).fetch_one(pool).await?;
    let programs: i64 = match told {
        true => one(pool, "select count(*) from processes where alive_until > clock_timestamp()").await?,
        false => 0,
    };
    let needed = programs.max(1) * FOR_A_PROGRAM + BESIDE;
    let what = said(
        format!(
            "{most} connections may be open, {used} are; {} programs that serve need up to {needed}",
            programs.max(1)
        ),
        format!("最多可开 {most} 个连接，当前 {used} 个；{} 个服务程序最多需要 {needed} 个", programs.max(1)),
    );
    Ok(match most < needed {
        true => {
            let todo = said(
                "raise max_connections (or the limit of the role or the database); docs/processes.md says what is needed",
                "调大 max_connections（或角色、数据库的连接上限）；需要多少见 docs/processes.md",
            );
            Finding::warning("database.connections", at, what, todo)
        }
        false => Finding::ok("database.connections", at, what),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_answered_in_between_is_not_apart_and_one_outside_is_by_how_much() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        for (there, seconds) in [(100, 0), (103, 0), (105, 0), (99, 1), (40, 60), (106, 1), (200, 95)] {
            assert_eq!(apart(at(100), at(there), at(105)), seconds, "{there}");
        }
    }
}
