//! Plans and results of a member; the ledger's own rules are tested with the ledger.

use super::*;
use crate::amount::Amount;
use crate::id::ResultId;
use crate::ledger::{
    Aggregation, Correction, Direction, Exactness, LedgerRefusal, Metric, Report, Subjects, Target, Unit,
};
use crate::period::Grain;
use crate::text::MetricCode;

const FIRST: ResultId = ResultId(Uuid::from_u128(8));
const SECOND: ResultId = ResultId(Uuid::from_u128(9));

fn code(text: &str) -> MetricCode {
    text.parse().expect("a code")
}

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

fn defined(metric: &str, subjects: Subjects) -> Happened {
    let metric = Metric {
        code: code(metric),
        name: Title::new("name", "Premium").expect("a plain title"),
        unit: Unit::Yuan,
        direction: Direction::HigherIsBetter,
        aggregation: Aggregation::Sum,
        grain: Grain::Month,
        subjects,
    };
    at(BranchId::root(), BranchEvent::MetricDefined { metric })
}

fn market() -> Given {
    house().and([defined("premium", Subjects::Both), defined("revenue", Subjects::Branches)])
}

fn report(metric: &str, period: &str) -> MemberCommand {
    MemberCommand::ReportResult(Report {
        result: FIRST,
        metric: code(metric),
        period: period.parse().expect("a period"),
        value: amount("1234.50"),
        exactness: Exactness::Exact,
    })
}

fn reported() -> Happened {
    of(
        ANA,
        MemberEvent::ResultReported {
            result: FIRST,
            metric: code("premium"),
            aggregation: Aggregation::Sum,
            direction: Direction::HigherIsBetter,
            period: "2022-04".parse().expect("a period"),
            value: amount("1234.50"),
            exactness: Exactness::Exact,
        },
    )
}

fn correct(value: &str) -> MemberCommand {
    let exactness = Exactness::AtLeast;
    let correction = Correction { result: SECOND, corrects: FIRST, value: amount(value), exactness };
    MemberCommand::CorrectResult(correction, text("typing error"))
}

fn corrected() -> Happened {
    of(
        ANA,
        MemberEvent::ResultCorrected {
            result: SECOND,
            corrects: FIRST,
            metric: code("premium"),
            aggregation: Aggregation::Sum,
            direction: Direction::HigherIsBetter,
            period: "2022-04".parse().expect("a period"),
            value_before: amount("1234.5"),
            exactness_before: Exactness::Exact,
            value: amount("1243.5"),
            exactness: Exactness::AtLeast,
            reason: text("typing error"),
        },
    )
}

fn set_target(metric: &str, plan: Option<&str>, base: Option<&str>) -> MemberCommand {
    MemberCommand::SetTarget(Target {
        metric: code(metric),
        period: "2023".parse().expect("a period"),
        plan: plan.map(amount),
        base: base.map(amount),
    })
}

fn target_set(plan: Option<&str>, plan_before: Option<&str>, base: Option<&str>) -> Happened {
    of(
        ANA,
        MemberEvent::TargetSet {
            metric: code("premium"),
            direction: Direction::HigherIsBetter,
            period: "2023".parse().expect("a period"),
            plan: plan.map(amount),
            base: base.map(amount),
            plan_before: plan_before.map(amount),
            base_before: None,
        },
    )
}

fn withdraw() -> MemberCommand {
    MemberCommand::WithdrawResult(FIRST, text("another member's"))
}

fn withdrawn() -> Happened {
    of(
        ANA,
        MemberEvent::ResultWithdrawn {
            result: FIRST,
            metric: code("premium"),
            aggregation: Aggregation::Sum,
            period: "2022-04".parse().expect("a period"),
            value_before: amount("1234.5"),
            exactness_before: Exactness::Exact,
            reason: text("another member's"),
        },
    )
}

