//! The walls of the log in the database: its triggers, keys and functions, held against what the migrations make.
//!
//! What must be there is read from the checked-in `schema.sql`, which the tests hold against a fresh database. Numbers of
//! migrations say nothing of it: a restore that was cut off late has them all.
//!
//! # Not here
//! The tables of projections: they are made and replaced by whoever folds. A migration that takes a wall away takes its line
//! out of `schema.sql` by hand, or nothing migrates.

use sqlx::PgConnection;

const SCHEMA: &str = include_str!("../schema.sql");

/// One wall: what it is, its name, and its table where it has one.
type Wall = (&'static str, &'static str, &'static str);

/// What is missing or turned off, in words.
///
/// # Errors
/// The database's.
pub async fn missing(connection: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    let (mut what, mut names, mut tables) = (Vec::new(), Vec::new(), Vec::new());
    for (kind, name, table) in walls(SCHEMA) {
        what.push(kind);
        names.push(name);
        tables.push(table);
    }
    // Asked by the owner as well: everything by pg_catalog's name.
    let sql = "select pg_catalog.concat_ws(' ', w.what, w.name, case w.table_ when '' then null else 'of' end, w.table_) \
         from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]), \
         pg_catalog.unnest($3::pg_catalog.text[])) as w(what, name, table_) \
         where not case w.what \
         when 'trigger' then exists (select from pg_catalog.pg_trigger t \
             where t.tgrelid operator(pg_catalog.=) pg_catalog.to_regclass(w.table_)::pg_catalog.oid \
             and t.tgname::pg_catalog.text operator(pg_catalog.=) w.name \
             and t.tgenabled::pg_catalog.text operator(pg_catalog.=) any (array['O', 'A'])) \
         when 'key' then exists (select from pg_catalog.pg_constraint c \
             where c.conrelid operator(pg_catalog.=) pg_catalog.to_regclass(w.table_)::pg_catalog.oid \
             and c.conname::pg_catalog.text operator(pg_catalog.=) w.name) \
         else exists (select from pg_catalog.pg_proc p where p.proname::pg_catalog.text operator(pg_catalog.=) w.name \
             and p.pronamespace operator(pg_catalog.=) \
             pg_catalog.current_schema()::pg_catalog.regnamespace::pg_catalog.oid) end";
    crate::sql::query_scalar(sql).bind(what).bind(names).bind(tables).fetch_all(connection).await
}

/// The walls that a schema tells of.
fn walls(schema: &'static str) -> Vec<Wall> {
    let mut walls = Vec::new();
    let mut table = "";
    for line in schema.lines() {
        if let Some(trigger) = line.strip_prefix("CREATE TRIGGER ") {
            walls.extend(word(trigger).zip(line.split(" ON public.").nth(1).and_then(word)).map(triggered));
        } else if let Some(function) = line.strip_prefix("CREATE FUNCTION public.") {
            walls.extend(function.split('(').next().map(|name| ("function", name, "")));
        } else if let Some(altered) = line.strip_prefix("ALTER TABLE ONLY public.") {
            table = word(altered).unwrap_or_default();
        } else if let Some(added) = line.trim_start().strip_prefix("ADD CONSTRAINT ") {
            let is_key = added.contains(" PRIMARY KEY (") || added.contains(" UNIQUE (");
            walls.extend(word(added).filter(|_| is_key && !is_folded(table)).map(|name| ("key", name, table)));
        }
    }
    walls
}

fn triggered((name, table): (&'static str, &'static str)) -> Wall {
    ("trigger", name, table)
}

fn word(text: &'static str) -> Option<&'static str> {
    text.split([' ', ';']).next()
}

/// Whether a table is a generation of a projection.
fn is_folded(table: &str) -> bool {
    table.rsplit_once("_g").is_some_and(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_tells_of_triggers_keys_and_functions_and_of_no_projection() {
        let walls = walls(SCHEMA);
        for wall in [
            ("trigger", "events_stay", "events"),
            ("trigger", "log_head_forward", "log_head"),
            ("key", "commands_key", "commands"),
            ("key", "events_position", "events"),
            ("key", "people_staff_number", "people"),
            ("key", "subject_keys_subject", "subject_keys"),
            ("function", "refuse_change", ""),
            ("function", "append_under", ""),
        ] {
            assert!(walls.contains(&wall), "{wall:?}");
        }
        assert!(walls.iter().all(|(_, _, table)| !table.contains("_g1")), "{walls:?}");
    }
}
