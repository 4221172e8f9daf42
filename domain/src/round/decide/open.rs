//! Drafting and opening: the claims on a period, the rules and the roster.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Sitting;
use crate::branch::{Branch, BranchEvent};
use crate::id::{BranchId, MemberId};
use crate::member::Member;
use crate::period::{Grain, Period};
use crate::round::kind::{Group, Rostered, Stage};
use crate::round::rules::Rules;
use crate::round::state::Draft;
use crate::round::{RoundEvent, RoundRefusal};
use crate::world::{Decision, Stop};

/// The most branches in a round.
pub const BRANCHES_MAX: usize = 50;
/// The most people in a round.
pub const PEOPLE_MAX: usize = 2_000;
/// The most leaders in a round.
pub const LEADERS_MAX: usize = 100;
/// The most marks of leaders in a round, as each is part of a result.
pub const MARKS_MAX: usize = 100_000;

pub fn draft(
    at: Sitting<'_, '_>,
    branches: Vec<BranchId>,
    period: Period,
    rules_version: u32,
) -> Result<Decision, Stop> {
    let round = at.id;
    if at.world.round(round)?.draft.is_some() {
        return Err(RoundRefusal::AlreadyDrafted { round }.into());
    }
    if period.grain() == Grain::Month {
        return Err(RoundRefusal::WrongPeriod { period }.into());
    }
    let distinct: BTreeSet<BranchId> = branches.iter().copied().collect();
    if distinct.len() != branches.len() || !(1..=BRANCHES_MAX).contains(&branches.len()) {
        return Err(RoundRefusal::Branches { given: branches.len(), max: BRANCHES_MAX }.into());
    }
    at.world.announce(branches.iter().map(|branch| (*branch).into()));
    rules_of(at, rules_version)?;
    for branch in &branches {
        let state = Branch::require_standing(at.world, *branch)?;
        if let Some(round) = state.claim(period) {
            return Err(RoundRefusal::PeriodClaimed { branch: *branch, period, round }.into());
        }
    }
    let drafted = RoundEvent::Drafted { branches: branches.clone(), period, rules_version };
    let drafted = Decision::nothing().round(round, drafted);
    let claim = |decision: Decision, branch| decision.branch(branch, BranchEvent::PeriodClaimed { round, period });
    Ok(branches.into_iter().fold(drafted, claim))
}

fn rules_of<'a>(at: Sitting<'_, 'a>, version: u32) -> Result<&'a Rules, Stop> {
    let root = at.world.branch(BranchId::root())?;
    root.rules(version).ok_or_else(|| RoundRefusal::UnknownRules { version }.into())
}

pub fn open(
    at: Sitting<'_, '_>,
    closes_at: Timestamp,
    leaders: Vec<MemberId>,
    scrutineers: Vec<MemberId>,
    without: &[Group],
) -> Result<Decision, Stop> {
    let round = at.at(Stage::Drafted)?;
    let Some(draft) = &round.draft else { return Err(RoundRefusal::Unknown { round: at.id }.into()) };
    let (period, begins) = (draft.period, draft.period.first_day());
    if at.context.today() < begins {
        return Err(RoundRefusal::PeriodNotBegun { period, begins }.into());
    }
    at.closing(closes_at)?;
    let rules = rules_of(at, draft.rules_version)?;
    let groups = groups(at, rules, period, without)?;
    let (people, suspended) = people(at, draft)?;
    let peers = peers(&groups, &people, &leaders);
    check_leaders(at, &groups, &people, &leaders)?;
    check_marks(rules, &people, &leaders)?;
    check_peers(rules, &groups, &people, &peers)?;
    check_scrutineers(at, &groups, &people, &leaders, &scrutineers)?;
    let opened = RoundEvent::Opened { rules: rules.clone(), groups, closes_at, scrutineers };
    let roster = RoundEvent::RosterFixed { people, leaders, peers, suspended };
    Ok(Decision::nothing().round(at.id, opened).round(at.id, roster))
}

/// The groups that review: those of the rules but for the ones left out. A year is made of quarters: nobody reviews.
fn groups(at: Sitting<'_, '_>, rules: &Rules, period: Period, without: &[Group]) -> Result<Vec<Group>, RoundRefusal> {
    let of_rules: Vec<Group> = match period.grain() {
        Grain::Year => vec![],
        Grain::Month | Grain::Quarter => rules.groups.iter().map(|rule| rule.group).collect(),
    };
    if let Some(group) = without.iter().find(|group| !of_rules.contains(group)) {
        return Err(RoundRefusal::NoSuchGroup { group: *group });
    }
    let left: Vec<Group> = of_rules.iter().copied().filter(|group| !without.contains(group)).collect();
    match left.is_empty() && !of_rules.is_empty() {
        true => Err(RoundRefusal::NoGroup { round: at.id }),
        false => Ok(left),
    }
}

