//! Growth: the same work over logs of 10^5, 10^6 and, asked for by name, 10^7 events.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::stream::Position;
use infra::fold::rebuild::Quiet;
use infra::fold::registry;
use infra::log::hosted::Loader;
use infra::log::{reader, replay};
use infra::postgres::Cluster;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor, PgPool};

use crate::field::{Bare, Shipped};
use crate::ours::Ours;
use crate::plot::{Panel, svg};
use crate::rate::{Rate, hundredths, millis};
use crate::table::Table;
use crate::{Failure, fill, folds};

/// How often commands are measured at each size.
const ROUNDS: usize = 4;

/// What a log of one size allows.
struct Measured {
    size: u64,
    appended: Rate,
    /// The field over logs and a table as long.
    shipped: Rate,
    bare: Rate,
    looked_up: Rate,
    copied: Rate,
    read: Rate,
    read_memory: u64,
    replayed: Rate,
    replay_memory: u64,
    rebuilt: Rate,
    rebuild_memory: u64,
    /// Bytes on the disk, of events and of outcomes, indexes included.
    disk: [u64; 2],
}

/// Logs of so many powers of ten, each grown from the one before.
pub async fn measure(cluster: &Cluster, powers: &[u32]) -> Result<Vec<Table>, Failure> {
    let database = "bench_growth";
    let ours = Ours::start(cluster, database).await?;
    ours.spread(64).await?;
    ours.caught_up().await?;
    let owner =
        PgPoolOptions::new().max_connections(2).connect_with(cluster.ensure_database(database).await?.owner).await?;
    let (base, _) = reader::head(&owner).await?;
    let field = Field {
        shipped: Shipped::start(cluster, "bench_growth_shipped").await?,
        bare: Bare::start(cluster, "bench_growth_bare").await?,
    };
    let (mut all, mut so_far) = (Vec::new(), 0);
    for power in powers {
        let size = 10_u64.pow(*power);
        let members = fill::up_to(&owner, base.0, size).await?;
        // As autovacuum would have done over the time it takes.
        for table in ["events", "commands"] {
            owner.execute(format!("vacuum analyze {table}").as_str()).await?;
        }
        field.shipped.fill(so_far, size).await?;
        field.bare.fill(so_far, size).await?;
        so_far = size;
        all.push(one(&ours, &field, &owner, size, members).await?);
    }
    ours.stop().await;
    owner.close().await;
    Ok(vec![table(&all)])
}

/// What others do over logs as long.
struct Field {
    shipped: Shipped,
    bare: Bare,
}

async fn one(ours: &Ours, field: &Field, owner: &PgPool, size: u64, members: u64) -> Result<Measured, Failure> {
    // In turns, for what filling has left to be written falls on whoever comes first.
    let (mut appended, mut shipped, mut bare) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        ours.caught_up().await?;
        appended.push(ours.spread(64).await?);
        ours.caught_up().await?;
        shipped.push(field.shipped.spread(64).await?);
        bare.push(field.bare.run(64).await?);
    }
    let [appended, shipped, bare] = [appended, shipped, bare].map(|rates| Rate::in_turn(&rates));
    let looked_up = looked_up(&ours.app.pool, members).await?;
    let (head, _) = reader::head(owner).await?;
    let copied = folds::copied(&ours.app.pool, head.0).await?;
    forget_peak()?;
    let read = Rate::bulk(head.0, folds::decoded(&ours.app.pool, head.0).await?);
    let read_memory = peak()?;
    forget_peak()?;
    let (replayed, replay_memory) = (replayed(&ours.app.pool, head).await?, peak()?);
    // The filling is in no row that serves: the first rebuild finds it, the second replaces the same by the same.
    let members = registry::named(Some("members"))?.swap_remove(0);
    members.rebuild(&ours.app.pool, &Quiet).await?;
    forget_peak()?;
    let begun = Instant::now();
    members.rebuild(&ours.app.pool, &Quiet).await?;
    let rebuilt = Rate::bulk(head.0, begun.elapsed());
    let rebuild_memory = peak()?;
    let mut disk = [0; 2];
    for (bytes, table) in disk.iter_mut().zip(["events", "commands"]) {
        let sql = format!("select pg_total_relation_size('{table}')");
        *bytes = sqlx::query_scalar::<_, i64>(&sql).fetch_one(owner).await?.unsigned_abs();
    }
    Ok(Measured {
        size,
        appended,
        shipped,
        bare,
        looked_up,
        copied,
        read,
        read_memory,
        replayed,
        replay_memory,
        rebuilt,
        rebuild_memory,
        disk,
    })
}

/// The whole log read again as `sanping log replay` reads it.
async fn replayed(pool: &PgPool, head: Position) -> Result<Rate, Failure> {
    let begun = Instant::now();
    let replayed = replay::run(&pool.connect_options(), Some(head), &Quiet).await?;
    match replayed.faulty {
        0 => Ok(Rate::bulk(replayed.events, begun.elapsed())),
        _some => Err(format!("the log is not as it was made: {:?}", replayed.faults).into()),
    }
}

