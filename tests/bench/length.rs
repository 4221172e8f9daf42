//! Whether the event table asks to be divided: what the log alone takes as it grows, with nothing that folds on the same cores.

use infra::log::reader;
use infra::postgres::Cluster;
use sqlx::Executor;
use sqlx::postgres::PgPoolOptions;

use crate::field::Bare;
use crate::growth::looked_up;
use crate::ours::{Alone, Ours};
use crate::peers::{PEERS, Peer, Whose};
use crate::rate::{Rate, hundredths, millis};
use crate::table::Table;
use crate::{Failure, fill, folds};

/// How often commands are measured at each size.
const ROUNDS: usize = 4;

/// What a log of one size allows.
struct Measured {
    size: u64,
    appended: Rate,
    /// Into a table of its own that does not grow: what the machine had at that time.
    bare: Rate,
    looked_up: Rate,
    read: Rate,
    /// COPY in and single rows, into a table as long.
    copied: Rate,
    long: Rate,
    /// The peers over logs as long; nothing of one that is not installed or failed.
    peers: Vec<Option<Rate>>,
}

/// How many rows are copied in.
const COPIED: u64 = 200_000;

/// The log at each length, and the field over logs as long.
pub async fn measure(cluster: &Cluster, powers: &[u32]) -> Result<Vec<Table>, Failure> {
    let database = "bench_length";
    let ours = Ours::start(cluster, database).await?;
    ours.spread(64).await?;
    ours.caught_up().await?;
    let endpoints = cluster.ensure_database(database).await?;
    let owner = PgPoolOptions::new().max_connections(2).connect_with(endpoints.owner).await?;
    let (base, _) = reader::head(&owner).await?;
    let alone = Alone::after(ours, cluster, database).await?;
    let bare = Bare::start(cluster, "bench_length_bare").await?;
    let long = Bare::start(cluster, "bench_length_long").await?;
    let mut others: Vec<Option<&Peer>> = PEERS.iter().map(Some).collect();
    for other in &mut others {
        // What it works on is made by its first run.
        if let Some(peer) = other
            && peer.run(cluster, 64, Whose::Spread).await.is_err()
        {
            *other = None;
        }
    }
    let (mut all, mut so_far) = (vec![], 0);
    for power in powers {
        let size = 10_u64.pow(*power);
        let members = fill::up_to(&owner, base.0, size).await?;
        // As autovacuum would have done over the time it takes.
        for table in ["events", "commands"] {
            owner.execute(format!("vacuum analyze {table}").as_str()).await?;
        }
        let (mut appended, mut inserted) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            appended.push(alone.spread(64).await?);
            inserted.push(bare.run(64).await?);
        }
        // Before the others' tables are filled, which take the machine's memory from this one.
        let (head, _) = reader::head(&owner).await?;
        let looked_up = looked_up(&owner, members).await?;
        let read = Rate::bulk(head.0, folds::decoded(&owner, head.0).await?);
        long.fill(so_far, size).await?;
        let mut peers = vec![];
        for other in &others {
            peers.push(match other {
                Some(peer) => {
                    peer.fill(cluster, so_far, size).await?;
                    peer.run(cluster, 64, Whose::Spread).await.ok()
                }
                None => None,
            });
        }
        so_far = size;
        all.push(Measured {
            size,
            appended: Rate::in_turn(&appended),
            bare: Rate::in_turn(&inserted),
            looked_up,
            read,
            copied: long.copied(COPIED).await?,
            long: long.run(64).await?,
            peers,
        });
    }
    alone.stop().await;
    owner.close().await;
    Ok(vec![table(&all), field(&all)])
}

fn table(all: &[Measured]) -> Table {
    let mut table = Table::new(
        "The log alone as it grows, 64 in flight",
        &[
            "events",
            "commands /s",
            "p99 ms",
            "bare insert /s (its table does not grow)",
            "look-up of a state p99 ms",
            "read in order /s",
        ],
    );
    for one in all {
        table.row(vec![
            one.size.to_string(),
            one.appended.per_second().to_string(),
            one.appended.p99_millis(),
            one.bare.per_second().to_string(),
            one.looked_up.p99_millis(),
            one.read.per_second().to_string(),
        ]);
    }
    if let [first, .., last] = all {
        table.note(verdict(first, last));
    }
    table
}

/// The same work by the field, over logs and tables as long.
fn field(all: &[Measured]) -> Table {
    let names = PEERS.iter().flat_map(|peer| [peer.name, "ours : it"]);
    let columns = ["events", "ours /s", "bare insert /s", "ours : it", "COPY in, rows /s", "ours : it"];
    let columns: Vec<&str> = columns.into_iter().chain(names).collect();
    let mut table = Table::new("The log alone and the field as they grow, 64 in flight", &columns);
    for one in all {
        let rate = |rate: &Rate| [rate.per_second().to_string(), one.appended.ratio(rate)];
        let missing = || ["–".to_owned(), "–".to_owned()];
        let peers = one.peers.iter().flat_map(|peer| peer.as_ref().map_or_else(missing, rate));
        let own = [one.size.to_string(), one.appended.per_second().to_string()];
        table.row(own.into_iter().chain(rate(&one.long)).chain(rate(&one.copied)).chain(peers).collect());
    }
    table
}

/// Whether the event table asks to be divided: it does where a longer log makes work on it slower.
fn verdict(first: &Measured, last: &Measured) -> String {
    // Beside what the machine had at that time.
    let beside = |one: &Measured| one.appended.hundredths(&one.bare);
    let appended = beside(last) * 100 / beside(first).max(1);
    let read = last.read.hundredths(&first.read);
    let slower = appended < 80 || read < 80 || last.looked_up.p99() > first.looked_up.p99() * 2;
    format!(
        "From {} to {} events, appending beside a bare insert goes at {} of its rate (the insert at {}) and reading in order at {}; the 99th \
         percentile of a look-up goes from {} to {} ms. Partitioning or archiving of the event table is {}asked for by these \
         figures (it would be under 0.80, or at twice the look-up).",
        first.size,
        last.size,
        hundredths(appended),
        hundredths(last.bare.hundredths(&first.bare)),
        hundredths(read),
        millis(first.looked_up.p99()),
        millis(last.looked_up.p99()),
        if slower { "" } else { "not " },
    )
}
