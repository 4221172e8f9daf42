//! The tally: the proposal, computed from what was sealed and sealed again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::Sitting;
use super::close::agreed;
use crate::amount::Amount;
use crate::id::{MemberId, RoundId};
use crate::member::Member;
use crate::period::{Grain, Period};
use crate::round::kind::{Answers, Gap, Marks, Rostered, Stage, Void};
use crate::round::proposal::Proposal;
use crate::round::result::{Comparison, MemberResult, QuarterResult};
use crate::round::rules::Rules;
use crate::round::score::{Playing, score};
use crate::round::state::Draft;
use crate::round::year::{compare, year};
use crate::round::{Round, RoundEvent, RoundRefusal, widest};
use crate::world::{Decision, Stop};

/// The most quarterly rounds that a yearly one is made of.
const ROUNDS_MAX: usize = 400;

pub fn tally(at: Sitting<'_, '_>, rounds: Vec<RoundId>) -> Result<Decision, Stop> {
    let round = at.at(Stage::Closed)?;
    // Who answers whether everybody votes anew does not know yet what came out.
    at.unproposed(round)?;
    let rules = at.rules(round)?;
    let (_, draft) = at.drafted()?;
    let yearly = draft.period.grain() == Grain::Year;
    let distinct: BTreeSet<&RoundId> = rounds.iter().collect();
    if !(yearly || rounds.is_empty()) || distinct.len() != rounds.len() || rounds.len() > ROUNDS_MAX {
        return Err(RoundRefusal::TallyRounds { round: at.id }.into());
    }
    let results = match yearly {
        true => {
            check_quarters(at, draft, &distinct)?;
            let people: Vec<&Rostered> = round.roster.reviewed().collect();
            of_year(at, &people, rules, draft.period, &rounds)?
        }
        false => of_answers(at, round, rules)?,
    };
    let proposal = Proposal { results }.graded(rules, &round.roster.people, yearly);
    let proposal = at.seal("proposal", &proposal, widest::proposal(round, rules, &proposal));
    at.happened(RoundEvent::Tallied { version: round.version, proposal, rounds })
}

fn of_answers(at: Sitting<'_, '_>, round: &Round, rules: &Rules) -> Result<BTreeMap<MemberId, MemberResult>, Stop> {
    let playing = playing(round);
    let mut results = BTreeMap::new();
    for person in round.roster.reviewed() {
        let answers = answers(at, round, &playing, person.member)?;
        results.insert(person.member, score(rules, &playing, &answers));
    }
    Ok(results)
}

/// The groups in play, and which of them are void.
pub fn playing(round: &Round) -> Playing {
    let gap = |void: Void| match void {
        Void::Turnout => Gap::Turnout,
        Void::Surplus => Gap::Surplus,
    };
    round.ballots.iter().map(|(group, ballot)| (*group, ballot.void.map(gap))).collect()
}

/// What was said of a person; the ballots of a void group stay closed.
fn answers(at: Sitting<'_, '_>, round: &Round, playing: &Playing, member: MemberId) -> Result<Answers, Stop> {
    let mut answers = Answers { marks: marks(at, round, member)?, counts: BTreeMap::new() };
    let counted = playing.iter().filter(|(group, void)| group.is_secret() && void.is_none());
    for (group, _) in counted {
        answers.counts.insert(*group, agreed(at, round, *group, member)?);
    }
    Ok(answers)
}

/// What the leaders marked a person with.
pub fn marks(at: Sitting<'_, '_>, round: &Round, member: MemberId) -> Result<BTreeMap<MemberId, Marks>, Stop> {
    let given = round.sheets.get(&member).into_iter().flat_map(|sheet| &sheet.marks);
    given.map(|(leader, sealed)| Ok((*leader, at.open(sealed)?))).collect()
}

