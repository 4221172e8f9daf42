//! What keeping ranks costs the fold: the standings folded with ranks and without, side by side.

use std::time::Instant;

use domain::event::{Event, Fact};
use domain::id::{MemberId, ResultId};
use domain::ledger::{Aggregation, Direction, Exactness};
use domain::member::MemberEvent;
use domain::period::Period;
use domain::stream::Position;
use infra::fold::engine::fold;
use infra::fold::table;
use infra::postgres::Cluster;
use jiff::Timestamp;
use projections::projection::{KeyOf, Projection};
use projections::standings::Standings;
use sqlx::{Connection, Executor, PgPool};
use uuid::Uuid;

use crate::Failure;
use crate::ours::Ours;
use crate::rate::Rate;
use crate::table::Table;

/// The standings without ranks.
struct Unranked;

impl Projection for Unranked {
    const NAME: &'static str = "unranked";
    const VERSION: u32 = 1;
    type Row = <Standings as Projection>::Row;
    type Change = <Standings as Projection>::Change;

    fn changes(fact: &Fact) -> Vec<(KeyOf<Self>, Self::Change)> {
        Standings::changes(fact)
    }

    fn apply(row: Option<Self::Row>, key: &KeyOf<Self>, change: &Self::Change) -> Option<Self::Row> {
        Standings::apply(row, key, change)
    }
}

/// Folds results by so many members in a year, in batches of a rebuild and of a busy day.
pub async fn measure(cluster: &Cluster) -> Result<Table, Failure> {
    let ours = Ours::start(cluster, "bench_ranked").await?;
    let mut table = Table::new(
        "Folding results into standings, with ranks and without",
        &["members", "events a batch", "with /s", "without /s", "with : without"],
    );
    let mut generation = 100;
    for (members, batch, most) in [(150, 5_000, 36_000), (150, 50, 18_000), (3_000, 5_000, 36_000)] {
        let facts = results(members, most)?;
        let (mut with, mut without) = (vec![], vec![]);
        // In turns, so that what else the machine does falls on both.
        for _ in 0..3 {
            generation += 2;
            without.push(folded::<Unranked>(&ours.app.pool, &facts, batch, generation).await?);
            with.push(folded::<Standings>(&ours.app.pool, &facts, batch, generation + 1).await?);
        }
        let [with, without] = [with, without].map(|rates| rates.into_iter().max_by_key(Rate::per_second));
        let (Some(with), Some(without)) = (with, without) else { continue };
        table.row(vec![
            members.to_string(),
            batch.to_string(),
            with.per_second().to_string(),
            without.per_second().to_string(),
            with.ratio(&without),
        ]);
    }
    ours.stop().await;
    Ok(table)
}

/// A result of each member for each month, in one metric after the other.
fn results(members: u64, most: u64) -> Result<Vec<Fact>, Failure> {
    let fact = |number: u64| {
        let (member, month) = (number % members, number / members % 12);
        let metric = format!("metric_{}", number / members / 12).parse()?;
        let period: Period = format!("2022-{:02}", month + 1).parse()?;
        let event = MemberEvent::ResultReported {
            result: ResultId(Uuid::from_u64_pair(7, number)),
            metric,
            aggregation: Aggregation::Sum,
            direction: Direction::HigherIsBetter,
            period,
            value: (number * 7_919 % 10_007).to_string().parse()?,
            exactness: Exactness::Exact,
        };
        let member = MemberId(Uuid::from_u64_pair(member.wrapping_mul(0x9e37_79b9_7f4a_7c15), member));
        Ok(Fact {
            position: Position(number + 1),
            stream: member.into(),
            sequence: 1,
            at: Timestamp::UNIX_EPOCH,
            actor: domain::id::ActorId("bench".to_owned()),
            command: String::new(),
            correlation: String::new(),
            event: Event::from(event),
        })
    };
    (0..most).map(fact).collect()
}

async fn folded<P: Projection>(pool: &PgPool, facts: &[Fact], batch: usize, generation: i64) -> Result<Rate, Failure> {
    let mut connection = pool.acquire().await?;
    table::create::<P>(&mut connection, generation).await?;
    let begun = Instant::now();
    let mut checkpoint = Position(0);
    for batch in facts.chunks(batch) {
        let mut transaction = connection.begin_with("begin; set local synchronous_commit = off").await?;
        fold::<P>(&mut transaction, generation, checkpoint, &batch.iter().collect::<Vec<_>>()).await?;
        transaction.commit().await?;
        checkpoint = batch.last().map_or(checkpoint, |fact| fact.position);
    }
    let rate = Rate::bulk(facts.len() as u64, begun.elapsed());
    connection.execute("checkpoint").await.ok();
    table::remove::<P>(&mut connection, generation).await?;
    Ok(rate)
}
