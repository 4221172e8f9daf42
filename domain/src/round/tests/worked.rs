//! The worked examples, to the last digit.

use super::fraction::Fraction;
use super::*;
use crate::round::score as scoring;

fn exact(text: &str) -> Fraction {
    text.parse().expect("a fraction")
}

fn groups(result: &MemberResult) -> &[GroupResult] {
    match &result.basis {
        Basis::Reviews { groups } => groups,
        Basis::Year { .. } => panic!("of reviews: {result:?}"),
    }
}

#[test]
fn the_plain_example_makes_89_65() {
    let play = tallied();
    let result = play.proposed(ANA);
    let means: Vec<Vec<String>> = groups(&result)
        .iter()
        .map(|group| group.dimensions.iter().map(|dimension| dimension.mean.to_string()).collect())
        .collect();
    assert_eq!(means, [vec!["175/2", "175/2"], vec!["95", "94", "175/2"], vec!["90"]]);
    let scores: Vec<Option<String>> =
        groups(&result).iter().map(|group| group.score.as_ref().map(Fraction::to_string)).collect();
    assert_eq!(scores, [Some("175/2".to_owned()), Some("553/6".to_owned()), Some("90".to_owned())]);
    assert_eq!((result.exact, result.score), (Some(exact("1793/20")), score("89.65")));
    assert_eq!(result.proposed, Some(code("qualified")));
}

/// The example, but three of the six who are neither leaders nor absent vote.
fn half_of_the_members(rules_version: u32) -> Play {
    let play = house().and(left(east(7), EAST, date(2022, 9, 1)));
    let play = play.does(DRAFTING, draft(&[EAST], rules_version)).does(OPENING, open());
    let play = marked(play, ANA);
    let play = (1..=6).fold(play, |play, number| play.does(VOTING, to_peer(east(number))));
    let play = play.does(VOTING, to_public(8)).does(CLOSES, returned(Group::Peer, 3, 0));
    let play = play.does(CLOSES, returned(Group::Public, 8, 0));
    (1..=6).fold(play, |play, number| counted(play, Group::Public, east(number), &example_public()))
}

#[test]
fn a_turnout_of_three_of_six_is_not_more_than_half() {
    let closed_at = instant(CLOSES);
    let (group, cause) = (Group::Peer, Void::Turnout);
    half_of_the_members(1).asks(CLOSES, RoundCommand::Close).then([
        in_round(RoundEvent::Closed { closed_at }),
        in_round(RoundEvent::GroupVoided { group, attempt: 1, cause, eligible: 6, issued: 6, returned: 3 }),
    ]);
}

#[test]
fn a_score_that_lacks_a_group_is_incomplete_and_never_0() {
    let play = half_of_the_members(1).does(CLOSES, RoundCommand::Close).does(AFTER, tally());
    let result = play.proposed(ANA);
    assert_eq!((result.exact.clone(), result.score, result.proposed.clone()), (None, None, None));
    assert_eq!(groups(&result)[1].gap, Some(Gap::Turnout));
    assert_eq!(groups(&result)[1].dimensions, []);
}

#[test]
fn the_other_groups_make_the_whole_where_the_rules_say_so() {
    let play = half_of_the_members(2).does(CLOSES, RoundCommand::Close).does(AFTER, tally());
    let result = play.proposed(ANA);
    assert_eq!((result.exact, result.score), (Some(exact("620/7")), score("88.57")));
}

#[test]
fn a_score_is_rounded_once_and_half_away_from_zero() {
    let alone = |mark: &str| {
        let group = GroupRule { weight_percent: amount("100"), ..Preset::Default.rules().groups[0].clone() };
        let rules = Rules {
            groups: vec![GroupRule { dimensions: group.dimensions[..1].to_vec(), ..group }],
            ..Preset::Default.rules()
        };
        let marks = [(LI, marks(&[("duty", mark)]))].into();
        let answers = Answers { marks, ..Answers::default() };
        scoring::score(&rules, &[(Group::Leader, None)].into(), &answers).score
    };
    assert_eq!(alone("89.645"), score("89.65"));
    assert_eq!(alone("89.6449"), score("89.64"));
}

#[test]
fn of_seven_answers_or_more_one_highest_and_one_lowest_are_left_out_by_dimension() {
    let rules = Rules { trim_from: Some(7), ..Preset::Default.rules() };
    let of = |counts: Counts| {
        let answers = Answers { counts: [(Group::Public, counts)].into(), ..Answers::default() };
        let result = scoring::score(&rules, &[(Group::Public, None)].into(), &answers);
        let dimension = groups(&result)[0].dimensions[0].clone();
        (dimension.mean.to_string(), dimension.trimmed)
    };
    assert_eq!(of(public_counts([5, 1, 0, 1, 0])), ("97".to_owned(), true));
    assert_eq!(of(public_counts([5, 0, 0, 1, 3])), ("275/3".to_owned(), false));
    assert_eq!(of(public_counts([7, 0, 0, 0, 0])), ("100".to_owned(), true));
}

#[test]
fn dimensions_weigh_as_the_rules_say() {
    let mut rules = Preset::Default.rules();
    rules.groups[0].dimensions[0].weight = amount("3");
    let marks = [(LI, marks(&[("duty", "90"), ("contests", "80")]))].into();
    let answers = Answers { marks, ..Answers::default() };
    let result = scoring::score(&rules, &[(Group::Leader, None)].into(), &answers);
    assert_eq!(result.score, score("87.5"));
}

#[test]
fn a_secret_group_under_the_threshold_on_one_question_is_left_out_whole() {
    let counts = peer_counts([5, 1, 0, 0, 0], [4, 0, 0, 0, 2], [6, 0, 0, 0, 0]);
    let answers = Answers { counts: [(Group::Peer, counts)].into(), ..Answers::default() };
    let result = scoring::score(&Preset::Default.rules(), &[(Group::Peer, None)].into(), &answers);
    let group = &groups(&result)[0];
    assert_eq!((group.gap, group.dimensions.len(), group.score.clone()), (Some(Gap::BelowThreshold), 0, None));
    assert_eq!(result.score, None);
}

#[test]
fn a_question_that_no_leader_marked_leaves_the_group_out() {
    let marks = [(LI, marks(&[("duty", "90")]))].into();
    let answers = Answers { marks, ..Answers::default() };
    let result = scoring::score(&Preset::Default.rules(), &[(Group::Leader, None)].into(), &answers);
    assert_eq!((groups(&result)[0].gap, result.score), (Some(Gap::NoAnswer), None));
}

#[test]
fn do_not_know_and_invalid_answers_are_in_no_mean() {
    let service = Count { invalid: 2, ..count([5, 0, 0, 0, 3]) };
    let answers =
        Answers { counts: [(Group::Public, [(code("service"), service)].into())].into(), ..Answers::default() };
    let result = scoring::score(&Preset::Default.rules(), &[(Group::Public, None)].into(), &answers);
    assert_eq!(result.score, score("100"));
}
