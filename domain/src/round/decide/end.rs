//! How a round ends: final, with the talks it proposes; or annulled; or everybody votes anew.

use jiff::Timestamp;

use super::Sitting;
use super::grades::branch_of;
use super::publish::mean;
use crate::amount::Amount;
use crate::branch::BranchEvent;
use crate::id::{ActorId, BranchId, MemberId, TalkId};
use crate::member::MemberEvent;
use crate::period::{Grain, Period};
use crate::round::fraction::Fraction;
use crate::round::kind::Stage;
use crate::round::proposal::branches;
use crate::round::rules::{Rules, TalkRule};
use crate::round::state::Proposed;
use crate::round::{Round, RoundEvent, RoundRefusal};
use crate::talk::Cause;
use crate::text::Sealed;
use crate::world::{Decision, Stop};

pub fn finalise(at: Sitting<'_, '_>) -> Result<Decision, Stop> {
    let round = at.at(Stage::Published)?;
    let (_, draft) = at.drafted()?;
    if let Some(until) = round.until {
        at.not_before(until.publicity.max(until.appeal))?;
    }
    match round.open_appeals().count() {
        0 => {}
        open => return Err(RoundRefusal::AppealsOpen { open }.into()),
    }
    at.unproposed(round)?;
    let rules = at.rules(round)?;
    let decision = Decision::nothing().round(at.id, RoundEvent::Finalised { version: round.version });
    let decision = propose_to_members(at, decision, round, &rules.talks, draft.period)?;
    propose_to_branches(at, decision, round, rules)
}

/// Talks by rule: for a score under the limit, and for the last part twice in a row.
fn propose_to_members(
    at: Sitting<'_, '_>,
    mut decision: Decision,
    round: &Round,
    rule: &TalkRule,
    period: Period,
) -> Result<Decision, Stop> {
    let below = |member: &MemberId| round.result(*member).and_then(|result| result.score) < Some(rule.below);
    let scored: Vec<MemberId> = scores(round).map(|(member, _)| member).collect();
    let last = if period.grain() == Grain::Quarter { last_part(round, rule) } else { vec![] };
    let concerned = scored.into_iter().filter(|member| below(member) || last.contains(member));
    let read: Vec<_> = concerned.map(|member| (member, at.world.member(member))).collect();
    for (member, state) in read {
        let state = state?;
        let in_a_row = [before(period), after(period)].iter().any(|quarter| state.placed_last_in(*quarter));
        let twice = last.contains(&member) && in_a_row;
        if last.contains(&member) {
            decision = decision.member(member, MemberEvent::PlacedLast { round: at.id, period });
        }
        let cause = match (below(&member), twice) {
            (true, _) => Some(Cause::ScoreBelow),
            (false, true) => Some(Cause::LastTwice),
            (false, false) => None,
        };
        // Nobody is called who has left since.
        if let (Some(cause), Some(_)) = (cause, state.branch()) {
            let talk = TalkId::of_round(at.id, member.0);
            let proposed = MemberEvent::TalkProposed { talk, cause, round: Some(at.id), reason: None, by: None };
            decision = decision.member(member, proposed);
        }
    }
    Ok(decision)
}

fn scores(round: &Round) -> impl Iterator<Item = (MemberId, Amount)> {
    round.results.iter().filter_map(|(member, published)| published.result.score.map(|score| (*member, score)))
}

/// The last part of those ranked, all who share its border included, unless that is everybody.
fn last_part(round: &Round, rule: &TalkRule) -> Vec<MemberId> {
    let mut ranked: Vec<(Amount, MemberId)> = scores(round).map(|(member, score)| (score, member)).collect();
    ranked.sort_unstable();
    let Some(one_in) = rule.last_one_in.filter(|_| ranked.len() >= rule.least_ranked as usize) else { return vec![] };
    let places = ranked.len() / one_in.max(1) as usize;
    let border = places.checked_sub(1).and_then(|last| ranked.get(last)).map(|(score, _)| *score);
    let best = ranked.last().map(|(score, _)| *score);
    let Some(border) = border.filter(|border| Some(*border) < best) else { return vec![] };
    ranked.into_iter().filter(|(score, _)| *score <= border).map(|(_, member)| member).collect()
}

fn before(quarter: Period) -> Period {
    let day = quarter.first_day().yesterday().unwrap_or(quarter.first_day());
    Period::holding(day, Grain::Quarter)
}

/// Rounds may become final in another order than their quarters.
fn after(quarter: Period) -> Period {
    Period::holding(quarter.end_day(), Grain::Quarter)
}

/// A talk with a branch whose mean is under the limit. A mean over fewer than k persons is not made.
fn propose_to_branches(
    at: Sitting<'_, '_>,
    mut decision: Decision,
    round: &Round,
    rules: &Rules,
) -> Result<Decision, Stop> {
    let low: Vec<BranchId> = branches(&round.roster.people)
        .into_iter()
        .filter(|branch| mean_of(round, rules, *branch).is_some_and(|mean| mean < rules.talks.below.into()))
        .collect();
    let read: Vec<_> = low.into_iter().map(|branch| (branch, at.world.branch(branch))).collect();
    for (branch, state) in read {
        if state?.stands() {
            let talk = TalkId::of_round(at.id, branch.0);
            let (cause, round, reason) = (Cause::ScoreBelow, Some(at.id), None);
            decision = decision.branch(branch, BranchEvent::TalkProposed { talk, cause, round, reason, by: None });
        }
    }
    Ok(decision)
}

