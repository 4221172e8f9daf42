//! What the report is made of is tallied as rows change: at every moment as many as counting the rows gives, live, rebuilt
//! and folded in whatever batches.

use domain::branch::BranchCommand;
use domain::id::{BranchId, ResultId};
use domain::ledger::{Aggregation, Correction, Direction, Exactness, Metric, Report, Subjects, Target, Unit};
use domain::member::MemberCommand;
use domain::period::{Grain, Period};
use domain::stream::Position;
use domain::text::{MetricCode, Title};
use domain::world::Command;
use graphql::ports::Reads;
use harness::chance::Chance;
use harness::crowd::text;
use harness::speak::office;
use infra::fold::engine::fold;
use infra::fold::rebuild::Quiet;
use infra::fold::{registry, table};
use projections::branches::BranchRow;
use projections::member_years::MemberYears;
use projections::members::MemberRow;
use projections::projection::Projection;
use projections::report::{Read, Source, reads};
use projections::select::{Plan, Select};
use projections::spells::Spells;
use projections::standings::Standings;
use projections::tally::Quantity;
use sqlx::{Executor, PgPool};

use crate::naive::Log;
use crate::told::{ALL, Told, log, told};

/// The projections whose rows are tallied.
const TALLIED: [&str; 3] = ["spells", "member_years", "standings"];
/// Those of the report's metrics that it reads with a plan or a base, and the one of balances.
const METRICS: [(&str, Aggregation, Subjects); 3] = [
    ("balance_daily", Aggregation::DailyMean, Subjects::Members),
    ("insurance_revenue", Aggregation::Sum, Subjects::Branches),
    ("delivery_revenue", Aggregation::Sum, Subjects::Branches),
];

fn define((code, aggregation, subjects): (&str, Aggregation, Subjects)) -> Command {
    let metric = Metric {
        code: code.parse().unwrap(),
        name: Title::new("name", code).unwrap(),
        unit: Unit::Yuan,
        direction: Direction::HigherIsBetter,
        aggregation,
        grain: Grain::Month,
        subjects,
    };
    Command::Branch(BranchId::root(), BranchCommand::DefineMetric(metric))
}

/// Results of members and branches, corrected and taken back; plans and bases of branches.
async fn report(told: &Told, chance: &mut Chance) {
    let now = told.caught_up().await;
    let members = told.app.reads.rows(&Select::<MemberRow>::first(ALL), now).await.unwrap();
    let branches = told.app.reads.rows(&Select::<BranchRow>::first(ALL), now).await.unwrap();
    let mut known: Vec<(Command, ResultId)> = Vec::new();
    let (mut accepted, mut asked) = (0, 0);
    for number in 0..260 {
        let (code, ..) = chance.one(&METRICS).unwrap();
        let metric: MetricCode = code.parse().unwrap();
        let month: Period = chance.one(&["2021-11", "2022-01", "2022-02"]).unwrap().parse().unwrap();
        let year: Period = chance.one(&["2021", "2022"]).unwrap().parse().unwrap();
        let value = format!("{}.{}", 6_900_000 + chance.below(200_000), chance.below(100)).parse().unwrap();
        let exactness = if chance.percent(30) { Exactness::AtLeast } else { Exactness::Exact };
        let result = ResultId(chance.id());
        let aim =
            |chance: &mut Chance| chance.percent(70).then(|| (1 + chance.below(900)).to_string().parse().unwrap());
        let target = Target { metric: metric.clone(), period: year, plan: aim(chance), base: aim(chance) };
        let reported = Report { result, metric, period: month, value, exactness };
        let (member, branch) = (chance.one(&members).unwrap().member, chance.one(&branches).unwrap().branch);
        let command = match chance.below(10) {
            0..4 if code == "balance_daily" => Command::Member(member, MemberCommand::ReportResult(reported)),
            0..4 => Command::Branch(branch, BranchCommand::ReportResult(reported)),
            4..7 => Command::Branch(branch, BranchCommand::SetTarget(target)),
            which => {
                let Some((of, corrects)) = chance.one(&known) else { continue };
                again(&of, which == 9, Correction { result, corrects, value, exactness })
            }
        };
        asked += 1;
        let asker = office(&format!("tallied-{number}"));
        if told.app.commands.send(&asker, command.clone(), None).await.is_ok() {
            accepted += 1;
            match &command {
                Command::Member(_, MemberCommand::ReportResult(_))
                | Command::Branch(_, BranchCommand::ReportResult(_)) => {
                    known.push((command, result));
                }
                _other => {}
            }
        }
    }
    assert!(accepted > 120, "{accepted} of {asked} are accepted");
}

