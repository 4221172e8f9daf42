//! The lines of an explanation say what stands in the result, and ranks are shared where scores are.

use std::collections::BTreeMap;

use domain::id::{MemberId, RoundId};
use domain::ledger::Exactness;
use domain::round::fraction::Fraction;
use domain::round::proposal::Proposal;
use domain::round::score::{Playing, score};
use domain::round::year::year;
use domain::round::*;
use projections::explanation::steps;

use crate::facts::*;

fn lines(rules: &Rules, result: &MemberResult) -> Vec<(String, String)> {
    steps(rules, result).into_iter().map(|step| (step.en, step.zh)).collect()
}

fn marks(of: &[(MemberId, &str)]) -> Answers {
    let both = |mark: &str| ["duty", "contests"].map(|code_of| (code(code_of), amount(mark))).into();
    Answers { marks: of.iter().map(|(leader, mark)| (*leader, both(mark))).collect(), counts: BTreeMap::new() }
}

fn service(grades: &[(&str, u32)]) -> BTreeMap<Group, Counts> {
    let count = Count { grades: grades.iter().map(|(of, count)| (code(of), *count)).collect(), ..Count::default() };
    [(Group::Public, [(code("service"), count)].into())].into()
}

fn graded(rules: &Rules, result: MemberResult) -> MemberResult {
    let mut alone = Proposal { results: [(member(0), result)].into() }.graded(rules, &[], false);
    alone.results.remove(&member(0)).unwrap()
}

#[test]
fn a_missing_group_is_named_and_its_weight_goes_to_the_others_where_the_rules_say_so() {
    let playing: Playing = [(Group::Leader, None), (Group::Peer, Some(Gap::Turnout)), (Group::Public, None)].into();
    let answers = Answers {
        counts: service(&[("excellent", 5), ("qualified", 2), ("not_qualified", 1)]),
        ..marks(&[(member(1), "87.5")])
    };
    let rules = Preset::Renormalise.rules();
    let result = graded(&rules, score(&rules, &playing, &answers));
    let said = lines(&rules, &result);
    assert!(
        said.contains(&("peer: no score, since too few took part".to_owned(), "党员:无得分,因参评人数不足".to_owned()))
    );
    let total = "score: (40 × 87.5 + 30 × 90) ÷ 70 = 620/7, rounded to two places, half away from zero: 88.57";
    let total_zh = "总分:(40 × 87.5 + 30 × 90) ÷ 70 = 620/7,保留两位小数(四舍五入):88.57";
    assert!(said.contains(&(total.to_owned(), total_zh.to_owned())), "{said:?}");
    let rules = Preset::Default.rules();
    let incomplete = score(&rules, &playing, &answers);
    assert_eq!(lines(&rules, &incomplete).last().unwrap().0, "score: incomplete, since the group peer has none");
}

#[test]
fn one_highest_and_one_lowest_are_left_out_of_the_line_too() {
    let rules = Rules { trim_from: Some(7), gap: GapRule::Renormalise, ..Preset::Default.rules() };
    let playing: Playing = [(Group::Public, None)].into();
    let answers =
        Answers { counts: service(&[("excellent", 5), ("qualified", 2), ("not_qualified", 1)]), ..marks(&[]) };
    let result = graded(&rules, score(&rules, &playing, &answers));
    let (line, zh) = &lines(&rules, &result)[0];
    assert_eq!(line, "public, service: (4 × 100 + 2 × 85) ÷ 6 = 95, without one highest and one lowest");
    assert_eq!(zh, "群众,服务质量:(4 × 100 + 2 × 85) ÷ 6 = 95,去掉一个最高分和一个最低分");
}

fn quarter(of: &str, score: &str, days: u32) -> QuarterResult {
    QuarterResult { quarter: period(of), round: RoundId(uuid(7, 1)), score: amount(score), days }
}

fn comparison(metric: &str, plan: &str, actual: &str, completion: &str) -> Comparison {
    let (actual, completion) = (actual.parse().unwrap(), completion.parse().unwrap());
    let exactness = Exactness::Exact;
    Comparison { metric: code(metric), plan: amount(plan), actual, weight: amount("1"), completion, exactness }
}

