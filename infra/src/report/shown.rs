//! Numbers as people write them.

use domain::ledger::{Exactness, Unit};
use projections::report::Answer;

/// A number with its unit in Chinese, money in 万 and 亿.
#[must_use]
pub fn in_chinese(answer: &Answer, counted_in: &str) -> String {
    let Some(value) = answer.value.as_deref() else { return "无".to_owned() };
    let (number, scale) = match answer.unit {
        Unit::Yuan => scaled(value),
        Unit::Persons | Unit::PersonTimes | Unit::Pieces | Unit::Times | Unit::Hours | Unit::Points | Unit::Percent => {
            (value.to_owned(), "")
        }
    };
    let more = match answer.exactness {
        Exactness::Exact => "",
        Exactness::AtLeast => "余",
    };
    format!("{} {more}{scale}{counted_in}", grouped(&number))
}

/// A number with its unit in English.
#[must_use]
pub fn in_english(answer: &Answer) -> String {
    let Some(value) = answer.value.as_deref() else { return "not reported".to_owned() };
    let bound = match answer.exactness {
        Exactness::Exact => "",
        Exactness::AtLeast => "≥ ",
    };
    let unit = match answer.unit {
        Unit::Yuan => "yuan",
        Unit::Persons => "persons",
        Unit::PersonTimes => "person-times",
        Unit::Pieces | Unit::Times => "",
        Unit::Hours => "h",
        Unit::Points => "points",
        Unit::Percent => "%",
    };
    format!("{bound}{} {unit}", grouped(value)).trim_end().to_owned()
}

/// The decimal point moved by four or eight places, exactly; zeros at the end of the fraction go.
fn scaled(value: &str) -> (String, &'static str) {
    let (sign, digits) = value.strip_prefix('-').map_or(("", value), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (places, scale) = match whole.len() {
        0..5 => return (value.to_owned(), ""),
        5..9 => (4, "万"),
        9.. => (8, "亿"),
    };
    let (whole, moved) = whole.split_at(whole.len() - places);
    let fraction = format!("{moved}{fraction}");
    let number = format!("{sign}{whole}.{}", fraction.trim_end_matches('0'));
    (number.trim_end_matches('.').to_owned(), scale)
}

/// Commas between groups of three digits of the whole part.
fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut shown = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            shown.push(',');
        }
        shown.push(digit);
    }
    fraction.map_or(shown.clone(), |fraction| format!("{shown}.{fraction}"))
}

/// Blanks up to a width in columns; characters of East Asian scripts take two.
#[must_use]
pub fn padded(text: &str, width: usize) -> String {
    let taken: usize = text.chars().map(|c| if c >= '\u{2E80}' { 2 } else { 1 }).sum();
    format!("{text}{}", " ".repeat(width.saturating_sub(taken).max(1)))
}
