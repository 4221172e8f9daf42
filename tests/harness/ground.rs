//! A fresh database on a shared private cluster, and the real program over it.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::period::Zone;
use infra::app::{App, Settings};
use infra::clock::Clock;
use infra::keys::MasterKey;
use infra::migrate;
use infra::postgres::{APP_ROLE, Binaries, Cluster, Endpoints, Options, Search};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::sync::OnceCell;

static SHARED: OnceCell<Cluster> = OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(0);
const TEMPLATE: &str = "pattern";

/// The shared cluster, with a migrated database to copy from. Its folder is kept between runs, one per run at a time.
async fn shared() -> &'static Cluster {
    SHARED.get_or_init(open).await
}

async fn open() -> Cluster {
    for number in 1.. {
        let data = PathBuf::from(format!("/var/tmp/sanping-suite-{number}"));
        std::fs::create_dir_all(&data).expect("/var/tmp can be written");
        std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).expect("the folder is ours");
        let binaries = Binaries::find(&Search::default(), &data).expect("PostgreSQL is installed");
        let options = Options { max_connections: 400, shared_buffers_mib: 128 };
        let cluster = match Cluster::open(&data, &binaries, options).await {
            Ok(cluster) => cluster,
            Err(infra::postgres::PostgresError::InUse { .. }) => continue,
            Err(error) => panic!("the test cluster does not start: {error}"),
        };
        prepare(&cluster).await;
        return cluster;
    }
    unreachable!("some folder is free")
}

async fn prepare(cluster: &Cluster) {
    let mut pattern = cluster.ensure_database(TEMPLATE).await.expect("the pattern can be made");
    if let Err(migrate::MigrateError::Migration(_)) = migrate::run(&pattern.owner, APP_ROLE).await {
        // Made by an earlier draft of the schema.
        cluster.drop_database(TEMPLATE).await.expect("the pattern can be dropped");
        pattern = cluster.ensure_database(TEMPLATE).await.expect("the pattern can be made");
    }
    migrate::run(&pattern.owner, APP_ROLE).await.expect("the pattern can be migrated");
    let pool = PgPoolOptions::new().max_connections(1).connect_with(pattern.owner).await.expect("it can be reached");
    let left: Vec<String> = sqlx::query_scalar("select datname from pg_database where datname like 'ground\\_%'")
        .fetch_all(&pool)
        .await
        .expect("databases can be listed");
    pool.close().await;
    for name in left {
        cluster.drop_database(&name).await.expect("what an earlier run left can be dropped");
    }
}

/// A database of a test's own.
pub struct Ground {
    /// How to reach it.
    pub endpoints: Endpoints,
    /// The master key of its programs.
    pub key: MasterKey,
}

impl Ground {
    /// A fresh, migrated database.
    pub async fn fresh() -> Self {
        let cluster = shared().await;
        let name = format!("ground_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let endpoints = cluster.create_database_from_template(&name, TEMPLATE).await.expect("a database can be made");
        Self { endpoints, key: MasterKey::generate() }
    }

    /// A database of a test's own that holds what this one holds; no program runs over this one meanwhile.
    pub async fn copy(&self) -> Self {
        let cluster = shared().await;
        let name = format!("ground_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let own = self.endpoints.owner.get_database().expect("a ground names its database");
        let endpoints = cluster.create_database_from_template(&name, own).await.expect("a database can be copied");
        Self { endpoints, key: self.key.clone() }
    }

    /// A program over it, on the machine's clock.
    pub async fn app(&self) -> App {
        self.app_at(Arc::new(Clock::System)).await
    }

    /// A program over it, on a clock of the test's own.
    pub async fn app_at(&self, clock: Arc<Clock>) -> App {
        let settings = Settings {
            database: self.endpoints.app.clone(),
            key: self.key.clone(),
            clock,
            zone: Zone::default(),
            connections: 32,
        };
        App::start(settings).await.expect("the program starts")
    }

    /// Connections as the application's role.
    pub async fn pool(&self) -> PgPool {
        let options = self.endpoints.app.clone();
        PgPoolOptions::new().max_connections(4).connect_with(options).await.expect("the database can be reached")
    }

    /// Connections as the owner.
    pub async fn owner(&self) -> PgPool {
        let options = self.endpoints.owner.clone();
        PgPoolOptions::new().max_connections(2).connect_with(options).await.expect("the database can be reached")
    }
}
