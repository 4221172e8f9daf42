//! What the role that serves may do: each thing it needs, and nothing with which it could change what was recorded.

use sqlx::PgPool;

use super::finding::{Finding, said};
use crate::fold::registry;
use crate::migrate::GRANTS;

/// Privileges on a table as a whole.
const ALL: [&str; 7] = ["select", "insert", "update", "delete", "truncate", "references", "trigger"];

/// What was recorded, and stays as it is.
const RECORDED: [&str; 3] = ["events", "commands", "reads"];

/// Looks at them.
pub async fn look(pool: &PgPool, at: &str, allow_owner: bool) -> Result<Vec<Finding>, sqlx::Error> {
    if let Some(finding) = owner(pool, at, allow_owner).await? {
        return Ok(vec![finding]);
    }
    let mut missing = schema(pool).await?;
    let mut findings = Vec::new();
    for (privileges, tables) in GRANTS {
        for table in tables.split(", ") {
            missing.extend(lacking(pool, table, privileges).await?);
            findings.extend(beyond(pool, at, table, privileges).await?);
        }
    }
    missing.extend(functions(pool).await?);
    for what in missing {
        let said_what = said(format!("the role may not {what}, and has to"), format!("角色缺少所需权限：{what}"));
        let todo = said(
            "run `sanping migrate --app-role ROLE` as the owner, with this role's name",
            "以属主身份运行 `sanping migrate --app-role ROLE`（ROLE 为此角色名）",
        );
        findings.push(Finding::fault("rights.missing", at, said_what, todo));
    }
    findings.extend(tables(pool, at).await?);
    if findings.is_empty() {
        let what = said(
            "the role may do what it needs, and cannot change what was recorded",
            "角色权限恰当，且无法更改已记录的内容",
        );
        findings.push(Finding::ok("rights", at, what));
    }
    Ok(findings)
}

/// A role that owns the log may do everything to it.
async fn owner(pool: &PgPool, at: &str, allowed: bool) -> Result<Option<Finding>, sqlx::Error> {
    let sql = "select pg_has_role(relowner, 'member') from pg_class where oid = 'events'::regclass";
    let owns: bool = crate::sql::query_scalar(sql).fetch_one(pool).await?;
    let what = said(
        "the role owns the log or is a superuser: it could change what was recorded",
        "该角色是日志的属主或超级用户：可以更改已记录的内容",
    );
    let todo = said(
        "serve as the role that `sanping migrate --app-role ROLE` granted; --allow-owner only where there is no other",
        "改用 `sanping migrate --app-role ROLE` 授权的角色；确无其他角色时才用 --allow-owner",
    );
    Ok(owns.then(|| match allowed {
        true => Finding::warning("rights.owner", at, what, todo),
        false => Finding::fault("rights.owner", at, what, todo),
    }))
}

async fn schema(pool: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    let mut missing = Vec::new();
    for privilege in ["usage", "create"] {
        let sql = "select has_schema_privilege(current_schema(), $1)";
        if !crate::sql::query_scalar::<bool>(sql).bind(privilege).fetch_one(pool).await? {
            missing.push(format!("{privilege} in the schema"));
        }
    }
    Ok(missing)
}

