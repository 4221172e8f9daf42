//! Reminder talks 提醒谈话 with members and branches: how far each has come, who did what, and when.
//!
//! # Rules
//! - One row per talk, from its proposal on; it never ends.
//! - A talk with a member is one person-time 人次, one with a branch as many as came.
//!
//! # Not here
//! How many were held in a year ([`crate::totals`]); what is due ([`crate::rounds`] and the domain say by what rule).

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::{ActorId, MemberId, RoundId, TalkId};
use domain::member::MemberEvent;
use domain::stream::{StreamId, StreamKind};
use domain::talk::{Cause, Step};
use domain::text::Sealed;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::cell::Json;
use crate::projection::Projection;
use crate::row::row;

row! {
    /// A talk as its page shows it.
    pub struct TalkRow("talks") key TalkKey {
        /// Which talk.
        talk: TalkId,
    } columns {
        /// With a member or with a branch.
        subject_kind: StreamKind,
        /// With which one.
        subject: Uuid,
        /// Why it was proposed.
        cause: Cause,
        /// The round it follows from.
        round: Option<RoundId>,
        /// How far it has come.
        step: Step,
        /// When it was proposed.
        proposed_at: Timestamp,
        /// By whom; by nobody where a rule did.
        proposed_by: Option<ActorId>,
        /// What was said then.
        reason: Option<Sealed>,
        /// Who approved it.
        approved_by: Option<ActorId>,
        /// Who declined it.
        declined_by: Option<ActorId>,
        /// Why it was declined.
        declined_for: Option<Sealed>,
        /// The day it was held.
        held_on: Option<Date>,
        /// Who held it.
        held_by: Option<MemberId>,
        /// Who came for the branch.
        attendees: Json<Vec<MemberId>>,
        /// How many person-times it is; 0 until it is held.
        persons: i64,
        /// What was said and agreed.
        record: Option<Sealed>,
        /// The day of the follow-up.
        follow_up_on: Option<Date>,
        /// Whether the follow-up was called for.
        called: bool,
        /// The day it was followed up.
        followed_up_on: Option<Date>,
        /// What was found then.
        note: Option<Sealed>,
        /// The day it was closed.
        closed_on: Option<Date>,
    } look_up [["subject", "proposed_at"], ["proposed_at"], ["step"], ["held_on"], ["round"]]
}

/// What happens to a talk.
#[derive(Debug, Clone)]
pub enum Change {
    /// It was proposed.
    Proposed(Box<TalkRow>),
    /// It was approved.
    Approved(ActorId),
    /// It was declined.
    Declined(ActorId, Sealed),
    /// It was held.
    Held(Box<Held>),
    /// The follow-up was called for.
    Called,
    /// It was followed up.
    FollowedUp(Date, Sealed),
    /// It was closed.
    Closed(Date),
}

/// That a talk was held.
#[derive(Debug, Clone)]
pub struct Held {
    on: Date,
    by: MemberId,
    attendees: Vec<MemberId>,
    persons: i64,
    record: Sealed,
    follow_up_on: Date,
}

/// The projection.
pub struct Talks;

impl Projection for Talks {
    const NAME: &'static str = "talks";
    const VERSION: u32 = 1;
    type Row = TalkRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(TalkKey, Change)> {
        let change = match &fact.event {
            Event::Member(event) => of_member(fact, event),
            Event::Branch(event) => of_branch(fact, event),
            Event::Round(_) => None,
        };
        change.map(|(talk, change)| (TalkKey { talk }, change)).into_iter().collect()
    }

    fn apply(row: Option<TalkRow>, _key: &TalkKey, change: &Change) -> Option<TalkRow> {
        if let Change::Proposed(proposed) = change {
            return Some((**proposed).clone());
        }
        let mut row = row?;
        take(&mut row, change);
        Some(row)
    }
}

fn take(row: &mut TalkRow, change: &Change) {
    match change {
        Change::Proposed(proposed) => row.clone_from(proposed),
        Change::Approved(by) => (row.step, row.approved_by) = (Step::Approved, Some(by.clone())),
        Change::Declined(by, reason) => {
            (row.step, row.declined_by, row.declined_for) = (Step::Declined, Some(by.clone()), Some(reason.clone()));
        }
        Change::Held(held) => {
            (row.step, row.held_on, row.held_by) = (Step::Held, Some(held.on), Some(held.by));
            (row.attendees.0, row.persons) = (held.attendees.clone(), held.persons);
            (row.record, row.follow_up_on) = (Some(held.record.clone()), Some(held.follow_up_on));
        }
        Change::Called => row.called = true,
        Change::FollowedUp(on, note) => {
            (row.step, row.followed_up_on, row.note) = (Step::FollowedUp, Some(*on), Some(note.clone()));
        }
        Change::Closed(on) => (row.step, row.closed_on) = (Step::Closed, Some(*on)),
    }
}

