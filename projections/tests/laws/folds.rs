//! However the log is cut, the rows are the same.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::{Event, Fact};
use domain::stream::{Position, StreamId, StreamKind};
use projections::audit_trail::AuditTrail;
use projections::each_projection;
use projections::memory::Memory;
use projections::projection::{Held, KeyOf, Projection};
use projections::row::Row;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::events::histories;
use crate::facts::*;

type History<P> = BTreeMap<KeyOf<P>, Vec<Held<<P as Projection>::Row>>>;

fn history<P: Projection>(memory: &Memory<P>) -> History<P> {
    let mut history: History<P> = BTreeMap::new();
    memory.history().for_each(|held| history.entry(held.row.key()).or_default().push(held.clone()));
    history
}

/// Folds batch by batch as an engine does: standing rows come from the store, what became of them goes back.
fn in_batches<P: Projection>(facts: &[Fact], size: usize) -> History<P> {
    let mut store: History<P> = BTreeMap::new();
    for batch in facts.chunks(size) {
        let mut memory = Memory::<P>::default();
        for (key, _) in batch.iter().flat_map(P::changes) {
            let standing = store.get(&key).and_then(|held| held.last()).filter(|held| held.until.is_none());
            standing.filter(|_| !memory.knows(&key)).cloned().into_iter().for_each(|held| memory.load(held));
        }
        batch.iter().for_each(|fact| memory.fold(fact));
        for (key, held) in history(&memory) {
            let stored = store.entry(key).or_default();
            stored.retain(|old| old.from < held[0].from);
            stored.extend(held);
        }
    }
    store
}

fn batches_do_not_matter<P: Projection>(facts: &[Fact], size: usize) {
    assert_eq!(in_batches::<P>(facts, size), history(&folded::<P>(facts)), "{}", P::NAME);
}

fn the_past_is_the_fold_stopped_there<P: Projection>(facts: &[Fact], at: usize) {
    let (whole, stopped) = (folded::<P>(facts), folded::<P>(&facts[..at]));
    let at = Position(at as u64);
    for held in whole.history() {
        let key = held.row.key();
        assert_eq!(whole.at(&key, at), stopped.at(&key, at), "{} {key:?}", P::NAME);
    }
    for held in stopped.history() {
        assert_eq!(whole.at(&held.row.key(), held.from), Some(&held.row), "{}", P::NAME);
    }
}

fn ranges_of_one_key_follow_each_other<P: Projection>(facts: &[Fact]) {
    for (key, held) in history(&folded::<P>(facts)) {
        for (earlier, later) in held.iter().zip(&held[1..]) {
            assert!(earlier.until.is_some_and(|until| earlier.from < until && until <= later.from), "{key:?}");
        }
    }
}

fn rows_survive_their_cells<P: Projection>(facts: &[Fact]) {
    for held in folded::<P>(facts).history() {
        let cells = held.row.cells();
        assert_eq!(projections::row::Key::cells(&held.row.key()), cells[..P::Row::KEY]);
        crate::tables::fit(&cells, P::Row::COLUMNS);
        assert_eq!(P::Row::from_cells(cells).as_ref(), Some(&held.row));
    }
}

/// The types of events that are told to be read, and by which fold: programs find them by the examples of the catalogue.
fn told_readers() -> BTreeSet<(&'static str, &'static str)> {
    let kinds = [StreamKind::Member, StreamKind::Branch, StreamKind::Round];
    let lines = include_str!("../../../docs/events.md").lines().filter(|line| line.starts_with('{'));
    let stream = |kind| StreamId { kind, id: uuid(9, 1) };
    let of_line =
        |line| kinds.into_iter().filter_map(move |kind| Some((stream(kind), Event::decode(kind, "1", line).ok()?)));
    let examples = recorded(lines.flat_map(of_line));
    examples.iter().flat_map(|fact| readers(fact).into_iter().map(|name| (fact.event.name(), name))).collect()
}

/// The folds that an event changes rows of.
fn readers(fact: &Fact) -> Vec<&'static str> {
    macro_rules! each {
        ($($p:ty),*) => { [$((<$p>::NAME, !<$p>::changes(fact).is_empty())),*] }
    }
    each_projection!(each).into_iter().filter_map(|(name, reads)| reads.then_some(name)).collect()
}

#[test]
fn a_fold_that_reads_any_event_of_a_type_reads_an_example_of_it() {
    let (told, mut runner) = (told_readers(), TestRunner::deterministic());
    let mut met = BTreeSet::new();
    for _history in 0..64 {
        let facts = histories().new_tree(&mut runner).unwrap().current();
        for fact in &facts {
            met.insert(fact.event.name());
            for name in readers(fact) {
                assert!(told.contains(&(fact.event.name(), name)), "{name} reads {}", fact.event.encode());
            }
        }
    }
    assert!(met.len() > 60, "of most types: {met:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn live_in_batches_equals_all_at_once(facts in histories(), size in 1..20_usize) {
        macro_rules! each { ($($p:ty),*) => { $(batches_do_not_matter::<$p>(&facts, size);)* } }
        each_projection!(each);
    }

    #[test]
    fn as_of_equals_the_fold_stopped_there(facts in histories(), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(facts.len() + 1);
        macro_rules! each { ($($p:ty),*) => { $(the_past_is_the_fold_stopped_there::<$p>(&facts, cut);)* } }
        each_projection!(each);
    }

    #[test]
    fn a_row_holds_until_the_next_one(facts in histories()) {
        macro_rules! each { ($($p:ty),*) => { $(ranges_of_one_key_follow_each_other::<$p>(&facts);)* } }
        each_projection!(each);
    }

    #[test]
    fn a_row_is_what_its_cells_say(facts in histories()) {
        macro_rules! each { ($($p:ty),*) => { $(rows_survive_their_cells::<$p>(&facts);)* } }
        each_projection!(each);
    }

    #[test]
    fn the_audit_trail_has_one_primary_row_for_each_fact(facts in histories()) {
        let trail = rows::<AuditTrail>(&facts);
        let mut primary: Vec<_> = trail.iter().filter(|row| row.is_primary).collect();
        primary.sort_by_key(|row| row.position);
        prop_assert_eq!(primary.len(), facts.len());
        for (row, fact) in primary.iter().zip(&facts) {
            prop_assert_eq!((row.position as u64, row.stream), (fact.position.0, fact.stream.id));
            prop_assert_eq!((row.subject, row.event_type.as_str()), (fact.stream.id, fact.event.name()));
        }
    }
}
