//! The field: cqrs-es + postgres-es as shipped with the same commands, and a bare single-row insert per commit.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use cqrs_es::CqrsFramework;
use cqrs_es::persist::PersistedEventStore;
use domain::id::{ActorId, BadgeCheckId, BranchId, MemberId};
use domain::member::{Member, MemberCommand};
use domain::period::Zone;
use domain::stream::StreamId;
use domain::text::Sealed;
use domain::vault::NoVault;
use domain::world::{Command, Context, State};
use harness::speak::{DAY, establish, found_root};
use infra::clock::random_id;
use infra::log::hosted::{Hosted, Surroundings};
use infra::postgres::Cluster;
use jiff::Timestamp;
use postgres_es::PostgresEventRepository;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor, PgPool};
use uuid::Uuid;

use crate::Failure;
use crate::ours::MEMBERS;
use crate::rate::Rate;

/// The table as postgres-es ships it, and a plain one of the same weight.
const TABLES: &str = "
create table if not exists events (aggregate_type text not null, aggregate_id text not null,
    sequence bigint check (sequence >= 0) not null, event_type text not null, event_version text not null,
    payload json not null, metadata json not null, primary key (aggregate_type, aggregate_id, sequence));
create table if not exists bare (aggregate_type text not null, aggregate_id text not null,
    sequence bigint not null, payload json not null, metadata json not null,
    primary key (aggregate_type, aggregate_id, sequence));";

/// A sealed place as long as ours.
pub const PLACE: &str = "v1.0190d3a0000070008000000000000001.c2VhbGVkLXBsYWNlLW9mLXRoZS1zYW1lLWxlbmd0aC1hcy1vdXJz";

type Framework = CqrsFramework<Hosted<Member>, PersistedEventStore<PostgresEventRepository, Hosted<Member>>>;

/// cqrs-es + postgres-es as shipped: no queries, no salts, no positions.
pub struct Shipped {
    framework: Arc<Framework>,
    pool: PgPool,
    run: std::sync::atomic::AtomicU64,
}

fn context() -> Context {
    let at = Timestamp::from_second(1_700_000_000).expect("an instant of 2023");
    Context { at, actor: ActorId("office".into()), zone: Zone::default(), vault: Arc::new(NoVault) }
}

/// A tree with one branch, so that members can be registered.
fn states() -> HashMap<StreamId, State> {
    let mut states = HashMap::new();
    for command in [found_root(), establish(branch(), Some(BranchId::root()), "支部")] {
        let decision = loop {
            let surroundings = Surroundings { states: states.clone(), context: context() };
            match command.decide(&domain::world::World::new(&surroundings), &surroundings.context) {
                Ok(decision) => break decision,
                Err(domain::world::Stop::Needs(stream)) => states.insert(stream, State::before(stream.kind)),
                Err(domain::world::Stop::Refused(refusal)) => panic!("the tree is refused: {refusal}"),
            };
        };
        for (stream, event) in decision.into_events() {
            states.entry(stream).or_insert_with(|| State::before(stream.kind)).apply(&event);
        }
    }
    states
}

fn branch() -> BranchId {
    BranchId(Uuid::from_u128(7))
}

fn member(number: u64) -> MemberId {
    MemberId(Uuid::from_u128(1_000 + u128::from(number)))
}

async fn pool(cluster: &Cluster, database: &str) -> Result<PgPool, Failure> {
    let endpoints = cluster.ensure_database(database).await?;
    let pool = PgPoolOptions::new().max_connections(64).connect_with(endpoints.owner).await?;
    pool.execute(TABLES).await?;
    Ok(pool)
}

impl Shipped {
    /// A fresh database with the same number of members.
    pub async fn start(cluster: &Cluster, database: &str) -> Result<Self, Failure> {
        let pool = pool(cluster, database).await?;
        seed(&pool).await?;
        pool.execute("analyze").await?;
        let store = PersistedEventStore::new_event_store(PostgresEventRepository::new(pool.clone()));
        let surroundings = Surroundings { states: states(), context: context() };
        Ok(Self { framework: Arc::new(CqrsFramework::new(store, vec![], surroundings)), pool, run: 0.into() })
    }

    /// Commands on members in turn.
    pub async fn spread(&self, in_flight: usize) -> Result<Rate, Failure> {
        self.run(in_flight, |number| number % MEMBERS).await
    }

    /// A tenth of the commands on the first member.
    pub async fn hot(&self, in_flight: usize) -> Result<Rate, Failure> {
        self.run(in_flight, |number| if number % 10 == 0 { 0 } else { number % MEMBERS }).await
    }

    /// Streams of others, until the log has so many events of them.
    pub async fn fill(&self, so_far: u64, size: u64) -> Result<(), Failure> {
        let values = format!(
            "'member', md5('filled-' || n / {EACH})::uuid::text, n % {EACH} + 1, 'member_badge_checked', '1', '{}'::json, '{{}}'",
            checked(member(7).0)
        );
        fill(&self.pool, &Filling { table: "events", columns: "", values: &values, each: 1 }, so_far, size).await
    }

