//! One plan for an organisation 评议编组: a round per branch, small ones with their neighbours.

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::id::{BranchId, RoundId};
use domain::round::RoundRefusal;
use domain::round::plan::Planned;

use super::super::figure::Period;
use super::super::subject::Subject;
use super::rules::rule_set;
use crate::fault::Result;
use crate::input::{self, AsOf, PeriodInput};
use crate::page::{When, weight};
use crate::plan::{Plan, planned};
use crate::policy::Action;
use crate::ports::Moment;
use crate::refusal::Refusal;
use crate::scalar::Position;
use crate::schema::READ;
use crate::session::Session;

/// How the rounds of a period could be drafted 评议编组. Nothing is drafted by asking.
#[derive(Debug, Clone, SimpleObject)]
pub struct RoundPlan {
    /// The period.
    period: Period,
    /// The version of the organisation's rules.
    rules_version: i64,
    /// Its anonymity threshold k: a secret group needs more than so many peers.
    threshold: u32,
    /// The position this is as of.
    position: Position,
    /// The rounds, each with its branches.
    #[graphql(complexity = "weight(Some(100), child_complexity)")]
    rounds: Vec<PlannedRound>,
    /// The branches that a round covers already in the period.
    #[graphql(complexity = "weight(Some(100), child_complexity)")]
    claimed: Vec<ClaimedBranch>,
    /// The branches with nobody on duty, which are in no round.
    #[graphql(complexity = "weight(Some(100), child_complexity)")]
    empty: Vec<Subject>,
}

/// A round of a plan.
#[derive(Debug, Clone, SimpleObject)]
pub struct PlannedRound {
    /// The branches, each with how many people it brings.
    #[graphql(complexity = "weight(Some(3), child_complexity)")]
    branches: Vec<PlannedBranch>,
    /// How many people on duty it would have.
    people: u64,
    /// Whether these are too few for a secret group among peers: it would open without one.
    too_small: bool,
}

/// A branch of a plan.
#[derive(Debug, Clone, SimpleObject)]
pub struct PlannedBranch {
    /// Which.
    branch: Subject,
    /// How many people on duty it has.
    people: u64,
    /// Whether it is too small for a round of its own 小支部.
    small: bool,
}

/// A branch that a round covers already.
#[derive(Debug, Clone, SimpleObject)]
pub struct ClaimedBranch {
    /// Which.
    branch: Subject,
    /// The round.
    round: Subject,
}

/// What a plan weighs by itself: it counts across the whole organisation.
const WEIGHT: usize = 300;

/// Plans.
#[derive(Default)]
pub struct PlanQuery;

#[Object]
impl PlanQuery {
    /// How the rounds of a period could be drafted 评议编组: one per branch, small ones with the next small neighbours under
    /// the same branch above, without the branches that a round of the period covers already. `draftRounds` drafts this.
    #[graphql(complexity = "READ + WEIGHT + child_complexity")]
    async fn round_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The quarter or the year.")] period: PeriodInput,
        #[graphql(desc = "Only branches in the subtree of this one; all in reach where it is left out.")]
        within: Option<ID>,
        #[graphql(desc = "The version of the organisation's rules.")] rules_version: i64,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<RoundPlan>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let period = input::asked(period.read())?;
        let within: Option<BranchId> = input::some_id("within", within.as_ref())?;
        let version = input::asked(input::count("rulesVersion", rules_version))?;
        let at = session.pin_for(When::read(as_of, at_least)).await?;
        let scope = session.scope(Action::RunRounds, within, at.position).await?;
        let unknown = || Refusal::from(domain::refusal::Refusal::from(RoundRefusal::UnknownRules { version }));
        let rules = rule_set(session, rules_version, at).await?;
        let threshold = input::asked(rules.ok_or_else(unknown))?.rules.0.threshold;
        let plan = planned(session, &scope, period, threshold, at).await?;
        Ok(Some(shown(plan, period, (rules_version, threshold), at)))
    }
}

fn shown(plan: Plan, period: domain::period::Period, (rules_version, threshold): (i64, u32), at: Moment) -> RoundPlan {
    let enough = |people: usize| people > threshold as usize;
    let subject = |branch: BranchId| Subject::of_branch(branch, at);
    let branch = |planned: &Planned| {
        let (branch, people, small) = (subject(planned.branch), planned.peers as u64, !enough(planned.peers));
        PlannedBranch { branch, people, small }
    };
    let round = |group: &Vec<Planned>| {
        let people: usize = group.iter().map(|planned| planned.peers).sum();
        let branches = group.iter().map(branch).collect();
        PlannedRound { branches, people: people as u64, too_small: !enough(people) }
    };
    let claimed = |(round, branches): (&RoundId, &Vec<BranchId>)| -> Vec<ClaimedBranch> {
        let round = Subject::of_round(*round, at);
        branches.iter().map(|branch| ClaimedBranch { branch: subject(*branch), round }).collect()
    };
    RoundPlan {
        period: period.into(),
        rules_version,
        threshold,
        position: at.position.into(),
        rounds: plan.rounds.iter().map(round).collect(),
        claimed: plan.claimed.iter().flat_map(claimed).collect(),
        empty: plan.empty.into_iter().map(subject).collect(),
    }
}
