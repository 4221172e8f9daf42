//! A random story told to the real program, and the comparison of its rows with the naive way.

use std::sync::Arc;

use domain::id::BranchId;
use domain::stream::Position;
use graphql::ports::Reads;
use harness::ground::Ground;
use harness::story::{Story, first_day};
use infra::app::App;
use infra::clock::Clock;
use projections::row::{Key, Row};
use projections::select::Select;

use crate::naive::{Log, Naive};

/// More than any table holds here.
pub const ALL: usize = 1_000_000;

/// A story told to the real program.
pub struct Told {
    /// Its database.
    pub ground: Ground,
    /// The program.
    pub app: App,
    /// The clock it runs on.
    pub clock: Arc<Clock>,
    /// The story so far.
    pub story: Story,
}

/// Tells a story of so many commands.
pub async fn told(seed: u64, commands: usize) -> Told {
    let ground = Ground::fresh().await;
    let clock = Arc::new(Clock::simulated(first_day()));
    let app = ground.app_at(Arc::clone(&clock)).await;
    let mut story = Story::of(seed, Arc::clone(&clock));
    story.found(&*app.commands).await;
    story.go_on(&*app.commands, commands).await;
    Told { ground, app, clock, story }
}

impl Told {
    /// The head of the log, once every projection is there.
    pub async fn caught_up(&self) -> Position {
        let head = self.app.reads.head().await.unwrap().position;
        self.app.reads.pin(None, Some(head)).await.unwrap().position
    }
}

/// Appends an event as somebody who owns the database could, past every check but those of the log itself.
pub async fn smuggle(ground: &Ground, kind: &str, stream: &str, payload: &str) -> Position {
    smuggle_version(ground, kind, stream, "1", payload).await
}

/// Smuggles in an event of a version.
pub async fn smuggle_version(ground: &Ground, kind: &str, stream: &str, version: &str, payload: &str) -> Position {
    let mut transaction = ground.owner().await.begin().await.unwrap();
    let position: i64 = sqlx::query_scalar("update log_head set position = position + 1 returning position")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    sqlx::query(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, \
         position, event_id, recorded_at, salt) \
         select $1, $2, coalesce(max(e.sequence), 0) + 1, 'smuggled', $5, $3::json, '{}', $4, gen_random_uuid(), \
         (select recorded_at from log_head), decode(repeat('00', 32), 'hex') \
         from events e where e.aggregate_type = $1 and e.aggregate_id = $2",
    )
    .bind(kind)
    .bind(stream)
    .bind(payload)
    .bind(position)
    .bind(version)
    .execute(&mut *transaction)
    .await
    .unwrap();
    transaction.commit().await.unwrap();
    Position(position.unsigned_abs())
}

/// Smuggles in a new name of the top committee.
pub async fn smuggle_name(ground: &Ground, name: &str) -> Position {
    let renamed = format!(r#"{{"branch_renamed":{{"name_before":"a","name":"{name}","on":"2022-03-01"}}}}"#);
    smuggle(ground, "branch", &BranchId::root().to_string(), &renamed).await
}

/// Smuggles in an event that every build reads and no row can hold: `branches` stops before it.
pub async fn smuggle_unwritable(ground: &Ground) -> Position {
    smuggle_name(ground, r"x\u0000y").await
}

/// The whole log.
pub async fn log(reads: &dyn Reads) -> Log {
    Log::of(reads.facts_after(Position(0), ALL).await.unwrap())
}

async fn same<R: Row>(reads: &dyn Reads, at: Position, mut expected: Vec<R>) {
    let stored = reads.rows(&Select::<R>::first(ALL), at).await.unwrap();
    expected.sort_by_key(|row| row.key().cells());
    let [stored, expected] = [stored, expected].map(|rows| rows.iter().map(R::cells).collect::<Vec<_>>());
    for (stored, expected) in stored.iter().zip(&expected) {
        assert_eq!(stored, expected, "a row of {} at {at}: stored, recomputed", R::TABLE);
    }
    assert_eq!(stored.len(), expected.len(), "rows of {} at {at}", R::TABLE);
}

/// Every row of every projection.
pub async fn rows_equal(reads: &dyn Reads, log: &Log, at: Position) {
    let naive = Naive::upto(log, at);
    same(reads, at, naive.branch_rows()).await;
    same(reads, at, naive.member_rows()).await;
    same(reads, at, naive.member_year_rows()).await;
    same(reads, at, naive.outlet_rows()).await;
    same(reads, at, naive.spell_rows()).await;
    same(reads, at, naive.contact_point_rows()).await;
    same(reads, at, naive.training_rows()).await;
    same(reads, at, naive.attendance_rows()).await;
    same(reads, at, naive.record_rows()).await;
    same(reads, at, naive.metric_rows()).await;
    same(reads, at, naive.result_rows()).await;
    same(reads, at, naive.standing_rows()).await;
    same(reads, at, naive.competition_rows()).await;
    same(reads, at, naive.total_rows()).await;
    same(reads, at, naive.talk_rows()).await;
    same(reads, at, naive.rule_set_rows()).await;
    same(reads, at, naive.claim_rows()).await;
    same(reads, at, naive.round_rows()).await;
    same(reads, at, naive.round_person_rows()).await;
    same(reads, at, naive.leader_review_rows()).await;
    same(reads, at, naive.paper_count_rows()).await;
    same(reads, at, naive.round_result_rows()).await;
    same(reads, at, naive.appeal_rows()).await;
    same(reads, at, naive.due_rows()).await;
    same(reads, at, naive.grant_rows()).await;
    same(reads, at, naive.account_rows()).await;
    same(reads, at, naive.audit_rows()).await;
}
