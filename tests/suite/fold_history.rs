//! Live rows equal rows recomputed by the naive implementation, and `asOf` any past position equals it stopped there.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::branch::RankedBy;
use domain::event::{Event, Fact};
use domain::id::BranchId;
use domain::stream::{Position, StreamKind};
use graphql::ports::{AsOf, Reads};
use harness::chance::Chance;
use harness::ground::Ground;
use harness::story::{Story, first_day};
use infra::app::App;
use infra::clock::Clock;
use projections::leaderboard::Board;
use projections::row::{Key, Row};
use projections::select::Select;
use projections::standings::StandingRow;

use crate::naive::Naive;

/// More than any table holds here.
const ALL: usize = 1_000_000;

/// A story told to the real program.
pub struct Told {
    /// Its database.
    pub ground: Ground,
    /// The program.
    pub app: App,
    /// The clock it runs on.
    pub clock: Arc<Clock>,
    /// The story so far.
    pub story: Story,
}

/// Tells a story of so many commands.
pub async fn told(seed: u64, commands: usize) -> Told {
    let ground = Ground::fresh().await;
    let clock = Arc::new(Clock::simulated(first_day()));
    let app = ground.app_at(Arc::clone(&clock)).await;
    let mut story = Story::of(seed, Arc::clone(&clock));
    story.found(&*app.commands).await;
    story.go_on(&*app.commands, commands).await;
    Told { ground, app, clock, story }
}

/// The whole log.
pub async fn log(reads: &dyn Reads) -> Vec<Fact> {
    reads.facts_after(Position(0), ALL).await.unwrap()
}

async fn same<R: Row>(reads: &dyn Reads, at: Position, mut expected: Vec<R>) {
    let stored = reads.rows(&Select::<R>::first(ALL), at).await.unwrap();
    expected.sort_by_key(|row| row.key().cells());
    let [stored, expected] = [stored, expected].map(|rows| rows.iter().map(R::cells).collect::<Vec<_>>());
    for (stored, expected) in stored.iter().zip(&expected) {
        assert_eq!(stored, expected, "a row of {} at {at}: stored, recomputed", R::TABLE);
    }
    assert_eq!(stored.len(), expected.len(), "rows of {} at {at}", R::TABLE);
}

/// Every row of every projection.
pub async fn rows_equal(reads: &dyn Reads, log: &[Fact], at: Position) {
    let naive = Naive::upto(log, at);
    same(reads, at, naive.branch_rows()).await;
    same(reads, at, naive.member_rows()).await;
    same(reads, at, naive.member_year_rows()).await;
    same(reads, at, naive.outlet_rows()).await;
    same(reads, at, naive.contact_point_rows()).await;
    same(reads, at, naive.training_rows()).await;
    same(reads, at, naive.attendance_rows()).await;
    same(reads, at, naive.record_rows()).await;
    same(reads, at, naive.metric_rows()).await;
    same(reads, at, naive.result_rows()).await;
    same(reads, at, naive.standing_rows()).await;
    same(reads, at, naive.competition_rows()).await;
    same(reads, at, naive.total_rows()).await;
    same(reads, at, naive.audit_rows()).await;
}

/// Some boards, whole and within a subtree as it stood; answers how many places were compared.
async fn boards_equal(reads: &dyn Reads, log: &[Fact], at: Position, chance: &mut Chance) -> usize {
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
    let metrics = naive.metric_rows();
    let metric = metrics.iter().find(|metric| metric.code == row.metric)?;
    let branches: Vec<BranchId> = naive.branches().into_iter().collect();
    let within = match chance.percent(40) {
        true => chance.one(&branches).map(|top| naive.subtree(top).into_iter().collect()),
        false => None,
    };
    let by = [RankedBy::Value, RankedBy::Value, RankedBy::PlanCompletion, RankedBy::Growth];
    Some(Board {
        subjects: row.subject_kind,
        metric: row.metric,
        period: row.period,
        ranked_by: chance.one(&by)?,
        direction: metric.direction,
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
    let head = told.app.reads.head().await.unwrap().position;
    let now = told.app.reads.pin(None, Some(head)).await.unwrap();
    assert_eq!(now.position, head);
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
    a_story_is_folded_as_the_naive_way_has_it(1, 700).await;
}

#[tokio::test]
async fn a_second_story_is_folded_as_the_naive_way_has_it_at_every_moment() {
    a_story_is_folded_as_the_naive_way_has_it(20_220_301, 700).await;
}

#[tokio::test]
async fn a_third_story_is_folded_as_the_naive_way_has_it_at_every_moment() {
    a_story_is_folded_as_the_naive_way_has_it(72, 700).await;
}
