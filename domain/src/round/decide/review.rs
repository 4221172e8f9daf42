//! Reviews with a name: one's own, the leaders', and what is shown of their comments.

use super::{Sitting, in_play};
use crate::amount::Amount;
use crate::id::MemberId;
use crate::round::kind::{Group, Marks, Stage};
use crate::round::rules::Rules;
use crate::round::{Round, RoundEvent, RoundRefusal, widest};
use crate::text::Sealed;
use crate::world::{Decision, Stop};

pub fn give_self_review(at: Sitting<'_, '_>, member: MemberId, text: Sealed) -> Result<Decision, Stop> {
    let round = at.giving()?;
    if round.ballots.values().any(|ballot| ballot.closed) {
        return Err(closed(at));
    }
    if !at.rules(round)?.self_review {
        return Err(RoundRefusal::NoSelfReview { round: at.id }.into());
    }
    // Who is on probation takes part in this too.
    match round.roster.people.iter().any(|person| person.member == member) {
        true => at.happened(RoundEvent::SelfReviewGiven { member, text }),
        false => Err(RoundRefusal::NotReviewed { member }.into()),
    }
}

/// Only a void group votes again; all else was closed.
fn closed(at: Sitting<'_, '_>) -> Stop {
    RoundRefusal::WrongStage { round: at.id, stage: Stage::Closed, needed: Stage::Opened }.into()
}

pub fn give_leader_review(
    at: Sitting<'_, '_>,
    reviewer: MemberId,
    member: MemberId,
    marks: &Marks,
    comment: Option<Sealed>,
) -> Result<Decision, Stop> {
    let round = at.giving()?;
    if in_play(round, Group::Leader)?.closed {
        return Err(closed(at));
    }
    reviewed(round, member)?;
    check_reviewer(round, reviewer, member)?;
    let rules = at.rules(round)?;
    check_marks(rules, member, marks)?;
    let longest = widest::length(&widest::marks(rules));
    let marks = at.seal(&format!("marks {reviewer} {member}"), marks, longest);
    at.happened(RoundEvent::LeaderReviewGiven { reviewer, member, marks, comment })
}

/// Refuses somebody who is not reviewed.
pub fn reviewed(round: &Round, member: MemberId) -> Result<(), RoundRefusal> {
    match round.roster.reviews(member) {
        Some(_) => Ok(()),
        None => Err(RoundRefusal::NotReviewed { member }),
    }
}

/// A leader, and not of oneself.
pub fn check_reviewer(round: &Round, reviewer: MemberId, member: MemberId) -> Result<(), RoundRefusal> {
    if !round.roster.leaders.contains(&reviewer) {
        return Err(RoundRefusal::NotALeader { member: reviewer });
    }
    match reviewer == member {
        true => Err(RoundRefusal::OwnReview { member }),
        false => Ok(()),
    }
}

/// Marks are for the leaders' dimensions, 0 to 100, one at least.
pub fn check_marks(rules: &Rules, member: MemberId, marks: &Marks) -> Result<(), RoundRefusal> {
    let asked = rules.group(Group::Leader).map(|rule| rule.dimensions.as_slice()).unwrap_or_default();
    for (dimension, mark) in marks {
        if !asked.iter().any(|asked| asked.code == *dimension) {
            let dimension = dimension.clone();
            return Err(RoundRefusal::UnknownDimension { group: Group::Leader, dimension });
        }
        let decimal = mark.decimal();
        if *mark < Amount::ZERO || decimal > rust_decimal::Decimal::ONE_HUNDRED || decimal.scale() > 2 {
            return Err(RoundRefusal::MarkOutOfRange { dimension: dimension.clone(), mark: *mark });
        }
    }
    match marks.is_empty() {
        true => Err(RoundRefusal::NoMark { member }),
        false => Ok(()),
    }
}

pub fn moderate(
    at: Sitting<'_, '_>,
    reviewer: MemberId,
    member: MemberId,
    released: bool,
    reason: Option<Sealed>,
) -> Result<Decision, Stop> {
    let (round, _) = at.drafted()?;
    at.needs(round, &[Stage::Tallied, Stage::Closed, Stage::Decided, Stage::Published])?;
    let commented = round.sheets.get(&member).is_some_and(|sheet| sheet.comments.contains(&reviewer));
    if !commented {
        return Err(RoundRefusal::UnknownComment { reviewer, member }.into());
    }
    if !released && reason.is_none() {
        return Err(RoundRefusal::WithoutReason { member }.into());
    }
    at.happened(RoundEvent::CommentModerated { reviewer, member, released, reason })
}
