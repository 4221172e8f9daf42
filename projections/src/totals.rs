//! Totals of the organisation 汇总: one row per year and thing counted.
//!
//! # Rules
//! - A total of a year goes by the business date: the day a session or talk was held, the period of a result.
//! - Actuals add up the results of every branch, for metrics that are sums; plans those set for the year.
//!   Nothing checks the assumption that a branch above does not report what those under it report, as those who report
//!   are told (graphql): where one does, it is counted twice.
//! - A row changes by each of the facts it counts and by no other, so that its history is the list of its events.
//!
//! # Not here
//! What stands on a day, such as members on duty and open outlets ([`crate::spells`]).

use domain::amount::Amount;
use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::ledger::Aggregation;
use domain::member::MemberEvent;
use domain::period::Grain;
use jiff::civil::Date;
use rust_decimal::Decimal;

pub use crate::item::{Item, UnknownItem};
use crate::ledger::{Entry, Reported, Said, entry};
use crate::projection::Projection;
use crate::row::row;

row! {
    /// A total.
    pub struct TotalRow("totals") key TotalKey {
        /// The calendar year.
        year: i64,
        /// What is counted.
        item: Item,
    } columns {
        /// The total, in the unit of what is counted.
        value: Decimal,
        /// How many parts it has.
        count: i64,
        /// How many of the parts are lower bounds.
        at_least: i64,
        /// How many facts are in it, so that each makes a version, also one that adds as much as it takes away.
        facts: i64,
    } look_up [["item"]]
}

/// What comes to a total.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// To its value.
    pub value: Decimal,
    /// To its parts.
    pub count: i64,
    /// To the lower bounds among them.
    pub at_least: i64,
}

impl Change {
    fn parts(count: i64) -> Self {
        Self::of(count, count)
    }

    fn of(value: i64, count: i64) -> Self {
        Self { value: Decimal::from(value), count, at_least: 0 }
    }
}

/// The projection.
pub struct Totals;

impl Projection for Totals {
    const NAME: &'static str = "totals";
    const VERSION: u32 = 3;
    type Row = TotalRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(TotalKey, Change)> {
        match &fact.event {
            Event::Member(event) => of_member(event),
            Event::Branch(event) => of_branch(fact, event),
            Event::Round(_) => vec![],
        }
    }

    fn apply(row: Option<TotalRow>, key: &TotalKey, change: &Change) -> Option<TotalRow> {
        let (year, item) = (key.year, key.item.clone());
        let row = row.unwrap_or(TotalRow { year, item, value: Decimal::ZERO, count: 0, at_least: 0, facts: 0 });
        Some(TotalRow {
            value: row.value + change.value,
            count: row.count + change.count,
            at_least: row.at_least + change.at_least,
            facts: row.facts + 1,
            ..row
        })
    }
}

fn in_year(on: Date, item: Item, change: Change) -> (TotalKey, Change) {
    (TotalKey { year: i64::from(on.year()), item }, change)
}

fn of_member(event: &MemberEvent) -> Vec<(TotalKey, Change)> {
    use MemberEvent::*;
    match event {
        HonourGranted { on, .. } => vec![in_year(*on, Item::Honours, Change::parts(1))],
        TalkHeld { on, .. } => vec![in_year(*on, Item::Talks, Change::parts(1))],
        Registered { .. }
        | Readmitted { .. }
        | Left { .. }
        | PersonAmended { .. }
        | ServiceRecorded { .. }
        | ContestPlaced { .. }
        | Appointed { .. }
        | Transferred { .. }
        | ProbationEnded { .. }
        | Suspended { .. }
        | Reinstated { .. }
        | BadgeChecked { .. }
        | PlaquePublished { .. }
        | PlaqueWithdrawn { .. }
        | CommitmentMade { .. }
        | CommitmentEvidenced { .. }
        | CommitmentSettled { .. }
        | ContactPointTaken { .. }
        | ContactPointVisited { .. }
        | ContactPointGivenUp { .. }
        | TargetSet { .. }
        | ResultReported { .. }
        | ResultCorrected { .. }
        | ResultWithdrawn { .. }
        | PlacedLast { .. }
        | TalkProposed { .. }
        | TalkApproved { .. }
        | TalkDeclined { .. }
        | TalkFollowUpCalled { .. }
        | TalkFollowedUp { .. }
        | TalkClosed { .. }
        | Merged { .. }
        | Absorbed { .. }
        | AccountLinked { .. }
        | AccountUnlinked { .. } => vec![],
    }
}

