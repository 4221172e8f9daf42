//! The working days of the demo's year.

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// The public holidays that fall on working days: first and last day of each.
const HOLIDAYS: [(Date, Date); 8] = [
    (date(2022, 1, 1), date(2022, 1, 3)),
    (date(2022, 1, 31), date(2022, 2, 6)),
    (date(2022, 4, 3), date(2022, 4, 5)),
    (date(2022, 4, 30), date(2022, 5, 4)),
    (date(2022, 6, 3), date(2022, 6, 5)),
    (date(2022, 9, 10), date(2022, 9, 12)),
    (date(2022, 10, 1), date(2022, 10, 7)),
    (date(2023, 1, 1), date(2023, 1, 2)),
];

/// Whether people work on that day.
#[must_use]
pub fn is_workday(day: Date) -> bool {
    let holiday = HOLIDAYS.iter().any(|(first, last)| (*first..=*last).contains(&day));
    day.weekday().to_monday_zero_offset() < 5 && !holiday
}

/// The day itself or the next one on which people work.
#[must_use]
pub fn workday(day: Date) -> Date {
    day.series(1.day()).find(|day| is_workday(*day)).expect("some day after it is a working day")
}

/// The working days from the first to the last, both included.
#[must_use]
pub fn workdays(first: Date, last: Date) -> Vec<Date> {
    first.series(1.day()).take_while(|day| *day <= last).filter(|day| is_workday(*day)).collect()
}

/// The next working day after a day.
#[must_use]
pub fn after(day: Date) -> Date {
    workday(day.saturating_add(1.day()))
}

/// The day on which the results of a month of the year are reported: a few days after it ends.
#[must_use]
pub fn books_day(month: i8) -> Date {
    match month {
        12 => date(2023, 1, 5),
        month => workday(date(2022, month + 1, 4)),
    }
}
