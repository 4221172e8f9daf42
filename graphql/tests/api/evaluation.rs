//! A round over both branches of the story, from the rules to an appeal that was right: the worked example.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::amount::Amount;
use domain::branch::BranchEvent;
use domain::event::Event;
use domain::id::{ActorId, AppealId, BranchId, MemberId, RoundId};
use domain::period::Period;
use domain::round::proposal::Proposal;
use domain::round::score::{Playing, score};
use domain::round::{
    Answers, Count, Counts, Group, Marks, MemberResult, Preset, PutRight, Rostered, RoundEvent, Rules,
};
use domain::stream::StreamId;
use jiff::Timestamp;
use jiff::civil::date;
use uuid::Uuid;

use crate::story::{ANA, BAO, CAI, DAN, EAST, WEST, branch, sealed, told};
use crate::twin::Twin;

pub const ROUND: RoundId = RoundId(Uuid::from_u128(0x77));
pub const APPEAL: AppealId = AppealId(Uuid::from_u128(0xAA));
/// A leader from elsewhere.
pub const LEADER: MemberId = MemberId(Uuid::from_u128(0x1E));

/// What must not be seen before publication: the scores, exact values and what the leader wrote.
pub const SECRETS: [&str; 5] = ["89.65", "1793/20", "87.5", "553/6", "勤勉尽责"];

pub fn of_round(event: RoundEvent) -> (StreamId, Event) {
    (ROUND.into(), event.into())
}

pub fn quarter() -> Period {
    "2022-Q1".parse().unwrap()
}

