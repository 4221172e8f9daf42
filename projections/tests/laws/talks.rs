//! Talks: how far each has come, and the year's person-times.

use domain::branch::BranchEvent;
use domain::event::Event;
use domain::member::MemberEvent;
use domain::stream::{StreamId, StreamKind};
use domain::talk::{Cause, Step};
use jiff::civil::{Date, date};
use projections::talks::{TalkRow, Talks};

use crate::evaluations::{actor, round, talk};
use crate::facts::*;
use crate::reader::{lineage, report_of};

fn of_member(event: MemberEvent) -> (StreamId, Event) {
    (member(1).into(), event.into())
}

fn of_branch(event: BranchEvent) -> (StreamId, Event) {
    (branch(1).into(), event.into())
}

fn held(on: Date) -> (StreamId, Event) {
    of_member(MemberEvent::TalkHeld {
        talk: talk(1),
        on,
        by: member(2),
        record: sealed(1),
        follow_up_on: date(2023, 1, 30),
    })
}

/// A talk that a round proposes, held on the last day of 2022, followed up and closed.
fn with_a_member() -> Vec<(StreamId, Event)> {
    let (cause, round) = (Cause::ScoreBelow, Some(round(0)));
    vec![
        of_member(MemberEvent::TalkProposed { talk: talk(1), cause, round, reason: None, by: None }),
        of_member(MemberEvent::TalkApproved { talk: talk(1), by: actor(0) }),
        held(date(2022, 12, 31)),
        of_member(MemberEvent::TalkFollowUpCalled { talk: talk(1), due: date(2023, 1, 30) }),
        of_member(MemberEvent::TalkFollowedUp { talk: talk(1), on: date(2023, 2, 1), note: sealed(2) }),
        of_member(MemberEvent::TalkClosed { talk: talk(1), on: date(2023, 2, 2) }),
    ]
}

/// A talk that somebody asked for, to which three came, and one that was declined.
fn with_a_branch() -> Vec<(StreamId, Event)> {
    let proposed = |number| BranchEvent::TalkProposed {
        talk: talk(number),
        cause: Cause::Asked,
        round: None,
        reason: Some(sealed(3)),
        by: Some(actor(2)),
    };
    vec![
        of_branch(proposed(2)),
        of_branch(BranchEvent::TalkApproved { talk: talk(2), by: actor(0) }),
        of_branch(BranchEvent::TalkHeld {
            talk: talk(2),
            on: date(2022, 7, 1),
            by: member(2),
            attendees: vec![member(3), member(4), member(5)],
            record: sealed(4),
            follow_up_on: date(2022, 7, 31),
        }),
        of_branch(proposed(3)),
        of_branch(BranchEvent::TalkDeclined { talk: talk(3), reason: sealed(5), by: actor(1) }),
    ]
}

fn row(facts: &[domain::event::Fact], number: usize) -> TalkRow {
    the::<Talks>(facts, |row| row.talk == talk(number))
}

#[test]
fn a_talk_goes_from_its_proposal_to_its_end_in_one_row() {
    let facts = recorded(with_a_member());
    let closed = row(&facts, 1);
    assert_eq!((closed.subject_kind, closed.subject), (StreamKind::Member, member(1).0));
    assert_eq!((closed.step, closed.persons, closed.round), (Step::Closed, 1, Some(round(0))));
    assert_eq!((closed.proposed_by, closed.approved_by), (None, Some(actor(0))), "a rule proposed it");
    assert_eq!((closed.held_on, closed.held_by), (Some(date(2022, 12, 31)), Some(member(2))));
    assert_eq!((closed.record, closed.note), (Some(sealed(1)), Some(sealed(2))));
    assert_eq!((closed.follow_up_on, closed.called), (Some(date(2023, 1, 30)), true));
    assert_eq!((closed.followed_up_on, closed.closed_on), (Some(date(2023, 2, 1)), Some(date(2023, 2, 2))));
    let steps: Vec<Step> = (1..=6).map(|count| row(&facts[..count], 1).step).collect();
    assert_eq!(steps, [Step::Proposed, Step::Approved, Step::Held, Step::Held, Step::FollowedUp, Step::Closed]);
}

#[test]
fn a_talk_with_a_branch_is_as_many_person_times_as_came_and_a_declined_one_none() {
    let facts = recorded(with_a_branch());
    let held = row(&facts, 2);
    assert_eq!((held.persons, held.attendees.0), (3, vec![member(3), member(4), member(5)]));
    assert_eq!((held.proposed_by, held.reason), (Some(actor(2)), Some(sealed(3))));
    let declined = row(&facts, 3);
    assert_eq!((declined.step, declined.persons), (Step::Declined, 0));
    assert_eq!((declined.declined_by, declined.declined_for), (Some(actor(1)), Some(sealed(5))));
}

#[test]
fn the_year_counts_the_person_times_of_talks_held_in_it_and_opens_to_their_events() {
    let facts = recorded([with_a_member(), with_a_branch()].concat());
    let of_year = |year: &str| {
        let answers = report_of(&facts, period(year));
        answers.into_iter().find(|answer| answer.code == "talks").unwrap()
    };
    let (in_2022, in_2023) = (of_year("2022"), of_year("2023"));
    assert_eq!((in_2022.value.as_deref(), in_2023.value.as_deref()), (Some("4"), Some("0")));
    assert_eq!(lineage(&facts, &in_2022.sources), [3, 9]);
}
