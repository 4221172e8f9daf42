//! Connections: forward paging over a total order, as of one position.
//!
//! # Rules
//! - A cursor names a row's place, the position of the page it came from, so that later pages read as of the same
//!   position, unless `asOf` says another, and the list: its field, what it is under, its filter and order.
//! - A list under something else goes on as of its cursor's position, and what it is under is looked at as it was then.
//! - `first` is 20 where it is left out and at most 100.
//! - A cursor is opaque; one that was not given by the same list is refused (`page.bad_cursor`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use async_graphql::{Context, Object, OutputType, SimpleObject, TypeName};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::stream::Position;
use jiff::Timestamp;
use jiff::civil::Date;
use projections::cell::{Cell, Column, Kind};
use projections::row::Row;
use projections::select::{Plan, Select};
use serde_json::{Map, Value, json};
use uuid::Uuid;

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
}

/// A row's place in a list, and the position the list was read as of.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// The position.
    pub at: Position,
    /// The cells the list is ordered by.
    pub place: Vec<Cell>,
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
    /// `page.too_large`, `page.bad_cursor`.
    pub fn read(ctx: &Context<'_>, first: Option<i64>, after: Option<&str>) -> Result<Self> {
        Self::of(list(ctx, "")?, first, after)
    }

    /// The page that was meant of a list under something, and that as of the moment of the page.
    ///
    /// # Errors
    /// `page.too_large`, `page.bad_cursor`, and as when the parent was found.
    pub async fn under<P: Parent>(
        ctx: &Context<'_>,
        parent: &P,
        first: Option<i64>,
        after: Option<&str>,
    ) -> Result<(P, Self)> {
        let page = Self::of(list(ctx, &parent.key())?, first, after)?;
        let earlier = page.after.as_ref().map(|cursor| cursor.at).filter(|at| *at != parent.at().position);
        let Some(position) = earlier else { return Ok((parent.clone(), page)) };
        let session = Session::of(ctx);
        let at = session.pin(Some(AsOf::Position(position)), None).await?;
        Ok((parent.as_of(session, at).await?.ok_or_else(bad_cursor)?, page))
    }

    fn of(list: String, first: Option<i64>, after: Option<&str>) -> Result<Self> {
        let asked = first.unwrap_or(DEFAULT as i64);
        let limit = usize::try_from(asked).ok().filter(|limit| (1..=MOST).contains(limit));
        let limit = limit.ok_or_else(|| {
            let facts = [("first", asked.to_string()), ("most", MOST.to_string())];
            let message = format!("first is {asked}; ask for 1 to {MOST} at a time");
            Fault::bad("page.too_large", &facts, &message, &format!("first 为 {asked};每页请取 1 至 {MOST} 条"))
        })?;
        let after = after.map(|text| Cursor::read(text, &list)).transpose()?;
        Ok(Self { limit, after, list })
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

/// Which list a field is: a short hash of its name, what it is under, and the arguments that choose and order its rows.
fn list(ctx: &Context<'_>, under: &str) -> Result<String> {
    let field = ctx.field();
    let paging = |name: &str| ["first", "after", "asOf", "atLeast"].contains(&name);
    let arguments = field.arguments().map_err(|_| bad_cursor())?.into_iter().filter(|(name, _)| !paging(name));
    let mut named = Map::new();
    for (name, value) in arguments {
        named.insert(name.to_string(), value.into_json().map_err(|_| bad_cursor())?);
    }
    let text = format!("{}\n{under}\n{}", field.name(), spelled(named.into()).unwrap_or_default());
    Ok(format!("{:016x}", Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()).as_u64_pair().0))
}

/// A value in one spelling: names in order, without what is left out or null.
fn spelled(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(value.to_string()),
        Value::Array(items) => Some(format!("{:?}", items.into_iter().map(spelled).collect::<Vec<_>>())),
        Value::Object(fields) => {
            let fields = fields.into_iter().filter_map(|(name, value)| Some((name, spelled(value)?)));
            let fields: BTreeMap<String, String> = fields.collect();
            (!fields.is_empty()).then(|| format!("{fields:?}"))
        }
    }
}