/// Takes a result back, or corrects it.
fn again(of: &Command, back: bool, correction: Correction) -> Command {
    match (of, back) {
        (Command::Member(member, _), true) => {
            Command::Member(*member, MemberCommand::WithdrawResult(correction.corrects, text()))
        }
        (Command::Member(member, _), false) => {
            Command::Member(*member, MemberCommand::CorrectResult(correction, text()))
        }
        (Command::Branch(branch, _), true) => {
            Command::Branch(*branch, BranchCommand::WithdrawResult(correction.corrects, text()))
        }
        (Command::Branch(branch, _), false) => {
            Command::Branch(*branch, BranchCommand::CorrectResult(correction, text()))
        }
        (Command::Round(..), _) => unreachable!("only members and branches report"),
    }
}

fn all(Source { table, conditions }: Source) -> Plan {
    Plan { table, conditions, order: vec![], after: None, limit: 0 }
}

/// What counting the rows gives.
async fn counted(reads: &dyn Reads, rows: Read, at: Position) -> Quantity {
    match rows {
        Read::Count(source) => Quantity::counted(reads.count(&all(source), at).await.unwrap()),
        Read::Sum { source, column, bounds } => {
            let (sum, rows) = reads.sum(&all(source), column, at).await.unwrap();
            let at_least = match bounds {
                Some(bounds) => reads.count(&all(bounds), at).await.unwrap(),
                None => 0,
            };
            Quantity::summed(sum, rows, at_least)
        }
        Read::Total(_) | Read::Tallied { .. } => panic!("only rows are counted"),
    }
}

/// Holds every tally of some years at some moments against the rows; answers the names of those that were something.
async fn tallies_equal(reads: &dyn Reads, head: Position, chance: &mut Chance) -> std::collections::BTreeSet<String> {
    let mut some = std::collections::BTreeSet::new();
    for number in 0..24 {
        let at = if number == 0 { head } else { Position(chance.below(head.0 + 1)) };
        for year in ["2020", "2021", "2022", "2023"] {
            for (input, read) in projections_read(year) {
                let Read::Tallied { table, tally, runs_on, rows } = read else { continue };
                let kept = reads.tallied(table, &tally, runs_on, at).await.unwrap();
                let expected = counted(reads, *rows, at).await;
                assert_eq!(kept, Some(expected), "{input:?} of {year} at {at}");
                some.extend((!expected.is_nothing()).then_some(tally.name));
            }
        }
    }
    some
}

fn projections_read(year: &str) -> Vec<(projections::report::Input, Read)> {
    reads(year.parse().unwrap())
}

/// The tallies of a generation folded in batches by chance.
async fn folded_in_batches<P: Projection>(pool: &PgPool, log: &Log, generation: i64, chance: &mut Chance) {
    let mut connection = pool.acquire().await.unwrap();
    table::create::<P>(&mut connection, generation).await.unwrap();
    let (mut checkpoint, mut rest) = (Position(0), &log[..]);
    while !rest.is_empty() {
        let most = 1 + chance.below(60) as usize;
        let (batch, later) = rest.split_at(most.min(rest.len()));
        fold::<P>(&mut connection, generation, checkpoint, &batch.iter().collect::<Vec<_>>()).await.unwrap();
        (checkpoint, rest) = (batch.last().unwrap().position, later);
    }
}

async fn same(pool: &PgPool, table: &str, one: i64, other: i64) {
    let only = |one: i64, other: i64| {
        format!("select * from {table}_tallies_g{one} except all select * from {table}_tallies_g{other}")
    };
    let sql = format!("select count(*) from (({}) union all ({})) d", only(one, other), only(other, one));
    let differing: i64 = sqlx::query_scalar(&sql).fetch_one(pool).await.unwrap();
    let rows: i64 =
        sqlx::query_scalar(&format!("select count(*) from {table}_tallies_g{one}")).fetch_one(pool).await.unwrap();
    assert!(rows > 5, "{table} has tallies: {rows}");
    assert_eq!(differing, 0, "{table}: generations {one} and {other}");
}

