//! The close: what came back is compared with what was issued, the two counts with one another.

use jiff::Timestamp;

use super::paper::most_answers;
use super::{Sitting, in_play};
use crate::id::MemberId;
use crate::round::kind::{Counts, Group, Stage, Void};
use crate::round::rules::Rules;
use crate::round::state::Ballot;
use crate::round::{Round, RoundEvent, RoundRefusal};
use crate::world::{Decision, Stop};

pub fn close(at: Sitting<'_, '_>) -> Result<Decision, Stop> {
    let round = at.at(Stage::Opened)?;
    let closed_at = round.closes_at.ok_or(RoundRefusal::Unknown { round: at.id })?;
    at.not_before(closed_at)?;
    let rules = at.rules(round)?;
    let mut decision = Decision::nothing().round(at.id, RoundEvent::Closed { closed_at });
    let voting = round.ballots.iter().filter(|(group, ballot)| group.is_secret() && !ballot.closed);
    for (group, ballot) in voting {
        match void(rules, round, *group, ballot)? {
            Some(cause) => {
                let (eligible, returned) = (eligible(round, *group, ballot), ballot.returned());
                let (group, attempt, issued) = (*group, ballot.attempt, ballot.issued);
                let voided = RoundEvent::GroupVoided { group, attempt, cause, eligible, issued, returned };
                decision = decision.round(at.id, voided);
            }
            None => check_agreement(at, round, *group, ballot)?,
        }
    }
    Ok(decision)
}

/// Who may take part: the peers, or whoever of the public was given a ballot.
fn eligible(round: &Round, group: Group, ballot: &Ballot) -> u32 {
    match group {
        Group::Peer => u32::try_from(round.roster.peers.len()).unwrap_or(u32::MAX),
        Group::Public | Group::Leader => ballot.issued,
    }
}

/// Why a group does not count; its ballots are then never opened.
fn void(rules: &Rules, round: &Round, group: Group, ballot: &Ballot) -> Result<Option<Void>, RoundRefusal> {
    if ballot.issued > 0 && ballot.returned.is_none() {
        return Err(RoundRefusal::NothingReturned { group });
    }
    if ballot.returned() > ballot.issued {
        return Ok(Some(Void::Surplus));
    }
    let reached = rules.turnout.reached(ballot.taken_part(rules), eligible(round, group, ballot));
    Ok((!reached).then_some(Void::Turnout))
}

impl Ballot {
    fn returned(&self) -> u32 {
        self.returned.map_or(0, |back| back.returned)
    }

    /// How many took part: those that came back, blank ones as the rules have it.
    fn taken_part(&self, rules: &Rules) -> u32 {
        let left_out = |blank: u32| if rules.blank_takes_part { 0 } else { blank };
        self.returned.map_or(0, |back| back.returned - left_out(back.blank))
    }
}

/// Both scrutineers counted everybody, and alike.
fn check_agreement(at: Sitting<'_, '_>, round: &Round, group: Group, ballot: &Ballot) -> Result<(), Stop> {
    for person in round.roster.reviewed() {
        let counts = agreed(at, round, group, person.member)?;
        let counted = counts.values().map(|count| count.ballots()).max().unwrap_or_default();
        let most = most_answers(ballot, person.member).unwrap_or_default();
        if counted > u64::from(most) {
            return Err(RoundRefusal::CountStale { group, member: person.member }.into());
        }
    }
    Ok(())
}

/// The counts of a group on a person, where both scrutineers have the same.
pub fn agreed(at: Sitting<'_, '_>, round: &Round, group: Group, member: MemberId) -> Result<Counts, Stop> {
    let counted = round.sheets.get(&member).and_then(|sheet| sheet.counts.get(&group));
    let counted: Vec<Counts> = match counted {
        Some(by) => by.values().map(|sealed| at.open(sealed)).collect::<Result<_, _>>()?,
        None => vec![],
    };
    match <[Counts; 2]>::try_from(counted) {
        Ok([one, other]) if one == other => Ok(one),
        Ok(_) => Err(RoundRefusal::CountsDiffer { group, member }.into()),
        Err(_) => Err(RoundRefusal::CountMissing { group, member }.into()),
    }
}

pub fn repeat(at: Sitting<'_, '_>, group: Group, closes_at: Timestamp) -> Result<Decision, Stop> {
    let round = at.at(Stage::Closed)?;
    at.closing(closes_at)?;
    let ballot = in_play(round, group)?;
    match ballot.void {
        Some(_) => at.happened(RoundEvent::GroupRepeated { group, attempt: ballot.attempt + 1, closes_at }),
        None => Err(RoundRefusal::NotVoid { group }.into()),
    }
}
