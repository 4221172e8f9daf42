//! Exact amounts and the one rounding rule.
//!
//! # Rules
//! - An amount has at most four decimals and lies within ±10,000,000,000,000 ([`AmountRefusal::OutOfRange`]),
//!   so that sums over a million subjects and a year of days stay exact in 96 bits.
//! - Rounding happens once, at the end, to two places, half away from zero.
//!
//! # Not here
//! Units: a metric names its unit ([`crate::ledger::Unit`]).

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::refusal::refusals;

/// The largest magnitude of an amount.
pub const LIMIT: i64 = 10_000_000_000_000;
/// The most decimals an amount can have.
pub const DECIMALS: u32 = 4;

refusals! {
    /// Why a text is not an amount.
    pub enum AmountRefusal {
        /// Not a plain decimal number.
        NotANumber { given: String } = "amount.not_a_number",
            "{given:?} is not a decimal number; write digits with at most one point, such as 1234.50",
            "{given:?} 不是十进制数;请写成 1234.50 这样的数字";
        /// Beyond the limits of an amount.
        OutOfRange { given: String } = "amount.out_of_range",
            "{given} is out of range: at most 10000000000000 in size and four decimals",
            "{given} 超出范围:绝对值不超过 10000000000000,小数不超过四位";
    }
}

/// An exact decimal: at most four decimals, within ±10,000,000,000,000. The unit is the metric's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = r"^-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?$"))]
pub struct Amount(Decimal);

impl Amount {
    /// Zero.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// One.
    pub const ONE: Self = Self(Decimal::ONE);

    /// Checks the limits and drops trailing zeros and the sign of zero.
    ///
    /// # Errors
    /// [`AmountRefusal::OutOfRange`].
    pub fn new(value: Decimal) -> Result<Self, AmountRefusal> {
        let value = value.normalize();
        let out_of_range = value.abs() > Decimal::from(LIMIT) || value.scale() > DECIMALS;
        match (out_of_range, value.is_zero()) {
            (true, _) => Err(AmountRefusal::OutOfRange { given: value.to_string() }),
            (false, true) => Ok(Self::ZERO),
            (false, false) => Ok(Self(value)),
        }
    }

    /// The number itself.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        self.0
    }
}

impl FromStr for Amount {
    type Err = AmountRefusal;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let given: String = text.chars().take(64).collect();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = !digits.is_empty()
            && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
            && digits.chars().any(|c| c.is_ascii_digit());
        if !plain {
            return Err(AmountRefusal::NotANumber { given });
        }
        if text.len() > 40 {
            return Err(AmountRefusal::OutOfRange { given });
        }
        match Decimal::from_str_exact(text) {
            Ok(value) => Self::new(value),
            Err(rust_decimal::Error::ErrorString(_)) => Err(AmountRefusal::NotANumber { given }),
            Err(_) => Err(AmountRefusal::OutOfRange { given }),
        }
    }
}

impl TryFrom<String> for Amount {
    type Error = AmountRefusal;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.0.to_string()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Rounds to two places, half away from zero: 89.645 → 89.65, 89.6449 → 89.64.
#[must_use]
pub fn round_two(value: Decimal) -> Decimal {
    let mut rounded = value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(2);
    rounded
}

/// `part` as a percentage of `whole`, two places; nothing where the whole is zero or the share is beyond a decimal. Of a
/// whole below zero it is what the division says, the sign turned.
#[must_use]
pub fn percent_of(part: Decimal, whole: Decimal) -> Option<Decimal> {
    part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole).map(round_two)
}

/// Growth of `actual` over `base` in percent, two places; nothing where the base is zero.
#[must_use]
pub fn growth_percent(actual: Decimal, base: Decimal) -> Option<Decimal> {
    percent_of(actual.checked_sub(base)?, base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    #[test]
    fn halves_round_away_from_zero_once() {
        assert_eq!(round_two(decimal("89.645")).to_string(), "89.65");
        assert_eq!(round_two(decimal("89.6449")).to_string(), "89.64");
        assert_eq!(round_two(decimal("-89.645")).to_string(), "-89.65");
        assert_eq!(round_two(decimal("5")).to_string(), "5.00");
    }

    #[test]
    fn the_programmes_percentages_come_out() {
        assert_eq!(percent_of(decimal("71166500"), decimal("61600000")), Some(decimal("115.53")));
        assert_eq!(percent_of(decimal("351000000"), decimal("1524000000")), Some(decimal("23.03")));
        assert_eq!(percent_of(decimal("1"), decimal("0")), None);
    }

    #[test]
    fn senseless_numbers_are_refused_with_their_rule() {
        for text in ["", "-", ".", "1e5", "NaN", "1,000", "٣", "+1", "1.2.3", " 1"] {
            assert_eq!(text.parse::<Amount>().unwrap_err().code(), "amount.not_a_number", "{text:?}");
        }
        for text in ["99999999999999", "0.00001", &"9".repeat(400), "-10000000000000.1"] {
            assert_eq!(text.parse::<Amount>().unwrap_err().code(), "amount.out_of_range", "{text:?}");
        }
        assert_eq!("-0.00".parse::<Amount>().unwrap().to_string(), "0");
        assert_eq!("10000000000000".parse::<Amount>().unwrap().to_string(), "10000000000000");
        assert_eq!("1.2300".parse::<Amount>().unwrap().to_string(), "1.23");
    }
}
