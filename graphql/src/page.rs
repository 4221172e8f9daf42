//! Connections: forward paging over a total order, as of one position.
//!
//! # Rules
//! - A cursor names a row's place, the position of the page it came from, so that later pages read as of the same
//!   position, unless `asOf` says another, and the list: its field, what it is under, its filter and order.
//! - A list under something else goes on as of its cursor's position, and what it is under is looked at as it was then.
//! - `first` is 20 where it is left out and at most 100.
//! - A cursor is opaque; one that was not given by the same list is refused (`page.bad_cursor`), also one that was given
//!   under another origin of the log (`page.other_origin`), or before another version of a fold began to serve the list's
//!   rows (`page.fold_changed`). A list made of several tables goes by the versions of all folds.

mod cursor;

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::{Context, ID, Object, OutputType, SimpleObject, TypeName};
use domain::stream::Position;
use projections::cell::{Cell, Column};
use projections::row::Row;
use projections::select::{Plan, Select};
use uuid::Uuid;

pub use self::cursor::{Cursor, bad_cursor};
use self::cursor::{Source, kind_of, list};
use crate::fault::{Fault, Result};
use crate::ports::{AsOf, Moment};
use crate::session::Session;
use crate::{ports, scalar};

/// The size of a page where none is asked for.
pub const DEFAULT: usize = 20;
/// The largest page.
pub const MOST: usize = 100;

/// What a list weighs in a query's complexity: its page times one row.
#[must_use]
pub fn weight(first: Option<i64>, row: usize) -> usize {
    let first = first.and_then(|first| usize::try_from(first).ok()).unwrap_or(DEFAULT).min(MOST);
    1 + first * row
}

/// A page that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// How many rows, 1 to [`MOST`].
    pub limit: usize,
    /// The last row had.
    pub after: Option<Cursor>,
    /// Which list it is a page of.
    list: String,
    /// Whether the list is under something: what it reads is read together with the lists under the others.
    under: bool,
    /// Of which log and folds.
    source: Arc<Source>,
}

/// What lists are under.
pub trait Parent: Sized + Clone + Sync {
    /// What it is, among everything that lists are under.
    fn key(&self) -> String;

    /// The moment it is as of.
    fn at(&self) -> Moment;

    /// The same as of another moment, where the viewer may see it.
    ///
    /// # Errors
    /// As when it was found.
    fn as_of(&self, session: &Session, at: Moment) -> impl Future<Output = Result<Option<Self>>> + Send;
}

impl Page {
    /// The page of a root field that was meant.
    ///
    /// # Errors
    /// `page.too_large`, `page.bad_cursor`, `page.other_origin`, `page.fold_changed`.
    pub fn read(ctx: &Context<'_>, first: Option<i64>, after: Option<&str>) -> Result<Self> {
        Self::of(ctx, list(ctx, "")?, first, after)
    }

    /// The page that was meant of a list under something, and that as of the moment of the page.
    ///
    /// # Errors
    /// As [`Page::read`], and as when the parent was found.
    pub async fn under<P: Parent>(
        ctx: &Context<'_>,
        parent: &P,
        first: Option<i64>,
        after: Option<&str>,
    ) -> Result<(P, Self)> {
        let page = Self { under: true, ..Self::of(ctx, list(ctx, &parent.key())?, first, after)? };
        let earlier = page.after.as_ref().map(|cursor| cursor.at).filter(|at| *at != parent.at().position);
        let Some(position) = earlier else { return Ok((parent.clone(), page)) };
        let session = Session::of(ctx);
        let at = session.pin_at(position).await?;
        Ok((parent.as_of(session, at).await?.ok_or_else(bad_cursor)?, page))
    }

