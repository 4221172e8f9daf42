//! A PostgreSQL of a test's own, as an operator has one, and the real program as a process over a database in it.

use std::path::Path;

use infra::migrate;
use infra::postgres::{APP_ROLE, Binaries, Cluster, Options, Search};
use tempfile::TempDir;

use crate::client::Api;
use crate::program::{Running, data};

/// The role that may do everything in it.
pub const SUPERUSER: &str = "sanping_bootstrap";

/// A server.
pub struct Own {
    /// Its folder.
    pub data: TempDir,
    cluster: Option<Cluster>,
}

impl Own {
    /// A fresh one, without roles or databases.
    pub async fn start() -> Self {
        let data = data();
        let cluster = Some(open(data.path()).await);
        Self { data, cluster }
    }

    /// A fresh one with a migrated database.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn with(database: &str) -> Self {
        let own = Self::start().await;
        let endpoints = own.cluster().ensure_database(database).await.expect("a database can be made");
        migrate::run(&endpoints.owner, APP_ROLE).await.expect("it can be migrated");
        own
    }

    fn cluster(&self) -> &Cluster {
        self.cluster.as_ref().expect("it runs")
    }

    /// The folder of its socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        self.cluster().socket_dir()
    }

    /// How a role reaches a database in it.
    #[must_use]
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@localhost/{database}?host={}", self.socket().display())
    }

    /// Stops it and starts it again.
    ///
    /// # Panics
    /// When it does not stop or start.
    pub async fn restart(&mut self) {
        self.cluster.take().expect("it runs").stop().await.expect("it stops");
        self.cluster = Some(open(self.data.path()).await);
    }
}

async fn open(data: &Path) -> Cluster {
    let binaries = Binaries::find(&Search::default(), data).expect("PostgreSQL is installed");
    let options = Options { max_connections: 120, shared_buffers_mib: 64 };
    Cluster::open(data, &binaries, options).await.expect("it starts")
}

/// The program that serves a database, and its address.
pub struct Served {
    /// The program.
    pub program: Running,
    /// A client of it.
    pub api: Api,
    /// Its address, `http://host:port`.
    pub address: String,
}

/// Serves what these arguments name, on a free port.
#[must_use]
pub fn serve(data: &Path, place: &[&str]) -> Served {
    let arguments = [place, &["serve", "--dev-sign-in", "--listen", "127.0.0.1:0"]].concat();
    let program = Running::start(data, &arguments);
    let line = program.until_said("serving on ");
    let address = line.rsplit(' ').next().unwrap_or_default().to_owned();
    Served { program, api: Api::at(&address), address }
}
