//! How large a round gets: what is proposed, published, explained and bundled grows with people × leaders × dimensions.

use std::collections::BTreeMap;

use domain::id::{MemberId, RoundId};
use domain::round::proposal::Proposal;
use domain::round::score::{Playing, score};
use domain::round::*;
use projections::bundle::bundle;
use projections::explanation::steps;
use projections::leader_reviews::LeaderReviews;
use projections::projection::Projection;
use projections::round_people::RoundPeople;
use projections::rounds::Rounds;
use projections::row::Row;

use crate::facts::*;

/// A mebibyte.
const MIB: usize = 1 << 20;

/// The default rules with so many dimensions in each group.
fn rules(dimensions: usize) -> Rules {
    let mut rules = Preset::Default.rules();
    for rule in &mut rules.groups {
        let first = rule.dimensions[0].clone();
        let named = |at: usize| Dimension { code: code(&format!("dimension_{at:02}")), ..first.clone() };
        rule.dimensions = (0..dimensions).map(named).collect();
    }
    rules
}

/// What a person gets who is marked by everybody in every dimension, each mark as long as marks are.
fn result(rules: &Rules, leaders: usize) -> MemberResult {
    let asked = |group: Group| rules.group(group).into_iter().flat_map(|rule| &rule.dimensions);
    let mark = |(at, of): (usize, &Dimension)| (of.code.clone(), amount(&format!("{}.25", 70 + at)));
    let marks: Marks = asked(Group::Leader).enumerate().map(mark).collect();
    let grades = rules.scale.iter().map(|rule| (rule.grade.clone(), 123)).collect();
    let count = Count { grades, unknown: 12, invalid: 3 };
    let counts = |group| -> Counts { asked(group).map(|of| (of.code.clone(), count.clone())).collect() };
    let answers = Answers {
        marks: (0..leaders).map(|at| (member(10_000 + at), marks.clone())).collect(),
        counts: [Group::Peer, Group::Public].map(|group| (group, counts(group))).into(),
    };
    let playing: Playing = Group::ALL.map(|group| (group, None)).into();
    score(rules, &playing, &answers)
}

/// How many bytes a proposal on so many people is.
fn proposed(people: usize, leaders: usize, dimensions: usize) -> usize {
    let of_one: BTreeMap<MemberId, MemberResult> = [(member(0), result(&rules(dimensions), leaders))].into();
    serde_json::to_string(&Proposal { results: of_one }).unwrap().len() * people
}

#[test]
fn a_proposal_stays_within_what_a_store_takes_up_to_so_many_marks() {
    let (people, leaders, dimensions) = (PEOPLE_MAX, LEADERS_MAX, faults::LIST_MAX);
    for (people, leaders, dimensions) in [
        (people, MARKS_MAX / people / 2, 2),
        (people, MARKS_MAX / people / dimensions, dimensions),
        (MARKS_MAX / leaders / dimensions, leaders, dimensions),
    ] {
        assert!(people * leaders * dimensions >= MARKS_MAX * 4 / 5);
        // Sealed it is the widest of its kind, up to twice as long, rounded up to a power of two, in base 64: within what
        // the log is tried with.
        let plain = proposed(people, leaders, dimensions);
        assert!(plain <= 24 * MIB, "{people} × {leaders} × {dimensions}: {plain} bytes");
    }
}

#[test]
fn what_is_told_of_one_person_is_small_whatever_the_round() {
    let rules = rules(faults::LIST_MAX);
    let result = result(&rules, LEADERS_MAX);
    assert!(serde_json::to_string(&result).unwrap().len() < 128 * 1024);
    let lines: usize = steps(&rules, &result).iter().map(|step| step.en.len() + step.zh.len()).sum();
    assert!(lines < 64 * 1024, "{lines}");
}

#[test]
fn a_bundle_is_no_larger_than_the_results_in_it() {
    let (people, leaders, dimensions) = (20, LEADERS_MAX, faults::LIST_MAX);
    let (rules, round, at) = (rules(dimensions), RoundId(uuid(9, 1)), period("2022-Q1"));
    let (result, until) = (result(&rules, leaders), "2022-04-20T10:00:00Z".parse().unwrap());
    let on_roster = |number| Rostered { member: member(number), branch: branch(1), since: day(0), on_probation: false };
    let mut events = vec![
        RoundEvent::Drafted { branches: vec![branch(1)], period: at, rules_version: 1 },
        RoundEvent::Opened { rules, groups: Group::ALL.to_vec(), closes_at: until, scrutineers: vec![] },
        RoundEvent::RosterFixed {
            people: (0..people).map(on_roster).collect(),
            leaders: vec![],
            peers: vec![],
            suspended: vec![],
        },
        RoundEvent::Published { version: 1, publicity_until: until, appeal_until: until },
    ];
    events.extend((0..people).map(|number| RoundEvent::ResultPublished {
        member: member(number),
        branch: branch(1),
        period: at,
        version: 1,
        result: result.clone(),
        score_before: None,
    }));
    let facts = recorded(events.into_iter().map(|event| (round.into(), event.into())));
    let rounds = rows::<Rounds>(&facts);
    let told = bundle(&rounds[0], &rows::<RoundPeople>(&facts)).unwrap();
    assert!(told.len() <= people * serde_json::to_string(&result).unwrap().len() + 64 * 1024, "{}", told.len());
}

/// How many characters the rows of a projection are in the end.
fn wide<P: Projection>(events: Vec<RoundEvent>) -> usize {
    let round = RoundId(uuid(9, 1));
    let facts = recorded(events.into_iter().map(|event| (round.into(), event.into())));
    rows::<P>(&facts).iter().map(|row| format!("{:?}", row.cells()).len()).sum()
}

#[test]
fn no_row_grows_with_what_is_given_again() {
    let given = |times: usize| {
        let people = vec![Rostered { member: member(1), branch: branch(1), since: day(0), on_probation: false }];
        let mut events = vec![
            RoundEvent::Drafted { branches: vec![branch(1)], period: period("2022-Q1"), rules_version: 1 },
            RoundEvent::RosterFixed { people, leaders: vec![member(2)], peers: vec![], suspended: vec![] },
        ];
        for _ in 0..times {
            events.push(RoundEvent::SelfReviewGiven { member: member(1), text: sealed(0) });
            let (reviewer, comment) = (member(2), Some(sealed(0)));
            events.push(RoundEvent::LeaderReviewGiven { reviewer, member: member(1), marks: sealed(0), comment });
            events.push(RoundEvent::Tallied { version: 1, proposal: sealed(0), rounds: vec![] });
        }
        events
    };
    // A few digits of positions and times more.
    let few = 64;
    assert!(wide::<RoundPeople>(given(500)) < wide::<RoundPeople>(given(1)) + few);
    assert!(wide::<LeaderReviews>(given(500)) < wide::<LeaderReviews>(given(1)) + few);
    assert!(wide::<Rounds>(given(500)) < wide::<Rounds>(given(1)) + few);
}
