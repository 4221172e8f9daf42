//! Bulk: batches of a thousand events appended, beside COPY of the same rows into a table of the same make; and the log
//! read in order and decoded, beside COPY out of it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::id::BadgeCheckId;
use domain::member::MemberEvent;
use domain::period::Zone;
use domain::stream::{Position, StreamId, StreamKind};
use domain::text::Sealed;
use futures_util::{StreamExt, TryStreamExt, stream};
use harness::speak::DAY;
use infra::app::guarded;
use infra::clock::{Clock, random, random_id};
use infra::log::executor::Executor;
use infra::log::job::{Ask, CommandKey, Read, Settled, Write};
use infra::log::metadata::metadata;
use infra::log::reader;
use infra::migrate;
use infra::postgres::{APP_ROLE, Cluster};
use infra::reach::Reach;
use jiff::Timestamp;
use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::{Executor as _, PgPool};

use crate::Failure;
use crate::field::PLACE;
use crate::ours::Ours;
use crate::rate::Rate;
use crate::table::Table;

/// How many events go in at once, in how many streams.
const BATCH: usize = 1_000;
const STREAMS: usize = 50;
/// Both ways take turns, so many batches each time.
const ROUNDS: usize = 4;
const BATCHES: usize = 25;
/// One batch is committed while the next one waits.
const IN_FLIGHT: usize = 2;
/// Commands of one event each that wait at once in an import.
const IMPORTED: usize = 4_000;

/// Appends and reads.
pub async fn measure(cluster: &Cluster) -> Result<Vec<Table>, Failure> {
    let endpoints = cluster.ensure_database("bench_bulk").await?;
    migrate::run(&endpoints.owner, APP_ROLE).await?;
    let owner = PgPoolOptions::new().max_connections(2).connect_with(endpoints.owner).await?;
    owner.execute("create table copied (like events including all)").await?;
    let pool = PgPoolOptions::new().max_connections(8).connect_with(guarded(&endpoints.app)).await?;
    let (reach, clock) = (Arc::<Reach>::default(), Arc::new(Clock::System));
    let executor = Executor::start(pool.clone(), guarded(&endpoints.app), reach, clock, Zone::default());
    let (mut ours, mut copied) = (vec![], vec![]);
    let mut connection = owner.acquire().await?;
    for round in 0..ROUNDS {
        ours.push(append(&executor, batches(round)).await?);
        copied.push(copy_in(&mut connection, batches(round)).await?);
    }
    executor.stop().await;
    drop(connection);
    let (ours, copied) = (Rate::in_turn(&ours), Rate::in_turn(&copied));
    let imported = imported(cluster).await?;
    let title = format!("Bulk: {BATCH} events a batch, each batch durable");
    let mut appends = Table::new(&title, &["", "events /s", "this : COPY"]);
    let import = format!("commands of one event each, {IMPORTED} in flight, every projection live");
    for (name, rate) in [
        ("COPY into a table of the same make", &copied),
        ("one command of a thousand events, no projections", &ours),
        (import.as_str(), &imported),
    ] {
        appends.row(vec![name.into(), rate.per_second().to_string(), rate.ratio(&copied)]);
    }
    appends.bar_ratio("bulk append, 1,000 events a batch: ≥ 0.90 × COPY", &ours, &copied, 90);
    let reads = reads(&pool, &owner).await?;
    pool.close().await;
    owner.close().await;
    Ok(vec![appends, reads])
}

/// Events of streams of their own: nothing of them was there before.
fn batches(round: usize) -> Vec<(String, Vec<Write>)> {
    let batch = |number| {
        let streams: Vec<StreamId> =
            (0..STREAMS).map(|_| StreamId { kind: StreamKind::Member, id: random_id(Timestamp::UNIX_EPOCH) }).collect();
        let write = |at: usize| Write {
            stream: streams[at % STREAMS],
            sequence: (at / STREAMS + 1) as u64,
            event: MemberEvent::BadgeChecked {
                check: BadgeCheckId(random_id(Timestamp::UNIX_EPOCH)),
                on: DAY,
                place: Sealed(PLACE.to_owned()),
                worn: true,
            }
            .into(),
        };
        (format!("bulk-{round}-{number}"), (0..BATCH).map(write).collect())
    };
    (0..BATCHES).map(batch).collect()
}

