//! How plans and results are refused.

use crate::amount::Amount;
use crate::id::ResultId;
use crate::ledger::{Subjects, Unit};
use crate::period::{Grain, Period};
use crate::refusal::refusals;
use crate::text::MetricCode;

refusals! {
    /// Why a plan or result is refused.
    pub enum LedgerRefusal {
        /// Nobody defined the metric.
        UnknownMetric { metric: MetricCode } = "metric.unknown",
            "no metric {metric} is defined; define it first", "没有定义指标 {metric},请先定义";
        /// The code is in use.
        MetricDefined { metric: MetricCode } = "metric.already_defined",
            "the metric {metric} is already defined", "指标 {metric} 已定义";
        /// The code names what is not reported but comes out of rounds.
        MetricReserved { metric: MetricCode } = "metric.reserved",
            "the code {metric} is kept for the scores of evaluation rounds; choose another", "代码 {metric} 专用于评议得分,请另选";
        /// The metric is kept for the other kind of subject.
        WrongSubject { metric: MetricCode, subject: Subjects } = "metric.wrong_subject",
            "the metric {metric} is not kept for a {subject}", "指标 {metric} 不适用于{subject:#}";
        /// The period is not of the metric's grain.
        WrongGrain { metric: MetricCode, grain: Grain, period: Period } = "metric.wrong_grain",
            "results of {metric} are reported by {grain}; {period} is not one",
            "指标 {metric} 按{grain:#}报告,{period} 不符";
        /// The period is smaller than the metric's grain.
        PlanTooFine { metric: MetricCode, grain: Grain, period: Period } = "metric.plan_too_fine",
            "plans of {metric} are for a {grain} or longer; {period} is shorter",
            "指标 {metric} 的计划按{grain:#}或更长的期间制定,{period} 过短";
        /// The value does not fit the unit.
        DoesNotFitUnit { metric: MetricCode, unit: Unit, value: Amount } = "metric.does_not_fit_unit",
            "{value} does not fit the unit {unit} of {metric}: too many decimals, or a count below zero",
            "{value} 不符合指标 {metric} 的单位“{unit:#}”:小数过多,或计数小于零";
        /// A second result where a correction is meant.
        AlreadyReported { metric: MetricCode, period: Period, result: ResultId } = "result.already_reported",
            "{metric} for {period} is already reported as {result}; correct that result instead",
            "{metric} {period} 已报告(结果 {result}),请改用更正";
        /// There is no such result here, or it was withdrawn.
        UnknownResult { result: ResultId } = "result.unknown",
            "no result {result} stands here; it may have been withdrawn", "此处没有有效的结果 {result},可能已撤回";
        /// Another result stands for the period; that one is to be named.
        AlreadyCorrected { result: ResultId, latest: ResultId } = "result.already_corrected",
            "the result {result} does not stand any more; name the latest, {latest}",
            "结果 {result} 已失效,请指明最新的 {latest}";
        /// A correction that changes nothing.
        NothingCorrected { result: ResultId } = "result.nothing_corrected",
            "the correction states what the result {result} already says", "更正与结果 {result} 相同";
        /// An id that is in use.
        ResultIdInUse { result: ResultId } = "result.id_in_use",
            "the result id {result} is in use", "结果编号 {result} 已被使用";
        /// A plan of zero or less.
        PlanNotPositive { metric: MetricCode, plan: Amount } = "target.plan_not_positive",
            "the plan {plan} of {metric} is not above zero; leave it out where there is none",
            "指标 {metric} 的计划 {plan} 不大于零;没有计划时请留空";
        /// Neither plan nor base, and none stands that could be taken back.
        EmptyTarget { metric: MetricCode } = "target.empty",
            "the target of {metric} has neither a plan nor a base, and none is set that could be taken back; give one of them",
            "指标 {metric} 的目标既无计划也无基数,也没有可撤回的目标;请至少填写一项";
    }
}
