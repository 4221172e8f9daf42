//! Records 活动记录: each single thing that a member, a branch, an outlet or a contact point did or was granted.
//!
//! # Rules
//! - A record has one row per subject whose page lists it, under the same record id:
//!   badge check, service, plaque, commitment, honour: the member · contest: each member placed ·
//!   theme day: the branch and each who took part · improvement: the branch · standard, inspection: the outlet ·
//!   visit: the contact point, the outlet and the visitor.
//! - `branch` is the branch that recorded it; a later merge does not rewrite it. Members' own records have none.
//!
//! # Not here
//! Training ([`crate::trainings`], [`crate::attendance`]), results ([`crate::results`]), who recorded it and why it was
//! changed ([`crate::audit_trail`]).

use domain::branch::{SixS, StandardKind};
use domain::event::{Event, Fact};
use domain::id::{ActorId, BranchId, MemberId, OutletId};
use domain::member::Level;
use domain::text::Sealed;
use jiff::civil::Date;
use uuid::Uuid;

mod of_branch;
mod of_member;

use crate::projection::Projection;
use crate::row::row;
use crate::words::{RecordKind, RecordState, SubjectKind};

row! {
    /// A record on the page of its subject.
    pub struct RecordRow("records") key RecordKey {
        /// Which record: the id of the check, service, plaque, commitment, contest …
        record: Uuid,
        /// On whose page.
        subject: Uuid,
    } columns {
        /// What it is.
        kind: RecordKind,
        /// What the subject is.
        subject_kind: SubjectKind,
        /// The branch that recorded it.
        branch: Option<BranchId>,
        /// The day.
        on_date: Date,
        /// Of a commitment: the last day to keep it.
        due: Option<Date>,
        /// The day it was settled, withdrawn or confirmed.
        ended_on: Option<Date>,
        /// Activity, duty, promise, title, topic, or what was improved.
        title: Option<Sealed>,
        /// Of a badge check the place, of an honour who granted it, of an improvement its effect.
        detail: Option<Sealed>,
        /// What was shown for a commitment or an improvement 佐证.
        evidence: Option<Sealed>,
        /// What was said of it: remarks, findings, the note or reason at the end.
        note: Option<Sealed>,
        /// How it stands.
        state: Option<RecordState>,
        /// Of a service its minutes, of a contest the place, of a theme day how many took part.
        amount: Option<i64>,
        /// Of a contest: how many stood in the team.
        team_size: Option<i64>,
        /// Of a contest: which team, the same for all its members; none for a single person, nor in early entries.
        team: Option<Uuid>,
        /// Of a contest or honour.
        level: Option<Level>,
        /// Of a standard: its kind.
        standard: Option<StandardKind>,
        /// Of an inspection: the verdicts, one per S.
        six_s: Option<SixS>,
        /// Of a visit: who came.
        member: Option<MemberId>,
        /// Of a visit: where.
        outlet: Option<OutletId>,
        /// Of an improvement: who reported it.
        reported_by: Option<ActorId>,
        /// Of an improvement: who confirmed it.
        confirmed_by: Option<ActorId>,
    } look_up [["subject", "kind", "on_date"], ["branch", "kind", "on_date"], ["kind", "on_date"]]
}

/// What happens to a record.
#[derive(Debug, Clone)]
pub enum Change {
    /// It was made.
    Recorded(Box<RecordRow>),
    /// Evidence was shown for a commitment.
    Evidenced(Sealed),
    /// It ended: how, when, what was said.
    Ended(RecordState, Date, Option<Sealed>),
    /// An improvement was confirmed: when, what was said, by whom.
    Confirmed(Date, Option<Sealed>, ActorId),
}

/// The projection.
pub struct Records;

impl Projection for Records {
    const NAME: &'static str = "records";
    const VERSION: u32 = 2;
    type Row = RecordRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(RecordKey, Change)> {
        match &fact.event {
            Event::Member(event) => of_member::change(MemberId(fact.stream.id), event).into_iter().collect(),
            Event::Branch(event) => of_branch::changes(BranchId(fact.stream.id), event),
            Event::Round(_) => vec![],
        }
    }

    fn apply(row: Option<RecordRow>, _key: &RecordKey, change: &Change) -> Option<RecordRow> {
        if let Change::Recorded(row) = change {
            return Some(RecordRow::clone(row));
        }
        let mut row = row?;
        match change {
            Change::Recorded(_) => {}
            Change::Evidenced(evidence) => {
                (row.state, row.evidence) = (Some(RecordState::Evidenced), Some(evidence.clone()));
            }
            Change::Ended(state, on, note) => {
                (row.state, row.ended_on, row.note) = (Some(*state), Some(*on), note.clone());
            }
            Change::Confirmed(on, note, by) => {
                (row.state, row.ended_on, row.note) = (Some(RecordState::Confirmed), Some(*on), note.clone());
                row.confirmed_by = Some(by.clone());
            }
        }
        Some(row)
    }
}

impl RecordRow {
    /// A record that says nothing yet but what it is, on whose page and when.
    fn on(kind: RecordKind, record: Uuid, subject_kind: SubjectKind, subject: Uuid, on_date: Date) -> Self {
        Self {
            record,
            subject,
            kind,
            subject_kind,
            branch: None,
            on_date,
            due: None,
            ended_on: None,
            title: None,
            detail: None,
            evidence: None,
            note: None,
            state: None,
            amount: None,
            team_size: None,
            team: None,
            level: None,
            standard: None,
            six_s: None,
            member: None,
            outlet: None,
            reported_by: None,
            confirmed_by: None,
        }
    }

    fn made(self) -> (RecordKey, Change) {
        (RecordKey { record: self.record, subject: self.subject }, Change::Recorded(Box::new(self)))
    }
}
