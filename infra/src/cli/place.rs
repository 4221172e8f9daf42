//! Opening the place where the data is: one's own database, or the private PostgreSQL of a folder.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use domain::period::Zone;
use sqlx::postgres::PgConnectOptions;

use super::{Failure, say};
use crate::app::{App, Settings, guarded};
use crate::clock::Clock;
use crate::config::{Place, search_path};
use crate::postgres::{APP_ROLE, Binaries, Cluster, Options, Search};
use crate::{keys, migrate};

/// The database of the organisation in a private cluster.
const DATABASE: &str = "sanping";

/// An open place. The private PostgreSQL ends with it.
pub struct Opened {
    /// The database as the application's role.
    pub database: PgConnectOptions,
    /// The private cluster, where there is one.
    pub cluster: Option<Cluster>,
    key_file: PathBuf,
    zone: Zone,
}

/// Opens a place. A private database is migrated by the way; one's own is checked.
///
/// # Errors
/// What is missing or wrong, and what to do.
pub async fn open(place: &Place, allow_owner: bool) -> Result<Opened, Failure> {
    let zone = Zone::named(&place.zone)
        .ok_or_else(|| format!("{:?} is not a time zone; give an IANA name such as Asia/Shanghai", place.zone))?;
    let data = data_dir(place);
    let key_file = place.key_file.clone().unwrap_or_else(|| data.join("keys").join("master.key"));
    if let Some(url) = &place.database_url {
        let database = parse(url)?;
        migrate::check(&database, allow_owner).await?;
        return Ok(Opened { database, cluster: None, key_file, zone });
    }
    let search = Search { pg_bin: place.pg_bin.clone(), path: search_path() };
    let binaries = Binaries::find(&search, &data)?;
    let cluster = Cluster::open(&data, &binaries, Options::default()).await?;
    let endpoints = cluster.ensure_database(DATABASE).await?;
    migrate::run(&endpoints.owner, APP_ROLE).await?;
    migrate::check(&endpoints.app, allow_owner).await?;
    Ok(Opened { database: endpoints.app, cluster: Some(cluster), key_file, zone })
}

impl Opened {
    /// Starts the program over the place.
    ///
    /// # Errors
    /// The key file's, the database's.
    pub async fn start(&self, clock: Arc<Clock>) -> Result<App, Failure> {
        let key = keys::bound::open(&self.key_file, &guarded(&self.database)).await?;
        let (database, zone) = (self.database.clone(), self.zone.clone());
        App::start(Settings { database, key, clock, zone, connections: 32 }).await
    }

    /// Stops the private PostgreSQL, where there is one.
    ///
    /// # Errors
    /// The server's.
    pub async fn close(self) -> Result<(), Failure> {
        match self.cluster {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }
}

/// The folder of a place.
fn data_dir(place: &Place) -> PathBuf {
    place.data.clone().unwrap_or_else(|| Cluster::default_data_dir(rustix::process::geteuid().is_root()))
}

fn parse(url: &str) -> Result<PgConnectOptions, Failure> {
    // The URL may hold a password: the error must not repeat it.
    PgConnectOptions::from_str(url)
        .map_err(|_| "the database URL cannot be read; write postgres://user:password@host:port/name".into())
}

/// `sanping migrate`.
///
/// # Errors
/// The database's.
pub async fn migrate(place: &Place, app_role: &str) -> Result<ExitCode, Failure> {
    match &place.database_url {
        Some(url) => migrate::run(&parse(url)?, app_role).await?,
        None => open(place, false).await?.close().await?,
    }
    say("the schema is current");
    Ok(ExitCode::SUCCESS)
}