/// A proposal: the talk, with whom, why, after which round, when.
fn proposed(fact: &Fact, talk: TalkId, cause: Cause, round: Option<RoundId>) -> TalkRow {
    let StreamId { kind: subject_kind, id: subject } = fact.stream;
    TalkRow {
        talk,
        subject_kind,
        subject,
        cause,
        round,
        step: Step::Proposed,
        proposed_at: fact.at,
        proposed_by: None,
        reason: None,
        approved_by: None,
        declined_by: None,
        declined_for: None,
        held_on: None,
        held_by: None,
        attendees: Json::default(),
        persons: 0,
        record: None,
        follow_up_on: None,
        called: false,
        followed_up_on: None,
        note: None,
        closed_on: None,
    }
}

fn of_member(fact: &Fact, event: &MemberEvent) -> Option<(TalkId, Change)> {
    use MemberEvent::*;
    match event {
        TalkProposed { talk, cause, round, reason, by } => {
            let row =
                TalkRow { proposed_by: by.clone(), reason: reason.clone(), ..proposed(fact, *talk, *cause, *round) };
            Some((*talk, Change::Proposed(Box::new(row))))
        }
        TalkApproved { talk, by } => Some((*talk, Change::Approved(by.clone()))),
        TalkDeclined { talk, reason, by } => Some((*talk, Change::Declined(by.clone(), reason.clone()))),
        TalkHeld { talk, on, by, record, follow_up_on } => {
            let (on, by, record, follow_up_on) = (*on, *by, record.clone(), *follow_up_on);
            let held = Held { on, by, attendees: vec![], persons: 1, record, follow_up_on };
            Some((*talk, Change::Held(Box::new(held))))
        }
        TalkFollowUpCalled { talk, .. } => Some((*talk, Change::Called)),
        TalkFollowedUp { talk, on, note } => Some((*talk, Change::FollowedUp(*on, note.clone()))),
        TalkClosed { talk, on } => Some((*talk, Change::Closed(*on))),
        Registered { .. }
        | Merged { .. }
        | Absorbed { .. }
        | AccountLinked { .. }
        | AccountUnlinked { .. }
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
        | ContactPointTaken { .. }
        | ContactPointVisited { .. }
        | ContactPointGivenUp { .. }
        | TargetSet { .. }
        | ResultReported { .. }
        | ResultCorrected { .. }
        | ResultWithdrawn { .. }
        | ContestPlaced { .. }
        | HonourGranted { .. }
        | PlacedLast { .. } => None,
    }
}

fn of_branch(fact: &Fact, event: &BranchEvent) -> Option<(TalkId, Change)> {
    use BranchEvent::*;
    match event {
        TalkProposed { talk, cause, round, reason, by } => {
            let row =
                TalkRow { proposed_by: by.clone(), reason: reason.clone(), ..proposed(fact, *talk, *cause, *round) };
            Some((*talk, Change::Proposed(Box::new(row))))
        }
        TalkApproved { talk, by } => Some((*talk, Change::Approved(by.clone()))),
        TalkDeclined { talk, reason, by } => Some((*talk, Change::Declined(by.clone(), reason.clone()))),
        TalkHeld { talk, on, by, attendees, record, follow_up_on } => {
            let (on, by, record, follow_up_on) = (*on, *by, record.clone(), *follow_up_on);
            let persons = attendees.len() as i64;
            let held = Held { on, by, attendees: attendees.clone(), persons, record, follow_up_on };
            Some((*talk, Change::Held(Box::new(held))))
        }
        TalkFollowUpCalled { talk, .. } => Some((*talk, Change::Called)),
        TalkFollowedUp { talk, on, note } => Some((*talk, Change::FollowedUp(*on, note.clone()))),
        TalkClosed { talk, on } => Some((*talk, Change::Closed(*on))),
        Established { .. }
        | RoleGranted { .. }
        | RoleWithdrawn { .. }
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
        | TrainingHeld { .. }
        | AttendanceCorrected { .. }
        | ThemeDayHeld { .. }
        | ImprovementReported { .. }
        | ImprovementConfirmed { .. }
        | RulesAdopted { .. }
        | PeriodClaimed { .. }
        | PeriodReleased { .. } => None,
    }
}
