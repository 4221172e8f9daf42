//! What must hold of any log, whatever was done to it.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::event::Fact;
use domain::stream::{Position, StreamId};
use infra::app::App;
use infra::log::reader;
use sqlx::{PgPool, Row};
use tokio::sync::watch;

/// A reader that follows the log and holds it to its order.
#[derive(Default)]
pub struct Follower {
    /// How far it has read.
    pub position: Position,
    versions: HashMap<StreamId, u64>,
    /// What it has seen.
    pub seen: Vec<Fact>,
}

impl Follower {
    /// Reads once, at most `limit` events.
    ///
    /// # Panics
    /// At a hole, or where a stream goes back.
    pub async fn step(&mut self, pool: &PgPool, limit: usize) -> usize {
        let facts = reader::after(pool, self.position, limit).await.expect("the log can be read");
        let read = facts.len();
        for fact in facts {
            assert_eq!(fact.position.0, self.position.0 + 1, "after N comes N + 1");
            let version = self.versions.entry(fact.stream).or_default();
            assert_eq!(fact.sequence, *version + 1, "{} goes on by one at {}", fact.stream, fact.position);
            *version = fact.sequence;
            self.position = fact.position;
            self.seen.push(fact);
        }
        read
    }

    /// Follows until told that nothing comes any more, and then to the end.
    pub async fn follow(mut self, pool: PgPool, mut ended: watch::Receiver<bool>) -> Self {
        loop {
            // The flag is looked at first: what is there when it is up was there before it.
            let last = *ended.borrow_and_update();
            if self.step(&pool, 100).await == 0 && last {
                return self;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Commands that were acknowledged, with their positions.
pub type Acknowledged = BTreeMap<String, Position>;

/// What is recorded of these commands of the office; those that are not recorded are missing.
pub async fn recorded(pool: &PgPool, ids: &[String]) -> Acknowledged {
    let sql = "select command_id, position from commands where principal = 'office' and command_id = any($1)";
    let rows = sqlx::query(sql).bind(ids).fetch_all(pool).await.expect("outcomes can be read");
    rows.iter().map(|row| (row.get(0), Position(row.get::<i64, _>(1).unsigned_abs()))).collect()
}

/// Holds a whole log to its invariants; these commands and no others of the office are in it, each once.
///
/// # Panics
/// When something does not hold.
pub async fn audit(pool: &PgPool, acknowledged: &Acknowledged) -> Follower {
    let mut follower = Follower::default();
    while follower.step(pool, 1_000).await > 0 {}
    let (head, recorded_at) = reader::head(pool).await.expect("the head can be read");
    assert_eq!(head, follower.position, "the head is the last event");
    let mut last = None;
    for fact in &follower.seen {
        assert!(last <= Some(fact.at), "time never goes back, but does at {}", fact.position);
        last = Some(fact.at);
    }
    assert!(last.is_none_or(|last| last <= recorded_at), "the head is no older than the last event");
    commands_are_whole(pool, &follower.seen, acknowledged).await;
    salts_are_fresh(pool, head).await;
    people_go_with_registrations(pool, &follower.seen).await;
    follower
}

async fn commands_are_whole(pool: &PgPool, facts: &[Fact], acknowledged: &Acknowledged) {
    let mut of: HashMap<&str, Vec<u64>> = HashMap::new();
    for fact in facts {
        of.entry(&fact.command).or_default().push(fact.position.0);
    }
    let sql = "select command_id, position, events from commands where principal = 'office'";
    let rows = sqlx::query(sql).fetch_all(pool).await.expect("outcomes can be read");
    let mut recorded = Acknowledged::new();
    for row in rows {
        let (id, position, events): (String, i64, i32) = (row.get(0), row.get(1), row.get(2));
        let of = of.remove(id.as_str()).unwrap_or_default();
        assert_eq!(of.len(), events.unsigned_abs() as usize, "{id} has all its events, once");
        assert!(of.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{id} has its events in one piece: {of:?}");
        if let Some(last) = of.last() {
            assert_eq!(*last, position.unsigned_abs(), "{id} ends where its outcome says");
        }
        recorded.insert(id, Position(position.unsigned_abs()));
    }
    assert!(of.is_empty(), "no event without an outcome: {of:?}");
    assert_eq!(&recorded, acknowledged, "what was acknowledged is what was recorded");
}

async fn salts_are_fresh(pool: &PgPool, head: Position) {
    let salts: Vec<Vec<u8>> = sqlx::query_scalar("select salt from events").fetch_all(pool).await.expect("salts");
    assert!(salts.iter().all(|salt| salt.len() == 32), "a salt has 32 bytes");
    let distinct: HashSet<_> = salts.into_iter().collect();
    assert_eq!(distinct.len() as u64, head.0, "no salt comes twice");
}

/// Every registration of these tests comes with a record, and every record with a registration.
async fn people_go_with_registrations(pool: &PgPool, facts: &[Fact]) {
    let registered: HashSet<_> =
        facts.iter().filter(|fact| fact.event.name() == "member_registered").map(|fact| fact.stream.id).collect();
    let joined = facts.iter().filter(|fact| fact.event.name() == "member_registered").count();
    assert_eq!(joined, registered.len(), "nobody is registered twice");
    let kept: Vec<uuid::Uuid> = sqlx::query_scalar("select member from people").fetch_all(pool).await.expect("people");
    assert_eq!(kept.into_iter().collect::<HashSet<_>>(), registered, "records and registrations go together");
}

/// The last position of the log now, from the database.
pub async fn head(app: &App) -> Position {
    reader::head(&app.pool).await.expect("the head can be read").0
}
