//! Ballots on paper 纸质票: handed out, taken back, counted by two scrutineers apart.

use async_graphql::{Context, ID, InputObject, Object};
use domain::id::MemberId;
use domain::round::{Count, Counts, RoundCommand};
use uuid::Uuid;

use super::{inputs, mutations};
use crate::door::{Ask, AskEach, Asked, Door, Halt, Part, RoundSubject, named, through_each};
use crate::fault;
use crate::input;
use crate::policy::Action::{KeepBallots, TakePart};
use crate::refusal::{Outcomes, Refusal};
use crate::words::ReviewGroup;

/// The most persons whose answers are entered in one call.
pub const PERSONS_MOST: usize = 500;

mutations! {
    /// Ballots on paper.
    Ballots {
        /// Hands out ballots 发票: one to a peer by name, or many to the public.
        issue_paper(IssuePaperInput);
        /// Says how many ballots came back 收票; again until the close, the last one counts.
        return_paper(ReturnPaperInput);
    }
}

/// The counts.
#[derive(Default)]
pub struct Counting;

#[Object]
impl Counting {
    /// Enters what the viewer, a scrutineer of the round, counted 计票: for each person the answers in every dimension. Each
    /// person is accepted or refused by itself; again until the close, the last count of each scrutineer counts. The round
    /// closes once both counts agree on everybody.
    async fn count_paper(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: CountPaperInput,
    ) -> fault::Result<Option<Outcomes>> {
        through_each(ctx, input).await.map(Some)
    }
}

/// What was counted on one person.
#[derive(Debug, Clone, InputObject)]
pub struct PersonCountInput {
    /// On whom.
    pub member: ID,
    /// The answers, every dimension of the group once.
    pub counts: Vec<DimensionCountInput>,
}

/// What was counted in one dimension. Ballots that say nothing here are not entered.
#[derive(Debug, Clone, InputObject)]
pub struct DimensionCountInput {
    /// The code of the dimension.
    pub dimension: String,
    /// How many ballots gave each grade; a grade nobody gave may be left out.
    pub grades: Vec<GradeCountInput>,
    /// How many said they do not know 不了解.
    #[graphql(default)]
    pub unknown: i64,
    /// How many are over-marked or unreadable 废票.
    #[graphql(default)]
    pub invalid: i64,
}

/// How many ballots gave a grade.
#[derive(Debug, Clone, InputObject)]
pub struct GradeCountInput {
    /// The code of the grade.
    pub grade: String,
    /// How many.
    pub count: i64,
}

inputs! {
    /// Ballots to be handed out.
    IssuePaperInput {
        /// Which round.
        round: ID,
        /// To which group.
        group: ReviewGroup,
        /// To which peer; nobody is named for the public.
        to: Option<ID>,
        /// How many; a peer holds one.
        #[graphql(default = 1)]
        count: i64,
    }

    /// Ballots that came back.
    ReturnPaperInput {
        /// Which round.
        round: ID,
        /// From which group.
        group: ReviewGroup,
        /// How many came back.
        returned: i64,
        /// How many of them hold nothing at all.
        #[graphql(default)]
        blank: i64,
    }

    /// What a scrutineer counted.
    CountPaperInput {
        /// Which round.
        round: ID,
        /// Of which group.
        group: ReviewGroup,
        /// On whom, each person once, at most 500.
        persons: Vec<PersonCountInput>,
    }
}

/// Counts by dimension.
///
/// # Errors
/// `text.bad_code`, `input.bad_number`, `input.named_twice`.
pub fn counts(given: Vec<DimensionCountInput>) -> Result<Counts, Refusal> {
    let of_grade = |given: GradeCountInput| Ok((input::metric(&given.grade)?, input::count("count", given.count)?));
    let of_dimension = |given: DimensionCountInput| {
        let grades = input::each_once("grades", given.grades.into_iter().map(of_grade))?;
        let (unknown, invalid) = (input::count("unknown", given.unknown)?, input::count("invalid", given.invalid)?);
        Ok((input::metric(&given.dimension)?, Count { grades, unknown, invalid }))
    };
    input::each_once("counts", given.into_iter().map(of_dimension))
}

impl Ask for IssuePaperInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let round = door.round("round", &self.round, KeepBallots).await?;
        let to = self.to.as_ref().map(|to| named("to", to)).transpose()?;
        let count = input::count("count", self.count)?;
        Ok(round.asks(RoundCommand::IssuePaper { group: self.group.into(), to, count }))
    }
}

impl Ask for ReturnPaperInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let round = door.round("round", &self.round, KeepBallots).await?;
        let (returned, blank) = (input::count("returned", self.returned)?, input::count("blank", self.blank)?);
        Ok(round.asks(RoundCommand::ReturnPaper { group: self.group.into(), returned, blank }))
    }
}

/// One person's count.
pub struct PersonCount {
    round: RoundSubject,
    group: ReviewGroup,
    scrutineer: MemberId,
    member: MemberId,
    counts: Vec<DimensionCountInput>,
}

impl AskEach for CountPaperInput {
    type Part = PersonCount;

    async fn parts(self, door: &Door<'_>) -> Result<Vec<PersonCount>, Halt> {
        let (round, scrutineer) = door.part("round", &self.round, TakePart).await?;
        let given = self.persons.len();
        if given > PERSONS_MOST {
            return Err(Refusal::too_many("persons", given, PERSONS_MOST).into());
        }
        let mut parts: Vec<PersonCount> = Vec::with_capacity(given);
        for person in self.persons {
            let member: MemberId = named("persons.member", &person.member)?;
            if parts.iter().any(|part| part.member == member) {
                return Err(Refusal::named_twice("persons", &member.to_string()).into());
            }
            parts.push(PersonCount { round, group: self.group, scrutineer, member, counts: person.counts });
        }
        Ok(parts)
    }
}

impl Part for PersonCount {
    fn about(&self) -> Vec<Uuid> {
        vec![self.member.0]
    }

    async fn put(self, _door: &Door<'_>) -> Result<Asked, Halt> {
        let (group, member, scrutineer) = (self.group.into(), self.member, self.scrutineer);
        let counts = counts(self.counts)?;
        Ok(self.round.asks(RoundCommand::CountPaper { group, member, scrutineer, counts }))
    }
}
