//! What is done to the programs, to PostgreSQL and in the database, at random, while others write.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use harness::chance::Chance;
use infra::fold::registry;
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Executor};
use tokio::sync::watch;

use crate::Failure;
use crate::place::{Ground, Programs};

/// How often each was done.
pub type Done = BTreeMap<&'static str, u64>;

/// What must have been done at least once, in a run of whatever length.
pub const KINDS: [&str; 11] = [
    "programs killed",
    "programs stopped",
    "programs paused",
    "PostgreSQL killed",
    "PostgreSQL restarted",
    "appends rolled back, the head row in hand",
    "leases held and rolled back",
    "transactions left idle",
    "times half of all sessions were ended",
    "rebuilds",
    "rebuilds killed",
];
/// How often what was cut off is tried again before it counts as not done.
const TRIES: u32 = 40;

/// Kills, stops and pauses programs and PostgreSQL until told to end.
///
/// # Errors
/// A program that ended by itself, a PostgreSQL that does not come back.
pub async fn to_processes(
    mut chance: Chance,
    ground: Arc<Ground>,
    mut programs: Programs,
    ended: watch::Receiver<bool>,
) -> Result<(Programs, Done), Failure> {
    let (mut done, mut first) = (Done::new(), chance.some(&[0, 4, 6, 8, 9], 5));
    while !*ended.borrow() || !first.is_empty() {
        tokio::time::sleep(Duration::from_millis(300 + chance.below(2_500))).await;
        programs.fallen()?;
        // Each kind once, and then as it comes: a short run has them all.
        let what = match first.pop().unwrap_or_else(|| chance.below(10)) {
            0..4 => {
                programs.replace(&mut chance, true).await?;
                "programs killed"
            }
            4 | 5 => {
                programs.replace(&mut chance, false).await?;
                "programs stopped"
            }
            6 | 7 => {
                let time = Duration::from_millis(500 + chance.below(6_500));
                programs.pause(&mut chance, time).await?;
                "programs paused"
            }
            8 => {
                ground.restart(true).await?;
                "PostgreSQL killed"
            }
            _ => {
                ground.restart(false).await?;
                "PostgreSQL restarted"
            }
        };
        *done.entry(what).or_default() += 1;
    }
    Ok((programs, done))
}

/// Holds rows, leaves transactions open, ends sessions and rebuilds projections until told to end.
///
/// # Errors
/// A rebuild that failed though nobody disturbed it.
pub async fn to_sessions(
    mut chance: Chance,
    ground: Arc<Ground>,
    ended: watch::Receiver<bool>,
) -> Result<Done, Failure> {
    let (mut done, mut first) = (Done::new(), chance.some(&[0, 2, 4, 6, 7, 9], 6));
    let mut tries = 0;
    while !*ended.borrow() || (!first.is_empty() && tries < TRIES) {
        tokio::time::sleep(Duration::from_millis(200 + chance.below(1_500))).await;
        tries += u32::from(*ended.borrow());
        let own = first.pop();
        let one = own.unwrap_or_else(|| chance.below(10));
        let disturbed = ground.disturbances();
        let asked = match one {
            0..7 => in_a_session(one, &mut chance, &ground).await,
            7 | 8 => rebuild(&mut chance, &ground, false).await,
            _ => rebuild(&mut chance, &ground, true).await,
        };
        match asked {
            Ok(what) => *done.entry(what).or_default() += 1,
            Err(error) if one >= 7 && !ground.was_disturbed_since(disturbed) => return Err(error),
            // PostgreSQL was away just then. What is to be done once is tried again.
            Err(_) => {
                *done.entry("of these, cut off by another fault").or_default() += 1;
                first.extend(own);
            }
        }
    }
    Ok(done)
}

async fn in_a_session(one: u64, chance: &mut Chance, ground: &Ground) -> Result<&'static str, Failure> {
    let mut session: PgConnection = ground.endpoints.app.connect().await?;
    let time = Duration::from_millis(200 + chance.below(3_800));
    let (held, what) = match one {
        0 | 1 => (APPENDED, "appends rolled back, the head row in hand"),
        2 | 3 => {
            ("begin; update projections set epoch = epoch, holder = gen_random_uuid()", "leases held and rolled back")
        }
        4 | 5 => ("begin; select count(*) from events", "transactions left idle"),
        _ => (TERMINATED, "times half of all sessions were ended"),
    };
    session.execute(held).await?;
    if one == 6 {
        ground.disturb();
        return Ok(what);
    }
    tokio::time::sleep(time).await;
    if one.is_multiple_of(2) {
        session.execute("rollback").await?;
    }
    // The others are left open: dropping them closes the socket in the middle of the transaction.
    Ok(what)
}

/// An append that is taken back, of an event nobody decided: its position is given to another one.
const APPENDED: &str = "
begin;
update log_head set position = position + 1;
insert into events select 'member', gen_random_uuid()::text, 1, event_type, event_version, payload, metadata,
    (select position from log_head), gen_random_uuid(), recorded_at, salt from events order by position desc limit 1";

/// One's own role may end its sessions.
const TERMINATED: &str = "
select count(pg_terminate_backend(pid)) from pg_stat_activity
where datname = current_database() and usename = current_user and pid <> pg_backend_pid() and random() < 0.5";

/// One projection, whichever, is rebuilt by a process of its own, which may be killed in the middle.
async fn rebuild(chance: &mut Chance, ground: &Arc<Ground>, killed: bool) -> Result<&'static str, Failure> {
    let names: Vec<&str> = registry::all().iter().map(|projection| projection.name()).collect();
    let name = chance.one(&names).unwrap_or("members").to_owned();
    let time = Duration::from_millis(100 + chance.below(1_500));
    let ground = Arc::clone(ground);
    let done = tokio::task::spawn_blocking(move || {
        if killed {
            let program = ground.start(&["projections", "rebuild", &name]);
            std::thread::sleep(time);
            program.kill();
            return Ok("rebuilds killed");
        }
        let arguments = ground.arguments(&["projections", "rebuild", &name]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let rebuilt = harness::program::run(ground.folder(), &arguments);
        match rebuilt.status.success() {
            true => Ok("rebuilds"),
            false => {
                let told = String::from_utf8_lossy(&rebuilt.stderr).into_owned();
                Err(format!("{name} was not rebuilt ({}), though nobody disturbed it: {told}", rebuilt.status))
            }
        }
    });
    Ok(done.await??)
}
