//! A year: the quarters' mean and the comparisons; nobody votes.

use super::fraction::Fraction;
use super::*;
use crate::id::ResultId;
use crate::ledger::{Aggregation, Direction, Exactness, Metric, Subjects, Unit};

const NORTH: BranchId = BranchId(Uuid::from_u128(0x14));
const DECEMBER: &str = "2022-12-20T01:00:00Z";
const NEW_YEAR: &str = "2022-12-31T16:00:00Z";
const JANUARY: &str = "2023-01-09T01:00:00Z";

/// The so manyth of North; the branch has fourteen formal members.
pub fn north(number: u128) -> MemberId {
    MemberId(Uuid::from_u128(0x1400 + number))
}

fn quarter_id(number: u128) -> RoundId {
    RoundId(Uuid::from_u128(0x400 + number))
}

fn period(text: &str) -> Period {
    text.parse().expect("a period")
}

/// A final quarterly round of leaders alone, with these results.
fn quarter(id: RoundId, branch: BranchId, of: &str, scores: &[(MemberId, Date, &str)]) -> Vec<Happened> {
    let (period, version) = (period(of), 1);
    let inside = |event: RoundEvent| -> Happened { (id.into(), event.into()) };
    let people = scores.iter().map(|(member, since, _)| {
        let (member, since) = (*member, *since);
        Rostered { member, branch, since, on_probation: false }
    });
    let people = people.collect();
    let published = scores.iter().map(|(member, _, score)| {
        let exact = Some(Fraction::from(amount(score)));
        let result = MemberResult::of(Basis::Reviews { groups: vec![] }, exact);
        let (member, score_before) = (*member, None);
        inside(RoundEvent::ResultPublished { member, branch, period, version, result, score_before })
    });
    let (closes_at, groups) = (instant(CLOSES), vec![Group::Leader]);
    let until = instant(CLOSES);
    let events = [
        inside(RoundEvent::Drafted { branches: vec![branch], period, rules_version: 1 }),
        at(branch, BranchEvent::PeriodClaimed { round: id, period }),
        inside(RoundEvent::Opened { rules: Preset::Default.rules(), groups, closes_at, scrutineers: vec![] }),
        inside(RoundEvent::RosterFixed { people, leaders: vec![LI], peers: vec![], suspended: vec![] }),
        inside(RoundEvent::Published { version, publicity_until: until, appeal_until: until }),
    ];
    let ended = inside(RoundEvent::Finalised { version });
    events.into_iter().chain(published).chain([ended]).collect()
}

fn defined(metric: &str) -> Happened {
    defined_as(metric, Direction::HigherIsBetter)
}

fn defined_as(metric: &str, direction: Direction) -> Happened {
    let metric = Metric {
        code: code(metric),
        name: Title::new("name", "Metric").expect("a plain title"),
        unit: Unit::Yuan,
        direction,
        aggregation: Aggregation::Sum,
        grain: crate::period::Grain::Month,
        subjects: Subjects::Both,
    };
    at(BranchId::root(), BranchEvent::MetricDefined { metric })
}

fn planned(member: MemberId, metric: &str, plan: &str) -> Happened {
    let (direction, plan, period) = (Direction::HigherIsBetter, Some(amount(plan)), period("2022"));
    let (base, plan_before, base_before) = (None, None, None);
    of(member, MemberEvent::TargetSet { metric: code(metric), direction, period, plan, base, plan_before, base_before })
}

fn reported(member: MemberId, metric: &str, month: &str, value: &str) -> Happened {
    reported_as(member, metric, month, value, Exactness::Exact)
}

fn reported_as(member: MemberId, metric: &str, month: &str, value: &str, exactness: Exactness) -> Happened {
    let result = ResultId(Uuid::new_v5(&member.0, format!("{metric} {month}").as_bytes()));
    let (aggregation, direction) = (Aggregation::Sum, Direction::HigherIsBetter);
    let (metric, period, value) = (code(metric), period(month), amount(value));
    of(member, MemberEvent::ResultReported { result, metric, aggregation, direction, period, value, exactness })
}

