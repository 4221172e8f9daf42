//! Who comes in: the issuer and its keys, API keys that end soon, whether anybody holds the office.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::grant::Role;
use domain::id::BranchId;
use domain::period::Zone;
use jiff::{SignedDuration, Timestamp};
use projections::grants::{GrantRow, Grants};
use projections::projection::Projection;
use projections::row::Row;
use sqlx::PgPool;

use super::super::serve::trusted;
use super::finding::{Finding, said};
use super::one;
use crate::auth::issued::{self, Issued};
use crate::auth::issuer::Issuer;
use crate::clock::Clock;
use crate::config::Serving;
use crate::fold::table;

/// How long before its end a key is told.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Asks the issuer for its keys, where one is named; one that cannot be trusted is told with the settings.
pub async fn issuer(serving: &Serving) -> Option<Finding> {
    let trusted = trusted(&serving.oidc).ok()??;
    let at = trusted.issuer().to_owned();
    Some(match Issuer::ask_once(trusted, Arc::new(Clock::System)).await {
        Ok(keys) => {
            let what = said(format!("it publishes {keys} keys that can be used"), format!("发布了 {keys} 个可用密钥"));
            Finding::ok("sign_in.issuer", &at, what)
        }
        Err(error) => {
            let why = super::super::told(error.as_ref());
            let what = said(format!("it tells no keys: {why}"), format!("未能取得其密钥：{why}"));
            let todo = said(
                "look whether this machine reaches it, and whether --oidc-issuer is written as its tokens have it in `iss`",
                "检查本机能否访问它，以及 --oidc-issuer 是否与令牌中的 `iss` 完全一致",
            );
            Finding::fault("sign_in.issuer", &at, what, todo)
        }
    })
}

/// Looks at who can come in, and what for.
pub async fn look(pool: &PgPool, at: &str, serving: &Serving, zone: Zone) -> Result<Vec<Finding>, sqlx::Error> {
    let now = Clock::System.now();
    let keys = issued::list(pool, None).await?;
    let mut findings = ending(&keys, now, at);
    let holds = keys.iter().any(|key| key.over(now).is_none());
    if !holds && serving.oidc.issuer.is_none() && !serving.dev_sign_in {
        let what = said(
            "nobody can sign in: there is no issuer and no key that holds",
            "无人可以登录：没有签发方，也没有有效的密钥",
        );
        let todo = said(
            "`sanping keys create`, or name an issuer (docs/sign-in.md)",
            "运行 `sanping keys create`，或指定签发方（docs/sign-in.md）",
        );
        findings.push(Finding::warning("sign_in.nobody", at, what, todo));
    }
    findings.extend(office(pool, at, zone, now).await?);
    Ok(findings)
}

/// Keys whose principal has none that holds for longer.
fn ending(keys: &[Issued], now: Timestamp, at: &str) -> Vec<Finding> {
    let mut last: BTreeMap<&str, &Issued> = BTreeMap::new();
    for key in keys.iter().filter(|key| key.over(now).is_none()) {
        let known = last.entry(&key.principal).or_insert(key);
        *known = if known.expires_at < key.expires_at { key } else { known };
    }
    let soon = last.into_values().filter(|key| key.expires_at.duration_since(now) < SOON);
    soon.map(|key| {
        let (id, principal, end) = (&key.id, &key.principal, key.expires_at.strftime("%Y-%m-%d"));
        let what = said(
            format!("the last key of {principal}, {id}, ends on {end}"),
            format!("{principal} 的最后一个密钥 {id} 将于 {end} 到期"),
        );
        let todo = said(
            format!(
                "`sanping keys create --principal {principal} --days N`, give it to the program, revoke the old one"
            ),
            format!("运行 `sanping keys create --principal {principal} --days N` 更换密钥，然后吊销旧密钥"),
        );
        Finding::warning("sign_in.key_ends", at, what, todo)
    })
    .collect()
}

/// Whether anybody holds the office of the whole organisation today.
async fn office(pool: &PgPool, at: &str, zone: Zone, now: Timestamp) -> Result<Option<Finding>, sqlx::Error> {
    let sql = "select generation from projections where name = $1 and version = $2";
    let serving = crate::sql::query_scalar(sql).bind(Grants::NAME).bind(Grants::VERSION.cast_signed());
    let generation: Option<i64> = serving.fetch_optional(pool).await?;
    let held: bool = match generation {
        Some(generation) => {
            let sql = format!(
                "select exists (select from {} where until_position = $1 and standing and role = $2 and branch = $3 \
                 and from_date <= $4::text::date and (until_date is null or until_date >= $4::text::date))",
                table::name(GrantRow::TABLE, generation)
            );
            let held = crate::sql::query_scalar(&sql).bind(table::HOLDS).bind(Role::Office.to_string());
            held.bind(BranchId::root().0).bind(zone.date_at(now).to_string()).fetch_one(pool).await?
        }
        // Rows of another version may have other columns; of a database that nobody has served yet there are none.
        None if one(pool, "select exists (select from projections where name = 'grants')").await? => return Ok(None),
        None => false,
    };
    Ok(Some(match held {
        true => Finding::ok("sign_in.office", at, said("somebody holds the office", "办公室角色有人担任")),
        false => {
            let what =
                said("nobody holds the office of the whole organisation today", "今天无人担任全组织的办公室角色");
            let todo = said(
                "`sanping roles grant --to ID --role office --by YOU` (docs/first-round.md)",
                "运行 `sanping roles grant --to ID --role office --by YOU`（docs/first-round.md）",
            );
            Finding::warning("sign_in.office", at, what, todo)
        }
    }))
}
