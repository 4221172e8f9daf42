//! Attendance 出勤: one row per session and member who came.
//!
//! # Rules
//! - A correction adds rows and ends rows; as of an earlier position the rows stand as they stood.

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::{BranchId, MemberId, TrainingId};
use domain::member::MemberEvent;
use jiff::civil::Date;

use crate::projection::Projection;
use crate::row::row;

row! {
    /// That a member attended a session.
    pub struct AttendanceRow("attendance") key AttendanceKey {
        /// Which session.
        training: TrainingId,
        /// Which member.
        member: MemberId,
    } columns {
        /// The session's day.
        held_on: Date,
        /// The session's length.
        minutes: i64,
        /// The branch that held it.
        branch: BranchId,
    } look_up [["member", "held_on"]]
}

/// What happens to a row of attendance.
#[derive(Debug, Clone)]
pub enum Change {
    /// The member attended: day, minutes, branch.
    Attended(Date, i64, BranchId),
    /// The member did not.
    Absent,
}

/// The projection.
pub struct Attendance;

impl Projection for Attendance {
    const NAME: &'static str = "attendance";
    const VERSION: u32 = 1;
    type Row = AttendanceRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(AttendanceKey, Change)> {
        match &fact.event {
            Event::Member(event) => of_member(event),
            Event::Branch(event) => of_branch(BranchId(fact.stream.id), event),
            Event::Round(_) => vec![],
        }
    }

    fn apply(_row: Option<AttendanceRow>, key: &AttendanceKey, change: &Change) -> Option<AttendanceRow> {
        match change {
            Change::Attended(held_on, minutes, branch) => Some(AttendanceRow {
                training: key.training,
                member: key.member,
                held_on: *held_on,
                minutes: *minutes,
                branch: *branch,
            }),
            Change::Absent => None,
        }
    }
}

fn of_member(event: &MemberEvent) -> Vec<(AttendanceKey, Change)> {
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

fn of_branch(branch: BranchId, event: &BranchEvent) -> Vec<(AttendanceKey, Change)> {
    use BranchEvent::*;
    let each = |training: TrainingId, members: &[MemberId], change: Change| -> Vec<(AttendanceKey, Change)> {
        members.iter().map(|member| (AttendanceKey { training, member: *member }, change.clone())).collect()
    };
    match event {
        TrainingHeld { training, on, minutes, attendees, .. } => {
            each(*training, attendees, Change::Attended(*on, i64::from(*minutes), branch))
        }
        AttendanceCorrected { training, held_on, minutes, added, removed, .. } => {
            let attended = Change::Attended(*held_on, i64::from(*minutes), branch);
            [each(*training, added, attended), each(*training, removed, Change::Absent)].concat()
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
