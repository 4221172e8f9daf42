//! What if: a published round under other rules, computed only from what is published, touching nothing.
//!
//! # Rules
//! - The rules under test must be able to make a score ([`RoundRefusal::RulesUnfit`]) and must know whatever was answered
//!   ([`RoundRefusal::AnswerUnknown`]); nothing is dropped in silence.
//! - A group whose answers are not shown stays missing, whatever the rules under test would allow; one that was left out
//!   of the round stays out.
//! - Grades are what the score would propose, the cap minded: nobody decides in a what-if.
//!
//! # Not here
//! Turnout: how many took part is the round's own affair, and whether a group counted with it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::RoundRefusal;
use super::faults::check;
use super::kind::{Answers, Code, Rostered};
use super::proposal::Proposal;
use super::result::{Basis, Comparison, GroupResult, MemberResult};
use super::rules::{Rules, TieRule};
use super::score::{Playing, score};
use super::year::year;
use crate::amount::Amount;
use crate::id::MemberId;

/// Somebody reviewed, with the published result.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    /// As of the opening.
    pub person: Rostered,
    /// The result as it stands.
    pub result: MemberResult,
}

/// Where somebody stands under a set of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand {
    /// The score; nothing where it is incomplete.
    pub score: Option<Amount>,
    /// The grade: as decided, or as it would be proposed.
    pub grade: Option<Code>,
    /// The rank among those of the round who have a score.
    pub rank: Option<u64>,
}

/// What other rules would make of somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Who.
    pub member: MemberId,
    /// As published.
    pub before: Stand,
    /// Under the rules under test.
    pub after: Stand,
    /// The result under the rules under test, every step.
    pub result: MemberResult,
}

/// What other rules would make of a published round, whose own rules are `own`.
///
/// # Errors
/// [`RoundRefusal::RulesUnfit`], [`RoundRefusal::AnswerUnknown`], [`RoundRefusal::UnknownDimension`].
pub fn what_if(rules: &Rules, own: &Rules, reviewed: &[Reviewed]) -> Result<Vec<Outcome>, RoundRefusal> {
    check(rules).map_err(|faults| RoundRefusal::RulesUnfit { faults })?;
    reviewed.iter().try_for_each(|one| check_known(rules, &one.result.basis))?;
    let anew = reviewed.iter().map(|one| (one.person.member, recomputed(rules, &one.result.basis)));
    let people: Vec<Rostered> = reviewed.iter().map(|one| one.person).collect();
    let yearly = reviewed.iter().any(|one| matches!(one.result.basis, Basis::Year { .. }));
    let anew = Proposal { results: anew.collect() }.graded(rules, &people, yearly).results;
    let published: BTreeMap<MemberId, &MemberResult> =
        reviewed.iter().map(|one| (one.person.member, &one.result)).collect();
    let (before, after) =
        (ranks(&own.ties, &published), ranks(&rules.ties, &anew.iter().map(|(a, b)| (*a, b)).collect()));
    let outcome = |(member, result): (MemberId, MemberResult)| {
        let was = published.get(&member)?;
        let stand = |result: &MemberResult, grade: &Option<Code>, ranks: &BTreeMap<MemberId, u64>| Stand {
            score: result.score,
            grade: grade.clone(),
            rank: ranks.get(&member).copied(),
        };
        let (before, after) = (stand(was, &was.grade, &before), stand(&result, &result.proposed, &after));
        Some(Outcome { member, before, after, result })
    };
    Ok(anew.into_iter().filter_map(outcome).collect())
}

/// Refuses rules that would leave out what was answered, or ask what nobody was asked.
fn check_known(rules: &Rules, basis: &Basis) -> Result<(), RoundRefusal> {
    let Basis::Reviews { groups } = basis else { return Ok(()) };
    let kept = |shown: &&GroupResult| shown.gap.is_none();
    for (shown, rule) in groups.iter().filter(kept).filter_map(|shown| Some((shown, rules.group(shown.group)?))) {
        let group = shown.group;
        for dimension in &shown.dimensions {
            if !rule.dimensions.iter().any(|asked| asked.code == dimension.dimension) {
                return Err(RoundRefusal::AnswerUnknown { group, answer: dimension.dimension.clone() });
            }
            let grades = dimension.count.iter().flat_map(|count| count.grades.keys());
            if let Some(grade) = grades.into_iter().find(|grade| rules.points(grade).is_none()) {
                return Err(RoundRefusal::AnswerUnknown { group, answer: grade.clone() });
            }
        }
        let answered = |code: &Code| shown.dimensions.iter().any(|dimension| dimension.dimension == *code);
        if let Some(asked) = rule.dimensions.iter().find(|asked| !answered(&asked.code)) {
            return Err(RoundRefusal::UnknownDimension { group, dimension: asked.code.clone() });
        }
    }
    Ok(())
}

fn recomputed(rules: &Rules, basis: &Basis) -> MemberResult {
    match basis {
        Basis::Reviews { groups } => score(rules, &playing(groups), &answers(groups)),
        Basis::Year { quarters, comparisons, .. } => {
            let weight = |metric: &Code| rules.year.metric_weights.get(metric).copied().unwrap_or(Amount::ONE);
            let weighed = |of: &Comparison| Comparison { weight: weight(&of.metric), ..of.clone() };
            year(&rules.year, quarters.clone(), comparisons.iter().map(weighed).collect())
        }
    }
}

/// The groups of the published result; one that did not count, does not.
fn playing(groups: &[GroupResult]) -> Playing {
    groups.iter().map(|shown| (shown.group, shown.gap)).collect()
}

/// The answers that a published result shows.
fn answers(groups: &[GroupResult]) -> Answers {
    let mut answers = Answers::default();
    for (group, dimension) in groups.iter().flat_map(|of| of.dimensions.iter().map(move |shown| (of.group, shown))) {
        for (leader, mark) in &dimension.marks {
            answers.marks.entry(*leader).or_default().insert(dimension.dimension.clone(), *mark);
        }
        if let Some(count) = &dimension.count {
            answers.counts.entry(group).or_default().insert(dimension.dimension.clone(), count.clone());
        }
    }
    answers
}

/// Ranks 1, 2, 2, 4 of those who have a score; equal ones are parted by the chain, who has no key coming last.
fn ranks(ties: &[TieRule], results: &BTreeMap<MemberId, &MemberResult>) -> BTreeMap<MemberId, u64> {
    let key = |result: &MemberResult| {
        let keys: Vec<Option<Amount>> = ties.iter().map(|rule| result.tie_key(*rule)).collect();
        result.score.map(|score| Reverse((score, keys)))
    };
    let mut places: Vec<_> = results.iter().filter_map(|(member, result)| Some((key(result)?, *member))).collect();
    places.sort_unstable();
    let mut last = None;
    let rank = |(ahead, (key, member)): (u64, (_, MemberId))| {
        let rank = last.take().filter(|(before, _)| *before == key).map_or(ahead, |(_, rank)| rank);
        last = Some((key, rank));
        (member, rank)
    };
    (1..).zip(places).map(rank).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::id::{BranchId, RoundId};
    use crate::round::faults::Fault;
    use crate::round::kind::{Count, Gap, Group};
    use crate::round::result::QuarterResult;
    use crate::round::rules::{Band, GapRule};
    use crate::round::{Code, Preset};

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
        assert_eq!(refused, RoundRefusal::RulesUnfit { faults: super::super::faults::Faults(faults.to_vec()) });
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
}