    fn of(ctx: &Context<'_>, list: String, first: Option<i64>, after: Option<&str>) -> Result<Self> {
        let asked = first.unwrap_or(DEFAULT as i64);
        let limit = usize::try_from(asked).ok().filter(|limit| (1..=MOST).contains(limit));
        let limit = limit.ok_or_else(|| {
            let facts = [("first", asked.to_string()), ("most", MOST.to_string())];
            let message = format!("first is {asked}; ask for 1 to {MOST} at a time");
            Fault::bad("page.too_large", &facts, &message, &format!("first 为 {asked};每页请取 1 至 {MOST} 条"))
        })?;
        let source = Arc::new(Source::of(Session::of(ctx)));
        let after = after.map(|text| Cursor::read(text, &list, &source)).transpose()?;
        Ok(Self { limit, after, list, under: false, source })
    }

    /// The same page of the folds that serve now, for what reads it again and again.
    #[must_use]
    pub fn anew(&self, session: &Session) -> Self {
        Self { source: Arc::new(Source::of(session)), ..self.clone() }
    }

    /// Fails where a page that goes on does so in rows of another version: one that began to serve while it was read.
    ///
    /// # Errors
    /// `page.fold_changed`.
    pub fn goes_on_in(&self, session: &Session, table: &str) -> Result<()> {
        match &self.after {
            Some(_) => self.source.still_of(session, table),
            None => Ok(()),
        }
    }

    /// The moment the page is read as of: the one asked for, else that of the page before.
    #[must_use]
    pub fn as_of(&self, asked: Option<AsOf>) -> Option<AsOf> {
        asked.or_else(|| self.after.as_ref().map(|cursor| AsOf::Position(cursor.at)))
    }

    /// The place to go on from, where it fits these columns.
    ///
    /// # Errors
    /// `page.bad_cursor`.
    pub fn place(&self, columns: &[Column]) -> Result<Option<Vec<Cell>>> {
        let Some(cursor) = &self.after else { return Ok(None) };
        let fits = cursor.place.len() == columns.len()
            && cursor
                .place
                .iter()
                .zip(columns)
                .all(|(cell, column)| kind_of(cell).map_or(column.nullable, |kind| kind == column.kind));
        match fits {
            true => Ok(Some(cursor.place.clone())),
            false => Err(bad_cursor()),
        }
    }
}

/// Where a page stands in its list.
#[derive(Debug, Clone, SimpleObject)]
pub struct PageInfo {
    /// Whether more follow.
    pub has_next_page: bool,
    /// Whether this page was asked for after a cursor.
    pub has_previous_page: bool,
    /// The cursor of the first row; nothing on an empty page.
    pub start_cursor: Option<String>,
    /// The cursor of the last row, for `after`; nothing on an empty page.
    pub end_cursor: Option<String>,
}

/// A row and its place in the list.
pub struct Edge<T> {
    /// Its place, for `after`.
    pub cursor: String,
    /// The row.
    pub node: T,
}

impl<T: OutputType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// A row and its place in the list.
#[Object(name_type)]
impl<T: OutputType> Edge<T> {
    /// Its place, for `after`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The row.
    async fn node(&self) -> &T {
        &self.node
    }
}

/// A page of a list as of one position.
pub struct Connection<T> {
    at: Position,
    edges: Vec<Edge<T>>,
    more: bool,
    earlier: bool,
    under: bool,
    counted: Option<Plan>,
    known: Option<u64>,
}

impl<T: OutputType> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

impl<T: OutputType> Connection<T> {
    /// A page of rows with their places, of which one more than asked for may have been read.
    #[must_use]
    pub fn of(session: &Session, page: &Page, at: Position, rows: impl IntoIterator<Item = (Vec<Cell>, T)>) -> Self {
        Self::of_fold(session, page, "", at, rows)
    }

