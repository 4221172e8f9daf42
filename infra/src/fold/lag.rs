//! How far the projections are behind, in events and in time, as people and machines are told.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::stream::Position;
use sqlx::{PgConnection, PgPool};

use super::engine::{Standing, standings};
use super::skips::{self, Skipped};
use super::{compare, registry};
use crate::log::reader;

/// How long a rate is measured.
const MEASURED: Duration = Duration::from_secs(1);

/// Where the log and its projections are.
pub struct Overview {
    /// The last position of the log.
    pub head: Position,
    /// The projections, by name.
    pub projections: Vec<Watched>,
}

/// Where one projection is.
pub struct Watched {
    /// Its place.
    pub standing: Standing,
    /// How many events it is behind.
    pub events: u64,
    /// For how many seconds the first of them has waited, by the database's clock.
    pub seconds: u64,
    /// How many events a second it folds; nothing where it was not measured.
    pub rate: Option<u64>,
    /// How it goes.
    pub state: State,
    /// Up to which position its rows were verified last, and how many differed then.
    pub verified: Option<(Position, u64)>,
    /// How many rows differed from those that replaced them, when it was rebuilt last.
    pub replaced: u64,
    /// The generation that is being built beside it.
    pub build: Option<Building>,
    /// What it was told to step over.
    pub skips: Vec<Skipped>,
}

/// A generation that is being built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Building {
    /// Its number.
    pub generation: i64,
    /// The version of its fold.
    pub version: i32,
    /// How far its rows are known to be; nothing before they are all written for the first time.
    pub checkpoint: Position,
    /// Whether its builder shows signs of life. One that was cut off is gone on with by whoever builds next.
    pub lives: bool,
}

/// How a projection goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// This build does not know it.
    Unknown,
    /// It has stopped before an event.
    Stopped,
    /// It is where the log ends.
    Current,
    /// It is new and has not got to where the log ended then.
    FirstFold,
    /// It is behind and worked on.
    CatchingUp,
    /// It is behind, and nobody works on it.
    Idle,
}

impl State {
    /// For machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Stopped => "stopped",
            Self::Current => "current",
            Self::FirstFold => "first_fold",
            Self::CatchingUp => "catching_up",
            Self::Idle => "idle",
        }
    }

    fn of(standing: &Standing, behind: u64) -> Self {
        let known = registry::all().iter().any(|projection| projection.name() == standing.name);
        match standing {
            _ if !known => Self::Unknown,
            Standing { stopped: Some(_), .. } => Self::Stopped,
            _ if behind == 0 => Self::Current,
            Standing { worked_on: false, .. } => Self::Idle,
            Standing { checkpoint, born, .. } if checkpoint < born => Self::FirstFold,
            Standing { .. } => Self::CatchingUp,
        }
    }
}

/// Where everything is now.
///
/// # Errors
/// The database's.
pub async fn look(pool: &PgPool) -> Result<Overview, sqlx::Error> {
    // The checkpoints first: what is folded meanwhile makes nobody ahead of the log.
    let standings = standings(pool).await?;
    let mut connection = pool.acquire().await?;
    let (head, _) = reader::head(&mut *connection).await?;
    let waiting = waiting(&mut connection).await?;
    let skips = skips::all(&mut *connection).await?;
    let verified = verified(&mut connection).await?;
    let replaced = compare::all(&mut *connection).await?;
    let builds = builds(&mut connection).await?;
    let watched = standings.into_iter().map(|standing| {
        let events = head.0.saturating_sub(standing.checkpoint.0);
        let seconds = if events == 0 { 0 } else { waiting.get(&standing.name).copied().unwrap_or_default() };
        let skips = skips.iter().filter(|skip| skip.projection == standing.name).cloned().collect();
        let (state, verified) = (State::of(&standing, events), verified.get(&standing.name).copied());
        let replaced = replaced.get(&standing.name).copied().unwrap_or_default();
        let build = builds.get(&standing.name).copied();
        Watched { events, seconds, rate: None, state, verified, replaced, build, skips, standing }
    });
    Ok(Overview { head, projections: watched.collect() })
}

/// Where everything is, and how fast what is behind goes on: takes a second where something is.
///
/// # Errors
/// The database's.
pub async fn measure(pool: &PgPool) -> Result<Overview, sqlx::Error> {
    let before = look(pool).await?;
    if before.projections.iter().all(|projection| projection.events == 0) {
        return Ok(before);
    }
    tokio::time::sleep(MEASURED).await;
    let mut after = look(pool).await?;
    for watched in &mut after.projections {
        let was = before.projections.iter().find(|other| other.standing.name == watched.standing.name);
        let moved = was.map(|was| watched.standing.checkpoint.0.saturating_sub(was.standing.checkpoint.0));
        watched.rate = moved.map(|moved| moved / MEASURED.as_secs());
    }
    Ok(after)
}

/// For how many seconds the event after each checkpoint has been there.
async fn waiting(connection: &mut PgConnection) -> Result<BTreeMap<String, u64>, sqlx::Error> {
    let sql = "select p.name, greatest(0, extract(epoch from now() - e.recorded_at))::bigint \
               from projections p join events e on e.position = p.checkpoint + 1";
    let rows: Vec<(String, i64)> = crate::sql::query_as(sql).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(name, seconds)| (name, seconds.unsigned_abs())).collect())
}

/// The last generation of each projection that is being built.
async fn builds(connection: &mut PgConnection) -> Result<BTreeMap<String, Building>, sqlx::Error> {
    let sql = "select name, generation, version, checkpoint, lease_until > now() from projection_builds \
               order by generation";
    let rows: Vec<(String, i64, i32, i64, bool)> = crate::sql::query_as(sql).fetch_all(connection).await?;
    let build = |(name, generation, version, checkpoint, lives): (String, _, _, i64, _)| {
        (name, Building { generation, version, checkpoint: Position(checkpoint.unsigned_abs()), lives })
    };
    Ok(rows.into_iter().map(build).collect())
}

/// What the last verification of each projection found; nothing where its rows were replaced since.
async fn verified(connection: &mut PgConnection) -> Result<BTreeMap<String, (Position, u64)>, sqlx::Error> {
    let sql = "select p.name, v.position, v.differing from projections p cross join lateral \
               (select * from verifications v where v.projection = p.name order by v.at desc limit 1) as v \
               where not exists (select from projection_switches s where s.name = p.name and s.switched_at > v.at)";
    let rows: Vec<(String, i64, i64)> = crate::sql::query_as(sql).fetch_all(connection).await?;
    let found = |(name, position, differing): (String, i64, i64)| {
        (name, (Position(position.unsigned_abs()), differing.unsigned_abs()))
    };
    Ok(rows.into_iter().map(found).collect())
}
