//! Boards of round scores in the database rank, page and take back as the naive way does, equal scores parted or not.

use domain::event::Event;
use domain::id::{BranchId, MemberId, RoundId};
use domain::period::Period;
use domain::round::fraction::Fraction;
use domain::round::{Basis, Group, GroupResult, MemberResult, RoundEvent};
use domain::stream::{Position, StreamKind};
use graphql::ports::{Reads, typed};
use harness::chance::Chance;
use projections::leaderboard::{Board, Ties};
use projections::members::MemberRow;
use projections::scores::round_score;
use projections::select::Select;
use projections::standings::StandingRow;

use crate::naive::Naive;
use crate::told::{ALL, Told, log, rows_equal, smuggle, told};

fn quarter() -> Period {
    "2022-Q1".parse().unwrap()
}

/// A result with one of few scores and one of few scores by the leaders, or without.
fn result(chance: &mut Chance) -> MemberResult {
    let number = |chance: &mut Chance| Fraction::whole(80 + chance.below(4));
    let score = chance.percent(85).then(|| number(chance));
    let group = GroupResult {
        group: Group::Leader,
        weight_percent: "100".parse().unwrap(),
        dimensions: vec![],
        score: chance.percent(75).then(|| number(chance)),
        gap: None,
    };
    MemberResult::of(Basis::Reviews { groups: vec![group] }, score)
}

async fn say(told: &Told, round: RoundId, event: RoundEvent) -> Position {
    smuggle(&told.ground, "round", &round.to_string(), &Event::from(event).encode()).await
}

/// A round publishes a result of everybody and a mean of each branch; some are corrected.
pub async fn publish(told: &Told, round: RoundId, roster: &[MemberRow], chance: &mut Chance) {
    for row in roster {
        let (member, branch, period) = (row.member, row.branch, quarter());
        for version in 1..=if chance.percent(20) { 2 } else { 1 } {
            let (result, score_before) = (result(chance), None);
            say(told, round, RoundEvent::ResultPublished { member, branch, period, version, result, score_before })
                .await;
        }
        let (score, persons) = (chance.percent(70).then(|| "85.5".parse().unwrap()), 5);
        say(told, round, RoundEvent::BranchScored { branch, period, score, persons }).await;
    }
}

async fn take_back(told: &Told, round: RoundId, members: &[(MemberId, BranchId)]) {
    for (member, branch) in members.iter().copied() {
        let (period, version) = (quarter(), 1);
        say(told, round, RoundEvent::ResultWithdrawn { member, branch, period, version }).await;
    }
}

/// Every page of a board, one after the other.
async fn paged(reads: &dyn Reads, board: &Board, size: usize, at: Position) -> Vec<(u64, StandingRow)> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = reads.board(board, at, after, size).await.unwrap();
        let page: Vec<_> = page.into_iter().map(|(rank, cells)| (rank, typed::<StandingRow>(cells).unwrap())).collect();
        let Some((_, last)) = page.last() else { return rows };
        after = board.place(last);
        rows.extend(page);
    }
}

#[tokio::test]
async fn boards_of_scores_rank_and_page_as_the_naive_way_does() {
    let told = told(52, 60).await;
    // Of another seed than the story, whose ids would come again.
    let mut chance = Chance::of(5_200);
    let now = told.caught_up().await;
    let roster = told.app.reads.rows(&Select::<MemberRow>::first(ALL), now).await.unwrap();
    assert!(roster.len() > 8, "there are people: {}", roster.len());
    let (first, second) = (RoundId(chance.id()), RoundId(chance.id()));
    publish(&told, first, &roster, &mut chance).await;
    publish(&told, second, &roster[..roster.len() / 2], &mut chance).await;
    let moved: Vec<_> = roster.iter().take(3).map(|row| (row.member, row.branch)).collect();
    take_back(&told, second, &moved).await;
    let head = told.caught_up().await;
    let log = log(&*told.app.reads).await;
    rows_equal(&*told.app.reads, &log, head).await;

    let (reads, naive) = (&*told.app.reads, Naive::upto(&log, head));
    let standings = naive.standing_rows();
    let (mut parted, mut places) = (0, 0);
    for subjects in [StreamKind::Member, StreamKind::Branch] {
        for ties in [Ties::Shared, Ties::Parted] {
            let board = Board::of_scores(subjects, quarter(), ties, None);
            let of_board = |row: &&StandingRow| {
                row.subject_kind == subjects && row.metric == round_score() && row.period == quarter()
            };
            let reference = board.rank(standings.iter().filter(of_board).cloned());
            let mine = naive.board(&board, &standings);
            let shown = reference.iter().map(|(rank, row)| (*rank, row.value.unwrap(), row.subject));
            assert_eq!(shown.collect::<Vec<_>>(), mine, "{board:?}");
            for size in 1..=4 {
                assert_eq!(paged(reads, &board, size, head).await, reference, "{board:?}, {size} a page");
            }
            for (rank, row) in &reference {
                let found = reads.rank(&board, row.subject, head).await.unwrap().unwrap();
                assert_eq!(found.0, *rank, "{board:?}");
            }
            let ranks = |rows: &[(u64, StandingRow)]| rows.windows(2).filter(|pair| pair[0].0 != pair[1].0).count();
            parted += if ties == Ties::Parted { ranks(&reference) } else { 0 };
            places += reference.len();
        }
    }
    assert!(parted > 3 && places > 16, "{parted} ranks apart, {places} places");
    told.app.stop().await;
}
