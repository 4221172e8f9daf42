//! Subscriptions 订阅: what changes is sent again as the projections move.
//!
//! # Rules
//! - Each answer is as of one position and made under the rights of that moment; who loses a right gets an error and
//!   the end.
//! - A trail resumed after a position misses nothing and repeats nothing. One resumed after a position that was had under
//!   another origin of the log is refused (`position.other_origin`), where the origin is given with it.
//! - What is sent again when it changed is resumed after the position of the last answer had: the next one is sent once it
//!   differs from what was as of that position, so nothing is sent twice and no change is missed. What came between two answers
//!   is not sent: `leaderboardChange` and the trail tell it.
//! - Nothing is sent any more once the proof of who follows has run out.
//! - Positions that come faster than answers can be made are taken together.

use std::collections::VecDeque;
use std::sync::Arc;

use async_graphql::{Context, ID, Subscription};
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, Stream, unfold};
use projections::cell::Cell;
use projections::select::Order;

use crate::fault::Result;
use crate::input;
use crate::page::{Connection, Page, weight};
use crate::ports::{AsOf, Moment};
use crate::query::board::{BoardInput, Entry, page_of};
use crate::query::report::{Report, WEIGHT, report_at};
use crate::query::round::voting::Turnout;
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
        if let Err(fault) = self.session.signed_in() {
            return Some(Err(fault));
        }
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

/// Sends an answer at each moment at which it differs from the one sent last, or from that which whoever goes on had.
///
/// # Errors
/// `position.other_origin`, `position.beyond_head`.
async fn changes<T, K, Make, Made>(
    session: &Arc<Session>,
    after: Option<Position>,
    make: Make,
    key: fn(&T) -> K,
) -> Result<impl Stream<Item = async_graphql::Result<T>> + Send + use<T, K, Make, Made>>
where
    T: Send,
    K: PartialEq + Send,
    Make: Fn(Arc<Session>, Moment) -> Made + Send,
    Made: Future<Output = Result<T>> + Send,
{
    let had = match after {
        Some(after) => {
            let at = session.pin(Some(AsOf::Position(resumed(session, after).await?)), None).await?;
            // What has no answer by the rights of today was not had.
            make(Arc::clone(session), at).await.ok().map(|answer| key(&answer))
        }
        None => None,
    };
    let answers = unfold(Some((Moments::of(session), make, had)), move |going| async move {
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
    });
    Ok(answers.map(|answer| answer.map_err(Into::into)))
}

/// The position to go on after: of this log, and not beyond its end.
async fn resumed(session: &Session, after: Position) -> Result<domain::stream::Position> {
    session.under_origin(&[after.1])?;
    session.recorded(after.0).await
}

/// What can be followed 订阅. Each answer is as of one position of the log.
#[Subscription]
impl Feed {
    /// The position the projections have reached, now and whenever it moves.
    #[graphql(complexity = "READ + child_complexity")]
    async fn position(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = async_graphql::Result<Position>>> {
        let session = Arc::clone(Session::of(ctx));
        session.signed_in()?;
        let positions = session.reads().positions();
        Ok(unfold(Some((positions, session)), |going| async move {
            let (mut positions, session) = going?;
            let position = positions.next().await?;
            match session.signed_in() {
                Ok(_) => Some((Ok(position.into()), Some((positions, session)))),
                Err(fault) => Some((Err(fault.into()), None)),
            }
        }))
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
            Some(after) => resumed(session, after).await?,
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
        #[graphql(
            desc = "The position of the last answer had, best with its origin as \"1234@ORIGIN\": nothing is sent until it differs from that. What there is now, at once, where it is left out."
        )]
        after: Option<Position>,
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
        changes(session, after, make, key).await
    }

    /// The report of a year, sent again when a figure changed.
    #[graphql(complexity = "WEIGHT + child_complexity")]
    async fn report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The calendar year, 2000 to 2199.")] year: i32,
        #[graphql(
            desc = "The position of the last answer had, best with its origin as \"1234@ORIGIN\": nothing is sent until it differs from that. What there is now, at once, where it is left out."
        )]
        after: Option<Position>,
    ) -> Result<impl Stream<Item = async_graphql::Result<Report>>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let make = move |session: Arc<Session>, at| async move { report_at(&session, year, at).await };
        changes(session, after, make, |report: &Report| report.figures.clone()).await
    }

    /// How many took part in each group of a round 参评情况, as its page tells it, sent again when it changed; null where there is
    /// no such round.
    #[graphql(complexity = "READ + child_complexity")]
    async fn turnout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the round.")] round: ID,
        #[graphql(
            desc = "The position of the last answer had, best with its origin as \"1234@ORIGIN\": nothing is sent until it differs from that. What there is now, at once, where it is left out."
        )]
        after: Option<Position>,
    ) -> Result<impl Stream<Item = async_graphql::Result<Option<Turnout>>>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let round = input::asked(input::id("round", &round))?;
        let make = move |session: Arc<Session>, at| async move { Turnout::of(&session, round, at).await };
        changes(session, after, make, |turnout: &Option<Turnout>| turnout.as_ref().map(Turnout::said)).await
    }
}
