//! Metrics, plans, results and competitions.

use super::*;
use crate::amount::Amount;
use crate::ledger::{Correction, LedgerRefusal, Report, Target};
use crate::period::TimeRefusal;

const FIRST: ResultId = ResultId(Uuid::from_u128(0x21));
const SECOND: ResultId = ResultId(Uuid::from_u128(0x22));
const COMPETITION: CompetitionId = CompetitionId(Uuid::from_u128(0x31));

fn code(text: &str) -> MetricCode {
    text.parse().expect("a legal text")
}

fn period(text: &str) -> Period {
    text.parse().expect("a legal text")
}

fn amount(text: &str) -> Amount {
    text.parse().expect("a legal text")
}

fn metric_for(text: &str, subjects: Subjects) -> Metric {
    Metric {
        code: code(text),
        name: title("metric"),
        unit: Unit::Yuan,
        direction: Direction::HigherIsBetter,
        aggregation: Aggregation::Sum,
        grain: Grain::Month,
        subjects,
    }
}

/// `premium` is kept for both, `badges` for members, `visits` for branches; each in yuan by the month.
fn measured() -> Given {
    let metrics = [("premium", Subjects::Both), ("badges", Subjects::Members), ("visits", Subjects::Branches)];
    tree().and(
        metrics.map(|(text, subjects)| at(root(), BranchEvent::MetricDefined { metric: metric_for(text, subjects) })),
    )
}

fn target(metric: &str, text: &str, plan: Option<&str>, base: Option<&str>) -> Command {
    let (metric, period) = (code(metric), period(text));
    east(BranchCommand::SetTarget(Target { metric, period, plan: plan.map(amount), base: base.map(amount) }))
}

fn target_set(plan: Option<&str>, plan_before: Option<&str>) -> Happened {
    let (plan, plan_before) = (plan.map(amount), plan_before.map(amount));
    let (metric, period, base, base_before) = (code("premium"), period("2022"), None, None);
    let direction = Direction::HigherIsBetter;
    at(EAST, BranchEvent::TargetSet { metric, direction, period, plan, base, plan_before, base_before })
}

fn report(metric: &str, text: &str, value: &str) -> Command {
    let (metric, period, value) = (code(metric), period(text), amount(value));
    east(BranchCommand::ReportResult(Report { result: FIRST, metric, period, value, exactness: Exactness::Exact }))
}

fn reported(value: &str) -> Happened {
    let (metric, period, value) = (code("premium"), period("2022-05"), amount(value));
    let (result, aggregation, exactness) = (FIRST, Aggregation::Sum, Exactness::Exact);
    let direction = Direction::HigherIsBetter;
    at(EAST, BranchEvent::ResultReported { result, metric, aggregation, direction, period, value, exactness })
}

fn correct(corrects: ResultId, value: &str) -> Command {
    let value = amount(value);
    let correction = Correction { result: SECOND, corrects, value, exactness: Exactness::AtLeast };
    east(BranchCommand::CorrectResult(correction, reason()))
}

fn corrected(value_before: &str, value: &str) -> Happened {
    let event = BranchEvent::ResultCorrected {
        result: SECOND,
        corrects: FIRST,
        metric: code("premium"),
        aggregation: Aggregation::Sum,
        direction: Direction::HigherIsBetter,
        period: period("2022-05"),
        value_before: amount(value_before),
        exactness_before: Exactness::Exact,
        value: amount(value),
        exactness: Exactness::AtLeast,
        reason: reason(),
    };
    at(EAST, event)
}

fn withdraw() -> Command {
    east(BranchCommand::WithdrawResult(FIRST, reason()))
}

fn withdrawn(value_before: &str) -> Happened {
    let event = BranchEvent::ResultWithdrawn {
        result: FIRST,
        metric: code("premium"),
        aggregation: Aggregation::Sum,
        period: period("2022-05"),
        value_before: amount(value_before),
        exactness_before: Exactness::Exact,
        reason: reason(),
    };
    at(EAST, event)
}

fn announce(metric: &str, text: &str, competitors: Competitors) -> Command {
    let (competition, title, metric, period) = (COMPETITION, title("spring"), code(metric), period(text));
    let ranked_by = RankedBy::PlanCompletion;
    east(BranchCommand::AnnounceCompetition { competition, title, metric, period, competitors, ranked_by })
}

fn announced(metric: &str, text: &str, competitors: Competitors) -> Happened {
    let (competition, title, metric, period) = (COMPETITION, title("spring"), code(metric), period(text));
    let ranked_by = RankedBy::PlanCompletion;
    at(EAST, BranchEvent::CompetitionAnnounced { competition, title, metric, period, competitors, ranked_by })
}

fn conclude() -> Command {
    east(BranchCommand::ConcludeCompetition { competition: COMPETITION })
}

fn concluded() -> Happened {
    at(EAST, BranchEvent::CompetitionConcluded { competition: COMPETITION })
}

