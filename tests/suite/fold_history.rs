//! Live rows equal rows recomputed by the naive implementation, and `asOf` any past position equals it stopped there.

use std::collections::BTreeSet;

use domain::branch::RankedBy;
use domain::event::Event;
use domain::id::BranchId;
use domain::stream::{Position, StreamKind};
use graphql::ports::{AsOf, Reads};
use harness::chance::Chance;
use projections::leaderboard::{Board, Ties};
use projections::scores::round_score;
use projections::standings::StandingRow;

use crate::naive::{Log, Naive};
use crate::told::{ALL, log, rows_equal, told};

/// Some boards, whole and within a subtree as it stood; answers how many places were compared.
async fn boards_equal(reads: &dyn Reads, log: &Log, at: Position, chance: &mut Chance) -> usize {
    let naive = Naive::upto(log, at);
    let standings = naive.standing_rows();
    let mut places = 0;
    for _ in 0..8 {
        let Some(board) = a_board(chance, naive, &standings) else { return places };
        let expected = naive.board(&board, &standings);
        let rows = reads.board(&board, at, None, ALL).await.unwrap();
        let rows = rows.into_iter().map(|(rank, cells)| {
            let row = graphql::ports::typed::<StandingRow>(cells).unwrap();
            (rank, board.number(&row).unwrap(), row.subject)
        });
        assert_eq!(rows.collect::<Vec<_>>(), expected, "{board:?} at {at}");
        for (rank, _, subject) in expected.iter().take(3) {
            let found = reads.rank(&board, *subject, at).await.unwrap();
            assert_eq!(found.map(|(rank, _)| rank), Some(*rank), "{board:?} at {at}");
        }
        places += expected.len();
    }
    places
}

/// A board on which somebody stands, whole or within some branch of the tree.
pub fn a_board(chance: &mut Chance, naive: Naive<'_>, standings: &[StandingRow]) -> Option<Board> {
    let row = chance.one(standings)?;
    let branches: Vec<BranchId> = naive.branches().into_iter().collect();
    let within = match chance.percent(40) {
        true => chance.one(&branches).map(|top| naive.subtree(top).into_iter().collect()),
        false => None,
    };
    if row.metric == round_score() {
        let ties = chance.one(&[Ties::Shared, Ties::Parted])?;
        return Some(Board::of_scores(row.subject_kind, row.period, ties, within));
    }
    let metrics = naive.metric_rows();
    let metric = metrics.iter().find(|metric| metric.code == row.metric)?;
    let by = [RankedBy::Value, RankedBy::Value, RankedBy::PlanCompletion, RankedBy::Growth];
    Some(Board {
        subjects: row.subject_kind,
        metric: row.metric,
        period: row.period,
        ranked_by: chance.one(&by)?,
        direction: metric.direction,
        ties: Ties::Shared,
        within,
    })
}

/// Evenly spread positions and some by chance, the ends included.
fn moments(head: Position, spread: u64, chance: &mut Chance) -> BTreeSet<Position> {
    let evenly = (0..=spread).map(|n| Position(head.0 * n / spread));
    let by_chance: Vec<_> = (0..20).map(|_| Position(chance.below(head.0 + 1))).collect();
    evenly.chain(by_chance).collect()
}

async fn a_story_is_folded_as_the_naive_way_has_it(seed: u64, commands: usize) {
    let told = told(seed, commands).await;
    let head = told.caught_up().await;
    let log = log(&*told.app.reads).await;
    assert_eq!(log.len() as u64, head.0);
    let (accepted, refused) = told.story.answers;
    assert!(accepted > 2 * refused, "most of a story makes sense: {accepted} accepted, {refused} refused");
    let happened: BTreeSet<&str> = log.iter().map(|fact| fact.event.name()).collect();
    let never = StreamKind::ALL.into_iter().flat_map(Event::names).filter(|name| !happened.contains(**name));
    assert_eq!(never.collect::<Vec<_>>(), Vec::<&&str>::new(), "every event happens in a story");

    rows_equal(&*told.app.reads, &log, head).await;
    let (mut places, mut chance) = (0, Chance::of(seed));
    for at in moments(head, 12, &mut chance) {
        let pinned = told.app.reads.pin(Some(AsOf::Position(at)), None).await.unwrap();
        assert_eq!(pinned.position, at);
        rows_equal(&*told.app.reads, &log, at).await;
        places += boards_equal(&*told.app.reads, &log, at, &mut chance).await;
    }
    assert!(places > 100, "the boards had places: {places}");
    told.app.stop().await;
}

#[tokio::test]
async fn a_first_story_is_folded_as_the_naive_way_has_it_at_every_moment() {
    a_story_is_folded_as_the_naive_way_has_it(1, 850).await;
}

#[tokio::test]
async fn a_second_story_is_folded_as_the_naive_way_has_it_at_every_moment() {
    a_story_is_folded_as_the_naive_way_has_it(20_220_301, 850).await;
}

#[tokio::test]
async fn a_third_story_is_folded_as_the_naive_way_has_it_at_every_moment() {
    a_story_is_folded_as_the_naive_way_has_it(72, 850).await;
}
