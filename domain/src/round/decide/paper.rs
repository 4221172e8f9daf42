//! Counted paper: ballots handed out, taken back and counted by two.

use super::open::check_scrutineer;
use super::review::reviewed;
use super::{Sitting, in_play};
use crate::id::MemberId;
use crate::round::kind::{Counts, Group, Stage};
use crate::round::rules::Rules;
use crate::round::state::Ballot;
use crate::round::{Round, RoundEvent, RoundRefusal, widest};
use crate::text::Sealed;
use crate::world::{Decision, Stop};

/// The most ballots in one issue.
const PAPER_MAX: u32 = 100_000;

/// The latest attempt of a secret group that has not ended.
fn voting(at: Sitting<'_, '_>, round: &'_ Round, group: Group) -> Result<(), RoundRefusal> {
    if !group.is_secret() {
        return Err(RoundRefusal::NoPaper { group });
    }
    match in_play(round, group)?.closed {
        true => Err(RoundRefusal::WrongStage { round: at.id, stage: Stage::Closed, needed: Stage::Opened }),
        false => Ok(()),
    }
}

pub fn issue(at: Sitting<'_, '_>, group: Group, to: Option<MemberId>, count: u32) -> Result<Decision, Stop> {
    let round = at.giving()?;
    voting(at, round, group)?;
    let ballot = in_play(round, group)?;
    match (group, to) {
        (Group::Peer, Some(member)) if count == 1 => {
            if !round.roster.peers.contains(&member) {
                return Err(RoundRefusal::NotAPeer { member }.into());
            }
            if ballot.issued_to.contains(&member) {
                return Err(RoundRefusal::PaperTaken { member }.into());
            }
        }
        (Group::Public, None) if (1..=PAPER_MAX).contains(&count) && ballot.issued <= PAPER_MAX => {}
        (Group::Peer | Group::Public | Group::Leader, _) => {
            return Err(RoundRefusal::PaperRecipient { group, count }.into());
        }
    }
    at.happened(RoundEvent::PaperIssued { group, attempt: ballot.attempt, to, count })
}

/// The round once the box is opened: at the time set for the close, no sooner. Counted before and again after one more
/// ballot, the difference would be that ballot.
fn counting<'a>(at: Sitting<'_, 'a>, group: Group) -> Result<&'a Round, Stop> {
    let round = at.at(Stage::Opened)?;
    voting(at, round, group)?;
    at.not_before(round.closes_at.ok_or(RoundRefusal::Unknown { round: at.id })?)?;
    Ok(round)
}

pub fn take_back(at: Sitting<'_, '_>, group: Group, returned: u32, blank: u32) -> Result<Decision, Stop> {
    let round = counting(at, group)?;
    if blank > returned {
        return Err(RoundRefusal::BlankBeyondReturned { returned, blank }.into());
    }
    at.happened(RoundEvent::PaperReturned { group, attempt: in_play(round, group)?.attempt, returned, blank })
}

pub fn count(
    at: Sitting<'_, '_>,
    group: Group,
    member: MemberId,
    scrutineer: MemberId,
    counts: Counts,
) -> Result<Decision, Stop> {
    let round = counting(at, group)?;
    let opening = at.opening(round)?;
    if !opening.scrutineers.contains(&scrutineer) {
        return Err(RoundRefusal::NotAScrutineer { member: scrutineer }.into());
    }
    reviewed(round, member)?;
    let ballot = in_play(round, group)?;
    let counts = tidy(counts);
    check_counts(&opening.rules, group, member, &counts, ballot)?;
    let attempt = ballot.attempt;
    let longest = widest::length(&widest::counts(&opening.rules, group, ballot.issued));
    let counts = at.seal(&format!("counts {group} {attempt} {member} {scrutineer}"), &counts, longest);
    at.happened(RoundEvent::PaperCounted { group, attempt, member, scrutineer, counts })
}

/// Somebody else counts in a scrutineer's place, until the last attempt has ended.
pub fn replace_scrutineer(at: Sitting<'_, '_>, from: MemberId, to: MemberId, reason: Sealed) -> Result<Decision, Stop> {
    let (round, _) = at.drafted()?;
    at.needs(round, &[Stage::Opened, Stage::Closed])?;
    let scrutineers = &at.opening(round)?.scrutineers;
    if !scrutineers.contains(&from) {
        return Err(RoundRefusal::NotAScrutineer { member: from }.into());
    }
    if scrutineers.contains(&to) {
        return Err(RoundRefusal::ScrutineerAlready { member: to }.into());
    }
    if round.replaced.contains(&to) {
        return Err(RoundRefusal::ScrutineerReplaced { member: to }.into());
    }
    check_scrutineer(at, &round.roster.people, &round.roster.leaders, to)?;
    at.happened(RoundEvent::ScrutineerReplaced { from, to, reason, by: at.context.actor.clone() })
}

/// The most answers on a person: from each ballot that came back with something on it, but for the person's own.
pub fn most_answers(ballot: &Ballot, member: MemberId) -> Option<u32> {
    let filled = ballot.returned.map(|back| back.returned.saturating_sub(back.blank))?;
    let own = u32::from(ballot.issued_to.contains(&member));
    Some(filled.min(ballot.issued.saturating_sub(own)))
}

/// Counts without grades that nobody gave, so that equal ones are equal.
pub fn tidy(counts: Counts) -> Counts {
    counts.into_iter().map(|(dimension, count)| (dimension, count.tidy())).collect()
}

/// Counts are for every dimension of the group, in its grades, and hold no more answers than there can be.
pub fn check_counts(
    rules: &Rules,
    group: Group,
    member: MemberId,
    counts: &Counts,
    ballot: &Ballot,
) -> Result<(), RoundRefusal> {
    let most = most_answers(ballot, member).ok_or(RoundRefusal::NothingReturned { group })?;
    let rule = rules.group(group).ok_or(RoundRefusal::NoSuchGroup { group })?;
    let missing = rule.dimensions.iter().find(|dimension| !counts.contains_key(&dimension.code));
    if let Some(dimension) = missing {
        return Err(RoundRefusal::DimensionMissing { group, dimension: dimension.code.clone() });
    }
    for (dimension, count) in counts {
        if !rule.dimensions.iter().any(|asked| asked.code == *dimension) {
            return Err(RoundRefusal::UnknownDimension { group, dimension: dimension.clone() });
        }
        if let Some(grade) = count.grades.keys().find(|grade| rules.points(grade).is_none()) {
            return Err(RoundRefusal::UnknownGrade { grade: grade.clone() });
        }
        let counted = count.ballots();
        if counted > u64::from(most) {
            return Err(RoundRefusal::CountsExceedBallots { member, dimension: dimension.clone(), counted, most });
        }
    }
    Ok(())
}
