//! Subscriptions 订阅: what changes is sent again as the projections move.
//!
//! # Rules
//! - Each answer is as of one position and made under the rights of that moment; who loses a right gets an error and
//!   the end.
//! - A trail resumed after a position misses nothing and repeats nothing. One resumed after a position that was had under
//!   another origin of the log is refused (`position.other_origin`), where the origin is given with it.
//! - Positions that come faster than answers can be made are taken together.

use std::collections::VecDeque;
use std::sync::Arc;

use async_graphql::{Context, Subscription};
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, Stream, unfold};
use projections::cell::Cell;
use projections::select::Order;

use crate::fault::Result;
use crate::page::{Connection, Page, weight};
use crate::ports::{AsOf, Moment};
use crate::query::board::{BoardInput, Entry, page_of};
use crate::query::report::{Report, WEIGHT, report_at};
use crate::query::trail::{Event, TrailFilter, trail};
use crate::scalar::Position;
use crate::schema::READ;
use crate::session::Session;

/// How many events are read at a time.
const PORTION: usize = 100;

/// What can be followed 订阅.
#[derive(Default)]
pub struct Feed;

/// The moments of the projections, of several that wait only the last.
struct Moments {
    session: Arc<Session>,
    positions: BoxStream<'static, Vec<domain::stream::Position>>,
}

impl Moments {
    fn of(session: &Arc<Session>) -> Self {
        session.follow();
        let positions = session.reads().positions().ready_chunks(1_024).boxed();
        Self { session: Arc::clone(session), positions }
    }

    /// The next moment, with the rights of that moment.
    async fn next(&mut self) -> Option<Result<Moment>> {
        let position = self.positions.next().await?.into_iter().max()?;
        let moment = self.session.pin(Some(AsOf::Position(position)), None).await;
        if let Ok(moment) = &moment {
            self.session.move_to(*moment).await;
        }
        Some(moment)
    }
}

/// What follows a trail.
struct Follower {
    moments: Moments,
    filter: TrailFilter,
    waiting: VecDeque<Event>,
    last: domain::stream::Position,
    /// The moment whose events may not all have been read.
    at: Option<Moment>,
    over: bool,
}

impl Follower {
    async fn next(mut self) -> Option<(Result<Event>, Self)> {
        while !self.over {
            if let Some(event) = self.waiting.pop_front() {
                self.last = event.position();
                return Some((Ok(event), self));
            }
            if let Err(fault) = self.read().await? {
                self.over = true;
                return Some((Err(fault), self));
            }
        }
        None
    }

    async fn read(&mut self) -> Option<Result<()>> {
        let at = match self.at.take() {
            Some(at) => at,
            None => match self.moments.next().await? {
                Ok(at) => at,
                Err(fault) => return Some(Err(fault)),
            },
        };
        let after = Cell::Int(i64::try_from(self.last.0).unwrap_or(i64::MAX));
        let read = trail(&self.moments.session, &self.filter, at, Order::Ascending, Some(after), PORTION).await;
        Some(read.map(|events| {
            self.at = (events.len() == PORTION).then_some(at);
            self.waiting.extend(events);
        }))
    }
}

/// Sends an answer at each moment at which it differs from the one sent last.
fn changes<T, K, Make, Made>(moments: Moments, make: Make, key: fn(&T) -> K) -> impl Stream<Item = Result<T>> + Send
where
    T: Send,
    K: PartialEq + Send,
    Make: Fn(Arc<Session>, Moment) -> Made + Send,
    Made: Future<Output = Result<T>> + Send,
{
    unfold(Some((moments, make, None)), move |going| async move {
        let (mut moments, make, sent) = going?;
        loop {
            let answer = match moments.next().await? {
                Ok(at) => make(Arc::clone(&moments.session), at).await,
                Err(fault) => Err(fault),
            };
            let said = answer.as_ref().map(key).ok();
            match answer {
                Err(fault) => return Some((Err(fault), None)),
                Ok(answer) if said != sent => return Some((Ok(answer), Some((moments, make, said)))),
                Ok(_same) => {}
            }
        }
    })
}

/// What can be followed 订阅. Each answer is as of one position of the log.
#[Subscription]
impl Feed {
    /// The position the projections have reached, now and whenever it moves.
    #[graphql(complexity = "READ + child_complexity")]
    async fn position(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Position>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        Ok(session.reads().positions().map(Position::from))
    }

    /// The events of the audit trail that follow a position, in order, without end.
    #[graphql(complexity = "READ + child_complexity")]
    async fn audit_trail(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The last position had, best with its origin as \"1234@ORIGIN\"; what is recorded from now on where it is left out."
        )]
        after: Option<Position>,
        #[graphql(desc = "Which events; all in reach where it is left out.")] filter: Option<TrailFilter>,
    ) -> Result<impl Stream<Item = async_graphql::Result<Event>>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let last = match after {
            Some(position) => {
                session.under_origin(&[position.1])?;
                session.recorded(position.0).await?
            }
            None => session.pin(None, None).await?.position,
        };
        let (moments, filter) = (Moments::of(session), filter.unwrap_or_default());
        let follower = Follower { moments, filter, waiting: VecDeque::new(), last, at: None, over: false };
        Ok(unfold(follower, Follower::next).map(|event| event.map_err(Into::into)))
    }

    /// The top of a leaderboard, sent again when it changed.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn leaderboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which board.")] board: BoardInput,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
    ) -> Result<impl Stream<Item = async_graphql::Result<Connection<Entry>>>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let page = Page::read(ctx, first, None)?;
        let make = move |session: Arc<Session>, at: Moment| {
            let (board, page) = (board.clone(), page.clone());
            async move {
                let reading = board.read(&session, at).await?;
                page_of(&session, &reading, &page.anew(&session)).await
            }
        };
        let key = |page: &Connection<Entry>| page.rows().map(Entry::said).collect::<Vec<_>>();
        Ok(changes(Moments::of(session), make, key).map(|page| page.map_err(Into::into)))
    }

    /// The report of a year, sent again when a figure changed.
    #[graphql(complexity = "WEIGHT + child_complexity")]
    async fn report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The calendar year, 2000 to 2199.")] year: i32,
    ) -> Result<impl Stream<Item = async_graphql::Result<Report>>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let make = move |session: Arc<Session>, at| async move { report_at(&session, year, at).await };
        let key = |report: &Report| report.figures.clone();
        Ok(changes(Moments::of(session), make, key).map(|report| report.map_err(Into::into)))
    }
}
