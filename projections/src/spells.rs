//! Spells 在岗与营业期间: from when until when each member was on duty and each outlet open, by business date.
//!
//! # Rules
//! - A spell begins with registering, reinstating, opening and ends with suspending, leaving, closing. What ends a spell
//!   that has ended already (a suspended member leaves) is a change and ends nothing.
//! - A registration that was merged into another had none: the person is counted once.
//! - A spell is half-open: its last day is the one before `until`.
//!
//! # Invariant
//! Each event about duty or opening makes a version of a row, so that the versions that begin are those events.
//!
//! # Not here
//! How a member or an outlet stands now ([`crate::members`], [`crate::outlets`]).

use std::fmt;
use std::str::FromStr;

use domain::branch::{BranchEvent, OutletKind};
use domain::event::{Event, Fact};
use domain::member::MemberEvent;
use jiff::civil::Date;
use uuid::Uuid;

use crate::projection::Projection;
use crate::report::tallied;
use crate::row::row;
use crate::tally::{Quantity, Tally};
use crate::words::SpellKind;

row! {
    /// The spells of a member or an outlet.
    pub struct SpellsRow("spells") key SpellsKey {
        /// Which member or outlet.
        subject: Uuid,
    } columns {
        /// What lasts.
        kind: SpellKind,
        /// From when until when, the earliest first.
        spells: SpellList,
        /// The business date of the latest change.
        changed_on: Date,
        /// How many events are in it.
        changes: i64,
    } look_up [["kind"]]
}

/// A time that began and may have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// The first day.
    pub from: Date,
    /// The first day after it; nothing while it lasts.
    pub until: Option<Date>,
}

/// Spells, one after the other, written `2022-01-04/2022-03-01 2022-06-01/`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpellList(Vec<Spell>);

/// The text names no spells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotSpells;

impl SpellList {
    /// Whether one of them holds the day.
    #[must_use]
    pub fn cover(&self, day: Date) -> bool {
        self.0.iter().any(|spell| spell.from <= day && spell.until.is_none_or(|until| day < until))
    }

    /// From which year on each holds the last day of the year, and from which on not any more.
    pub fn years(&self) -> impl Iterator<Item = (i64, Option<i64>)> {
        self.0.iter().map(|spell| (spell.from.year().into(), spell.until.map(|until| until.year().into())))
    }

    fn lasts(&self) -> bool {
        self.0.last().is_some_and(|spell| spell.until.is_none())
    }

    fn begin(&mut self, from: Date) {
        if !self.lasts() {
            self.0.push(Spell { from, until: None });
        }
    }

    fn end(&mut self, on: Date) {
        if let Some(spell) = self.0.last_mut() {
            spell.until = spell.until.or(Some(on));
        }
    }
}

impl fmt::Display for SpellList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Spell { from, until }) in self.0.iter().enumerate() {
            let gap = if number == 0 { "" } else { " " };
            write!(f, "{gap}{from}/")?;
            until.map_or(Ok(()), |until| write!(f, "{until}"))?;
        }
        Ok(())
    }
}

impl FromStr for SpellList {
    type Err = NotSpells;
    fn from_str(text: &str) -> Result<Self, NotSpells> {
        let day = |text: &str| text.parse::<Date>().map_err(|_| NotSpells);
        let spell = |text: &str| {
            let (from, until) = text.split_once('/').ok_or(NotSpells)?;
            let until = if until.is_empty() { None } else { Some(day(until)?) };
            Ok(Spell { from: day(from)?, until })
        };
        text.split_whitespace().map(spell).collect::<Result<_, _>>().map(Self)
    }
}

/// What happens to spells.
#[derive(Debug, Clone)]
pub enum Change {
    /// One begins on that day.
    Begins(SpellKind, Date),
    /// The one that lasts ends; that day is the first after it.
    Ends(Date),
    /// There was none, as came out on that day.
    Void(Date),
}

/// The projection.
pub struct Spells;