fn year_of(branch: BranchId) -> RoundCommand {
    RoundCommand::Draft { branches: vec![branch], period: period("2022"), rules_version: 1 }
}

fn open_year() -> RoundCommand {
    RoundCommand::Open { closes_at: instant(NEW_YEAR), leaders: vec![], scrutineers: vec![], without: vec![] }
}

fn of_rounds(rounds: &[RoundId]) -> RoundCommand {
    RoundCommand::Tally { rounds: rounds.to_vec() }
}

/// East's third and fourth quarter, with Ana's scores.
fn quarters(third: &str, fourth: &str) -> Play {
    house().and(quarter(quarter_id(3), EAST, "2022-Q3", &[(ANA, MARCH, third)])).and(quarter(
        quarter_id(4),
        EAST,
        "2022-Q4",
        &[(ANA, MARCH, fourth)],
    ))
}

fn closed_year(play: Play) -> Play {
    play.does(DRAFTING, year_of(EAST)).does(DECEMBER, open_year()).does(NEW_YEAR, RoundCommand::Close)
}

fn tallied_year(play: Play) -> Play {
    closed_year(play).does(JANUARY, of_rounds(&[quarter_id(3), quarter_id(4)]))
}

/// Ana's plan and what she made of it.
fn compared(play: Play) -> Play {
    play.and([
        defined("premium"),
        defined("parcels"),
        planned(ANA, "premium", "300"),
        reported(ANA, "premium", "2022-04", "100"),
        reported(ANA, "premium", "2022-05", "100"),
        planned(ANA, "parcels", "100"),
        reported(ANA, "parcels", "2022-04", "250"),
    ])
}

/// North's year: five are ahead, the fourth and the fifth alike, and all fourteen have a score above the border of
/// excellent.
pub fn northern_year() -> Play {
    let scores: Vec<(MemberId, Date, String)> = (1..=14)
        .map(|number| (north(number), MARCH, if number == 5 { 94 } else { 98 - number.min(10) }.to_string()))
        .collect();
    let scores: Vec<(MemberId, Date, &str)> =
        scores.iter().map(|(member, on, score)| (*member, *on, &**score)).collect();
    let members = (1..=14).flat_map(|number| joined(north(number), NORTH, None));
    let made = (1..=14).flat_map(|number| {
        [planned(north(number), "premium", "10"), reported(north(number), "premium", "2022-04", "10")]
    });
    let play = house().and([established(NORTH, Some(BranchId::root())), defined("premium")]).and(members).and(made);
    let play = play.and(quarter(quarter_id(3), NORTH, "2022-Q3", &scores)).and(quarter(
        quarter_id(4),
        NORTH,
        "2022-Q4",
        &scores,
    ));
    let play = play.does(DRAFTING, year_of(NORTH)).does(DECEMBER, open_year()).does(NEW_YEAR, RoundCommand::Close);
    play.does(JANUARY, of_rounds(&[quarter_id(3), quarter_id(4)]))
}

#[test]
fn a_year_is_40_percent_of_the_quarters_mean_and_60_of_the_comparisons() {
    let result = tallied_year(compared(quarters("80", "90.01"))).proposed(ANA);
    let Basis::Year { reviews, performance, comparisons, .. } = &result.basis else { panic!("of a year: {result:?}") };
    assert_eq!(reviews.as_ref().map(ToString::to_string), Some("17001/200".to_owned()));
    assert_eq!(performance.as_ref().map(ToString::to_string), Some("250/3".to_owned()));
    let completions: Vec<String> = comparisons.iter().map(|metric| metric.completion.to_string()).collect();
    assert_eq!(completions, ["250", "200/3"]);
    assert_eq!((result.score, result.proposed), (score("84"), Some(code("qualified"))));
}

#[test]
fn two_quarters_with_a_score_make_a_year_and_one_does_not() {
    let play = compared(house().and(quarter(quarter_id(3), EAST, "2022-Q3", &[(ANA, MARCH, "80")])));
    let play = closed_year(play).does(JANUARY, of_rounds(&[quarter_id(3)]));
    let result = play.proposed(ANA);
    assert_eq!((result.score, result.proposed), (None, None));
}

