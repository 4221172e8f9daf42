//! Commands of one event, a second: ours beside cqrs-es + postgres-es as shipped, a bare insert, and the peers.

use std::time::Duration;

use infra::postgres::Cluster;

use crate::field::{Bare, Shipped};
use crate::ours::{Alone, Ours};
use crate::peers::{PEERS, Whose};
use crate::plot::{Panel, svg};
use crate::rate::{Rate, hundredths};
use crate::table::Table;
use crate::{Failure, IN_FLIGHT};

/// Each on a member of its own.
pub async fn measure(cluster: &Cluster) -> Result<Vec<Table>, Failure> {
    let mut table = Table::new(
        "Commands, each on a member of its own",
        &["in flight", "ours /s", "p99 ms", "as shipped /s", "bare insert /s", "ours : shipped", "ours : bare"],
    );
    let mut heads = vec!["in flight", "ours /s"];
    heads.extend(PEERS.iter().flat_map(|peer| [peer.name, "p99 ms"]));
    heads.push("ours : the fastest of them");
    let mut beside = Table::new("The same work by the peers, commands /s", &heads);
    let ours = Ours::start(cluster, "bench_ours").await?;
    let shipped = Shipped::start(cluster, "bench_shipped").await?;
    let bare = Bare::start(cluster, "bench_bare").await?;
    let mut drawn: Vec<Vec<u128>> = vec![vec![]; 3 + PEERS.len()];
    for in_flight in IN_FLIGHT {
        let a = ours.spread(in_flight).await?;
        ours.caught_up().await?;
        let (b, c) = (shipped.spread(in_flight).await?, bare.run(in_flight).await?);
        table.row(vec![
            in_flight.to_string(),
            a.per_second().to_string(),
            a.p99_millis(),
            b.per_second().to_string(),
            c.per_second().to_string(),
            a.ratio(&b),
            a.ratio(&c),
        ]);
        bars(&mut table, in_flight, &a, &b, &c);
        let peers = row_of_peers(&mut beside, cluster, in_flight, &a).await;
        let rates = [&a, &b, &c].map(Rate::per_second).into_iter().chain(peers);
        drawn.iter_mut().zip(rates).for_each(|(line, rate)| line.push(rate));
    }
    ours.stop().await;
    beside.plot("commands", svg(&[panel(drawn)]));
    Ok(vec![table, beside])
}

/// The log without projections, beside the same with them: what following costs on the same cores.
pub async fn alone(cluster: &Cluster) -> Result<Table, Failure> {
    let mut table = Table::new(
        "Commands with and without projections on the same cores",
        &["in flight", "projections live /s", "p99 ms", "the log alone /s", "p99 ms", "bare insert /s", "alone : bare"],
    );
    let (ours, bare) = (Ours::start(cluster, "bench_alone").await?, Bare::start(cluster, "bench_alone_bare").await?);
    let mut live = Vec::new();
    for in_flight in IN_FLIGHT {
        live.push(ours.spread(in_flight).await?);
        ours.caught_up().await?;
    }
    let log = Alone::after(ours, cluster, "bench_alone").await?;
    for (in_flight, live) in IN_FLIGHT.into_iter().zip(live) {
        let (alone, bare) = (log.spread(in_flight).await?, bare.run(in_flight).await?);
        table.row(vec![
            in_flight.to_string(),
            live.per_second().to_string(),
            live.p99_millis(),
            alone.per_second().to_string(),
            alone.p99_millis(),
            bare.per_second().to_string(),
            alone.ratio(&bare),
        ]);
        match in_flight {
            1 => table.bar_ratio("1 in flight, the log alone: ≥ 0.6 × a bare insert", &alone, &bare, 60),
            64 => table.bar_ratio("64 in flight, the log alone: ≥ 1.5 × a bare insert", &alone, &bare, 150),
            256 => {
                table.bar_ratio("256 in flight, the log alone: ≥ 2 × a bare insert", &alone, &bare, 200);
                table.bar_time("256 in flight, the log alone: p99 under 30 ms", alone.p99(), Duration::from_millis(30));
            }
            _ => {}
        }
    }
    log.stop().await;
    Ok(table)
}

