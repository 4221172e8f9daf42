//! `sanping projections status | rebuild | skip | verify`.

use std::process::ExitCode;
use std::time::Duration;

use domain::stream::Position;
use domain::text::{FREE_TEXT_MAX, clean};
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::place::open_beside;
use super::progress::Told;
use super::{Failure, say};
use crate::app::guarded;
use crate::config::{Place, ProjectionsAction};
use crate::fold::bulk;
use crate::fold::compare::{self, Compared};
use crate::fold::engine::standings;
use crate::fold::lag::{self, Building, State, Watched};
use crate::fold::registry;
use crate::fold::skips::{self, Skip, Skipped};
use crate::fold::verify::Verified;
use crate::fold::watch;
use crate::log::origin;

/// SQLSTATE of what a role may not do.
pub const NO_PRIVILEGE: &str = "42501";

/// The exit code of a verification that found a difference.
pub const DIFFERS: u8 = 4;

/// Does it.
///
/// # Errors
/// The database's; a projection that is not there.
pub async fn run(place: &Place, action: ProjectionsAction) -> Result<ExitCode, Failure> {
    // Rows made as the owner would be closed to the role that serves; to look, any role will do.
    let writes = matches!(action, ProjectionsAction::Rebuild { .. } | ProjectionsAction::Skip { .. });
    let opened = open_beside(place, !writes || place.allow_owner).await?;
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(10))
        // To compare or build a large table may take longer than a served query ever does.
        .connect_with(guarded(&opened.database).options([("statement_timeout", "0")]))
        .await?;
    let code = match action {
        ProjectionsAction::Status { json } => status(&pool, json).await?,
        ProjectionsAction::Rebuild { name, all: _, json } => rebuild(&pool, name.as_deref(), json).await?,
        ProjectionsAction::Skip { name, all: _, position, reason, by, json } => {
            let [reason, by] = [("reason", reason), ("by", by)].map(|(field, text)| clean(field, &text, FREE_TEXT_MAX));
            skip(&pool, name, Position(position), [&reason?, &by?], json).await?
        }
        ProjectionsAction::Verify { name, json } => verify(&pool, name.as_deref(), json).await?,
    };
    pool.close().await;
    opened.close().await?;
    Ok(code)
}

