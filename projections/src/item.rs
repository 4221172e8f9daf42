//! What the organisation's totals count, each under the name it is stored by.

use std::fmt;
use std::str::FromStr;

use domain::text::MetricCode;

macro_rules! items {
    ($($(#[$meta:meta])* $variant:ident = $name:literal),* $(,)?) => {
        /// What a total counts.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Item {
            $($(#[$meta])* $variant,)*
            /// `metric.<code>.actual`: the results of all branches, for metrics that add up.
            Actual(MetricCode),
            /// `metric.<code>.plan`: the plans of all branches for the whole year.
            Plan(MetricCode),
        }

        impl fmt::Display for Item {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant => f.write_str($name),)*
                    Self::Actual(code) => write!(f, "metric.{code}.actual"),
                    Self::Plan(code) => write!(f, "metric.{code}.plan"),
                }
            }
        }

        impl FromStr for Item {
            type Err = UnknownItem;
            fn from_str(text: &str) -> Result<Self, UnknownItem> {
                match text {
                    $($name => Ok(Self::$variant),)*
                    other => of_metric(other).ok_or(UnknownItem),
                }
            }
        }
    };
}

items! {
    /// Training sessions 培训场次.
    TrainingSessions = "training.sessions",
    /// Minutes of training sessions, each session once 培训时长.
    TrainingMinutes = "training.minutes",
    /// Attendances 培训人次, in person-times.
    TrainingAttendances = "training.attendances",
    /// Honours granted 荣誉.
    Honours = "honours",
    /// Reminder talks held 提醒谈话, in person-times.
    Talks = "talks",
}

/// The text names no total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownItem;

fn of_metric(text: &str) -> Option<Item> {
    let (code, of) = text.strip_prefix("metric.")?.rsplit_once('.')?;
    let code = code.parse().ok()?;
    match of {
        "actual" => Some(Item::Actual(code)),
        "plan" => Some(Item::Plan(code)),
        _other => None,
    }
}
