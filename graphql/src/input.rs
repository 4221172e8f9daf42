//! What comes in: ids, periods, moments, numbers; each wrong one is a refusal that names its field.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::str::FromStr;

use async_graphql::{ID, InputObject, OneofObject};
use domain::period::Period;
use domain::text::{MetricCode, Title};
use uuid::Uuid;

use crate::fault::{self, Fault};
use crate::global::record_of;
use crate::ports;
use crate::refusal::Refusal;
use crate::scalar::{Date, DateTime, Position};

/// A moment of the past 时点: exactly one of the two.
#[derive(Debug, Clone, OneofObject)]
#[graphql(name = "AsOf")]
pub enum AsOf {
    /// After the event at that position.
    Position(Position),
    /// After the last event recorded at or before that instant; one that has not come yet means now, and the answer's
    /// position says what that was.
    Instant(DateTime),
}

impl AsOf {
    /// The moment that was meant, and the origin of the log it was given under where that was said: never the one without
    /// a look at the other.
    #[must_use]
    pub fn read(self) -> (ports::AsOf, Option<Uuid>) {
        match self {
            Self::Position(position) => (ports::AsOf::Position(position.0), position.1),
            Self::Instant(instant) => (ports::AsOf::Instant(instant.0.timestamp()), None),
        }
    }
}

/// A period 期间 in the organisation's zone: exactly one of a year, a quarter, a month.
#[derive(Debug, Clone, OneofObject)]
#[graphql(name = "PeriodInput")]
pub enum PeriodInput {
    /// A calendar year 年, 2000 to 2199.
    Year(i64),
    /// A quarter 季.
    Quarter(QuarterInput),
    /// A month 月.
    Month(MonthInput),
}

/// A quarter of a year.
#[derive(Debug, Clone, InputObject)]
pub struct QuarterInput {
    /// The calendar year, 2000 to 2199.
    pub year: i64,
    /// 1 to 4.
    pub quarter: i64,
}

/// A month of a year.
#[derive(Debug, Clone, InputObject)]
pub struct MonthInput {
    /// The calendar year, 2000 to 2199.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
}

impl PeriodInput {
    /// The period that was meant.
    ///
    /// # Errors
    /// `time.not_a_period`.
    pub fn read(&self) -> Result<Period, Refusal> {
        // What does not fit is as little a year as 0 is.
        let small = |number: i64| i32::try_from(number).unwrap_or(0);
        let period = match self {
            Self::Year(year) => Period::year_of(small(*year)),
            Self::Quarter(given) => Period::quarter_of(small(given.year), small(given.quarter)),
            Self::Month(given) => Period::month_of(small(given.year), small(given.month)),
        };
        period.map_err(|refusal| domain::refusal::Refusal::from(refusal).into())
    }
}

/// The id that was meant.
///
/// # Errors
/// `input.bad_id`, naming `field`.
pub fn id<T: FromStr>(field: &str, given: &ID) -> Result<T, Refusal> {
    let of_record = || record_of(given)?.to_string().parse().ok();
    given.parse().ok().or_else(of_record).ok_or_else(|| Refusal::bad_id(field, given))
}

/// The ids that were meant.
///
/// # Errors
/// `input.bad_id` of the first wrong one, naming `field`.
pub fn ids<T: FromStr>(field: &str, given: &[ID]) -> Result<Vec<T>, Refusal> {
    given.iter().map(|given| id(field, given)).collect()
}

/// The date that was meant, if one was given.
///
/// # Errors
/// `input.bad_date`, naming `field`.
pub fn date(field: &str, given: Option<&Date>) -> Result<Option<jiff::civil::Date>, Refusal> {
    given.map(|date| date.read(field)).transpose()
}

/// The title that was meant.
///
/// # Errors
/// `text.empty`, `text.too_long`, `text.control_character`, naming `field`.
pub fn title(field: &str, given: &str) -> Result<Title, Refusal> {
    Title::new(field, given).map_err(|refusal| domain::refusal::Refusal::from(refusal).into())
}

/// The metric that was meant.
///
/// # Errors
/// `text.bad_code`.
pub fn metric(given: &str) -> Result<MetricCode, Refusal> {
    given.parse::<MetricCode>().map_err(|refusal| domain::refusal::Refusal::from(refusal).into())
}

/// The whole number that was meant.
///
/// # Errors
/// `input.bad_number`, naming `field`.
pub fn count(field: &str, given: i64) -> Result<u32, Refusal> {
    u32::try_from(given).map_err(|_| Refusal::bad_number(field, given))
}

/// What was given for each name, each named once.
///
/// # Errors
/// `input.named_twice`, naming `field`.
pub fn each_once<K: Ord + ToString, V>(
    field: &str,
    given: impl IntoIterator<Item = Result<(K, V), Refusal>>,
) -> Result<BTreeMap<K, V>, Refusal> {
    let mut named = BTreeMap::new();
    for entry in given {
        let (name, value) = entry?;
        match named.entry(name) {
            Entry::Vacant(free) => _ = free.insert(value),
            Entry::Occupied(taken) => return Err(Refusal::named_twice(field, &taken.key().to_string())),
        }
    }
    Ok(named)
}

/// The id of a command, or of what it is part of: 1 to 128 printable ASCII characters, kept as they are.
///
/// # Errors
/// `input.bad_command_id`, naming `field`.
pub fn command_id<'a>(field: &str, given: &'a str) -> Result<&'a str, Refusal> {
    let plain = (1..=128).contains(&given.len()) && given.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    plain.then_some(given).ok_or_else(|| Refusal::bad_command_id(field))
}

/// A refusal of an input of a query, which has no payload to carry it: an error with all that the refusal says.
///
/// # Errors
/// [`Fault::Bad`].
pub fn asked<T>(read: Result<T, Refusal>) -> fault::Result<T> {
    read.map_err(|refusal| Fault::Bad(Box::new(refusal)))
}

/// The id that a filter names, if it names one.
///
/// # Errors
/// `input.bad_id`, naming `field`.
pub fn some_id<T: FromStr>(field: &str, given: Option<&ID>) -> fault::Result<Option<T>> {
    asked(given.map(|given| id(field, given)).transpose())
}

/// The text to search for, cleaned as stored texts are.
///
/// # Errors
/// `text.empty`, `text.too_long`, `text.control_character`, naming `field`.
pub fn search(field: &str, given: &str) -> fault::Result<String> {
    let cleaned = domain::text::clean(field, given, domain::text::TITLE_MAX);
    asked(cleaned.map_err(|refusal| domain::refusal::Refusal::from(refusal).into()))
}