    /// The same of rows that stand in one table.
    #[must_use]
    pub fn of_fold(
        session: &Session,
        page: &Page,
        table: &str,
        at: Position,
        rows: impl IntoIterator<Item = (Vec<Cell>, T)>,
    ) -> Self {
        let cursor = |place| Cursor { at, place }.text(&page.list, &page.source, table);
        let edges = rows.into_iter().map(|(place, node)| Edge { cursor: cursor(place), node });
        let mut edges: Vec<Edge<T>> = edges.collect();
        let more = edges.len() > page.limit;
        edges.truncate(page.limit);
        if edges.is_empty() && !page.under {
            session.comes_to_nothing();
        }
        Self { at, edges, more, earlier: page.after.is_some(), under: page.under, counted: None, known: None }
    }

    /// A page of a selection.
    ///
    /// # Errors
    /// `page.bad_cursor`, `page.fold_changed`, [`Fault::Read`].
    pub async fn select<R: Row>(
        session: &Session,
        page: &Page,
        at: Position,
        select: Select<R>,
        node: impl Fn(R) -> T,
    ) -> Result<Self> {
        let named = |name: &str| R::COLUMNS.iter().find(|column| column.name == name);
        let ordered = select.plan.order.iter().filter_map(|(name, _)| named(name));
        let columns: Vec<Column> = ordered.chain(&R::COLUMNS[..R::KEY]).copied().collect();
        let mut select = select.after(page.place(&columns)?);
        select.plan.limit = page.limit + 1;
        let rows = match page.under {
            true => session.rows_together(&select, at).await?,
            false => session.rows(&select, at).await?,
        };
        page.goes_on_in(session, R::TABLE)?;
        let placed = rows.into_iter().map(|row| (select.place(&row), node(row)));
        let connection = Self::of_fold(session, page, R::TABLE, at, placed);
        Ok(Self { counted: Some(select.plan), ..connection })
    }

    /// With what the whole list is known to have.
    #[must_use]
    pub fn counting(self, rows: u64) -> Self {
        Self { known: Some(rows), ..self }
    }

    /// The rows of the page.
    pub fn rows(&self) -> impl Iterator<Item = &T> {
        self.edges.iter().map(|edge| &edge.node)
    }
}

/// A page of a list as of one position.
#[Object(name_type)]
impl<T: OutputType> Connection<T> {
    /// The position this is as of.
    async fn position(&self) -> scalar::Position {
        self.at.into()
    }

    /// The origin of the log that the position is of 日志起源.
    async fn origin(&self, ctx: &Context<'_>) -> ID {
        Session::of(ctx).reads().origin().into()
    }

    /// The rows with their places.
    #[graphql(complexity = "child_complexity")]
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    /// The rows.
    async fn nodes(&self) -> Vec<&T> {
        self.rows().collect()
    }

    /// Where the page stands in its list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.more,
            has_previous_page: self.earlier,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }

    /// How many rows the whole list has; nothing where that is not counted.
    #[graphql(complexity = 20)]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<Option<u64>> {
        let session = Session::of(ctx);
        match &self.counted {
            Some(plan) if self.under => session.count_together(plan, self.at).await.map(Some),
            Some(plan) => Ok(Some(session.reads().count(plan, self.at).await?)),
            None => Ok(self.known),
        }
    }
}

/// The arguments that every read takes: a moment, and a position to wait for.
#[derive(Debug, Clone, Copy, Default)]
pub struct When {
    /// The moment.
    pub as_of: Option<ports::AsOf>,
    /// The position to wait for.
    pub at_least: Option<Position>,
    /// The origins that the two were given under, where they were.
    pub origins: [Option<Uuid>; 2],
}

impl When {
    /// The moment that was meant.
    #[must_use]
    pub fn read(as_of: Option<crate::input::AsOf>, at_least: Option<scalar::Position>) -> Self {
        let (as_of, of_moment) = as_of.map(crate::input::AsOf::read).unzip();
        let origins = [of_moment.flatten(), at_least.and_then(|position| position.1)];
        Self { as_of, at_least: at_least.map(|position| position.0), origins }
    }
}