/// Refuses a year that leaves out a final quarter of a branch it covers, or comes before one has ended.
fn check_quarters(at: Sitting<'_, '_>, draft: &Draft, named: &BTreeSet<&RoundId>) -> Result<(), Stop> {
    let read: Vec<_> = draft.branches.iter().map(|branch| (*branch, at.world.branch(*branch))).collect();
    for (branch, state) in read {
        let state = state?;
        let quarters = (1..=4).filter_map(|number| Period::quarter_of(draft.period.year(), number).ok());
        for (quarter, round) in quarters.filter_map(|quarter| Some((quarter, state.claim(quarter)?))) {
            match at.world.round(round)?.stage {
                Some(Stage::Final) if named.contains(&round) => {}
                Some(Stage::Final) => return Err(RoundRefusal::QuarterLeftOut { branch, quarter, round }.into()),
                Some(stage) => return Err(RoundRefusal::QuarterPending { branch, quarter, round, stage }.into()),
                None => return Err(RoundRefusal::Unknown { round }.into()),
            }
        }
    }
    Ok(())
}

pub fn of_year(
    at: Sitting<'_, '_>,
    people: &[&Rostered],
    rules: &Rules,
    period: Period,
    rounds: &[RoundId],
) -> Result<BTreeMap<MemberId, MemberResult>, Stop> {
    let read: Vec<_> = rounds.iter().map(|id| (*id, at.world.round(*id))).collect();
    let mut quarters = vec![];
    for (id, state) in read {
        quarters.push((id, state?, quarter(at, id, period)?));
    }
    let members: Vec<_> = people.iter().map(|person| at.world.member(person.member)).collect();
    let mut results = BTreeMap::new();
    for (person, member) in people.iter().zip(members) {
        let reviews = of_quarters(&quarters, person.member);
        let comparisons = comparisons(at, rules, member?, period)?;
        results.insert(person.member, year(&rules.year, reviews, comparisons));
    }
    Ok(results)
}

/// The quarter of a final round of that year: what is final changes no more, and the year that rests on it stands.
fn quarter(at: Sitting<'_, '_>, id: RoundId, year: Period) -> Result<Period, Stop> {
    let state = at.world.round(id)?;
    let (Some(draft), Some(stage)) = (&state.draft, state.stage) else {
        return Err(RoundRefusal::Unknown { round: id }.into());
    };
    let of_year = draft.period.grain() == Grain::Quarter && draft.period.year() == year.year();
    match of_year && stage == Stage::Final {
        true => Ok(draft.period),
        false => Err(RoundRefusal::QuarterUnfit { round: id, stage }.into()),
    }
}

/// Somebody's quarters: of two rounds in one, each weighs the days of the quarter in its branch.
fn of_quarters(quarters: &[(RoundId, &Round, Period)], member: MemberId) -> Vec<QuarterResult> {
    let entered = |(id, round, quarter): &(RoundId, &Round, Period)| {
        let person = round.roster.reviews(member)?;
        let score = round.result(member)?.score?;
        Some((*id, *quarter, person.since, score))
    };
    let all: Vec<_> = quarters.iter().filter_map(entered).collect();
    let days = |id: RoundId, quarter: Period, since: Date| {
        let later = all.iter().filter(|other| other.1 == quarter && (other.2, other.0) > (since, id));
        let until = later.map(|other| other.2).min().unwrap_or(quarter.end_day()).min(quarter.end_day());
        let first = since.max(quarter.first_day());
        u32::try_from((until.max(first) - first).get_days()).unwrap_or_default()
    };
    let result = |(round, quarter, since, score): &(RoundId, Period, Date, Amount)| QuarterResult {
        quarter: *quarter,
        round: *round,
        score: *score,
        days: days(*round, *quarter, *since),
    };
    let results: Vec<QuarterResult> = all.iter().map(result).collect();
    // Who came to a branch after the quarter was reviewed there for it nonetheless: that counts if nothing else does.
    let elsewhere = |of: &QuarterResult| results.iter().any(|other| other.quarter == of.quarter && other.days > 0);
    let counted = results.iter().filter(|result| result.days > 0 || !elsewhere(result));
    counted.map(|result| QuarterResult { days: result.days.max(1), ..result.clone() }).collect()
}

/// The metrics in which somebody has a plan for the year, completed so far as reported.
fn comparisons(at: Sitting<'_, '_>, rules: &Rules, member: &Member, year: Period) -> Result<Vec<Comparison>, Stop> {
    let mut found = vec![];
    for (metric, plan) in member.ledger().plans(year) {
        let defined = crate::branch::metric(at.world, metric)?;
        found.extend(compare(&rules.year, defined, plan, member.ledger(), year));
    }
    Ok(found)
}
