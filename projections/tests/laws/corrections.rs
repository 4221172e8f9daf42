//! A correction leads to what the right value would have led to at first.

use std::collections::BTreeMap;

use domain::event::{Event, Fact};
use domain::ledger::{Aggregation, Exactness};
use domain::stream::StreamId;
use projections::ledger::{Entry, Reported, Said, entry};
use projections::results::Results;
use projections::standings::Standings;
use projections::totals::Totals;
use proptest::prelude::*;

use crate::events::{ledgers, on, result_event};
use crate::facts::*;

/// The same history had every first report said what stands in the end.
fn right_at_first(facts: &[Fact]) -> Vec<Fact> {
    let entries = || facts.iter().map(|fact| (fact, entry(fact)));
    let mut last: BTreeMap<_, Reported> = BTreeMap::new();
    for (fact, entry) in entries() {
        if let Some(Entry { metric, period, said: Said::Result { after, .. } }) = entry {
            last.insert((fact.stream, metric, period), after);
        }
    }
    let right = |(fact, entry): (&Fact, Option<Entry>)| -> Option<(StreamId, Event)> {
        match entry {
            Some(Entry { said: Said::Result { before: Some(_), .. }, .. }) => None,
            Some(Entry { metric, period, said: Said::Result { result, aggregation, before: None, .. } }) => {
                let after = last[&(fact.stream, metric.clone(), period)];
                let event = result_event(result, (metric, aggregation, period), None, after);
                Some((fact.stream, on(fact.stream, event)))
            }
            Some(Entry { said: Said::Target { .. }, .. }) | None => Some((fact.stream, fact.event.clone())),
        }
    };
    recorded(entries().filter_map(right))
}

proptest! {
    #[test]
    fn corrections_equal_having_reported_the_right_value(facts in ledgers()) {
        let right = right_at_first(&facts);
        prop_assert_eq!(rows::<Standings>(&facts), rows::<Standings>(&right));
        let totals = |facts: &[Fact]| {
            let rows = rows::<Totals>(facts).into_iter();
            rows.map(|row| (row.year, row.item, row.value, row.count, row.at_least)).collect::<Vec<_>>()
        };
        prop_assert_eq!(totals(&facts), totals(&right));
        let values = |facts: &[Fact]| {
            let rows = rows::<Results>(facts).into_iter();
            rows.map(|row| (row.subject, row.metric, row.period, row.value, row.exactness)).collect::<Vec<_>>()
        };
        prop_assert_eq!(values(&facts), values(&right));
    }
}

#[test]
fn a_correction_that_makes_a_lower_bound_exact_leaves_no_bound_behind() {
    let books = Books { subject: branch(1).into(), metric: "premium_new", aggregation: Aggregation::Sum };
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
    let cell = (code("premium_new"), Aggregation::Sum, period("2022-03"));
    on(branch(1).into(), result_event(domain::id::ResultId(uuid(9, 3)), cell, Some(bound), exact))
}
