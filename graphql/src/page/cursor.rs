//! A cursor's text: the place, the list, and of which log and folds both are.

use std::collections::BTreeMap;

use async_graphql::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::stream::Position;
use jiff::Timestamp;
use jiff::civil::Date;
use projections::cell::{Cell, Kind};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::fault::{Fault, Result};
use crate::session::Session;

/// A row's place in a list, and the position the list was read as of.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// The position.
    pub at: Position,
    /// The cells the list is ordered by.
    pub place: Vec<Cell>,
}

/// The log and the folds that a page is read from.
#[derive(Debug, PartialEq)]
pub(super) struct Source {
    /// The first digits of the log's origin.
    origin: String,
    /// The version of each fold, by table.
    versions: BTreeMap<&'static str, i32>,
}

impl Source {
    /// What is read from now.
    pub(super) fn of(session: &Session) -> Self {
        let reads = session.reads();
        Self { origin: reads.origin().simple().to_string()[..8].to_owned(), versions: reads.versions() }
    }

    /// The version of a table's fold; of no table, a short hash of all versions.
    fn version(&self, table: &str) -> String {
        match self.versions.get(table) {
            Some(version) => version.to_string(),
            None => short_hash(&format!("{:?}", self.versions)),
        }
    }

    /// Fails where another version serves in a table by now.
    pub(super) fn still_of(&self, session: &Session, table: &str) -> Result<()> {
        match Self::of(session).version(table) == self.version(table) {
            true => Ok(()),
            false => Err(fold_changed()),
        }
    }
}

/// Which list a field is: a short hash of its name, what it is under, and the arguments that choose and order its rows.
pub(super) fn list(ctx: &Context<'_>, under: &str) -> Result<String> {
    let field = ctx.field();
    let paging = |name: &str| ["first", "after", "asOf", "atLeast"].contains(&name);
    let arguments = field.arguments().map_err(|_| bad_cursor())?.into_iter().filter(|(name, _)| !paging(name));
    let mut named = Map::new();
    for (name, value) in arguments {
        named.insert(name.to_string(), value.into_json().map_err(|_| bad_cursor())?);
    }
    let text = format!("{}\n{under}\n{}", field.name(), spelled(named.into()).unwrap_or_default());
    Ok(short_hash(&text))
}

fn short_hash(text: &str) -> String {
    format!("{:016x}", Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()).as_u64_pair().0)
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
    pub(super) fn text(&self, list: &str, source: &Source, table: &str) -> String {
        let cells: Vec<Value> = self.place.iter().map(to_json).collect();
        let whole = json!([self.at.0, cells, list, source.origin, table, source.version(table)]);
        URL_SAFE_NO_PAD.encode(whole.to_string())
    }

    pub(super) fn read(text: &str, list: &str, source: &Source) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad_cursor())?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| bad_cursor())?;
        if value[2] != *list {
            return Err(bad_cursor());
        }
        let (origin, table, version) = (value[3].as_str(), value[4].as_str(), value[5].as_str());
        let (Some(origin), Some(table), Some(version)) = (origin, table, version) else { return Err(bad_cursor()) };
        if origin != source.origin {
            return Err(other_origin());
        }
        if version != source.version(table) {
            return Err(fold_changed());
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

fn other_origin() -> Fault {
    let message = "after was given under another origin of the log, before the database was restored: what it names may be \
                   lost or another event by now; begin again at the first page";
    Fault::bad("page.other_origin", &[], message, "after 是数据库恢复之前给出的游标,日志起源已不同;请从第一页重新开始")
}

fn fold_changed() -> Fault {
    let message =
        "after was given before another version of this list's rows began to serve; begin again at the first page";
    Fault::bad("page.fold_changed", &[], message, "after 给出之后,此列表的数据已换用新的版本;请从第一页重新开始")
}

pub(super) fn kind_of(cell: &Cell) -> Option<Kind> {
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