/// The privileges of a list, each with the columns it is for.
fn each(privileges: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found = Vec::new();
    let mut rest = privileges;
    while !rest.is_empty() {
        let end = rest.find([',', '(']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        let mut columns = Vec::new();
        rest = &rest[end..];
        if let Some((inside, after)) = rest.strip_prefix('(').and_then(|inside| inside.split_once(')')) {
            columns = inside.split(", ").collect();
            rest = after;
        }
        rest = rest.trim_start_matches([',', ' ']);
        found.push((name, columns));
    }
    found
}

async fn lacking(pool: &PgPool, table: &str, privileges: &str) -> Result<Vec<String>, sqlx::Error> {
    let mut missing = Vec::new();
    for (privilege, columns) in each(privileges) {
        if columns.is_empty() {
            let sql = "select coalesce(has_table_privilege(to_regclass($1), $2), false)";
            if !crate::sql::query_scalar::<bool>(sql).bind(table).bind(privilege).fetch_one(pool).await? {
                missing.push(format!("{privilege} {table}"));
            }
        }
        for column in columns {
            let sql = "select coalesce(has_column_privilege(to_regclass($1), $2, $3), false)";
            let may = crate::sql::query_scalar::<bool>(sql).bind(table).bind(column).bind(privilege);
            if !may.fetch_one(pool).await? {
                missing.push(format!("{privilege} {table} ({column})"));
            }
        }
    }
    Ok(missing)
}

/// What it may do to a table, and was never granted by `migrate`.
async fn beyond(pool: &PgPool, at: &str, table: &str, privileges: &str) -> Result<Option<Finding>, sqlx::Error> {
    let granted: Vec<&str> =
        each(privileges).into_iter().filter(|(_, columns)| columns.is_empty()).map(|(name, _)| name).collect();
    let mut held = Vec::new();
    for privilege in ALL.into_iter().filter(|privilege| !granted.contains(privilege)) {
        let sql = "select coalesce(has_table_privilege(to_regclass($1), $2), false)";
        if crate::sql::query_scalar::<bool>(sql).bind(table).bind(privilege).fetch_one(pool).await? {
            held.push(privilege);
        }
    }
    if held.is_empty() {
        return Ok(None);
    }
    let held = held.join(", ");
    let what = said(
        format!("the role may {held} {table}, which it does not need"),
        format!("角色对 {table} 拥有多余权限：{held}"),
    );
    let todo = said(
        format!("as the owner: revoke {held} on {table} from the role, and see who else it is a member of"),
        format!("以属主身份执行 revoke {held} on {table}，并检查它所属的其他角色"),
    );
    Ok(Some(match RECORDED.contains(&table) {
        true => Finding::fault("rights.beyond", at, what, todo),
        false => Finding::warning("rights.beyond", at, what, todo),
    }))
}

async fn functions(pool: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    let sql = "select p.oid::regprocedure::text from pg_proc p where p.proname = 'append_under' \
               and p.pronamespace = current_schema()::regnamespace and not has_function_privilege(p.oid, 'execute')";
    let closed: Vec<String> = crate::sql::query_scalar(sql).fetch_all(pool).await?;
    Ok(closed.iter().map(|name| format!("execute {}", name.split('(').next().unwrap_or(name))).collect())
}

/// The tables of projections are the role's own.
async fn tables(pool: &PgPool, at: &str) -> Result<Vec<Finding>, sqlx::Error> {
    let made: Vec<String> = registry::all().iter().map(|one| format!("^{}(_[a-z]+)?_g[0-9]+$", one.table())).collect();
    let sql = "select c.relname::text from pg_class c where c.relkind = 'r' \
               and c.relnamespace = current_schema()::regnamespace and c.relname ~ any ($1) \
               and not pg_has_role(c.relowner, 'usage') order by 1";
    let foreign: Vec<String> = crate::sql::query_scalar(sql).bind(made).fetch_all(pool).await?;
    if foreign.is_empty() {
        return Ok(Vec::new());
    }
    let names = foreign.join(", ");
    let what = said(
        format!("the tables {names} of projections belong to another role"),
        format!("投影表 {names} 属于其他角色"),
    );
    let todo = said(
        "run `sanping migrate --app-role ROLE` as the owner: it drops them, and they are folded anew",
        "以属主身份运行 `sanping migrate --app-role ROLE`：删除后会自动重建",
    );
    Ok(vec![Finding::fault("rights.tables", at, what, todo)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_privileges_is_read_with_its_columns() {
        let read = each("select, update (position, recorded_at), insert");
        assert_eq!(read, [("select", vec![]), ("update", vec!["position", "recorded_at"]), ("insert", vec![])]);
        assert_eq!(each("select"), [("select", vec![])]);
        for (privileges, _) in GRANTS {
            for (name, columns) in each(privileges) {
                assert!(ALL.contains(&name) && columns.iter().all(|column| !column.is_empty()), "{privileges}");
            }
        }
    }
}
