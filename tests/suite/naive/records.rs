//! Single records, on the page of each subject they are about.

use domain::branch::BranchEvent;
use domain::id::{BranchId, MemberId};
use domain::member::{MemberEvent, Outcome};
use jiff::civil::Date;
use projections::records::RecordRow;
use projections::words::{RecordKind, RecordState, SubjectKind};
use uuid::Uuid;

use super::Naive;

impl Naive<'_> {
    /// Every record.
    pub fn record_rows(self) -> Vec<RecordRow> {
        let of_members = self.of_members().filter_map(|(member, event)| self.of_member(member, event));
        let of_branches = self.of_branches().flat_map(|(branch, event)| self.of_branch(branch, event));
        of_members.chain(of_branches).collect()
    }

    fn of_member(self, member: MemberId, event: &MemberEvent) -> Option<RecordRow> {
        use MemberEvent as E;
        let blank = |kind, record, on: &Date| empty(kind, record, (SubjectKind::Member, member.0), *on);
        Some(match event {
            E::BadgeChecked { check, on, place, worn } => {
                let mut row = blank(RecordKind::BadgeCheck, check.0, on);
                row.detail = Some(place.clone());
                row.state = Some(if *worn { RecordState::Worn } else { RecordState::NotWorn });
                row
            }
            E::ServiceRecorded { service, on, activity, minutes } => {
                let mut row = blank(RecordKind::Service, service.0, on);
                (row.title, row.amount) = (Some(activity.clone()), Some(i64::from(*minutes)));
                row
            }
            E::PlaquePublished { plaque, on, duty } => {
                let mut row = blank(RecordKind::Plaque, plaque.0, on);
                (row.title, row.state) = (Some(duty.clone()), Some(RecordState::Published));
                for event in self.of(member) {
                    if let E::PlaqueWithdrawn { plaque: down, on, reason } = event
                        && down == plaque
                    {
                        (row.state, row.ended_on) = (Some(RecordState::Withdrawn), Some(*on));
                        row.note = Some(reason.clone());
                    }
                }
                row
            }
            E::CommitmentMade { commitment, on, due, text } => {
                let mut row = blank(RecordKind::Commitment, commitment.0, on);
                (row.title, row.due, row.state) = (Some(text.clone()), Some(*due), Some(RecordState::Made));
                self.settle(member, &mut row);
                row
            }
            E::ContestPlaced { contest, on, title, level, place, team_size, team } => {
                let mut row = blank(RecordKind::Contest, contest.0, on);
                (row.title, row.level) = (Some(title.clone()), Some(*level));
                (row.amount, row.team_size) = (Some(i64::from(*place)), Some(i64::from(*team_size)));
                row.team = team.as_ref().map(|team| team.0);
                row
            }
            E::HonourGranted { honour, on, title, level, body } => {
                let mut row = blank(RecordKind::Honour, honour.0, on);
                (row.title, row.detail, row.level) = (Some(title.clone()), Some(body.clone()), Some(*level));
                row
            }
            _ => return None,
        })
    }

    fn settle(self, member: MemberId, row: &mut RecordRow) {
        for event in self.of(member) {
            match event {
                MemberEvent::CommitmentEvidenced { commitment, evidence, .. } if commitment.0 == row.record => {
                    (row.state, row.evidence) = (Some(RecordState::Evidenced), Some(evidence.clone()));
                }
                MemberEvent::CommitmentSettled { commitment, on, outcome, note } if commitment.0 == row.record => {
                    row.state = Some(match outcome {
                        Outcome::Fulfilled => RecordState::Fulfilled,
                        Outcome::Missed => RecordState::Missed,
                    });
                    (row.ended_on, row.note) = (Some(*on), note.clone());
                }
                _ => {}
            }
        }
    }

    fn of_branch(self, branch: BranchId, event: &BranchEvent) -> Vec<RecordRow> {
        use BranchEvent as E;
        let blank =
            |kind, record, subject, on: &Date| RecordRow { branch: Some(branch), ..empty(kind, record, subject, *on) };
        match event {
            E::StandardDisplayed { standard, outlet, kind, title, on } => {
                let mut row = blank(RecordKind::Standard, standard.0, (SubjectKind::Outlet, outlet.0), on);
                (row.title, row.standard) = (Some(title.clone()), Some(*kind));
                vec![row]
            }
            E::OutletInspected { inspection, outlet, on, results, remarks } => {
                let mut row = blank(RecordKind::Inspection, inspection.0, (SubjectKind::Outlet, outlet.0), on);
                (row.six_s, row.note) = (Some(*results), remarks.clone());
                vec![row]
            }
            E::ContactPointVisited { visit, contact_point, by, outlet, on, note } => {
                let pages = [
                    (SubjectKind::ContactPoint, contact_point.0),
                    (SubjectKind::Outlet, outlet.0),
                    (SubjectKind::Member, by.0),
                ];
                let page = |page| {
                    let mut row = blank(RecordKind::Visit, visit.0, page, on);
                    (row.member, row.outlet, row.note) = (Some(*by), Some(*outlet), Some(note.clone()));
                    row
                };
                pages.map(page).to_vec()
            }
            E::ThemeDayHeld { theme_day, on, topic, attendees } => {
                let who = attendees.iter().map(|member| (SubjectKind::Member, member.0));
                let pages = who.chain([(SubjectKind::Branch, branch.0)]);
                let page = |page| {
                    let mut row = blank(RecordKind::ThemeDay, theme_day.0, page, on);
                    (row.title, row.amount) = (Some(topic.clone()), Some(attendees.len() as i64));
                    row
                };
                pages.map(page).collect()
            }
            E::ImprovementReported { improvement, on, what, evidence, effect, by } => {
                let mut row = blank(RecordKind::Improvement, improvement.0, (SubjectKind::Branch, branch.0), on);
                (row.title, row.evidence, row.detail) =
                    (Some(what.clone()), Some(evidence.clone()), Some(effect.clone()));
                (row.state, row.reported_by) = (Some(RecordState::Reported), Some(by.clone()));
                for event in self.at(branch) {
                    if let E::ImprovementConfirmed { improvement: confirmed, on, note, by } = event
                        && confirmed == improvement
                    {
                        (row.state, row.ended_on) = (Some(RecordState::Confirmed), Some(*on));
                        (row.note, row.confirmed_by) = (note.clone(), Some(by.clone()));
                    }
                }
                vec![row]
            }
            _ => vec![],
        }
    }
}

fn empty(kind: RecordKind, record: Uuid, (subject_kind, subject): (SubjectKind, Uuid), on_date: Date) -> RecordRow {
    RecordRow {
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
