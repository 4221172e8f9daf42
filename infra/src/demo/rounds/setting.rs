//! Who is where on a day, and who stands by from elsewhere.

use std::collections::BTreeMap;

use domain::id::{BranchId, MemberId};
use domain::round::plan::Planned;
use domain::round::{Rostered, Rules};
use jiff::civil::Date;

use super::{rules, secondment};
use crate::demo::people::{Line, Person};
use crate::demo::tree::{OPENING, Tree};

/// The organisation, as rounds look at it.
pub struct Setting<'a> {
    /// The tree.
    pub tree: &'a Tree,
    /// Everybody.
    pub people: &'a [Person],
    /// The seed of the demo.
    pub seed: u64,
    /// The rules of the year.
    pub rules: Rules,
    seconded: BTreeMap<usize, BranchId>,
}

/// Somebody on the roster of a round: who of everybody, and the entry.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// The place among everybody.
    pub at: usize,
    /// As the round has it. The first day in the branch is left at the opening of the demo: of one round in a quarter it
    /// weighs nothing.
    pub entry: Rostered,
}

impl<'a> Setting<'a> {
    /// Of the demo.
    #[must_use]
    pub fn new(tree: &'a Tree, people: &'a [Person], seed: u64) -> Self {
        let seconded = secondment::places(people);
        Self { tree, people, seed, rules: rules::of_the_year(), seconded }
    }

    fn branch_on(&self, at: usize, day: Date) -> BranchId {
        let away = self.seconded.get(&at).filter(|_| secondment::lasts_on(day));
        away.copied().unwrap_or_else(|| self.tree.id(self.people[at].branch_on(day)))
    }

    /// Who is on the roster of some branches on a day.
    #[must_use]
    pub fn roster(&self, branches: &[BranchId], day: Date) -> Vec<Listed> {
        let on_duty = self.people.iter().enumerate().filter(|(_, person)| person.on_duty(day));
        let listed = on_duty.map(|(at, person)| {
            let formal = person.probation_until.is_none() || person.formal_on.is_some_and(|on| on <= day);
            let branch = self.branch_on(at, day);
            let entry = Rostered { member: person.id, branch, since: OPENING, on_probation: !formal };
            Listed { at, entry }
        });
        listed.filter(|listed| branches.contains(&listed.entry.branch)).collect()
    }

    /// The branches of each round that opens on a day.
    #[must_use]
    pub fn rounds(&self, day: Date) -> Vec<Vec<BranchId>> {
        let of_tree = self.tree.branches().into_iter().map(|node| {
            let node = &self.tree.nodes[node];
            (node.id, node.parent.map(|parent| self.tree.id(parent)))
        });
        let temporary = secondment::branches().map(|branch| (branch, Some(BranchId::root())));
        let planned: Vec<Planned> = of_tree
            .chain(temporary)
            .map(|(branch, parent)| Planned { branch, parent, peers: self.roster(&[branch], day).len() })
            .collect();
        domain::round::plan::plan(&planned, self.rules.threshold)
    }

    /// Cadres from elsewhere who are there all year: the offices' lead, anybody's count.
    #[must_use]
    pub fn elsewhere(&self, branches: &[BranchId], day: Date, line: Option<Line>) -> Vec<MemberId> {
        let fits = |at: &usize| {
            let person = &self.people[*at];
            let of_line = line.is_none_or(|line| person.line == line);
            of_line && person.is_steady_cadre() && !branches.contains(&self.branch_on(*at, day))
        };
        (0..self.people.len()).filter(fits).map(|at| self.people[at].id).collect()
    }

    /// The member whose place among everybody is this.
    #[must_use]
    pub fn member(&self, at: usize) -> MemberId {
        self.people[at].id
    }
}