#[test]
fn a_year_without_a_metric_with_a_plan_is_incomplete() {
    let result = tallied_year(quarters("80", "90")).proposed(ANA);
    assert_eq!(result.score, None);
    let nothing = [defined("premium"), planned(ANA, "premium", "0"), reported(ANA, "premium", "2022-04", "5")];
    assert_eq!(tallied_year(quarters("80", "90").and(nothing)).proposed(ANA).score, None);
}

// hrms#2023
#[test]
fn a_quarter_without_a_score_is_none_of_the_quarters() {
    let first = quarter(quarter_id(1), EAST, "2022-Q1", &[(ANA, MARCH, "90")]);
    let missing = quarter(quarter_id(2), EAST, "2022-Q2", &[(BO, MARCH, "70")]);
    let play = closed_year(compared(quarters("90", "90").and(first).and(missing)));
    let play = play.does(JANUARY, of_rounds(&[1, 2, 3, 4].map(quarter_id)));
    let Basis::Year { reviews, quarters, .. } = play.proposed(ANA).basis else { panic!("of a year") };
    assert_eq!((reviews.map(|mean| mean.to_string()), quarters.len()), (Some("90".to_owned()), 3));
}

// steedos okr#17, okr#18, akvo-rsr#2830
#[test]
fn where_less_is_better_what_is_saved_completes_the_plan_and_nothing_counts_above_100() {
    let completed = |actual: &str| {
        let less = defined_as("complaints", Direction::LowerIsBetter);
        let play = quarters("80", "90").and([less, planned(ANA, "complaints", "10")]);
        let play = play.and([reported(ANA, "complaints", "2022-04", actual)]);
        let result = tallied_year(play).proposed(ANA);
        let Basis::Year { performance, .. } = result.basis else { panic!("of a year") };
        (performance.map(|mean| mean.to_string()), result.score)
    };
    let of = |performance: &str, total| (Some(performance.to_owned()), score(total));
    assert_eq!(completed("8"), of("100", "94"));
    assert_eq!(completed("0"), of("100", "94"));
    assert_eq!(completed("15"), of("50", "64"));
    assert_eq!(completed("20"), of("0", "34"));
    assert_eq!(completed("25"), of("0", "34"));
}

#[test]
fn a_lower_bound_completes_no_plan_of_a_year_where_less_is_better() {
    let completed = |direction| {
        let metric = defined_as("visits", direction);
        let play = quarters("80", "90").and([metric, planned(ANA, "visits", "10")]);
        let play = play.and([reported_as(ANA, "visits", "2022-04", "8", Exactness::AtLeast)]);
        tallied_year(play).proposed(ANA).score
    };
    assert_eq!((completed(Direction::LowerIsBetter), completed(Direction::HigherIsBetter)), (None, score("82")));
}

#[test]
fn a_year_of_a_lower_bound_is_a_lower_bound() {
    let result = |actual: &str, exactness| {
        let play = quarters("80", "90").and([defined("visits"), planned(ANA, "visits", "10")]);
        tallied_year(play.and([reported_as(ANA, "visits", "2022-04", actual, exactness)])).proposed(ANA)
    };
    let bound = result("8", Exactness::AtLeast);
    assert_eq!((bound.score, bound.exactness()), (score("82"), Exactness::AtLeast));
    let Basis::Year { comparisons, .. } = &bound.basis else { panic!("of a year") };
    assert_eq!(comparisons[0].exactness, Exactness::AtLeast);
    // What is at least the plan counts as all of it.
    assert_eq!(result("10", Exactness::AtLeast).exactness(), Exactness::Exact);
    assert_eq!(result("8", Exactness::Exact).exactness(), Exactness::Exact);
}

