//! Training sessions 培训: when, how long, how many came.
//!
//! # Not here
//! Who came ([`crate::attendance`]).

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::{BranchId, TrainingId};
use domain::member::MemberEvent;
use domain::text::Sealed;
use jiff::civil::Date;

use crate::projection::Projection;
use crate::row::row;

row! {
    /// A training session.
    pub struct TrainingRow("trainings") key TrainingKey {
        /// Which session.
        training: TrainingId,
    } columns {
        /// The branch that held it.
        branch: BranchId,
        /// The day.
        held_on: Date,
        /// What it was about.
        topic: Sealed,
        /// How long it was.
        minutes: i64,
        /// How many attended.
        attendees: i64,
    } look_up [["branch", "held_on"], ["held_on"]]
}

/// What happens to a session's row.
#[derive(Debug, Clone)]
pub enum Change {
    /// It was held.
    Held(TrainingRow),
    /// So many more attended.
    Attended(i64),
}

/// The projection.
pub struct Trainings;

impl Projection for Trainings {
    const NAME: &'static str = "trainings";
    const VERSION: u32 = 1;
    type Row = TrainingRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(TrainingKey, Change)> {
        match &fact.event {
            Event::Member(event) => of_member(event),
            Event::Branch(event) => of_branch(BranchId(fact.stream.id), event),
            Event::Round(_) => vec![],
        }
    }

    fn apply(row: Option<TrainingRow>, _key: &TrainingKey, change: &Change) -> Option<TrainingRow> {
        match change {
            Change::Held(row) => Some(row.clone()),
            Change::Attended(by) => row.map(|row| TrainingRow { attendees: row.attendees + by, ..row }),
        }
    }
}

fn of_member(event: &MemberEvent) -> Vec<(TrainingKey, Change)> {
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

fn of_branch(branch: BranchId, event: &BranchEvent) -> Vec<(TrainingKey, Change)> {
    use BranchEvent::*;
    match event {
        TrainingHeld { training, on, topic, minutes, attendees } => {
            let (minutes, attendees) = (i64::from(*minutes), attendees.len() as i64);
            let row =
                TrainingRow { training: *training, branch, held_on: *on, topic: topic.clone(), minutes, attendees };
            vec![(TrainingKey { training: *training }, Change::Held(row))]
        }
        AttendanceCorrected { training, added, removed, .. } => {
            let by = added.len() as i64 - removed.len() as i64;
            vec![(TrainingKey { training: *training }, Change::Attended(by))]
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
        | TargetSet { .. }
        | ResultReported { .. }
        | ResultCorrected { .. }
        | ResultWithdrawn { .. }
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
        | TalkHeld { .. }
        | TalkFollowUpCalled { .. }
        | TalkFollowedUp { .. }
        | TalkClosed { .. }
        | RoleGranted { .. }
        | RoleWithdrawn { .. } => vec![],
    }
}