/// The mean of a branch's published scores.
fn mean_of(round: &Round, rules: &Rules, branch: BranchId) -> Option<Fraction> {
    let own = round.roster.reviewed().filter(|person| person.branch == branch);
    let scores: Vec<Fraction> = own.filter_map(|person| Some(round.result(person.member)?.score?.into())).collect();
    mean(rules, &scores)
}

pub fn propose_reopening(at: Sitting<'_, '_>, reason: Sealed) -> Result<Decision, Stop> {
    let round = reopenable(at)?;
    match round.reopening {
        Some(_) => Err(RoundRefusal::AlreadyProposed { round: at.id }.into()),
        None => at.happened(RoundEvent::ReopeningProposed { reason, by: at.context.actor.clone() }),
    }
}

/// What was published is not voted on anew: it is corrected, or annulled.
fn reopenable<'a>(at: Sitting<'_, 'a>) -> Result<&'a Round, Stop> {
    let (round, _) = at.drafted()?;
    at.needs(round, &[Stage::Closed, Stage::Tallied, Stage::Decided])?;
    Ok(round)
}

pub fn reopen(at: Sitting<'_, '_>, closes_at: Timestamp) -> Result<Decision, Stop> {
    let round = reopenable(at)?;
    let proposed = round.reopening.as_ref().ok_or(RoundRefusal::NotProposed { round: at.id })?;
    at.another(&proposed.by)?;
    at.closing(closes_at)?;
    let (version, reason) = (round.version + 1, proposed.reason.clone());
    let (proposed_by, by) = (proposed.by.clone(), at.context.actor.clone());
    at.happened(RoundEvent::Reopened { version, reason, proposed_by, by, closes_at })
}

/// Whoever asked for it may take it back; anybody else who decides on rounds may decline it.
pub fn decline_reopening(at: Sitting<'_, '_>, reason: Sealed) -> Result<Decision, Stop> {
    let round = unended(at)?;
    let (proposed_by, by) = (asked(at, round.reopening.as_ref())?, at.context.actor.clone());
    at.happened(RoundEvent::ReopeningDeclined { reason, proposed_by, by })
}

pub fn decline_annulment(at: Sitting<'_, '_>, reason: Sealed) -> Result<Decision, Stop> {
    let round = unended(at)?;
    let (proposed_by, by) = (asked(at, round.annulment.as_ref())?, at.context.actor.clone());
    at.happened(RoundEvent::AnnulmentDeclined { reason, proposed_by, by })
}

/// Whoever asked for it.
fn asked(at: Sitting<'_, '_>, proposed: Option<&Proposed>) -> Result<ActorId, RoundRefusal> {
    proposed.map(|proposed| proposed.by.clone()).ok_or(RoundRefusal::NotProposed { round: at.id })
}

pub fn propose_annulment(at: Sitting<'_, '_>, reason: Sealed) -> Result<Decision, Stop> {
    let round = unended(at)?;
    match round.annulment {
        Some(_) => Err(RoundRefusal::AlreadyProposed { round: at.id }.into()),
        None => at.happened(RoundEvent::AnnulmentProposed { reason, by: at.context.actor.clone() }),
    }
}

fn unended<'a>(at: Sitting<'_, 'a>) -> Result<&'a Round, Stop> {
    let (round, _) = at.drafted()?;
    match round.stage {
        Some(stage @ (Stage::Final | Stage::Annulled)) => Err(RoundRefusal::Ended { round: at.id, stage }.into()),
        Some(_) | None => Ok(round),
    }
}

pub fn annul(at: Sitting<'_, '_>) -> Result<Decision, Stop> {
    let round = unended(at)?;
    let (_, draft) = at.drafted()?;
    let proposed = round.annulment.as_ref().ok_or(RoundRefusal::NotProposed { round: at.id })?;
    at.another(&proposed.by)?;
    let (branches, period, reason) = (draft.branches.clone(), draft.period, proposed.reason.clone());
    let (proposed_by, by) = (proposed.by.clone(), at.context.actor.clone());
    let read: Vec<_> = branches.iter().map(|branch| at.world.branch(*branch).map(|_| *branch)).collect();
    let annulled = RoundEvent::Annulled { branches, period, reason, proposed_by, by };
    let annulled = withdraw(at, round, period)?.round(at.id, annulled);
    read.into_iter().try_fold(annulled, |annulled, branch| {
        Ok(annulled.branch(branch?, BranchEvent::PeriodReleased { round: at.id, period }))
    })
}

/// What was published of each person is taken back, so that it leaves every board and page.
fn withdraw(at: Sitting<'_, '_>, round: &Round, period: Period) -> Result<Decision, Stop> {
    round.results.iter().try_fold(Decision::nothing(), |decision, (member, published)| {
        let (member, branch, version) = (*member, branch_of(round, *member)?, published.version);
        Ok(decision.round(at.id, RoundEvent::ResultWithdrawn { member, branch, period, version }))
    })
}