#[test]
fn the_top_committee_defines_each_metric_once() {
    let define = || BranchCommand::DefineMetric(metric_for("premium", Subjects::Both));
    let defined = BranchEvent::MetricDefined { metric: metric_for("premium", Subjects::Both) };
    tree().when(ask(root(), define())).then([at(root(), defined)]);
    tree().when(east(define())).then_refused(BranchRefusal::MetricsAtRoot { branch: EAST });
    measured().when(ask(root(), define())).then_refused(LedgerRefusal::MetricDefined { metric: code("premium") });
    given([]).when(ask(root(), define())).then_refused(BranchRefusal::Unknown { branch: root() });
}

#[test]
fn the_code_of_the_scores_of_rounds_is_nobodys_to_define() {
    let define = BranchCommand::DefineMetric(metric_for("round_score", Subjects::Both));
    tree()
        .when(ask(root(), define))
        .then_refused(LedgerRefusal::MetricReserved { metric: code(crate::ledger::ROUND_SCORE) });
}

#[test]
fn plans_and_results_are_of_a_defined_metric_kept_for_branches() {
    let unknown = LedgerRefusal::UnknownMetric { metric: code("premium") };
    tree().when(target("premium", "2022", Some("5"), None)).then_refused(unknown.clone());
    tree().when(report("premium", "2022-05", "5")).then_refused(unknown);
    let wrong = LedgerRefusal::WrongSubject { metric: code("badges"), subject: Subjects::Branches };
    measured().when(target("badges", "2022", Some("5"), None)).then_refused(wrong.clone());
    measured().when(report("badges", "2022-05", "5")).then_refused(wrong);
}

#[test]
fn a_plan_remembers_the_one_it_replaces() {
    measured().when(target("premium", "2022", Some("5"), None)).then([target_set(Some("5"), None)]);
    measured()
        .and([target_set(Some("5"), None)])
        .when(target("premium", "2022", Some("6"), None))
        .then([target_set(Some("6"), Some("5"))]);
}

#[test]
fn a_result_is_withdrawn_once() {
    measured().and([reported("7")]).when(withdraw()).then([withdrawn("7")]);
    let gone = LedgerRefusal::UnknownResult { result: FIRST };
    measured().and([reported("7"), withdrawn("7")]).when(withdraw()).then_refused(gone.clone());
    measured().and([reported("7"), withdrawn("7")]).when(correct(FIRST, "8")).then_refused(gone.clone());
    measured().when(withdraw()).then_refused(gone);
}

#[test]
fn a_plan_that_stands_is_taken_back_by_leaving_it_out() {
    measured()
        .and([target_set(Some("5"), None)])
        .when(target("premium", "2022", None, None))
        .then([target_set(None, Some("5"))]);
}

#[test]
fn a_plan_of_a_branch_that_ended_is_taken_back_and_no_other_set() {
    let merged = at(EAST, BranchEvent::Merged { into: WEST, on: JUNE, reason: reason() });
    let given = measured().and([target_set(Some("5"), None), merged]);
    given.clone().when(target("premium", "2022", None, None)).then([target_set(None, Some("5"))]);
    let refusal = BranchRefusal::Merged { branch: EAST, into: WEST };
    given.when(target("premium", "2022", Some("6"), None)).then_refused(refusal);
}

#[test]
fn the_same_plan_again_is_nothing() {
    measured().and([target_set(Some("5"), None)]).when(target("premium", "2022", Some("5.00"), None)).then_nothing();
}

#[test]
fn a_plan_without_sense_is_refused() {
    measured()
        .when(target("premium", "2022", None, None))
        .then_refused(LedgerRefusal::EmptyTarget { metric: code("premium") });
    measured()
        .when(target("premium", "2022", Some("0"), None))
        .then_refused(LedgerRefusal::PlanNotPositive { metric: code("premium"), plan: Amount::ZERO });
}

#[test]
fn a_result_is_reported_once_per_period() {
    measured().when(report("premium", "2022-05", "5")).then([reported("5")]);
    measured().and([reported("5")]).when(report("premium", "2022-05", "6")).then_refused(
        LedgerRefusal::AlreadyReported { metric: code("premium"), period: period("2022-05"), result: FIRST },
    );
    measured()
        .and([reported("5")])
        .when(report("premium", "2022-06", "6"))
        .then_refused(LedgerRefusal::ResultIdInUse { result: FIRST });
}

#[test]
fn a_result_is_for_a_whole_period_that_is_over() {
    let may = || measured().at("2022-05-31T15:59:59Z").when(report("premium", "2022-05", "5"));
    may().then_refused(TimeRefusal::PeriodNotOver { period: period("2022-05"), ends: JUNE });
    measured().at("2022-05-31T16:00:00Z").when(report("premium", "2022-05", "5")).then([reported("5")]);
    measured().when(report("premium", "2022-Q1", "5")).then_refused(LedgerRefusal::WrongGrain {
        metric: code("premium"),
        grain: Grain::Month,
        period: period("2022-Q1"),
    });
}