fn of_branch(fact: &Fact, event: &BranchEvent) -> Vec<(TotalKey, Change)> {
    use BranchEvent::*;
    match event {
        TrainingHeld { on, minutes, attendees, .. } => vec![
            in_year(*on, Item::TrainingSessions, Change::parts(1)),
            in_year(*on, Item::TrainingMinutes, Change::of(i64::from(*minutes), 1)),
            in_year(*on, Item::TrainingAttendances, Change::parts(attendees.len() as i64)),
        ],
        AttendanceCorrected { held_on, added, removed, .. } => {
            let by = added.len() as i64 - removed.len() as i64;
            vec![in_year(*held_on, Item::TrainingAttendances, Change::parts(by))]
        }
        TalkHeld { on, attendees, .. } => {
            vec![in_year(*on, Item::Talks, Change::parts(attendees.len() as i64))]
        }
        TargetSet { .. } | ResultReported { .. } | ResultCorrected { .. } | ResultWithdrawn { .. } => {
            entry(fact).map(of_entry).unwrap_or_default()
        }
        Established { .. }
        | Renamed { .. }
        | Moved { .. }
        | Merged { .. }
        | Absorbed { .. }
        | Closed { .. }
        | SubordinateJoined { .. }
        | SubordinateDeparted { .. }
        | MemberJoined { .. }
        | MemberDeparted { .. }
        | OutletOpened { .. }
        | OutletClosed { .. }
        | StandardDisplayed { .. }
        | OutletInspected { .. }
        | ContactPointAssigned { .. }
        | ContactPointVisited { .. }
        | ContactPointEnded { .. }
        | OutletLinked { .. }
        | OutletReleased { .. }
        | MetricDefined { .. }
        | CompetitionAnnounced { .. }
        | CompetitionConcluded { .. }
        | ThemeDayHeld { .. }
        | ImprovementReported { .. }
        | ImprovementConfirmed { .. }
        | RulesAdopted { .. }
        | PeriodClaimed { .. }
        | PeriodReleased { .. }
        | TalkProposed { .. }
        | TalkApproved { .. }
        | TalkDeclined { .. }
        | TalkFollowUpCalled { .. }
        | TalkFollowedUp { .. }
        | TalkClosed { .. }
        | RoleGranted { .. }
        | RoleWithdrawn { .. } => vec![],
    }
}

fn of_entry(entry: Entry) -> Vec<(TotalKey, Change)> {
    let Entry { metric, period, said, .. } = entry;
    let year = i64::from(period.year());
    let total = |item: Item, change: Change| (TotalKey { year, item }, change);
    match said {
        Said::Result { aggregation: Aggregation::Sum, before, after, .. } => {
            vec![total(Item::Actual(metric), replaced(before, after))]
        }
        Said::Result { aggregation: Aggregation::DailyMean | Aggregation::Last, .. } => vec![],
        Said::Withdrawn { aggregation: Aggregation::Sum, before, .. } => {
            let (value, at_least) = (-before.value.decimal(), -before.at_least());
            vec![total(Item::Actual(metric), Change { value, count: -1, at_least })]
        }
        Said::Withdrawn { aggregation: Aggregation::DailyMean | Aggregation::Last, .. } => vec![],
        Said::Target { plan, .. } if period.grain() == Grain::Year && plan[0] != plan[1] => {
            vec![total(Item::Plan(metric), moved(plan))]
        }
        Said::Target { .. } => vec![],
    }
}

fn replaced(before: Option<Reported>, after: Reported) -> Change {
    let value = after.value.decimal() - before.map_or(Decimal::ZERO, |before| before.value.decimal());
    let at_least = after.at_least() - before.map_or(0, Reported::at_least);
    Change { value, count: i64::from(before.is_none()), at_least }
}

fn moved([before, after]: [Option<Amount>; 2]) -> Change {
    let worth = |amount: Option<Amount>| amount.map_or(Decimal::ZERO, Amount::decimal);
    let count = i64::from(after.is_some()) - i64::from(before.is_some());
    Change { value: worth(after) - worth(before), count, at_least: 0 }
}
