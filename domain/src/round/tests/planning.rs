//! One plan for an organisation: a round per branch, small ones with their neighbours.

use super::plan::{Planned, plan};
use super::*;

fn branch(number: u128) -> BranchId {
    BranchId(Uuid::from_u128(number))
}

/// Branches 1, 2, 3 … under parents, with so many peers.
fn planned(branches: &[(u128, usize)]) -> Vec<Vec<u128>> {
    let numbered = branches.iter().zip(1..);
    let branches: Vec<Planned> = numbered
        .map(|((parent, peers), number)| Planned {
            branch: branch(number),
            parent: Some(branch(*parent)),
            peers: *peers,
        })
        .collect();
    let plan = plan(&branches, 5);
    plan.into_iter().map(|round| round.into_iter().map(|branch| branch.0.as_u128()).collect()).collect()
}

#[test]
fn a_branch_with_more_peers_than_the_threshold_has_a_round_of_its_own() {
    assert_eq!(planned(&[(9, 6), (9, 7)]), [[1], [2]]);
}

#[test]
fn small_branches_go_together_under_the_same_branch_above() {
    assert_eq!(planned(&[(9, 3), (9, 40), (9, 3), (8, 4), (8, 2)]), [vec![1, 3], vec![2], vec![4, 5]]);
    assert_eq!(planned(&[(9, 2), (9, 2), (9, 2), (9, 3), (9, 3)]), [vec![1, 2, 3], vec![4, 5]]);
}

#[test]
fn what_is_left_over_joins_another_round_there() {
    assert_eq!(planned(&[(9, 6), (9, 4)]), [[1, 2]]);
    assert_eq!(planned(&[(9, 4), (9, 6)]), [[2, 1]]);
    assert_eq!(planned(&[(9, 3), (9, 3), (9, 1)]), [[1, 2, 3]]);
}

#[test]
fn a_small_branch_without_neighbours_stays_alone_and_a_branch_without_anybody_in_none() {
    assert_eq!(planned(&[(9, 6), (8, 4), (9, 0)]), [[1], [2]]);
    assert!(planned(&[]).is_empty());
}