#[test]
fn a_correction_says_what_it_replaces() {
    measured().and([reported("5")]).when(correct(FIRST, "6")).then([corrected("5", "6")]);
    measured().when(correct(FIRST, "6")).then_refused(LedgerRefusal::UnknownResult { result: FIRST });
    measured()
        .and([reported("5"), corrected("5", "6")])
        .when(correct(FIRST, "7"))
        .then_refused(LedgerRefusal::AlreadyCorrected { result: FIRST, latest: SECOND });
    given([]).when(correct(FIRST, "6")).then_refused(BranchRefusal::Unknown { branch: EAST });
}

#[test]
fn a_corrected_value_fits_the_unit() {
    measured().and([reported("5")]).when(correct(FIRST, "5.005")).then_refused(LedgerRefusal::DoesNotFitUnit {
        metric: code("premium"),
        unit: Unit::Yuan,
        value: amount("5.005"),
    });
}

#[test]
fn after_its_end_a_branch_reports_only_periods_that_began_before() {
    let closed = || measured().and([reported("5"), east_closed()]);
    let refused = || BranchRefusal::Closed { branch: EAST, on: JUNE };
    closed().when(correct(FIRST, "6")).then([corrected("5", "6")]);
    closed().when(report("premium", "2022-06", "6")).then_refused(refused());
    let before = || measured().and([east_closed()]).when(report("premium", "2022-05", "5"));
    before().then([reported("5")]);
    measured().and([east_merged()]).when(report("premium", "2022-05", "5")).then([reported("5")]);
    closed().when(target("premium", "2022", Some("6"), None)).then_refused(refused());
    closed().when(announce("premium", "2022", Competitors::Members)).then_refused(refused());
    closed().and([announced("premium", "2022-05", Competitors::Members)]).when(conclude()).then([concluded()]);
}

#[test]
fn nothing_is_reported_of_a_period_before_the_founding() {
    let on = jiff::civil::date(2021, 12, 1);
    measured().when(report("premium", "2021-12", "5")).then_refused(BranchRefusal::BeforeEstablished {
        branch: EAST,
        on,
        established: FOUNDED,
    });
    let first = BranchEvent::ResultReported {
        result: FIRST,
        metric: code("premium"),
        aggregation: Aggregation::Sum,
        direction: Direction::HigherIsBetter,
        period: period("2022-01"),
        value: amount("5"),
        exactness: Exactness::Exact,
    };
    measured().when(report("premium", "2022-01", "5")).then([at(EAST, first)]);
}

#[test]
fn a_competition_is_about_a_metric_kept_for_its_competitors() {
    for (metric, competitors) in [
        ("premium", Competitors::Members),
        ("premium", Competitors::Branches),
        ("badges", Competitors::Members),
        ("visits", Competitors::Branches),
    ] {
        measured().when(announce(metric, "2022-Q2", competitors)).then([announced(metric, "2022-Q2", competitors)]);
    }
    measured()
        .when(announce("badges", "2022-Q2", Competitors::Branches))
        .then_refused(LedgerRefusal::WrongSubject { metric: code("badges"), subject: Subjects::Branches });
    measured()
        .when(announce("visits", "2022-Q2", Competitors::Members))
        .then_refused(LedgerRefusal::WrongSubject { metric: code("visits"), subject: Subjects::Members });
    tree()
        .when(announce("premium", "2022-Q2", Competitors::Members))
        .then_refused(LedgerRefusal::UnknownMetric { metric: code("premium") });
}

#[test]
fn a_competition_runs_for_at_least_one_result() {
    let quarterly = Metric { grain: Grain::Quarter, ..metric_for("audits", Subjects::Both) };
    let world = || tree().and([at(root(), BranchEvent::MetricDefined { metric: quarterly.clone() })]);
    world().when(announce("audits", "2022-05", Competitors::Members)).then_refused(
        BranchRefusal::CompetitionTooShort { metric: code("audits"), grain: Grain::Quarter, period: period("2022-05") },
    );
    world().when(announce("audits", "2022-Q2", Competitors::Members)).then([announced(
        "audits",
        "2022-Q2",
        Competitors::Members,
    )]);
}

#[test]
fn a_competition_is_announced_once() {
    measured()
        .and([announced("premium", "2022", Competitors::Members)])
        .when(announce("premium", "2022", Competitors::Members))
        .then_refused(BranchRefusal::IdInUse { branch: EAST, id: COMPETITION.0 });
}

#[test]
fn a_competition_is_concluded_once_and_after_its_period() {
    let running = || measured().and([announced("premium", "2022-Q2", Competitors::Members)]);
    running().when(conclude()).then([concluded()]);
    running()
        .and([concluded()])
        .when(conclude())
        .then_refused(BranchRefusal::CompetitionConcluded { competition: COMPETITION });
    running()
        .at("2022-06-30T15:59:59Z")
        .when(conclude())
        .then_refused(TimeRefusal::PeriodNotOver { period: period("2022-Q2"), ends: jiff::civil::date(2022, 7, 1) });
    measured()
        .when(conclude())
        .then_refused(BranchRefusal::UnknownCompetition { branch: EAST, competition: COMPETITION });
}
