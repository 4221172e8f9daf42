//! Appeals and corrections: the result stands meanwhile; what is put right is a new version, the old one is kept.

use std::collections::{BTreeMap, BTreeSet};

use super::grades::{branch_of, check_cap, check_grade};
use super::paper::{check_counts, tidy};
use super::publish::{branch_scores, end_of};
use super::review::{check_marks, check_reviewer, reviewed};
use super::tally::{marks, of_year, playing};
use super::{Sitting, in_play};
use crate::id::{AppealId, MemberId};
use crate::period::Grain;
use crate::round::kind::{Answers, Code, Group, PutRight, Stage};
use crate::round::proposal::Proposal;
use crate::round::result::{Basis, GroupResult, MemberResult};
use crate::round::rules::Rules;
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
    no_open_appeal(round, member)?;
    let rules = at.rules(round)?;
    let answer_until = end_of(at, &rules.calendar, rules.answer_days);
    let by = Some(at.context.actor.clone());
    at.happened(RoundEvent::AppealFiled { appeal, member, text, answer_until, by })
}

fn no_open_appeal(round: &Round, member: MemberId) -> Result<(), RoundRefusal> {
    match round.open_appeals().find(|(_, open)| open.member == member) {
        Some((appeal, _)) => Err(RoundRefusal::AppealOpen { member, appeal: *appeal }),
        None => Ok(()),
    }
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
    let filed = open_appeal(round, appeal)?;
    let &Appeal { member, answer_until, overdue, .. } = filed;
    let published = published(round, member)?;
    let mut concerned = round.decided_by.iter().chain(&published.corrected_by).chain(&filed.by);
    concerned.try_for_each(|by| at.another(by))?;
    if upheld == fixes.is_empty() {
        return Err(RoundRefusal::FixesUnfit { given: fixes.len() }.into());
    }
    let by = at.context.actor.clone();
    let answered = RoundEvent::AppealAnswered { appeal, member, upheld, answer: answer.clone(), by };
    // A deadline counts by its time, also where nobody noted in time that it passed.
    let late = (!overdue && answer_until <= at.context.at).then_some(RoundEvent::AppealOverdue {
        appeal,
        member,
        answer_until,
    });
    let noted = late.into_iter().fold(Decision::nothing(), |decision, event| decision.round(at.id, event));
    let decision = noted.round(at.id, answered);
    match upheld {
        true => put_right(at, decision, round, member, fixes, Some(appeal), answer),
        false => Ok(decision),
    }
}

pub fn correct(at: Sitting<'_, '_>, member: MemberId, fixes: Vec<Fix>, reason: Sealed) -> Result<Decision, Stop> {
    let round = at.at(Stage::Published)?;
    reviewed(round, member)?;
    // What an appeal asks for is answered as an appeal, by another.
    no_open_appeal(round, member)?;
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
    let result = fixed(at, round, member, &before.result, &fixes, &reason)?;
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
    let put_right = fixes.iter().map(what).collect();
    let corrected = RoundEvent::Corrected { member, version, appeal, reason, by, put_right };
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
    fixes: &[Fix],
    reason: &Sealed,
) -> Result<MemberResult, Stop> {
    check_once(fixes)?;
    let rules = at.rules(round)?;
    let anew = match &before.basis {
        Basis::Reviews { groups } => rescored(at, round, member, groups, fixes)?,
        Basis::Year { .. } => recomputed(at, round, member, before, fixes)?,
    };
    let mut result = match anew.score == before.score {
        true => MemberResult { proposed: before.proposed.clone(), border_tie: before.border_tie, ..anew },
        false => among_others(at, round, member, anew)?,
    };
    regrade(rules, member, before, &mut result, fixes.iter().find_map(grade), reason)?;
    match result.score.is_some() && result.grade.is_none() {
        true => Err(RoundRefusal::TieUndecided { branch: branch_of(round, member)?, member }.into()),
        false => Ok(result),
    }
}

/// The result with the grade that its score proposes: in a year among the others as they stand, the cap minded.
fn among_others(
    at: Sitting<'_, '_>,
    round: &Round,
    member: MemberId,
    anew: MemberResult,
) -> Result<MemberResult, Stop> {
    let yearly = at.drafted()?.1.period.grain() == Grain::Year;
    let others = round.results.iter().filter(|_| yearly);
    let mut results: BTreeMap<_, _> = others.map(|(other, published)| (*other, published.result.clone())).collect();
    results.insert(member, anew);
    let mut graded = Proposal { results }.graded(at.rules(round)?, &round.roster.people, yearly);
    graded.results.remove(&member).ok_or_else(|| RoundRefusal::NotReviewed { member }.into())
}

