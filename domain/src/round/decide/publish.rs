//! Publication: the results come into the open, and the time limits of publicity and appeals begin.

use jiff::Timestamp;

use super::Sitting;
use super::grades::branch_of;
use crate::round::kind::Stage;
use crate::round::proposal::Proposal;
use crate::round::rules::Calendar;
use crate::round::{RoundEvent, RoundRefusal};
use crate::world::{Decision, Stop};

pub fn publish(at: Sitting<'_, '_>) -> Result<Decision, Stop> {
    let round = at.at(Stage::Decided)?;
    let (_, draft) = at.drafted()?;
    let rules = at.rules(round)?;
    let decided = round.decided.as_ref().ok_or(RoundRefusal::Unknown { round: at.id })?;
    let decided: Proposal = at.open(decided)?;
    let publicity_until = end_of(at, &rules.calendar, rules.publicity_days);
    let appeal_until = end_of(at, &rules.calendar, rules.appeal_days);
    let published = RoundEvent::Published { version: round.version, publicity_until, appeal_until };
    let mut decision = Decision::nothing().round(at.id, published);
    for (member, result) in decided.results {
        let branch = branch_of(round, member)?;
        let (period, version, score_before) = (draft.period, 1, None);
        let published = RoundEvent::ResultPublished { member, branch, period, version, result, score_before };
        decision = decision.round(at.id, published);
    }
    Ok(decision)
}

/// The instant at which the so manyth working day after today ends, in the organisation's zone.
pub fn end_of(at: Sitting<'_, '_>, calendar: &Calendar, days: u32) -> Timestamp {
    let last = calendar.after(at.context.today(), days).and_then(|last| last.tomorrow().ok());
    last.map_or(Timestamp::MAX, |end| at.context.zone.start_of(end))
}
