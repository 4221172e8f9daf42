//! `./dev soak [MINUTES] [--seconds N] [--seed N] [--no-record]`: several programs over one database, random writers over
//! HTTP, and at random: programs and PostgreSQL killed, stopped, paused; sessions that hold rows, stay idle, are ended;
//! projections rebuilt, and the rebuild killed. One program is left alone, and how much memory it has is written down. At the end nothing acknowledged is missing or doubled, the log is dense,
//! each projection equals its refold, and answers as of moments on the way are still the same. Then the checks
//! themselves are tried on what does not hold. Writes its result into BENCHMARKS.md.

mod check;
mod faults;
mod memory;
mod moments;
mod place;
mod writers;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::chance::Chance;
use harness::client::Api;
use harness::program::data;
use serde_json::json;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnection;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::faults::Done;
use crate::place::{Ground, Programs};
use crate::writers::{Known, Shared, WRITERS};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How many programs serve the database; nothing is done to one of them.
const PROGRAMS: usize = 4;

/// What was asked for.
struct Asked {
    time: Duration,
    seed: u64,
    record: bool,
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Result<Asked, Failure> {
    let mut asked = Asked { time: Duration::from_secs(300), seed: 1, record: true };
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().ok_or("a number is missing")?.parse::<u64>().map_err(Failure::from);
        match argument.as_str() {
            "--no-record" => asked.record = false,
            "--seed" => asked.seed = number()?,
            "--seconds" => asked.time = Duration::from_secs(number()?),
            minutes => asked.time = Duration::from_secs(minutes.parse::<u64>()? * 60),
        }
    }
    Ok(asked)
}

/// Whatever it ends by, what it started ends with it: programs and PostgreSQL with their owners, which are dropped.
#[tokio::main]
async fn main() -> Result<(), Failure> {
    let asked = asked(std::env::args().skip(1))?;
    let (mut terminated, mut hung_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    tokio::select! {
        ended = run(&asked) => ended,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        _ = terminated.recv() => Err("asked to end before its time".into()),
        _ = hung_up.recv() => Err("its terminal was closed".into()),
    }
}

async fn run(asked: &Asked) -> Result<(), Failure> {
    let ground = Ground::open(data()).await?;
    let programs = Programs::start(&ground, PROGRAMS).await?;
    let (doors, shared, done) = (programs.doors(), Shared::default(), watch::channel(false).0);
    writers::found(&doors, &shared).await?;
    let seeded = |number: u64| Chance::of(asked.seed.wrapping_mul(31).wrapping_add(number));
    let resident = tokio::spawn(memory::watch_over(programs.left_alone(), done.subscribe()));
    let mut writing = writers::start(&doors, &shared, &done.subscribe(), asked.seed);
    let written = tokio::spawn(moments::write_down(seeded(1), doors.clone(), shared.clone(), done.subscribe()));
    let no_more = watch::channel(false).0;
    let sessions = tokio::spawn(faults::to_sessions(seeded(2), ground.clone(), no_more.subscribe()));
    let processes = tokio::spawn(faults::to_processes(seeded(3), ground.clone(), programs, no_more.subscribe()));
    let end = Instant::now() + asked.time;
    while Instant::now() < end && !processes.is_finished() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    no_more.send_replace(true);
    let (mut programs, mut faults) = processes.await??;
    faults.extend(sessions.await??);
    if let Some(missing) = faults::KINDS.iter().find(|kind| !faults.contains_key(*kind)) {
        return Err(format!("not done once: {missing}; done: {faults:?}").into());
    }
    done.send_replace(true);
    while let Some(ended) = writing.join_next().await {
        ended?;
    }
    let (moments, resident) = (written.await?, resident.await??);
    programs.fallen()?;
    let known = std::mem::take(&mut *shared.lock());
    checked(&ground, writers::any(&doors, 0), &known, &moments).await?;
    programs.stop();
    ground.close().await?;
    let told = told(asked, &faults, &known, &moments) + " " + &resident.told();
    eprintln!("{told}");
    if asked.record { record(&told) } else { Ok(()) }
}

async fn checked(ground: &Arc<Ground>, door: Api, known: &Known, moments: &moments::Asked) -> Result<(), Failure> {
    let answers = &moments.answered;
    if known.acknowledged.len() < 80 {
        return Err(format!("only {} commands", known.acknowledged.len()).into());
    }
    if let Some(kind) = (0..moments::KINDS).find(|kind| answers.iter().all(|answered| answered.kind != *kind)) {
        return Err(format!("of {} answers as of moments none is of kind {kind}", answers.len()).into());
    }
    let head = known.acknowledged.values().map(|acknowledged| acknowledged.position).max().unwrap_or_default();
    caught_up(&door, head).await?;
    let mut owner: PgConnection = ground.endpoints.owner.connect().await?;
    check::log(&mut owner).await?;
    check::acknowledged(&mut owner, &known.acknowledged).await?;
    check::sent_again(&door, &known.acknowledged).await?;
    check::folds(ground, None).await?;
    moments::are_the_same(&door, answers).await?;
    moments::are_answered(&door, &moments.unanswered).await?;
    check::tried(ground, &door, &known.acknowledged, answers).await
}

/// Waits until reads have got to a position.
async fn caught_up(door: &Api, head: u64) -> Result<(), Failure> {
    let question = format!("{{ members(atLeast: \"{head}\", first: 1) {{ totalCount }} }}");
    let mut answered = json!(null);
    for _ in 0..60 {
        answered = door.ask(&question, json!({})).await?;
        if answered.get("errors").is_none() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Err(format!("reads do not get to {head}: {answered}").into())
}

fn told(asked: &Asked, faults: &Done, known: &Known, moments: &moments::Asked) -> String {
    let faults: Vec<String> = faults.iter().map(|(fault, times)| format!("{fault}: {times}")).collect();
    format!(
        "{} seconds, seed {}, {PROGRAMS} programs over one database, {WRITERS} writers over HTTP. Done meanwhile: {}. {} \
         commands were acknowledged, {} refused by a rule, {} answers did not come and were asked for again. Each \
         acknowledged command is in the log once at the position answered; positions are dense and in order; every \
         projection agrees with the log refolded; {} answers as of moments on the way are the same as then, and {} \
         questions that met an error or nobody on the way are answered, or refused as then. Loss, double or difference: \
         none. The checks were tried on a log with events and outcomes taken out or changed, on acknowledgements that never were and on changed rows: each was found.",
        asked.time.as_secs(),
        asked.seed,
        faults.join("; "),
        known.acknowledged.len(),
        known.refused,
        known.unanswered,
        moments.answered.len(),
        moments.unanswered.len(),
    )
}

/// Puts the result between the markers of BENCHMARKS.md.
fn record(result: &str) -> Result<(), Failure> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../BENCHMARKS.md");
    let kept = std::fs::read_to_string(&path)?;
    let (before, rest) = kept.split_once("<!-- soak -->").ok_or("BENCHMARKS.md has lost its marker")?;
    let (_, after) = rest.split_once("<!-- /soak -->").ok_or("BENCHMARKS.md has lost its marker")?;
    std::fs::write(path, format!("{before}<!-- soak -->\n\n{result}\n\n<!-- /soak -->{after}"))?;
    Ok(())
}
