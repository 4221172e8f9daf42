//! The close: what came back is compared with what was issued, the two counts with one another.

use jiff::Timestamp;

use super::paper::most_answers;
use super::{Sitting, in_play};
use crate::id::MemberId;
use crate::round::kind::{Counts, Group, Persons, Stage, Void};
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
    let mut counted = vec![];
    for (group, ballot) in voting {
        match void(rules, round, *group, ballot)? {
            Some(cause) => {
                let (eligible, returned) = (eligible(round, *group, ballot), ballot.returned());
                let (group, attempt, issued) = (*group, ballot.attempt, ballot.issued);
                let voided = RoundEvent::GroupVoided { group, attempt, cause, eligible, issued, returned };
                decision = decision.round(at.id, voided);
            }
            None => counted.push((*group, ballot)),
        }
    }
    check_agreement(at, round, &counted)?;
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

/// Both scrutineers counted everybody, and alike; a refusal names all who stand in the way for its reason.
fn check_agreement(at: Sitting<'_, '_>, round: &Round, counted: &[(Group, &Ballot)]) -> Result<(), Stop> {
    let (mut missing, mut differ, mut stale) = (Persons::default(), Persons::default(), Persons::default());
    for (group, ballot) in counted {
        for person in round.roster.reviewed() {
            let wanting = match counts(at, round, *group, person.member)? {
                Counted::Missing => &mut missing,
                Counted::Differing => &mut differ,
                Counted::Alike(counts) if is_stale(ballot, person.member, &counts) => &mut stale,
                Counted::Alike(_) => continue,
            };
            wanting.0.push((*group, person.member));
        }
    }
    let clear = |persons: &Persons| persons.0.is_empty();
    match (clear(&missing), clear(&differ), clear(&stale)) {
        (false, _, _) => Err(RoundRefusal::CountMissing { persons: missing }.into()),
        (_, false, _) => Err(RoundRefusal::CountsDiffer { persons: differ }.into()),
        (_, _, false) => Err(RoundRefusal::CountStale { persons: stale }.into()),
        (true, true, true) => Ok(()),
    }
}

/// More answers than ballots came back, after what came back was said again.
fn is_stale(ballot: &Ballot, member: MemberId, counts: &Counts) -> bool {
    let counted = counts.values().map(|count| count.ballots()).max().unwrap_or_default();
    counted > u64::from(most_answers(ballot, member).unwrap_or_default())
}

/// What the two scrutineers have of a group on a person.
enum Counted {
    Missing,
    Differing,
    Alike(Counts),
}

fn counts(at: Sitting<'_, '_>, round: &Round, group: Group, member: MemberId) -> Result<Counted, RoundRefusal> {
    let sealed = round.sheets.get(&member).and_then(|sheet| sheet.counts.get(&group));
    let opened: Vec<Counts> =
        sealed.into_iter().flat_map(|by| by.values()).map(|sealed| at.open(sealed)).collect::<Result<_, _>>()?;
    Ok(match <[Counts; 2]>::try_from(opened) {
        Ok([one, other]) if one == other => Counted::Alike(one),
        Ok(_) => Counted::Differing,
        Err(_) => Counted::Missing,
    })
}

/// The counts of a group on a person, where both scrutineers have the same.
pub fn agreed(at: Sitting<'_, '_>, round: &Round, group: Group, member: MemberId) -> Result<Counts, Stop> {
    let person = || Persons(vec![(group, member)]);
    match counts(at, round, group, member)? {
        Counted::Alike(counts) => Ok(counts),
        Counted::Differing => Err(RoundRefusal::CountsDiffer { persons: person() }.into()),
        Counted::Missing => Err(RoundRefusal::CountMissing { persons: person() }.into()),
    }
}

pub fn repeat(at: Sitting<'_, '_>, group: Group, closes_at: Timestamp) -> Result<Decision, Stop> {
    let (round, _) = at.drafted()?;
    at.needs(round, &[Stage::Closed, Stage::Opened])?;
    let ballot = in_play(round, group)?;
    if ballot.void.is_none() {
        at.needs(round, &[Stage::Closed])?;
        return Err(RoundRefusal::NotVoid { group }.into());
    }
    if round.closes_at.is_some_and(|until| until <= at.context.at) {
        // What votes again beside it is being counted: this one waits for that close.
        at.needs(round, &[Stage::Closed])?;
    }
    at.closing(closes_at)?;
    let attempt = ballot.attempt + 1;
    match round.closes_at {
        Some(until) if round.stage == Some(Stage::Opened) && until != closes_at => {
            Err(RoundRefusal::ClosesOtherwise { closes_at: at.moment(until) }.into())
        }
        Some(_) | None => at.happened(RoundEvent::GroupRepeated { group, attempt, closes_at }),
    }
}
