//! Every kind of event of rounds, talks, rules, grants and accounts, made of a throw of dice.

use domain::branch::BranchEvent;
use domain::event::Event;
use domain::grant::Role;
use domain::id::*;
use domain::member::MemberEvent;
use domain::period::{Grain, Period};
use domain::round::fraction::Fraction;
use domain::round::*;
use domain::stream::StreamId;
use domain::talk::Cause;
use jiff::Timestamp;

use crate::events::Dice;
use crate::facts::*;

const OF_MEMBER: usize = 12;
const OF_BRANCH: usize = 12;
const OF_ROUND: usize = 30;
/// How many kinds there are.
pub const KINDS: usize = OF_MEMBER + OF_BRANCH + OF_ROUND;

pub fn round(number: usize) -> RoundId {
    RoundId(uuid(10, number))
}

pub fn talk(number: usize) -> TalkId {
    TalkId(uuid(11, number))
}

fn grant(number: usize) -> GrantId {
    GrantId(uuid(13, number))
}

pub fn actor(number: usize) -> ActorId {
    ActorId(["office", "leader", "secretary"][number % 3].to_owned())
}

pub fn event(kind: usize, dice: &Dice) -> (StreamId, Event) {
    match (kind.checked_sub(OF_MEMBER), kind.checked_sub(OF_MEMBER + OF_BRANCH)) {
        (None, _) => (member(dice.who).into(), of_member(kind, dice).into()),
        (Some(kind), None) => (branch(dice.who).into(), of_branch(kind, dice).into()),
        (_, Some(kind)) => (round(dice.who).into(), of_round(kind, dice).into()),
    }
}

fn quarter(dice: &Dice) -> Period {
    Period::holding(day(dice.day), if dice.other == 0 { Grain::Year } else { Grain::Quarter })
}

fn of_member(kind: usize, dice: &Dice) -> MemberEvent {
    use MemberEvent::*;
    // A talk has one subject.
    let (talk, on, reason, by) =
        (talk(dice.who * 3 + dice.thing), day(dice.day), sealed(dice.other), actor(dice.other));
    match kind {
        0 => PlacedLast { round: round(dice.thing), period: quarter(dice) },
        1 => {
            let (cause, round) = (Cause::ScoreBelow, Some(round(dice.other)));
            TalkProposed { talk, cause, round, reason: None, by: None }
        }
        2 => TalkApproved { talk, by },
        3 => TalkDeclined { talk, reason, by },
        4 => TalkHeld { talk, on, by: member(dice.other), record: reason, follow_up_on: day(dice.day + 30) },
        5 => TalkFollowUpCalled { talk, due: on },
        6 => TalkFollowedUp { talk, on, note: reason },
        7 => TalkClosed { talk, on },
        8 => AccountLinked { account: by },
        9 => Merged { into: member(dice.other), branch: None, on, reason },
        10 => Absorbed { from: member(dice.other), on },
        _last => AccountUnlinked { account: by },
    }
}

fn of_branch(kind: usize, dice: &Dice) -> BranchEvent {
    use BranchEvent::*;
    let talk = talk(100 + dice.who * 3 + dice.thing);
    let (on, reason, by) = (day(dice.day), sealed(dice.other), actor(dice.other));
    match kind {
        0 => RulesAdopted { version: dice.thing as u32 + 1, rules: Preset::Default.rules() },
        1 => PeriodClaimed { round: round(dice.thing), period: quarter(dice) },
        2 => PeriodReleased { round: round(dice.thing), period: quarter(dice) },
        3 => TalkProposed { talk, cause: Cause::Asked, round: None, reason: Some(reason), by: Some(by) },
        4 => TalkApproved { talk, by },
        5 => TalkDeclined { talk, reason, by },
        6 => {
            let attendees = (0..=dice.other).map(member).collect();
            TalkHeld { talk, on, by: member(7), attendees, record: reason, follow_up_on: day(dice.day + 30) }
        }
        7 => TalkFollowUpCalled { talk, due: on },
        8 => TalkFollowedUp { talk, on, note: reason },
        9 => TalkClosed { talk, on },
        10 => {
            let until = (dice.value > 0).then(|| day(dice.day + dice.value));
            let (to, role) = (by, Role::ALL[dice.other]);
            RoleGranted { grant: grant(dice.who * 3 + dice.thing), to, role, from: on, until }
        }
        _last => RoleWithdrawn { grant: grant(dice.who * 3 + dice.thing), reason },
    }
}

fn at(dice: &Dice) -> Timestamp {
    Timestamp::from_second(1_640_966_400 + dice.day * 86_400).unwrap()
}

/// A result of a leader's mark of so many points; incomplete where there is none.
pub fn marked(points: Option<&str>, leader: &str) -> MemberResult {
    let mark = |group, points: &str| GroupResult {
        group,
        weight_percent: amount("50"),
        dimensions: vec![],
        score: Some(Fraction::from(amount(points))),
        gap: None,
    };
    let groups = vec![mark(Group::Leader, leader), mark(Group::Peer, points.unwrap_or("0"))];
    MemberResult::of(Basis::Reviews { groups }, points.map(|points| Fraction::from(amount(points))))
}

