//! Catching up: events folded a second by one projection and by all, beside a bare read of the log.

use std::time::Instant;

use domain::stream::Position;
use infra::fold::rebuild::Quiet;
use infra::fold::registry;
use infra::log::reader;
use infra::postgres::Cluster;
use sqlx::postgres::PgPoolOptions;

use crate::Failure;
use crate::ours::Ours;
use crate::rate::Rate;
use crate::table::Table;

/// Rebuilds over the log that a burst of commands left.
pub async fn measure(cluster: &Cluster) -> Result<Table, Failure> {
    let database = "bench_folds";
    let ours = Ours::start(cluster, database).await?;
    ours.spread(256).await?;
    ours.stop().await;
    let pool =
        PgPoolOptions::new().max_connections(8).connect_with(cluster.ensure_database(database).await?.app).await?;
    let (head, _) = reader::head(&pool).await?;
    let mut table = Table::new("Catching up from the first event", &["", "events", "events /s"]);
    let start = Instant::now();
    let mut at = Position(0);
    while let Some(last) = reader::after(&pool, at, 5_000).await?.last() {
        at = last.position;
    }
    let read = Rate::bulk(head.0, start.elapsed());
    table.row(vec!["reading the log, decoded".into(), head.to_string(), read.per_second().to_string()]);
    for name in ["members", "audit_trail"] {
        let start = Instant::now();
        for projection in registry::named(Some(name))? {
            projection.rebuild(&pool, &Quiet).await?;
        }
        let rate = Rate::bulk(head.0, start.elapsed());
        table.row(vec![format!("rebuild of {name}"), head.to_string(), rate.per_second().to_string()]);
    }
    let start = Instant::now();
    for projection in registry::all() {
        projection.rebuild(&pool, &Quiet).await?;
    }
    let rate = Rate::bulk(head.0, start.elapsed());
    table.row(vec!["rebuild of all, one after another".into(), head.to_string(), rate.per_second().to_string()]);
    pool.close().await;
    Ok(table)
}