/// States of members that nothing has in memory, one at a time, here and there in the log.
pub async fn looked_up(pool: &PgPool, members: u64) -> Result<Rate, Failure> {
    let loader = Arc::new(Loader::new(pool.clone()));
    let mut streams = Vec::new();
    for number in 0..2_000 {
        streams.push(fill::stream(pool, number * 7_919 % members).await?);
    }
    let streams = Arc::new(streams);
    Rate::of(1, move |number| {
        let (loader, streams) = (Arc::clone(&loader), Arc::clone(&streams));
        async move {
            let stream = streams[usize::try_from(number)? % streams.len()];
            let (_, version) = loader.load(stream, None).await?;
            if version > 0 { Ok(()) } else { Err(format!("{stream} is not there").into()) }
        }
    })
    .await
}

/// Lets the kernel forget the most memory this program had.
fn forget_peak() -> Result<(), Failure> {
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}

/// The most memory since, in MiB.
fn peak() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}

fn table(all: &[Measured]) -> Table {
    let mut table = Table::new(
        "The same work over longer logs",
        &[
            "events",
            "commands /s, 64 in flight",
            "p99 ms",
            "ours : as shipped",
            "ours : bare insert",
            "look-up of a state p99 ms",
            "read in order /s",
            "of COPY out",
            "memory MiB",
            "replay /s",
            "memory MiB",
            "rebuild of members /s",
            "memory MiB",
            "events on disk GB",
            "outcomes GB",
        ],
    );
    let gigabytes = |bytes: u64| hundredths(u128::from(bytes) / 10_000_000);
    for one in all {
        table.row(vec![
            one.size.to_string(),
            one.appended.per_second().to_string(),
            one.appended.p99_millis(),
            one.appended.ratio(&one.shipped),
            one.appended.ratio(&one.bare),
            one.looked_up.p99_millis(),
            one.read.per_second().to_string(),
            one.read.ratio(&one.copied),
            one.read_memory.to_string(),
            one.replayed.per_second().to_string(),
            one.replay_memory.to_string(),
            one.rebuilt.per_second().to_string(),
            one.rebuild_memory.to_string(),
            gigabytes(one.disk[0]),
            gigabytes(one.disk[1]),
        ]);
    }
    if let Some(last) = all.last() {
        let wanted = format!("rebuild of one projection with its history, {} events: ≥ 200,000/s", last.size);
        table.bar_rate(&wanted, &last.rebuilt, 200_000);
    }
    if let [first, .., last] = all {
        table.note(verdict(first, last));
        bars(&mut table, first, last);
    }
    table.plot("growth", svg(&panels(all)));
    table
}

/// What a longer log makes slower while projections are live: their own tables are longer then, too.
fn verdict(first: &Measured, last: &Measured) -> String {
    format!(
        "From {} to {} events, appending with projections live goes at {} of its rate, a bare insert at {}, reading in order at {}.",
        first.size,
        last.size,
        hundredths(last.appended.hundredths(&first.appended)),
        hundredths(last.bare.hundredths(&first.bare)),
        hundredths(last.read.hundredths(&first.read)),
    )
}

/// Memory is bounded where a log that is ten times longer and more needs hardly more of it.
fn bars(table: &mut Table, first: &Measured, last: &Measured) {
    let within = |first: u64, last: u64| last <= first + first / 2 + 64;
    for (what, first, last) in [
        ("reading the log", first.read_memory, last.read_memory),
        ("a replay", first.replay_memory, last.replay_memory),
        ("a rebuild", first.rebuild_memory, last.rebuild_memory),
    ] {
        let wanted =
            format!("memory of {what} independent of the log's length (at most half as much again and 64 MiB)");
        table.bar(&wanted, format!("{first} → {last} MiB"), within(first, last));
    }
}

fn panels(all: &[Measured]) -> Vec<Panel> {
    let places = || all.iter().map(|one| format!("{} events", one.size)).collect();
    let panel = |title: &str, value: &dyn Fn(&Measured) -> (u128, String)| {
        let mut panel = Panel::new(title, places());
        panel.line("", all.iter().map(value).collect());
        panel
    };
    let rate = |rate: &Rate| (rate.per_second(), rate.per_second().to_string());
    let mut commands = Panel::new("Commands a second, 64 in flight", places());
    commands.line("ours", all.iter().map(|one| rate(&one.appended)).collect());
    commands.line("as shipped", all.iter().map(|one| rate(&one.shipped)).collect());
    commands.line("bare insert", all.iter().map(|one| rate(&one.bare)).collect());
    let memory = |mib: u64| (u128::from(mib), mib.to_string());
    let mut memories = Panel::new("Memory at the most, MiB", places());
    memories.line("replay", all.iter().map(|one| memory(one.replay_memory)).collect());
    memories.line("rebuild", all.iter().map(|one| memory(one.rebuild_memory)).collect());
    let micros = |time: Duration| (time.as_micros(), millis(time));
    vec![
        commands,
        panel("Look-up of a state, p99 ms", &|one| micros(one.looked_up.p99())),
        panel("Read in order, events a second", &|one| rate(&one.read)),
        panel("Rebuild of members, events a second", &|one| rate(&one.rebuilt)),
        memories,
        panel("Bytes an event on disk", &|one| {
            let bytes = u128::from(one.disk[0] / one.size.max(1));
            (bytes, bytes.to_string())
        }),
    ]
}
