//! Catching up: events folded a second by one projection and by all, beside a bare copy of the log.

use std::time::{Duration, Instant};

use domain::stream::Position;
use futures_util::TryStreamExt;
use infra::app::guarded;
use infra::fold::bulk::{self, MOST};
use infra::fold::rebuild::Quiet;
use infra::fold::registry;
use infra::fold::{compare, engine};
use infra::log::{reader, stream};
use infra::postgres::Cluster;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor, PgPool};

use crate::ours::Ours;
use crate::rate::Rate;
use crate::table::Table;
use crate::{Failure, fill};

/// How many events the log has.
const EVENTS: u64 = 400_000;

/// Rebuilds over a log of registrations and checks, each with the comparison before the switch.
pub async fn measure(cluster: &Cluster) -> Result<Table, Failure> {
    let database = "bench_folds";
    let ours = Ours::start(cluster, database).await?;
    ours.spread(256).await?;
    ours.stop().await;
    let endpoints = cluster.ensure_database(database).await?;
    let owner = PgPoolOptions::new().max_connections(2).connect_with(endpoints.owner).await?;
    let (short, _) = reader::head(&owner).await?;
    fill::up_to(&owner, short.0, EVENTS).await?;
    owner.execute("vacuum analyze events").await?;
    let (Position(head), _) = reader::head(&owner).await?;
    let app = guarded(&endpoints.app).options([("statement_timeout", "0")]);
    let pool = PgPoolOptions::new().max_connections(4).connect_with(app).await?;
    let mut table = Table::new("Catching up from the first event", &["", "events", "events /s", "this : bare copy"]);
    let bare = copied(&pool, head).await?;
    row(&mut table, "a bare copy of the log", head, &bare, &bare);
    let read = Rate::bulk(head, decoded(&pool, head).await?);
    row(&mut table, "reading the log, decoded", head, &read, &bare);
    row(&mut table, "reading the log in batches of 5000", head, &batched(&pool, head).await?, &bare);
    table.bar_ratio("reading in order, decoded: ≥ 0.60 × COPY out", &read, &bare, 60);
    // The filling is in no row: from here on what serves is what the log makes.
    bulk::together(&pool, &registry::all(), MOST, &Quiet).await?;
    for name in [Some("members"), Some("audit_trail"), Some("records"), None] {
        let projections = registry::named(name)?;
        let start = Instant::now();
        for (_, rebuilt) in bulk::together(&pool, &projections, MOST, &Quiet).await? {
            rebuilt?;
        }
        let what = name.map_or("rebuild of all at once".to_owned(), |name| format!("rebuild of {name}"));
        let rate = Rate::bulk(head, start.elapsed());
        row(&mut table, &what, head, &rate, &bare);
        let least = if name.is_some() { 200_000 } else { 100_000 };
        table.bar_rate(&format!("{what}, with its history: ≥ {least}/s"), &rate, least);
    }
    for standing in engine::standings(&pool).await? {
        let compared = compare::last(&pool, &standing.name).await?;
        if compared.as_ref().is_some_and(|compared| compared.differing > 0) {
            return Err(format!("{}: {compared:?}", standing.name).into());
        }
    }
    pool.close().await;
    owner.close().await;
    Ok(table)
}

fn row(table: &mut Table, what: &str, head: u64, rate: &Rate, bare: &Rate) {
    table.row(vec![what.into(), head.to_string(), rate.per_second().to_string(), rate.ratio(bare)]);
}

/// The bytes of the same columns, thrown away.
pub async fn copied(pool: &PgPool, head: u64) -> Result<Rate, Failure> {
    let mut connection = pool.acquire().await?;
    let sql = format!("copy (select {} from events order by position) to stdout (format binary)", stream::COLUMNS);
    let start = Instant::now();
    let mut rows = connection.copy_out_raw(&sql).await?;
    let mut bytes = 0;
    while let Some(row) = rows.try_next().await? {
        bytes += row.len();
    }
    if bytes == 0 {
        return Err("nothing was copied".into());
    }
    Ok(Rate::bulk(head, start.elapsed()))
}

/// The log from its first event to its last, as every projection is built from it.
pub async fn decoded(pool: &PgPool, head: u64) -> Result<Duration, Failure> {
    let start = Instant::now();
    let mut log = stream::met((*pool.connect_options()).clone(), Position(0), Position(head));
    let mut read = 0;
    while let Some(met) = log.next().await? {
        read += met.iter().filter(|met| met.is_ok()).count() as u64;
    }
    match read == head {
        true => Ok(start.elapsed()),
        false => Err(format!("{read} of {head} events were read").into()),
    }
}

async fn batched(pool: &PgPool, head: u64) -> Result<Rate, Failure> {
    let start = Instant::now();
    let mut at = Position(0);
    while let Some(last) = reader::after(pool, at, 5_000).await?.last() {
        at = last.position;
    }
    Ok(Rate::bulk(head, start.elapsed()))
}
