//! Appeals and corrections 申诉与更正: the result stands meanwhile; what is put right is a new version.

use async_graphql::{ID, InputObject, OneofObject};
use domain::id::{AppealId, MemberId};
use domain::round::{Fix, RoundCommand};

use super::ballot::{DimensionCountInput, counts};
use super::review::{MarkInput, marks};
use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt, named};
use crate::input;
use crate::policy::Action::{RunRounds, TakePart};
use crate::words::ReviewGroup;

mutations! {
    /// Appeals and corrections.
    Appeals {
        /// Appeals against one's own result 申诉.
        file_appeal(FileAppealInput);
        /// Answers an appeal 申诉答复, by somebody other than who decided. One that is upheld says what is put right.
        answer_appeal(AnswerAppealInput);
        /// Puts a published result right without an appeal 更正.
        correct_result(CorrectResultInput);
    }
}

/// What is put right in a result: exactly one of these.
#[derive(Debug, Clone, OneofObject)]
pub enum FixInput {
    /// What was counted of a secret group on the person, all dimensions.
    Counts(CountsFixInput),
    /// What one leader marked.
    Marks(MarksFixInput),
    /// The grade, by its code.
    Grade(String),
    /// A year's result, from its quarters and the comparisons as they are now: true.
    Recompute(bool),
}

/// The right counts of a group.
#[derive(Debug, Clone, InputObject)]
pub struct CountsFixInput {
    /// Which group.
    pub group: ReviewGroup,
    /// The answers, every dimension once.
    pub counts: Vec<DimensionCountInput>,
}

/// The right marks of a leader.
#[derive(Debug, Clone, InputObject)]
pub struct MarksFixInput {
    /// Which leader.
    pub reviewer: ID,
    /// The marks, each dimension once.
    pub marks: Vec<MarkInput>,
}

inputs! {
    /// An appeal.
    FileAppealInput {
        /// Which round.
        round: ID,
        /// Why; free text, at most 4,000 characters.
        text: String,
    }

    /// The answer to an appeal.
    AnswerAppealInput {
        /// Which round.
        round: ID,
        /// Which appeal.
        appeal: ID,
        /// Whether it is right.
        upheld: bool,
        /// What is said to it; free text, at most 4,000 characters.
        answer: String,
        /// What is put right; nothing where the appeal is refused.
        #[graphql(default)]
        fixes: Vec<FixInput>,
    }

    /// A correction.
    CorrectResultInput {
        /// Which round.
        round: ID,
        /// Whose result.
        member: ID,
        /// What is put right.
        fixes: Vec<FixInput>,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }
}

impl FixInput {
    /// Nothing where it says that nothing is put right.
    fn read(self) -> Result<Option<Fix>, Halt> {
        Ok(match self {
            Self::Counts(fix) => Some(Fix::Counts { group: fix.group.into(), counts: counts(fix.counts)? }),
            Self::Marks(fix) => {
                Some(Fix::Marks { reviewer: named("fixes.reviewer", &fix.reviewer)?, marks: marks(fix.marks)? })
            }
            Self::Grade(grade) => Some(Fix::Grade { grade: input::metric(&grade)? }),
            Self::Recompute(wanted) => wanted.then_some(Fix::Recompute),
        })
    }
}

fn fixes(given: Vec<FixInput>) -> Result<Vec<Fix>, Halt> {
    given.into_iter().filter_map(|fix| fix.read().transpose()).collect()
}

impl Ask for FileAppealInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let (round, member) = door.part("round", &self.round, TakePart).await?;
        let appeal: AppealId = door.mint("appeal");
        let text = door.seal(member.0, "text", &self.text).await?;
        Ok(round.asks(RoundCommand::FileAppeal { appeal, member, text }).naming(appeal.0))
    }
}

impl Ask for AnswerAppealInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let round = door.round("round", &self.round, RunRounds).await?;
        let appeal: AppealId = named("appeal", &self.appeal)?;
        let fixes = fixes(self.fixes)?;
        let member = door.appellant(round, appeal).await?;
        door.not_ones_own(member).await?;
        let answer = door.seal(member.0, "answer", &self.answer).await?;
        let command = RoundCommand::AnswerAppeal { appeal, upheld: self.upheld, answer, fixes };
        Ok(round.asks(command).naming(appeal.0))
    }
}

impl Ask for CorrectResultInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let round = door.round("round", &self.round, RunRounds).await?;
        let member: MemberId = named("member", &self.member)?;
        door.not_ones_own(member).await?;
        let fixes = fixes(self.fixes)?;
        let reason = door.seal(member.0, "reason", &self.reason).await?;
        Ok(round.asks(RoundCommand::Correct { member, fixes, reason }).naming(member.0))
    }
}
