//! Published results 评议结果, with how they came about and every version that stood.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use domain::id::{MemberId, RoundId};
use domain::round as model;
use futures_util::future::try_join_all;
use projections::cell::{Cell, Column, ColumnType, Kind};
use projections::round_people::RoundPersonRow;
use projections::round_results::RoundResultRow;
use projections::rounds::{RoundKey, RoundRow};
use projections::select::{Condition, Select};
use projections::words::SubjectKind;

use super::super::figure::Period;
use super::super::filter::{all_of, equals};
use super::super::lineage::{Behind, told};
use super::super::subject::Subject;
use super::super::trail::Event;
use super::Round;
use super::appeal::{Appeal, appeals_of_person};
use super::behind::traces;
use super::covered::{every, person, resource_of};
use super::explanation::{Explanation, score};
use super::review::{LeaderReview, SelfReview, leader_reviews, self_review};
use crate::fault::{Fault, Result};
use crate::global::Global;
use crate::input::{self, AsOf};
use crate::look::What;
use crate::page::{Connection, Page, Parent, When, weight};
use crate::policy::{Action, Resource, Verdict};
use crate::ports::Moment;
use crate::scalar::{DateTime, Decimal, Position};
use crate::schema::READ;
use crate::session::Session;
use crate::words::ReviewGroup;

/// A person's published result 评议结果, its viewer checked.
#[derive(Debug, Clone)]
pub struct RoundResult {
    round: Arc<RoundRow>,
    person: RoundPersonRow,
    at: Moment,
}

impl RoundResult {
    /// A published result; the policy was asked for it.
    #[must_use]
    pub fn new(round: Arc<RoundRow>, person: RoundPersonRow, at: Moment) -> Self {
        Self { round, person, at }
    }

    /// Notes that it is about to be shown.
    pub fn note(&self, session: &Session) {
        session.note_member(What::Results, self.person.member, self.at);
    }

    /// A person's result where the viewer may see it; nothing before publication.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
    pub async fn find(session: &Session, round: RoundId, member: MemberId, at: Moment) -> Result<Option<Self>> {
        let row = session.row::<RoundRow>(&RoundKey { round }, at.position).await?;
        let Some((row, person)) = row.zip(person(session, round, member, at).await?) else {
            return session
                .allow_asked(Action::SeeResults, Resource::Organisation, (SubjectKind::Member, member.0))
                .await
                .map(|()| None);
        };
        session.allow(Action::SeeResults, resource_of(session, &person, at).await?).await?;
        let published = row.is_published() && person.version.is_some();
        let found = published.then(|| Self::new(Arc::new(row), person, at));
        Ok(found.inspect(|found| found.note(session)))
    }

    async fn about(&self, session: &Session) -> Result<Resource> {
        resource_of(session, &self.person, self.at).await
    }

    /// The explanation of a result under the rules of the round.
    fn explained(&self, result: &domain::round::MemberResult, about: Resource) -> Option<Explanation> {
        let rules = Arc::new(self.round.rules.as_ref()?.0.clone());
        let (rules_version, result) = (self.round.rules_version, Arc::new(result.clone()));
        Some(Explanation { rules, rules_version, result, about, at: self.at })
    }

    /// Every version there was, in order.
    async fn rows(&self, session: &Session) -> Result<Vec<RoundResultRow>> {
        let (common, one) = ([("round", self.round.round.to_cell())], ("member", self.person.member.to_cell()));
        session.among(&common, one, self.at.position).await
    }
}

impl Parent for RoundResult {
    fn key(&self) -> String {
        format!("result of {} in {}", self.person.member, self.round.round)
    }

    fn at(&self) -> Moment {
        self.at
    }

    async fn as_of(&self, session: &Session, at: Moment) -> Result<Option<Self>> {
        Self::find(session, self.round.round, self.person.member, at).await
    }
}

/// A version of a result 结果版本.
#[derive(Debug, Clone, SimpleObject)]
pub struct ResultVersion {
    /// 1, and one more after each correction.
    version: i64,
    /// When it was published.
    published_at: DateTime,
    /// The position at which it was published.
    position: Position,
    /// The score of the version before; null for the first, and where that was incomplete.
    score_before: Option<Decimal>,
    /// What led to it; null for the first.
    correction: Option<Correction>,
    /// How it came about.
    explanation: Explanation,
}

