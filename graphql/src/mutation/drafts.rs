//! One plan for an organisation 轮次计划: a round per branch, small ones with their neighbours.

use async_graphql::{Context, ID, Object};
use domain::period::Period;
use domain::round::{RoundCommand, RoundRefusal};
use uuid::Uuid;

use super::inputs;
use crate::door::{AskEach, Asked, Door, Halt, Part, PlannedRound, through_each};
use crate::fault;
use crate::input::{self, PeriodInput};
use crate::policy::Action::RunRounds;
use crate::refusal::Outcomes;

/// Plans of rounds.
#[derive(Default)]
pub struct Drafts;

#[Object]
impl Drafts {
    /// Drafts the rounds of a period for every branch that somebody belongs to 批量起草: one for each branch that is large
    /// enough for secret ballots, small ones together with their neighbours under the same branch above, as `roundPlan`
    /// shows it. Each round is accepted or refused by itself. Branches that are in a round of the period already stay
    /// there; they are left out of the plan and told last, refused with the round that covers them.
    async fn draft_rounds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: DraftRoundsInput,
    ) -> fault::Result<Option<Outcomes>> {
        through_each(ctx, input).await.map(Some)
    }
}

inputs! {
    /// Rounds to be drafted.
    DraftRoundsInput {
        /// The quarter, or the year.
        period: PeriodInput,
        /// The version of the organisation's rules.
        rules_version: i64,
        /// Only for branches within this one; for the whole organisation where it is left out.
        within: Option<ID>,
    }
}

/// One round of the plan.
pub struct Drafted {
    round: PlannedRound,
    period: Period,
    rules_version: u32,
}

impl AskEach for DraftRoundsInput {
    type Part = Drafted;

    async fn parts(self, door: &Door<'_>) -> Result<Vec<Drafted>, Halt> {
        let within = door.top("within", self.within.as_ref(), RunRounds).await?;
        let (period, rules_version) = (self.period.read()?, input::count("rulesVersion", self.rules_version)?);
        let rounds = door.plan(within, period, rules_version, RunRounds).await?;
        Ok(rounds.into_iter().map(|round| Drafted { round, period, rules_version }).collect())
    }
}

impl Part for Drafted {
    fn about(&self) -> Vec<Uuid> {
        self.round.branches.iter().map(|branch| branch.id().0).collect()
    }

    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let (period, rules_version) = (self.period, self.rules_version);
        let branches: Vec<_> = self.round.branches.iter().map(|branch| branch.id()).collect();
        if let (Some(round), Some(branch)) = (self.round.claimed_by, branches.first()) {
            let claimed = RoundRefusal::PeriodClaimed { branch: *branch, period, round };
            return Err(domain::refusal::Refusal::from(claimed).into());
        }
        Ok(door.new_round(&self.round.branches).asks(RoundCommand::Draft { branches, period, rules_version }))
    }
}
