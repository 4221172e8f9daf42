//! Periods and business dates in the organisation's zone.
//!
//! # Rules
//! - A period is half-open, [first day, first day of the next), in the organisation's zone.
//! - A business date is not in the future ([`TimeRefusal::InTheFuture`]) and within [2000, 2200) ([`TimeRefusal::OutOfRange`]).
//!
//! # Not here
//! The present instant: it comes with the context.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::refusal::refusals;

refusals! {
    /// Why a date or period is refused.
    pub enum TimeRefusal {
        /// A date that has not come yet.
        InTheFuture { date: Date, today: Date } = "time.in_the_future",
            "{date} has not come yet; today is {today}", "{date} 尚未到来,今天是 {today}";
        /// A date outside [2000, 2200).
        OutOfRange { date: Date } = "time.out_of_range",
            "{date} is outside the years 2000 to 2199", "{date} 不在 2000 年至 2199 年之间";
        /// Not a year, quarter or month.
        NotAPeriod { given: String } = "time.not_a_period",
            "{given:?} is not a period: a year 2000 to 2199, a quarter 1 to 4, a month 1 to 12",
            "{given:?} 不是期间:年 2000 至 2199、季度 1 至 4、月 1 至 12";
        /// A period that must be over is not.
        PeriodNotOver { period: Period, ends: Date } = "time.period_not_over",
            "the period {period} is not over; it ends before {ends}", "期间 {period} 尚未结束,于 {ends} 前结束";
        /// The first of two dates comes after the second.
        Reversed { from: Date, until: Date } = "time.reversed",
            "{from} is after {until}", "{from} 晚于 {until}";
    }
}

/// The minutes of a day.
pub const DAY_MINUTES: u32 = 1_440;

/// The kinds of period 期间粒度.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// 月
    Month,
    /// 季
    Quarter,
    /// 年
    Year,
}

/// In English; in the alternate form (`{:#}`) in Chinese.
impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self, f.alternate()) {
            (Self::Month, false) => "month",
            (Self::Quarter, false) => "quarter",
            (Self::Year, false) => "year",
            (Self::Month, true) => "月",
            (Self::Quarter, true) => "季",
            (Self::Year, true) => "年",
        })
    }
}

/// A year, quarter or month, written `2022`, `2022-Q3`, `2022-08`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^2[01][0-9]{2}(-(Q[1-4]|0[1-9]|1[0-2]))?$"))]
pub struct Period {
    year: i16,
    grain: Grain,
    number: i8,
}

impl Period {
    /// A year 2000 to 2199.
    ///
    /// # Errors
    /// [`TimeRefusal::NotAPeriod`].
    pub fn year_of(year: i32) -> Result<Self, TimeRefusal> {
        Self::checked(year, Grain::Year, 1, 1)
    }

    /// A quarter 1 to 4 of a year.
    ///
    /// # Errors
    /// [`TimeRefusal::NotAPeriod`].
    pub fn quarter_of(year: i32, quarter: i32) -> Result<Self, TimeRefusal> {
        Self::checked(year, Grain::Quarter, quarter, 4)
    }

    /// A month 1 to 12 of a year.
    ///
    /// # Errors
    /// [`TimeRefusal::NotAPeriod`].
    pub fn month_of(year: i32, month: i32) -> Result<Self, TimeRefusal> {
        Self::checked(year, Grain::Month, month, 12)
    }

    fn checked(year: i32, grain: Grain, number: i32, most: i32) -> Result<Self, TimeRefusal> {
        match (2000..2200).contains(&year) && (1..=most).contains(&number) {
            true => Ok(Self { year: year as i16, grain, number: number as i8 }),
            false => Err(TimeRefusal::NotAPeriod {
                given: match grain {
                    Grain::Year => year.to_string(),
                    Grain::Quarter => format!("{year}-Q{number}"),
                    Grain::Month => format!("{year}-{number:02}"),
                },
            }),
        }
    }

    /// The period of that grain that holds the date.
    #[must_use]
    pub fn holding(date: Date, grain: Grain) -> Self {
        let number = match grain {
            Grain::Year => 1,
            Grain::Quarter => (date.month() + 2) / 3,
            Grain::Month => date.month(),
        };
        Self { year: date.year(), grain, number }
    }

    /// What kind of period this is.
    #[must_use]
    pub fn grain(self) -> Grain {
        self.grain
    }

    /// The calendar year it lies in.
    #[must_use]
    pub fn year(self) -> i32 {
        i32::from(self.year)
    }

    fn months(self) -> i8 {
        match self.grain {
            Grain::Year => 12,
            Grain::Quarter => 3,
            Grain::Month => 1,
        }
    }

