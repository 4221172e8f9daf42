//! The results a standing is made of, one per period.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use domain::ledger::Exactness;
use domain::period::Period;
use rust_decimal::Decimal;

use crate::ledger::Reported;

/// Results by period, written `2022-01=5 2022-02=6.5+`; the plus marks a lower bound.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parts(BTreeMap<Period, Reported>);

/// The text names no parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotParts;

impl Parts {
    /// The result of a period as it stands now; nothing where it was taken back.
    pub fn set(&mut self, of: Period, now: Option<Reported>) {
        match now {
            Some(reported) => self.0.insert(of, reported),
            None => self.0.remove(&of),
        };
    }

    /// Every one, the earliest period first.
    pub fn iter(&self) -> impl Iterator<Item = (Period, Reported)> {
        self.0.iter().map(|(of, reported)| (*of, *reported))
    }

    /// The one of the latest period.
    #[must_use]
    pub fn last(&self) -> Option<(Period, Reported)> {
        self.0.last_key_value().map(|(of, reported)| (*of, *reported))
    }

    /// The exact sum of the values, each times the weight of its period.
    #[must_use]
    pub fn sum_of(&self, weight: impl Fn(Period) -> Decimal) -> Decimal {
        self.iter().map(|(of, reported)| reported.value.decimal() * weight(of)).sum()
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (of, Reported { value, exactness })) in self.iter().enumerate() {
            let gap = if number == 0 { "" } else { " " };
            let mark = match exactness {
                Exactness::Exact => "",
                Exactness::AtLeast => "+",
            };
            write!(f, "{gap}{of}={value}{mark}")?;
        }
        Ok(())
    }
}

impl FromStr for Parts {
    type Err = NotParts;
    fn from_str(text: &str) -> Result<Self, NotParts> {
        let part = |text: &str| {
            let (of, value) = text.split_once('=').ok_or(NotParts)?;
            let (value, exactness) = match value.strip_suffix('+') {
                Some(value) => (value, Exactness::AtLeast),
                None => (value, Exactness::Exact),
            };
            let value = value.parse().map_err(|_| NotParts)?;
            Ok((of.parse().map_err(|_| NotParts)?, Reported { value, exactness }))
        };
        text.split_whitespace().map(part).collect::<Result<_, _>>().map(Self)
    }
}
