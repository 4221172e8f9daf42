//! The fairness view against numbers worked out by hand.

use std::collections::BTreeMap;

use domain::round::fraction::Fraction;
use domain::round::{Basis, DimensionResult, Group, GroupResult, MemberResult};
use projections::fairness::{Pairs, Reviewed, agreements, distributions, severities, spread};
use proptest::prelude::*;

use crate::evaluations::{of_groups, round};
use crate::facts::*;

fn fraction(text: &str) -> Fraction {
    text.parse().unwrap()
}

/// Somebody marked by leaders in one dimension.
fn marked(number: usize, marks: &[(usize, &str)]) -> Reviewed {
    let marks: BTreeMap<_, _> = marks.iter().map(|(leader, mark)| (member(*leader), amount(mark))).collect();
    let (dimension, weight, mean) = (code("duty"), amount("1"), fraction("90"));
    let dimension = DimensionResult { dimension, weight, marks, count: None, trimmed: false, mean };
    let (group, score) = (Group::Leader, Some(fraction("90")));
    let group = GroupResult { group, weight_percent: amount("100"), dimensions: vec![dimension], score, gap: None };
    of(number, MemberResult::of(Basis::Reviews { groups: vec![group] }, Some(fraction("90"))))
}

fn of(number: usize, result: MemberResult) -> Reviewed {
    Reviewed { round: round(0), member: member(number), branch: branch(number % 2), result }
}

/// Scores of the leaders and of the peers.
fn two(number: usize, leader: &str, peer: &str) -> Reviewed {
    of(number, of_groups(&[(Group::Leader, leader), (Group::Peer, peer)], Some("90")))
}

#[test]
fn severity_is_a_leaders_mean_less_that_of_the_others_on_the_same_persons() {
    let reviewed = [
        marked(1, &[(11, "90"), (12, "80"), (13, "100")]),
        marked(2, &[(11, "70"), (12, "60")]),
        // Nobody else marked the third: it says nothing of the eleventh.
        marked(3, &[(11, "10")]),
    ];
    let found = severities(&reviewed);
    let shown: Vec<_> = found
        .iter()
        .map(|one| (one.leader, one.marks, one.persons, one.own.to_string(), one.others.to_string()))
        .collect();
    // 11: (90 + 70) / 2 beside (90 + 60) / 2; 12: (80 + 60) / 2 beside (95 + 70) / 2; 13: 100 beside 85.
    let expected = [(11, 2, "80", "75"), (12, 2, "70", "165/2"), (13, 1, "100", "85")];
    let expected =
        expected.map(|(leader, count, own, others)| (member(leader), count, count, own.to_owned(), others.to_owned()));
    assert_eq!(shown, expected);
    let differences: Vec<String> = found.iter().map(|one| one.difference().to_string()).collect();
    assert_eq!(differences, ["5", "-25/2", "15"]);
    assert_eq!(spread(&found), Some(fraction("55/2")));
    assert_eq!(spread(&found[..1]), None);
}

#[test]
fn agreement_is_kendalls_tau_b_over_pairs_of_a_round_and_the_mean_difference() {
    // Leaders 90, 80, 80, 70, 60; peers 85, 90, 70, 70, 65. Of ten pairs the leaders tie (2, 3), the peers (3, 4); in
    // opposite order is (1, 2) alone, the other seven agree: 6 / √(9 × 9) = 0.67. Differences 5, 10, 10, 0, 5: 6.
    let reviewed = [
        two(1, "90", "85"),
        two(2, "80", "90"),
        two(3, "80", "70"),
        two(4, "70", "70"),
        two(5, "60", "65"),
        of(6, of_groups(&[(Group::Leader, "50")], None)),
    ];
    let found = agreements(&reviewed, 5);
    assert_eq!(found.len(), 1, "of two groups that are there");
    let agreement = &found[0];
    assert_eq!((agreement.groups, agreement.persons), ([Group::Leader, Group::Peer], 5));
    let pairs = Pairs { concordant: 7, discordant: 1, tied_first: 1, tied_second: 1, all: 10 };
    assert_eq!(agreement.pairs, Some(pairs));
    assert_eq!(pairs.tau_b().map(|tau| tau.to_string()), Some("0.67".to_owned()));
    assert_eq!(agreement.difference, Some(fraction("6")));
    let too_few = &agreements(&reviewed, 6)[0];
    assert_eq!((too_few.persons, too_few.pairs, &too_few.difference), (5, None, &None));
}

