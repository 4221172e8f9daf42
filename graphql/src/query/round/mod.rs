//! Rounds of evaluation 评议轮次: the page of one, and the list.
//!
//! # Rules
//! - Whoever reaches one of its branches, or takes part in it, sees a round; its people and their results are shown to
//!   whoever reaches each of them, by their branch at the opening.
//! - From the opening to publication nothing here tells a score, a mark or a count of answers.

pub mod appeal;
mod behind;
pub(crate) mod covered;
pub mod explanation;
mod own;
pub mod people;
pub mod plan;
pub mod preset;
pub mod proposal;
pub mod reads;
pub mod result;
pub mod review;
pub mod rules;
mod sealed;
pub mod voting;

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use domain::id::{BranchId, MemberId, RoundId};
use domain::round::Stage;
use projections::bundle::bundle;
use projections::round_people::RoundPersonRow;
use projections::rounds::{RoundKey, RoundRow};
use projections::select::{Order, Select};
use projections::words::SubjectKind as Kind;

use self::appeal::{Appeal, appeals_of};
use self::covered::{in_reach, of_round, people_in_reach, sees, sees_texts};
use self::people::{RosterEntry, on_roster};
use self::result::RoundResult;
use self::rules::{Rules, rules_of};
use self::voting::{GroupVoting, Notice, VoidedAttempt, notices_of, voided_of, voting_of};
use super::figure::Period;
use super::filter::{all_of, equals};
use super::lineage::Opened;
use super::subject::Subject;
use super::trail::Event;
use crate::fault::{Fault, Result};
use crate::input::{self, AsOf, PeriodInput};
use crate::look::What;
use crate::page::{Connection, Page, Parent, When, weight};
use crate::policy::{Action, Resource, Verdict};
use crate::ports::Moment;
use crate::scalar::{DateTime, Position};
use crate::schema::READ;
use crate::session::Session;
use crate::words::RoundStage;

/// What a bundle weighs: it holds everybody's result.
const BUNDLE: usize = 5_000;

/// A round as of a moment, its viewer checked.
#[derive(Debug, Clone)]
pub struct Round {
    row: Arc<RoundRow>,
    at: Moment,
}

impl Round {
    /// The round of a row that the viewer was found to reach.
    #[must_use]
    pub fn reached(row: RoundRow, at: Moment) -> Self {
        Self { row: Arc::new(row), at }
    }

    /// A round as of a moment, where the viewer may see it.
    ///
    /// # Errors
    /// [`Fault::Denied`], [`Fault::Read`].
    pub async fn find(session: &Session, round: RoundId, at: Moment) -> Result<Option<Self>> {
        let asked = (Kind::Round, round.0);
        let Some(row) = session.row::<RoundRow>(&RoundKey { round }, at.position).await? else {
            return session.allow_asked(Action::SeeRounds, Resource::Organisation, asked).await.map(|()| None);
        };
        match sees(session, &row, at).await? {
            true => Ok(Some(Self { row: Arc::new(row), at })),
            false => Err(Fault::tried(Action::SeeRounds, asked)),
        }
    }

    fn shown(&self, ctx: &Context<'_>, at: Option<jiff::Timestamp>) -> Option<DateTime> {
        at.map(|at| Session::of(ctx).shown(at))
    }

    fn members(&self, members: &[MemberId]) -> Vec<Subject> {
        members.iter().map(|member| Subject::of_member(*member, self.at)).collect()
    }
}

impl Parent for Round {
    fn key(&self) -> String {
        self.row.round.to_string()
    }

    fn at(&self) -> Moment {
        self.at
    }

    async fn as_of(&self, session: &Session, at: Moment) -> Result<Option<Self>> {
        Self::find(session, self.row.round, at).await
    }
}

/// Which rounds; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct RoundFilter {
    /// Only those that cover a branch in the subtree of this one.
    within: Option<ID>,
    /// Only of this quarter or year.
    period: Option<PeriodInput>,
    /// Only those that stand there.
    stage: Option<RoundStage>,
}

/// Rounds.
#[derive(Default)]
pub struct RoundQuery;

