//! Plans and results 目标与业绩 of members and branches.

use async_graphql::ID;
use domain::amount::Amount;
use domain::branch::BranchCommand;
use domain::id::ResultId;
use domain::ledger::{Correction, Report, Target};
use domain::member::MemberCommand;

use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt, named};
use crate::input::{self, PeriodInput};
use crate::policy::Action::{ReportResults, SetTargets};
use crate::refusal::Refusal;
use crate::scalar::Decimal;
use crate::words::Exactness;

mutations! {
    /// Plans and results.
    Ledger {
        /// Sets a member's plan or base in a metric 目标.
        set_member_target(SetMemberTargetInput);
        /// Reports a member's result, once per metric and period 业绩.
        report_member_result(ReportMemberResultInput);
        /// Corrects a member's result, naming the one it corrects 更正.
        correct_member_result(CorrectMemberResultInput);
        /// Withdraws a member's result that was never one; its period is free for another 撤回.
        withdraw_member_result(WithdrawMemberResultInput);
        /// Sets a branch's plan or base in a metric 计划, for what it reports itself: plans add up as results do.
        set_branch_target(SetBranchTargetInput);
        /// Reports a branch's result, once per metric and period 业绩: what it achieved itself. The year's report adds up
        /// the results of all branches and takes it that none reports again what those under it report; that is assumed,
        /// not checked.
        report_branch_result(ReportBranchResultInput);
        /// Corrects a branch's result, naming the one it corrects 更正.
        correct_branch_result(CorrectBranchResultInput);
        /// Withdraws a branch's result that was never one; its period is free for another 撤回.
        withdraw_branch_result(WithdrawBranchResultInput);
    }
}

inputs! {
    /// A member's plan and base; what is left out is taken back where it was set.
    SetMemberTargetInput {
        /// Whose.
        member: ID,
        /// The code of the metric.
        metric: String,
        /// For which period.
        period: PeriodInput,
        /// The plan 计划, above zero, in the metric's unit.
        plan: Option<Decimal>,
        /// The base of growth 基数, usually the same period a year before, in the metric's unit.
        base: Option<Decimal>,
    }

    /// A member's result.
    ReportMemberResultInput {
        /// Whose.
        member: ID,
        /// The code of the metric.
        metric: String,
        /// For which period: over, and of the metric's grain.
        period: PeriodInput,
        /// The value in the metric's unit, at most four decimals.
        value: Decimal,
        /// Counted or a lower bound.
        #[graphql(default_with = "Exactness::Exact")]
        exactness: Exactness,
    }

    /// The right value of a member's result.
    CorrectMemberResultInput {
        /// Whose.
        member: ID,
        /// The result it corrects: the latest one of that metric and period.
        corrects: ID,
        /// The right value in the metric's unit, at most four decimals.
        value: Decimal,
        /// Counted or a lower bound.
        #[graphql(default_with = "Exactness::Exact")]
        exactness: Exactness,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// A member's result that is taken back.
    WithdrawMemberResultInput {
        /// Whose.
        member: ID,
        /// The result: the latest one of its metric and period.
        result: ID,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// A branch's plan and base; what is left out is taken back where it was set.
    SetBranchTargetInput {
        /// Whose.
        branch: ID,
        /// The code of the metric.
        metric: String,
        /// For which period.
        period: PeriodInput,
        /// The plan 计划, above zero, in the metric's unit.
        plan: Option<Decimal>,
        /// The base of growth 基数, usually the same period a year before, in the metric's unit.
        base: Option<Decimal>,
    }

    /// A branch's result.
    ReportBranchResultInput {
        /// Whose: the branch that achieved it, not one above it.
        branch: ID,
        /// The code of the metric.
        metric: String,
        /// For which period: over, and of the metric's grain.
        period: PeriodInput,
        /// The value in the metric's unit, at most four decimals.
        value: Decimal,
        /// Counted or a lower bound.
        #[graphql(default_with = "Exactness::Exact")]
        exactness: Exactness,
    }

    /// The right value of a branch's result.
    CorrectBranchResultInput {
        /// Whose.
        branch: ID,
        /// The result it corrects: the latest one of that metric and period.
        corrects: ID,
        /// The right value in the metric's unit, at most four decimals.
        value: Decimal,
        /// Counted or a lower bound.
        #[graphql(default_with = "Exactness::Exact")]
        exactness: Exactness,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// A branch's result that is taken back.
    WithdrawBranchResultInput {
        /// Whose.
        branch: ID,
        /// The result: the latest one of its metric and period.
        result: ID,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }
}

fn target(
    metric: &str,
    period: &PeriodInput,
    plan: Option<&Decimal>,
    base: Option<&Decimal>,
) -> Result<Target, Refusal> {
    let amount =
        |given: Option<&Decimal>| -> Result<Option<Amount>, Refusal> { given.map(Decimal::amount).transpose() };
    Ok(Target { metric: input::metric(metric)?, period: period.read()?, plan: amount(plan)?, base: amount(base)? })
}

fn report(
    result: ResultId,
    metric: &str,
    period: &PeriodInput,
    value: &Decimal,
    exactness: Exactness,
) -> Result<Report, Refusal> {
    let (metric, period, value) = (input::metric(metric)?, period.read()?, value.amount()?);
    Ok(Report { result, metric, period, value, exactness: exactness.into() })
}

fn correction(result: ResultId, corrects: &ID, value: &Decimal, exactness: Exactness) -> Result<Correction, Halt> {
    let corrects = named("corrects", corrects)?;
    Ok(Correction { result, corrects, value: value.amount()?, exactness: exactness.into() })
}

impl Ask for SetMemberTargetInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, SetTargets).await?;
        let target = target(&self.metric, &self.period, self.plan.as_ref(), self.base.as_ref())?;
        Ok(member.asks(MemberCommand::SetTarget(target)))
    }
}