fn of_round(kind: usize, dice: &Dice) -> RoundEvent {
    use RoundEvent::*;
    let (of, reviewer) = (member(dice.other), member(dice.thing));
    let (group, attempt, seal) = (Group::ALL[dice.thing], 1, sealed(dice.other));
    let (version, period, branches) = (dice.thing as u32 + 1, quarter(dice), vec![branch(dice.other)]);
    match kind {
        0 => Drafted { branches, period, rules_version: version },
        1 => {
            let (rules, groups) = (Preset::Renormalise.rules(), Group::ALL.to_vec());
            Opened { rules, groups, closes_at: at(dice), scrutineers: vec![reviewer] }
        }
        2 => {
            let since = day(dice.day);
            let person = Rostered { member: of, branch: branch(dice.other), since, on_probation: dice.value < 0 };
            RosterFixed { people: vec![person], leaders: vec![reviewer], peers: vec![of], suspended: vec![] }
        }
        3 => SelfReviewGiven { member: of, text: seal },
        4 => LeaderReviewGiven { reviewer, member: of, marks: seal, comment: None },
        5 => PaperIssued { group, attempt, to: (group == Group::Peer).then_some(of), count: 1 },
        6 => PaperReturned { group, attempt, returned: 3, blank: 1 },
        7 => PaperCounted { group, attempt, member: of, scrutineer: reviewer, counts: seal },
        8 => Closed { closed_at: at(dice) },
        9 => GroupVoided { group, attempt, cause: Void::Turnout, eligible: 6, issued: 3, returned: 3 },
        10 => GroupRepeated { group, attempt: 2, closes_at: at(dice) },
        11 => Tallied { version, proposal: seal, rounds: vec![round(dice.other)] },
        12 => CommentModerated { reviewer, member: of, released: true, reason: None },
        13 => GradesDecided { version, decided: seal, by: actor(dice.other) },
        14 => Published { version, publicity_until: at(dice), appeal_until: at(dice) },
        15..=17 => published(kind, dice),
        _later => of_round_later(kind, dice),
    }
}

fn published(kind: usize, dice: &Dice) -> RoundEvent {
    use RoundEvent::*;
    let (of, of_branch, version, period) =
        (member(dice.other), branch(dice.other), dice.thing as u32 + 1, quarter(dice));
    let points = (dice.value > 0).then(|| (dice.value * 7).to_string());
    match kind {
        15 => {
            let (result, score_before) = (marked(points.as_deref(), "80"), None);
            ResultPublished { member: of, branch: of_branch, period, version, result, score_before }
        }
        16 => ResultWithdrawn { member: of, branch: of_branch, period, version },
        _last => {
            let score = points.as_deref().map(amount);
            BranchScored { branch: of_branch, period, score, persons: dice.thing as u32 }
        }
    }
}

fn of_round_later(kind: usize, dice: &Dice) -> RoundEvent {
    use RoundEvent::*;
    let (of, by, reason) = (member(dice.other), actor(dice.other), sealed(dice.other));
    let (appeal, version, answer_until) = (AppealId(uuid(12, dice.thing)), dice.thing as u32 + 1, at(dice));
    match kind {
        18 => AppealFiled { appeal, member: of, text: reason, answer_until, by: Some(by) },
        19 => AppealOverdue { appeal, member: of, answer_until },
        20 => AppealAnswered { appeal, member: of, upheld: dice.value > 0, answer: reason, by },
        21 => Corrected { member: of, version, appeal: None, reason, by, put_right: vec![PutRight::Recompute] },
        22 => Finalised { version },
        23 => ReopeningProposed { reason, by },
        24 => Reopened { version, reason, proposed_by: actor(1), by, closes_at: at(dice) },
        25 => AnnulmentProposed { reason, by },
        26 => ReopeningDeclined { reason, proposed_by: actor(1), by },
        27 => AnnulmentDeclined { reason, proposed_by: actor(1), by },
        28 => ScrutineerReplaced { from: member(dice.thing), to: of, reason, by },
        _last => {
            let (branches, period) = (vec![branch(dice.other), branch(dice.thing)], quarter(dice));
            Annulled { branches, period, reason, proposed_by: actor(1), by }
        }
    }
}

/// A group's score alone, for a result by hand.
pub fn of_groups(groups: &[(Group, &str)], exact: Option<&str>) -> MemberResult {
    let group = |(group, score): &(Group, &str)| GroupResult {
        group: *group,
        weight_percent: amount("50"),
        dimensions: vec![],
        score: Some(score.parse().unwrap()),
        gap: None,
    };
    let basis = Basis::Reviews { groups: groups.iter().map(group).collect() };
    MemberResult::of(basis, exact.map(|exact| exact.parse().unwrap()))
}