fn bars(table: &mut Table, in_flight: usize, ours: &Rate, shipped: &Rate, bare: &Rate) {
    match in_flight {
        1 => table.bar_ratio("1 in flight: ≥ 0.6 × a bare insert", ours, bare, 60),
        64 => {
            table.bar_ratio("64 in flight: ≥ 6 × as shipped", ours, shipped, 600);
            table.bar_ratio("64 in flight: ≥ 1.5 × a bare insert", ours, bare, 150);
        }
        256 => {
            table.bar_ratio("256 in flight: ≥ 2 × a bare insert", ours, bare, 200);
            table.bar_time("256 in flight: p99 under 30 ms", ours.p99(), Duration::from_millis(30));
        }
        _ => {}
    }
}

/// Everybody's rates over the number in flight; ours with their figures.
fn panel(drawn: Vec<Vec<u128>>) -> Panel {
    let places = IN_FLIGHT.iter().map(|in_flight| format!("{in_flight} in flight")).collect();
    let mut panel = Panel::new("Commands a second", places);
    let names = ["ours", "as shipped", "bare insert"].into_iter().chain(PEERS.iter().map(|peer| peer.name));
    for (number, (name, line)) in names.zip(drawn).enumerate() {
        let label = |rate: u128| if number == 0 { rate.to_string() } else { String::new() };
        panel.line(name, line.into_iter().map(|rate| (rate, label(rate))).collect());
    }
    panel
}

/// Answers the peers' rates, 0 for one that could not be measured.
async fn row_of_peers(table: &mut Table, cluster: &Cluster, in_flight: usize, ours: &Rate) -> Vec<u128> {
    let mut cells = vec![in_flight.to_string(), ours.per_second().to_string()];
    let (mut fastest, mut rates): (Option<Rate>, _) = (None, vec![]);
    for peer in &PEERS {
        let told = peer.run(cluster, in_flight, Whose::Spread).await;
        rates.push(told.as_ref().map_or(0, Rate::per_second));
        match told {
            Ok(rate) => {
                cells.extend([rate.per_second().to_string(), rate.p99_millis()]);
                if fastest.as_ref().is_none_or(|fastest| fastest.per_second() < rate.per_second()) {
                    fastest = Some(rate);
                }
            }
            Err(why) => cells.extend([why, "–".to_owned()]),
        }
    }
    cells.push(fastest.map_or("–".to_owned(), |fastest| hundredths(ours.hundredths(&fastest))));
    table.row(cells);
    rates
}

/// A tenth of the commands on one member.
pub async fn hot(cluster: &Cluster) -> Result<Vec<Table>, Failure> {
    let mut table =
        Table::new("Commands, a tenth on one member, 64 in flight", &["", "commands /s", "p99 ms", "ours : this"]);
    let ours = Ours::start(cluster, "bench_ours_hot").await?;
    let shipped = Shipped::start(cluster, "bench_shipped_hot").await?;
    let alone = ours.hot(64).await?;
    let second = ours.twin(cluster, "bench_ours_hot").await?;
    let (first, other) = tokio::join!(ours.hot(32), second.hot(32));
    let both = Rate::together(&[first?, other?]);
    ours.caught_up().await?;
    second.stop().await;
    ours.stop().await;
    let field = shipped.hot(64).await?;
    for (name, rate) in [("ours", &alone), ("ours, two processes' executors", &both), ("as shipped", &field)] {
        table.row(vec![name.into(), rate.per_second().to_string(), rate.p99_millis(), alone.ratio(rate)]);
    }
    for peer in &PEERS {
        table.row(match peer.run(cluster, 64, Whose::Hot).await {
            Ok(rate) => {
                vec![peer.name.into(), rate.per_second().to_string(), rate.p99_millis(), alone.ratio(&rate)]
            }
            Err(why) => vec![peer.name.into(), why, "–".into(), "–".into()],
        });
    }
    table.bar_ratio("a tenth on one: ≥ 20 × as shipped", &alone, &field, 2_000);
    table.bar_ratio("a tenth on one, two processes: ≥ 20 × as shipped", &both, &field, 2_000);
    Ok(vec![table])
}
