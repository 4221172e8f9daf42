//! Competitions 竞赛 and their boards.

use async_graphql::{Context, ID, InputObject, Object};
use domain::id::{BranchId, CompetitionId};
use projections::competitions::{CompetitionKey, CompetitionRow};

use super::board::{Entry, board_of_competition, page_of};
use super::branch::Branch;
use super::figure::Period;
use super::filter::{all_of, equals};
use super::lineage::Opened;
use super::metric::Metric;
use super::subject::Subject;
use super::trail::Event;
use crate::fault::{Fault, Result};
use crate::input::{self, AsOf};
use crate::page::{Connection, Page, Parent, When, weight};
use crate::policy::{Action, Resource, Scope};
use crate::ports::Moment;
use crate::scalar::Position;
use crate::schema::READ;
use crate::session::Session;
use crate::words::{Competitors, RankedBy};

/// What the board of a competition weighs by itself: each is read by statements of its own, as of its own conclusion, so that
/// not more than some forty are asked for at once.
const BOARD: usize = 1_000;

/// A competition as of a moment, its viewer checked.
#[derive(Debug, Clone)]
pub struct Competition {
    row: CompetitionRow,
    at: Moment,
}

impl Competition {
    /// A competition as of a moment, where the viewer reaches its branch or one that competes in it.
    ///
    /// # Errors
    /// [`Fault::Denied`], [`Fault::Read`].
    pub async fn find(session: &Session, competition: CompetitionId, at: Moment) -> Result<Option<Self>> {
        let row = session.row::<CompetitionRow>(&CompetitionKey { competition }, at.position).await?;
        let Some(row) = row else {
            return session.allow(Action::SeeBranches, Resource::Organisation).await.map(|()| None);
        };
        match announcers(session, None, at).await?.holds(row.branch) {
            true => Ok(Some(Self { row, at })),
            false => Err(Fault::denied(Action::SeeBranches, Resource::Branch(row.branch))),
        }
    }

    /// The row behind it.
    #[must_use]
    pub fn row(&self) -> &CompetitionRow {
        &self.row
    }
}

impl Parent for Competition {
    fn key(&self) -> String {
        self.row.competition.to_string()
    }

    fn at(&self) -> Moment {
        self.at
    }

    async fn as_of(&self, session: &Session, at: Moment) -> Result<Option<Self>> {
        Self::find(session, self.row.competition, at).await
    }
}

/// The branches whose competitions the viewer may see: those in reach, and all above them unless one is named.
async fn announcers(session: &Session, within: Option<BranchId>, at: Moment) -> Result<Scope> {
    let scope = session.scope(Action::SeeBranches, within, at.position).await?;
    match within {
        Some(_) => Ok(scope),
        None => Ok(scope.with_above(&session.standing().await?.tree)),
    }
}

/// Which competitions; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct CompetitionFilter {
    /// Only those announced in the subtree of this branch.
    within: Option<ID>,
    /// Only in the metric of this code.
    metric: Option<String>,
    /// Only among members or among branches.
    competitors: Option<Competitors>,
}

/// Competitions.
#[derive(Default)]
pub struct CompetitionQuery;

#[Object]
impl CompetitionQuery {
    /// A competition.
    #[graphql(complexity = "READ + child_complexity")]
    async fn competition(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<Competition>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let competition = input::asked(input::id("id", &id))?;
        Competition::find(session, competition, session.pin_for(When::read(as_of, at_least)).await?).await
    }

    /// Competitions, by id.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn competitions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all in reach where it is left out.")] filter: Option<CompetitionFilter>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Competition>>> {
        let (session, filter) = (Session::of(ctx), filter.unwrap_or_default());
        let page = Page::read(ctx, first, after.as_deref())?;
        let within: Option<BranchId> = input::some_id("within", filter.within.as_ref())?;
        let metric = input::asked(filter.metric.as_deref().map(input::metric).transpose())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        let scope = announcers(session, within, at).await?;
        let competitors = filter.competitors.map(domain::branch::Competitors::from);
        let select = all_of([scope.condition("branch"), equals("metric", metric), equals("competitors", competitors)]);
        Connection::select(session, &page, at.position, select, |row| Competition { row, at }).await.map(Some)
    }
}

/// A competition 竞赛.
#[Object]
impl Competition {
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&self.row, Subject::of_branch(self.row.branch, self.at), self.at).events(ctx, first, after).await
    }

    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        self.row.competition.into()
    }

    /// The branch whose subtree competes; null where your roles do not reach it.
    async fn branch(&self, ctx: &Context<'_>) -> Result<Option<Branch>> {
        Branch::find(Session::of(ctx), self.row.branch, self.at).await
    }

    /// Its title.
    async fn title(&self) -> String {
        self.row.title.to_string()
    }

    /// What is compared.
    async fn metric(&self, ctx: &Context<'_>) -> Result<Option<Metric>> {
        Metric::find(Session::of(ctx), &self.row.metric, self.at).await
    }

    /// The whole time it runs.
    async fn period(&self) -> Period {
        self.row.period.into()
    }

    /// Who competes.
    async fn competitors(&self) -> Competitors {
        self.row.competitors.into()
    }

    /// By what they are ranked.
    async fn ranked_by(&self) -> RankedBy {
        self.row.ranked_by.into()
    }

    /// The position at which it was announced.
    async fn announced_at(&self) -> Position {
        position(self.row.announced_at)
    }

    /// The position at which it was concluded; null while it runs. Its board stays as it stood there.
    async fn concluded_at(&self) -> Option<Position> {
        self.row.concluded_at.map(position)
    }

    /// Its board, as far as your roles reach; of a concluded one as it stood at its conclusion.
    #[graphql(complexity = "BOARD + weight(first, child_complexity)")]
    async fn board(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Entry>>> {
        let session = Session::of(ctx);
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        let reading = board_of_competition(session, &row, row.period, None, at).await?;
        page_of(session, &reading, &page).await.map(Some)
    }
}

/// A position as rows keep it.
fn position(number: i64) -> Position {
    domain::stream::Position(u64::try_from(number).unwrap_or_default()).into()
}