/// What led to a version of a result 更正.
#[derive(Debug, Clone, SimpleObject)]
pub struct Correction {
    /// The appeal it follows from; null where it follows from none.
    appeal: Option<ID>,
    /// Why; free text, null where your roles do not reach.
    reason: Option<String>,
    /// Who corrected it: an opaque id.
    by: String,
    /// What was put right; with what, the version says. Empty of corrections from before this was recorded.
    put_right: Vec<PutRight>,
}

/// The kinds of thing that a correction puts right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum CorrectionKind {
    /// What was counted of a secret group.
    Counts,
    /// What one leader marked.
    Marks,
    /// The grade.
    Grade,
    /// A year's result, computed anew from quarters and comparisons.
    Recompute,
}

/// What a correction puts right 更正内容.
#[derive(Debug, Clone, SimpleObject)]
pub struct PutRight {
    /// Which kind of thing.
    kind: CorrectionKind,
    /// Of the counts, which group.
    group: Option<ReviewGroup>,
    /// Of the marks, which leader.
    reviewer: Option<Subject>,
}

/// The published results of a member that the viewer may see, the latest period first.
///
/// # Errors
/// `page.bad_cursor`, [`crate::fault::Fault::Read`].
pub async fn results_of_member(
    session: &Session,
    member: MemberId,
    at: Moment,
    page: &Page,
) -> Result<Connection<RoundResult>> {
    let select: Select<RoundPersonRow> = all_of([equals("member", Some(member)), Some(Condition::Known("version"))]);
    let people = every(session, select, at).await?;
    let shown = people.into_iter().map(async |person: RoundPersonRow| {
        let row = session.row::<RoundRow>(&RoundKey { round: person.round }, at.position).await?;
        let Some(row) = row.filter(RoundRow::is_published) else { return Ok::<_, Fault>(None) };
        let about = resource_of(session, &person, at).await?;
        let allowed = session.verdict(Action::SeeResults, about).await? == Verdict::Allow;
        Ok(allowed.then(|| RoundResult::new(Arc::new(row), person, at)))
    });
    let mut shown: Vec<RoundResult> = try_join_all(shown).await?.into_iter().flatten().collect();
    shown.sort_by_key(|result| (std::cmp::Reverse(result.round.period.to_string()), result.round.round));
    let text = Column { name: "period", kind: Kind::Text, nullable: false };
    let after = page.place(&[text, Column { name: "round", kind: Kind::Uuid, nullable: false }])?;
    let place = |result: &RoundResult| vec![result.round.period.to_cell(), result.round.round.to_cell()];
    let rows = shown.into_iter().map(|result| (place(&result), result));
    let follows = |place: &[Cell], after: &[Cell]| (&after[0], &place[1]) > (&place[0], &after[1]);
    let rest = rows.filter(|(place, _)| after.as_ref().is_none_or(|after| follows(place, after)));
    let page = Connection::of(session, page, at.position, rest.take(page.limit + 1));
    page.rows().for_each(|result: &RoundResult| result.note(session));
    Ok(page)
}

/// Results.
#[derive(Default)]
pub struct ResultQuery;

#[Object]
impl ResultQuery {
    /// A person's published result in a round 评议结果, with how it came about; null before publication.
    #[graphql(complexity = "READ + child_complexity")]
    async fn round_result(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The round.")] round: ID,
        #[graphql(desc = "The person.")] member: ID,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<RoundResult>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let round = input::asked(input::id("round", &round))?;
        let member = input::asked(input::id("member", &member))?;
        RoundResult::find(session, round, member, session.pin_for(When::read(as_of, at_least)).await?).await
    }
}

/// A person's published result in a round 评议结果.
#[Object]
impl RoundResult {
    /// The id.
    pub(crate) async fn id(&self) -> ID {
        Global::RoundResult(self.round.round, self.person.member).id()
    }

    /// The round; null where your roles do not reach it.
    async fn round(&self, ctx: &Context<'_>) -> Result<Option<Round>> {
        Round::find(Session::of(ctx), self.round.round, self.at).await
    }

    /// Whose result it is.
    async fn member(&self) -> Subject {
        Subject::of_member(self.person.member, self.at)
    }

    /// The branch at the opening.
    async fn branch(&self) -> Option<Subject> {
        self.person.branch.map(|branch| Subject::of_branch(branch, self.at))
    }

    /// The round's period.
    async fn period(&self) -> Period {
        self.round.period.into()
    }

    /// The version that stands: 1, and one more after each correction.
    async fn version(&self) -> Option<i64> {
        self.person.version
    }

