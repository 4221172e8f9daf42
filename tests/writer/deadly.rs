//! A process that an event kills, as one that needs more memory or stack than there is: nothing of it can be caught.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use domain::event::Fact;
use domain::stream::Position;
use infra::app::guarded;
use infra::clock::random;
use infra::fold::FoldError;
use infra::fold::batch::Made;
use infra::fold::bulk::part::Part;
use infra::fold::engine::Folded;
use infra::fold::lease::Lease;
use infra::fold::live::{self, Floor};
use infra::fold::rebuild::Progress;
use infra::fold::registry;
use infra::fold::tail::Tail;
use infra::fold::verify::Verified;
use infra::log::reader::{self, Met};
use infra::reach::Reach;
use projections::cell::Column;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

/// A projection whose fold kills the process at one event.
struct Deadly {
    of: Arc<dyn Folded>,
    at: Position,
}

impl Deadly {
    /// Dies where the event is among so many after the lease's checkpoint.
    fn meets(&self, lease: &Lease, many: usize) {
        if (lease.checkpoint.0 + 1..=lease.checkpoint.0 + many as u64).contains(&self.at.0) {
            std::process::abort();
        }
    }
}

#[async_trait]
impl Folded for Deadly {
    fn name(&self) -> &'static str {
        self.of.name()
    }

    fn version(&self) -> u32 {
        self.of.version()
    }

    fn table(&self) -> &'static str {
        self.of.table()
    }

    fn key(&self) -> usize {
        self.of.key()
    }

    fn columns(&self) -> &'static [Column] {
        self.of.columns()
    }

    fn reads(&self, fact: &Fact) -> bool {
        self.of.reads(fact)
    }

    async fn register(&self, pool: &PgPool) -> Result<(), FoldError> {
        self.of.register(pool).await
    }

    async fn make(
        &self,
        connection: &mut PgConnection,
        lease: &Lease,
        met: &[Met],
        skipped: &BTreeSet<Position>,
    ) -> Result<Made, FoldError> {
        self.meets(lease, met.len());
        self.of.make(connection, lease, met, skipped).await
    }

    async fn catch_up(&self, pool: &PgPool, tail: &Tail, lease: &Lease, most: usize) -> Result<Position, FoldError> {
        let (Position(head), _) = reader::head(pool).await.expect("the database answers");
        let there = usize::try_from(head - lease.checkpoint.0).expect("few events");
        self.meets(lease, most.min(there));
        self.of.catch_up(pool, tail, lease, most).await
    }

    async fn part(&self, connection: &mut PgConnection) -> Result<Box<dyn Part>, FoldError> {
        self.of.part(connection).await
    }

    async fn rebuild(&self, pool: &PgPool, told: &dyn Progress) -> Result<Position, FoldError> {
        self.of.rebuild(pool, told).await
    }

    async fn verify(&self, pool: &PgPool, told: &dyn Progress) -> Result<Verified, FoldError> {
        self.of.verify(pool, told).await
    }
}

/// Folds until it is killed, or dies.
pub async fn fold(database: PgConnectOptions, at: Position) {
    let pool = PgPoolOptions::new().connect_with(guarded(&database)).await.expect("the database answers");
    let named = |name| registry::named(Some(name)).expect("it is there").swap_remove(0);
    let projections: Vec<Arc<dyn Folded>> = vec![Arc::new(Deadly { of: named("members"), at }), named("outlets")];
    let (_grown, head) = watch::channel(Position(0));
    let (moved, _moves) = mpsc::unbounded_channel();
    let (_stopping, stop) = watch::channel(false);
    let floor = Floor {
        pool: pool.clone(),
        own: pool,
        reach: Arc::<Reach>::default(),
        tail: Arc::<Tail>::default(),
        head,
        moved,
        stopping: stop,
        holder: Uuid::new_v8(random()),
    };
    let mut tasks = live::start(projections, &floor);
    while tasks.join_next().await.is_some() {}
}
