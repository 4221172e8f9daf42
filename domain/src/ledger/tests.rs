//! The rules of plans and results, one test each.

use uuid::Uuid;

use super::*;
use crate::amount::Amount;
use crate::id::ResultId;
use crate::period::{Grain, Period};
use crate::text::{MetricCode, Title};

const FIRST: ResultId = ResultId(Uuid::from_u128(1));
const SECOND: ResultId = ResultId(Uuid::from_u128(2));
const THIRD: ResultId = ResultId(Uuid::from_u128(3));

fn code() -> MetricCode {
    "premium".parse().expect("a code")
}

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

fn period(text: &str) -> Period {
    text.parse().expect("a period")
}

fn metric(unit: Unit, grain: Grain, subjects: Subjects) -> Metric {
    Metric {
        code: code(),
        name: Title::new("name", "Premium").expect("a plain title"),
        unit,
        direction: Direction::HigherIsBetter,
        aggregation: Aggregation::Sum,
        grain,
        subjects,
    }
}

fn monthly() -> Metric {
    metric(Unit::Yuan, Grain::Month, Subjects::Both)
}

fn report(result: ResultId, at: &str, value: &str) -> Report {
    Report { result, metric: code(), period: period(at), value: amount(value), exactness: Exactness::Exact }
}

fn correction(result: ResultId, corrects: ResultId, value: &str) -> Correction {
    Correction { result, corrects, value: amount(value), exactness: Exactness::Exact }
}

fn target(at: &str, plan: Option<&str>, base: Option<&str>) -> Target {
    Target { metric: code(), period: period(at), plan: plan.map(amount), base: base.map(amount) }
}

/// A ledger with one result of 100 yuan for August.
fn august() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.remember_result(FIRST, &code(), period("2022-08"), amount("100"), Exactness::Exact);
    ledger
}

/// August, corrected to 110 yuan.
fn august_corrected() -> Ledger {
    let mut ledger = august();
    ledger.remember_result(SECOND, &code(), period("2022-08"), amount("110"), Exactness::Exact);
    ledger
}

#[test]
fn a_result_is_for_a_period_of_the_metrics_grain() {
    let ledger = Ledger::default();
    assert_eq!(ledger.check_report(&monthly(), &report(FIRST, "2022-08", "1")), Ok(()));
    for other in ["2022-Q3", "2022"] {
        let (metric, grain, period) = (code(), Grain::Month, period(other));
        let refusal = LedgerRefusal::WrongGrain { metric, grain, period };
        assert_eq!(ledger.check_report(&monthly(), &report(FIRST, other, "1")), Err(refusal));
    }
}

#[test]
fn a_value_fits_the_unit() {
    let refusal = |unit, value| LedgerRefusal::DoesNotFitUnit { metric: code(), unit, value: amount(value) };
    for unit in Unit::ALL {
        let metric = metric(unit, Grain::Month, Subjects::Both);
        assert_eq!(metric.check_value(amount("3")), Ok(()));
        let finest = if unit.decimals() == 0 { "0.1" } else { "0.001" };
        assert_eq!(metric.check_value(amount(finest)), Err(refusal(unit, finest)));
    }
    for unit in [Unit::Persons, Unit::PersonTimes, Unit::Pieces, Unit::Times, Unit::Hours] {
        let metric = metric(unit, Grain::Month, Subjects::Both);
        assert_eq!(metric.check_value(amount("-1")), Err(refusal(unit, "-1")));
    }
    // A loss is a result too.
    assert_eq!(monthly().check_value(amount("-0.01")), Ok(()));
}

#[test]
fn reports_and_plans_are_held_to_the_unit() {
    let refusal = || LedgerRefusal::DoesNotFitUnit { metric: code(), unit: Unit::Yuan, value: amount("0.001") };
    let ledger = Ledger::default();
    assert_eq!(ledger.check_report(&monthly(), &report(FIRST, "2022-08", "0.001")), Err(refusal()));
    assert_eq!(ledger.check_target(&monthly(), &target("2022", Some("0.001"), None)), Err(refusal()));
    assert_eq!(ledger.check_target(&monthly(), &target("2022", None, Some("0.001"))), Err(refusal()));
}