    /// The score that stands; null where it is incomplete.
    async fn score(&self) -> Option<Decimal> {
        self.person.score.map(score)
    }

    /// The code of the grade that stands.
    async fn grade(&self) -> Option<String> {
        self.person.grade.as_ref().map(ToString::to_string)
    }

    /// When it was first published.
    async fn published_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.person.published_at.map(|at| Session::of(ctx).shown(at))
    }

    /// How the result that stands came about 结果说明.
    async fn explanation(&self, ctx: &Context<'_>) -> Result<Option<Explanation>> {
        let about = self.about(Session::of(ctx)).await?;
        Ok(self.person.result.as_ref().and_then(|result| self.explained(&result.0, about)))
    }

    /// Every version there was, in order, the one that stands last.
    #[graphql(complexity = "weight(Some(5), child_complexity)")]
    async fn versions(&self, ctx: &Context<'_>) -> Result<Option<Vec<ResultVersion>>> {
        let session = Session::of(ctx);
        let about = self.about(session).await?;
        let mut versions = vec![];
        for row in self.rows(session).await? {
            let Some((result, at)) = row.result.as_ref().zip(row.published_at) else { continue };
            let Some(explanation) = self.explained(&result.0, about) else { continue };
            versions.push(ResultVersion {
                version: row.version,
                published_at: session.shown(at),
                position: position(row.position),
                score_before: row.score_before.map(score),
                correction: correction(session, &row, about, self.at).await?,
                explanation,
            });
        }
        Ok(Some(versions))
    }

    /// What the person said of themselves 自评; null where nothing was said.
    async fn self_review(&self, ctx: &Context<'_>) -> Result<Option<SelfReview>> {
        let session = Session::of(ctx);
        self_review(session, &self.round, &self.person, self.about(session).await?).await
    }

    /// The leaders' reviews 领导点评, with the comments that were released.
    #[graphql(complexity = "weight(Some(10), child_complexity)")]
    async fn leader_reviews(&self, ctx: &Context<'_>) -> Result<Option<Vec<LeaderReview>>> {
        let session = Session::of(ctx);
        let about = self.about(session).await?;
        leader_reviews(session, &self.round, &self.person, about, self.at).await.map(Some)
    }

    /// The appeals 申诉 against it.
    #[graphql(complexity = "weight(Some(5), child_complexity)")]
    async fn appeals(&self, ctx: &Context<'_>) -> Result<Option<Vec<Appeal>>> {
        let session = Session::of(ctx);
        let about = self.about(session).await?;
        appeals_of_person(session, &self.round, self.person.member, about, self.at).await.map(Some)
    }

    /// The events behind the version that stands, the earliest first.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        let session = Session::of(ctx);
        let (result, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        let about = result.about(session).await?;
        session.allow(Action::SeeTrail, about).await?;
        let standing = result.rows(session).await?.into_iter().filter_map(|row| row.position).max();
        let upto = position(standing).0;
        let traces = traces(&result.round, &result.person);
        told(session, Behind::Traces(&traces, upto), about, result.at, &page).await.map(Some)
    }
}

/// What led to a version; nothing for the first.
async fn correction(
    session: &Session,
    row: &RoundResultRow,
    about: Resource,
    at: Moment,
) -> Result<Option<Correction>> {
    let Some(by) = &row.corrected_by else { return Ok(None) };
    let reason = session.text(row.reason.as_ref(), about).await?;
    let put_right = row.put_right.0.iter().map(|put_right| PutRight::of(*put_right, at)).collect();
    Ok(Some(Correction { appeal: row.appeal.map(Into::into), reason, by: by.0.clone(), put_right }))
}

impl PutRight {
    fn of(put_right: model::PutRight, at: Moment) -> Self {
        let (kind, group, reviewer) = match put_right {
            model::PutRight::Counts { group } => (CorrectionKind::Counts, Some(group.into()), None),
            model::PutRight::Marks { reviewer } => {
                (CorrectionKind::Marks, None, Some(Subject::of_member(reviewer, at)))
            }
            model::PutRight::Grade => (CorrectionKind::Grade, None, None),
            model::PutRight::Recompute => (CorrectionKind::Recompute, None, None),
        };
        Self { kind, group, reviewer }
    }
}

fn position(number: Option<i64>) -> Position {
    domain::stream::Position(number.and_then(|number| u64::try_from(number).ok()).unwrap_or_default()).into()
}