async fn append(executor: &Executor, batches: Vec<(String, Vec<Write>)>) -> Result<Rate, Failure> {
    let begun = Instant::now();
    let one = |(id, writes): (String, Vec<Write>)| async move {
        let key = CommandKey { principal: "office".into(), command_id: id.clone() };
        let mut streams: Vec<StreamId> = writes.iter().map(|write| write.stream).collect();
        streams.sort_unstable();
        streams.dedup();
        let read = |stream| Read { stream, version: 0, lineage: Read::RECORDED };
        let (reads, metadata) = (streams.into_iter().map(read).collect(), metadata(&key, &id, false));
        match executor.append(key, [0; 32], metadata, reads, Ask::Record { writes, person: None }).await {
            Settled::Accepted(_) => Ok(()),
            other => Err(Failure::from(format!("{id}: {other:?}"))),
        }
    };
    stream::iter(batches).map(one).buffer_unordered(IN_FLIGHT).try_collect::<()>().await?;
    Ok(Rate::bulk((BATCHES * BATCH) as u64, begun.elapsed()))
}

/// The same rows as text, made beforehand: what is measured is the sending and the writing.
async fn copy_in(connection: &mut PgConnection, batches: Vec<(String, Vec<Write>)>) -> Result<Rate, Failure> {
    let last: i64 =
        sqlx::query_scalar("select coalesce(max(position), 0) from copied").fetch_one(&mut *connection).await?;
    let (mut position, mut texts) = (last, vec![]);
    for (id, writes) in batches {
        let key = CommandKey { principal: "office".into(), command_id: id.clone() };
        let (metadata, mut text) = (metadata(&key, &id, false), String::with_capacity(BATCH * 640));
        for write in writes {
            position += 1;
            let (stream, event) = (write.stream, write.event);
            let salt: String = random::<32>().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
            writeln!(
                text,
                "{}\t{}\t{}\t{}\t1\t{}\t{metadata}\t{position}\t{}\t2024-01-01T00:00:00Z\t\\\\x{salt}",
                stream.kind.name(),
                stream.id,
                write.sequence,
                event.name(),
                event.encode(),
                random_id(Timestamp::UNIX_EPOCH),
            )?;
        }
        texts.push(text.into_bytes());
    }
    let begun = Instant::now();
    for text in texts {
        let mut copy = connection.copy_in_raw("copy copied from stdin").await?;
        copy.send(text).await?;
        copy.finish().await?;
    }
    Ok(Rate::bulk((BATCHES * BATCH) as u64, begun.elapsed()))
}

async fn imported(cluster: &Cluster) -> Result<Rate, Failure> {
    let ours = Ours::start(cluster, "bench_import").await?;
    let rate = ours.spread(IMPORTED).await?;
    ours.stop().await;
    Ok(rate)
}

/// Every way of reading the whole log, after one that warms the cache.
async fn reads(pool: &PgPool, owner: &PgPool) -> Result<Table, Failure> {
    owner.execute("vacuum analyze events").await?;
    let (head, _) = reader::head(pool).await?;
    let columns = "position, aggregate_type, aggregate_id, sequence, event_type, payload, metadata, recorded_at";
    let copy = |format: &str| format!("copy (select {columns} from events order by position) to stdout {format}");
    let (text, binary) = (copy(""), copy("(format binary)"));
    copy_out(pool, &text).await?;
    let out = Rate::bulk(head.0, copy_out(pool, &text).await?);
    let out_binary = Rate::bulk(head.0, copy_out(pool, &binary).await?);
    let decoded = Rate::bulk(head.0, decoded(pool).await?);
    let mut table =
        Table::new(&format!("Reading {head} events in order"), &["", "events /s", "this : the faster COPY out"]);
    let fastest = if out.per_second() > out_binary.per_second() { &out } else { &out_binary };
    for (name, rate) in
        [("COPY out, text", &out), ("COPY out, binary", &out_binary), ("reading the log, decoded", &decoded)]
    {
        table.row(vec![name.into(), rate.per_second().to_string(), rate.ratio(fastest)]);
    }
    table.bar_ratio("reading in order, decoded: ≥ 0.60 × COPY out", &decoded, fastest, 60);
    Ok(table)
}

/// What comes out is counted and dropped.
async fn copy_out(pool: &PgPool, sql: &str) -> Result<Duration, Failure> {
    let mut connection = pool.acquire().await?;
    let begun = Instant::now();
    let mut bytes = 0;
    let mut out = connection.copy_out_raw(sql).await?;
    while let Some(some) = out.try_next().await? {
        bytes += some.len();
    }
    let took = begun.elapsed();
    if bytes == 0 { Err("COPY gave nothing".into()) } else { Ok(took) }
}

/// The log from its first event to its last, as every projection is built from it.
pub async fn decoded(pool: &PgPool) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let mut at = Position(0);
    while let Some(last) = reader::after(pool, at, 5_000).await?.last() {
        at = last.position;
    }
    Ok(begun.elapsed())
}