fn grade(fix: &Fix) -> Option<&Code> {
    match fix {
        Fix::Grade { grade } => Some(grade),
        Fix::Counts { .. } | Fix::Marks { .. } | Fix::Recompute => None,
    }
}

fn what(fix: &Fix) -> PutRight {
    match fix {
        Fix::Counts { group, .. } => PutRight::Counts { group: *group },
        Fix::Marks { reviewer, .. } => PutRight::Marks { reviewer: *reviewer },
        Fix::Grade { .. } => PutRight::Grade,
        Fix::Recompute => PutRight::Recompute,
    }
}

/// One thing is put right once.
fn check_once(fixes: &[Fix]) -> Result<(), RoundRefusal> {
    let distinct: BTreeSet<_> = fixes.iter().map(what).collect();
    match distinct.len() == fixes.len() {
        true => Ok(()),
        false => Err(RoundRefusal::FixesUnfit { given: fixes.len() }),
    }
}

/// The result of the answers as they stood, and as they are put right. A group that did not count shows no answers to
/// start from: it stays as it was unless it is put right itself.
fn rescored(
    at: Sitting<'_, '_>,
    round: &Round,
    member: MemberId,
    before: &[GroupResult],
    fixes: &[Fix],
) -> Result<MemberResult, Stop> {
    let rules = at.rules(round)?;
    let (mut answers, mut playing) = (Answers::of(before), playing(round));
    let missing = before.iter().filter(|result| result.gap.is_some());
    for result in missing.filter(|result| !fixes.iter().any(|fix| group_of(fix) == Some(result.group))) {
        playing.insert(result.group, result.gap);
    }
    if before.iter().any(|result| result.group == Group::Leader && result.gap.is_some()) {
        answers.marks = marks(at, round, member)?;
    }
    for fix in fixes {
        match fix {
            Fix::Counts { group, counts } => {
                let counts = tidy(counts.clone());
                check_counts(rules, *group, member, &counts, in_play(round, *group)?)?;
                answers.counts.insert(*group, counts);
            }
            Fix::Marks { reviewer, marks } => {
                in_play(round, Group::Leader)?;
                check_reviewer(round, *reviewer, member)?;
                check_marks(rules, member, marks)?;
                answers.marks.insert(*reviewer, marks.clone());
            }
            Fix::Grade { .. } | Fix::Recompute => {}
        }
    }
    Ok(score(rules, &playing, &answers))
}

fn group_of(fix: &Fix) -> Option<Group> {
    match fix {
        Fix::Counts { group, .. } => Some(*group),
        Fix::Marks { .. } => Some(Group::Leader),
        Fix::Grade { .. } | Fix::Recompute => None,
    }
}

fn regrade(
    rules: &Rules,
    member: MemberId,
    before: &MemberResult,
    result: &mut MemberResult,
    given: Option<&Code>,
    reason: &Sealed,
) -> Result<(), RoundRefusal> {
    match given {
        Some(grade) => {
            check_grade(rules, member, result, grade)?;
            (result.grade, result.reason) = (Some(grade.clone()), Some(reason.clone()));
        }
        None if result.score.is_none() => {}
        None if before.grade == before.proposed => result.grade = result.proposed.clone(),
        None => (result.grade, result.reason) = (before.grade.clone(), before.reason.clone()),
    }
    Ok(())
}

/// A year's result: from quarters and comparisons as they are now, where that is asked for. It holds no answers.
fn recomputed(
    at: Sitting<'_, '_>,
    round: &Round,
    member: MemberId,
    before: &MemberResult,
    fixes: &[Fix],
) -> Result<MemberResult, Stop> {
    if let Some(group) = fixes.iter().find_map(group_of) {
        return Err(RoundRefusal::NoSuchGroup { group }.into());
    }
    if !fixes.contains(&Fix::Recompute) {
        return Ok(before.clone());
    }
    let (_, draft) = at.drafted()?;
    let person = round.roster.reviews(member).ok_or(RoundRefusal::NotReviewed { member })?;
    let mut anew = of_year(at, &[person], at.rules(round)?, draft.period, &round.rounds)?;
    anew.remove(&member).ok_or_else(|| RoundRefusal::NotReviewed { member }.into())
}
