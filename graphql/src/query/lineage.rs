//! The events behind a row: those at which a version of it began or ended, up to the moment asked for; and what is told of
//! those behind a result or a move.
//!
//! # Rules
//! - They are part of the trail, and shown to whoever may see that of what the row is about.
//! - What concerns a member in a round is placed by their branch at its opening, as in the trail: where they moved to it
//!   is not told.
//! - No row says anything of what a freeze hides; what became of a leader's comment waits for the publication, since
//!   whether a version began tells whether it was decided otherwise.

use async_graphql::Context;
use domain::id::{MemberId, RoundId};
use domain::stream::Position;
use futures_util::future::try_join_all;
use projections::cell::Cell;
use projections::moves::Between;
use projections::report::Trace;
use projections::row::{Key, Row};
use uuid::Uuid;

use super::round::covered;
use super::subject::Subject;
use super::trail::{Event, events_after, events_behind};
use crate::fault::Result;
use crate::page::{Connection, Page, Parent};
use crate::policy::{Action, Resource, Verdict};
use crate::ports::Moment;
use crate::ports::together::Question;
use crate::session::Session;

/// Whose trail the events of a row are part of.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    /// That of a subject, placed as it was at the moment.
    Subject(Subject),
    /// That of a person in a round, placed as at its opening.
    InRound(RoundId, MemberId),
}

/// A row, opened.
#[derive(Debug, Clone)]
pub struct Opened {
    table: &'static str,
    key: Vec<Cell>,
    whose: Whose,
    at: Moment,
}

impl Parent for Opened {
    fn key(&self) -> String {
        format!("{} {:?}", self.table, self.key)
    }

    fn at(&self) -> Moment {
        self.at
    }

    /// Whether the viewer may see it then is asked afterwards.
    async fn as_of(&self, _session: &Session, at: Moment) -> Result<Option<Self>> {
        let whose = match self.whose {
            Whose::Subject(subject) => Whose::Subject(subject.as_of(at)),
            Whose::InRound(..) => self.whose,
        };
        Ok(Some(Self { whose, at, ..self.clone() }))
    }
}

impl Opened {
    /// A row as of a moment.
    #[must_use]
    pub fn row<R: Row>(row: &R, whose: impl Into<Whose>, at: Moment) -> Self {
        Self { table: R::TABLE, key: row.key().cells(), whose: whose.into(), at }
    }

    /// What the policy is asked about.
    async fn resource(&self, session: &Session) -> Result<Resource> {
        match self.whose {
            Whose::Subject(subject) => subject.resource(session).await,
            Whose::InRound(round, member) => match covered::person(session, round, member, self.at).await? {
                Some(person) => covered::resource_of(session, &person, self.at).await,
                None => Ok(Resource::Organisation),
            },
        }
    }

    /// A page of the events behind it, the earliest first.
    ///
    /// # Errors
    /// `page.*`, [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
    pub async fn events(
        &self,
        ctx: &Context<'_>,
        first: Option<i64>,
        after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        let session = Session::of(ctx);
        let (opened, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        let resource = opened.resource(session).await?;
        session.allow(Action::SeeTrail, resource).await?;
        told(session, Behind::Row(opened.table, &opened.key), resource, opened.at, &page).await.map(Some)
    }
}

impl From<Subject> for Whose {
    fn from(subject: Subject) -> Self {
        Self::Subject(subject)
    }
}

impl From<(RoundId, MemberId)> for Whose {
    fn from((round, member): (RoundId, MemberId)) -> Self {
        Self::InRound(round, member)
    }
}

/// What events are behind.
pub enum Behind<'a> {
    /// The row of that key in that table.
    Row(&'static str, &'a [Cell]),
    /// What these traces lead to, up to a position.
    Traces(&'a [Trace], Position),
    /// A subject's move on a board.
    Move(&'a Between, Uuid),
}

impl Behind<'_> {
    async fn positions(&self, session: &Session, at: Moment, after: Position, limit: usize) -> Result<Vec<Position>> {
        let (question, at) = match self {
            Self::Row(table, key) => (Question::Key { table, key: key.to_vec(), after, limit }, at.position),
            Self::Traces(traces, upto) => (Question::Traces { traces: traces.to_vec(), after, limit }, *upto),
            Self::Move(between, subject) => {
                let between = Box::new((*between).clone());
                (Question::Moves { between, subject: *subject, after, limit }, at.position)
            }
        };
        session.positions_together(question, at).await
    }
}

/// A page of the events behind something, as far as they are told to whoever sees the trail of what they are about.
///
/// # Errors
/// `page.bad_cursor`, [`crate::fault::Fault::Read`].
pub async fn told(
    session: &Session,
    behind: Behind<'_>,
    about: Resource,
    at: Moment,
    page: &Page,
) -> Result<Connection<Event>> {
    let (mut after, mut events) = (events_after(page)?, Vec::new());
    loop {
        let positions = behind.positions(session, at, after, page.limit + 1).await?;
        let found = events_behind(session, &positions, at).await?;
        // All at once, so that what has to be read for it is read together.
        let are_told = try_join_all(found.iter().map(|event| is_told(session, event, about, at))).await?;
        let told = found.into_iter().zip(are_told).filter(|(_, is_told)| *is_told);
        events.extend(told.map(|(event, _)| (event.place(), event)));
        match positions.last().filter(|_| positions.len() > page.limit && events.len() <= page.limit) {
            Some(last) => after = *last,
            None => return Ok(Connection::of(session, page, at.position, events)),
        }
    }
}

/// Whether an event is told here: not one that waits for its round to be published, nor one of a round in which the policy
/// places the member out of reach.
async fn is_told(session: &Session, event: &Event, about: Resource, at: Moment) -> Result<bool> {
    if event.is_kept_back(session).await? {
        return Ok(false);
    }
    let (Resource::Member(member, _), Some(round)) = (about, event.round()) else { return Ok(true) };
    match covered::person(session, round, member, at).await? {
        Some(person) => {
            let placed = covered::resource_of(session, &person, at).await?;
            Ok(session.verdict(Action::SeeTrail, placed).await? == Verdict::Allow)
        }
        None => Ok(true),
    }
}
