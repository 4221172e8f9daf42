//! One plan for an organisation 轮次计划: a round per branch, small ones with their neighbours.

use async_graphql::{Context, ID, Object};
use domain::period::Period;
use domain::round::RoundCommand;
use domain::round::plan::plan;
use uuid::Uuid;

use super::inputs;
use crate::door::{AskEach, Asked, BranchSubject, Door, Halt, Part, through_each};
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
    /// enough for secret ballots, small ones together with their neighbours under the same branch above. Each round is
    /// accepted or refused by itself, so branches that are in a round of the period already stay there.
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
    branches: Vec<BranchSubject>,
    period: Period,
    rules_version: u32,
}

impl AskEach for DraftRoundsInput {
    type Part = Drafted;

    async fn parts(self, door: &Door<'_>) -> Result<Vec<Drafted>, Halt> {
        let standing = door.standing("within", self.within.as_ref(), RunRounds).await?;
        let (period, rules_version) = (self.period.read()?, input::count("rulesVersion", self.rules_version)?);
        let threshold = door.rules(rules_version).await?.threshold;
        let planned: Vec<_> = standing.iter().map(|(_, planned)| *planned).collect();
        let subjects = |branches: Vec<_>| {
            let covered =
                standing.iter().map(|(subject, _)| *subject).filter(|subject| branches.contains(&subject.id()));
            Drafted { branches: covered.collect(), period, rules_version }
        };
        Ok(plan(&planned, threshold).into_iter().map(subjects).collect())
    }
}

impl Part for Drafted {
    fn about(&self) -> Vec<Uuid> {
        self.branches.iter().map(|branch| branch.id().0).collect()
    }

    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branches = self.branches.iter().map(|branch| branch.id()).collect();
        let (period, rules_version) = (self.period, self.rules_version);
        Ok(door.new_round(&self.branches).asks(RoundCommand::Draft { branches, period, rules_version }))
    }
}
