//! The scalars of the API. They come out exactly; they are taken in as text and judged where they are used, so that
//! a wrong one is a typed refusal with the name of its field.

use std::str::FromStr;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use domain::amount::Amount;
use domain::ledger::Unit;
use domain::period::Zone;
use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, TimestampRound, Zoned};
use uuid::Uuid;

use crate::refusal::Refusal;

/// A place in the log, and the origin it was given under where that was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub domain::stream::Position, pub Option<Uuid>);

impl From<domain::stream::Position> for Position {
    fn from(position: domain::stream::Position) -> Self {
        Self(position, None)
    }
}

impl FromStr for Position {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let (place, origin) = match given.split_once('@') {
            Some((place, origin)) => (place, Some(Uuid::try_parse(origin))),
            None => (given, None),
        };
        let digits = !place.is_empty() && place.chars().all(|c| c.is_ascii_digit());
        let number = place.parse::<i64>().ok().filter(|_| digits).and_then(|number| u64::try_from(number).ok());
        match (number, origin.transpose()) {
            (Some(number), Ok(origin)) => Ok(Self(domain::stream::Position(number), origin)),
            _ => Err("a position is a decimal string such as \"1234\", or \"1234@ORIGIN\""),
        }
    }
}

/// A place in the log 日志位置: a decimal string, 1, 2, 3 … without a hole, in commit order. "0" is before the first event. It
/// may be given with the origin it was had under, as "1234@ORIGIN": under another origin it is refused.
#[Scalar]
impl ScalarType for Position {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => text.parse().map_err(InputValueError::custom),
            Value::Number(number) => number.to_string().parse().map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other.clone())),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An exact decimal number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal(pub String);

/// An exact decimal number as a string, such as "71166500.00". Whole numbers may also be given without quotes; a
/// number with a point or an exponent must be quoted, since it would pass through a float.
#[Scalar]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) if number.is_i64() || number.is_u64() => Ok(Self(number.to_string())),
            Value::Number(number) => {
                Err(InputValueError::custom(format!("{number} is a float, which is not exact; write it in quotes")))
            }
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl Decimal {
    /// A number in a unit, with the unit's decimals, more where the number has more.
    #[must_use]
    pub fn in_unit(number: rust_decimal::Decimal, unit: Unit) -> Self {
        Self::with_places(number, unit.decimals())
    }

    /// A number with at least so many decimals.
    #[must_use]
    pub fn with_places(number: rust_decimal::Decimal, places: u32) -> Self {
        let mut number = number.normalize();
        if number.scale() < places {
            number.rescale(places);
        }
        Self(number.to_string())
    }

    /// The amount that was meant.
    ///
    /// # Errors
    /// `amount.not_a_number`, `amount.out_of_range`.
    pub fn amount(&self) -> Result<Amount, Refusal> {
        self.0.parse::<Amount>().map_err(|refusal| domain::refusal::Refusal::from(refusal).into())
    }
}

/// A business date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Date(pub String);

/// A business date 业务日期 in the organisation's zone: "2022-06-30".
#[Scalar]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl From<jiff::civil::Date> for Date {
    fn from(date: jiff::civil::Date) -> Self {
        Self(date.to_string())
    }
}

impl Date {
    /// The date that was meant.
    ///
    /// # Errors
    /// `input.bad_date`, naming `field`.
    pub fn read(&self, field: &str) -> Result<jiff::civil::Date, Refusal> {
        let text = self.0.as_str();
        let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        text.parse().ok().filter(|_| plain).ok_or_else(|| Refusal::bad_date(field, text))
    }
}

/// An instant, shown in the zone it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateTime(pub Zoned);

/// An instant by RFC 3339, such as "2022-06-30T23:59:59+08:00", to the microsecond: what is finer is cut off. Any offset
/// is taken; the organisation's is given.
#[Scalar(specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = value else { return Err(InputValueError::expected_type(value)) };
        let shown = || text.chars().take(64).collect::<String>();
        let example = "write it like 2022-06-30T23:59:59+08:00";
        // What is stored and compared holds microseconds.
        let whole = TimestampRound::new().smallest(jiff::Unit::Microsecond).mode(RoundMode::Floor);
        let instant = text.parse::<Timestamp>().and_then(|at| at.round(whole)).ok();
        instant
            .map(|at| Self(at.to_zoned(TimeZone::UTC)))
            .ok_or_else(|| InputValueError::custom(format!("{:?} is not an instant; {example}", shown())))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.timestamp().display_with_offset(self.0.offset()).to_string())
    }
}

impl DateTime {
    /// An instant with the offset of the organisation's zone.
    #[must_use]
    pub fn in_zone(at: Timestamp, zone: &Zone) -> Self {
        Self(at.to_zoned(zone.time_zone().clone()))
    }
}