#[test]
fn who_was_moved_within_a_quarter_has_both_scores_weighed_by_days() {
    // From 1 July to 15 August in East, 46 of the quarter's 92 days, and from 16 August on in West.
    let in_west = date(2022, 8, 16);
    let play = compared(house())
        .and(moved(ANA, EAST, WEST, in_west))
        .and(quarter(quarter_id(3), EAST, "2022-Q3", &[(ANA, MARCH, "70")]))
        .and(quarter(quarter_id(5), WEST, "2022-Q3", &[(ANA, in_west, "91")]))
        .and(quarter(quarter_id(4), WEST, "2022-Q4", &[(ANA, in_west, "90")]));
    let play = play.does(DRAFTING, year_of(WEST)).does(DECEMBER, open_year()).does(NEW_YEAR, RoundCommand::Close);
    let play = play.does(JANUARY, of_rounds(&[quarter_id(3), quarter_id(4), quarter_id(5)]));
    let result = play.proposed(ANA);
    let Basis::Year { quarters, reviews, .. } = &result.basis else { panic!("of a year: {result:?}") };
    assert_eq!(quarters.iter().map(|quarter| quarter.days).collect::<Vec<_>>(), [46, 46, 92]);
    assert_eq!(reviews.as_ref().map(ToString::to_string), Some("341/4".to_owned()));
}

#[test]
fn a_branch_that_somebody_came_to_after_the_quarter_weighs_nothing_in_it() {
    // Both rounds were opened in October, the second after the move.
    let in_west = date(2022, 10, 10);
    let play = compared(house())
        .and(moved(ANA, EAST, WEST, in_west))
        .and(quarter(quarter_id(3), EAST, "2022-Q3", &[(ANA, MARCH, "70")]))
        .and(quarter(quarter_id(5), WEST, "2022-Q3", &[(ANA, in_west, "91")]))
        .and(quarter(quarter_id(4), WEST, "2022-Q4", &[(ANA, in_west, "90")]));
    let play = play.does(DRAFTING, year_of(WEST)).does(DECEMBER, open_year()).does(NEW_YEAR, RoundCommand::Close);
    let play = play.does(JANUARY, of_rounds(&[quarter_id(3), quarter_id(4), quarter_id(5)]));
    let Basis::Year { quarters, .. } = play.proposed(ANA).basis else { panic!("of a year") };
    let shown: Vec<_> = quarters.iter().map(|quarter| (quarter.round, quarter.days)).collect();
    assert_eq!(shown, [(quarter_id(3), 92), (quarter_id(4), 83)]);
}

#[test]
fn the_only_score_of_a_quarter_counts_whenever_somebody_came() {
    let late = date(2022, 10, 10);
    let play = compared(house()).and(quarter(quarter_id(3), EAST, "2022-Q3", &[(ANA, late, "80")])).and(quarter(
        quarter_id(4),
        EAST,
        "2022-Q4",
        &[(ANA, late, "90")],
    ));
    let Basis::Year { reviews, .. } = tallied_year(play).proposed(ANA).basis else { panic!("of a year") };
    assert_eq!(reviews.map(|reviews| reviews.to_string()), Some("85".to_owned()));
}

#[test]
fn nobody_votes_on_a_year() {
    let play = quarters("80", "90").does(DRAFTING, year_of(EAST));
    let wrong = |leaders: &[MemberId], scrutineers: &[MemberId], without: &[Group]| RoundCommand::Open {
        closes_at: instant(NEW_YEAR),
        leaders: leaders.to_vec(),
        scrutineers: scrutineers.to_vec(),
        without: without.to_vec(),
    };
    let leader = || RoundRefusal::NoSuchGroup { group: Group::Leader };
    play.asks(DECEMBER, wrong(&[LI], &[], &[])).then_refused(leader());
    play.asks(DECEMBER, wrong(&[], &[SU, TAN], &[])).then_refused(RoundRefusal::Scrutineers { given: 2 });
    play.asks(DECEMBER, wrong(&[], &[], &[Group::Leader])).then_refused(leader());
    let open = play.does(DECEMBER, open_year());
    assert!(open.round().ballots.is_empty() && open.round().roster().peers.is_empty());
    open.asks(DECEMBER, leader_review(LI, ANA, &[("duty", "90")])).then_refused(leader());
    let refusal = RoundRefusal::NoSuchGroup { group: Group::Peer };
    open.asks(DECEMBER, to_peer(ANA)).then_refused(refusal);
    let own = RoundCommand::GiveSelfReview { member: ANA, text: sealed("a good year") };
    assert_eq!(open.asks(DECEMBER, own).events().len(), 1);
}

