//! Publication: the results come into the open, and the time limits of publicity and appeals begin.

use jiff::Timestamp;

use super::Sitting;
use super::grades::branch_of;
use crate::id::MemberId;
use crate::period::Period;
use crate::round::fraction::Fraction;
use crate::round::kind::Stage;
use crate::round::proposal::{Proposal, branches, formal};
use crate::round::result::MemberResult;
use crate::round::rules::{Calendar, Rules};
use crate::round::{Round, RoundEvent, RoundRefusal};
use crate::world::{Decision, Stop};

pub fn publish(at: Sitting<'_, '_>) -> Result<Decision, Stop> {
    let round = at.at(Stage::Decided)?;
    at.unproposed(round)?;
    let (_, draft) = at.drafted()?;
    let rules = at.rules(round)?;
    let decided = round.decided.as_ref().ok_or(RoundRefusal::Unknown { round: at.id })?;
    let decided: Proposal = at.open(decided)?;
    let publicity_until = end_of(at, &rules.calendar, rules.publicity_days);
    let appeal_until = end_of(at, &rules.calendar, rules.appeal_days);
    let published = RoundEvent::Published { version: round.version, publicity_until, appeal_until };
    let mut decision = Decision::nothing().round(at.id, published);
    let results = decided.results;
    for (member, result) in results.clone() {
        let branch = branch_of(round, member)?;
        let (period, version, score_before) = (draft.period, 1, None);
        let published = RoundEvent::ResultPublished { member, branch, period, version, result, score_before };
        decision = decision.round(at.id, published);
    }
    Ok(branch_scores(at, decision, round, rules, draft.period, |member| results.get(&member)))
}

/// The mean of each branch, as far as enough persons have a score.
pub fn branch_scores<'r>(
    at: Sitting<'_, '_>,
    decision: Decision,
    round: &Round,
    rules: &Rules,
    period: Period,
    result: impl Fn(MemberId) -> Option<&'r MemberResult>,
) -> Decision {
    let people = &round.roster.people;
    branches(people).into_iter().fold(decision, |decision, branch| {
        let scores: Vec<Fraction> =
            formal(people, branch).into_iter().filter_map(|member| result(member)?.score.map(Fraction::from)).collect();
        let score = mean(rules, &scores).and_then(|mean| mean.rounded());
        let persons = u32::try_from(scores.len()).unwrap_or(u32::MAX);
        decision.round(at.id, RoundEvent::BranchScored { branch, period, score, persons })
    })
}

/// The mean of persons' scores; nothing under the anonymity threshold.
pub fn mean(rules: &Rules, scores: &[Fraction]) -> Option<Fraction> {
    let enough = scores.len() >= rules.threshold as usize;
    let one = Fraction::whole(1);
    Fraction::weighted_mean(scores.iter().filter(|_| enough).map(|score| (score, &one)))
}

/// The instant at which the so manyth working day after today ends, in the organisation's zone.
pub fn end_of(at: Sitting<'_, '_>, calendar: &Calendar, days: u32) -> Timestamp {
    let last = calendar.after(at.context.today(), days).and_then(|last| last.tomorrow().ok());
    last.map_or(Timestamp::MAX, |end| at.context.zone.start_of(end))
}
