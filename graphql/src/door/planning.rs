//! A plan for many rounds at the door: over branches the asker reaches, as of the end of the log.

use async_graphql::ID;
use domain::id::{BranchId, RoundId};
use domain::period::Period;
use domain::round::RoundRefusal;
use uuid::Uuid;

use super::{BranchSubject, Door, Halt};
use crate::plan::planned;
use crate::policy::Action;
use crate::query::round::rules::rule_set;

/// A round of a plan.
pub struct PlannedRound {
    /// Its branches, by id.
    pub branches: Vec<BranchSubject>,
    /// The round that covers them already, where one does that another call drafted.
    pub claimed_by: Option<RoundId>,
}

impl Door<'_> {
    /// The branch an input names, or the top committee where it is left out: where the asker may do this to all within.
    ///
    /// # Errors
    /// `input.bad_id`, `policy.denied`.
    pub async fn top(&self, field: &str, within: Option<&ID>, action: Action) -> Result<BranchSubject, Halt> {
        match within {
            Some(within) => self.branch(field, within, action).await,
            None => self.organisation(action).await,
        }
    }

    /// The rounds of a plan for the standing branches within one. What this call drafted before is planned as it was drafted, so that it may be sent again;
    /// what other rounds cover comes last.
    ///
    /// # Errors
    /// `round.unknown_rules`.
    pub async fn plan(
        &self,
        within: BranchSubject,
        period: Period,
        version: u32,
        action: Action,
    ) -> Result<Vec<PlannedRound>, Halt> {
        let now = self.session.catch_up().await?;
        let unknown = || domain::refusal::Refusal::from(RoundRefusal::UnknownRules { version });
        let rules = rule_set(self.session, version.into(), now).await?.ok_or_else(unknown)?;
        let scope = self.session.scope(action, Some(within.id()), now.position).await?;
        let plan = planned(self.session, &scope, period, rules.rules.0.threshold, now).await?;
        let (mut rounds, mut claimed) = (vec![], vec![]);
        for (round, branches) in plan.claimed {
            match self.drafted(&branches) == round {
                true => rounds.push(of(&branches, None)),
                false => claimed.push(of(&branches, Some(round))),
            }
        }
        let open = plan.rounds.iter().map(|group| group.iter().map(|planned| planned.branch).collect::<Vec<_>>());
        rounds.extend(open.map(|branches| of(&branches, None)));
        rounds.extend(claimed);
        Ok(rounds)
    }

    /// The round that this call drafts over these branches.
    fn drafted(&self, branches: &[BranchId]) -> RoundId {
        let about: Vec<Uuid> = branches.iter().map(|branch| branch.0).collect();
        RoundId(self.commands.mint(&self.asker_about(&about), "round"))
    }
}

fn of(branches: &[BranchId], claimed_by: Option<RoundId>) -> PlannedRound {
    PlannedRound { branches: branches.iter().map(|branch| BranchSubject(*branch)).collect(), claimed_by }
}