#[test]
fn a_yearly_round_names_its_quarters_each_once() {
    let play = closed_year(quarters("80", "90"));
    let refusal = || RoundRefusal::TallyRounds { round: ROUND };
    play.asks(JANUARY, of_rounds(&[quarter_id(3), quarter_id(3)])).then_refused(refusal());
    let many: Vec<RoundId> = (0..401).map(quarter_id).collect();
    play.asks(JANUARY, of_rounds(&many)).then_refused(refusal());
}

#[test]
fn a_year_without_a_quarter_is_incomplete_and_goes_on() {
    let play = closed_year(compared(house())).does(JANUARY, of_rounds(&[]));
    assert_eq!((play.proposed(ANA).score, play.proposed(ANA).proposed), (None, None));
    let published = play.does(JANUARY, as_proposed()).asks(JANUARY, RoundCommand::Publish).events();
    // The publication, seven results and the branch's mean.
    assert_eq!(published.len(), 9);
}

#[test]
fn a_year_is_made_of_final_quarters_of_that_year() {
    let play = closed_year(quarters("80", "90").and(quarter(quarter_id(9), WEST, "2021-Q4", &[(BO, MARCH, "80")])));
    let named = |last| of_rounds(&[quarter_id(3), quarter_id(4), last]);
    let refusal = RoundRefusal::QuarterUnfit { round: quarter_id(9), stage: Stage::Final };
    play.asks(JANUARY, named(quarter_id(9))).then_refused(refusal);
    play.asks(JANUARY, named(OTHER)).then_refused(RoundRefusal::Unknown { round: OTHER });
    let refusal = RoundRefusal::QuarterUnfit { round: ROUND, stage: Stage::Closed };
    play.asks(JANUARY, named(ROUND)).then_refused(refusal);
}

#[test]
fn a_year_waits_until_its_quarters_are_final_or_annulled() {
    let second = || quarter(quarter_id(2), EAST, "2022-Q2", &[(ANA, MARCH, "70")]).into_iter();
    let (branch, quarter, round) = (EAST, period("2022-Q2"), quarter_id(2));
    let pending = |stage| RoundRefusal::QuarterPending { branch, quarter, round, stage };
    let named = of_rounds(&[2, 3, 4].map(quarter_id));
    for (events, stage) in [(2, Stage::Drafted), (4, Stage::Opened), (6, Stage::Published)] {
        let play = closed_year(quarters("80", "90").and(second().take(events)));
        play.asks(JANUARY, named.clone()).then_refused(pending(stage));
        play.asks(JANUARY, of_rounds(&[3, 4].map(quarter_id))).then_refused(pending(stage));
    }
    let play = closed_year(quarters("80", "90").and(second()));
    assert_eq!(play.asks(JANUARY, named).events().len(), 1);
    let released = at(EAST, BranchEvent::PeriodReleased { round, period: quarter });
    let play = closed_year(quarters("80", "90").and(second().take(2)).and([released]));
    assert_eq!(play.asks(JANUARY, of_rounds(&[3, 4].map(quarter_id))).events().len(), 1);
}

#[test]
fn no_final_quarter_of_the_branch_is_left_out() {
    let (branch, quarter, round) = (EAST, period("2022-Q4"), quarter_id(4));
    let refusal = RoundRefusal::QuarterLeftOut { branch, quarter, round };
    closed_year(quarters("80", "90")).asks(JANUARY, of_rounds(&[quarter_id(3)])).then_refused(refusal);
}

