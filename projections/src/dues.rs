//! What is due 到期事项: closes of rounds, their end, answers to appeals, follow-ups of talks.
//!
//! # Rules
//! - A row ends once what is due was done by whoever is to do it; that the deadline itself was noted is a flag on it.
//! - One row holds the open appeals of a round, so that they end with it.
//!
//! # Not here
//! Who does it (infra: one worker), in which zone a day begins: a fold knows none, so a day stands for itself.

use std::collections::BTreeMap;

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::{AppealId, MemberId, RoundId, TalkId};
use domain::member::MemberEvent;
use domain::round::RoundEvent;
use domain::stream::{StreamId, StreamKind};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cell::Json;
use crate::projection::Projection;
use crate::row::row;
use crate::words::DueKind;

/// An appeal that is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OpenAppeal {
    /// Whose result.
    pub member: MemberId,
    /// The instant by which it is to be answered.
    pub answer_until: Timestamp,
    /// Whether it was noted that this has passed.
    pub noted: bool,
}

row! {
    /// Something that is due.
    pub struct DueRow("dues") key DueKey {
        /// What is to be done.
        kind: DueKind,
        /// Which round or talk.
        item: Uuid,
    } columns {
        /// Whose stream it is on.
        subject_kind: StreamKind,
        /// Which one.
        subject: Uuid,
        /// The instant; for a day its midnight in UTC, half a day off at most.
        due_at: Timestamp,
        /// The day, where it is due on a day of the organisation's zone.
        due_on: Option<Date>,
        /// Whether nothing is left to be noted when it comes.
        noted: bool,
        /// The open appeals of a round.
        appeals: Json<BTreeMap<AppealId, OpenAppeal>>,
    } look_up [["noted", "due_at"], ["due_at"], ["subject"]]
}

/// What happens to something that is due.
#[derive(Debug, Clone)]
pub enum Change {
    /// It is due at an instant.
    At(StreamId, Timestamp),
    /// It is due on a day.
    On(StreamId, Date),
    /// Its day has come and was noted.
    Noted,
    /// It was done, or there is nothing to do any more.
    Done,
    /// An appeal is to be answered.
    Filed(StreamId, AppealId, OpenAppeal),
    /// That it was not answered in time was noted.
    Overdue(AppealId),
    /// It was answered.
    Answered(AppealId),
}

/// The projection.
pub struct Dues;

impl Projection for Dues {
    const NAME: &'static str = "dues";
    const VERSION: u32 = 1;
    type Row = DueRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(DueKey, Change)> {
        match &fact.event {
            Event::Member(event) => of_member(fact.stream, event),
            Event::Branch(event) => of_branch(fact.stream, event),
            Event::Round(event) => of_round(fact.stream, event),
        }
    }

    fn apply(row: Option<DueRow>, key: &DueKey, change: &Change) -> Option<DueRow> {
        match change {
            Change::At(stream, at) => Some(due(key, *stream, *at, None)),
            Change::On(stream, on) => Some(due(key, *stream, midnight(*on), Some(*on))),
            Change::Noted => row.map(|row| DueRow { noted: true, ..row }),
            Change::Done => None,
            Change::Filed(stream, appeal, open) => {
                let row = row.unwrap_or_else(|| due(key, *stream, open.answer_until, None));
                with_appeals(row, |appeals| _ = appeals.insert(*appeal, *open))
            }
            Change::Overdue(appeal) => row.and_then(|row| {
                with_appeals(row, |appeals| {
                    if let Some(open) = appeals.get_mut(appeal) {
                        open.noted = true;
                    }
                })
            }),
            Change::Answered(appeal) => row.and_then(|row| with_appeals(row, |appeals| _ = appeals.remove(appeal))),
        }
    }
}

fn due(key: &DueKey, stream: StreamId, due_at: Timestamp, due_on: Option<Date>) -> DueRow {
    let (kind, item, noted, appeals) = (key.kind, key.item, false, Json::default());
    DueRow { kind, item, subject_kind: stream.kind, subject: stream.id, due_at, due_on, noted, appeals }
}