    async fn run(&self, in_flight: usize, whose: fn(u64) -> u64) -> Result<Rate, Failure> {
        let framework = Arc::clone(&self.framework);
        self.run.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Rate::of(in_flight, move |number| {
            let framework = Arc::clone(&framework);
            async move {
                let member = member(whose(number));
                let check = BadgeCheckId(random_id(Timestamp::UNIX_EPOCH));
                let place = Sealed(PLACE.to_owned());
                let command = Command::Member(member, MemberCommand::CheckBadge { check, on: DAY, place, worn: true });
                // As shipped a conflict is the caller's to try again.
                while let Err(error) = framework.execute(&member.to_string(), command.clone()).await {
                    if !matches!(error, cqrs_es::AggregateError::AggregateConflict) {
                        return Err(Failure::from(error.to_string()));
                    }
                }
                Ok(())
            }
        })
        .await
    }
}

/// How many events of the filling a stream has, and how many one statement adds.
pub const EACH: u64 = 20;
const PORTION: u64 = 1_000_000;

/// What a table is filled with.
pub struct Filling<'a> {
    /// Which table.
    pub table: &'a str,
    /// Its columns, in brackets, where they are not all in their order.
    pub columns: &'a str,
    /// Their values, with `n` for the number of the event.
    pub values: &'a str,
    /// For every how many-th event there is a row.
    pub each: u64,
}

/// Adds rows until they are those of so many events.
pub async fn fill(pool: &PgPool, filling: &Filling<'_>, so_far: u64, size: u64) -> Result<(), Failure> {
    let Filling { table, columns, values, each } = filling;
    let mut connection = pool.acquire().await?;
    connection.execute("set synchronous_commit = off").await?;
    let mut from = so_far;
    while from < size {
        let to = size.min(from + PORTION);
        let sql =
            format!("insert into {table} {columns} select {values} from generate_series({from}, {to} - 1, {each}) n");
        connection.execute(sql.as_str()).await?;
        from = to;
    }
    connection.execute("set synchronous_commit = on").await?;
    // As autovacuum would have done over the time it takes.
    connection.execute(format!("vacuum analyze {table}").as_str()).await?;
    Ok(())
}

/// Members as their registration stores them.
async fn seed(pool: &PgPool) -> Result<(), Failure> {
    let payload = serde_json::json!({ "member_registered": {
        "branch": branch(), "post": "cadre", "on": DAY, "probation_until": null,
    }});
    for number in 0..MEMBERS {
        sqlx::query("insert into events values ('member', $1, 1, 'member_registered', '1', $2, '{}')")
            .bind(member(number).to_string())
            .bind(&payload)
            .execute(pool)
            .await?;
    }
    Ok(())
}

/// A check of a badge as it is stored.
pub fn checked(check: Uuid) -> serde_json::Value {
    serde_json::json!({ "member_badge_checked": { "check": check, "on": DAY, "place": PLACE, "worn": true } })
}

/// One row per commit, nothing else.
pub struct Bare {
    pool: PgPool,
    run: std::sync::atomic::AtomicI64,
}

impl Bare {
    /// A fresh table.
    pub async fn start(cluster: &Cluster, database: &str) -> Result<Self, Failure> {
        Ok(Self { pool: pool(cluster, database).await?, run: 0.into() })
    }

    /// Rows of others, until there are so many of them.
    pub async fn fill(&self, so_far: u64, size: u64) -> Result<(), Failure> {
        let check = checked(Uuid::from_u128(9));
        let values =
            format!("'member', md5('filled-' || n / {EACH})::uuid::text, n % {EACH} + 1, '{check}'::json, '{{}}'");
        fill(&self.pool, &Filling { table: "bare", columns: "", values: &values, each: 1 }, so_far, size).await
    }

    /// COPY in, of so many rows of the same weight, each of a stream of its own.
    pub async fn copied(&self, rows: u64) -> Result<Rate, Failure> {
        let payload = checked(Uuid::from_u128(9));
        let lines: Vec<String> =
            (0..rows).map(|_| format!("member\t{}\t1\t{payload}\t{{}}\n", random_id(Timestamp::UNIX_EPOCH))).collect();
        let mut connection = self.pool.acquire().await?;
        let start = Instant::now();
        let mut copy = connection.copy_in_raw("copy bare from stdin").await?;
        for some in lines.chunks(1_000) {
            copy.send(some.concat().into_bytes()).await?;
        }
        let copied = copy.finish().await?;
        Ok(Rate::bulk(copied, start.elapsed()))
    }

    /// Inserts of the same weight.
    pub async fn run(&self, in_flight: usize) -> Result<Rate, Failure> {
        let pool = self.pool.clone();
        let run = self.run.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let payload = checked(Uuid::from_u128(9));
        Rate::of(in_flight, move |number| {
            let (pool, payload) = (pool.clone(), payload.clone());
            async move {
                sqlx::query("insert into bare values ('member', $1, $2, $3, '{}')")
                    .bind(member(number).to_string())
                    .bind(run)
                    .bind(payload)
                    .execute(&pool)
                    .await?;
                Ok(())
            }
        })
        .await
    }
}
