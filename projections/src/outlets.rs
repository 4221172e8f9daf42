//! Outlets: financial outlets 金融网点 and delivery stations 揽投部, with their displays and latest 6S inspection.
//!
//! # Rules
//! - The verdicts are those of the inspection with the latest day, whenever it was recorded.
//! - A merge hands open outlets to the branch that takes over.
//! - `contact_points` counts the standing links. An end recorded before ends named their outlets takes none away.
//!
//! # Not here
//! Earlier inspections and the standards themselves ([`crate::records`]).

use domain::branch::{BranchEvent, OutletKind, SixS, Verdict};
use domain::event::{Event, Fact};
use domain::id::{BranchId, OutletId};
use domain::member::MemberEvent;
use domain::text::Title;
use jiff::civil::Date;

use crate::projection::Projection;
use crate::row::row;
use crate::words::OutletStanding;

row! {
    /// An outlet as its page shows it.
    pub struct OutletRow("outlets") key OutletKey {
        /// Which outlet.
        outlet: OutletId,
    } columns {
        /// The branch that holds it.
        branch: BranchId,
        /// Financial outlet or delivery station.
        kind: OutletKind,
        /// Its name.
        name: Title,
        /// Open or closed.
        standing: OutletStanding,
        /// Its first day.
        opened_on: Date,
        /// The first day without it.
        closed_on: Option<Date>,
        /// Standards put up on its wall.
        standards_displayed: i64,
        /// 6S inspections.
        inspections: i64,
        /// The day of the latest inspection.
        inspected_on: Option<Date>,
        /// 整理, at the latest inspection.
        sort: Option<Verdict>,
        /// 整顿
        set_in_order: Option<Verdict>,
        /// 清扫
        shine: Option<Verdict>,
        /// 清洁
        standardise: Option<Verdict>,
        /// 素养
        sustain: Option<Verdict>,
        /// 安全
        safety: Option<Verdict>,
        /// Standing contact points it belongs to.
        contact_points: i64,
    } look_up [["branch", "kind"], ["kind", "standing"]]
}

/// What happens to an outlet's row.
#[derive(Debug, Clone)]
pub enum Change {
    /// Appears: branch, kind, name, first day.
    Opened(BranchId, OutletKind, Title, Date),
    /// Is closed from that day.
    Closed(Date),
    /// Belongs to another branch.
    Handed(BranchId),
    /// Shows one standard more.
    Displayed,
    /// Was inspected on that day.
    Inspected(Date, SixS),
    /// Belongs to so many contact points more.
    Linked(i64),
}

/// The projection.
pub struct Outlets;

impl Projection for Outlets {
    const NAME: &'static str = "outlets";
    const VERSION: u32 = 2;
    type Row = OutletRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(OutletKey, Change)> {
        let changes = match &fact.event {
            Event::Member(event) => of_member(event),
            Event::Branch(event) => of_branch(BranchId(fact.stream.id), event),
            Event::Round(_) => vec![],
        };
        changes.into_iter().map(|(outlet, change)| (OutletKey { outlet }, change)).collect()
    }

    fn apply(row: Option<OutletRow>, key: &OutletKey, change: &Change) -> Option<OutletRow> {
        if let Change::Opened(branch, kind, name, on) = change {
            return Some(opened(key.outlet, *branch, *kind, name.clone(), *on));
        }
        let mut row = row?;
        match change {
            Change::Opened(..) => {}
            Change::Closed(on) => (row.standing, row.closed_on) = (OutletStanding::Closed, Some(*on)),
            Change::Handed(branch) => row.branch = *branch,
            Change::Displayed => row.standards_displayed += 1,
            Change::Inspected(on, results) => {
                row.inspections += 1;
                if row.inspected_on.is_none_or(|latest| *on >= latest) {
                    inspected(&mut row, *on, *results);
                }
            }
            Change::Linked(by) => row.contact_points += by,
        }
        Some(row)
    }
}