/// Who belongs to the branches now, and who of them is suspended.
fn people(at: Sitting<'_, '_>, draft: &Draft) -> Result<(Vec<Rostered>, Vec<MemberId>), Stop> {
    let mut wanted: Vec<(BranchId, MemberId)> = vec![];
    for branch in &draft.branches {
        let state = Branch::require_standing(at.world, *branch)?;
        wanted.extend(state.members().iter().map(|member| (*branch, *member)));
    }
    if wanted.len() > PEOPLE_MAX {
        return Err(RoundRefusal::TooMany { count: wanted.len(), max: PEOPLE_MAX }.into());
    }
    // All are asked for before the first missing one stops the decision, so that one load can bring them all.
    let read: Vec<_> = wanted.iter().map(|(branch, id)| (*branch, *id, at.world.member(*id))).collect();
    let (mut people, mut suspended) = (vec![], vec![]);
    for (branch, member, state) in read {
        match rostered(at, state?, branch, member) {
            Some(person) => people.push(person),
            None => suspended.push(member),
        }
    }
    match people.iter().any(|person| !person.on_probation) {
        true => Ok((people, suspended)),
        false => Err(RoundRefusal::NobodyToReview { round: at.id }.into()),
    }
}

fn rostered(at: Sitting<'_, '_>, state: &Member, branch: BranchId, member: MemberId) -> Option<Rostered> {
    let since = state.in_branch_since()?;
    let on_duty = !state.is_suspended_on(member, at.context.today());
    on_duty.then_some(Rostered { member, branch, since, on_probation: !state.is_formal() })
}

/// The peers: everybody there who is not a leader. A leader is not counted again as a peer.
fn peers(groups: &[Group], people: &[Rostered], leaders: &[MemberId]) -> Vec<MemberId> {
    if !groups.contains(&Group::Peer) {
        return vec![];
    }
    people.iter().map(|person| person.member).filter(|member| !leaders.contains(member)).collect()
}

fn check_leaders(at: Sitting<'_, '_>, groups: &[Group], people: &[Rostered], leaders: &[MemberId]) -> Result<(), Stop> {
    let asked = groups.contains(&Group::Leader);
    if !asked && !leaders.is_empty() {
        return Err(RoundRefusal::NoSuchGroup { group: Group::Leader }.into());
    }
    if asked && leaders.is_empty() {
        return Err(RoundRefusal::NoLeader { round: at.id }.into());
    }
    let distinct: BTreeSet<&MemberId> = leaders.iter().collect();
    if distinct.len() != leaders.len() || leaders.len() > LEADERS_MAX {
        return Err(RoundRefusal::Leaders { given: leaders.len(), max: LEADERS_MAX }.into());
    }
    for leader in leaders {
        Member::require_on_duty(at.world, *leader, at.context.today())?;
    }
    let alone = people.iter().find(|person| leaders == [person.member] && !person.on_probation);
    match alone {
        Some(person) => Err(RoundRefusal::NobodyMarks { member: person.member }.into()),
        None => Ok(()),
    }
}

/// Every mark is kept in a result: so many of them are proved to fit.
fn check_marks(rules: &Rules, people: &[Rostered], leaders: &[MemberId]) -> Result<(), RoundRefusal> {
    let (people, leaders) = (people.iter().filter(|person| !person.on_probation).count(), leaders.len());
    let dimensions = rules.group(Group::Leader).map_or(0, |rule| rule.dimensions.len());
    match people * leaders * dimensions > MARKS_MAX {
        true => Err(RoundRefusal::TooManyMarks { people, leaders, dimensions, max: MARKS_MAX }),
        false => Ok(()),
    }
}

/// A person's answers come from all peers but themselves: k of them at least.
fn check_peers(rules: &Rules, groups: &[Group], people: &[Rostered], peers: &[MemberId]) -> Result<(), RoundRefusal> {
    if !groups.contains(&Group::Peer) {
        return Ok(());
    }
    let others = |person: &Rostered| peers.iter().filter(|peer| **peer != person.member).count();
    let reviewed = people.iter().filter(|person| !person.on_probation);
    let (eligible, threshold) = (reviewed.map(others).min().unwrap_or_default(), rules.threshold);
    match eligible < threshold as usize {
        true => Err(RoundRefusal::TooFew { group: Group::Peer, eligible, threshold }),
        false => Ok(()),
    }
}

fn check_scrutineers(
    at: Sitting<'_, '_>,
    groups: &[Group],
    people: &[Rostered],
    leaders: &[MemberId],
    scrutineers: &[MemberId],
) -> Result<(), Stop> {
    let needed = if groups.iter().any(|group| group.is_secret()) { 2 } else { 0 };
    let distinct: BTreeSet<&MemberId> = scrutineers.iter().collect();
    if distinct.len() != needed || scrutineers.len() != needed {
        return Err(RoundRefusal::Scrutineers { given: scrutineers.len() }.into());
    }
    scrutineers.iter().try_for_each(|member| check_scrutineer(at, people, leaders, *member))
}

/// Who counts is on duty, and neither reviews nor stands for review.
pub fn check_scrutineer(
    at: Sitting<'_, '_>,
    people: &[Rostered],
    leaders: &[MemberId],
    member: MemberId,
) -> Result<(), Stop> {
    match leaders.contains(&member) || people.iter().any(|person| person.member == member) {
        true => Err(RoundRefusal::ScrutineerReviews { member }.into()),
        false => Member::require_on_duty(at.world, member, at.context.today()).map(|_| ()),
    }
}