#[test]
fn what_is_said_of_a_metric_says_which_way_is_better() {
    let direction = Direction::LowerIsBetter;
    let metric = Metric {
        code: code("complaints"),
        name: Title::new("name", "Complaints").expect("a plain title"),
        unit: Unit::Times,
        direction,
        aggregation: Aggregation::Sum,
        grain: Grain::Month,
        subjects: Subjects::Members,
    };
    let given = market().and([at(BranchId::root(), BranchEvent::MetricDefined { metric })]);
    let set = MemberEvent::TargetSet {
        metric: code("complaints"),
        direction,
        period: "2023".parse().expect("a period"),
        plan: Some(amount("9")),
        base: None,
        plan_before: None,
        base_before: None,
    };
    given.when(ana(set_target("complaints", Some("9"), None))).then([of(ANA, set)]);
}

#[test]
fn a_result_is_withdrawn_once_and_another_may_follow() {
    market().and([reported()]).when(ana(withdraw())).then([withdrawn()]);
    let gone = || LedgerRefusal::UnknownResult { result: FIRST };
    market().when(ana(withdraw())).then_refused(gone());
    market().and([reported(), withdrawn()]).when(ana(withdraw())).then_refused(gone());
    market().and([reported(), withdrawn()]).when(ana(correct("1"))).then_refused(gone());
    let again = Report {
        result: SECOND,
        metric: code("premium"),
        period: "2022-04".parse().expect("a period"),
        value: amount("5"),
        exactness: Exactness::Exact,
    };
    let reported_again = MemberEvent::ResultReported {
        result: SECOND,
        metric: code("premium"),
        aggregation: Aggregation::Sum,
        direction: Direction::HigherIsBetter,
        period: again.period,
        value: again.value,
        exactness: Exactness::Exact,
    };
    let freed = market().and([reported(), withdrawn()]);
    freed.when(ana(MemberCommand::ReportResult(again))).then([of(ANA, reported_again)]);
}

#[test]
fn a_member_nobody_registered_has_no_result_to_withdraw() {
    let market = given([defined("premium", Subjects::Both)]);
    market.when(ana(withdraw())).then_refused(MemberRefusal::Unknown { member: ANA });
}

#[test]
fn a_plan_that_stands_is_taken_back_by_leaving_it_out() {
    let planned = market().and([target_set(Some("9"), None, None)]);
    planned.when(ana(set_target("premium", None, None))).then([target_set(None, Some("9"), None)]);
}

#[test]
fn a_plan_of_who_left_is_taken_back_and_no_other_set() {
    let gone = market().and([target_set(Some("9"), None, None)]).and(left(JUNE));
    gone.clone().when(ana(set_target("premium", None, None))).then([target_set(None, Some("9"), None)]);
    let refusal = MemberRefusal::Left { member: ANA, on: JUNE };
    gone.when(ana(set_target("premium", Some("10"), None))).then_refused(refusal);
    let nobody = given([defined("premium", Subjects::Both)]);
    nobody.when(ana(set_target("premium", None, None))).then_refused(MemberRefusal::Unknown { member: ANA });
}

#[test]
fn a_result_is_reported_in_a_metric_of_members() {
    market().when(ana(report("premium", "2022-04"))).then([reported()]);
}

#[test]
fn nothing_is_reported_or_planned_in_a_metric_nobody_defined() {
    for command in [report("profit", "2022-04"), set_target("profit", Some("9"), None)] {
        market().when(ana(command)).then_refused(LedgerRefusal::UnknownMetric { metric: code("profit") });
    }
}

#[test]
fn a_metric_of_branches_is_not_kept_for_a_member() {
    let refusal = || LedgerRefusal::WrongSubject { metric: code("revenue"), subject: Subjects::Members };
    for command in [report("revenue", "2022-04"), set_target("revenue", Some("9"), None)] {
        market().when(ana(command)).then_refused(refusal());
    }
}

