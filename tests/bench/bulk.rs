//! Bulk: batches of a thousand events appended, beside COPY of the same rows into a table of the same make.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use domain::id::BadgeCheckId;
use domain::member::MemberEvent;
use domain::period::Zone;
use domain::stream::{StreamId, StreamKind};
use domain::text::Sealed;
use futures_util::{StreamExt, TryStreamExt, stream};
use harness::speak::DAY;
use infra::app::guarded;
use infra::clock::{Clock, random, random_id};
use infra::log::executor::Executor;
use infra::log::job::{Ask, CommandKey, Read, Settled, Write};
use infra::log::metadata::metadata;
use infra::migrate;
use infra::postgres::{APP_ROLE, Cluster};
use infra::reach::Reach;
use jiff::Timestamp;
use sqlx::Executor as _;
use sqlx::postgres::{PgConnection, PgPoolOptions};

use crate::Failure;
use crate::field::PLACE;
use crate::ours::Ours;
use crate::rate::Rate;
use crate::table::Table;

/// How many events go in at once, in how many streams.
const BATCH: usize = 1_000;
const STREAMS: usize = 50;
/// Both ways take turns, so many batches each time.
const ROUNDS: usize = 16;
const BATCHES: usize = 25;
/// One batch is committed while the next one waits.
const IN_FLIGHT: usize = 2;
/// Commands of one event each that wait at once in an import.
const IMPORTED: usize = 4_000;

/// Both ways, and an import of many small commands.
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
    pool.close().await;
    owner.close().await;
    Ok(vec![appends])
}

/// Events of streams of their own: nothing of them was there before.
fn batches(round: usize) -> Vec<(String, Vec<Write>)> {
    let batch = |number| {
        let streams: Vec<StreamId> =
            (0..STREAMS).map(|_| StreamId { kind: StreamKind::Member, id: random_id(Timestamp::UNIX_EPOCH) }).collect();
        let write = |at: usize| {
            let check = BadgeCheckId(random_id(Timestamp::UNIX_EPOCH));
            let event = MemberEvent::BadgeChecked { check, on: DAY, place: Sealed(PLACE.to_owned()), worn: true };
            Write::new(streams[at % STREAMS], (at / STREAMS + 1) as u64, event.into())
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
        let (reads, metadata) = (streams.into_iter().map(read).collect(), metadata(&key, &id, false, None));
        match executor.append(key, [0; 32], metadata, reads, Ask::Record { writes, person: None }).await? {
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
        let (metadata, mut text) = (metadata(&key, &id, false, None), String::with_capacity(BATCH * 640));
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
