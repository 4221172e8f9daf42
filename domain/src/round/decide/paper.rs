//! Counted paper: ballots handed out, taken back and counted by two.

use super::review::reviewed;
use super::{Sitting, in_play};
use crate::id::MemberId;
use crate::round::kind::{Counts, Group, Stage};
use crate::round::rules::Rules;
use crate::round::state::Ballot;
use crate::round::{Round, RoundEvent, RoundRefusal};
use crate::world::{Decision, Stop};

/// The most ballots in one issue or return.
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

pub fn take_back(at: Sitting<'_, '_>, group: Group, returned: u32, blank: u32) -> Result<Decision, Stop> {
    // The box is opened at the close or after it, until everything is counted.
    let round = at.at(Stage::Opened)?;
    voting(at, round, group)?;
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
    let round = at.at(Stage::Opened)?;
    voting(at, round, group)?;
    let opening = at.opening(round)?;
    if !opening.scrutineers.contains(&scrutineer) {
        return Err(RoundRefusal::NotAScrutineer { member: scrutineer }.into());
    }
    reviewed(round, member)?;
    let ballot = in_play(round, group)?;
    let counts = tidy(counts);
    check_counts(&opening.rules, group, member, &counts, returned(ballot, group)?)?;
    let attempt = ballot.attempt;
    let counts = at.seal(&format!("counts {group} {attempt} {member} {scrutineer}"), &counts);
    at.happened(RoundEvent::PaperCounted { group, attempt, member, scrutineer, counts })
}

fn returned(ballot: &Ballot, group: Group) -> Result<u32, RoundRefusal> {
    ballot.returned.map(|back| back.returned).ok_or(RoundRefusal::NothingReturned { group })
}

/// Counts without grades that nobody gave, so that equal ones are equal.
pub fn tidy(counts: Counts) -> Counts {
    counts.into_iter().map(|(dimension, count)| (dimension, count.tidy())).collect()
}

/// Counts are for every dimension of the group, in its grades, and speak of no more ballots than came back.
pub fn check_counts(
    rules: &Rules,
    group: Group,
    member: MemberId,
    counts: &Counts,
    returned: u32,
) -> Result<(), RoundRefusal> {
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
        if counted > u64::from(returned) {
            return Err(RoundRefusal::CountsExceedBallots { member, dimension: dimension.clone(), counted, returned });
        }
    }
    Ok(())
}
