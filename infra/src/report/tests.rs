use domain::ledger::{Exactness, Unit};
use domain::period::Zone;
use domain::stream::Position;
use graphql::ports::Moment;
use projections::report::{Answer, FIGURES};

use super::labels::label;
use super::shown::{in_chinese, in_english};
use super::{json, text};
use uuid::Uuid;

fn answer(code: &'static str, value: Option<&str>, unit: Unit, exactness: Exactness) -> Answer {
    Answer { code, value: value.map(str::to_owned), unit, exactness, sources: vec![] }
}

fn money(value: &str) -> String {
    in_chinese(&answer("premium_new", Some(value), Unit::Yuan, Exactness::Exact), "元")
}

#[test]
fn money_is_shown_in_wan_and_yi_without_rounding() {
    assert_eq!(money("1524000000.00"), "15.24 亿元");
    assert_eq!(money("71166500.00"), "7,116.65 万元");
    assert_eq!(money("61600000.00"), "6,160 万元");
    assert_eq!(money("139000000.00"), "1.39 亿元");
    assert_eq!(money("71166500.01"), "7,116.650001 万元");
    assert_eq!(money("-9566500.00"), "-956.65 万元");
    assert_eq!(money("9999.99"), "9,999.99 元");
    assert_eq!(money("0.00"), "0.00 元");
}

#[test]
fn a_lower_bound_says_so_and_what_is_missing_is_no_zero() {
    let bound = answer("members_on_duty", Some("800"), Unit::Persons, Exactness::AtLeast);
    assert_eq!((in_chinese(&bound, "人"), in_english(&bound)), ("800 余人".into(), "≥ 800 persons".into()));
    let missing = answer("delivery_growth", None, Unit::Percent, Exactness::Exact);
    assert_eq!((in_chinese(&missing, "%"), in_english(&missing)), ("无".into(), "not reported".into()));
}

#[test]
fn every_figure_has_a_name_and_a_unit_in_both_languages() {
    for figure in FIGURES {
        let label = label(figure.code);
        assert_ne!(label.zh, figure.code);
        assert!(!label.counted_in.is_empty(), "{}", figure.code);
    }
}

#[test]
fn the_printed_report_and_the_one_for_machines_say_the_same() {
    let at = Moment { position: Position(25_000), recorded_at: "2023-01-10T10:00:00Z".parse().ok() };
    let answers = [answer("premium_new", Some("1524000000.00"), Unit::Yuan, Exactness::Exact)];
    let year = "2022".parse().unwrap();
    let printed = text(year, at, &answers, &Zone::default());
    assert!(printed.contains("as of 2023-01-10T18:00:00+08:00, position 25000"), "{printed}");
    assert!(printed.contains("新单保费") && printed.contains("15.24 亿元"), "{printed}");
    assert!(printed.contains("1,524,000,000.00 yuan"), "{printed}");
    let expected = serde_json::json!({
        "year": 2022, "position": "25000", "asOf": "2023-01-10T18:00:00+08:00",
        "origin": "00000000-0000-0000-0000-000000000007",
        "figures": [{
            "code": "premium_new", "value": "1524000000.00", "unit": "YUAN", "exactness": "EXACT",
            "label": { "zh": "新单保费", "en": "New premium" },
        }],
    });
    assert_eq!(json(year, at, Uuid::from_u128(7), &answers, &Zone::default()), expected);
}
