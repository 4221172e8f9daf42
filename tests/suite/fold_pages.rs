//! Pages: each row exactly once, in the total order, whatever is empty or equal.

use std::cmp::Ordering;

use domain::id::ResultId;
use domain::ledger::{Exactness, Report, Target};
use domain::member::MemberCommand;
use domain::period::Period;
use domain::stream::Position;
use domain::text::MetricCode;
use domain::world::Command;
use futures_util::future::join_all;
use graphql::ports::{Reads, typed};
use harness::chance::Chance;
use harness::speak::office;
use infra::fold::engine::Folded;
use infra::fold::registry;
use projections::cell::{Cell, Column};
use projections::leaderboard::Board;
use projections::members::MemberRow;
use projections::select::{Condition, Order, Plan, Select};
use projections::spells::SpellsRow;
use projections::standings::StandingRow;

use crate::fold_history::a_board;
use crate::naive::Naive;
use crate::told::{ALL, Told, log, told};

/// Empty cells come last in either direction.
fn in_order(one: &Cell, other: &Cell, order: Order) -> Ordering {
    match (one == &Cell::Null, other == &Cell::Null) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => order.of(one, other),
    }
}

fn plan(projection: &dyn Folded, conditions: Vec<Condition>) -> Plan {
    Plan { table: projection.table(), conditions, order: vec![], after: None, limit: ALL }
}

async fn select(reads: &dyn Reads, projection: &dyn Folded, plan: &Plan, at: Position) -> Vec<Vec<Cell>> {
    reads.select(plan, projection.columns(), projection.key(), at).await.unwrap()
}

fn column_of(columns: &[Column], name: &str) -> usize {
    columns.iter().position(|column| column.name == name).unwrap()
}

/// Every page of a plan, one after the other, each after the last row of the one before.
async fn pages(
    reads: &dyn Reads,
    projection: &dyn Folded,
    mut plan: Plan,
    size: usize,
    at: Position,
) -> Vec<Vec<Cell>> {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    plan.limit = size;
    loop {
        let page = select(reads, projection, &plan, at).await;
        assert!(page.len() <= size);
        let Some(last) = page.last() else { return rows };
        let ordered = plan.order.iter().map(|(name, _)| last[column_of(projection.columns(), name)].clone());
        plan.after = Some(ordered.chain(last.iter().take(projection.key()).cloned()).collect());
        rows.extend(page);
        assert!(rows.len() < ALL, "the pages never end");
    }
}

#[tokio::test]
async fn pages_give_each_row_once_in_the_total_order_of_any_column() {
    let told = told(31, 60).await;
    let head = told.caught_up().await;
    let reads = &*told.app.reads;
    for projection in registry::all() {
        let projection = &*projection;
        let few = match projection.name() {
            "audit_trail" => vec![Condition::Before("position", Cell::Int(70))],
            _ => vec![],
        };
        let by_key = select(reads, projection, &plan(projection, few.clone()), head).await;
        assert_eq!(reads.count(&plan(projection, few.clone()), head).await.unwrap(), by_key.len() as u64);
        for (at, column) in projection.columns().iter().enumerate() {
            for (turn, order) in [Order::Ascending, Order::Descending].into_iter().enumerate() {
                let mut expected = by_key.clone();
                expected.sort_by(|one, other| in_order(&one[at], &other[at], order));
                let ordered = Plan { order: vec![(column.name, order)], ..plan(projection, few.clone()) };
                let size = 1 + (at * 2 + turn) % 7;
                let rows = pages(reads, projection, ordered, size, head).await;
                assert_eq!(rows, expected, "{} by {} {order:?}, {size} a page", projection.name(), column.name);
            }
        }
    }
    told.app.stop().await;
}

#[tokio::test]
async fn pages_by_two_columns_that_can_be_empty_give_each_row_once() {
    let told = told(32, 80).await;
    let head = told.caught_up().await;
    let projection = registry::named(Some("records")).unwrap().swap_remove(0);
    let (projection, reads) = (&*projection, &*told.app.reads);
    let by_key = select(reads, projection, &plan(projection, vec![]), head).await;
    let (one, other) = (column_of(projection.columns(), "amount"), column_of(projection.columns(), "ended_on"));
    for (first, second) in [(Order::Ascending, Order::Descending), (Order::Descending, Order::Ascending)] {
        let mut expected = by_key.clone();
        expected.sort_by(|a, b| in_order(&a[one], &b[one], first).then(in_order(&a[other], &b[other], second)));
        for size in 1..=7 {
            let ordered = Plan { order: vec![("amount", first), ("ended_on", second)], ..plan(projection, vec![]) };
            assert_eq!(pages(reads, projection, ordered, size, head).await, expected, "{size} a page");
        }
    }
    told.app.stop().await;
}

/// Whether a cell fulfils a condition.
type Holds<'a> = &'a dyn Fn(&Cell) -> bool;