#[test]
fn a_metric_is_kept_for_its_subjects() {
    let of = |subjects| metric(Unit::Yuan, Grain::Month, subjects);
    let refusal = |subject| LedgerRefusal::WrongSubject { metric: code(), subject };
    assert_eq!(of(Subjects::Branches).check_subject(Subjects::Members), Err(refusal(Subjects::Members)));
    assert_eq!(of(Subjects::Members).check_subject(Subjects::Branches), Err(refusal(Subjects::Branches)));
    for (kept, asked) in [
        (Subjects::Both, Subjects::Members),
        (Subjects::Both, Subjects::Branches),
        (Subjects::Members, Subjects::Members),
        (Subjects::Branches, Subjects::Branches),
    ] {
        assert_eq!(of(kept).check_subject(asked), Ok(()));
    }
}

#[test]
fn a_period_has_one_result_however_often_it_is_corrected() {
    let again = |result| LedgerRefusal::AlreadyReported { metric: code(), period: period("2022-08"), result };
    assert_eq!(august().check_report(&monthly(), &report(SECOND, "2022-08", "1")), Err(again(FIRST)));
    assert_eq!(august_corrected().check_report(&monthly(), &report(THIRD, "2022-08", "1")), Err(again(SECOND)));
    assert_eq!(august().check_report(&monthly(), &report(SECOND, "2022-09", "1")), Ok(()));
}

#[test]
fn a_result_has_an_id_of_its_own() {
    let refusal = LedgerRefusal::ResultIdInUse { result: FIRST };
    assert_eq!(august().check_report(&monthly(), &report(FIRST, "2022-09", "1")), Err(refusal.clone()));
    assert_eq!(august().check_correction(&correction(FIRST, FIRST, "1")), Err(refusal));
    let corrected = LedgerRefusal::ResultIdInUse { result: SECOND };
    assert_eq!(august_corrected().check_report(&monthly(), &report(SECOND, "2022-09", "1")), Err(corrected));
}

#[test]
fn a_correction_names_a_result_and_what_it_said() {
    let before = (code(), period("2022-08"), amount("100"), Exactness::Exact);
    assert_eq!(august().check_correction(&correction(SECOND, FIRST, "110")), Ok(before));
    let refusal = LedgerRefusal::UnknownResult { result: SECOND };
    assert_eq!(august().check_correction(&correction(THIRD, SECOND, "110")), Err(refusal));
}

#[test]
fn only_the_latest_result_is_corrected() {
    let refusal = LedgerRefusal::AlreadyCorrected { result: FIRST, latest: SECOND };
    assert_eq!(august_corrected().check_correction(&correction(THIRD, FIRST, "120")), Err(refusal));
    let before = (code(), period("2022-08"), amount("110"), Exactness::Exact);
    assert_eq!(august_corrected().check_correction(&correction(THIRD, SECOND, "120")), Ok(before));
}

#[test]
fn a_correction_changes_the_value_or_its_exactness() {
    let refusal = LedgerRefusal::NothingCorrected { result: FIRST };
    assert_eq!(august().check_correction(&correction(SECOND, FIRST, "100.00")), Err(refusal));
    let bound = Correction { exactness: Exactness::AtLeast, ..correction(SECOND, FIRST, "100") };
    assert!(august().check_correction(&bound).is_ok());
}

#[test]
fn a_plan_is_above_zero_or_missing() {
    let ledger = Ledger::default();
    for plan in ["0", "-1"] {
        let refusal = LedgerRefusal::PlanNotPositive { metric: code(), plan: amount(plan) };
        assert_eq!(ledger.check_target(&monthly(), &target("2022", Some(plan), None)), Err(refusal));
    }
    assert_eq!(ledger.check_target(&monthly(), &target("2022", None, Some("0"))), Ok((None, None)));
    assert_eq!(ledger.check_target(&monthly(), &target("2022", Some("0.01"), None)), Ok((None, None)));
}

