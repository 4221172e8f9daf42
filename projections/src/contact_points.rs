//! Contact points 联系点: two cadres linked with one financial outlet and one delivery station.
//!
//! # Rules
//! - The last day agreed on does not end a contact point; ending it does.
//! - A merge hands standing contact points to the branch that takes over.
//!
//! # Not here
//! Single visits ([`crate::records`]).

use domain::branch::{BranchEvent, HandedContactPoint};
use domain::event::{Event, Fact};
use domain::id::{BranchId, ContactPointId, MemberId, OutletId};
use domain::member::MemberEvent;
use jiff::civil::Date;

use crate::projection::Projection;
use crate::row::row;
use crate::words::ContactPointStanding;

row! {
    /// A contact point as its page shows it.
    pub struct ContactPointRow("contact_points") key ContactPointKey {
        /// Which contact point.
        contact_point: ContactPointId,
    } columns {
        /// The branch that holds it.
        branch: BranchId,
        /// One of the pair.
        cadre_a: MemberId,
        /// The other.
        cadre_b: MemberId,
        /// The financial outlet.
        outlet: OutletId,
        /// The delivery station.
        station: OutletId,
        /// Standing or ended.
        standing: ContactPointStanding,
        /// The first day.
        assigned_from: Date,
        /// The last day agreed on.
        assigned_until: Option<Date>,
        /// The first day without it.
        ended_on: Option<Date>,
        /// Visits.
        visits: i64,
        /// The day of the latest visit.
        visited_on: Option<Date>,
    } look_up [["branch", "standing"], ["cadre_a"], ["cadre_b"], ["outlet"], ["station"]]
}

/// What happens to a contact point's row.
#[derive(Debug, Clone)]
pub enum Change {
    /// It appears.
    Assigned(ContactPointRow),
    /// It belongs to another branch.
    Handed(BranchId),
    /// One of the pair came on that day.
    Visited(Date),
    /// It is over from that day.
    Ended(Date),
}

/// The projection.
pub struct ContactPoints;

impl Projection for ContactPoints {
    const NAME: &'static str = "contact_points";
    const VERSION: u32 = 1;
    type Row = ContactPointRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(ContactPointKey, Change)> {
        match &fact.event {
            Event::Member(event) => of_member(event),
            Event::Branch(event) => of_branch(BranchId(fact.stream.id), event),
            Event::Round(_) => vec![],
        }
    }

    fn apply(row: Option<ContactPointRow>, _key: &ContactPointKey, change: &Change) -> Option<ContactPointRow> {
        if let Change::Assigned(row) = change {
            return Some(row.clone());
        }
        let mut row = row?;
        match change {
            Change::Assigned(_) => {}
            Change::Handed(branch) => row.branch = *branch,
            Change::Visited(on) => {
                row.visits += 1;
                row.visited_on = row.visited_on.max(Some(*on));
            }
            Change::Ended(on) => (row.standing, row.ended_on) = (ContactPointStanding::Ended, Some(*on)),
        }
        Some(row)
    }
}

fn assigned(branch: BranchId, point: HandedContactPoint) -> ContactPointRow {
    let [cadre_a, cadre_b] = point.cadres;
    ContactPointRow {
        contact_point: point.contact_point,
        branch,
        cadre_a,
        cadre_b,
        outlet: point.outlet,
        station: point.station,
        standing: ContactPointStanding::Standing,
        assigned_from: point.from,
        assigned_until: point.until,
        ended_on: None,
        visits: 0,
        visited_on: None,
    }
}

fn of_member(event: &MemberEvent) -> Vec<(ContactPointKey, Change)> {
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

fn of_branch(branch: BranchId, event: &BranchEvent) -> Vec<(ContactPointKey, Change)> {
    use BranchEvent::*;
    let one = |contact_point, change| vec![(ContactPointKey { contact_point }, change)];
    match event {
        ContactPointAssigned { contact_point, cadres, outlet, station, from, until, holders } => {
            let (contact_point, outlet, station) = (*contact_point, *outlet, *station);
            let (cadres, from, until, holders) = (*cadres, *from, *until, *holders);
            let point = HandedContactPoint { contact_point, cadres, outlet, station, from, until, holders };
            one(contact_point, Change::Assigned(assigned(branch, point)))
        }
        ContactPointVisited { contact_point, on, .. } => one(*contact_point, Change::Visited(*on)),
        ContactPointEnded { contact_point, on, .. } => one(*contact_point, Change::Ended(*on)),
        Absorbed { contact_points, .. } => {
            contact_points.iter().flat_map(|point| one(point.contact_point, Change::Handed(branch))).collect()
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
        | OutletOpened { .. }
        | OutletClosed { .. }
        | OutletLinked { .. }
        | OutletReleased { .. }
        | StandardDisplayed { .. }
        | OutletInspected { .. }
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