fn at(day: &str) -> Timestamp {
    format!("{day}T18:00:00+08:00").parse().unwrap()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn marks(duty: &str, contests: &str) -> Marks {
    [("duty", duty), ("contests", contests)].map(|(code, mark)| (code.parse().unwrap(), amount(mark))).into()
}

fn count(grades: &[(&str, u32)], unknown: u32) -> Count {
    let grades = grades.iter().map(|(grade, count)| (grade.parse().unwrap(), *count)).collect();
    Count { grades, unknown, invalid: 0 }
}

fn counts(of: &[(&str, Count)]) -> Counts {
    of.iter().map(|(code, count)| (code.parse().unwrap(), count.clone())).collect()
}

pub fn rules() -> Rules {
    Preset::Default.rules()
}

/// The answers of the worked example.
pub fn answers() -> Answers {
    let peers = counts(&[
        ("politics", count(&[("excellent", 4), ("qualified", 2)], 0)),
        ("discipline", count(&[("excellent", 3), ("qualified", 2)], 1)),
        ("part", count(&[("excellent", 2), ("qualified", 3), ("basically_qualified", 1)], 0)),
    ]);
    let public = count(&[("excellent", 5), ("qualified", 2), ("not_qualified", 1)], 0);
    Answers {
        marks: [(DAN, marks("90", "80")), (LEADER, marks("85", "95"))].into(),
        counts: [(Group::Peer, peers), (Group::Public, counts(&[("service", public)]))].into(),
    }
}

fn playing() -> Playing {
    Group::ALL.map(|group| (group, None)).into()
}

/// Ana has the worked example; Bao the same with one mark lower; Cai too few valid answers of the public.
pub fn decided(graded: bool) -> Proposal {
    let mut of_bao = answers();
    of_bao.marks.insert(DAN, marks("80", "80"));
    let mut of_cai = answers();
    of_cai.counts.insert(Group::Public, counts(&[("service", count(&[("excellent", 4)], 4))]));
    let each = [(ANA, answers()), (BAO, of_bao), (CAI, of_cai)];
    let results: BTreeMap<MemberId, MemberResult> =
        each.into_iter().map(|(member, answers)| (member, score(&rules(), &playing(), &answers))).collect();
    let mut proposal = Proposal { results }.graded(&rules(), &[], false);
    proposal.results.values_mut().filter(|_| graded).for_each(|result| result.grade = result.proposed.clone());
    proposal
}

fn sealed_proposal(graded: bool) -> domain::text::Sealed {
    let plain = serde_json::to_string(&decided(graded)).unwrap();
    sealed(&format!("{plain:4096}"))
}

fn office() -> ActorId {
    ActorId("office".to_owned())
}

/// The rules, the draft, the opening.
pub fn opened() -> Vec<(StreamId, Event)> {
    let person = |member, branch, on_probation| Rostered { member, branch, since: date(2022, 1, 1), on_probation };
    let peers = (0x51..0x54).map(|number| MemberId(Uuid::from_u128(number))).chain([ANA, BAO, CAI]).collect();
    let claim = |of| branch(of, BranchEvent::PeriodClaimed { round: ROUND, period: quarter() });
    vec![
        branch(BranchId::root(), BranchEvent::RulesAdopted { version: 1, rules: rules() }),
        of_round(RoundEvent::Drafted { branches: vec![EAST, WEST], period: quarter(), rules_version: 1 }),
        claim(EAST),
        claim(WEST),
        of_round(RoundEvent::Opened {
            rules: rules(),
            groups: Group::ALL.to_vec(),
            closes_at: at("2022-04-10"),
            scrutineers: vec![BAO, CAI],
        }),
        of_round(RoundEvent::RosterFixed {
            people: vec![
                person(ANA, EAST, false),
                person(BAO, EAST, false),
                person(CAI, WEST, false),
                person(DAN, WEST, true),
            ],
            leaders: vec![DAN, LEADER],
            peers,
            suspended: vec![],
        }),
    ]
}

fn reviewed(reviewer: MemberId, member: MemberId, comment: Option<&str>) -> (StreamId, Event) {
    let marks = sealed(&serde_json::to_string(&answers().marks[&reviewer]).unwrap());
    of_round(RoundEvent::LeaderReviewGiven { reviewer, member, marks, comment: comment.map(sealed) })
}

/// Reviews, ballots and counts, up to the close.
pub fn given() -> Vec<(StreamId, Event)> {
    let issued = |group, to: Option<MemberId>, count| RoundEvent::PaperIssued { group, attempt: 1, to, count };
    let returned = |group, returned| RoundEvent::PaperReturned { group, attempt: 1, returned, blank: 0 };
    let counted = |scrutineer| RoundEvent::PaperCounted {
        group: Group::Peer,
        attempt: 1,
        member: ANA,
        scrutineer,
        counts: sealed(&serde_json::to_string(&answers().counts[&Group::Peer]).unwrap()),
    };
    let mut events = vec![
        of_round(RoundEvent::SelfReviewGiven { member: ANA, text: sealed("初稿") }),
        of_round(RoundEvent::SelfReviewGiven { member: ANA, text: sealed("本季度自评") }),
        reviewed(DAN, ANA, None),
        reviewed(DAN, ANA, Some("勤勉尽责")),
        reviewed(LEADER, ANA, Some("不宜公开")),
    ];
    events.extend([ANA, BAO, CAI].map(|peer| of_round(issued(Group::Peer, Some(peer), 1))));
    events.extend([issued(Group::Peer, None, 3), issued(Group::Public, None, 9)].map(of_round));
    events.extend([returned(Group::Peer, 5), returned(Group::Public, 8)].map(of_round));
    events.extend([counted(BAO), counted(CAI)].map(of_round));
    events.push(of_round(RoundEvent::Closed { closed_at: at("2022-04-10") }));
    events
}

/// The tally, what is shown of the comments, and the decision.
pub fn counted() -> Vec<(StreamId, Event)> {
    let moderated = |reviewer, released, reason: Option<&str>| {
        let reason = reason.map(sealed);
        RoundEvent::CommentModerated { reviewer, member: ANA, released, reason }
    };
    vec![
        of_round(RoundEvent::Tallied { version: 1, proposal: sealed_proposal(false), rounds: vec![] }),
        of_round(moderated(DAN, true, None)),
        of_round(moderated(LEADER, false, Some("涉及他人"))),
        of_round(RoundEvent::GradesDecided { version: 1, decided: sealed_proposal(true), by: office() }),
    ]
}

pub fn published() -> Vec<(StreamId, Event)> {
    let (publicity_until, appeal_until) = (at("2022-04-20"), at("2022-04-22"));
    let mut events = vec![of_round(RoundEvent::Published { version: 1, publicity_until, appeal_until })];
    for (member, result) in decided(true).results {
        let branch = if member == CAI { WEST } else { EAST };
        events.push(of_round(result_published(member, branch, 1, result)));
    }
    events
}

fn result_published(member: MemberId, branch: BranchId, version: u32, result: MemberResult) -> RoundEvent {
    let score_before = (version > 1).then(|| amount("89.65"));
    RoundEvent::ResultPublished { member, branch, period: quarter(), version, result, score_before }
}

/// An appeal of Ana's that was right: a leader's mark had been entered wrongly.
pub fn appealed() -> Vec<(StreamId, Event)> {
    let mut right = answers();
    right.marks.insert(DAN, marks("95", "80"));
    let result = score(&rules(), &playing(), &right);
    let mut alone = Proposal { results: [(ANA, result)].into() }.graded(&rules(), &[], false);
    let result = alone.results.remove(&ANA).unwrap();
    let result = MemberResult { grade: result.proposed.clone(), ..result };
    let by = ActorId("committee".to_owned());
    vec![
        of_round(RoundEvent::AppealFiled {
            appeal: APPEAL,
            member: ANA,
            text: sealed("打分录入有误"),
            answer_until: at("2022-05-09"),
            by: None,
        }),
        of_round(RoundEvent::AppealAnswered {
            appeal: APPEAL,
            member: ANA,
            upheld: true,
            answer: sealed("属实"),
            by: by.clone(),
        }),
        of_round(RoundEvent::Corrected {
            member: ANA,
            version: 2,
            appeal: Some(APPEAL),
            reason: sealed("属实"),
            by,
            put_right: vec![PutRight::Marks { reviewer: DAN }],
        }),
        of_round(result_published(ANA, EAST, 2, result)),
    ]
}

/// The story with the round as far as these parts tell it.
pub fn told_with(parts: impl IntoIterator<Item = Vec<(StreamId, Event)>>) -> Arc<Twin> {
    let twin = told();
    parts.into_iter().for_each(|part| twin.then(part));
    twin
}

/// Everything up to publication.
pub fn evaluated() -> Arc<Twin> {
    told_with([opened(), given(), counted(), published()])
}
