//! Lag of the live folds: a thousand commands a second, and how long after the answer every projection has the event.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::id::BadgeCheckId;
use domain::member::MemberCommand;
use domain::world::Command;
use harness::speak::{DAY, office};
use infra::postgres::Cluster;
use tokio::task::JoinSet;

use crate::Failure;
use crate::ours::Ours;
use crate::rate::{Rate, hundredths, millis};
use crate::table::Table;

/// How many commands a second, for so many seconds, after some that warm up.
const A_SECOND: u32 = 1_000;
const SECONDS: u32 = 10;
const WARM: u32 = 2;
/// How long a fold is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Commands at their times, whether or not those before have been answered.
pub async fn measure(cluster: &Cluster) -> Result<Table, Failure> {
    let ours = Ours::start(cluster, "bench_lag").await?;
    ours.caught_up().await?;
    let members = ours.members();
    let (begun, mut sent) = (Instant::now(), JoinSet::new());
    for number in 0..A_SECOND * (WARM + SECONDS) {
        tokio::time::sleep_until((begun + Duration::from_secs(1) / A_SECOND * number).into()).await;
        let (commands, members) = (Arc::clone(&ours.app.commands), Arc::clone(&members));
        let mut places = ours.app.places();
        sent.spawn(async move {
            let (member, asker) = (members[number as usize % members.len()], office(&format!("lag-{number}")));
            let place = graphql::ports::Commands::seal(&*commands, &asker, member.0, "place", "营业大厅").await?;
            let check = BadgeCheckId(graphql::ports::Commands::mint(&*commands, &asker, "check"));
            let command = Command::Member(member, MemberCommand::CheckBadge { check, on: DAY, place, worn: true });
            let accepted = graphql::ports::Commands::send(&*commands, &asker, command, None).await?;
            let answered = Instant::now();
            let folded = places.wait_for(|places| places.common() >= accepted.position);
            tokio::time::timeout(PATIENCE, folded).await.map_err(|_| "a fold did not get there")??;
            Ok::<_, Failure>((number, answered.elapsed()))
        });
    }
    let mut lags = Vec::new();
    while let Some(done) = sent.join_next().await {
        let (number, lag) = done??;
        lags.extend((number >= A_SECOND * WARM).then_some(lag));
    }
    // What was sent late was sent in less time; what counts is how many a second there were.
    let took = begun.elapsed().saturating_sub(Duration::from_secs(u64::from(WARM)));
    ours.stop().await;
    lags.sort_unstable();
    let at = |hundredth: usize| lags[(lags.len() * hundredth / 100).min(lags.len() - 1)];
    let rate = Rate::bulk(lags.len() as u64, took);
    let mut table = Table::new(
        "From the answer to every projection, at 1,000 commands a second",
        &["commands /s", "p50 ms", "p99 ms", "worst ms"],
    );
    let worst = lags.last().copied().unwrap_or_default();
    table.row(vec![hundredths(rate.per_second() * 100), millis(at(50)), millis(at(99)), millis(worst)]);
    table.bar_time("lag of live projections at 1,000 commands/s: p99 under 100 ms", at(99), Duration::from_millis(100));
    Ok(table)
}