#[Object]
impl RoundQuery {
    /// A round 评议轮次.
    #[graphql(complexity = "READ + child_complexity")]
    async fn round(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<Round>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let round = input::asked(input::id("id", &id))?;
        Round::find(session, round, session.pin_for(When::read(as_of, at_least)).await?).await
    }

    /// Rounds, by period, the latest first; annulled ones too.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn rounds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all in reach where it is left out.")] filter: Option<RoundFilter>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Round>>> {
        let (session, filter) = (Session::of(ctx), filter.unwrap_or_default());
        session.signed_in()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let within: Option<BranchId> = input::some_id("within", filter.within.as_ref())?;
        let period = input::asked(filter.period.as_ref().map(PeriodInput::read).transpose())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        let select: Select<RoundRow> = all_of([
            in_reach(session, within, period, at).await?,
            equals("period", period),
            equals("stage", filter.stage.map(Stage::from)),
        ]);
        let select = select.by("period", Order::Descending);
        let node = |row| Round::reached(row, at);
        Connection::select(session, &page, at.position, select, node).await.map(Some)
    }
}

/// A round of evaluation 评议轮次.
#[Object]
impl Round {
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&*self.row, Subject::of_round(self.row.round, self.at), self.at).events(ctx, first, after).await
    }

    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        self.row.round.into()
    }

    /// The quarter or the year it is for.
    async fn period(&self) -> Period {
        self.row.period.into()
    }

    /// Where it stands.
    async fn stage(&self) -> RoundStage {
        self.row.stage.into()
    }

    /// 1, and one more after each reopening; 0 before the opening.
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// The branches it covers, at most 50.
    #[graphql(complexity = "weight(Some(50), child_complexity)")]
    async fn branches(&self) -> Vec<Subject> {
        self.row.branches.0.iter().map(|branch| Subject::of_branch(*branch, self.at)).collect()
    }

    /// The version of the organisation's rules that it is for.
    async fn rules_version(&self) -> i64 {
        self.row.rules_version
    }

    /// All its rules: fixed at the opening, before it those of the organisation's version.
    async fn rules(&self, ctx: &Context<'_>) -> Result<Option<Rules>> {
        match &self.row.rules {
            Some(rules) => Ok(Some((&rules.0).into())),
            None => rules_of(Session::of(ctx), self.row.rules_version, self.at).await,
        }
    }

    /// When it was drafted.
    async fn drafted_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.shown(ctx, Some(self.row.drafted_at))
    }

    /// When it opened.
    async fn opened_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.shown(ctx, self.row.opened_at)
    }

    /// The instant from which nothing more is given 截止时间.
    async fn closes_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.shown(ctx, self.row.closes_at)
    }

    /// When it was published.
    async fn published_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.shown(ctx, self.row.published_at)
    }

    /// The end of the publicity 公示截止.
    async fn publicity_until(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.shown(ctx, self.row.publicity_until)
    }

    /// The instant from which no appeal is filed 申诉截止.
    async fn appeal_until(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.shown(ctx, self.row.appeal_until)
    }

    /// Who decided the grades: an opaque id, who therefore answers no appeal.
    async fn decided_by(&self) -> Option<&str> {
        self.row.decided_by.as_ref().map(|actor| actor.0.as_str())
    }

    /// The leaders 领导, who mark everybody but themselves.
    #[graphql(complexity = "weight(Some(50), child_complexity)")]
    async fn leaders(&self) -> Vec<Subject> {
        self.members(&self.row.leaders.0)
    }

    /// Who counts the ballots 计票人.
    #[graphql(complexity = "weight(Some(10), child_complexity)")]
    async fn scrutineers(&self) -> Vec<Subject> {
        self.members(&self.row.scrutineers.0)
    }

    /// How many are reviewed.
    async fn reviewed(&self) -> i64 {
        self.row.reviewed
    }

    /// How many peers hold a ballot.
    async fn peers(&self) -> i64 {
        self.row.peers
    }

    /// The groups that review, each with its latest attempt and turnout; none in a yearly round.
    #[graphql(complexity = "weight(Some(3), child_complexity)")]
    async fn voting(&self) -> Vec<GroupVoting> {
        voting_of(&self.row, self.at)
    }

    /// The attempts that were void, in order.
    #[graphql(complexity = "weight(Some(10), child_complexity)")]
    async fn voided(&self) -> Vec<VoidedAttempt> {
        voided_of(&self.row)
    }

    /// Reopenings and the annulment, with their reasons: part of every result for good. What is only asked for is shown
    /// to who may approve it.
    #[graphql(complexity = "weight(Some(10), child_complexity)")]
    async fn notices(&self, ctx: &Context<'_>) -> Result<Option<Vec<Notice>>> {
        let session = Session::of(ctx);
        let texts = sees_texts(session, &self.row, self.at).await?;
        let mut approves = true;
        for branch in &self.row.branches.0 {
            approves &= session.verdict(Action::RunRounds, Resource::Branch(*branch)).await? == Verdict::Allow;
        }
        notices_of(session, &self.row, texts, approves).await.map(Some)
    }

    /// Of a yearly round, the quarterly ones it was computed from, at most 400.
    #[graphql(complexity = "weight(Some(100), child_complexity)")]
    async fn quarters(&self) -> Vec<Subject> {
        self.row.quarters.0.iter().map(|round| Subject::of_round(*round, self.at)).collect()
    }

    /// Your own place in it; null where you have none.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<RosterEntry>> {
        let session = Session::of(ctx);
        let Some(me) = session.myself().await? else { return Ok(None) };
        let person = covered::place(session, self.row.round, me, self.at).await?;
        Ok(person.map(|person| RosterEntry::new(Arc::clone(&self.row), person, self.at)))
    }

    /// Who takes part 名册, as of the opening, by id, as far as your roles reach.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn roster(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<RosterEntry>>> {
        let session = Session::of(ctx);
        let (round, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        let reach = on_roster(session, &round).await?;
        let Self { row, at } = round;
        let select = all_of([of_round(&row), reach]);
        let node = |person| RosterEntry::new(Arc::clone(&row), person, at);
        Connection::select(session, &page, at.position, select, node).await.map(Some)
    }

    /// The published results 结果, by id of the person, as far as your roles reach; null before publication.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn results(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<RoundResult>>> {
        let session = Session::of(ctx);
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        let reach = people_in_reach(session, Action::SeeResults, at).await?;
        if !row.is_published() {
            return Ok(None);
        }
        let published = projections::select::Condition::Known("version");
        let select = all_of([of_round(&row), reach, Some(published)]);
        let node = |person| RoundResult::new(Arc::clone(&row), person, at);
        let results = Connection::select(session, &page, at.position, select, node).await?;
        results.rows().for_each(|result: &RoundResult| result.note(session));
        Ok(Some(results))
    }

    /// The appeals 申诉, by id, as far as your roles reach.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn appeals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Appeal>>> {
        let session = Session::of(ctx);
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        let appeals = appeals_of(session, &row, at).await?;
        let after = page.place(&appeal::columns())?;
        let rows = appeals.into_iter().map(|appeal| (appeal.place(), appeal));
        let rest = rows.filter(|(place, _)| after.as_ref().is_none_or(|after| place > after));
        let appeals = Connection::of(session, &page, at.position, rest.take(page.limit + 1));
        appeals.rows().for_each(|appeal: &Appeal| appeal.note(session));
        Ok(Some(appeals))
    }

    /// The whole round as JSON for recounting it without trusting this program 复核数据包: rules, turnout, every mark and
    /// count that is part of a score, and what was stated. Ids only. Null before publication; for whoever sees the results
    /// of every branch it covers.
    #[graphql(complexity = "BUNDLE + child_complexity")]
    async fn bundle(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let session = Session::of(ctx);
        let asked = (Kind::Round, self.row.round.0);
        for branch in &self.row.branches.0 {
            session.allow_asked(Action::SeeResults, Resource::Branch(*branch), asked).await?;
        }
        if !self.row.is_published() {
            return Ok(None);
        }
        session.note(What::Bundle, Some(asked), self.at);
        let select: Select<RoundPersonRow> = all_of([of_round(&self.row)]);
        let people = covered::every(session, select, self.at).await?;
        Ok(bundle(&self.row, &people))
    }
}
