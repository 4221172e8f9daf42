//! Verification finds every tampered row: each column of each projection, rows that went and rows that came.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::stream::Position;
use infra::fold::FoldError;
use infra::fold::bulk;
use infra::fold::engine::Folded;
use infra::fold::rebuild::{Progress, Quiet};
use infra::fold::registry;
use infra::fold::verify::{self, Difference};
use infra::fold::watch::Unhurried;
use projections::audit_trail::AuditTrail;
use projections::cell::{Column, Kind};
use projections::members::Members;
use sqlx::{PgPool, Row};

use crate::told::told;

/// A stored row, to be put back.
struct Victim {
    table: String,
    place: String,
    whole: String,
    key: Vec<String>,
}

impl Victim {
    /// Some row that holds, one of a key that changed where there is one; not at the very position before, so that it
    /// can be moved there.
    async fn of(pool: &PgPool, projection: &dyn Folded) -> Self {
        let found = Self::found(pool, projection, &format!("= {}", i64::MAX)).await;
        found.unwrap_or_else(|| panic!("{} has rows", projection.name()))
    }

    /// The same, of the rows whose end is so; nothing where there is none.
    async fn found(pool: &PgPool, projection: &dyn Folded, until: &str) -> Option<Self> {
        let table = format!("{}_g1", projection.table());
        let key = key_columns(projection);
        let names: Vec<String> = key.iter().map(|column| format!("{}::text", column.name)).collect();
        let same: Vec<String> = key.iter().map(|column| format!("o.{0} = t.{0}", column.name)).collect();
        let sql = format!(
            "select ctid::text, t::text, array[{}] from {table} t where until_position {until} \
             and not exists (select from {table} o where {} and o.from_position = t.from_position - 1) \
             order by from_position desc offset 2 limit 1",
            names.join(", "),
            same.join(" and "),
        );
        let row = sqlx::query(&sql).fetch_optional(pool).await.unwrap()?;
        Some(Self { table, place: row.get(0), whole: row.get(1), key: row.get(2) })
    }

    /// Changes it; answers the key it has then.
    async fn tamper(&mut self, pool: &PgPool, projection: &dyn Folded, column: &str, expression: &str) -> Vec<String> {
        let names: Vec<String> =
            key_columns(projection).iter().map(|column| format!("{}::text", column.name)).collect();
        let sql = format!(
            "update {} set {column} = {expression} where ctid = '{}'::tid returning ctid::text, array[{}]",
            self.table,
            self.place,
            names.join(", "),
        );
        let row = sqlx::query(&sql).fetch_one(pool).await.unwrap();
        self.place = row.get(0);
        row.get(1)
    }

    async fn restore(&mut self, pool: &PgPool) {
        let sql = format!("delete from {} where ctid = '{}'::tid", self.table, self.place);
        sqlx::query(&sql).execute(pool).await.unwrap();
        let sql = format!("insert into {0} select ($1::text::{0}).* returning ctid::text", self.table);
        self.place = sqlx::query_scalar(&sql).bind(&self.whole).fetch_one(pool).await.unwrap();
    }
}

fn key_columns(projection: &dyn Folded) -> &'static [Column] {
    &projection.columns()[..projection.key()]
}

/// Another value of a column, one that no row beside it has: a key of the story stays a key.
fn another(column: &Column) -> String {
    let name = column.name;
    match column.kind {
        Kind::Uuid => "gen_random_uuid()".to_owned(),
        Kind::Text => format!("coalesce({name}, '') || 'x'"),
        Kind::Int => format!("coalesce({name}, 0) + 1000000"),
        Kind::Decimal => format!("coalesce({name}, 0) + 0.01"),
        Kind::Date => format!("coalesce({name}, '2022-01-01') + 100000"),
        Kind::Instant => format!("coalesce({name}, '2022-01-01') + interval '1 microsecond'"),
        Kind::Flag => format!("not coalesce({name}, false)"),
    }
}

async fn difference(pool: &PgPool, projection: &dyn Folded) -> Option<Difference> {
    projection.verify(pool, &Quiet).await.unwrap().difference
}

fn names(difference: Option<Difference>, keys: [&[String]; 2], what: &str) {
    let found = difference.unwrap_or_else(|| panic!("{what} is not found"));
    let named = |key: &[String]| key.iter().all(|part| found.key.contains(part.as_str()));
    assert!(keys.into_iter().any(named), "{what}: {found:?} names none of {keys:?}");
}

