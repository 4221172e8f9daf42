//! What is due: each deadline that was set and after which nothing was said that ends it.

use std::collections::BTreeMap;

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::{AppealId, TalkId};
use domain::member::MemberEvent;
use domain::round::RoundEvent;
use domain::stream::StreamId;
use jiff::Timestamp;
use jiff::civil::Date;
use projections::cell::Json;
use projections::dues::{DueRow, OpenAppeal};
use projections::words::DueKind;

use super::Naive;
use super::rounds::Course;

/// The talk that an event leaves to be followed up, and on which day.
fn held(event: &Event) -> Option<(TalkId, Date)> {
    match event {
        Event::Member(MemberEvent::TalkHeld { talk, follow_up_on, .. })
        | Event::Branch(BranchEvent::TalkHeld { talk, follow_up_on, .. }) => Some((*talk, *follow_up_on)),
        _ => None,
    }
}

fn is_followed_up(event: &Event, of: TalkId) -> bool {
    matches!(event,
        Event::Member(MemberEvent::TalkFollowedUp { talk, .. })
        | Event::Branch(BranchEvent::TalkFollowedUp { talk, .. }) if *talk == of)
}

fn closes(event: &RoundEvent) -> Option<Timestamp> {
    match event {
        RoundEvent::Opened { closes_at, .. }
        | RoundEvent::Reopened { closes_at, .. }
        | RoundEvent::GroupRepeated { closes_at, .. } => Some(*closes_at),
        _ => None,
    }
}

fn over(event: &RoundEvent) -> Option<Timestamp> {
    match event {
        RoundEvent::Published { publicity_until, appeal_until, .. } => Some(*publicity_until.max(appeal_until)),
        _ => None,
    }
}

/// The last deadline of that kind, unless something after it ends it.
fn standing(
    course: &Course<'_>,
    sets: impl Fn(&RoundEvent) -> Option<Timestamp>,
    ends: impl Fn(&RoundEvent) -> bool,
) -> Option<Timestamp> {
    let decisive = course.iter().rev().find(|(_, event)| sets(event).is_some() || ends(event))?;
    sets(decisive.1)
}

/// The appeals that nobody answered.
fn open_appeals(course: &Course<'_>) -> BTreeMap<AppealId, OpenAppeal> {
    use RoundEvent as E;
    let said = |which: AppealId, overdue: bool| {
        course.iter().any(|(_, event)| match event {
            E::AppealOverdue { appeal, .. } => overdue && *appeal == which,
            E::AppealAnswered { appeal, .. } => !overdue && *appeal == which,
            _ => false,
        })
    };
    let filed = course.iter().filter_map(|(_, event)| match event {
        E::AppealFiled { appeal, member, answer_until, .. } => Some((*appeal, *member, *answer_until)),
        _ => None,
    });
    let open = filed.filter(|(appeal, ..)| !said(*appeal, false));
    open.map(|(appeal, member, answer_until)| (appeal, OpenAppeal { member, answer_until, noted: said(appeal, true) }))
        .collect()
}

fn row(kind: DueKind, stream: StreamId, due_at: Timestamp) -> DueRow {
    let (noted, appeals) = (false, Json::default());
    DueRow {
        kind,
        item: stream.id,
        subject_kind: stream.kind,
        subject: stream.id,
        due_at,
        due_on: None,
        noted,
        appeals,
    }
}

fn of_course(stream: StreamId, course: &Course<'_>) -> Vec<DueRow> {
    use RoundEvent as E;
    let is_annulled = |event: &E| matches!(event, E::Annulled { .. });
    let close = standing(course, closes, |event| matches!(event, E::Closed { .. }) || is_annulled(event));
    let end = standing(course, over, |event| matches!(event, E::Finalised { .. }) || is_annulled(event));
    let mut rows: Vec<DueRow> = close.map(|at| row(DueKind::RoundClose, stream, at)).into_iter().collect();
    rows.extend(end.map(|at| row(DueKind::RoundFinalisation, stream, at)));
    let open = if course.iter().any(|(_, event)| is_annulled(event)) { BTreeMap::new() } else { open_appeals(course) };
    let first = |noted: bool| open.values().filter(|of| of.noted == noted).map(|of| of.answer_until).min();
    if let Some(due_at) = first(false).or(first(true)) {
        let noted = first(false).is_none();
        rows.push(DueRow { noted, appeals: Json(open), ..row(DueKind::AppealAnswer, stream, due_at) });
    }
    rows
}

impl Naive<'_> {
    /// Everything that is due.
    pub fn due_rows(self) -> Vec<DueRow> {
        let rounds = self.courses().into_iter().flat_map(|(round, course)| of_course(round.into(), &course));
        rounds.chain(self.facts().iter().filter_map(|fact| self.follow_up(fact))).collect()
    }

    fn follow_up(self, fact: &Fact) -> Option<DueRow> {
        let (talk, on) = held(&fact.event)?;
        let events = || self.facts().iter().map(|fact| &fact.event);
        if events().any(|event| is_followed_up(event, talk)) {
            return None;
        }
        let midnight = on.at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        let noted = events().any(|event| super::talks::is_called(event, talk));
        let due = row(DueKind::TalkFollowUp, fact.stream, midnight);
        Some(DueRow { item: talk.0, due_on: Some(on), noted, ..due })
    }
}
