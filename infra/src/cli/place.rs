//! Opening the place where the data is: one's own database, or the private PostgreSQL of a folder.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use domain::period::Zone;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use super::{Failure, say, told};
use crate::app::{App, LATEST, Settings, guarded};
use crate::clock::Clock;
use crate::config::{Place, Pooler, search_path};
use crate::migrate::MigrateError;
use crate::pooler::{self, Way};
use crate::postgres::{APP_ROLE, Binaries, Cluster, Endpoints, Options, PostgresError, Search, running};
use crate::{keys, migrate};

/// The database of the organisation in a private cluster.
pub(super) const DATABASE: &str = "sanping";

/// The connections of a program that has its database to itself, and of one beside another.
const CONNECTIONS: u32 = 32;
const BESIDE: u32 = 8;

/// An open place. The private PostgreSQL ends with it.
pub struct Opened {
    /// The database as the application's role.
    pub database: PgConnectOptions,
    /// The private cluster, where it was started here.
    pub cluster: Option<Cluster>,
    key_file: PathBuf,
    zone: Zone,
    connections: u32,
    /// The way through a pooler, as long as the place is open.
    way: Option<Way>,
}

/// Opens a place to serve from. A private database is migrated by the way; one's own is checked.
///
/// # Errors
/// What is missing or wrong, and what to do.
pub async fn open(place: &Place, allow_owner: bool) -> Result<Opened, Failure> {
    match open_alone(place, allow_owner).await? {
        Found::Opened(opened) => Ok(*opened),
        Found::InUse(in_use) => Err(in_use.into()),
    }
}

/// Opens a place as [`open`], or beside the program that runs on its data folder, in that one's PostgreSQL.
///
/// # Errors
/// What is missing or wrong, and what to do.
pub async fn open_beside(place: &Place, allow_owner: bool) -> Result<Opened, Failure> {
    let in_use = match open_alone(place, allow_owner).await? {
        Found::Opened(opened) => return Ok(*opened),
        Found::InUse(in_use) => in_use,
    };
    let (zone, data) = (zone(place)?, data_dir(place));
    let early = |why: String| format!("{in_use}; or try again in a moment: {why}");
    let database = running(&data, DATABASE)?.ok_or_else(|| early("its PostgreSQL is still starting".to_owned()))?;
    if let Err(unfit) = migrate::check(&database, allow_owner).await {
        return Err(early(told(&unfit)).into());
    }
    Ok(Opened { database, cluster: None, key_file: key_file(place), zone, connections: BESIDE, way: None })
}

/// Why a private database cannot be opened.
#[derive(Debug, thiserror::Error)]
enum PrivateError {
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
}

/// What was found at a place.
enum Found {
    Opened(Box<Opened>),
    InUse(PostgresError),
}

/// How a database is reached, through a pooler where one stands before it.
async fn through(
    pooler: Option<Pooler>,
    database: PgConnectOptions,
) -> Result<(Option<Way>, PgConnectOptions), Failure> {
    match pooler {
        None => Ok((None, database)),
        Some(Pooler::Transaction) if pooler::lacks_tls(&database) => Err(
            "the database URL asks for TLS (sslmode), and with --pooler transaction the pooler is reached without it: put one \
             beside the program and reach it by its socket, or leave sslmode out where the network may be trusted"
                .into(),
        ),
        Some(Pooler::Transaction) => {
            crate::sql::behind_a_pooler();
            let (way, database) = pooler::way(&database)?;
            pooler::settle(&database).await?;
            Ok((Some(way), database))
        }
    }
}

/// A place as its owner reaches it. The private PostgreSQL ends with it.
pub struct Owned {
    /// The database as the role that owns it.
    pub owner: PgConnectOptions,
    /// The private cluster, where it was started here.
    pub cluster: Option<Cluster>,
}

