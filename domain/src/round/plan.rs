//! One plan for an organisation: a round per branch, small ones with their neighbours.

use crate::id::BranchId;

/// A branch as a plan sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Which.
    pub branch: BranchId,
    /// The branch above: neighbours share it.
    pub parent: Option<BranchId>,
    /// How many peers it would have.
    pub peers: usize,
}

/// The branches of each round, in the order given: one alone where it has more peers than the threshold k, so that
/// k answers remain without one's own; smaller ones together with the next small neighbours under the same branch
/// above, and what is left over with the last round there. A branch without anybody is in none.
#[must_use]
pub fn plan(branches: &[Planned], threshold: u32) -> Vec<Vec<BranchId>> {
    let enough = |peers: usize| peers > threshold as usize;
    let mut rounds: Vec<(Option<BranchId>, usize, Vec<BranchId>)> = vec![];
    for branch in branches.iter().filter(|branch| branch.peers > 0) {
        let small = !enough(branch.peers);
        let open = rounds.iter_mut().rev().find(|(parent, peers, _)| *parent == branch.parent && !enough(*peers));
        match open.filter(|_| small) {
            Some((_, peers, together)) => {
                *peers += branch.peers;
                together.push(branch.branch);
            }
            None => rounds.push((branch.parent, branch.peers, vec![branch.branch])),
        }
    }
    settle_left_over(&mut rounds, enough);
    rounds.into_iter().map(|(_, _, branches)| branches).collect()
}

/// What is still too small joins another round under the same branch above, if there is one.
fn settle_left_over(rounds: &mut Vec<(Option<BranchId>, usize, Vec<BranchId>)>, enough: impl Fn(usize) -> bool) {
    let small: Vec<usize> = (0..rounds.len()).filter(|at| !enough(rounds[*at].1)).rev().collect();
    for at in small {
        let parent = rounds[at].0;
        let neighbour = (0..rounds.len()).rev().find(|other| *other != at && rounds[*other].0 == parent);
        if let Some(neighbour) = neighbour {
            let (peers, branches) = (rounds[at].1, std::mem::take(&mut rounds[at].2));
            rounds[neighbour].1 += peers;
            rounds[neighbour].2.extend(branches);
            rounds.remove(at);
        }
    }
}
