//! Kinds of faults that were reported of other evaluation, survey and scoreboard systems, tried on a round. A comment
//! names the reports as `repository#number`; where a rule has a test of its own elsewhere, it is not repeated here.

use super::fraction::Fraction;
use super::proposal::Proposal;
use super::*;
use crate::branch::BranchCommand;
use crate::round::score as scoring;
use crate::round::whatif as other_rules;

const MERGING: &str = "2022-09-28T01:00:00Z";
const TUESDAY: &str = "2022-10-11T01:00:00Z";

/// Rules of leaders alone, who are asked about these dimensions, each with its weight.
fn of_leaders(dimensions: &[(&str, &str)]) -> Rules {
    let group = Preset::Default.rules().groups.remove(0);
    let asked = |(name, weight): &(&str, &str)| {
        let title = group.dimensions[0].title.clone();
        Dimension { code: code(name), title, weight: amount(weight) }
    };
    let dimensions = dimensions.iter().map(asked).collect();
    let group = GroupRule { weight_percent: amount("100"), dimensions, ..group };
    Rules { groups: vec![group], ..Preset::Default.rules() }
}

/// What every group of the rules makes of the answers.
fn scored(rules: &Rules, answers: &Answers) -> MemberResult {
    let playing = rules.groups.iter().map(|rule| (rule.group, None)).collect();
    scoring::score(rules, &playing, answers)
}

fn of_marks(given: &[(MemberId, &[(&str, &str)])]) -> Answers {
    let marks = given.iter().map(|(leader, given)| (*leader, marks(given))).collect();
    Answers { marks, ..Answers::default() }
}

fn exactly(text: &str) -> MemberResult {
    let exact: Fraction = text.parse().expect("a fraction");
    MemberResult::of(Basis::Reviews { groups: vec![] }, Some(exact))
}

fn correct(fixes: Vec<Fix>) -> RoundCommand {
    RoundCommand::Correct { member: ANA, fixes, reason: sealed("a slip of the pen") }
}

// erpnext#16534
#[test]
fn weights_keep_their_decimals() {
    let rules = of_leaders(&[("duty", "0.75"), ("contests", "0.25")]);
    let of = |duty, contests| scored(&rules, &of_marks(&[(LI, &[("duty", duty), ("contests", contests)])])).score;
    assert_eq!((of("97", "97"), of("100", "0"), of("0", "100")), (score("97"), score("75"), score("25")));
    let mut rules = Preset::Default.rules();
    for (group, weight) in rules.groups.iter_mut().zip(["33.33", "33.33", "33.34"]) {
        group.weight_percent = amount(weight);
    }
    assert_eq!(faults::check(&rules), Ok(()));
    let all = [5, 0, 0, 0, 0];
    let counts = [(Group::Peer, peer_counts(all, all, all)), (Group::Public, public_counts(all))];
    let answers = Answers { counts: counts.into(), ..of_marks(&[(LI, &[("duty", "97"), ("contests", "97")])]) };
    // 33.33 × 97 + 66.67 × 100 makes 9900.01 hundredths.
    assert_eq!(scored(&rules, &answers).score, score("99"));
}

// kayenta#271, nztrain PR348
#[test]
fn nothing_is_cut_off_and_the_grade_is_that_of_the_score_shown() {
    for (exact, shown) in [("4999999999/1000000000", "5"), ("5799999/100000", "58"), ("2/3", "0.67"), ("1/3", "0.33")] {
        assert_eq!(exactly(exact).score, score(shown), "{exact}");
    }
    let rules = of_leaders(&[("duty", "1")]);
    let result = scored(&rules, &of_marks(&[(LI, &[("duty", "69.99")]), (MA, &[("duty", "70")])]));
    let graded = Proposal { results: [(ANA, result)].into() }.graded(&rules, &[], false);
    let result = &graded.results[&ANA];
    assert_eq!((result.score, result.proposed.clone()), (score("70"), Some(code("qualified"))));
}

// IPTnet#226, Artemis PR2976: rounding each mean, or each group, makes 88.27 of this.
#[test]
fn means_and_groups_are_not_rounded_on_the_way() {
    let peers = peer_counts([0, 0, 6, 0, 0], [4, 1, 1, 0, 0], [2, 3, 1, 0, 0]);
    let counts = [(Group::Peer, peers), (Group::Public, public_counts([4, 3, 0, 0, 0]))];
    let answers = Answers { counts: counts.into(), ..of_marks(&[(LI, &[("duty", "88.01"), ("contests", "88.01")])]) };
    let result = scored(&Preset::Default.rules(), &answers);
    assert_eq!((result.exact, result.score), ("77241/875".parse().ok(), score("88.28")));
}

