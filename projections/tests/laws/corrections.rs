//! A correction leads to what the right value would have led to at first.

use std::collections::BTreeMap;

use domain::event::{Event, Fact};
use domain::ledger::{Aggregation, Direction, Exactness};
use domain::stream::{Position, StreamId};
use projections::ledger::{Entry, Reported, Said, entry};
use projections::results::Results;
use projections::standings::Standings;
use projections::totals::Totals;
use proptest::prelude::*;

use crate::events::{ledgers, on, result_event};
use crate::facts::*;

/// The same history had every first report said what stands in the end, and nothing that was withdrawn been reported.
fn right_at_first(facts: &[Fact]) -> Vec<Fact> {
    let entries = || facts.iter().map(|fact| (fact, entry(fact)));
    let mut last: BTreeMap<_, Reported> = BTreeMap::new();
    let mut withdrawn: BTreeMap<_, Position> = BTreeMap::new();
    for (fact, entry) in entries() {
        match entry {
            Some(Entry { metric, period, said: Said::Result { after, .. }, .. }) => {
                last.insert((fact.stream, metric, period), after);
            }
            Some(Entry { metric, period, said: Said::Withdrawn { .. }, .. }) => {
                withdrawn.insert((fact.stream, metric, period), fact.position);
            }
            Some(Entry { said: Said::Target { .. }, .. }) | None => {}
        }
    }
    let right = |(fact, entry): (&Fact, Option<Entry>)| -> Option<(StreamId, Event)> {
        match entry {
            Some(Entry { said: Said::Result { before: Some(_), .. } | Said::Withdrawn { .. }, .. }) => None,
            Some(Entry { metric, direction, period, said: Said::Result { result, aggregation, before: None, .. } }) => {
                let cell = (fact.stream, metric.clone(), period);
                if withdrawn.get(&cell).is_some_and(|later| *later > fact.position) {
                    return None;
                }
                let after = last[&cell];
                let event =
                    result_event(result, (metric, aggregation, direction.unwrap_or_default(), period), None, after);
                Some((fact.stream, on(fact.stream, event)))
            }
            Some(Entry { said: Said::Target { .. }, .. }) | None => Some((fact.stream, fact.event.clone())),
        }
    };
    recorded(entries().filter_map(right))
}

proptest! {
    #[test]
    fn corrections_and_withdrawals_equal_having_reported_what_stands(facts in ledgers()) {
        let right = right_at_first(&facts);
        // A withdrawal leaves rows behind that say nothing.
        let standings = |facts: &[Fact]| {
            let rows = rows::<Standings>(facts).into_iter();
            rows.filter(|row| row.value.is_some() || row.plan.is_some() || row.base.is_some()).collect::<Vec<_>>()
        };
        prop_assert_eq!(standings(&facts), standings(&right));
        let totals = |facts: &[Fact]| {
            let rows = rows::<Totals>(facts).into_iter().filter(|row| row.count > 0);
            rows.map(|row| (row.year, row.item, row.value, row.count, row.at_least)).collect::<Vec<_>>()
        };
        prop_assert_eq!(totals(&facts), totals(&right));
        let values = |facts: &[Fact]| {
            let rows = rows::<Results>(facts).into_iter();
            let rows = rows.filter(|row| row.value.is_some() || row.plan.is_some() || row.base.is_some());
            rows.map(|row| (row.subject, row.metric, row.period, row.value, row.exactness)).collect::<Vec<_>>()
        };
        prop_assert_eq!(values(&facts), values(&right));
    }
}

#[test]
fn a_correction_that_makes_a_lower_bound_exact_leaves_no_bound_behind() {
    let books = Books {
        subject: branch(1).into(),
        metric: "premium_new",
        aggregation: Aggregation::Sum,
        direction: Direction::HigherIsBetter,
    };
    let facts = recorded([
        books.report_as("2022-03", "800", Exactness::AtLeast),
        books.report("2022-04", "5"),
        (branch(1).into(), corrected_from_bound()),
    ]);
    let before = the::<Standings>(&facts[..2], |row| row.period == period("2022"));
    let after = the::<Standings>(&facts, |row| row.period == period("2022"));
    assert_eq!((before.at_least, after.at_least), (1, 0));
    assert_eq!(after.value, Some(amount("817").decimal()));
    assert_eq!((after.results, after.last_period), (2, Some(period("2022-04"))));
}

fn corrected_from_bound() -> Event {
    let bound = Reported { value: amount("800"), exactness: Exactness::AtLeast };
    let exact = Reported { value: amount("812"), exactness: Exactness::Exact };
    let cell = (code("premium_new"), Aggregation::Sum, Direction::HigherIsBetter, period("2022-03"));
    on(branch(1).into(), result_event(domain::id::ResultId(uuid(9, 3)), cell, Some(bound), exact))
}
