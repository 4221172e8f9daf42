//! Appeals and corrections: the result stands meanwhile; what is put right is a new version, the old one is kept.

use std::collections::BTreeMap;

use super::grades::{branch_of, check_cap, check_grade};
use super::paper::{check_counts, tidy};
use super::publish::{branch_scores, end_of};
use super::review::{check_marks, reviewed};
use super::tally::{of_year, playing};
use super::{Sitting, in_play};
use crate::id::{AppealId, MemberId};
use crate::period::Grain;
use crate::round::kind::{Answers, Group, Stage};
use crate::round::proposal::Proposal;
use crate::round::result::{Basis, MemberResult};
use crate::round::score::score;
use crate::round::state::{Appeal, Published};
use crate::round::{Fix, Round, RoundEvent, RoundRefusal};
use crate::text::Sealed;
use crate::world::{Decision, Stop};

pub fn file(at: Sitting<'_, '_>, appeal: AppealId, member: MemberId, text: Sealed) -> Result<Decision, Stop> {
    let round = at.at(Stage::Published)?;
    reviewed(round, member)?;
    if let Some(until) = round.until.map(|until| until.appeal).filter(|until| *until <= at.context.at) {
        return Err(RoundRefusal::AppealTooLate { member, until: at.moment(until) }.into());
    }
    if round.appeals.contains_key(&appeal) {
        return Err(RoundRefusal::AppealIdInUse { appeal }.into());
    }
    if let Some((appeal, _)) = round.open_appeals().find(|(_, open)| open.member == member) {
        return Err(RoundRefusal::AppealOpen { member, appeal: *appeal }.into());
    }
    let rules = at.rules(round)?;
    let answer_until = end_of(at, &rules.calendar, rules.answer_days);
    at.happened(RoundEvent::AppealFiled { appeal, member, text, answer_until })
}

fn open_appeal(round: &Round, appeal: AppealId) -> Result<&Appeal, RoundRefusal> {
    let filed = round.appeals.get(&appeal).ok_or(RoundRefusal::UnknownAppeal { appeal })?;
    match filed.answered {
        true => Err(RoundRefusal::AppealAnswered { appeal }),
        false => Ok(filed),
    }
}

pub fn note_overdue(at: Sitting<'_, '_>, appeal: AppealId) -> Result<Decision, Stop> {
    let round = at.at(Stage::Published)?;
    let filed = open_appeal(round, appeal)?;
    at.not_before(filed.answer_until)?;
    let (member, answer_until) = (filed.member, filed.answer_until);
    match filed.overdue {
        true => Err(RoundRefusal::AlreadyOverdue { appeal }.into()),
        false => at.happened(RoundEvent::AppealOverdue { appeal, member, answer_until }),
    }
}

pub fn answer(
    at: Sitting<'_, '_>,
    appeal: AppealId,
    upheld: bool,
    answer: Sealed,
    fixes: Vec<Fix>,
) -> Result<Decision, Stop> {
    let round = at.at(Stage::Published)?;
    let member = open_appeal(round, appeal)?.member;
    let published = published(round, member)?;
    let decided_by = round.decided.as_ref().map(|decided| &decided.by);
    decided_by.into_iter().chain(&published.corrected_by).try_for_each(|by| at.another(by))?;
    if upheld == fixes.is_empty() {
        return Err(RoundRefusal::FixesUnfit { upheld: fixes.len() }.into());
    }
    let by = at.context.actor.clone();
    let answered = RoundEvent::AppealAnswered { appeal, member, upheld, answer: answer.clone(), by };
    let decision = Decision::nothing().round(at.id, answered);
    match upheld {
        true => put_right(at, decision, round, member, fixes, Some(appeal), answer),
        false => Ok(decision),
    }
}

pub fn correct(at: Sitting<'_, '_>, member: MemberId, fixes: Vec<Fix>, reason: Sealed) -> Result<Decision, Stop> {
    let round = at.at(Stage::Published)?;
    reviewed(round, member)?;
    put_right(at, Decision::nothing(), round, member, fixes, None, reason)
}

fn published(round: &Round, member: MemberId) -> Result<&Published, RoundRefusal> {
    round.results.get(&member).map(AsRef::as_ref).ok_or(RoundRefusal::NotReviewed { member })
}

