//! Counts statements as the server sees them: a socket before PostgreSQL that reads what the program says to it.
//!
//! What a program executes is counted: a prepared statement by its text with each execution, a simple query by itself.
//! Whether a connection still answers is asked without a statement, so it is not counted.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use graphql::schema::{Api, Settings};
use infra::app::{App, guarded};
use infra::commands::LogCommands;
use infra::keys::Keyring;
use infra::log::executor::Executor;
use infra::reach::Reach;
use infra::reads::LogReads;
use infra::reads::timely::TimelyReads;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use crate::ground::Ground;

/// How long what belongs to one page may take to come together: long enough for a debug build, so that counts are the same
/// each time.
const TOGETHER: Duration = Duration::from_millis(20);

type Told = Arc<Mutex<Vec<String>>>;

/// The way to a database on which statements are counted.
pub struct Counted {
    database: PgConnectOptions,
    told: Told,
    taken: JoinHandle<()>,
    _folder: TempDir,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.taken.abort();
    }
}

/// The doors of a program whose statements are counted, all but those of its folds: another program folds.
pub struct Doors {
    /// The API.
    pub api: Api,
    executor: Arc<Executor>,
}

impl Doors {
    /// Lets the appender end.
    pub async fn close(self) {
        self.executor.stop().await;
    }
}

impl Counted {
    /// A way to the database of a ground.
    ///
    /// # Panics
    /// When no socket can be made.
    #[must_use]
    pub fn to(ground: &Ground) -> Self {
        let options = &ground.endpoints.app;
        let (there, port) = (options.get_socket().expect("a ground is reached by a socket"), options.get_port());
        let server = there.join(format!(".s.PGSQL.{port}"));
        let folder = tempfile::tempdir().expect("a folder can be made");
        let listener =
            UnixListener::bind(folder.path().join(format!(".s.PGSQL.{port}"))).expect("a socket can be made");
        let told = Told::default();
        let heard = Arc::clone(&told);
        let taken = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, heard) = (server.clone(), Arc::clone(&heard));
                tokio::spawn(async move {
                    let database = UnixStream::connect(server).await?;
                    carry(client, database, &heard).await
                });
            }
        });
        Self { database: options.clone().socket(folder.path()), told, taken, _folder: folder }
    }

    /// The statements since this was last asked.
    #[must_use]
    pub fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Doors like a program's, over a database that the program folds. They know no states and no keys yet.
    ///
    /// # Panics
    /// When the database cannot be reached.
    pub async fn doors(&self, ground: &Ground, app: &App) -> Doors {
        let (options, reach) = (guarded(&self.database), Arc::new(Reach::default()));
        let pool = PgPoolOptions::new().max_connections(16).connect_with(options.clone()).await;
        let pool = pool.expect("the database can be reached");
        let keyring = Arc::new(Keyring::new(ground.key.clone(), pool.clone()));
        let (clock, zone) = (app.clock(), app.zone.clone());
        let executor = Executor::start(pool.clone(), options, Arc::clone(&reach), Arc::clone(&clock), zone.clone());
        let executor = Arc::new(executor);
        let commands = Arc::new(LogCommands::new(Arc::clone(&executor), Arc::clone(&keyring)));
        let reads = LogReads::new(pool, app.reads.origin(), keyring, app.places(), clock);
        let spawn = |task: BoxFuture<'static, ()>| {
            drop(tokio::spawn(async move {
                tokio::time::sleep(TOGETHER).await;
                task.await;
            }));
        };
        let settings = Settings { zone, spawn, introspection: true };
        let api = graphql::schema::build(commands, Arc::new(TimelyReads::new(reads, reach)), settings);
        Doors { api, executor }
    }
}

async fn carry(client: UnixStream, database: UnixStream, told: &Told) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_database, mut to_database) = database.into_split();
    tokio::select! {
        ended = there(&mut from_client, &mut to_database, told) => ended,
        ended = copy(&mut from_database, &mut to_client) => ended.map(drop),
    }
}

/// Passes on what the program says, and tells what it executes.
async fn there(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin), told: &Told) -> io::Result<()> {
    // The start of a session has no kind.
    let length = from.read_u32().await?;
    let mut body = vec![0; length as usize - 4];
    from.read_exact(&mut body).await?;
    to.write_u32(length).await?;
    to.write_all(&body).await?;
    let (mut texts, mut bound) = (HashMap::<Vec<u8>, String>::new(), String::new());
    loop {
        let (kind, length) = (from.read_u8().await?, from.read_u32().await?);
        let mut body = vec![0; length as usize - 4];
        from.read_exact(&mut body).await?;
        let mut words = body.split(|byte| *byte == 0);
        let mut word = || words.next().unwrap_or_default().to_vec();
        let said = |text: &str| told.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
        match kind {
            b'P' => {
                let name = word();
                texts.insert(name, String::from_utf8_lossy(&word()).into_owned());
            }
            b'B' => {
                let _portal = word();
                bound = texts.get(&word()).cloned().unwrap_or_default();
            }
            b'E' => said(&bound),
            b'Q' => said(&String::from_utf8_lossy(&word())),
            _other => {}
        }
        to.write_u8(kind).await?;
        to.write_u32(length).await?;
        to.write_all(&body).await?;
    }
}
