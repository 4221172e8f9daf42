//! The days of a round: when people give, when it closes, is counted, decided, published, final.

use domain::period::{Period, Zone};
use domain::round::Rules;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};

use crate::demo::calendar::{after, days_after, workday};
use crate::demo::metrics::period;

/// When a round closes, as minutes after midnight: half past five.
const CLOSING_TIME: i64 = 1_050;

/// From the first day to the last on which something is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The first day.
    pub opens: Date,
    /// The last day.
    pub closes: Date,
}

impl Term {
    /// Of the round of a quarter: soon after it ends.
    #[must_use]
    pub fn of_quarter(quarter: i8) -> Self {
        let opens = match quarter {
            1 => date(2022, 4, 7),
            2 => date(2022, 7, 4),
            3 => date(2022, 10, 10),
            _ => date(2023, 1, 4),
        };
        Self::from(opens, if quarter == 4 { 4 } else { 6 })
    }

    /// From a day on, and so many working days more.
    #[must_use]
    pub fn from(opens: Date, days: usize) -> Self {
        Self { opens, closes: days_after(opens, days) }
    }

    /// The instant from which nothing more is given.
    #[must_use]
    pub fn closes_at(self) -> Timestamp {
        Zone::default().start_of(self.closes) + CLOSING_TIME.minutes()
    }

    /// The days on which people give, one of them for each of a list.
    #[must_use]
    pub fn day(self, at: usize) -> Date {
        let mut days: Vec<Date> = vec![];
        let mut day = after(self.opens);
        while day < self.closes {
            days.push(day);
            day = after(day);
        }
        days[at % days.len()]
    }

    /// The day on which the boxes are opened, and the round closes.
    #[must_use]
    pub fn counted(self) -> Date {
        after(self.closes)
    }
}

/// The period of a quarter.
#[must_use]
pub fn of(quarter: i8) -> Period {
    period(&format!("2022-Q{quarter}"))
}

/// The first day on which what was published on a day can become final.
#[must_use]
pub fn final_day(rules: &Rules, published: Date) -> Date {
    let days = rules.publicity_days.max(rules.appeal_days);
    after(rules.calendar.after(published, days).unwrap_or(published))
}

/// The first day on which an answer to an appeal of a day is overdue.
#[must_use]
pub fn overdue_day(rules: &Rules, filed: Date) -> Date {
    let last = rules.calendar.after(filed, rules.answer_days).unwrap_or(filed);
    workday(last.saturating_add(1.day()))
}
