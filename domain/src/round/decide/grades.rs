//! The committee's decision: a fact of its own, with a reason where it differs from the proposal.

use std::collections::BTreeSet;

use super::Sitting;
use crate::id::MemberId;
use crate::period::Grain;
use crate::round::kind::{Code, Rostered, Stage};
use crate::round::proposal::{Proposal, branches, formal};
use crate::round::result::MemberResult;
use crate::round::rules::Rules;
use crate::round::{GradeGiven, Round, RoundEvent, RoundRefusal, widest};
use crate::world::{Decision, Stop};

pub fn decide(at: Sitting<'_, '_>, given: Vec<GradeGiven>) -> Result<Decision, Stop> {
    let (round, draft) = at.drafted()?;
    // A decision may be taken back by another one until publication.
    at.needs(round, &[Stage::Tallied, Stage::Decided])?;
    let rules = at.rules(round)?;
    let sealed = round.proposal.as_ref().ok_or(RoundRefusal::Unknown { round: at.id })?;
    let mut decided: Proposal = at.open(sealed)?;
    decided.results.values_mut().for_each(|result| result.grade = result.proposed.clone());
    give(rules, &mut decided, given)?;
    check_ties(&round.roster.people, &decided)?;
    if draft.period.grain() == Grain::Year {
        check_cap(rules, &round.roster.people, |member| decided.results.get(&member))?;
    }
    let (version, longest) = (round.version, widest::decision(round, rules, &decided));
    let decided = at.seal("decided", &decided, longest);
    at.happened(RoundEvent::GradesDecided { version, decided, by: at.context.actor.clone() })
}

fn give(rules: &Rules, decided: &mut Proposal, given: Vec<GradeGiven>) -> Result<(), RoundRefusal> {
    let mut named = BTreeSet::new();
    for GradeGiven { member, grade, reason } in given {
        if !named.insert(member) {
            return Err(RoundRefusal::DecidedTwice { member });
        }
        let result = decided.results.get_mut(&member).ok_or(RoundRefusal::NotReviewed { member })?;
        check_grade(rules, member, result, &grade)?;
        if result.proposed.as_ref() != Some(&grade) && reason.is_none() {
            return Err(RoundRefusal::WithoutReason { member });
        }
        (result.grade, result.reason) = (Some(grade), reason);
    }
    Ok(())
}

/// A grade of the bands, for somebody with a score.
pub fn check_grade(rules: &Rules, member: MemberId, result: &MemberResult, grade: &Code) -> Result<(), RoundRefusal> {
    if !rules.bands.iter().any(|band| band.grade == *grade) {
        return Err(RoundRefusal::UnknownGrade { grade: grade.clone() });
    }
    match result.score {
        Some(_) => Ok(()),
        None => Err(RoundRefusal::NoScore { member }),
    }
}

/// Whoever is tied across the border of the cap was decided.
fn check_ties(people: &[Rostered], decided: &Proposal) -> Result<(), RoundRefusal> {
    let open = |person: &&Rostered| {
        decided.results.get(&person.member).is_some_and(|result| result.border_tie && result.grade.is_none())
    };
    match people.iter().find(open) {
        Some(person) => Err(RoundRefusal::TieUndecided { branch: person.branch, member: person.member }),
        None => Ok(()),
    }
}

/// No branch has more of the best grade than its places.
pub fn check_cap<'r>(
    rules: &Rules,
    people: &[Rostered],
    result: impl Fn(MemberId) -> Option<&'r MemberResult>,
) -> Result<(), RoundRefusal> {
    let Some(cap) = &rules.cap else { return Ok(()) };
    for branch in branches(people) {
        let own = formal(people, branch);
        let places = cap.places(own.len());
        let best = own.iter().filter_map(|member| result(*member));
        let given = best.filter(|result| result.grade.as_ref() == Some(&cap.grade)).count();
        if given > places {
            return Err(RoundRefusal::CapExceeded { branch, places, given });
        }
    }
    Ok(())
}

/// The branch somebody was in at the opening.
pub fn branch_of(round: &Round, member: MemberId) -> Result<crate::id::BranchId, RoundRefusal> {
    round.roster.reviews(member).map(|person| person.branch).ok_or(RoundRefusal::NotReviewed { member })
}
