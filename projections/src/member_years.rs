//! A member's year 成员年度: what each did in a calendar year, in counts.
//!
//! # Rules
//! - The year is that of the business date, not of the recording.
//! - Volunteers of a year are the rows with services above zero.
//!
//! # Not here
//! Counts over all time ([`crate::members`]), results ([`crate::standings`]).

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::MemberId;
use domain::member::{MemberEvent, Outcome};
use jiff::civil::Date;

use crate::projection::Projection;
use crate::report::tallied;
use crate::row::row;
use crate::tally::{Quantity, Tally};

row! {
    /// What a member did in a year.
    pub struct MemberYearRow("member_years") key MemberYearKey {
        /// The calendar year.
        year: i64,
        /// Which member.
        member: MemberId,
    } columns {
        /// Volunteer services.
        services: i64,
        /// Minutes of volunteer service.
        service_minutes: i64,
        /// Badge checks.
        badge_checks: i64,
        /// Badge checks with the badge worn.
        badges_worn: i64,
        /// Training sessions attended.
        trainings: i64,
        /// Minutes of training attended.
        training_minutes: i64,
        /// Theme days attended.
        theme_days: i64,
        /// Places taken in contests.
        contests: i64,
        /// Honours granted.
        honours: i64,
        /// Commitments made.
        commitments_made: i64,
        /// Commitments kept.
        commitments_fulfilled: i64,
        /// Commitments missed.
        commitments_missed: i64,
    } look_up [["member"], ["year", "services"]]
}

/// What happens to a member's year.
#[derive(Debug, Clone)]
pub enum Change {
    /// Volunteered for so many minutes.
    Served(i64),
    /// Was checked; whether the badge was worn.
    Checked(bool),
    /// Attended so many sessions more, of so many minutes.
    Trained(i64, i64),
    /// A count moves by one.
    Counted(fn(&mut MemberYearRow) -> &mut i64),
}

/// The projection.
pub struct MemberYears;

impl Projection for MemberYears {
    const NAME: &'static str = "member_years";
    const VERSION: u32 = 2;
    type Row = MemberYearRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(MemberYearKey, Change)> {
        match &fact.event {
            Event::Member(event) => of_member(MemberId(fact.stream.id), event).into_iter().collect(),
            Event::Branch(event) => of_branch(event),
            Event::Round(_) => vec![],
        }
    }

    fn apply(row: Option<MemberYearRow>, key: &MemberYearKey, change: &Change) -> Option<MemberYearRow> {
        let mut row = row.unwrap_or_else(|| blank(key));
        match change {
            Change::Served(minutes) => {
                row.services += 1;
                row.service_minutes += minutes;
            }
            Change::Checked(worn) => {
                row.badge_checks += 1;
                row.badges_worn += i64::from(*worn);
            }
            Change::Trained(sessions, minutes) => {
                row.trainings += sessions;
                row.training_minutes += minutes;
            }
            Change::Counted(count) => *count(&mut row) += 1,
        }
        Some(row)
    }

    const TALLIED: bool = true;

    fn tallies(row: &MemberYearRow) -> Vec<(Tally, Quantity)> {
        tallied::of_member_year(row)
    }
}

fn blank(key: &MemberYearKey) -> MemberYearRow {
    MemberYearRow {
        year: key.year,
        member: key.member,
        services: 0,
        service_minutes: 0,
        badge_checks: 0,
        badges_worn: 0,
        trainings: 0,
        training_minutes: 0,
        theme_days: 0,
        contests: 0,
        honours: 0,
        commitments_made: 0,
        commitments_fulfilled: 0,
        commitments_missed: 0,
    }
}

fn key(on: Date, member: MemberId) -> MemberYearKey {
    MemberYearKey { year: i64::from(on.year()), member }
}

fn of_member(member: MemberId, event: &MemberEvent) -> Option<(MemberYearKey, Change)> {
    use MemberEvent::*;
    let (on, change) = match event {
        BadgeChecked { on, worn, .. } => (on, Change::Checked(*worn)),
        ServiceRecorded { on, minutes, .. } => (on, Change::Served(i64::from(*minutes))),
        CommitmentMade { on, .. } => (on, Change::Counted(|row| &mut row.commitments_made)),
        CommitmentSettled { on, outcome: Outcome::Fulfilled, .. } => {
            (on, Change::Counted(|row| &mut row.commitments_fulfilled))
        }
        CommitmentSettled { on, outcome: Outcome::Missed, .. } => {
            (on, Change::Counted(|row| &mut row.commitments_missed))
        }
        ContestPlaced { on, .. } => (on, Change::Counted(|row| &mut row.contests)),
        HonourGranted { on, .. } => (on, Change::Counted(|row| &mut row.honours)),
        Registered { .. }
        | Readmitted { .. }
        | PersonAmended { .. }
        | Appointed { .. }
        | Transferred { .. }
        | ProbationEnded { .. }
        | Suspended { .. }
        | Reinstated { .. }
        | Left { .. }
        | PlaquePublished { .. }
        | PlaqueWithdrawn { .. }
        | CommitmentEvidenced { .. }
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
        | TalkHeld { .. }
        | TalkFollowUpCalled { .. }
        | TalkFollowedUp { .. }
        | TalkClosed { .. }
        | Merged { .. }
        | Absorbed { .. }
        | AccountLinked { .. }
        | AccountUnlinked { .. } => return None,
    };
    Some((key(*on, member), change))
}

fn of_branch(event: &BranchEvent) -> Vec<(MemberYearKey, Change)> {
    use BranchEvent::*;
    let each = |on: &Date, members: &[MemberId], change: Change| -> Vec<(MemberYearKey, Change)> {
        members.iter().map(|member| (key(*on, *member), change.clone())).collect()
    };
    match event {
        TrainingHeld { on, minutes, attendees, .. } => each(on, attendees, Change::Trained(1, i64::from(*minutes))),
        AttendanceCorrected { held_on, minutes, added, removed, .. } => {
            let minutes = i64::from(*minutes);
            let more = each(held_on, added, Change::Trained(1, minutes));
            [more, each(held_on, removed, Change::Trained(-1, -minutes))].concat()
        }
        ThemeDayHeld { on, attendees, .. } => each(on, attendees, Change::Counted(|row| &mut row.theme_days)),
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
