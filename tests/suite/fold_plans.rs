//! Plans: statements first prepared while the tables were empty do not walk through them once they are full.

use std::time::Duration;

use domain::branch::RankedBy;
use domain::ledger::Direction;
use domain::stream::StreamKind;
use harness::wait::until;
use infra::fold::engine::Folded;
use infra::fold::registry;
use projections::audit_trail::AuditRow;
use projections::cell::{Cell, Kind};
use projections::leaderboard::{Board, Ties};
use projections::members::MemberRow;
use projections::select::{Condition, Order, Select};
use projections::words::SubjectKind;
use sqlx::{Executor, PgConnection};

use crate::told::{Told, told};

/// How many rows come into each table. A single walk through one of them reads as many.
const ROWS: i64 = 4_000;

/// Many rows like the first one, each with a last part of the key of its own. False where there is none.
async fn fill(connection: &mut PgConnection, projection: &dyn Folded) -> bool {
    let table = format!("{}_g1", projection.table());
    let last = &projection.columns()[projection.key() - 1];
    let other = match last.kind {
        Kind::Uuid => "md5(n::text)::uuid",
        Kind::Text => "md5(n::text)",
        _ => "1000000 + n",
    };
    let sql = format!(
        "insert into {table} select r.* \
         from (select * from {table} where until_position = {} order by from_position limit 1) t, \
         generate_series(1, {ROWS}) n, \
         jsonb_populate_record(null::{table}, to_jsonb(t) || jsonb_build_object('{}', {other})) r",
        i64::MAX,
        last.name,
    );
    let filled = sqlx::query(&sql).execute(connection).await.unwrap();
    filled.rows_affected() > 0
}

/// Fills the log and every projection behind the program's back, as if they had been folded. Every worker is let run
/// into the locked checkpoints first, so that it takes a new lease after the filling instead of reading all that.
async fn fill_all(told: &mut Told) {
    let pool = told.ground.pool().await;
    let mut transaction = pool.begin().await.unwrap();
    transaction.execute("update projections set checkpoint = checkpoint").await.unwrap();
    told.story.go_on(&*told.app.commands, 1).await;
    let workers = registry::all().len();
    until("every worker waiting for its checkpoint", Duration::from_secs(10), async || {
        let waiting =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&pool).await.unwrap();
        (waiting.unsigned_abs() as usize == workers).then_some(())
    })
    .await;
    let log = format!(
        "insert into events select 'member', gen_random_uuid()::text, 1, 'member_person_amended', '1', \
         '{{\"member_person_amended\":{{}}}}', '{{}}', h.position + n, gen_random_uuid(), h.recorded_at, \
         decode(repeat('00', 32), 'hex') from log_head h, generate_series(1, {ROWS}) n; \
         insert into commands select 'filler', n::text, decode(repeat('00', 32), 'hex'), h.position + n, 1, h.recorded_at \
         from log_head h, generate_series(1, {ROWS}) n; \
         update log_head set position = position + {ROWS}; \
         update projections set checkpoint = (select position from log_head)"
    );
    // The head row first, as every append does.
    transaction.execute("update log_head set position = position").await.unwrap();
    transaction.execute(log.as_str()).await.unwrap();
    let mut filled = Vec::new();
    for projection in registry::all() {
        if fill(&mut transaction, &*projection).await {
            filled.push(projection.name());
        }
    }
    assert!(filled.len() > 9 && filled.contains(&"standings"), "filled were {filled:?}");
    transaction.commit().await.unwrap();
}

/// Nobody looks at the tables in the background, which would make every plan anew.
async fn without_statistics(told: &Told) {
    let owner = told.ground.owner().await;
    for table in ["events", "commands"] {
        owner.execute(format!("alter table {table} set (autovacuum_enabled = off)").as_str()).await.unwrap();
    }
    for projection in registry::all() {
        let table = projection.table();
        told.app.pool.execute(format!("alter table {table}_g1 set (autovacuum_enabled = off)").as_str()).await.unwrap();
    }
}

/// Asks what pages ask.
async fn look_around(told: &Told) {
    let now = told.app.reads.pin(None, None).await.unwrap().position;
    let board = Board {
        subjects: StreamKind::Member,
        metric: "premium".parse().unwrap(),
        period: "2023".parse().unwrap(),
        ranked_by: RankedBy::Value,
        direction: Direction::HigherIsBetter,
        ties: Ties::Shared,
        within: None,
    };
    let roster = told.app.reads.rows(&Select::<MemberRow>::first(1), now).await.unwrap();
    for _ in 0..8 {
        told.app.reads.board(&board, now, None, 10).await.unwrap();
        told.app.reads.rank(&board, roster[0].member.0, now).await.unwrap();
        let somebody = Cell::Uuid(roster[0].member.0);
        let trail = Select::<AuditRow>::first(10)
            .only(Condition::Equals("subject_kind", projections::cell::ColumnType::to_cell(&SubjectKind::Member)))
            .only(Condition::Equals("subject", somebody.clone()));
        told.app.reads.rows(&trail, now).await.unwrap();
        let primary = || Select::<AuditRow>::first(10).only(Condition::Equals("is_primary", Cell::Flag(true)));
        told.app.reads.rows(&primary().by("position", Order::Descending), now).await.unwrap();
        let middle = Cell::Int(i64::try_from(now.0 / 2).unwrap());
        let backwards = primary().only(Condition::Before("position", middle)).by("position", Order::Descending);
        told.app.reads.rows(&backwards, now).await.unwrap();
        let one = Select::<MemberRow>::first(1).only(Condition::Equals("member", somebody));
        told.app.reads.rows(&one, now).await.unwrap();
    }
}

#[tokio::test]
async fn statements_prepared_on_empty_tables_do_not_walk_through_full_ones() {
    let mut told = told(41, 0).await;
    told.caught_up().await;
    without_statistics(&told).await;
    told.story.go_on(&*told.app.commands, 60).await;
    look_around(&told).await;
    fill_all(&mut told).await;
    told.story.go_on(&*told.app.commands, 60).await;
    told.caught_up().await;
    look_around(&told).await;
    told.app.stop().await;

    let owner = told.ground.owner().await;
    until("the end of the program's connections", Duration::from_secs(10), async || {
        let others =
            "select count(*) from pg_stat_activity where datname = current_database() and usename <> current_user";
        (sqlx::query_scalar::<_, i64>(others).fetch_one(&owner).await.unwrap() == 0).then_some(())
    })
    .await;
    // The few rows of `projections` are looked at all the time.
    let walked = "select relname || ' in its order', seq_tup_read from pg_stat_user_tables where relname <> 'projections' \
                  union all select indexrelname::text, idx_tup_read from pg_stat_user_indexes where relname <> 'projections'";
    let read: Vec<(String, i64)> = sqlx::query_as(walked).fetch_all(&owner).await.unwrap();
    assert!(read.iter().any(|(_, rows)| *rows > 0), "reading is counted");
    let walks: Vec<_> = read.into_iter().filter(|(_, rows)| *rows >= ROWS).collect();
    assert_eq!(walks, [], "rows read, by where");
}