fn opened(outlet: OutletId, branch: BranchId, kind: OutletKind, name: Title, opened_on: Date) -> OutletRow {
    OutletRow {
        outlet,
        branch,
        kind,
        name,
        standing: OutletStanding::Open,
        opened_on,
        closed_on: None,
        standards_displayed: 0,
        inspections: 0,
        inspected_on: None,
        sort: None,
        set_in_order: None,
        shine: None,
        standardise: None,
        sustain: None,
        safety: None,
        contact_points: 0,
    }
}

fn inspected(row: &mut OutletRow, on: Date, results: SixS) {
    let SixS { sort, set_in_order, shine, standardise, sustain, safety } = results;
    row.inspected_on = Some(on);
    (row.sort, row.set_in_order, row.shine) = (Some(sort), Some(set_in_order), Some(shine));
    (row.standardise, row.sustain, row.safety) = (Some(standardise), Some(sustain), Some(safety));
}

fn of_member(event: &MemberEvent) -> Vec<(OutletId, Change)> {
    use MemberEvent::*;
    match event {
        Registered { .. }
        | Readmitted { .. }
        | PersonAmended { .. }
        | Appointed { .. }
        | Transferred { .. }
        | ProbationEnded { .. }
        | Suspended { .. }
        | Reinstated { .. }
        | Left { .. }
        | BadgeChecked { .. }
        | ServiceRecorded { .. }
        | PlaquePublished { .. }
        | PlaqueWithdrawn { .. }
        | CommitmentMade { .. }
        | CommitmentEvidenced { .. }
        | CommitmentSettled { .. }
        | TargetSet { .. }
        | ResultReported { .. }
        | ResultCorrected { .. }
        | ResultWithdrawn { .. }
        | ContestPlaced { .. }
        | ContactPointTaken { .. }
        | ContactPointVisited { .. }
        | ContactPointGivenUp { .. }
        | HonourGranted { .. }
        | PlacedLast { .. }
        | TalkProposed { .. }
        | TalkApproved { .. }
        | TalkDeclined { .. }
        | TalkHeld { .. }
        | TalkFollowUpCalled { .. }
        | TalkFollowedUp { .. }
        | TalkClosed { .. }
        | Merged { .. }
        | Absorbed { .. }
        | AccountLinked { .. }
        | AccountUnlinked { .. } => vec![],
    }
}

fn of_branch(branch: BranchId, event: &BranchEvent) -> Vec<(OutletId, Change)> {
    use BranchEvent::*;
    match event {
        OutletOpened { outlet, kind, name, on } => vec![(*outlet, Change::Opened(branch, *kind, name.clone(), *on))],
        OutletClosed { outlet, on, .. } => vec![(*outlet, Change::Closed(*on))],
        Absorbed { outlets, .. } => outlets.iter().map(|handed| (handed.outlet, Change::Handed(branch))).collect(),
        StandardDisplayed { outlet, .. } => vec![(*outlet, Change::Displayed)],
        OutletInspected { outlet, on, results, .. } => vec![(*outlet, Change::Inspected(*on, *results))],
        ContactPointAssigned { outlet, station, .. } => [outlet, station].map(|it| (*it, Change::Linked(1))).to_vec(),
        ContactPointEnded { outlet, station, .. } => {
            [outlet, station].into_iter().flatten().map(|it| (*it, Change::Linked(-1))).collect()
        }
        Established { .. }
        | Renamed { .. }
        | Moved { .. }
        | Merged { .. }
        | Closed { .. }
        | SubordinateJoined { .. }
        | SubordinateDeparted { .. }
        | MemberJoined { .. }
        | MemberDeparted { .. }
        | ContactPointVisited { .. }
        | OutletLinked { .. }
        | OutletReleased { .. }
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
        | RoleWithdrawn { .. } => vec![],
    }
}
