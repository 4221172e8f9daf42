//! A plan for many rounds at the door: the branches in reach, how many would vote in each, under which rules.

use std::collections::BTreeMap;

use async_graphql::ID;
use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::BranchId;
use domain::round::plan::Planned;
use domain::round::{RoundRefusal, Rules};
use projections::branches::BranchRow;
use projections::cell::ColumnType;
use projections::members::MemberRow;
use projections::select::{Condition, Select};
use projections::words::{BranchStanding, MemberStanding, SubjectKind};

use super::{BranchSubject, Door, Halt};
use crate::policy::Action;

/// How many rows are read at a time.
const PORTION: usize = 1_000;

impl Door<'_> {
    /// A version of the organisation's rules.
    ///
    /// # Errors
    /// `round.unknown_rules`.
    pub async fn rules(&self, version: u32) -> Result<Rules, Halt> {
        let adopted = |fact: &Fact| match &fact.event {
            Event::Branch(BranchEvent::RulesAdopted { version: adopted, rules }) if *adopted == version => {
                Some(rules.clone())
            }
            Event::Branch(_) | Event::Member(_) | Event::Round(_) => None,
        };
        let root = (SubjectKind::Branch, BranchId::root().0);
        let found = self.told(root, "branch_rules_adopted", adopted).await?;
        found.ok_or_else(|| domain::refusal::Refusal::from(RoundRefusal::UnknownRules { version }).into())
    }

    /// The standing branches within one, or of the whole organisation, where the asker may do this to all of them: each
    /// with the branch above it and with how many there are on duty.
    ///
    /// # Errors
    /// `input.bad_id`, `policy.denied`.
    pub async fn standing(
        &self,
        field: &str,
        within: Option<&ID>,
        action: Action,
    ) -> Result<Vec<(BranchSubject, Planned)>, Halt> {
        let top = match within {
            Some(within) => self.branch(field, within, action).await?,
            None => self.organisation(action).await?,
        };
        let now = self.session.catch_up().await?.position;
        let tree = self.session.tree(now).await?;
        let on_duty =
            Select::<MemberRow>::first(PORTION).only(Condition::Equals("standing", MemberStanding::OnDuty.to_cell()));
        let mut peers: BTreeMap<BranchId, usize> = BTreeMap::new();
        for member in self.session.every(on_duty, now).await? {
            *peers.entry(member.branch).or_default() += 1;
        }
        let standing =
            Select::<BranchRow>::first(PORTION).only(Condition::Equals("standing", BranchStanding::Standing.to_cell()));
        let rows = self.session.every(standing, now).await?.into_iter();
        let planned = |row: BranchRow| {
            let peers = peers.get(&row.branch).copied().unwrap_or_default();
            (BranchSubject(row.branch), Planned { branch: row.branch, parent: row.parent, peers })
        };
        Ok(rows.filter(|row| tree.is_within(row.branch, top.id())).map(planned).collect())
    }
}
