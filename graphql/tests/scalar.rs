//! Scalars: exact on the way out, judged on the way in.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_graphql::{InputType, ScalarType, Value};
use domain::ledger::Unit;
use domain::period::Zone;
use graphql::scalar::{Date, DateTime, Decimal, Position};
use jiff::Timestamp;

fn number(text: &str) -> rust_decimal::Decimal {
    rust_decimal::Decimal::from_str_exact(text).unwrap()
}

fn parse<T: InputType>(value: Value) -> Option<T> {
    T::parse(Some(value)).ok()
}

fn shown(scalar: &impl ScalarType) -> String {
    let Value::String(text) = scalar.to_value() else { panic!("a scalar is shown as text") };
    text
}

#[test]
fn a_position_is_a_decimal_string() {
    assert_eq!(shown(&Position::from(domain::stream::Position(17))), "17");
    assert_eq!(parse::<Position>("17".into()).map(|position| position.0.0), Some(17));
    assert_eq!(parse::<Position>(Value::from(17)).map(|position| position.0.0), Some(17));
    for wrong in ["", "-1", "+1", "1.0", " 1", "0x1", "९", "9223372036854775808", "99999999999999999999"] {
        assert!(parse::<Position>(wrong.into()).is_none(), "{wrong:?}");
    }
    assert!(parse::<Position>(Value::Null).is_none());
    let origin = "6ba7b812-9dad-41d1-80b4-00c04fd430c8";
    let under = parse::<Position>(format!("17@{origin}").into()).unwrap();
    assert_eq!((under.0.0, under.1.unwrap().to_string()), (17, origin.to_owned()));
    for wrong in [format!("@{origin}"), "17@".to_owned(), "17@1".to_owned(), format!("17@{origin}@{origin}")] {
        assert!(parse::<Position>(wrong.clone().into()).is_none(), "{wrong:?}");
    }
}

#[test]
fn a_decimal_has_the_places_of_its_unit() {
    assert_eq!(shown(&Decimal::in_unit(number("1524000000"), Unit::Yuan)), "1524000000.00");
    assert_eq!(shown(&Decimal::in_unit(number("192.000"), Unit::Pieces)), "192");
    assert_eq!(shown(&Decimal::in_unit(number("0.125"), Unit::Hours)), "0.125", "nothing is rounded here");
    assert_eq!(shown(&Decimal::with_places(number("115.5"), 2)), "115.50");
}

#[test]
fn a_decimal_is_taken_as_text_or_whole_number_and_never_as_a_float() {
    assert!(parse::<Decimal>("71166500.00".into()).is_some());
    assert!(parse::<Decimal>(Value::from(71_166_500)).is_some());
    let float = serde_json::from_str::<Value>("0.1").unwrap();
    let error = <Decimal as InputType>::parse(Some(float)).unwrap_err();
    assert!(format!("{error:?}").contains("write it in quotes"), "{error:?}");
    assert_eq!(Decimal("1e5".to_owned()).amount().unwrap_err().code, "amount.not_a_number");
    assert_eq!(Decimal("0.00001".to_owned()).amount().unwrap_err().code, "amount.out_of_range");
}

#[test]
fn a_date_is_year_month_day_and_nothing_else() {
    assert_eq!(Date("2024-02-29".to_owned()).read("on").unwrap().to_string(), "2024-02-29");
    for wrong in ["2022-02-29", "20220630", "2022-6-30", "2022-06-30T00:00", "2022-06-30Z", "today", "", "-002022-6-1"]
    {
        let refusal = Date(wrong.to_owned()).read("on").unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.facts[0].value.as_str()), ("input.bad_date", "on"), "{wrong:?}");
    }
}

#[test]
fn an_instant_is_taken_with_any_offset_and_given_with_the_organisations() {
    let at: Timestamp = "2022-06-30T15:59:59.5Z".parse().unwrap();
    assert_eq!(shown(&DateTime::in_zone(at, &Zone::default())), "2022-06-30T23:59:59.5+08:00");
    assert_eq!(shown(&DateTime::in_zone(at, &Zone::named("America/New_York").unwrap())), "2022-06-30T11:59:59.5-04:00");
    for text in ["2022-06-30T15:59:59.5Z", "2022-06-30T23:59:59.5+08:00", "2022-06-30T11:59:59.5-04:00"] {
        assert_eq!(parse::<DateTime>(text.into()).map(|instant| instant.0.timestamp()), Some(at), "{text}");
    }
    for wrong in ["2022-06-30", "2022-06-30T15:59:59", "yesterday", ""] {
        assert!(parse::<DateTime>(wrong.into()).is_none(), "{wrong:?}");
    }
}
