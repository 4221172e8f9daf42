//! The organisation tree 组织树 as a policy looks at it: who is under whom.

use std::collections::{HashMap, HashSet};

use domain::id::BranchId;
use projections::branches::BranchRow;
use projections::words::BranchStanding;

/// The branch above each branch. Branches that ended stay where they were, so that their past has a place.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    above: HashMap<BranchId, Option<BranchId>>,
    ended: HashSet<BranchId>,
}

impl Tree {
    /// The tree of these branches; one that was merged stands under the branch that took it over.
    #[must_use]
    pub fn of(rows: &[BranchRow]) -> Self {
        let ended = rows.iter().filter(|row| match row.standing {
            BranchStanding::Standing => false,
            BranchStanding::Merged | BranchStanding::Closed => true,
        });
        let ended = ended.map(|row| row.branch).collect();
        Self { ended, ..Self::new(rows.iter().map(|row| (row.branch, row.merged_into.or(row.parent)))) }
    }

    /// The tree of these branches, each with the one above it, all of them standing.
    #[must_use]
    pub fn new(branches: impl IntoIterator<Item = (BranchId, Option<BranchId>)>) -> Self {
        Self { above: branches.into_iter().collect(), ended: HashSet::new() }
    }

    /// Whether there is such a branch.
    #[must_use]
    pub fn knows(&self, branch: BranchId) -> bool {
        self.above.contains_key(&branch)
    }

    /// Whether there is such a branch, and it did not end.
    #[must_use]
    pub fn stands(&self, branch: BranchId) -> bool {
        self.knows(branch) && !self.ended.contains(&branch)
    }

    /// A branch and all that are above it, up to the top.
    pub fn up_from(&self, branch: BranchId) -> impl Iterator<Item = BranchId> {
        let next = |branch: &BranchId| self.above.get(branch).copied().flatten();
        // A tree of n branches has no path longer than n; the bound keeps a broken one from turning for ever.
        std::iter::successors(Some(branch), next).take(self.above.len() + 1)
    }

    /// Whether a branch is that one, or somewhere under it.
    #[must_use]
    pub fn is_within(&self, branch: BranchId, top: BranchId) -> bool {
        self.up_from(branch).any(|above| above == top)
    }

    /// The lowest branch that all of these are under, itself one of them where that is so.
    #[must_use]
    pub fn above_all(&self, branches: &[BranchId]) -> Option<BranchId> {
        let (first, others) = branches.split_first()?;
        self.up_from(*first).find(|top| others.iter().all(|other| self.is_within(*other, *top)))
    }

    /// A branch and all that are under it, in the order of their ids.
    #[must_use]
    pub fn within(&self, top: BranchId) -> Vec<BranchId> {
        let mut branches: Vec<BranchId> =
            self.above.keys().copied().filter(|branch| self.is_within(*branch, top)).collect();
        branches.sort_unstable();
        branches
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn branch(number: u128) -> BranchId {
        BranchId(Uuid::from_u128(number))
    }

    #[test]
    fn a_subtree_holds_its_top_and_all_below() {
        let above = [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1))];
        let tree = Tree::new(above.map(|(id, up)| (branch(id), up.map(branch))));
        assert_eq!(tree.within(branch(2)), [branch(2), branch(3)]);
        assert!(tree.is_within(branch(3), branch(1)));
        assert!(!tree.is_within(branch(4), branch(2)));
        assert!(!tree.is_within(branch(9), branch(1)), "an unknown branch is nowhere");
    }

    #[test]
    fn what_is_above_all_is_the_lowest_that_holds_them() {
        let above = [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(2)), (5, Some(1))];
        let tree = Tree::new(above.map(|(id, up)| (branch(id), up.map(branch))));
        assert_eq!(tree.above_all(&[branch(3), branch(4)]), Some(branch(2)));
        assert_eq!(tree.above_all(&[branch(3), branch(5)]), Some(branch(1)));
        assert_eq!(tree.above_all(&[branch(3)]), Some(branch(3)));
        assert_eq!((tree.above_all(&[]), tree.above_all(&[branch(3), branch(9)])), (None, None));
    }

    #[test]
    fn a_ring_does_not_turn_for_ever() {
        let above = [(1, Some(2)), (2, Some(1))];
        let tree = Tree::new(above.map(|(id, up)| (branch(id), up.map(branch))));
        assert!(!tree.is_within(branch(1), branch(3)));
    }
}