async fn status(pool: &PgPool, as_json: bool) -> Result<ExitCode, Failure> {
    let overview = lag::measure(pool).await?;
    if as_json {
        let all: Vec<_> = overview.projections.iter().map(watched_json).collect();
        let origin = origin::id(&mut *pool.acquire().await?).await?;
        say(&json!({ "head": overview.head.to_string(), "origin": origin, "projections": all }).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!(
        "{:<16} {:>7} {:>10} {:>10} {:>8} {:>8} {:>8}  state",
        "projection", "version", "generation", "position", "behind", "seconds", "events/s"
    ));
    for watched in &overview.projections {
        let Watched { standing, events, seconds, rate, .. } = watched;
        let rate = rate.map_or_else(|| "-".to_owned(), |rate| rate.to_string());
        say(&format!(
            "{:<16} {:>7} {:>10} {:>10} {events:>8} {seconds:>8} {rate:>8}  {}",
            standing.name,
            standing.version,
            standing.generation,
            standing.checkpoint,
            state(watched)
        ));
        for skip in &watched.skips {
            let Skipped { position, event_type, by, at, reason, .. } = skip;
            say(&format!("  skips {position} {event_type}, decided by {by} at {at}: {reason}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn state(watched: &Watched) -> String {
    let stopped = watched.standing.stopped.as_ref();
    let differs = watched.verified.filter(|(_, differing)| *differing > 0);
    let state = match watched.state {
        State::Unknown => "of another build: this one does not know it, and nothing here moves it".to_owned(),
        State::Stopped => stopped.map_or_else(String::new, |(at, cause)| format!("stopped before {at}: {cause}")),
        State::Current => "current".to_owned(),
        State::FirstFold => "on its first fold".to_owned(),
        State::CatchingUp => "catching up".to_owned(),
        State::Idle => "behind; nobody works on it".to_owned(),
    };
    let differed = differs.map(|(at, differing)| format!("; {differing} rows DIFFERED when verified at {at}"));
    let built = watched.build.map(|Building { generation, version, lives, checkpoint }| match lives {
        true => format!("; generation {generation}, of version {version}, is being built"),
        false if checkpoint == Position(0) => {
            format!("; the build of generation {generation} was cut off; whoever builds next begins it anew")
        }
        false => format!("; the build of generation {generation} was cut off; whoever builds next goes on with it"),
    });
    [Some(state), differed, built].into_iter().flatten().collect()
}

fn watched_json(watched: &Watched) -> serde_json::Value {
    let standing = &watched.standing;
    json!({
        "name": standing.name, "version": standing.version, "generation": standing.generation,
        "checkpoint": standing.checkpoint.to_string(), "lag": watched.events, "lagSeconds": watched.seconds,
        "rate": watched.rate, "state": watched.state.word(),
        "stoppedAt": standing.stopped.as_ref().map(|(at, _)| at.to_string()),
        "cause": standing.stopped.as_ref().map(|(_, cause)| cause), "workedOn": standing.worked_on,
        "verified": watched.verified.map(|(at, differing)| json!({ "position": at.to_string(), "differing": differing })),
        "building": watched.build.map(|build| json!({
            "generation": build.generation, "version": build.version, "checkpoint": build.checkpoint.to_string(),
            "lives": build.lives,
        })),
        "skips": watched.skips.iter().map(skip_json).collect::<Vec<_>>(),
    })
}

fn skip_json(skip: &Skipped) -> serde_json::Value {
    json!({
        "position": skip.position.to_string(), "type": skip.event_type, "cause": skip.cause, "reason": skip.reason,
        "by": skip.by, "at": skip.at.to_string(),
    })
}

/// Rebuilds one or all in one pass over the log. What one of them comes to does not hold the others up.
async fn rebuild(pool: &PgPool, name: Option<&str>, as_json: bool) -> Result<ExitCode, Failure> {
    let projections = registry::named(name)?;
    for projection in &projections {
        projection.register(pool).await?;
    }
    let told = Told::of(name.unwrap_or("all projections"));
    let rebuilt = bulk::together(pool, &projections, bulk::MOST, &told).await?;
    drop(told);
    let mut code = ExitCode::SUCCESS;
    for (name, rebuilt) in rebuilt {
        match rebuilt {
            Ok(position) => say(&switched(pool, name, position, as_json).await?),
            Err(error) => {
                code = ExitCode::FAILURE;
                not_done(name, "failed", &super::told(&error), as_json);
            }
        }
    }
    Ok(code)
}

/// What is told of a switch, with what was found when the rows were compared.
async fn switched(pool: &PgPool, name: &str, position: Position, as_json: bool) -> Result<String, Failure> {
    let compared = compare::last(pool, name).await?;
    if as_json {
        let compared = compared.map(|Compared { at, differing, first }| {
            json!({ "position": at.to_string(), "differing": differing, "first": first })
        });
        let position = position.to_string();
        return Ok(json!({ "name": name, "state": "rebuilt", "position": position, "compared": compared }).to_string());
    }
    let found = compared.map_or(String::new(), |Compared { at, differing, first }| match first {
        None => format!("; as of {at} the rows it replaced were the same"),
        Some(first) => format!("; as of {at} {differing} rows DIFFERED from those it replaced, the first {first}"),
    });
    Ok(format!("{name} rebuilt; it serves from {position} on{found}"))
}

/// Tells people, and machines too, of one that nothing was done with.
fn not_done(name: &str, state: &str, why: &str, as_json: bool) {
    eprintln!("sanping: {why}");
    if as_json {
        say(&json!({ "name": name, "state": state, "error": why }).to_string());
    }
}

/// Of the one that is named, or of every one that has stopped there: each is a decision by itself.
async fn skip(
    pool: &PgPool,
    name: Option<String>,
    position: Position,
    [reason, by]: [&str; 2],
    as_json: bool,
) -> Result<ExitCode, Failure> {
    let names = match name {
        Some(name) => {
            registry::named(Some(&name))?;
            vec![name]
        }
        None => skips::stopped(pool, position).await?,
    };
    for name in names {
        skips::decide(pool, &Skip { projection: &name, position, reason, by }).await?;
        say(&match as_json {
            true => json!({ "name": name, "position": position.to_string(), "reason": reason, "by": by }).to_string(),
            false => format!("{name} steps over the event at {position} from now on, live and whenever it is rebuilt"),
        });
    }
    Ok(ExitCode::SUCCESS)
}

/// Verifies one or all. One that cannot be verified does not hide what is found of the others.
async fn verify(pool: &PgPool, name: Option<&str>, as_json: bool) -> Result<ExitCode, Failure> {
    let (mut differs, mut fails) = (false, false);
    let standings = standings(pool).await?;
    for projection in registry::named(name)? {
        let name = projection.name();
        if !standings.iter().any(|standing| standing.name == name) {
            let why = format!("projection {name} has no rows yet; `sanping projections rebuild {name}` makes them");
            not_done(name, "no_rows", &why, as_json);
            fails = true;
            continue;
        }
        match projection.verify(pool, &Told::of(name)).await {
            Ok(verified) => {
                differs |= verified.difference.is_some();
                say(&if as_json { as_json_line(name, &verified) } else { sentence(name, &verified) });
                recorded(pool, name, &verified).await?;
            }
            Err(error) => {
                not_done(name, "not_verified", &super::told(&error), as_json);
                fails = true;
            }
        }
    }
    Ok(match (differs, fails) {
        (true, _) => ExitCode::from(DIFFERS),
        (false, true) => ExitCode::FAILURE,
        (false, false) => ExitCode::SUCCESS,
    })
}

/// Records what was found, so that metrics and status tell it; a role that only looks cannot, and is told so.
async fn recorded(pool: &PgPool, name: &str, verified: &Verified) -> Result<(), Failure> {
    match watch::record(pool, name, verified).await {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(NO_PRIVILEGE) => {
            eprintln!("sanping: what was found of {name} is not recorded: this role only looks");
            Ok(())
        }
        recorded => Ok(recorded?),
    }
}

fn as_json_line(name: &str, verified: &Verified) -> String {
    let difference = verified.difference.as_ref().map(|difference| {
        let event = |(position, name): &(Position, String)| json!({ "position": position.to_string(), "type": name });
        json!({
            "key": difference.key, "from": difference.from.to_string(),
            "refolded": difference.refolded, "stored": difference.stored,
            "events": difference.events.iter().map(event).collect::<Vec<_>>(),
        })
    });
    let state = if verified.difference.is_some() { "differs" } else { "agrees" };
    json!({
        "name": name, "state": state, "position": verified.position.to_string(), "version": verified.version,
        "rows": verified.rows, "digest": verified.digest, "differing": verified.differing, "difference": difference,
    })
    .to_string()
}

fn sentence(name: &str, verified: &Verified) -> String {
    let Verified { position, version, generation: _, rows, digest, differing, difference } = verified;
    let Some(difference) = difference else {
        return format!("{name} at {position}, code version {version}: {rows} rows agree, digest {digest}");
    };
    let events = difference.events.iter().map(|(position, name)| format!("{position} {name}"));
    format!(
        "{name} at {position}, code version {version}: {differing} of {rows} rows DIFFER, the first at {} from event {}\n  \
         refolded: {}\n  stored:   {}\n  events:   {}",
        difference.key,
        difference.from,
        difference.refolded.as_deref().unwrap_or("no row"),
        difference.stored.as_deref().unwrap_or("no row"),
        events.collect::<Vec<_>>().join(", "),
    )
}