#[test]
fn a_year_is_made_of_quarters_by_days_and_of_completions_up_to_100() {
    let rules = Preset::Default.rules();
    let quarters = vec![quarter("2022-Q1", "90", 90), quarter("2022-Q2", "80", 40), quarter("2022-Q2", "90", 51)];
    let comparisons = vec![comparison("premium", "100", "120", "120"), comparison("complaints", "10", "15", "50")];
    let result = graded(&rules, year(&rules.year, quarters, comparisons));
    let said: Vec<String> = lines(&rules, &result).into_iter().map(|(line, _)| line).collect();
    let expected = [
        "2022-Q1: 90",
        "2022-Q2: (40 × 80 + 51 × 90) ÷ 91 = 7790/91, by days in each branch",
        "reviews: (90 + 7790/91) ÷ 2 = 7990/91",
        "premium: 120 × 100 ÷ 100 = 120, which counts as 100",
        "complaints: (2 × 10 − 15) × 100 ÷ 10 = 50",
        "comparisons: (100 + 50) ÷ 2 = 75",
        "score: (40 × 7990/91 + 60 × 75) ÷ 100 = 7291/91, rounded to two places, half away from zero: 80.12",
        "grade: 80.12 is at least 70, which proposes qualified",
    ];
    assert_eq!(said, expected);
    let bound = Comparison { exactness: Exactness::AtLeast, ..comparison("visits", "10", "8", "80") };
    let quarters = vec![quarter("2022-Q1", "90", 90), quarter("2022-Q2", "90", 91)];
    let result = graded(&rules, year(&rules.year, quarters, vec![bound]));
    let (steps, shown) = (lines(&rules, &result), |at: usize| lines(&rules, &result)[at].clone());
    assert_eq!(shown(3).0, "visits: 8 × 100 ÷ 10 = 80 at least, since that is what was reported");
    let (en, zh) = shown(steps.len() - 2);
    assert_eq!(en, "score: (40 × 90 + 60 × 80) ÷ 100 = 84; at least that, as a comparison is a lower bound");
    assert_eq!(zh, "总分:(40 × 90 + 60 × 80) ÷ 100 = 84;为下限,因三比中有按不少于上报的业绩");
    let lonely = year(&rules.year, vec![quarter("2022-Q1", "90", 90)], vec![]);
    let said: Vec<String> = lines(&rules, &lonely).into_iter().map(|(line, _)| line).collect();
    let incomplete = [
        "2022-Q1: 90",
        "reviews: incomplete, quarters with a score 1, needed 2",
        "comparisons: incomplete, no metric has a plan and a result",
        "score: incomplete",
    ];
    assert_eq!(said, incomplete);
}

#[test]
fn equal_scores_share_a_rank_unless_the_rules_part_them() {
    let result = |total: &str, leader: &str| {
        let group = GroupResult {
            group: Group::Leader,
            weight_percent: amount("100"),
            dimensions: vec![],
            score: Some(leader.parse().unwrap()),
            gap: None,
        };
        MemberResult::of(Basis::Reviews { groups: vec![group] }, Some(total.parse::<Fraction>().unwrap()))
    };
    let incomplete = MemberResult::of(Basis::Reviews { groups: vec![] }, None);
    let results = [result("95", "90"), result("90", "80"), result("90", "85"), result("85", "85"), incomplete];
    let named = || results.iter().enumerate().map(|(number, result)| (member(number), result));
    let of = |rules: &Rules| domain::round::ranks(&rules.ties, named()).into_values().collect::<Vec<_>>();
    let rules = Preset::Default.rules();
    assert_eq!(of(&rules), [1, 2, 2, 4]);
    assert_eq!(of(&Rules { ties: vec![TieRule::LeaderScore], ..rules.clone() }), [1, 3, 2, 4]);
    // dipvis#182: what is rounded alike is alike.
    let results = ["95", "896451/10000", "896549/10000", "80"].map(|total| result(total, "80"));
    let named = results.iter().enumerate().map(|(number, result)| (member(number), result));
    assert_eq!(domain::round::ranks(&rules.ties, named).into_values().collect::<Vec<_>>(), [1, 2, 2, 4]);
}