impl Projection for Spells {
    const NAME: &'static str = "spells";
    const VERSION: u32 = 2;
    type Row = SpellsRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(SpellsKey, Change)> {
        let change = match &fact.event {
            Event::Member(event) => of_member(event).map(|change| (fact.stream.id, change)),
            Event::Branch(event) => of_branch(event),
            Event::Round(_) => None,
        };
        change.map(|(subject, change)| (SpellsKey { subject }, change)).into_iter().collect()
    }

    fn apply(row: Option<SpellsRow>, key: &SpellsKey, change: &Change) -> Option<SpellsRow> {
        match change {
            Change::Begins(kind, on) => {
                let (spells, changed_on) = (SpellList::default(), *on);
                let blank = SpellsRow { subject: key.subject, kind: *kind, spells, changed_on, changes: 0 };
                let mut row = changed(row.unwrap_or(blank), *on);
                row.spells.begin(*on);
                Some(row)
            }
            Change::Ends(on) => {
                let mut row = changed(row?, *on);
                row.spells.end(*on);
                Some(row)
            }
            Change::Void(on) => row.map(|row| SpellsRow { spells: SpellList::default(), ..changed(row, *on) }),
        }
    }

    const TALLIED: bool = true;

    fn tallies(row: &SpellsRow) -> Vec<(Tally, Quantity)> {
        tallied::of_spells(row)
    }
}

fn changed(row: SpellsRow, on: Date) -> SpellsRow {
    SpellsRow { changed_on: on, changes: row.changes + 1, ..row }
}

fn of_member(event: &MemberEvent) -> Option<Change> {
    use MemberEvent::*;
    match event {
        Registered { on, .. } | Readmitted { on, .. } | Reinstated { on, .. } => {
            Some(Change::Begins(SpellKind::Duty, *on))
        }
        Suspended { on, .. } | Left { on, .. } => Some(Change::Ends(*on)),
        Merged { on, .. } => Some(Change::Void(*on)),
        PersonAmended { .. }
        | Appointed { .. }
        | Transferred { .. }
        | ProbationEnded { .. }
        | BadgeChecked { .. }
        | ServiceRecorded { .. }
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
        | ContestPlaced { .. }
        | HonourGranted { .. }
        | PlacedLast { .. }
        | TalkProposed { .. }
        | TalkApproved { .. }
        | TalkDeclined { .. }
        | TalkHeld { .. }
        | TalkFollowUpCalled { .. }
        | TalkFollowedUp { .. }
        | TalkClosed { .. }
        | Absorbed { .. }
        | AccountLinked { .. }
        | AccountUnlinked { .. } => None,
    }
}

fn of_branch(event: &BranchEvent) -> Option<(Uuid, Change)> {
    use BranchEvent::*;
    match event {
        OutletOpened { outlet, kind, on, .. } => Some((outlet.0, Change::Begins(opening(*kind), *on))),
        OutletClosed { outlet, on, .. } => Some((outlet.0, Change::Ends(*on))),
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
        | StandardDisplayed { .. }
        | OutletInspected { .. }
        | OutletLinked { .. }
        | OutletReleased { .. }
        | ContactPointAssigned { .. }
        | ContactPointVisited { .. }
        | ContactPointEnded { .. }
        | MetricDefined { .. }
        | TargetSet { .. }
        | ResultReported { .. }
        | ResultCorrected { .. }
        | ResultWithdrawn { .. }
        | CompetitionAnnounced { .. }
        | CompetitionConcluded { .. }
        | TrainingHeld { .. }
        | AttendanceCorrected { .. }
        | ThemeDayHeld { .. }
        | ImprovementReported { .. }
        | ImprovementConfirmed { .. }
        | RulesAdopted { .. }
        | PeriodClaimed { .. }
        | PeriodReleased { .. }
        | TalkProposed { .. }
        | TalkApproved { .. }
        | TalkDeclined { .. }
        | TalkHeld { .. }
        | TalkFollowUpCalled { .. }
        | TalkFollowedUp { .. }
        | TalkClosed { .. }
        | RoleGranted { .. }
        | RoleWithdrawn { .. } => None,
    }
}

fn opening(kind: OutletKind) -> SpellKind {
    match kind {
        OutletKind::Financial => SpellKind::FinancialOutlet,
        OutletKind::Delivery => SpellKind::DeliveryStation,
    }
}