#[test]
fn a_target_says_something_or_takes_something_back() {
    let refusal = LedgerRefusal::EmptyTarget { metric: code() };
    let mut ledger = Ledger::default();
    assert_eq!(ledger.check_target(&monthly(), &target("2022", None, None)), Err(refusal.clone()));
    ledger.remember_target(&code(), period("2022"), Some(amount("90")), None);
    assert_eq!(ledger.check_target(&monthly(), &target("2022-Q1", None, None)), Err(refusal.clone()));
    assert_eq!(ledger.check_target(&monthly(), &target("2022", None, None)), Ok((Some(amount("90")), None)));
    ledger.remember_target(&code(), period("2022"), None, None);
    assert_eq!(ledger.check_target(&monthly(), &target("2022", None, None)), Err(refusal));
}

#[test]
fn a_withdrawn_result_leaves_its_period_free_and_its_id_used() {
    let what = (code(), period("2022-08"), amount("110"), Exactness::Exact);
    let mut ledger = august_corrected();
    assert_eq!(ledger.check_withdrawal(SECOND), Ok(what));
    let latest = LedgerRefusal::AlreadyCorrected { result: FIRST, latest: SECOND };
    assert_eq!(ledger.check_withdrawal(FIRST), Err(latest));
    assert_eq!(ledger.check_withdrawal(THIRD), Err(LedgerRefusal::UnknownResult { result: THIRD }));
    ledger.forget_result(&code(), period("2022-08"));
    assert_eq!(ledger.check_withdrawal(SECOND), Err(LedgerRefusal::UnknownResult { result: SECOND }));
    let corrected = ledger.check_correction(&correction(THIRD, SECOND, "1"));
    assert_eq!(corrected, Err(LedgerRefusal::UnknownResult { result: SECOND }));
    assert_eq!(ledger.check_report(&monthly(), &report(THIRD, "2022-08", "1")), Ok(()));
    let used = LedgerRefusal::ResultIdInUse { result: SECOND };
    assert_eq!(ledger.check_report(&monthly(), &report(SECOND, "2022-08", "1")), Err(used));
}

#[test]
fn a_plan_is_not_finer_than_the_results() {
    let quarterly = metric(Unit::Yuan, Grain::Quarter, Subjects::Both);
    let ledger = Ledger::default();
    let (metric, grain, month) = (code(), Grain::Quarter, period("2022-08"));
    let refusal = LedgerRefusal::PlanTooFine { metric, grain, period: month };
    assert_eq!(ledger.check_target(&quarterly, &target("2022-08", Some("1"), None)), Err(refusal));
    for longer in ["2022-Q3", "2022"] {
        assert_eq!(ledger.check_target(&quarterly, &target(longer, Some("1"), None)), Ok((None, None)));
    }
}

#[test]
fn a_target_replaces_plan_and_base_together() {
    let mut ledger = august();
    ledger.remember_target(&code(), period("2022-08"), Some(amount("90")), Some(amount("80")));
    let replaced = (Some(amount("90")), Some(amount("80")));
    assert_eq!(ledger.check_target(&monthly(), &target("2022-08", Some("95"), None)), Ok(replaced));
    ledger.remember_target(&code(), period("2022-08"), Some(amount("95")), None);
    let cell = ledger.cell(&code(), period("2022-08"));
    assert_eq!((cell.plan, cell.base), (Some(amount("95")), None));
    assert_eq!(cell.result, Some((FIRST, amount("100"), Exactness::Exact)));
}

#[test]
fn a_ledger_survives_being_stored() {
    let mut ledger = august_corrected();
    ledger.remember_target(&code(), period("2022-Q3"), Some(amount("90")), None);
    let stored = serde_json::to_string(&ledger).expect("a plain tree");
    assert_eq!(serde_json::from_str::<Ledger>(&stored).expect("what was stored"), ledger);
}
