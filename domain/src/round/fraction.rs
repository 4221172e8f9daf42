//! Exact fractions: what lies between the answers of a round and its one rounding.
//!
//! # Rules
//! - Nothing is rounded on the way; [`Fraction::rounded`] is the last step: two places, half away from zero.
//!
//! # Format
//! In lowest terms, `553/6`, or `90` for a whole number.

use std::fmt;
use std::str::FromStr;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;

/// An exact number in lowest terms: `553/6`, or `90` for a whole one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?$"))]
pub struct Fraction(BigRational);

impl Fraction {
    /// 0.
    #[must_use]
    pub fn zero() -> Self {
        Self(BigRational::zero())
    }

    /// A whole number.
    #[must_use]
    pub fn whole(number: u64) -> Self {
        Self(BigRational::from_integer(number.into()))
    }

    /// A decimal, exactly.
    #[must_use]
    pub fn decimal(value: Decimal) -> Self {
        let scale = BigInt::from(10).pow(value.scale());
        Self(BigRational::new(value.mantissa().into(), scale))
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self(&self.0 + &other.0)
    }

    /// The difference.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        Self(&self.0 * &other.0)
    }

    /// The quotient; nothing where the divisor is 0.
    #[must_use]
    pub fn over(&self, other: &Self) -> Option<Self> {
        (!other.0.is_zero()).then(|| Self(&self.0 / &other.0))
    }

    /// The mean of values, each with its weight; nothing where the weights make 0.
    #[must_use]
    pub fn weighted_mean<'a>(values: impl IntoIterator<Item = (&'a Self, &'a Self)>) -> Option<Self> {
        let (sum, weights) =
            values.into_iter().fold((Self::zero(), Self::zero()), |(sum, weights), (value, weight)| {
                (sum.plus(&value.times(weight)), weights.plus(weight))
            });
        sum.over(&weights)
    }

    /// Two places, half away from zero; nothing beyond the range of an amount.
    #[must_use]
    pub fn rounded(&self) -> Option<Amount> {
        let hundredths = &self.0 * BigInt::from(100);
        let half = BigRational::new(1.into(), 2.into());
        let away = (hundredths.abs() + half).floor().to_integer();
        let signed = if hundredths.is_negative() { -away } else { away };
        let value = Decimal::try_from_i128_with_scale(signed.to_i128()?, 2).ok()?;
        Amount::new(value).ok()
    }

    /// As it is written by hand: the decimal where that ends within ten places, else the fraction.
    #[must_use]
    pub fn by_hand(&self) -> String {
        let scaled = (0..=10_u32).find_map(|places| {
            let scaled = &self.0 * BigInt::from(10).pow(places);
            let number = scaled.is_integer().then(|| scaled.to_integer().to_i128())??;
            Decimal::try_from_i128_with_scale(number, places).ok()
        });
        scaled.map_or_else(|| self.to_string(), |decimal| decimal.to_string())
    }
}

impl From<Amount> for Fraction {
    fn from(amount: Amount) -> Self {
        Self::decimal(amount.decimal())
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Not a fraction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a fraction such as 553/6")]
pub struct NotAFraction(String);

impl FromStr for Fraction {
    type Err = NotAFraction;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAFraction(text.chars().take(64).collect());
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        let number = |digits: &str| digits.parse::<BigInt>().map_err(|_| wrong());
        let (numerator, denominator) = (number(numerator)?, number(denominator)?);
        match denominator.is_positive() {
            true => Ok(Self(BigRational::new(numerator, denominator))),
            false => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Fraction {
    type Error = NotAFraction;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Fraction> for String {
    fn from(fraction: Fraction) -> Self {
        fraction.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(text: &str) -> Fraction {
        text.parse().expect("a fraction")
    }

    fn rounded(text: &str) -> String {
        fraction(text).rounded().expect("in range").to_string()
    }

    #[test]
    fn the_one_rounding_is_half_away_from_zero_at_two_places() {
        assert_eq!(rounded("89645/1000"), "89.65");
        assert_eq!(rounded("896449/10000"), "89.64");
        assert_eq!(rounded("-89645/1000"), "-89.65");
        assert_eq!((rounded("2/3"), rounded("90"), rounded("-1/1000")), ("0.67".into(), "90".into(), "0".into()));
    }

    #[test]
    fn fractions_are_written_in_lowest_terms_and_read_back() {
        assert_eq!(fraction("1106/12").to_string(), "553/6");
        assert_eq!(fraction("180/2").to_string(), "90");
        assert_eq!(Fraction::decimal("87.50".parse().expect("a decimal")).to_string(), "175/2");
        for wrong in ["", "/", "1/0", "1/-2", "a", "1.5", "1/2/3"] {
            assert!(wrong.parse::<Fraction>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn by_hand_a_decimal_that_ends_is_written_out() {
        let shown = |text: &str| fraction(text).by_hand();
        assert_eq!((shown("175/2"), shown("90"), shown("-1/8")), ("87.5".into(), "90".into(), "-0.125".into()));
        assert_eq!((shown("553/6"), shown("1/2048")), ("553/6".into(), "1/2048".into()));
    }

    #[test]
    fn a_mean_weighs_and_divides_by_nothing_never() {
        let (one, two, three) = (Fraction::whole(1), Fraction::whole(2), Fraction::whole(3));
        assert_eq!(Fraction::weighted_mean([(&one, &two), (&three, &one)]), Some(fraction("5/3")));
        assert_eq!(Fraction::weighted_mean([]), None);
        assert_eq!(one.over(&Fraction::zero()), None);
    }
}
