//! Lineage: whatever began or ended a version of a row is among the events behind it, by traces and by its key.

use std::collections::BTreeSet;

use domain::stream::Position;
use graphql::ports::Reads;
use projections::cell::Cell;
use projections::memory::Memory;
use projections::projection::{Held, Projection};
use projections::report::{Source, Trace};
use projections::row::{Key, Row};
use projections::select::Condition;

use crate::naive::Log;
use crate::told::{ALL, log, told};

fn of_key<R: Row>(row: &R) -> Source {
    let key = R::COLUMNS.iter().zip(row.key().cells());
    Source { table: R::TABLE, conditions: key.map(|(column, cell)| Condition::Equals(column.name, cell)).collect() }
}

fn begun_and_ended<'a, R: Row>(history: impl Iterator<Item = &'a Held<R>>, at: Position) -> Vec<Position> {
    let positions = history.flat_map(|held| [Some(held.from), held.until]).flatten();
    positions.filter(|position| *position <= at).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Every row that ever ended, and the first others, opened by both kinds of traces; answers how many had ended for good.
async fn rows_open<P: Projection>(reads: &dyn Reads, log: &Log, at: Position) -> usize {
    let mut memory = Memory::<P>::default();
    log.iter().take_while(|fact| fact.position <= at).for_each(|fact| memory.fold(fact));
    let key = |held: &Held<P::Row>| held.row.key();
    let keys: BTreeSet<_> = memory.history().map(key).collect();
    let ended: BTreeSet<_> = keys.iter().filter(|key| memory.at(key, at).is_none()).cloned().collect();
    for opened in ended.iter().take(10).chain(keys.iter().take(10)) {
        let history: Vec<_> = memory.history().filter(|held| held.row.key() == *opened).collect();
        let expected = begun_and_ended(history.iter().copied(), at);
        let key = opened.cells();
        let found = reads.lineage_of_key(P::Row::TABLE, &key, at, Position(0), ALL).await.unwrap();
        assert_eq!(found, expected, "{key:?} of {} at {at}", P::Row::TABLE);
        let found = reads.lineage_of_key(P::Row::TABLE, &key, at, expected[0], 1).await.unwrap();
        assert_eq!(found, expected[1..].iter().copied().take(1).collect::<Vec<_>>(), "one more at {at}");
        let source = of_key(&history[0].row);
        for trace in [Trace::Rows(source.clone()), Trace::Versions(source)] {
            let found = reads.lineage(std::slice::from_ref(&trace), at, Position(0), ALL).await.unwrap();
            assert_eq!(found, expected, "{trace:?} at {at}");
            let (after, rest) = (expected[0], &expected[1..]);
            let found = reads.lineage(&[trace], at, after, ALL).await.unwrap();
            assert_eq!(found, rest, "after the first of {opened:?} at {at}");
        }
    }
    // Nothing of the rows of others, and nothing for a source that no row fulfils.
    let nowhere = Source {
        table: P::Row::TABLE,
        conditions: vec![Condition::OneOf(P::Row::COLUMNS[0].name, Vec::<Cell>::new())],
    };
    assert_eq!(reads.lineage(&[Trace::Rows(nowhere)], at, Position(0), ALL).await.unwrap(), []);
    ended.len()
}

#[tokio::test]
async fn what_began_and_what_ended_a_row_is_behind_it_at_every_moment() {
    let told = told(61, 500).await;
    let head = told.caught_up().await;
    let reads = &*told.app.reads;
    let log = log(reads).await;
    let mut ended = 0;
    for at in [head, Position(head.0 / 2), Position(head.0 / 7)] {
        macro_rules! each {
            ($($projection:ty),*) => { $(ended += rows_open::<$projection>(reads, &log, at).await;)* };
        }
        projections::each_projection!(each);
    }
    assert!(ended > 10, "some rows ended: {ended}");
    told.app.stop().await;
}