fn midnight(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// The row with its appeals changed: due with the first that is not noted yet; nothing where none is open.
fn with_appeals(mut row: DueRow, change: impl FnOnce(&mut BTreeMap<AppealId, OpenAppeal>)) -> Option<DueRow> {
    change(&mut row.appeals.0);
    let open = || row.appeals.0.values();
    let unnoted = open().filter(|appeal| !appeal.noted).map(|appeal| appeal.answer_until).min();
    let first = open().map(|appeal| appeal.answer_until).min()?;
    (row.noted, row.due_at) = (unnoted.is_none(), unnoted.unwrap_or(first));
    Some(row)
}

fn talk(talk: TalkId, change: Change) -> Vec<(DueKey, Change)> {
    vec![(DueKey { kind: DueKind::TalkFollowUp, item: talk.0 }, change)]
}

fn of_member(stream: StreamId, event: &MemberEvent) -> Vec<(DueKey, Change)> {
    use MemberEvent::*;
    match event {
        TalkHeld { talk: held, follow_up_on, .. } => talk(*held, Change::On(stream, *follow_up_on)),
        TalkFollowUpCalled { talk: called, .. } => talk(*called, Change::Noted),
        TalkFollowedUp { talk: done, .. } => talk(*done, Change::Done),
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
        | TalkClosed { .. }
        | Merged { .. }
        | Absorbed { .. }
        | AccountLinked { .. }
        | AccountUnlinked { .. } => vec![],
    }
}

fn of_branch(stream: StreamId, event: &BranchEvent) -> Vec<(DueKey, Change)> {
    use BranchEvent::*;
    match event {
        TalkHeld { talk: held, follow_up_on, .. } => talk(*held, Change::On(stream, *follow_up_on)),
        TalkFollowUpCalled { talk: called, .. } => talk(*called, Change::Noted),
        TalkFollowedUp { talk: done, .. } => talk(*done, Change::Done),
        TrainingHeld { .. }
        | AttendanceCorrected { .. }
        | Established { .. }
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
        | TalkClosed { .. }
        | RoleGranted { .. }
        | RoleWithdrawn { .. } => vec![],
    }
}

fn of_round(stream: StreamId, event: &RoundEvent) -> Vec<(DueKey, Change)> {
    use RoundEvent::*;
    let of = |kind: DueKind, change: Change| (DueKey { kind, item: RoundId(stream.id).0 }, change);
    let closing = |at: &Timestamp| vec![of(DueKind::RoundClose, Change::At(stream, *at))];
    let appeal = |change: Change| vec![of(DueKind::AppealAnswer, change)];
    match event {
        Opened { closes_at, .. } | GroupRepeated { closes_at, .. } | Reopened { closes_at, .. } => closing(closes_at),
        Closed { .. } => vec![of(DueKind::RoundClose, Change::Done)],
        Published { publicity_until, appeal_until, .. } => {
            let over = *publicity_until.max(appeal_until);
            vec![of(DueKind::RoundFinalisation, Change::At(stream, over))]
        }
        Finalised { .. } => vec![of(DueKind::RoundFinalisation, Change::Done)],
        AppealFiled { appeal: filed, member, answer_until, .. } => {
            let open = OpenAppeal { member: *member, answer_until: *answer_until, noted: false };
            appeal(Change::Filed(stream, *filed, open))
        }
        AppealOverdue { appeal: overdue, .. } => appeal(Change::Overdue(*overdue)),
        AppealAnswered { appeal: answered, .. } => appeal(Change::Answered(*answered)),
        Annulled { .. } => DueKind::OF_ROUNDS.map(|kind| of(kind, Change::Done)).to_vec(),
        Drafted { .. }
        | RosterFixed { .. }
        | SelfReviewGiven { .. }
        | LeaderReviewGiven { .. }
        | PaperIssued { .. }
        | PaperReturned { .. }
        | PaperCounted { .. }
        | ScrutineerReplaced { .. }
        | GroupVoided { .. }
        | Tallied { .. }
        | CommentModerated { .. }
        | GradesDecided { .. }
        | ResultPublished { .. }
        | ResultWithdrawn { .. }
        | BranchScored { .. }
        | Corrected { .. }
        | ReopeningProposed { .. }
        | ReopeningDeclined { .. }
        | AnnulmentProposed { .. }
        | AnnulmentDeclined { .. } => vec![],
    }
}

#[cfg(test)]
mod tests {
    use domain::text::Sealed;

    use super::*;

    const ROUND: RoundId = RoundId(Uuid::from_u128(1));

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    /// The rows after these events of a round.
    fn after(events: &[RoundEvent]) -> BTreeMap<DueKey, DueRow> {
        let mut rows = BTreeMap::new();
        for (key, change) in events.iter().flat_map(|event| of_round(ROUND.into(), event)) {
            if let Some(row) = Dues::apply(rows.remove(&key), &key, &change) {
                rows.insert(key, row);
            }
        }
        rows
    }

    fn filed(number: u128, answer_until: &str) -> RoundEvent {
        let (appeal, member) = (AppealId(Uuid::from_u128(number)), MemberId(Uuid::from_u128(9)));
        let (text, answer_until) = (Sealed("sealed".into()), at(answer_until));
        RoundEvent::AppealFiled { appeal, member, text, answer_until, by: None }
    }

    fn overdue(number: u128, answer_until: &str) -> RoundEvent {
        let (appeal, member) = (AppealId(Uuid::from_u128(number)), MemberId(Uuid::from_u128(9)));
        RoundEvent::AppealOverdue { appeal, member, answer_until: at(answer_until) }
    }

    #[test]
    fn a_round_is_due_with_the_first_appeal_that_is_not_noted() {
        let (early, late) = ("2022-08-01T16:00:00Z", "2022-08-02T16:00:00Z");
        let row = |events: &[RoundEvent]| after(events).into_values().next().map(|row| (row.due_at, row.noted));
        let both = [filed(1, late), filed(2, early)];
        assert_eq!(row(&both), Some((at(early), false)));
        let [one, other] = both;
        let noted = [one, other, overdue(2, early)];
        assert_eq!(row(&noted), Some((at(late), false)));
        let [one, other, first] = noted;
        assert_eq!(row(&[one, other, first, overdue(1, late)]), Some((at(early), true)), "still to be answered");
    }

    #[test]
    fn publicity_and_appeals_must_both_be_over() {
        let (publicity_until, appeal_until) = (at("2022-08-01T16:00:00Z"), at("2022-08-03T16:00:00Z"));
        let published = RoundEvent::Published { version: 1, publicity_until, appeal_until };
        let rows = after(&[published, RoundEvent::Finalised { version: 1 }]);
        assert!(rows.is_empty(), "{rows:?}");
        let published = RoundEvent::Published { version: 1, publicity_until, appeal_until };
        assert_eq!(after(&[published]).into_values().next().map(|row| row.due_at), Some(appeal_until));
    }

    #[test]
    fn nothing_of_an_annulled_round_is_due() {
        let by = domain::id::ActorId("office".to_owned());
        let annulled = RoundEvent::Annulled {
            branches: vec![],
            period: "2022-Q3".parse().expect("a period"),
            reason: Sealed("sealed".into()),
            proposed_by: by.clone(),
            by,
        };
        let again = RoundEvent::GroupRepeated {
            group: domain::round::Group::Peer,
            attempt: 2,
            closes_at: at("2022-08-01T16:00:00Z"),
        };
        assert_eq!(after(std::slice::from_ref(&again)).len(), 1);
        let rows = after(&[again, filed(1, "2022-08-02T16:00:00Z"), annulled]);
        assert!(rows.is_empty(), "{rows:?}");
    }

    #[test]
    fn a_talk_is_due_on_a_day_until_it_is_followed_up() {
        let stream: StreamId = MemberId(Uuid::from_u128(9)).into();
        let key = DueKey { kind: DueKind::TalkFollowUp, item: Uuid::from_u128(7) };
        let on: Date = "2022-08-02".parse().expect("a day");
        let row = Dues::apply(None, &key, &Change::On(stream, on)).expect("a row");
        assert_eq!((row.due_on, row.due_at, row.noted), (Some(on), at("2022-08-02T00:00:00Z"), false));
        let noted = Dues::apply(Some(row), &key, &Change::Noted).expect("a row");
        assert!(noted.noted && noted.subject_kind == StreamKind::Member);
        assert_eq!(Dues::apply(Some(noted), &key, &Change::Done), None);
    }
}