#[tokio::test]
async fn tallies_are_what_counting_the_rows_gives_live_rebuilt_and_in_any_batches() {
    let mut told = told(81, 250).await;
    for metric in METRICS {
        let asker = office(&format!("define-{}", metric.0));
        told.app.commands.send(&asker, define(metric), None).await.unwrap();
    }
    let mut chance = Chance::of(81);
    report(&told, &mut chance).await;
    told.story.go_on(&*told.app.commands, 150).await;
    let head = told.caught_up().await;
    let some = tallies_equal(&*told.app.reads, head, &mut chance).await;
    assert_eq!(some.len(), 13, "each is something at some moment: {some:?}");
    let log = log(&*told.app.reads).await;
    let pool = told.ground.pool().await;
    told.app.stop().await;

    for projection in TALLIED.map(|name| registry::named(Some(name)).unwrap().swap_remove(0)) {
        assert_eq!(projection.verify(&pool, &Quiet).await.unwrap().difference, None);
        projection.rebuild(&pool, &Quiet).await.unwrap();
        assert_eq!(projection.verify(&pool, &Quiet).await.unwrap().difference, None);
        same(&pool, projection.table(), 1, 2).await;
    }
    folded_in_batches::<Spells>(&pool, &log, 7, &mut chance).await;
    folded_in_batches::<MemberYears>(&pool, &log, 7, &mut chance).await;
    folded_in_batches::<Standings>(&pool, &log, 7, &mut chance).await;
    for table in TALLIED {
        same(&pool, table, 1, 7).await;
    }
    what_is_changed_is_found(&pool).await;
}

async fn what_is_changed_is_found(pool: &PgPool) {
    for table in TALLIED {
        let projection = registry::named(Some(table)).unwrap().swap_remove(0);
        let one = format!("ctid = (select ctid from {table}_tallies_g2 order by from_position desc limit 1)");
        for changed in [
            format!("update {table}_tallies_g2 set value = value + 1 where {one}"),
            format!("update {table}_tallies_g2 set parts = parts + 1 where {one}"),
            format!("update {table}_tallies_g2 set at_least = at_least + 1 where {one}"),
            format!("update {table}_tallies_g2 set name = name || 'x' where {one}"),
            format!("update {table}_tallies_g2 set year = year + 100 where {one}"),
            format!("update {table}_tallies_g2 set until_position = from_position where {one}"),
            format!(
                "update {table}_tallies_g2 set until_position = 9000000000 where ctid = (select ctid from \
                 {table}_tallies_g2 where until_position = {} order by from_position desc limit 1)",
                i64::MAX
            ),
            format!("insert into {table}_tallies_g2 values ('on_duty', 2008, 1, 1, 0, 9, 9)"),
            format!("insert into {table}_tallies_g2 values ('on_duty', 1999, 1, 1, 0, 8000000000, 9000000000)"),
            // Nothing more in all, but reads take the last one that began.
            format!(
                "insert into {table}_tallies_g2 select name, year, 0, 0, 0, from_position + 1, until_position \
                 from {table}_tallies_g2 t where until_position > from_position + 1 and not exists (select from \
                 {table}_tallies_g2 o where (o.name, o.year, o.from_position) = (t.name, t.year, t.from_position + 1)) \
                 order by from_position desc limit 1"
            ),
            format!("delete from {table}_tallies_g2 where {one}"),
            format!("insert into {table}_tallies_g2 values ('on_duty', 1999, 1, 1, 0, 7, 9)"),
            // Of a log so long several positions are summed up together.
            format!(
                "update projections set checkpoint = 300000 where name = '{table}'; \
                 update {table}_tallies_g2 set from_position = from_position - 1 where ctid = (select t.ctid \
                 from {table}_tallies_g2 t where from_position % 5 > 0 and not exists (select from {table}_tallies_g2 o \
                 where o.name = t.name and o.year = t.year and o.from_position = t.from_position - 1) limit 1)"
            ),
        ] {
            let kept = format!("create table kept as select * from {table}_tallies_g2; {changed}");
            pool.execute(kept.as_str()).await.unwrap();
            let found = projection.verify(pool, &Quiet).await.unwrap();
            let named = found.difference.as_ref().is_some_and(|first| first.key.starts_with("the tally"));
            assert!(named && found.differing == 1, "{changed} is found: {found:?}");
            let back = format!(
                "truncate {table}_tallies_g2; insert into {table}_tallies_g2 select * from kept; drop table kept"
            );
            pool.execute(back.as_str()).await.unwrap();
            assert_eq!(projection.verify(pool, &Quiet).await.unwrap().difference, None);
        }
    }
}