/// Opens a place as its owner, whether or not it may be served from; a private database is migrated by the way.
///
/// # Errors
/// What is missing or wrong, and what to do.
pub async fn open_owned(place: &Place) -> Result<Owned, Failure> {
    if let Some(url) = &place.database_url {
        return Ok(Owned { owner: parse(url)?, cluster: None });
    }
    let (cluster, endpoints) = open_private(place).await?;
    Ok(Owned { owner: endpoints.owner, cluster: Some(cluster) })
}

async fn open_private(place: &Place) -> Result<(Cluster, Endpoints), PrivateError> {
    let data = data_dir(place);
    let search = Search { pg_bin: place.pg_bin.clone(), path: search_path() };
    let cluster = Cluster::open(&data, &Binaries::find(&search, &data)?, Options::default()).await?;
    let endpoints = cluster.ensure_database(DATABASE).await?;
    migrate::run(&endpoints.owner, APP_ROLE).await?;
    Ok((cluster, endpoints))
}

async fn open_alone(place: &Place, allow_owner: bool) -> Result<Found, Failure> {
    let (zone, key_file) = (zone(place)?, key_file(place));
    let opened = |database, cluster, way| {
        Found::Opened(Box::new(Opened { database, cluster, key_file, zone, connections: CONNECTIONS, way }))
    };
    if let Some(url) = &place.database_url {
        let (way, database) = through(place.pooler, parse(url)?).await?;
        migrate::check(&database, allow_owner).await?;
        return Ok(opened(database, None, way));
    }
    let (cluster, endpoints) = match open_private(place).await {
        Err(PrivateError::Postgres(in_use @ PostgresError::InUse { .. })) => return Ok(Found::InUse(in_use)),
        private => private?,
    };
    migrate::check(&endpoints.app, allow_owner).await?;
    Ok(opened(endpoints.app, Some(cluster), None))
}

impl Opened {
    /// Starts the program over the place.
    ///
    /// # Errors
    /// The key file's, the database's.
    pub async fn start(&self, clock: Arc<Clock>) -> Result<App, Failure> {
        self.start_within(clock, LATEST).await
    }

    /// The same, where a request may take so long.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_within(&self, clock: Arc<Clock>, latest: Duration) -> Result<App, Failure> {
        let key = keys::bound::open(&self.key_file, &guarded(&self.database)).await?;
        let (database, zone) = (self.database.clone(), self.zone.clone());
        let settings = Settings { database, key, clock, zone, connections: self.connections };
        App::start_within(settings, latest).await
    }

    /// Stops the private PostgreSQL, where there is one.
    ///
    /// # Errors
    /// The server's.
    pub async fn close(self) -> Result<(), Failure> {
        drop(self.way);
        match self.cluster {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }
}

pub(super) fn zone(place: &Place) -> Result<Zone, Failure> {
    let unknown = || format!("{:?} is not a time zone; give an IANA name such as Asia/Shanghai", place.zone);
    Zone::named(&place.zone).ok_or_else(|| unknown().into())
}

pub(super) fn key_file(place: &Place) -> PathBuf {
    place.key_file.clone().unwrap_or_else(|| data_dir(place).join("keys").join("master.key"))
}

/// The folder of a place.
pub(super) fn data_dir(place: &Place) -> PathBuf {
    place.data.clone().unwrap_or_else(|| Cluster::default_data_dir(rustix::process::geteuid().is_root()))
}

pub(super) fn parse(url: &str) -> Result<PgConnectOptions, Failure> {
    // The URL may hold a password: the error must not repeat it.
    // Nor does any log tell the statements, slow or not: they name what is in the database.
    PgConnectOptions::from_str(url)
        .map(ConnectOptions::disable_statement_logging)
        .map_err(|_| "the database URL cannot be read; write postgres://user:password@host:port/name".into())
}

/// `sanping migrate`.
///
/// # Errors
/// The database's.
pub async fn migrate(place: &Place, app_role: &str) -> Result<ExitCode, Failure> {
    match &place.database_url {
        Some(url) => migrate::run(&parse(url)?, app_role).await?,
        None => {
            if let Some(cluster) = open_owned(place).await?.cluster {
                cluster.stop().await?;
            }
        }
    }
    say("the schema is current");
    Ok(ExitCode::SUCCESS)
}
