//! Reviews with a name 自评与点评: given by the viewer's own member, never in another's name.

use async_graphql::{ID, InputObject};
use domain::id::MemberId;
use domain::round::{Marks, RoundCommand};

use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt, named};
use crate::input;
use crate::policy::Action::TakePart;
use crate::refusal::Refusal;
use crate::scalar::Decimal;

mutations! {
    /// Reviews with a name.
    Reviews {
        /// Reviews oneself 自评; again until the close, the last one is shown.
        give_self_review(GiveSelfReviewInput);
        /// Marks somebody as one of the round's leaders 领导点评; again until the close, the last one counts. Marks stay sealed
        /// until publication.
        give_leader_review(GiveLeaderReviewInput);
    }
}

/// A leader's mark in a dimension.
#[derive(Debug, Clone, InputObject)]
pub struct MarkInput {
    /// The code of the dimension.
    pub dimension: String,
    /// The mark: 0 to 100, at most two decimals.
    pub mark: Decimal,
}

inputs! {
    /// A review of oneself.
    GiveSelfReviewInput {
        /// Which round.
        round: ID,
        /// What is said; free text, at most 4,000 characters.
        text: String,
    }

    /// A leader's review.
    GiveLeaderReviewInput {
        /// Which round.
        round: ID,
        /// Of whom.
        member: ID,
        /// The marks, each dimension once.
        marks: Vec<MarkInput>,
        /// What is said; free text, at most 4,000 characters. It is looked at before it is shown.
        comment: Option<String>,
    }
}

/// A leader's marks by dimension.
///
/// # Errors
/// `text.bad_code`, `amount.*`, `input.named_twice`.
pub fn marks(given: Vec<MarkInput>) -> Result<Marks, Refusal> {
    let mark = |given: MarkInput| Ok((input::metric(&given.dimension)?, given.mark.amount()?));
    input::each_once("marks", given.into_iter().map(mark))
}

impl Ask for GiveSelfReviewInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let (round, member) = door.part("round", &self.round, TakePart).await?;
        let text = door.seal(member.0, "text", &self.text).await?;
        Ok(round.asks(RoundCommand::GiveSelfReview { member, text }))
    }
}

impl Ask for GiveLeaderReviewInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let (round, reviewer) = door.part("round", &self.round, TakePart).await?;
        let member: MemberId = named("member", &self.member)?;
        let marks = marks(self.marks)?;
        let comment = door.seal_some(member.0, "comment", self.comment.as_deref()).await?;
        Ok(round.asks(RoundCommand::GiveLeaderReview { reviewer, member, marks, comment }))
    }
}