// dipvis#182
#[test]
fn what_is_shown_alike_is_ranked_and_capped_alike() {
    let scores = ["95", "896451/10000", "896549/10000", "8965/100", "80"];
    let person = |number| Rostered { member: east(number), branch: EAST, since: MARCH, on_probation: false };
    let named = || (1..).map(person).zip(scores.map(exactly));
    let reviewed: Vec<_> = named().map(|(person, result)| other_rules::Reviewed { person, result }).collect();
    let own = Preset::Default.rules();
    let outcomes = other_rules::what_if(&own, &own, &reviewed).expect("fit");
    let ranks: Vec<Option<u64>> = outcomes.iter().map(|outcome| outcome.before.rank).collect();
    assert_eq!(ranks, [1, 2, 2, 2, 5].map(Some));
    let people: Vec<Rostered> = (1..=3).map(person).collect();
    let three = ["950049/10000", "950001/10000", "95"].map(exactly);
    let results = people.iter().map(|person| person.member).zip(three).collect();
    let graded = Proposal { results }.graded(&own, &people, true);
    assert!(graded.results.values().all(|result| result.border_tie && result.proposed.is_none()));
}

// TEAMMATES PR11200
#[test]
fn zero_is_an_answer_and_no_answer_is_not_zero() {
    let rules = of_leaders(&[("duty", "1")]);
    let of = |given: &[(MemberId, &[(&str, &str)])]| scored(&rules, &of_marks(given)).score;
    assert_eq!(of(&[(LI, &[("duty", "0")]), (MA, &[("duty", "100")])]), score("50"));
    assert_eq!((of(&[(LI, &[("duty", "0")])]), of(&[])), (score("0"), None));
    let mut rules = Preset::Default.rules();
    rules.scale[3].points = Amount::ZERO;
    let answers = Answers { counts: [(Group::Public, public_counts([5, 0, 0, 5, 2]))].into(), ..Answers::default() };
    let result = scoring::score(&rules, &[(Group::Public, None)].into(), &answers);
    assert_eq!(result.score, score("50"));
}

/// East's quarter with three leaders and nobody else.
fn of_three_leaders() -> Play {
    let without = vec![Group::Peer, Group::Public];
    let (closes_at, leaders) = (instant(CLOSES), vec![LI, MA, west(1)]);
    let open = RoundCommand::Open { closes_at, leaders, scrutineers: vec![], without };
    house().does(DRAFTING, draft(&[EAST], 1)).does(OPENING, open)
}

// hrms#2023, iPeer#451, surveyjs-analytics#253
#[test]
fn who_gave_nothing_or_came_too_late_lowers_nobody() {
    let five = |leader| leader_review(leader, ANA, &[("duty", "5"), ("contests", "5")]);
    let play = of_three_leaders().does(VOTING, five(LI)).does(VOTING, five(MA));
    let late = RoundRefusal::TimeOver { round: ROUND, closed_at: moment(CLOSES) };
    play.asks(CLOSES, five(west(1))).then_refused(late);
    let play = play.does(CLOSES, RoundCommand::Close).does(AFTER, tally());
    assert_eq!(play.proposed(ANA).score, score("5"));
    assert_eq!(play.proposed(BO).score, None);
}

// fireroad#46, codalab#3496
#[test]
fn a_branchs_mean_is_over_those_who_have_a_score() {
    let play = decided_marks(&["80", "80", "80", "80", "91"]);
    let scored = RoundEvent::BranchScored { branch: EAST, period: q3(), score: score("82.2"), persons: 5 };
    assert_eq!(play.asks(AFTER, RoundCommand::Publish).events().last(), Some(&in_round(scored)));
}

/// A decided round of a leader alone, with these marks for the first members of East.
fn decided_marks(given: &[&str]) -> Play {
    let without = vec![Group::Peer, Group::Public];
    let open = RoundCommand::Open { closes_at: instant(CLOSES), leaders: vec![LI], scrutineers: vec![], without };
    let play = house().does(DRAFTING, draft(&[EAST], 1)).does(OPENING, open);
    let play = given.iter().zip(1..).fold(play, |play, (mark, number)| {
        play.does(VOTING, leader_review(LI, east(number), &[("duty", mark), ("contests", mark)]))
    });
    play.does(CLOSES, RoundCommand::Close).does(AFTER, tally()).does(AFTER, as_proposed())
}