#[tokio::test]
async fn a_change_of_any_column_of_any_projection_is_found_by_its_key() {
    let told = told(17, 260).await;
    told.caught_up().await;
    told.app.stop().await;
    let pool = told.ground.pool().await;
    for projection in registry::all() {
        assert_eq!(difference(&pool, &*projection).await, None, "{}", projection.name());
        let mut victim = Victim::of(&pool, &*projection).await;
        let mut changes: Vec<(&str, String)> =
            projection.columns().iter().map(|column| (column.name, another(column))).collect();
        let nullable = projection.columns().iter().filter(|column| column.nullable);
        let with_value = nullable
            .map(|column| (column.name, format!("case when {0} is null then {1} end", column.name, another(column))));
        changes.extend(with_value);
        let ends = ["from_position", "(select checkpoint from projections limit 1)", "9000000000"];
        changes.extend(ends.map(|end| ("until_position", end.to_owned())));
        changes.extend(
            ["from_position - 1", "from_position + 1", "9000000000"].map(|at| ("from_position", at.to_owned())),
        );
        for (column, expression) in changes {
            let tampered = victim.tamper(&pool, &*projection, column, &expression).await;
            let what = format!("{}.{column} = {expression}", projection.name());
            names(difference(&pool, &*projection).await, [&victim.key, &tampered], &what);
            victim.restore(&pool).await;
        }
        assert_eq!(difference(&pool, &*projection).await, None, "{} is as it was", projection.name());
    }
}

#[tokio::test]
async fn a_change_of_any_column_of_a_row_that_ended_is_found_by_its_key() {
    let told = told(17, 260).await;
    told.caught_up().await;
    told.app.stop().await;
    let (pool, mut with_ended) = (told.ground.pool().await, 0);
    for projection in registry::all() {
        let Some(mut victim) = Victim::found(&pool, &*projection, &format!("< {}", i64::MAX)).await else { continue };
        with_ended += 1;
        let mut changes: Vec<(&str, String)> =
            projection.columns().iter().map(|column| (column.name, another(column))).collect();
        changes.extend(["until_position + 1", &i64::MAX.to_string()].map(|end| ("until_position", end.to_owned())));
        changes.push(("from_position", "from_position - 1".to_owned()));
        for (column, expression) in changes {
            let tampered = victim.tamper(&pool, &*projection, column, &expression).await;
            let what = format!("{}.{column} = {expression} of what ended", projection.name());
            names(difference(&pool, &*projection).await, [&victim.key, &tampered], &what);
            victim.restore(&pool).await;
        }
        assert_eq!(difference(&pool, &*projection).await, None, "{} is as it was", projection.name());
    }
    assert!(with_ended > 10, "{with_ended} projections have rows that ended");
}

#[tokio::test]
async fn a_row_that_went_and_a_row_that_came_are_found_by_their_keys() {
    let told = told(17, 260).await;
    told.caught_up().await;
    told.app.stop().await;
    let pool = told.ground.pool().await;
    for projection in registry::all() {
        let mut victim = Victim::of(&pool, &*projection).await;
        let sql = format!("delete from {} where ctid = '{}'::tid", victim.table, victim.place);
        sqlx::query(&sql).execute(&pool).await.unwrap();
        let found = difference(&pool, &*projection).await;
        assert!(found.as_ref().is_some_and(|found| found.stored.is_none() && found.refolded.is_some()), "{found:?}");
        names(found, [&victim.key; 2].map(Vec::as_slice), projection.name());
        victim.restore(&pool).await;

        // A second history for the same key, ended before it began to hold; then one that has yet to begin.
        for (from, until) in [(0, 1), (8_000_000_000_i64, 9_000_000_000_i64)] {
            let table = &victim.table;
            let names_of = |prefix: &str| {
                let columns = projection.columns().iter().map(|column| format!("{prefix}{}", column.name));
                columns.collect::<Vec<_>>().join(", ")
            };
            let sql = format!(
                "insert into {table} ({}, from_position, until_position) select {}, {from}, {until} from {table} t \
                 where ctid = '{}'::tid returning ctid::text",
                names_of(""),
                names_of("t."),
                victim.place,
            );
            let added: String = sqlx::query_scalar(&sql).fetch_one(&pool).await.unwrap();
            let found = difference(&pool, &*projection).await;
            assert!(
                found.as_ref().is_some_and(|found| found.stored.is_some() && found.refolded.is_none()),
                "{found:?}"
            );
            names(found, [&victim.key; 2].map(Vec::as_slice), projection.name());
            sqlx::query(&format!("delete from {table} where ctid = '{added}'::tid")).execute(&pool).await.unwrap();
        }
        assert_eq!(difference(&pool, &*projection).await, None, "{} is as it was", projection.name());
    }
}

#[tokio::test]
async fn a_verification_in_many_passes_finds_what_one_pass_finds() {
    let told = told(19, 120).await;
    told.caught_up().await;
    told.app.stop().await;
    let pool = told.ground.pool().await;
    let whole = verify::run::<AuditTrail>(&pool, &Quiet).await.unwrap();
    assert!(whole.rows > 150, "{whole:?}");
    for most in [1, 7, 150] {
        let passes = Passes::default();
        assert_eq!(verify::within::<AuditTrail>(&pool, most, &passes).await.unwrap(), whole);
        assert!(passes.0.load(Ordering::Relaxed) > 1, "{most} changes a pass are more than one pass");
    }
    sqlx::query("update audit_trail_g1 set actor = actor || 'x' where position % 50 = 3").execute(&pool).await.unwrap();
    sqlx::query("delete from audit_trail_g1 where position = 70").execute(&pool).await.unwrap();
    let whole = verify::run::<AuditTrail>(&pool, &Quiet).await.unwrap();
    assert_eq!(whole.difference.as_ref().map(|difference| difference.from), Some(Position(3)));
    assert!(whole.differing > 3, "{whole:?}");
    assert_eq!(verify::within::<AuditTrail>(&pool, 7, &Quiet).await.unwrap(), whole);
}

