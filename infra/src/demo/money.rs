//! Sums split exactly, in whole cents or pieces.

use domain::amount::Amount;
use rust_decimal::Decimal;

/// Splits a total in proportion to weights, to the last unit; the heaviest takes what is left over, so that equal
/// weights elsewhere get equal parts.
#[must_use]
pub fn split(total: i64, weights: &[u64]) -> Vec<i64> {
    let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    let part = |weight: &u64| (i128::from(total) * i128::from(*weight) / whole) as i64;
    let mut parts: Vec<i64> = weights.iter().map(part).collect();
    let heaviest = (0..weights.len()).rev().max_by_key(|at| weights[*at]).expect("there is a weight");
    parts[heaviest] += total - parts.iter().sum::<i64>();
    parts
}

/// An amount of yuan, given in cents.
#[must_use]
pub fn yuan(cents: i64) -> Amount {
    Amount::new(Decimal::new(cents, 2)).expect("the demo's amounts are within the limits")
}

/// A whole number of pieces, points or persons.
#[must_use]
pub fn whole(number: i64) -> Amount {
    Amount::new(Decimal::from(number)).expect("the demo's numbers are within the limits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_loses_no_cent_and_equal_weights_get_equal_parts() {
        let parts = split(100_000_000_001, &[7, 3, 3, 1]);
        assert_eq!(parts.iter().sum::<i64>(), 100_000_000_001);
        assert_eq!(parts[1], parts[2]);
        assert_eq!(yuan(152_400_000_000).to_string(), "1524000000");
    }
}
