//! Who looked at what a freeze hides 查阅记录.

use async_graphql::{Context, Object};
use projections::cell::{Cell, Column, Kind};

use super::super::subject::Subject;
use super::super::trail::SubjectInput;
use crate::fault::Result;
use crate::page::{Connection, Page, bad_cursor, weight};
use crate::policy::Action;
use crate::ports::RecordedLook;
use crate::scalar::{DateTime, Position};
use crate::schema::READ;
use crate::session::Session;

/// A look at what a freeze hides 查阅记录.
#[derive(Debug, Clone)]
pub struct RecordedRead {
    look: RecordedLook,
    subject: Subject,
}

const COLUMNS: [Column; 2] = [
    Column { name: "at", kind: Kind::Instant, nullable: false },
    Column { name: "id", kind: Kind::Uuid, nullable: false },
];

/// Looks.
#[derive(Default)]
pub struct ReadsQuery;

#[Object]
impl ReadsQuery {
    /// Who looked at what a freeze hides 查阅记录, the earliest first. They are kept beside the log: no `asOf` applies.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn recorded_reads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was looked at.")] subject: SubjectInput,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<RecordedRead>>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin(None, None).await?;
        let (kind, id, subject) = subject.read(at)?;
        session.allow(Action::SeeReads, subject.resource(session).await?).await?;
        let after = match page.place(&COLUMNS)?.as_deref() {
            Some([Cell::Instant(at), Cell::Uuid(id)]) => Some((*at, *id)),
            Some(_) => return Err(bad_cursor()),
            None => None,
        };
        let looks = session.reads().looks(kind.into(), id, after, page.limit + 1).await?;
        let place = |look: &RecordedLook| vec![Cell::Instant(look.at), Cell::Uuid(look.id)];
        let rows = looks.into_iter().map(|look| (place(&look), RecordedRead { look, subject }));
        Ok(Some(Connection::of(&page, at.position, rows)))
    }
}

/// A look at what a freeze hides 查阅记录.
#[Object]
impl RecordedRead {
    /// When.
    async fn at(&self, ctx: &Context<'_>) -> DateTime {
        Session::of(ctx).shown(self.look.at)
    }

    /// Who: an opaque id.
    async fn viewer(&self) -> &str {
        &self.look.viewer.0
    }

    /// At what of the subject: `proposal`, `decision`, `comments`, a leader's `own_review` or a scrutineer's `own_counts`.
    async fn what(&self) -> &str {
        &self.look.what
    }

    /// Of which subject.
    async fn subject(&self) -> Subject {
        self.subject
    }

    /// As of which position.
    async fn position(&self) -> Position {
        self.look.position.into()
    }
}