    /// The first day in it.
    #[must_use]
    pub fn first_day(self) -> Date {
        jiff::civil::date(self.year, (self.number - 1) * self.months() + 1, 1)
    }

    /// The first day after it.
    #[must_use]
    pub fn end_day(self) -> Date {
        self.first_day().saturating_add(i32::from(self.months()).months())
    }

    /// How many days it has.
    #[must_use]
    pub fn days(self) -> i32 {
        (self.end_day() - self.first_day()).get_days()
    }

    /// Itself and the larger periods around it, smallest first.
    #[must_use]
    pub fn enclosing(self) -> Vec<Self> {
        [Grain::Month, Grain::Quarter, Grain::Year]
            .into_iter()
            .filter(|grain| *grain >= self.grain)
            .map(|grain| Self::holding(self.first_day(), grain))
            .collect()
    }

    /// Whether it is over at that instant.
    #[must_use]
    pub fn is_over(self, at: Timestamp, zone: &Zone) -> bool {
        zone.start_of(self.end_day()) <= at
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.grain {
            Grain::Year => write!(f, "{}", self.year),
            Grain::Quarter => write!(f, "{}-Q{}", self.year, self.number),
            Grain::Month => write!(f, "{}-{:02}", self.year, self.number),
        }
    }
}

impl FromStr for Period {
    type Err = TimeRefusal;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || TimeRefusal::NotAPeriod { given: text.chars().take(32).collect() };
        let number = |digits: &str| digits.parse::<i32>().map_err(|_| refused());
        let parsed = match text.split_once('-') {
            None => Self::year_of(number(text)?),
            Some((year, rest)) => match rest.strip_prefix('Q') {
                Some(quarter) => Self::quarter_of(number(year)?, number(quarter)?),
                None => Self::month_of(number(year)?, number(rest)?),
            },
        };
        parsed.map_err(|_| refused())
    }
}

impl TryFrom<String> for Period {
    type Error = TimeRefusal;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

/// The organisation's time zone, from the bundled IANA database; Asia/Shanghai unless configured.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(TimeZone);

impl Zone {
    /// A zone by its IANA name, or nothing.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// The zone itself.
    #[must_use]
    pub fn time_zone(&self) -> &TimeZone {
        &self.0
    }

    /// The business date at an instant.
    #[must_use]
    pub fn date_at(&self, at: Timestamp) -> Date {
        at.to_zoned(self.0.clone()).date()
    }

    /// The instant at which a business date begins.
    #[must_use]
    pub fn start_of(&self, date: Date) -> Timestamp {
        date.to_zoned(self.0.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }
}

/// An instant as people are told of it: in the organisation's zone, to the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment(jiff::Zoned);

impl Moment {
    /// That instant there.
    #[must_use]
    pub fn new(at: Timestamp, zone: &Zone) -> Self {
        Self(at.to_zoned(zone.0.clone()))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.strftime("%Y-%m-%dT%H:%M:%S%:z").fmt(f)
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::named("Asia/Shanghai").expect("the bundled database has Asia/Shanghai")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_ends_at_midnight_in_the_organisations_zone() {
        let quarter: Period = "2022-Q3".parse().unwrap();
        let zone = Zone::default();
        assert!(!quarter.is_over("2022-09-30T15:59:59.999999Z".parse().unwrap(), &zone));
        assert!(quarter.is_over("2022-09-30T16:00:00Z".parse().unwrap(), &zone));
        assert_eq!(zone.date_at("2022-09-30T16:00:00Z".parse().unwrap()).to_string(), "2022-10-01");
    }

    #[test]
    fn a_month_lies_in_its_quarter_and_year() {
        let names: Vec<String> =
            "2022-08".parse::<Period>().unwrap().enclosing().iter().map(Period::to_string).collect();
        assert_eq!(names, ["2022-08", "2022-Q3", "2022"]);
        assert_eq!("2024-02".parse::<Period>().unwrap().days(), 29);
        assert_eq!("2022".parse::<Period>().unwrap().days(), 365);
    }

    #[test]
    fn a_wrong_period_is_named_as_periods_are_written() {
        let given = |period: Result<Period, TimeRefusal>| period.unwrap_err().facts()[0].1.clone();
        assert_eq!(given(Period::year_of(1999)), "1999");
        assert_eq!(given(Period::quarter_of(2022, 5)), "2022-Q5");
        assert_eq!(given(Period::month_of(2022, 13)), "2022-13");
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in ["1999", "2200", "2022-Q5", "2022-13", "2022-00", "22", "", "2022-Q", "2022-1-1"] {
            assert_eq!(text.parse::<Period>().unwrap_err().code(), "time.not_a_period", "{text:?}");
        }
    }
}
