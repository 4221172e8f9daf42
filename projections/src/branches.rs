//! Branches 组织: the tree, and what each node did, in counts.
//!
//! # Rules
//! - A merge moves the counts of members, outlets and contact points; what the merged branch did stays with it.
//! - The roster is counted from the members' own events, so that a suspended member counts and nobody counts twice.
//!
//! # Not here
//! Metric results ([`crate::standings`]), single records ([`crate::records`]).

use domain::branch::{BranchEvent, BranchKind, HandedContactPoint, HandedOutlet, OutletKind};
use domain::event::{Event, Fact};
use domain::id::BranchId;
use domain::member::MemberEvent;
use domain::text::Title;
use jiff::civil::Date;

use crate::projection::Projection;
use crate::row::row;
use crate::words::BranchStanding;

row! {
    /// A branch as its page shows it.
    pub struct BranchRow("branches") key BranchKey {
        /// Which branch.
        branch: BranchId,
    } columns {
        /// Its kind.
        kind: BranchKind,
        /// The branch above; none for the top committee.
        parent: Option<BranchId>,
        /// Its name.
        name: Title,
        /// Whether it is still there.
        standing: BranchStanding,
        /// The branch that took it over.
        merged_into: Option<BranchId>,
        /// Its first day.
        established_on: Date,
        /// The first day without it.
        ended_on: Option<Date>,
        /// Members on its roster, the suspended ones included.
        members: i64,
        /// Open financial outlets.
        outlets_financial: i64,
        /// Open delivery stations.
        stations_delivery: i64,
        /// Standing contact points.
        contact_points: i64,
        /// Standards put up on walls.
        standards_displayed: i64,
        /// 6S inspections.
        inspections: i64,
        /// Training sessions.
        trainings: i64,
        /// Minutes of training.
        training_minutes: i64,
        /// Attendances of training, in person-times.
        attendances: i64,
        /// Theme days.
        theme_days: i64,
        /// Improvements reported.
        improvements_reported: i64,
        /// Improvements confirmed.
        improvements_confirmed: i64,
        /// Branches directly under it.
        subordinates: i64,
    } look_up [["parent"], ["name"]]
}

/// What happens to a branch's row.
#[derive(Debug, Clone)]
pub enum Change {
    /// It appears: kind, branch above, name, first day.
    Established(BranchKind, Option<BranchId>, Title, Date),
    /// It has another name.
    Renamed(Title),
    /// It is under another branch.
    Moved(BranchId),
    /// It ends: how, into which branch, from when.
    Ended(BranchStanding, Option<BranchId>, Date),
    /// A count moves.
    Count(fn(&mut BranchRow) -> &mut i64, i64),
    /// Outlets and contact points come, or go below zero: financial, delivery, contact points.
    Handed(i64, i64, i64),
    /// A session was held: minutes, attendances.
    Trained(i64, i64),
}

/// The projection.
pub struct Branches;

impl Projection for Branches {
    const NAME: &'static str = "branches";
    const VERSION: u32 = 2;
    type Row = BranchRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(BranchKey, Change)> {
        let changes = match &fact.event {
            Event::Member(event) => of_member(event),
            Event::Branch(event) => of_branch(BranchId(fact.stream.id), event),
            Event::Round(_) => vec![],
        };
        changes.into_iter().map(|(branch, change)| (BranchKey { branch }, change)).collect()
    }

    fn apply(row: Option<BranchRow>, key: &BranchKey, change: &Change) -> Option<BranchRow> {
        if let Change::Established(kind, parent, name, on) = change {
            return Some(established(key.branch, *kind, *parent, name.clone(), *on));
        }
        let mut row = row?;
        match change {
            Change::Established(..) => {}
            Change::Renamed(name) => row.name = name.clone(),
            Change::Moved(parent) => row.parent = Some(*parent),
            Change::Ended(standing, into, on) => {
                (row.standing, row.merged_into, row.ended_on) = (*standing, *into, Some(*on));
            }
            Change::Count(count, by) => *count(&mut row) += by,
            Change::Handed(financial, delivery, contact_points) => {
                row.outlets_financial += financial;
                row.stations_delivery += delivery;
                row.contact_points += contact_points;
            }
            Change::Trained(minutes, attendances) => {
                row.trainings += 1;
                row.training_minutes += minutes;
                row.attendances += attendances;
            }
        }
        Some(row)
    }
}

