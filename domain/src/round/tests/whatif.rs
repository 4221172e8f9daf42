//! A published round under other rules, worked out by hand.

use jiff::civil::date;
use uuid::Uuid;

use crate::amount::Amount;
use crate::id::{BranchId, MemberId, RoundId};
use crate::round::faults::{Fault, Faults};
use crate::round::score::score;
use crate::round::whatif::{Outcome, Reviewed, Stand, what_if};
use crate::round::year::year;
use crate::round::{
    Answers, Band, Code, Comparison, Count, Gap, GapRule, Group, MemberResult, Preset, QuarterResult, Rostered,
    RoundRefusal, Rules,
};

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

fn code(text: &str) -> Code {
    text.parse().expect("a code")
}

fn of(number: u128, result: MemberResult) -> Reviewed {
    let (member, branch) = (MemberId(Uuid::from_u128(number)), BranchId::root());
    let person = Rostered { member, branch, since: date(2022, 1, 1), on_probation: false };
    let grade = result.score.and_then(|score| own().band(score).cloned());
    Reviewed { person, result: MemberResult { proposed: grade.clone(), grade, ..result } }
}

fn own() -> Rules {
    Preset::Default.rules()
}

fn count(grades: &[(&str, u32)], unknown: u32) -> Count {
    let grades = grades.iter().map(|(grade, count)| (code(grade), *count)).collect();
    Count { grades, unknown, invalid: 0 }
}

/// The plain example: leaders 87.5, members 276.5 / 3, public 90; 89.65 in all.
fn plain() -> Answers {
    let marks = |duty, contests| [(code("duty"), amount(duty)), (code("contests"), amount(contests))].into();
    let leaders =
        [(MemberId(Uuid::from_u128(91)), marks("90", "80")), (MemberId(Uuid::from_u128(92)), marks("85", "95"))];
    let peers = [
        (code("politics"), count(&[("excellent", 4), ("qualified", 2)], 0)),
        (code("discipline"), count(&[("excellent", 3), ("qualified", 2)], 1)),
        (code("part"), count(&[("excellent", 2), ("qualified", 3), ("basically_qualified", 1)], 0)),
    ];
    let public = [(code("service"), count(&[("excellent", 5), ("qualified", 2), ("not_qualified", 1)], 0))];
    Answers { marks: leaders.into(), counts: [(Group::Peer, peers.into()), (Group::Public, public.into())].into() }
}

/// As published, the peers void where that is said.
fn published(peers: Option<Gap>) -> MemberResult {
    let playing = [(Group::Leader, None), (Group::Peer, peers), (Group::Public, None)].into();
    score(&own(), &playing, &plain())
}

