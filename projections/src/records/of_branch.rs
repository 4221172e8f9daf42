//! Records that branches' events make.

use domain::branch::BranchEvent;
use domain::id::{BranchId, ContactPointId, MemberId, OutletId, ThemeDayId, VisitId};
use domain::text::Sealed;
use jiff::civil::Date;
use uuid::Uuid;

use super::{Change, RecordKey, RecordRow};
use crate::words::{RecordKind, RecordState, SubjectKind};

pub(super) fn changes(branch: BranchId, event: &BranchEvent) -> Vec<(RecordKey, Change)> {
    use BranchEvent::*;
    let row = |kind, record: Uuid, subject_kind, subject: Uuid, on: &Date| RecordRow {
        branch: Some(branch),
        ..RecordRow::on(kind, record, subject_kind, subject, *on)
    };
    match event {
        StandardDisplayed { standard, outlet, kind, title, on } => {
            let row = row(RecordKind::Standard, standard.0, SubjectKind::Outlet, outlet.0, on);
            vec![RecordRow { title: Some(title.clone()), standard: Some(*kind), ..row }.made()]
        }
        OutletInspected { inspection, outlet, on, results, remarks } => {
            let row = row(RecordKind::Inspection, inspection.0, SubjectKind::Outlet, outlet.0, on);
            vec![RecordRow { six_s: Some(*results), note: remarks.clone(), ..row }.made()]
        }
        ContactPointVisited { visit, contact_point, by, outlet, on, note } => {
            visited(branch, *visit, (*contact_point, *outlet, *by), *on, note)
        }
        ThemeDayHeld { theme_day, on, topic, attendees } => theme_day_held(branch, *theme_day, *on, topic, attendees),
        ImprovementReported { improvement, on, what, evidence, effect, by } => {
            let row = row(RecordKind::Improvement, improvement.0, SubjectKind::Branch, branch.0, on);
            let (title, detail, evidence) = (Some(what.clone()), Some(effect.clone()), Some(evidence.clone()));
            let (state, reported_by) = (Some(RecordState::Reported), Some(by.clone()));
            vec![RecordRow { title, detail, evidence, state, reported_by, ..row }.made()]
        }
        ImprovementConfirmed { improvement, on, note, by } => {
            let key = RecordKey { record: improvement.0, subject: branch.0 };
            vec![(key, Change::Confirmed(*on, note.clone(), by.clone()))]
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
        | ContactPointAssigned { .. }
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

fn visited(
    branch: BranchId,
    visit: VisitId,
    (contact_point, outlet, by): (ContactPointId, OutletId, MemberId),
    on: Date,
    note: &Sealed,
) -> Vec<(RecordKey, Change)> {
    let pages =
        [(SubjectKind::ContactPoint, contact_point.0), (SubjectKind::Outlet, outlet.0), (SubjectKind::Member, by.0)];
    let row = |(subject_kind, subject)| RecordRow {
        branch: Some(branch),
        note: Some(note.clone()),
        member: Some(by),
        outlet: Some(outlet),
        ..RecordRow::on(RecordKind::Visit, visit.0, subject_kind, subject, on)
    };
    pages.into_iter().map(|page| row(page).made()).collect()
}

fn theme_day_held(
    branch: BranchId,
    theme_day: ThemeDayId,
    on: Date,
    topic: &Sealed,
    attendees: &[MemberId],
) -> Vec<(RecordKey, Change)> {
    let row = |subject_kind, subject: Uuid| RecordRow {
        branch: Some(branch),
        title: Some(topic.clone()),
        amount: Some(attendees.len() as i64),
        ..RecordRow::on(RecordKind::ThemeDay, theme_day.0, subject_kind, subject, on)
    };
    let held = row(SubjectKind::Branch, branch.0);
    let attended = attendees.iter().map(|member| row(SubjectKind::Member, member.0));
    std::iter::once(held).chain(attended).map(RecordRow::made).collect()
}
