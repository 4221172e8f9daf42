//! The audit trail 审计轨迹: who, when, what, on whom, why, caused by what.
//!
//! # Rules
//! - Each fact has exactly one row with `is_primary`: that of its stream. Everyone and everything else it names has a
//!   row without, so that a trail of a member shows the sessions attended and the branches moved between.
//! - Rows never change and never end.
//!
//! # Not here
//! What the event says in full (the log itself), who looked at what.

use std::collections::BTreeSet;

use domain::event::Fact;
use domain::id::ActorId;
use domain::stream::StreamKind;
use domain::text::Sealed;
use jiff::Timestamp;
use uuid::Uuid;

use crate::projection::Projection;
use crate::row::row;
use crate::told::told;
use crate::words::SubjectKind;

row! {
    /// That an event concerns a subject.
    pub struct AuditRow("audit_trail") key AuditKey {
        /// What the subject is.
        subject_kind: SubjectKind,
        /// On whom.
        subject: Uuid,
        /// Where the event stands in the log.
        position: i64,
    } columns {
        /// What: the stored name of the event.
        event_type: String,
        /// Whose event it is: member or branch.
        stream_kind: StreamKind,
        /// Which one's.
        stream: Uuid,
        /// When it was recorded.
        at: Timestamp,
        /// Who gave the command.
        actor: ActorId,
        /// Caused by which command.
        command: String,
        /// As part of what.
        correlation: String,
        /// Why: the reason or note of the event.
        reason: Option<Sealed>,
        /// Whether the subject is the one whose event it is.
        is_primary: bool,
    } look_up [
        ["is_primary", "position"],
        ["event_type", "position"],
        ["actor", "position"],
        ["correlation", "position"],
        ["command"],
    ]
}

/// The projection.
pub struct AuditTrail;

impl Projection for AuditTrail {
    const NAME: &'static str = "audit_trail";
    const VERSION: u32 = 2;
    type Row = AuditRow;
    type Change = AuditRow;

    const WRITE_ONCE: bool = true;

    fn changes(fact: &Fact) -> Vec<(AuditKey, AuditRow)> {
        let told = told(&fact.event);
        let own = (kind_of(fact.stream.kind), fact.stream.id);
        let concerned: BTreeSet<_> = told.concerned.into_iter().chain([own]).collect();
        let row = |subject: (SubjectKind, Uuid)| AuditRow {
            subject_kind: subject.0,
            subject: subject.1,
            position: fact.position.0 as i64,
            event_type: fact.event.name().to_owned(),
            stream_kind: fact.stream.kind,
            stream: fact.stream.id,
            at: fact.at,
            actor: fact.actor.clone(),
            command: fact.command.clone(),
            correlation: fact.correlation.clone(),
            reason: told.reason.clone(),
            is_primary: subject == own,
        };
        concerned.into_iter().map(row).map(|row| (crate::row::Row::key(&row), row)).collect()
    }

    fn apply(_row: Option<AuditRow>, _key: &AuditKey, change: &AuditRow) -> Option<AuditRow> {
        Some(change.clone())
    }
}

/// The word of a stream's kind among the subjects.
#[must_use]
pub fn kind_of(kind: StreamKind) -> SubjectKind {
    match kind {
        StreamKind::Member => SubjectKind::Member,
        StreamKind::Branch => SubjectKind::Branch,
        StreamKind::Round => SubjectKind::Round,
    }
}