fn scores(rules: &Rules, reviewed: &[Reviewed]) -> Vec<(Option<String>, Option<String>)> {
    let outcomes = what_if(rules, &own(), reviewed).expect("fit");
    let text = |stand: &Stand| stand.score.map(|score| score.to_string());
    outcomes.iter().map(|outcome| (text(&outcome.before), text(&outcome.after))).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_same_rules_make_the_same_result() {
    let reviewed = [of(1, published(None)), of(2, published(Some(Gap::Turnout)))];
    for outcome in what_if(&own(), &own(), &reviewed).expect("fit") {
        assert_eq!(outcome.before, outcome.after);
    }
    assert_eq!(scores(&own(), &reviewed), [(some("89.65"), some("89.65")), (None, None)]);
}

#[test]
fn other_weights_weigh_the_published_answers() {
    let mut rules = own();
    for (rule, weight) in rules.groups.iter_mut().zip(["50", "25", "25"]) {
        rule.weight_percent = amount(weight);
    }
    // 43.75 + 276.5 / 12 + 22.5 = 89.2916…
    assert_eq!(scores(&rules, &[of(1, published(None))]), [(some("89.65"), some("89.29"))]);
}

#[test]
fn a_group_that_is_not_shown_stays_missing_and_may_be_made_up_for() {
    let void = [of(1, published(Some(Gap::Turnout)))];
    let renormalised = Rules { gap: GapRule::Renormalise, ..own() };
    assert_eq!(scores(&renormalised, &void), [(None, some("88.57"))]);
    let lenient = Rules { threshold: 3, ..own() };
    assert_eq!(scores(&lenient, &void), [(None, None)], "what is not shown is not counted");
}

#[test]
fn a_higher_threshold_takes_a_group_out_and_trimming_its_ends() {
    let reviewed = [of(1, published(None))];
    assert_eq!(scores(&Rules { threshold: 7, ..own() }, &reviewed), [(some("89.65"), None)]);
    // Of eight answers of the public one 100 and the 50 go: 570 / 6 = 95, and 35 + 27.65 + 28.5.
    assert_eq!(scores(&Rules { trim_from: Some(7), ..own() }, &reviewed), [(some("89.65"), some("91.15"))]);
}

#[test]
fn other_bands_propose_other_grades_and_ranks_are_of_the_round() {
    let mut bands = own().bands;
    bands[0] = Band { grade: code("excellent"), from: amount("89") };
    let rules = Rules { bands, gap: GapRule::Renormalise, ..own() };
    let reviewed = [of(1, published(None)), of(2, published(Some(Gap::Turnout))), of(3, published(None))];
    let outcomes = what_if(&rules, &own(), &reviewed).expect("fit");
    let stands = |of: fn(&Outcome) -> &Stand| -> Vec<(Option<String>, Option<u64>)> {
        outcomes.iter().map(of).map(|stand| (stand.grade.as_ref().map(ToString::to_string), stand.rank)).collect()
    };
    let qualified = |rank| (some("qualified"), Some(rank));
    assert_eq!(stands(|outcome| &outcome.before), [qualified(1), (None, None), qualified(1)]);
    let excellent = || (some("excellent"), Some(1));
    assert_eq!(stands(|outcome| &outcome.after), [excellent(), qualified(3), excellent()]);
}

#[test]
fn a_year_is_weighed_anew_and_the_cap_minded() {
    let quarter = |score| QuarterResult {
        quarter: "2022-Q1".parse().expect("a period"),
        round: RoundId(Uuid::from_u128(7)),
        score: amount(score),
        days: 90,
    };
    let quarters = || {
        let later = QuarterResult { quarter: "2022-Q2".parse().expect("a period"), ..quarter("90") };
        vec![quarter("80"), later]
    };
    let comparison = |completion| Comparison {
        metric: code("premium"),
        plan: amount("100"),
        actual: amount(completion).into(),
        weight: Amount::ONE,
        completion: amount(completion).into(),
        exactness: crate::ledger::Exactness::Exact,
    };
    let of_year = |number, completion| of(number, year(&own().year, quarters(), vec![comparison(completion)]));
    let reviewed = [of_year(1, "95"), of_year(2, "99"), of_year(3, "99")];
    // 0.4 × 85 + 0.6 × 95 = 91 and 0.2 × 85 + 0.8 × 95 = 93; 93.4 and 96.2. One of three may be excellent: a tie.
    let rules = Preset::TwentyEighty.rules();
    let expected = [(some("91"), some("93")), (some("93.4"), some("96.2")), (some("93.4"), some("96.2"))];
    assert_eq!(scores(&rules, &reviewed), expected);
    let ties = what_if(&rules, &own(), &reviewed).expect("fit");
    assert_eq!(ties.iter().map(|outcome| outcome.result.border_tie).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(ties[0].after.grade, Some(code("qualified")));
}

#[test]
fn rules_that_make_no_score_are_refused_with_all_their_faults() {
    let mut rules = Rules { threshold: 2, ..own() };
    rules.groups.truncate(2);
    let faults = [Fault::Weights { sum: amount("70") }, Fault::Threshold { threshold: 2 }];
    let refused = what_if(&rules, &own(), &[of(1, published(None))]).expect_err("unfit");
    assert_eq!(refused, RoundRefusal::RulesUnfit { faults: Faults(faults.to_vec()) });
}

#[test]
fn rules_that_do_not_know_an_answer_are_refused() {
    let reviewed = [of(1, published(None))];
    let refused = |rules: &Rules| what_if(rules, &own(), &reviewed).expect_err("unfit");
    let grade = RoundRefusal::AnswerUnknown { group: Group::Peer, answer: code("excellent") };
    assert_eq!(refused(&Preset::ThreeGrades.rules()), grade);
    let mut rules = own();
    rules.groups[2].dimensions[0].code = code("patience");
    let answer = RoundRefusal::AnswerUnknown { group: Group::Public, answer: code("service") };
    assert_eq!(refused(&rules), answer);
    let mut more = own().groups[2].dimensions[0].clone();
    more.code = code("patience");
    let mut rules = own();
    rules.groups[2].dimensions.push(more);
    let asked = RoundRefusal::UnknownDimension { group: Group::Public, dimension: code("patience") };
    assert_eq!(refused(&rules), asked);
}