#[test]
fn a_result_waits_for_the_end_of_its_period() {
    let period = "2022-04".parse().expect("a period");
    market()
        .at("2022-04-30T15:59:59Z")
        .when(ana(report("premium", "2022-04")))
        .then_refused(TimeRefusal::PeriodNotOver { period, ends: MAY });
    market().at("2022-04-30T16:00:00Z").when(ana(report("premium", "2022-04"))).then([reported()]);
}

#[test]
fn a_result_is_not_for_a_time_before_the_member_came() {
    let on = date(2022, 2, 28);
    market().when(ana(report("premium", "2022-02"))).then_refused(MemberRefusal::BeforeRegistration {
        member: ANA,
        on,
        registered: MARCH,
    });
}

#[test]
fn a_second_result_is_refused_where_a_correction_is_meant() {
    market().and([reported()]).when(ana(report("premium", "2022-04"))).then_refused(LedgerRefusal::AlreadyReported {
        metric: code("premium"),
        period: "2022-04".parse().expect("a period"),
        result: FIRST,
    });
}

#[test]
fn a_correction_names_what_it_corrects() {
    market().and([reported()]).when(ana(correct("1243.50"))).then([corrected()]);
    market().when(ana(correct("1243.50"))).then_refused(LedgerRefusal::UnknownResult { result: FIRST });
}

#[test]
fn a_corrected_value_fits_the_unit_too() {
    let (metric, value) = (code("premium"), amount("0.001"));
    market().and([reported()]).when(ana(correct("0.001"))).then_refused(LedgerRefusal::DoesNotFitUnit {
        metric,
        unit: Unit::Yuan,
        value,
    });
}

#[test]
fn results_of_who_left_are_taken_for_periods_with_a_day_on_the_roster() {
    market().and(left(date(2022, 4, 2))).when(ana(report("premium", "2022-04"))).then([reported()]);
    market()
        .and(left(APRIL))
        .when(ana(report("premium", "2022-04")))
        .then_refused(MemberRefusal::Left { member: ANA, on: APRIL });
}

#[test]
fn results_of_who_left_are_corrected_but_nothing_is_planned() {
    let gone = || market().and([reported()]).and(left(MAY));
    gone().when(ana(correct("1243.50"))).then([corrected()]);
    let refusal = MemberRefusal::Left { member: ANA, on: MAY };
    gone().when(ana(set_target("premium", Some("9"), None))).then_refused(refusal);
}

#[test]
fn who_is_not_registered_has_no_results() {
    for command in [report("premium", "2022-04"), correct("1"), set_target("premium", Some("9"), None)] {
        market().when(ask(BO, command)).then_refused(MemberRefusal::Unknown { member: BO });
    }
}

#[test]
fn a_suspended_members_results_are_reported() {
    market().and([suspended(MARCH)]).when(ana(report("premium", "2022-04"))).then([reported()]);
}

#[test]
fn a_target_names_the_target_it_replaces() {
    market().when(ana(set_target("premium", Some("100"), None))).then([target_set(Some("100"), None, None)]);
    market()
        .and([target_set(Some("100"), None, None)])
        .when(ana(set_target("premium", Some("120"), Some("90"))))
        .then([target_set(Some("120"), Some("100"), Some("90"))]);
}

#[test]
fn a_target_that_is_set_already_is_no_news() {
    market()
        .and([target_set(Some("100"), None, Some("90"))])
        .when(ana(set_target("premium", Some("100.00"), Some("90"))))
        .then_nothing();
}

#[test]
fn a_plan_is_above_zero() {
    let (metric, plan) = (code("premium"), Amount::ZERO);
    market()
        .when(ana(set_target("premium", Some("0"), None)))
        .then_refused(LedgerRefusal::PlanNotPositive { metric, plan });
    market()
        .when(ana(set_target("premium", None, None)))
        .then_refused(LedgerRefusal::EmptyTarget { metric: code("premium") });
}
