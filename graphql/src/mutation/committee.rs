//! The committee's work 审定: the proposal is computed, comments are looked at, grades are decided, results published.

use async_graphql::{ID, InputObject};
use domain::id::MemberId;
use domain::round::{GradeGiven, RoundCommand};

use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt, named};
use crate::input;
use crate::policy::Action::RunRounds;

mutations! {
    /// The committee's work.
    Committee {
        /// Computes everybody's score and the grade it proposes 计算; sealed until publication.
        tally_round(TallyRoundInput);
        /// Says whether a leader's comment is shown after publication 评语审核.
        moderate_comment(ModerateCommentInput);
        /// Decides the grades 审定: as proposed, but for those named. Again until publication.
        decide_grades(DecideGradesInput);
        /// Publishes the results 公示; the time for appeals begins.
        publish_round(PublishRoundInput);
    }
}

/// A grade that is decided otherwise than proposed, or where a tie across the border of the cap leaves it open.
#[derive(Debug, Clone, InputObject)]
pub struct GradeInput {
    /// Whose.
    pub member: ID,
    /// The code of the grade.
    pub grade: String,
    /// Why; free text, at most 4,000 characters. Required where it is not the grade proposed.
    pub reason: Option<String>,
}

inputs! {
    /// A round to be computed.
    TallyRoundInput {
        /// Which round.
        round: ID,
        /// The quarterly rounds that a yearly one is made of; where none is named, all that hold a result of those it
        /// reviews. None of a quarterly one.
        #[graphql(default)]
        rounds: Vec<ID>,
    }

    /// A comment that was looked at.
    ModerateCommentInput {
        /// Which round.
        round: ID,
        /// Whose comment.
        reviewer: ID,
        /// Of whom.
        member: ID,
        /// Whether it is shown.
        released: bool,
        /// Why; free text, at most 4,000 characters. Required where it is withheld.
        reason: Option<String>,
    }

    /// The grades decided.
    DecideGradesInput {
        /// Which round.
        round: ID,
        /// Grades other than proposed, each person once.
        #[graphql(default)]
        grades: Vec<GradeInput>,
    }

    /// A round to be published.
    PublishRoundInput {
        /// Which round.
        round: ID,
    }
}

impl Ask for TallyRoundInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let round = door.round("round", &self.round, RunRounds).await?;
        let named = input::ids("rounds", &self.rounds)?;
        let rounds = door.quarters_of(round, named).await?;
        Ok(round.asks(RoundCommand::Tally { rounds }))
    }
}

impl Ask for ModerateCommentInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let round = door.round("round", &self.round, RunRounds).await?;
        let (reviewer, member): (MemberId, MemberId) =
            (named("reviewer", &self.reviewer)?, named("member", &self.member)?);
        door.not_ones_own(member).await?;
        let (released, reason) = (self.released, door.seal_some(member.0, "reason", self.reason.as_deref()).await?);
        Ok(round.asks(RoundCommand::ModerateComment { reviewer, member, released, reason }))
    }
}

impl Ask for DecideGradesInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let round = door.round("round", &self.round, RunRounds).await?;
        door.not_reviewed_in(round).await?;
        let mut given = Vec::with_capacity(self.grades.len());
        for grade in &self.grades {
            let member: MemberId = named("grades.member", &grade.member)?;
            door.not_ones_own(member).await?;
            // Under each one's own key, so that erasing one takes it from nobody else.
            let reason = door.seal_some(member.0, "grades.reason", grade.reason.as_deref()).await?;
            given.push(GradeGiven { member, grade: input::metric(&grade.grade)?, reason });
        }
        // A refusal tells of the proposal, so the look is kept before it is answered.
        door.looks_at_proposal(round).await?;
        Ok(round.asks(RoundCommand::DecideGrades { given }))
    }
}

impl Ask for PublishRoundInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        Ok(door.round("round", &self.round, RunRounds).await?.asks(RoundCommand::Publish))
    }
}
