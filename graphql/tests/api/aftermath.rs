//! The story goes on: rounds are published, and talks follow.

use std::sync::Arc;

use domain::event::Event;
use domain::id::{ActorId, BranchId, MemberId, RoundId, TalkId};
use domain::member::MemberEvent;
use domain::round::{Answers, Counts, Marks, Rostered};
use domain::round::{Group, MemberResult, Preset, RoundEvent, Rules, score};
use domain::stream::StreamId;
use domain::talk::Cause;
use domain::text::Sealed;
use jiff::civil::date;
use uuid::Uuid;

use crate::story::{ANA, BAO, CAI, DAN, EAST, WEST, member, told};
use crate::twin::Twin;

pub const SPRING: RoundId = RoundId(Uuid::from_u128(0xE1));
pub const AGAIN: RoundId = RoundId(Uuid::from_u128(0xE2));
pub const TALK: TalkId = TalkId(Uuid::from_u128(0xF1));
pub const BRANCH_TALK: TalkId = TalkId(Uuid::from_u128(0xF2));

pub fn of_round(round: RoundId, event: RoundEvent) -> (StreamId, Event) {
    (round.into(), event.into())
}

pub fn actor(name: &str) -> ActorId {
    ActorId(name.to_owned())
}

pub fn sealed(text: &str) -> Sealed {
    Sealed(format!("sealed:{text}"))
}

/// Leaders alone: every score is the mean of the marks.
pub fn leaders_only() -> Rules {
    let mut rules = Preset::Default.rules();
    rules.groups.retain(|rule| rule.group == Group::Leader);
    rules.groups[0].weight_percent = "100".parse().unwrap();
    rules.groups[0].dimensions.truncate(1);
    rules
}

fn marks(marks: &[(MemberId, &str)]) -> Answers {
    let mark = |mark: &str| Marks::from([("duty".parse().unwrap(), mark.parse().unwrap())]);
    let marks = marks.iter().map(|(leader, given)| (*leader, mark(given))).collect();
    Answers { marks, counts: [(Group::Peer, Counts::new())].into() }
}

/// The result of leaders' marks.
pub fn result_of(rules: &Rules, given: &[(MemberId, &str)]) -> MemberResult {
    let playing = rules.groups.iter().map(|rule| (rule.group, None)).collect();
    let mut result = score::score(rules, &playing, &marks(given));
    result.proposed = result.score.and_then(|score| rules.band(score)).cloned();
    result.grade = result.proposed.clone();
    result
}

pub fn published(round: RoundId, of: MemberId, branch: BranchId, result: MemberResult) -> (StreamId, Event) {
    let (period, score_before) = ("2022-Q1".parse().unwrap(), None);
    let event = RoundEvent::ResultPublished { member: of, branch, period, version: 1, result, score_before };
    of_round(round, event)
}

pub fn branch_scored(round: RoundId, branch: BranchId, score: Option<&str>) -> (StreamId, Event) {
    let (period, score) = ("2022-Q1".parse().unwrap(), score.map(|score| score.parse().unwrap()));
    of_round(round, RoundEvent::BranchScored { branch, period, score, persons: 2 })
}

/// A round from its draft to its publication, without its results.
pub fn held(round: RoundId, rules: Rules) -> Vec<(StreamId, Event)> {
    let (period, branches) = ("2022-Q1".parse().unwrap(), vec![EAST, WEST]);
    let at = "2022-04-01T00:00:00Z".parse().unwrap();
    let groups = rules.groups.iter().map(|rule| rule.group).collect();
    let person = |(member, branch)| Rostered { member, branch, since: date(2022, 1, 1), on_probation: false };
    let people = [(ANA, EAST), (BAO, EAST), (CAI, WEST), (DAN, WEST)].map(person).to_vec();
    let opened = RoundEvent::Opened { rules, groups, closes_at: at, scrutineers: vec![] };
    let roster = RoundEvent::RosterFixed { people, leaders: vec![ANA, DAN], peers: vec![], suspended: vec![] };
    let published = RoundEvent::Published { version: 1, publicity_until: at, appeal_until: at };
    [RoundEvent::Drafted { branches, period, rules_version: 1 }, opened, roster, published]
        .map(|event| of_round(round, event))
        .to_vec()
}

/// The story with a round of its first quarter: 95, 90, 90 and nothing.
pub fn with_a_round(rules: Rules) -> Arc<Twin> {
    let twin = told();
    let result = |given: &[(MemberId, &str)]| result_of(&rules, given);
    twin.then(held(SPRING, rules.clone()));
    twin.then(vec![
        published(SPRING, ANA, EAST, result(&[(DAN, "90")])),
        published(SPRING, BAO, EAST, result(&[(DAN, "95"), (ANA, "95")])),
        published(SPRING, CAI, WEST, result(&[(ANA, "88"), (DAN, "92")])),
        published(SPRING, DAN, WEST, result(&[])),
        branch_scored(SPRING, EAST, Some("92.5")),
        branch_scored(SPRING, WEST, None),
    ]);
    twin
}

/// A talk with a member that a rule proposed, closed, and one with a branch that was asked for, held.
pub fn talks() -> Vec<(StreamId, Event)> {
    use domain::branch::BranchEvent as B;
    let of_branch = |event| crate::story::branch(WEST, event);
    let (office, secretary) = (actor("office"), actor("secretary"));
    let (cause, round) = (Cause::ScoreBelow, Some(SPRING));
    let (record, follow_up_on) = (sealed("谈话记录"), date(2022, 6, 1));
    vec![
        member(BAO, MemberEvent::TalkProposed { talk: TALK, cause, round, reason: None, by: None }),
        member(BAO, MemberEvent::TalkApproved { talk: TALK, by: office.clone() }),
        member(
            BAO,
            MemberEvent::TalkHeld { talk: TALK, on: date(2022, 5, 2), by: ANA, record: record.clone(), follow_up_on },
        ),
        member(BAO, MemberEvent::TalkFollowUpCalled { talk: TALK, due: follow_up_on }),
        member(BAO, MemberEvent::TalkFollowedUp { talk: TALK, on: date(2022, 6, 2), note: sealed("已改进") }),
        member(BAO, MemberEvent::TalkClosed { talk: TALK, on: date(2022, 6, 3) }),
        of_branch(B::TalkProposed {
            talk: BRANCH_TALK,
            cause: Cause::Asked,
            round: None,
            reason: Some(sealed("业绩落后")),
            by: Some(secretary),
        }),
        of_branch(B::TalkApproved { talk: BRANCH_TALK, by: office }),
        of_branch(B::TalkHeld {
            talk: BRANCH_TALK,
            on: date(2022, 7, 1),
            by: ANA,
            attendees: vec![CAI, DAN],
            record,
            follow_up_on: date(2022, 7, 31),
        }),
    ]
}
