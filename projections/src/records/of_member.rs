//! Records that members' events make.

use domain::id::MemberId;
use domain::member::{MemberEvent, Outcome};
use jiff::civil::Date;
use uuid::Uuid;

use super::{Change, RecordKey, RecordRow};
use crate::words::{RecordKind, RecordState, SubjectKind};

pub(super) fn change(member: MemberId, event: &MemberEvent) -> Option<(RecordKey, Change)> {
    use MemberEvent::*;
    let row = |kind, record, on: &Date| RecordRow::on(kind, record, SubjectKind::Member, member.0, *on);
    let later = |record: Uuid, change| (RecordKey { record, subject: member.0 }, change);
    Some(match event {
        BadgeChecked { check, on, place, worn } => {
            let (detail, state) = (Some(place.clone()), Some(checked(*worn)));
            RecordRow { detail, state, ..row(RecordKind::BadgeCheck, check.0, on) }.made()
        }
        ServiceRecorded { service, on, activity, minutes } => {
            let (title, amount) = (Some(activity.clone()), Some(i64::from(*minutes)));
            RecordRow { title, amount, ..row(RecordKind::Service, service.0, on) }.made()
        }
        PlaquePublished { plaque, on, duty } => {
            let (title, state) = (Some(duty.clone()), Some(RecordState::Published));
            RecordRow { title, state, ..row(RecordKind::Plaque, plaque.0, on) }.made()
        }
        PlaqueWithdrawn { plaque, on, reason } => {
            later(plaque.0, Change::Ended(RecordState::Withdrawn, *on, Some(reason.clone())))
        }
        CommitmentMade { commitment, on, due, text } => {
            let (title, state) = (Some(text.clone()), Some(RecordState::Made));
            RecordRow { due: Some(*due), title, state, ..row(RecordKind::Commitment, commitment.0, on) }.made()
        }
        CommitmentEvidenced { commitment, evidence, .. } => later(commitment.0, Change::Evidenced(evidence.clone())),
        CommitmentSettled { commitment, on, outcome, note } => {
            later(commitment.0, Change::Ended(settled(*outcome), *on, note.clone()))
        }
        ContestPlaced { contest, on, title, level, place, team_size, team } => {
            let (title, level) = (Some(title.clone()), Some(*level));
            let (amount, team_size) = (Some(i64::from(*place)), Some(i64::from(*team_size)));
            let team = team.map(|team| team.0);
            RecordRow { title, level, amount, team_size, team, ..row(RecordKind::Contest, contest.0, on) }.made()
        }
        HonourGranted { honour, on, title, level, body } => {
            let (title, detail, level) = (Some(title.clone()), Some(body.clone()), Some(*level));
            RecordRow { title, detail, level, ..row(RecordKind::Honour, honour.0, on) }.made()
        }
        Registered { .. }
        | Readmitted { .. }
        | PersonAmended { .. }
        | Appointed { .. }
        | Transferred { .. }
        | ProbationEnded { .. }
        | Suspended { .. }
        | Reinstated { .. }
        | Left { .. }
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
    })
}

fn checked(worn: bool) -> RecordState {
    match worn {
        true => RecordState::Worn,
        false => RecordState::NotWorn,
    }
}

fn settled(outcome: Outcome) -> RecordState {
    match outcome {
        Outcome::Fulfilled => RecordState::Fulfilled,
        Outcome::Missed => RecordState::Missed,
    }
}
