//! Boards of round scores.

use domain::event::Event;
use domain::id::{BranchId, MemberId, RoundId};
use domain::round::{Group, MemberResult, RoundEvent};
use domain::stream::{StreamId, StreamKind};
use projections::leaderboard::{Board, Ties};
use projections::standings::Standings;
use uuid::Uuid;

use crate::evaluations::{actor, of_groups, round};
use crate::facts::*;

type Happened = (StreamId, Event);

/// A result of the third quarter.
fn published(round: RoundId, of: MemberId, version: u32, result: MemberResult) -> Happened {
    let (branch, period, score_before) = (branch(0), period("2022-Q3"), None);
    (round.into(), RoundEvent::ResultPublished { member: of, branch, period, version, result, score_before }.into())
}

/// A score with that of the leaders' group.
fn scored(round: RoundId, of: usize, score: &str, leader: &str) -> Happened {
    published(round, member(of), 1, of_groups(&[(Group::Leader, leader)], Some(score)))
}

fn incomplete(round: RoundId, of: usize) -> Happened {
    published(round, member(of), 1, of_groups(&[(Group::Leader, "90")], None))
}

fn mean(round: RoundId, of: BranchId, score: Option<&str>) -> Happened {
    let (period, score) = (period("2022-Q3"), score.map(amount));
    (round.into(), RoundEvent::BranchScored { branch: of, period, score, persons: 5 }.into())
}

fn withdrawn(round: RoundId, of: usize) -> Happened {
    let (branch, period, version) = (branch(0), period("2022-Q3"), 1);
    (round.into(), RoundEvent::ResultWithdrawn { member: member(of), branch, period, version }.into())
}

fn annulled(round: RoundId) -> Happened {
    let (branches, period, reason) = (vec![branch(0), branch(1)], period("2022-Q3"), sealed(0));
    (round.into(), RoundEvent::Annulled { branches, period, reason, proposed_by: actor(0), by: actor(1) }.into())
}

fn board(subjects: StreamKind, ties: Ties, happened: Vec<Happened>) -> Vec<(u64, Uuid, String)> {
    let board = Board::of_scores(subjects, period("2022-Q3"), ties, None);
    let facts = recorded(happened);
    let of_kind = rows::<Standings>(&facts).into_iter().filter(|row| row.subject_kind == subjects);
    board.rank(of_kind).into_iter().map(|(rank, row)| (rank, row.subject, row.value.unwrap().to_string())).collect()
}

fn members(ties: Ties, happened: Vec<Happened>) -> Vec<(u64, Uuid, String)> {
    board(StreamKind::Member, ties, happened)
}

fn places<const N: usize>(places: [(u64, usize, &str); N]) -> Vec<(u64, Uuid, String)> {
    places.map(|(rank, number, score)| (rank, member(number).0, score.to_owned())).to_vec()
}

fn four() -> Vec<Happened> {
    let of = |number, score, leader| scored(round(0), number, score, leader);
    vec![of(0, "90", "80"), of(1, "85", "80"), of(2, "95", "80"), of(3, "90", "85"), incomplete(round(0), 4)]
}

#[test]
fn scores_rank_1_2_2_4_and_what_is_incomplete_is_not_ranked() {
    let expected = places([(1, 2, "95"), (2, 0, "90"), (2, 3, "90"), (4, 1, "85")]);
    assert_eq!(members(Ties::Shared, four()), expected);
}

// CTFd#833, codalab-competitions#2699, RootTheBox#560
#[test]
fn neither_the_order_of_publication_nor_an_id_parts_equal_scores() {
    let (one, other) = (scored(round(0), 7, "90", "80"), scored(round(1), 3, "90", "80"));
    let expected = places([(1, 3, "90"), (1, 7, "90")]);
    for ties in [Ties::Shared, Ties::Parted] {
        assert_eq!(members(ties, vec![one.clone(), other.clone()]), expected);
        assert_eq!(members(ties, vec![other.clone(), one.clone()]), expected);
    }
}

#[test]
fn equal_scores_are_parted_by_the_leaders_where_the_rules_say_so() {
    let expected = places([(1, 2, "95"), (2, 3, "90"), (3, 0, "90"), (4, 1, "85")]);
    assert_eq!(members(Ties::Parted, four()), expected);
    let mut more = four();
    more.push(published(round(0), member(5), 1, of_groups(&[(Group::Peer, "99")], Some("90"))));
    more.push(scored(round(0), 6, "90", "85"));
    let expected = places([(1, 2, "95"), (2, 3, "90"), (2, 6, "90"), (4, 0, "90"), (5, 5, "90"), (6, 1, "85")]);
    assert_eq!(members(Ties::Parted, more), expected, "who has no leader's score comes after who has");
}

#[test]
fn of_two_rounds_in_a_quarter_the_last_published_stands_whatever_is_corrected() {
    let mut happened = vec![scored(round(0), 0, "70", "70"), scored(round(1), 0, "80", "80")];
    assert_eq!(members(Ties::Shared, happened.clone()), places([(1, 0, "80")]));
    happened.push(published(round(0), member(0), 2, of_groups(&[(Group::Leader, "99")], Some("99"))));
    assert_eq!(members(Ties::Shared, happened.clone()), places([(1, 0, "80")]), "the first was corrected");
    happened.push(withdrawn(round(1), 0));
    assert_eq!(members(Ties::Shared, happened.clone()), places([(1, 0, "99")]), "the second was annulled");
    happened.push(withdrawn(round(0), 0));
    assert!(rows::<Standings>(&recorded(happened)).is_empty(), "nothing is left of what was taken back");
}

#[test]
fn a_round_without_a_score_does_not_hide_the_one_before() {
    let happened = vec![scored(round(0), 0, "70", "70"), incomplete(round(1), 0)];
    assert_eq!(members(Ties::Shared, happened), places([(1, 0, "70")]));
}

#[test]
fn the_mean_of_a_branch_is_ranked_unless_it_is_of_too_few_and_leaves_with_its_round() {
    let first = vec![mean(round(0), branch(0), Some("88.5")), mean(round(0), branch(1), None)];
    let ranked = board(StreamKind::Branch, Ties::Shared, first.clone());
    assert_eq!(ranked, [(1, branch(0).0, "88.5".to_owned())]);
    let voided = [first, vec![annulled(round(0))]].concat();
    assert!(rows::<Standings>(&recorded(voided.clone())).is_empty());
    let again = [voided, vec![mean(round(1), branch(0), Some("77"))]].concat();
    assert_eq!(board(StreamKind::Branch, Ties::Shared, again), [(1, branch(0).0, "77".to_owned())]);
}

#[test]
fn an_annulment_before_publication_makes_no_row() {
    assert!(rows::<Standings>(&recorded([annulled(round(0))])).is_empty());
}
