//! Who read what of whom, and who tried to 查阅记录.

use async_graphql::{Context, InputObject, Object};
use projections::cell::{Cell, Column, Kind};
use projections::select::Order;

use super::super::subject::Subject;
use super::super::trail::SubjectInput;
use crate::fault::Result;
use crate::input;
use crate::look::What;
use crate::page::{Connection, Page, bad_cursor, weight};
use crate::policy::{Action, Resource, Verdict};
use crate::ports::{LookFilter, Moment, RecordedLook};
use crate::purpose;
use crate::scalar::{DateTime, Position};
use crate::schema::READ;
use crate::session::Session;

/// A recorded look 查阅记录.
#[derive(Debug, Clone)]
pub struct RecordedRead {
    look: RecordedLook,
    /// What the list was asked for, by whoever does not reach everybody: of the others that are named nothing is shown.
    only: Option<Subject>,
    at: Moment,
}

const NUMBER: Column = Column { name: "number", kind: Kind::Int, nullable: false };

/// Which recorded looks; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct RecordedReadFilter {
    /// Only by this viewer: the opaque id, exactly.
    viewer: Option<String>,
    /// Only at this of the subjects: the word, such as `results`; of what was denied, the action, such as `see_results`.
    what: Option<String>,
    /// Only what was denied; only what was not, where it is false.
    denied: Option<bool>,
    /// Only recorded at or after this instant.
    from: Option<DateTime>,
    /// Only recorded before this instant.
    until: Option<DateTime>,
}

impl RecordedReadFilter {
    fn read(self) -> Result<LookFilter> {
        let instant = |given: Option<DateTime>| given.map(|given| given.0.timestamp().max(jiff::Timestamp::UNIX_EPOCH));
        let viewer = self.viewer.map(|viewer| input::search("viewer", &viewer)).transpose()?;
        let what = self.what.map(|what| input::search("what", &what)).transpose()?;
        let (from, until) = (instant(self.from), instant(self.until));
        Ok(LookFilter { subject: None, viewer, what, denied: self.denied, from, until })
    }
}

/// Looks.
#[derive(Default)]
pub struct ReadsQuery;

#[Object]
impl ReadsQuery {
    /// Who read individual scores, comments, appeals and exports, why, and who tried to 查阅记录, the earliest first. Without a
    /// subject, for whoever sees the records of the whole organisation. They are kept beside the log: no `asOf` applies. To
    /// look here is recorded too.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn recorded_reads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was looked at; everything where it is left out.")] subject: Option<SubjectInput>,
        #[graphql(desc = "Which ones; all where it is left out.")] filter: Option<RecordedReadFilter>,
        #[graphql(desc = "The latest first.", default)] reverse: bool,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<RecordedRead>>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut filter = filter.unwrap_or_default().read()?;
        let at = session.pin(None, None).await?;
        let subject = subject.map(|subject| subject.read(at)).transpose()?;
        filter.subject = subject.map(|(kind, id, _)| (kind.into(), id));
        let about = match &subject {
            Some((.., subject)) => subject.resource(session).await?,
            None => Resource::Organisation,
        };
        session.allow(Action::SeeReads, about).await?;
        let after = match page.place(&[NUMBER])?.as_deref() {
            Some([Cell::Int(number)]) => Some(*number),
            Some(_) => return Err(bad_cursor()),
            None => None,
        };
        session.note(What::Reads, filter.subject, at);
        let whole = session.verdict(Action::SeeReads, Resource::Organisation).await? == Verdict::Allow;
        let only = subject.map(|(.., subject)| subject).filter(|_| !whole);
        let order = if reverse { Order::Descending } else { Order::Ascending };
        let looks = session.reads().looks(&filter, order, after, page.limit + 1).await?;
        let rows = looks.into_iter().map(|look| (vec![Cell::Int(look.number)], RecordedRead { look, only, at }));
        Ok(Some(Connection::of(session, &page, at.position, rows)))
    }
}

/// That somebody read something of somebody, or tried to 查阅记录.
#[Object]
impl RecordedRead {
    /// Its place among the records: 1, 2, 3 … without a hole.
    async fn number(&self) -> i64 {
        self.look.number
    }

    /// The SHA-256 over the hash before it and what it says, in small hexadecimal digits. Note it with the number: whoever has
    /// both can have it checked later that the records up to here are still the same.
    async fn hash(&self) -> String {
        use std::fmt::Write as _;
        self.look.hash.iter().fold(String::new(), |mut hex, byte| {
            let _written = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// When.
    async fn at(&self, ctx: &Context<'_>) -> DateTime {
        Session::of(ctx).shown(self.look.at)
    }

    /// Who: an opaque id.
    async fn viewer(&self) -> &str {
        &self.look.viewer.0
    }

    /// At what of the subjects, a word such as `results`, `texts`, `board` or `bundle`; of what was denied, the action.
    async fn what(&self) -> &str {
        &self.look.what
    }

    /// Of which subjects, at most 500; none where it is about nothing in particular. For whoever does not see the records of
    /// the whole organisation, only the one that was asked for.
    #[graphql(complexity = "weight(Some(100), child_complexity)")]
    async fn subjects(&self) -> Vec<Subject> {
        match (self.only, self.look.kind) {
            (Some(only), _) => vec![only],
            (None, Some(kind)) => self.look.subjects.iter().map(|id| Subject::new(kind, *id, self.at)).collect(),
            (None, None) => vec![],
        }
    }

    /// As of which position of the log.
    async fn position(&self) -> Position {
        self.look.position.into()
    }

    /// Whether the policy denied it.
    async fn denied(&self) -> bool {
        self.look.denied.is_some()
    }

    /// Of what was denied: how many times the same action was denied to the viewer in that hour up to here, as one program
    /// counted. After twenty only the hundredth, the thousandth and so on are recorded. Null of what was not denied.
    async fn tries(&self) -> Option<i64> {
        self.look.denied
    }

    /// What for 查阅目的; null where the viewer said nothing.
    async fn purpose(&self) -> Option<purpose::Purpose> {
        self.look.why.as_ref().map(|why| why.purpose)
    }

    /// The number of the file that it was for; null where none was said.
    async fn reference(&self) -> Option<&str> {
        self.look.why.as_ref()?.reference.as_deref()
    }
}