impl Ask for ReportMemberResultInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, ReportResults).await?;
        let result: ResultId = door.mint("result");
        let report = report(result, &self.metric, &self.period, &self.value, self.exactness)?;
        Ok(member.asks(MemberCommand::ReportResult(report)).naming(result.0))
    }
}

impl Ask for CorrectMemberResultInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, ReportResults).await?;
        let result: ResultId = door.mint("result");
        let correction = correction(result, &self.corrects, &self.value, self.exactness)?;
        let reason = door.seal(member.id().0, "reason", &self.reason).await?;
        Ok(member.asks(MemberCommand::CorrectResult(correction, reason)).naming(result.0))
    }
}

impl Ask for WithdrawMemberResultInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, ReportResults).await?;
        let result: ResultId = named("result", &self.result)?;
        let reason = door.seal(member.id().0, "reason", &self.reason).await?;
        Ok(member.asks(MemberCommand::WithdrawResult(result, reason)).naming(result.0))
    }
}

impl Ask for SetBranchTargetInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, SetTargets).await?;
        let target = target(&self.metric, &self.period, self.plan.as_ref(), self.base.as_ref())?;
        Ok(branch.asks(BranchCommand::SetTarget(target)))
    }
}

impl Ask for ReportBranchResultInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, ReportResults).await?;
        let result: ResultId = door.mint("result");
        let report = report(result, &self.metric, &self.period, &self.value, self.exactness)?;
        Ok(branch.asks(BranchCommand::ReportResult(report)).naming(result.0))
    }
}

impl Ask for CorrectBranchResultInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, ReportResults).await?;
        let result: ResultId = door.mint("result");
        let correction = correction(result, &self.corrects, &self.value, self.exactness)?;
        let reason = door.seal(branch.id().0, "reason", &self.reason).await?;
        Ok(branch.asks(BranchCommand::CorrectResult(correction, reason)).naming(result.0))
    }
}

impl Ask for WithdrawBranchResultInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, ReportResults).await?;
        let result: ResultId = named("result", &self.result)?;
        let reason = door.seal(branch.id().0, "reason", &self.reason).await?;
        Ok(branch.asks(BranchCommand::WithdrawResult(result, reason)).naming(result.0))
    }
}