// iPeer#449
#[test]
fn a_void_group_leaves_the_other_groups_as_they_are() {
    let groups = |play: Play| match play.proposed(ANA).basis {
        Basis::Reviews { groups } => groups,
        Basis::Year { .. } => panic!("of reviews"),
    };
    let void = before_close(1).does(CLOSES, returned(Group::Peer, 8, 0)).does(CLOSES, RoundCommand::Close);
    let (void, whole) = (groups(void.does(AFTER, tally())), groups(tallied()));
    assert_eq!((void[1].gap, whole[1].gap), (Some(Gap::Surplus), None));
    assert_eq!((&void[0], &void[2]), (&whole[0], &whole[2]));
}

// EvaP#1175, TEAMMATES#2719, #11793
#[test]
fn a_correction_below_the_threshold_hides_the_group_whole() {
    let four = peer_counts([6, 0, 0, 0, 0], [4, 0, 0, 0, 2], [6, 0, 0, 0, 0]);
    let play = published().does(TUESDAY, correct(vec![Fix::Counts { group: Group::Peer, counts: four }]));
    let result = play.published(ANA);
    let Basis::Reviews { groups } = &result.basis else { panic!("of reviews: {result:?}") };
    assert_eq!((groups[1].gap, groups[1].dimensions.len()), (Some(Gap::BelowThreshold), 0));
    assert_eq!((result.score, result.grade), (None, None));
}

// boundlessfi#22, TEAMMATES#251
#[test]
fn who_came_after_the_opening_takes_no_part_not_even_when_everybody_votes_anew() {
    let late = east(8);
    let joined_late = |play: Play| play.and(joined(late, EAST, None));
    let refused = |play: &Play, at: &str| {
        play.asks(at, to_peer(late)).then_refused(RoundRefusal::NotAPeer { member: late });
        let review = leader_review(LI, late, &[("duty", "90")]);
        play.asks(at, review).then_refused(RoundRefusal::NotReviewed { member: late });
    };
    refused(&joined_late(opened()), VOTING);
    let reopen = RoundCommand::Reopen { closes_at: instant("2022-10-14T16:00:00Z") };
    let asked_for = RoundCommand::ProposeReopening { reason: sealed("the box was open") };
    let again = joined_late(closed()).does(AFTER, asked_for).does_by("auditor", AFTER, reopen);
    refused(&again, AFTER);
    assert_eq!(again.round().roster().peers.len(), 7);
}

// TEAMMATES#467, Evaluated#899
#[test]
fn a_branch_merged_during_its_round_is_reviewed_to_the_end_as_it_was() {
    let voting = issued((1..=7).fold(opened(), |play, number| marked(play, east(number))));
    let merge = BranchCommand::Merge { into: WEST, on: date(2022, 9, 28), reason: sealed("one office") };
    let merged = voting.0.clone().at(MERGING).when(Command::Branch(EAST, merge)).events();
    assert!(merged.contains(&of(
        ANA,
        MemberEvent::Transferred { from: EAST, to: WEST, on: date(2022, 9, 28), reason: sealed("one office") }
    )));
    let to_the_end = |play: Play| {
        let play = play.does(CLOSES, returned(Group::Peer, 7, 0)).does(CLOSES, returned(Group::Public, 8, 0));
        let play = all_counted(all_counted(play, Group::Peer, &example_peers()), Group::Public, &example_public());
        let play = play.does(CLOSES, RoundCommand::Close).does(AFTER, tally()).does(AFTER, as_proposed());
        let events = play.asks(AFTER, RoundCommand::Publish).events();
        (play.and(events.clone()), events)
    };
    let (play, after) = to_the_end(voting.clone().and(merged));
    let (_, before) = to_the_end(voting);
    assert_eq!(after, before, "the same people, the same branch, the same mean");
    let Event::Round(RoundEvent::ResultPublished { branch: EAST, .. }) = &after[1].1 else {
        panic!("a result of East, but was {after:?}");
    };
    let refusal = crate::branch::BranchRefusal::Merged { branch: EAST, into: WEST };
    let next =
        RoundCommand::Draft { branches: vec![EAST], period: "2022-Q4".parse().expect("a quarter"), rules_version: 1 };
    play.asks_of(OTHER, AFTER, "office", next).then_refused(refusal);
}
