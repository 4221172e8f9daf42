//! Boards: ranks, ties, and the order of independent facts.

use std::collections::BTreeSet;

use domain::branch::RankedBy;
use domain::event::{Event, Fact};
use domain::ledger::{Aggregation, Direction};
use domain::stream::{StreamId, StreamKind};
use projections::leaderboard::{Board, Ties};
use projections::select::Condition;
use projections::standings::{StandingRow, Standings};
use projections::totals::Totals;
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::events::ledgers;
use crate::facts::*;
use crate::reader::holds;

/// Every board that the rows have something for.
fn boards(rows: &[StandingRow]) -> Vec<Board> {
    let of: BTreeSet<_> = rows.iter().map(|row| (row.subject_kind, row.metric.clone(), row.period)).collect();
    let board = |(subjects, metric, period), ranked_by, direction| Board {
        subjects,
        metric,
        period,
        ranked_by,
        direction,
        ties: Ties::Shared,
        within: None,
    };
    let ways = [RankedBy::Value, RankedBy::PlanCompletion, RankedBy::Growth];
    let directions = [Direction::HigherIsBetter, Direction::LowerIsBetter];
    let ways = ways.into_iter().flat_map(|by| directions.map(|direction| (by, direction)));
    ways.flat_map(|(by, direction)| of.iter().map(move |of| board(of.clone(), by, direction))).collect()
}

fn on(board: &Board, rows: &[StandingRow]) -> Vec<StandingRow> {
    let conditions = board.conditions();
    rows.iter().filter(|row| conditions.iter().all(|condition| holds(condition, *row))).cloned().collect()
}

fn ranks(facts: &[Fact]) -> Vec<Vec<(u64, Uuid, Option<Decimal>)>> {
    let rows = rows::<Standings>(facts);
    let ranked = |board: &Board| {
        let ranked = board.rank(on(board, &rows)).into_iter();
        ranked.map(|(rank, row)| (rank, row.subject, board.number(&row))).collect()
    };
    boards(&rows).iter().map(ranked).collect()
}

/// The same facts, subject by subject, at other positions.
fn subject_by_subject(facts: &[Fact]) -> Vec<Fact> {
    let mut facts = facts.to_vec();
    facts.sort_by_key(|fact| std::cmp::Reverse(fact.stream));
    recorded(facts.into_iter().map(|fact| (fact.stream, fact.event)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_order_of_independent_facts_moves_no_board_and_no_total(facts in ledgers()) {
        let other = subject_by_subject(&facts);
        prop_assert_eq!(ranks(&facts), ranks(&other));
        prop_assert_eq!(rows::<Totals>(&facts), rows::<Totals>(&other));
    }

    #[test]
    fn a_rank_is_one_more_than_how_many_are_strictly_ahead(facts in ledgers()) {
        let rows = rows::<Standings>(&facts);
        for board in boards(&rows) {
            let rows = on(&board, &rows);
            let ranked = board.rank(rows.clone());
            prop_assert_eq!(ranked.len(), rows.len());
            for (rank, row) in ranked {
                let (number, better) = (board.number(&row).unwrap(), board.better());
                let ahead = rows.iter().filter_map(|row| board.number(row)).filter(|other| match better {
                    Direction::HigherIsBetter => *other > number,
                    Direction::LowerIsBetter => *other < number,
                });
                prop_assert_eq!(rank, 1 + ahead.count() as u64);
            }
        }
    }
}

fn standing_rows(values: &[&str]) -> Vec<Fact> {
    let books = |number| Books {
        subject: member(number).into(),
        metric: "rating",
        aggregation: Aggregation::Sum,
        direction: Direction::HigherIsBetter,
    };
    recorded(values.iter().enumerate().map(|(number, value)| books(number).report("2022-03", value)))
}

fn ranked(values: &[&str], direction: Direction) -> Vec<(u64, String)> {
    let (metric, period) = (code("rating"), period("2022-03"));
    let (subjects, ranked_by) = (StreamKind::Member, RankedBy::Value);
    let board = Board { subjects, metric, period, ranked_by, direction, ties: Ties::Shared, within: None };
    let ranked = board.rank(on(&board, &rows::<Standings>(&standing_rows(values)))).into_iter();
    ranked.map(|(rank, row)| (rank, row.value.unwrap().to_string())).collect()
}

fn expected<const N: usize>(ranks: [(u64, &str); N]) -> Vec<(u64, String)> {
    ranks.map(|(rank, value)| (rank, value.to_owned())).to_vec()
}

#[test]
fn ties_share_a_rank_1_2_2_4() {
    let expected = expected([(1, "95"), (2, "90"), (2, "90"), (4, "85")]);
    assert_eq!(ranked(&["90", "85", "95", "90"], Direction::HigherIsBetter), expected);
}

// CTFd#577
#[test]
fn a_result_of_zero_moves_nobody() {
    let books = |number| Books {
        subject: member(number).into(),
        metric: "rating",
        aggregation: Aggregation::Sum,
        direction: Direction::HigherIsBetter,
    };
    let year = |happened: Vec<(StreamId, Event)>| {
        let rows = rows::<Standings>(&recorded(happened));
        let board = boards(&rows).into_iter().find(|board| board.period == period("2022")).unwrap();
        let ranked = board.rank(on(&board, &rows)).into_iter();
        ranked.map(|(rank, row)| (rank, row.subject, row.value.unwrap().normalize())).collect::<Vec<_>>()
    };
    let reported: Vec<_> = ["95", "90", "90", "85"]
        .iter()
        .zip(0..)
        .map(|(value, number)| books(number).report("2022-03", value))
        .collect();
    let before = year(reported.clone());
    assert_eq!(before.iter().map(|(rank, ..)| *rank).collect::<Vec<_>>(), [1, 2, 2, 4]);
    for number in 0..4 {
        let more = [reported.clone(), vec![books(number).report("2022-04", "0")]].concat();
        assert_eq!(year(more), before, "a zero of {number}");
    }
}

#[test]
fn the_least_leads_where_less_is_better_and_a_zero_ranks_like_any_number() {
    let least = expected([(1, "-2"), (2, "0"), (3, "7")]);
    assert_eq!(ranked(&["7", "0", "-2"], Direction::LowerIsBetter), least);
    let most = expected([(1, "7"), (2, "0"), (3, "-2")]);
    assert_eq!(ranked(&["7", "0", "-2"], Direction::HigherIsBetter), most);
}

#[test]
fn who_has_no_plan_is_not_ranked_by_plan_completion() {
    let books = |number| Books {
        subject: branch(number).into(),
        metric: "rating",
        aggregation: Aggregation::Sum,
        direction: Direction::HigherIsBetter,
    };
    let planned = [books(1).report("2022-03", "5"), books(1).target("2022-03", Some("4"), None)];
    let facts = recorded([books(0).report("2022-03", "9")].into_iter().chain(planned));
    let rows = rows::<Standings>(&facts);
    let by = |ranked_by| Board {
        subjects: StreamKind::Branch,
        metric: code("rating"),
        period: period("2022-03"),
        ranked_by,
        direction: Direction::HigherIsBetter,
        ties: Ties::Shared,
        within: None,
    };
    let completion = by(RankedBy::PlanCompletion);
    let subjects: Vec<Uuid> = completion.rank(rows.clone()).into_iter().map(|(_, row)| row.subject).collect();
    assert_eq!(subjects, [branch(1).0]);
    assert!(completion.conditions().contains(&Condition::Known("completion")));
    assert_eq!(on(&by(RankedBy::Value), &rows).len(), 2);
}