fn established(branch: BranchId, kind: BranchKind, parent: Option<BranchId>, name: Title, on: Date) -> BranchRow {
    BranchRow {
        branch,
        kind,
        parent,
        name,
        standing: BranchStanding::Standing,
        merged_into: None,
        established_on: on,
        ended_on: None,
        members: 0,
        outlets_financial: 0,
        stations_delivery: 0,
        contact_points: 0,
        standards_displayed: 0,
        inspections: 0,
        trainings: 0,
        training_minutes: 0,
        attendances: 0,
        theme_days: 0,
        improvements_reported: 0,
        improvements_confirmed: 0,
        subordinates: 0,
    }
}

fn of_member(event: &MemberEvent) -> Vec<(BranchId, Change)> {
    use MemberEvent::*;
    let joins = |branch: BranchId, by: i64| (branch, Change::Count(|row| &mut row.members, by));
    match event {
        Registered { branch, .. } | Readmitted { branch, .. } => vec![joins(*branch, 1)],
        Transferred { from, to, .. } => vec![joins(*from, -1), joins(*to, 1)],
        Left { branch, .. } => vec![joins(*branch, -1)],
        Merged { branch, .. } => branch.iter().map(|branch| joins(*branch, -1)).collect(),
        PersonAmended { .. }
        | Appointed { .. }
        | ProbationEnded { .. }
        | Suspended { .. }
        | Reinstated { .. }
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
        | Absorbed { .. }
        | AccountLinked { .. }
        | AccountUnlinked { .. } => vec![],
    }
}

fn of_branch(branch: BranchId, event: &BranchEvent) -> Vec<(BranchId, Change)> {
    use BranchEvent::*;
    let change = match event {
        Established { kind, parent, name, on } => Change::Established(*kind, *parent, name.clone(), *on),
        Renamed { name, .. } => Change::Renamed(name.clone()),
        Moved { to, .. } => Change::Moved(*to),
        Merged { into, on, .. } => Change::Ended(BranchStanding::Merged, Some(*into), *on),
        Closed { on, .. } => Change::Ended(BranchStanding::Closed, None, *on),
        Absorbed { from, outlets, contact_points, .. } => return handed(*from, branch, outlets, contact_points),
        SubordinateJoined { .. } => Change::Count(|row| &mut row.subordinates, 1),
        SubordinateDeparted { .. } => Change::Count(|row| &mut row.subordinates, -1),
        OutletOpened { kind, .. } => Change::Count(outlets_of(*kind), 1),
        OutletClosed { kind, .. } => Change::Count(outlets_of(*kind), -1),
        StandardDisplayed { .. } => Change::Count(|row| &mut row.standards_displayed, 1),
        OutletInspected { .. } => Change::Count(|row| &mut row.inspections, 1),
        ContactPointAssigned { .. } => Change::Count(|row| &mut row.contact_points, 1),
        ContactPointEnded { .. } => Change::Count(|row| &mut row.contact_points, -1),
        TrainingHeld { minutes, attendees, .. } => Change::Trained(i64::from(*minutes), attendees.len() as i64),
        AttendanceCorrected { added, removed, .. } => {
            Change::Count(|row| &mut row.attendances, added.len() as i64 - removed.len() as i64)
        }
        ThemeDayHeld { .. } => Change::Count(|row| &mut row.theme_days, 1),
        ImprovementReported { .. } => Change::Count(|row| &mut row.improvements_reported, 1),
        ImprovementConfirmed { .. } => Change::Count(|row| &mut row.improvements_confirmed, 1),
        MemberJoined { .. }
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
        | RoleWithdrawn { .. } => return vec![],
    };
    vec![(branch, change)]
}

fn outlets_of(kind: OutletKind) -> fn(&mut BranchRow) -> &mut i64 {
    match kind {
        OutletKind::Financial => |row| &mut row.outlets_financial,
        OutletKind::Delivery => |row| &mut row.stations_delivery,
    }
}

fn handed(
    from: BranchId,
    to: BranchId,
    outlets: &[HandedOutlet],
    contact_points: &[HandedContactPoint],
) -> Vec<(BranchId, Change)> {
    let of = |kind| outlets.iter().filter(|outlet| outlet.kind == kind).count() as i64;
    let (financial, delivery) = (of(OutletKind::Financial), of(OutletKind::Delivery));
    let points = contact_points.len() as i64;
    vec![(from, Change::Handed(-financial, -delivery, -points)), (to, Change::Handed(financial, delivery, points))]
}