/// Counts the readings of the log to its end.
#[derive(Default)]
struct Passes(AtomicUsize);

impl Progress for Passes {
    fn at(&self, done: u64, of: u64) {
        self.0.fetch_add(usize::from(done == of), Ordering::Relaxed);
    }
}

/// Keeps for how long was worked before each rest, and wants as long a one.
#[derive(Default)]
struct Rests(Mutex<Vec<Duration>>);

impl Progress for Rests {
    fn at(&self, _done: u64, _of: u64) {}

    fn rest(&self, worked: Duration) -> Duration {
        self.0.lock().unwrap().push(worked);
        Unhurried.rest(worked)
    }
}

#[tokio::test]
async fn a_verification_in_the_background_rests_for_as_long_as_it_worked() {
    let told = told(24, 60).await;
    told.caught_up().await;
    told.app.stop().await;
    let pool = told.ground.pool().await;
    let (rests, begun) = (Rests::default(), Instant::now());
    assert_eq!(verify::within::<AuditTrail>(&pool, 50, &rests).await.unwrap().difference, None);
    let took = begun.elapsed();
    let (passes, worked) = (Passes::default(), rests.0.lock().unwrap().clone());
    verify::within::<AuditTrail>(&pool, 50, &passes).await.unwrap();
    assert_eq!(worked.len(), 2 * passes.0.into_inner(), "after each reading and after each comparison");
    assert!(took >= 2 * worked.iter().sum::<Duration>(), "{took:?}: {worked:?}");
}

#[tokio::test]
async fn builds_and_verifications_have_no_time_out_of_the_roles() {
    let told = told(27, 40).await;
    let head = told.caught_up().await;
    told.app.stop().await;
    let pool = told.ground.pool().await;
    // To read all members takes longer than this role's statements may.
    sqlx::raw_sql(
        "alter table members_g1 rename to members_slow; \
         create view members_g1 as select * from members_slow where (select pg_sleep(4)) is not null",
    )
    .execute(&pool)
    .await
    .unwrap();
    let short = told.ground.endpoints.app.clone().options([("statement_timeout", "3s")]);
    let short = PgPool::connect_with(short).await.unwrap();
    let read = sqlx::query("select count(*) from members_g1").execute(&short).await;
    assert!(read.unwrap_err().to_string().contains("statement timeout"));
    assert_eq!(verify::run::<Members>(&short, &Quiet).await.unwrap().difference, None);
    assert_eq!(bulk::alone::<Members>(&short, &Quiet).await.unwrap(), head);
}

#[tokio::test]
async fn a_difference_names_the_events_behind_it() {
    let told = told(20, 120).await;
    told.caught_up().await;
    told.app.stop().await;
    let pool = told.ground.pool().await;
    let sql = "select member::text, array_agg(from_position order by from_position) from members_g1 \
               group by member having count(*) > 2 and bool_or(until_position = $1) limit 1";
    let (member, begun): (String, Vec<i64>) = sqlx::query_as(sql).bind(i64::MAX).fetch_one(&pool).await.unwrap();
    let mut names: Vec<(Position, String)> = Vec::new();
    for position in &begun[..2] {
        let sql = "select event_type from events where position = $1";
        let name = sqlx::query_scalar(sql).bind(position).fetch_one(&pool).await.unwrap();
        names.push((Position(position.unsigned_abs()), name));
    }
    let sql = "update members_g1 set branch = gen_random_uuid() where member::text = $1 and from_position = $2";
    sqlx::query(sql).bind(&member).bind(begun[1]).execute(&pool).await.unwrap();
    let found = verify::run::<Members>(&pool, &Quiet).await.unwrap();
    assert_eq!(found.differing, 1);
    let difference = found.difference.unwrap();
    assert_eq!((&difference.key, difference.from), (&format!("member={member}"), names[1].0));
    // What began the row, what ended it, and what led to it.
    assert_eq!(difference.events[..2], names[..]);
    assert_eq!(difference.events.len(), 3);
    assert!(difference.refolded != difference.stored && difference.stored.is_some());
}

#[tokio::test]
async fn rows_of_another_version_are_not_judged_by_this_one() {
    let told = told(18, 5).await;
    told.caught_up().await;
    told.app.stop().await;
    let pool = told.ground.pool().await;
    sqlx::query("update projections set version = version + 1").execute(&pool).await.unwrap();
    let projection: Arc<dyn Folded> = registry::all().swap_remove(0);
    let own = projection.version();
    let verified = projection.verify(&pool, &Quiet).await;
    let Err(FoldError::OtherVersion { serving, ours, .. }) = verified else { panic!("{verified:?}") };
    assert_eq!((serving, ours), (own.cast_signed() + 1, own));
}