fn put_right(
    at: Sitting<'_, '_>,
    decision: Decision,
    round: &Round,
    member: MemberId,
    fixes: Vec<Fix>,
    appeal: Option<AppealId>,
    reason: Sealed,
) -> Result<Decision, Stop> {
    let before = published(round, member)?;
    let (_, draft) = at.drafted()?;
    let result = fixed(at, round, member, &before.result, fixes, &reason)?;
    if result == before.result {
        return Err(RoundRefusal::NothingCorrected { member }.into());
    }
    if draft.period.grain() == Grain::Year {
        let others = |other| round.result(other);
        let with_it = |other| if other == member { Some(&result) } else { others(other) };
        check_cap(at.rules(round)?, &round.roster.people, with_it)?;
    }
    let (version, by) = (before.version + 1, at.context.actor.clone());
    let (branch, period, score_before) = (branch_of(round, member)?, draft.period, before.result.score);
    let corrected = RoundEvent::Corrected { member, version, appeal, reason, by };
    let with_it = |other| if other == member { Some(&result) } else { round.result(other) };
    let means = branch_scores(at, Decision::nothing(), round, at.rules(round)?, period, with_it);
    let published = RoundEvent::ResultPublished { member, branch, period, version, result, score_before };
    let decision = decision.round(at.id, corrected).round(at.id, published);
    // Of the other branches nothing changed.
    let own = |event: &RoundEvent| matches!(event, RoundEvent::BranchScored { branch: of, .. } if *of == branch);
    let means = means.into_events().into_iter().filter_map(|(_, event)| RoundEvent::try_from(event).ok());
    Ok(means.filter(own).fold(decision, |decision, event| decision.round(at.id, event)))
}

/// The result with what is put right; the grade follows the new proposal where it followed the old one.
fn fixed(
    at: Sitting<'_, '_>,
    round: &Round,
    member: MemberId,
    before: &MemberResult,
    fixes: Vec<Fix>,
    reason: &Sealed,
) -> Result<MemberResult, Stop> {
    let rules = at.rules(round)?;
    let mut answers = answers_of(&before.basis);
    let (mut grade, mut anew) = (None, false);
    for fix in fixes {
        match fix {
            Fix::Counts { group, counts } => {
                let returned = in_play(round, group)?.returned.ok_or(RoundRefusal::NothingReturned { group })?;
                let counts = tidy(counts);
                check_counts(rules, group, member, &counts, returned.returned)?;
                answers.counts.insert(group, counts);
            }
            Fix::Marks { reviewer, marks } => {
                in_play(round, Group::Leader)?;
                if !round.roster.leaders.contains(&reviewer) {
                    return Err(RoundRefusal::NotALeader { member: reviewer }.into());
                }
                if reviewer == member {
                    return Err(RoundRefusal::OwnReview { member }.into());
                }
                check_marks(rules, member, &marks)?;
                answers.marks.insert(reviewer, marks);
            }
            Fix::Grade { grade: given } => grade = Some(given),
            Fix::Recompute => anew = true,
        }
    }
    let basis = match (&before.basis, anew) {
        (Basis::Reviews { .. }, _) => score(rules, &playing(round), &answers),
        (Basis::Year { .. }, true) => recomputed(at, round, member)?,
        (Basis::Year { .. }, false) => before.clone(),
    };
    let alone = Proposal { results: BTreeMap::from([(member, basis)]) };
    let mut result = alone.graded(rules, &[], false).results.remove(&member).unwrap_or_else(|| before.clone());
    if result.score == before.score {
        (result.proposed, result.border_tie) = (before.proposed.clone(), before.border_tie);
    }
    regrade(rules, member, before, &mut result, grade, reason)?;
    Ok(result)
}

fn regrade(
    rules: &crate::round::rules::Rules,
    member: MemberId,
    before: &MemberResult,
    result: &mut MemberResult,
    given: Option<crate::round::kind::Code>,
    reason: &Sealed,
) -> Result<(), RoundRefusal> {
    match given {
        Some(grade) => {
            check_grade(rules, member, result, &grade)?;
            (result.grade, result.reason) = (Some(grade), Some(reason.clone()));
        }
        None if result.score.is_none() => {}
        None if before.grade == before.proposed => result.grade = result.proposed.clone(),
        None => (result.grade, result.reason) = (before.grade.clone(), before.reason.clone()),
    }
    Ok(())
}

fn recomputed(at: Sitting<'_, '_>, round: &Round, member: MemberId) -> Result<MemberResult, Stop> {
    let (_, draft) = at.drafted()?;
    let mut all = of_year(at, round, at.rules(round)?, draft.period, &round.rounds)?;
    all.remove(&member).ok_or_else(|| RoundRefusal::NotReviewed { member }.into())
}

/// The answers that a published result is made of.
fn answers_of(basis: &Basis) -> Answers {
    let mut answers = Answers::default();
    let Basis::Reviews { groups } = basis else { return answers };
    for (group, dimension) in groups.iter().flat_map(|group| group.dimensions.iter().map(move |of| (group.group, of))) {
        for (leader, mark) in &dimension.marks {
            answers.marks.entry(*leader).or_default().insert(dimension.dimension.clone(), *mark);
        }
        if let Some(count) = &dimension.count {
            answers.counts.entry(group).or_default().insert(dimension.dimension.clone(), count.clone());
        }
    }
    answers
}
