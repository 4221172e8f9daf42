//! The working days of the demo's year. Days off and worked weekends are the demo's own, plausible and no official list.

use domain::round::Calendar;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

/// The holidays: first and last day of each.
const HOLIDAYS: [(Date, Date); 13] = [
    (date(2022, 1, 1), date(2022, 1, 3)),
    (date(2022, 1, 31), date(2022, 2, 6)),
    (date(2022, 4, 3), date(2022, 4, 5)),
    (date(2022, 4, 30), date(2022, 5, 4)),
    (date(2022, 6, 3), date(2022, 6, 5)),
    (date(2022, 9, 10), date(2022, 9, 12)),
    (date(2022, 10, 1), date(2022, 10, 7)),
    (date(2023, 1, 1), date(2023, 1, 2)),
    (date(2023, 1, 21), date(2023, 1, 27)),
    (date(2023, 4, 5), date(2023, 4, 5)),
    (date(2023, 4, 29), date(2023, 5, 3)),
    (date(2023, 6, 22), date(2023, 6, 24)),
    (date(2023, 9, 29), date(2023, 10, 6)),
];
/// Weekend days that are worked 调休. Time limits count them; nothing of the demo is recorded on them.
const WORKED: [Date; 14] = [
    date(2022, 1, 29),
    date(2022, 1, 30),
    date(2022, 4, 2),
    date(2022, 4, 24),
    date(2022, 5, 7),
    date(2022, 10, 8),
    date(2022, 10, 9),
    date(2023, 1, 28),
    date(2023, 1, 29),
    date(2023, 4, 23),
    date(2023, 5, 6),
    date(2023, 6, 25),
    date(2023, 10, 7),
    date(2023, 10, 8),
];

/// The calendar as rules of evaluation name it.
#[must_use]
pub fn of_rules() -> Calendar {
    let days = HOLIDAYS.iter().flat_map(|(first, last)| first.series(1.day()).take_while(move |day| day <= last));
    let off = days.filter(|day| day.weekday().to_monday_zero_offset() < 5).collect();
    Calendar { off, worked: WORKED.to_vec() }
}

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

/// The days from the first to the last on which the office goes round and records: working Tuesdays and Thursdays.
#[must_use]
pub fn rounds(first: Date, last: Date) -> Vec<Date> {
    let goes_round = |day: &Date| matches!(day.weekday(), Weekday::Tuesday | Weekday::Thursday) && is_workday(*day);
    first.series(1.day()).take_while(|day| *day <= last).filter(goes_round).collect()
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

/// So many working days after a day.
#[must_use]
pub fn days_after(day: Date, days: usize) -> Date {
    (0..days).fold(day, |day, _| after(day))
}