#[test]
fn tau_b_is_rounded_exactly_and_is_nothing_where_a_group_ties_everybody() {
    let tau = |concordant, discordant, tied_first, tied_second, all| {
        let pairs = Pairs { concordant, discordant, tied_first, tied_second, all };
        pairs.tau_b().map(|tau| tau.to_string())
    };
    assert_eq!(tau(10, 0, 0, 0, 10).as_deref(), Some("1"));
    assert_eq!(tau(0, 10, 0, 0, 10).as_deref(), Some("-1"));
    assert_eq!(tau(5, 5, 0, 0, 10).as_deref(), Some("0"));
    // 1 / √(2 × 1) = 0.7071…; 1 / 200 = 0.005 rounds away from zero.
    assert_eq!(tau(1, 0, 0, 1, 2).as_deref(), Some("0.71"));
    assert_eq!(tau(101, 100, 0, 0, 201).as_deref(), Some("0"));
    assert_eq!(tau(0, 1, 0, 0, 200).as_deref(), Some("-0.01"));
    assert_eq!(tau(0, 0, 3, 0, 3), None);
}

#[test]
fn persons_of_different_rounds_are_not_put_in_order() {
    let elsewhere = |reviewed: Reviewed| Reviewed { round: round(1), ..reviewed };
    let reviewed = [two(1, "90", "10"), two(2, "80", "20"), elsewhere(two(3, "70", "30"))];
    let pairs = agreements(&reviewed, 3)[0].pairs.unwrap();
    assert_eq!((pairs.all, pairs.discordant), (1, 1));
}

#[test]
fn grades_and_means_are_told_of_branches_with_enough_persons() {
    let graded = |number, grade: &str| {
        let mut one = two(number, "90", "80");
        one.result.grade = Some(code(grade));
        one
    };
    let reviewed = [
        graded(0, "excellent"),
        graded(2, "qualified"),
        graded(4, "qualified"),
        graded(1, "excellent"),
        graded(3, "qualified"),
        two(5, "70", "80"),
    ];
    let [first, second] = &distributions(&reviewed, 3)[..] else { panic!("two branches") };
    assert_eq!((first.branch, first.persons), (branch(0), 3));
    assert_eq!(first.grades, Some(BTreeMap::from([(code("excellent"), 1), (code("qualified"), 2)])));
    assert_eq!((second.branch, second.persons, &second.grades), (branch(1), 3, &None), "two have a grade");
    let means: Vec<_> = second.means.iter().map(|(group, mean)| (*group, mean.to_string())).collect();
    assert_eq!(means, [(Group::Leader, "250/3".to_owned()), (Group::Peer, "80".to_owned())]);
    assert!(distributions(&reviewed, 4).iter().all(|one| one.grades.is_none() && one.means.is_empty()));
}

proptest! {
    #[test]
    fn tau_b_lies_between_and_turns_with_the_order(scores in prop::collection::vec((0..6_u64, 0..6_u64), 3..12)) {
        let reviewed = |turned: bool| -> Vec<Reviewed> {
            let second = |score: u64| if turned { 10 - score } else { score };
            let of = |(at, (first, other)): (usize, &(u64, u64))| two(at, &first.to_string(), &second(*other).to_string());
            scores.iter().enumerate().map(of).collect()
        };
        let tau = |turned| agreements(&reviewed(turned), 3)[0].pairs.unwrap().tau_b().map(|tau| tau.decimal());
        let (straight, turned) = (tau(false), tau(true));
        prop_assert_eq!(straight.map(|tau| -tau), turned);
        prop_assert!(straight.is_none_or(|tau| tau.abs() <= rust_decimal::Decimal::ONE));
    }
}