#[tokio::test]
async fn conditions_and_counts_agree_with_looking_at_every_row() {
    let told = told(33, 80).await;
    let head = told.caught_up().await;
    let (reads, mut chance, mut found) = (&*told.app.reads, Chance::of(33), 0);
    for projection in registry::all() {
        let projection = &*projection;
        let all = select(reads, projection, &plan(projection, vec![]), head).await;
        for (at, column) in projection.columns().iter().enumerate() {
            let values: Vec<Cell> = all.iter().map(|row| row[at].clone()).filter(|cell| cell != &Cell::Null).collect();
            let Some(value) = chance.one(&values) else { continue };
            let some = chance.some(&values, 3);
            let name = column.name;
            let conditions: [(Condition, Holds<'_>); 6] = [
                (Condition::Equals(name, value.clone()), &|cell| *cell == value),
                (Condition::OneOf(name, some.clone()), &|cell| some.contains(cell)),
                (Condition::Above(name, value.clone()), &|cell| *cell != Cell::Null && *cell > value),
                (Condition::From(name, value.clone()), &|cell| *cell != Cell::Null && *cell >= value),
                (Condition::Before(name, value.clone()), &|cell| *cell != Cell::Null && *cell < value),
                (Condition::Known(name), &|cell| *cell != Cell::Null),
            ];
            for (condition, holds) in conditions {
                let expected: Vec<_> = all.iter().filter(|row| holds(&row[at])).cloned().collect();
                let plan = plan(projection, vec![condition]);
                assert_eq!(select(reads, projection, &plan, head).await, expected, "{plan:?}");
                assert_eq!(reads.count(&plan, head).await.unwrap(), expected.len() as u64, "{plan:?}");
                found += expected.len();
            }
        }
    }
    assert!(found > 1_000, "the conditions found something: {found}");
    days_in_spells(reads, head).await;
    told.app.stop().await;
}

/// Spells hold a day in the database where they do in memory.
async fn days_in_spells(reads: &dyn Reads, head: Position) {
    let all = reads.rows(&Select::<SpellsRow>::first(ALL), head).await.unwrap();
    let mut held = 0;
    for row in &all {
        for day in [row.changed_on, row.changed_on.yesterday().unwrap(), row.changed_on.tomorrow().unwrap()] {
            let select = Select::<SpellsRow>::first(ALL).only(Condition::Cover("spells", Cell::Date(day)));
            let expected: Vec<_> = all.iter().filter(|row| row.spells.cover(day)).cloned().collect();
            assert_eq!(reads.rows(&select, head).await.unwrap(), expected, "on {day}");
            held += expected.len();
        }
    }
    assert!(held > 20, "some spells held: {held}");
}

/// Every page of a board, one after the other.
pub async fn board_pages(reads: &dyn Reads, board: &Board, size: usize, at: Position) -> Vec<(u64, StandingRow)> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = reads.board(board, at, after, size).await.unwrap();
        assert!(page.len() <= size);
        let page = page.into_iter().map(|(rank, cells)| (rank, typed::<StandingRow>(cells).unwrap()));
        let page: Vec<_> = page.collect();
        let Some((_, last)) = page.last() else { return rows };
        after = board.place(last);
        rows.extend(page);
    }
}

/// Everybody reports one of few values and has one of few plans, so that there are many ties.
pub async fn report_with_ties(told: &Told, code: &str, chance: &mut Chance) {
    let now = told.caught_up().await;
    let roster = told.app.reads.rows(&Select::<MemberRow>::first(ALL), now).await.unwrap();
    let mut sent = Vec::new();
    for (number, row) in roster.iter().enumerate() {
        let (metric, period): (MetricCode, Period) = (code.parse().unwrap(), "2022-02".parse().unwrap());
        let amount = |number: u64| (number * 10).to_string().parse().unwrap();
        let (value, plan) = (amount(chance.below(5)), Some(amount(1 + chance.below(2))));
        let report = Report {
            result: ResultId(chance.id()),
            metric: metric.clone(),
            period,
            value,
            exactness: Exactness::Exact,
        };
        let target = Target { metric, period, plan, base: plan };
        for (what, command) in
            [("target", MemberCommand::SetTarget(target)), ("report", MemberCommand::ReportResult(report))]
        {
            let asker = office(&format!("{what}-{code}-{number}"));
            sent.push(async move { told.app.commands.send(&asker, Command::Member(row.member, command), None).await });
        }
    }
    let accepted = join_all(sent).await.into_iter().filter(Result::is_ok).count();
    assert!(accepted > roster.len(), "most reports and targets are accepted: {accepted}");
}

#[tokio::test]
async fn boards_paged_across_ties_rank_as_the_reference_does() {
    let told = told(34, 30).await;
    let mut chance = Chance::of(34);
    for metric in ["premium", "balance"] {
        report_with_ties(&told, metric, &mut chance).await;
    }
    let head = told.caught_up().await;
    let reads = &*told.app.reads;
    let log = log(reads).await;
    let naive = Naive::upto(&log, head);
    let standings = naive.standing_rows();
    let (mut ties, mut places) = (0, 0);
    for _ in 0..20 {
        let board = a_board(&mut chance, naive, &standings).unwrap();
        let mine = naive.board(&board, &standings);
        let of_board = |row: &&StandingRow| {
            let same = row.subject_kind == board.subjects && row.metric == board.metric && row.period == board.period;
            same && mine.iter().any(|(_, _, subject)| *subject == row.subject)
        };
        let reference = board.rank(standings.iter().filter(of_board).cloned());
        for size in 1..=7 {
            let rows = board_pages(reads, &board, size, head).await;
            assert_eq!(rows, reference, "{board:?}, {size} a page");
        }
        for (rank, row) in &reference {
            let found = reads.rank(&board, row.subject, head).await.unwrap().unwrap();
            assert_eq!((found.0, typed::<StandingRow>(found.1).unwrap()), (*rank, row.clone()), "{board:?}");
        }
        ties += reference.windows(2).filter(|pair| pair[0].0 == pair[1].0).count();
        places += reference.len();
    }
    assert!(ties > 50 && places > 100, "there were ties: {ties} in {places} places");
    told.app.stop().await;
}