#[test]
fn a_third_of_the_formal_members_may_be_excellent_and_a_tie_across_the_border_is_left_open() {
    let play = northern_year();
    let proposal = play.proposal();
    let of = |number| {
        let result = &proposal.results[&north(number)];
        (
            result.score.expect("a score").to_string(),
            result.proposed.as_ref().map(ToString::to_string),
            result.border_tie,
        )
    };
    let excellent = Some("excellent".to_owned());
    assert_eq!(of(1), ("98.8".to_owned(), excellent.clone(), false));
    assert_eq!(of(3), ("98".to_owned(), excellent, false));
    assert_eq!(of(4), ("97.6".to_owned(), None, true));
    assert_eq!(of(5), ("97.6".to_owned(), None, true));
    assert_eq!(of(6), ("96.8".to_owned(), Some("qualified".to_owned()), false));
}

#[test]
fn all_who_fit_into_the_places_are_excellent_and_nobody_is_where_there_is_none() {
    let rules = Preset::Default.rules();
    let graded = |formal: u128, scores: &[&str]| {
        let rostered =
            |number| Rostered { member: north(number), branch: NORTH, since: MARCH, on_probation: number > formal };
        let people: Vec<Rostered> = (1..=20).map(rostered).collect();
        let result = |score: &&str| MemberResult::of(Basis::Reviews { groups: vec![] }, Some(amount(score).into()));
        let results = (1..).map(north).zip(scores.iter().map(result)).collect();
        let graded = proposal::Proposal { results }.graded(&rules, &people, true);
        graded.results.into_values().map(|result| result.proposed.map(|grade| grade.to_string())).collect::<Vec<_>>()
    };
    let (excellent, qualified) = (Some("excellent".to_owned()), Some("qualified".to_owned()));
    assert_eq!(graded(6, &["95", "95", "80"]), [excellent.clone(), excellent.clone(), qualified.clone()]);
    assert_eq!(graded(2, &["95", "95"]), [qualified.clone(), qualified.clone()]);
    assert_eq!(graded(5, &["95", "94"]), [excellent, qualified]);
}

#[test]
fn a_published_year_is_computed_again_where_a_comparison_was_put_right() {
    let play = tallied_year(compared(quarters("80", "90.01")));
    let play = play.does(JANUARY, as_proposed()).does(JANUARY, RoundCommand::Publish);
    let correct = |fixes: Vec<Fix>| RoundCommand::Correct { member: ANA, fixes, reason: sealed("a month was missing") };
    let nothing = RoundRefusal::NothingCorrected { member: ANA };
    play.asks(JANUARY, correct(vec![Fix::Recompute])).then_refused(nothing);
    let play = play.and([reported(ANA, "premium", "2022-06", "100")]);
    let play = play.does(JANUARY, correct(vec![Fix::Recompute]));
    assert_eq!(play.published(ANA).score, score("94"));
}

#[test]
fn a_year_holds_no_answers_to_put_right() {
    let play = northern_year_published();
    let correct = |fix| RoundCommand::Correct { member: north(1), fixes: vec![fix], reason: sealed("why") };
    let counts = Fix::Counts { group: Group::Peer, counts: example_peers() };
    play.asks(JANUARY, correct(counts)).then_refused(RoundRefusal::NoSuchGroup { group: Group::Peer });
    let marks = Fix::Marks { reviewer: LI, marks: marks(&[("duty", "90")]) };
    play.asks(JANUARY, correct(marks)).then_refused(RoundRefusal::NoSuchGroup { group: Group::Leader });
}

fn northern_year_published() -> Play {
    let given = [(4, "excellent"), (5, "qualified")].map(|(number, grade)| GradeGiven {
        member: north(number),
        grade: code(grade),
        reason: Some(sealed("the fourth place")),
    });
    let play = northern_year().does(JANUARY, RoundCommand::DecideGrades { given: given.to_vec() });
    play.does(JANUARY, RoundCommand::Publish)
}

#[test]
fn no_correction_gives_more_than_the_places() {
    let fixes = vec![Fix::Grade { grade: code("excellent") }];
    let correct = RoundCommand::Correct { member: north(6), fixes, reason: sealed("why") };
    let refusal = RoundRefusal::CapExceeded { branch: NORTH, places: 4, given: 5 };
    northern_year_published().asks(JANUARY, correct).then_refused(refusal);
}
