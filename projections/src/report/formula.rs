//! How a figure is made of its inputs.

use domain::amount::{growth_percent, percent_of, round_two};
use domain::ledger::Exactness;
use rust_decimal::Decimal;

use super::{Input, Quantity};

/// How a figure is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula {
    /// How many; 0 where nothing happened.
    Count(Input),
    /// How many of those that are known; missing where none is. A known lower bound makes it one.
    Among {
        /// What is counted.
        counted: Input,
        /// Of what.
        known: Input,
        /// Those of which only a lower bound is known.
        bounds: Input,
    },
    /// Minutes as hours: whole ones without places, else two.
    Hours(Input),
    /// The first per one of the second, two places.
    Mean(Input, Input),
    /// Minutes per one of the second, as hours, two places.
    MeanHours(Input, Input),
    /// Money, two places.
    Amount(Input),
    /// The first less the second, as money.
    Difference(Input, Input),
    /// The first in percent of the second.
    Share(Input, Input),
    /// The growth of the first over the second in percent.
    Growth(Input, Input),
}

const MINUTES_PER_HOUR: Decimal = Decimal::from_parts(60, 0, 0, false, 0);

impl Formula {
    /// What has to be read.
    #[must_use]
    pub fn inputs(self) -> Vec<Input> {
        match self {
            Self::Count(one) | Self::Hours(one) | Self::Amount(one) => vec![one],
            Self::Among { counted, known, bounds } => vec![counted, known, bounds],
            Self::Mean(one, other)
            | Self::MeanHours(one, other)
            | Self::Difference(one, other)
            | Self::Share(one, other)
            | Self::Growth(one, other) => vec![one, other],
        }
    }

    /// The inputs whose events the figure opens to.
    pub(super) fn opens_to(self) -> Vec<Input> {
        match self {
            Self::Among { counted, .. } => vec![counted],
            other => other.inputs(),
        }
    }

    /// The figure as an exact decimal; nothing where something is missing, would have to be
    /// divided by nothing, or is taken away or divided by while only a lower bound of it is known.
    pub(super) fn text(self, quantity: &dyn Fn(Input) -> Quantity) -> Option<String> {
        let value = |input| quantity(input).value;
        let known = |input| Some(quantity(input)).filter(|found| found.parts > 0).map(|found| found.value);
        // Less, or a part, of what is only bounded from below would be bounded from above.
        let exact = |input| known(input).filter(|_| quantity(input).at_least == 0);
        let divisor = |input| exact(input).filter(|number| *number > Decimal::ZERO);
        match self {
            Self::Count(one) => Some(value(one).normalize().to_string()),
            Self::Among { counted, known: of, .. } => known(of).map(|_| value(counted).to_string()),
            Self::Hours(minutes) => value(minutes).checked_div(MINUTES_PER_HOUR).map(trimmed),
            Self::Mean(sum, per) => Some(two(value(sum).checked_div(divisor(per)?)?)),
            Self::MeanHours(minutes, per) => {
                let per = divisor(per)?.checked_mul(MINUTES_PER_HOUR)?;
                Some(two(value(minutes).checked_div(per)?))
            }
            Self::Amount(one) => known(one).map(two),
            Self::Difference(one, other) => known(one)?.checked_sub(exact(other)?).map(two),
            Self::Share(part, whole) => percent_of(known(part)?, divisor(whole)?).map(two),
            Self::Growth(actual, base) => growth_percent(known(actual)?, divisor(base)?).map(two),
        }
    }

    /// A lower bound where one went in; what is missing is none.
    pub(super) fn exactness(self, quantity: &dyn Fn(Input) -> Quantity) -> Exactness {
        let bounded = match self {
            Self::Among { bounds, .. } => quantity(bounds).parts > 0,
            other => other.inputs().into_iter().any(|input| quantity(input).at_least > 0),
        };
        match bounded && self.text(quantity).is_some() {
            true => Exactness::AtLeast,
            false => Exactness::Exact,
        }
    }
}

fn two(value: Decimal) -> String {
    round_two(value).to_string()
}

fn trimmed(value: Decimal) -> String {
    let rounded = round_two(value);
    match rounded.fract().is_zero() {
        true => rounded.trunc().to_string(),
        false => rounded.to_string(),
    }
}