impl Cursor {
    fn text(&self, list: &str) -> String {
        let cells: Vec<Value> = self.place.iter().map(to_json).collect();
        URL_SAFE_NO_PAD.encode(json!([self.at.0, cells, list]).to_string())
    }

    fn read(text: &str, list: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad_cursor())?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| bad_cursor())?;
        if value[2] != *list {
            return Err(bad_cursor());
        }
        let at = value[0].as_u64().filter(|at| i64::try_from(*at).is_ok()).ok_or_else(bad_cursor)?;
        let cells = value[1].as_array().ok_or_else(bad_cursor)?;
        let place = cells.iter().map(of_json).collect::<Option<_>>().ok_or_else(bad_cursor)?;
        Ok(Self { at: Position(at), place })
    }
}

/// A cursor that does not fit the list.
#[must_use]
pub fn bad_cursor() -> Fault {
    let message = "after is not a cursor of this list; take one from a page of it, with the same filter and order";
    Fault::bad(
        "page.bad_cursor",
        &[],
        message,
        "after 不是此列表的游标;请使用同一列表、同一筛选与排序条件下某一页返回的游标",
    )
}

fn kind_of(cell: &Cell) -> Option<Kind> {
    match cell {
        Cell::Null => None,
        Cell::Uuid(_) => Some(Kind::Uuid),
        Cell::Text(_) => Some(Kind::Text),
        Cell::Int(_) => Some(Kind::Int),
        Cell::Decimal(_) => Some(Kind::Decimal),
        Cell::Date(_) => Some(Kind::Date),
        Cell::Instant(_) => Some(Kind::Instant),
        Cell::Flag(_) => Some(Kind::Flag),
    }
}

fn to_json(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Uuid(id) => json!(["u", id.to_string()]),
        Cell::Text(text) => json!(["t", text]),
        Cell::Int(number) => json!(["i", number]),
        Cell::Decimal(number) => json!(["d", number.to_string()]),
        Cell::Date(date) => json!(["a", date.to_string()]),
        Cell::Instant(at) => json!(["n", at.to_string()]),
        Cell::Flag(flag) => json!(["f", flag]),
    }
}

fn of_json(value: &Value) -> Option<Cell> {
    if value.is_null() {
        return Some(Cell::Null);
    }
    let text = || value[1].as_str().filter(|text| !text.contains('\0'));
    match value[0].as_str()? {
        "u" => text()?.parse().ok().map(Cell::Uuid),
        "t" => Some(Cell::Text(text()?.to_owned())),
        "i" => value[1].as_i64().map(Cell::Int),
        "d" => text()?.parse().ok().map(Cell::Decimal),
        // No row has a date or an instant from before these.
        "a" => text()?.parse().ok().filter(|date: &Date| date.year() >= 0).map(Cell::Date),
        "n" => text()?.parse().ok().filter(|at| *at >= Timestamp::UNIX_EPOCH).map(Cell::Instant),
        "f" => value[1].as_bool().map(Cell::Flag),
        _unknown => None,
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
    pub fn of(page: &Page, at: Position, rows: impl IntoIterator<Item = (Vec<Cell>, T)>) -> Self {
        let cursor = |place| Cursor { at, place }.text(&page.list);
        let edges = rows.into_iter().map(|(place, node)| Edge { cursor: cursor(place), node });
        let mut edges: Vec<Edge<T>> = edges.collect();
        let more = edges.len() > page.limit;
        edges.truncate(page.limit);
        Self { at, edges, more, earlier: page.after.is_some(), counted: None, known: None }
    }

    /// A page of a selection.
    ///
    /// # Errors
    /// `page.bad_cursor`, [`Fault::Read`].
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
        let rows = session.rows(&select, at).await?;
        let connection = Self::of(page, at, rows.into_iter().map(|row| (select.place(&row), node(row))));
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
        match &self.counted {
            Some(plan) => Ok(Some(Session::of(ctx).reads().count(plan, self.at).await?)),
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
}

impl When {
    /// The moment that was meant.
    #[must_use]
    pub fn read(as_of: Option<crate::input::AsOf>, at_least: Option<scalar::Position>) -> Self {
        Self { as_of: as_of.map(Into::into), at_least: at_least.map(|position| position.0) }
    }
}
