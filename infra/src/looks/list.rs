//! Entries as they are read back.

use domain::id::ActorId;
use domain::stream::Position;
use graphql::ports::{LookFilter, RecordedLook};
use graphql::purpose::{Purpose, Why};
use projections::cell::{Cell, ColumnType};
use projections::select::Order;
use projections::words::SubjectKind;
use sqlx::postgres::PgRow;
use sqlx::{PgExecutor, Row};

use super::entry::{BEGINNING, Entry, word};
use crate::sqltype::SqlInstant;

const COLUMNS: &str = "number, at, viewer, what, subject_kind, subjects, as_of, denied, purpose, reference, hash";

/// The entries that follow a number, in order, at most `limit`.
///
/// # Errors
/// The database's.
pub async fn after(database: impl PgExecutor<'_>, number: i64, limit: i64) -> Result<Vec<Entry>, sqlx::Error> {
    let sql = format!("select {COLUMNS} from reads where number > $1 order by number limit $2");
    let rows = crate::sql::query(&sql).bind(number).bind(limit).fetch_all(database).await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &PgRow) -> Result<Entry, sqlx::Error> {
    let SqlInstant(at) = row.try_get("at")?;
    Ok(Entry {
        number: row.try_get("number")?,
        at,
        viewer: row.try_get("viewer")?,
        what: row.try_get("what")?,
        subject_kind: row.try_get("subject_kind")?,
        subjects: row.try_get("subjects")?,
        as_of: row.try_get("as_of")?,
        denied: row.try_get("denied")?,
        purpose: row.try_get("purpose")?,
        reference: row.try_get("reference")?,
        hash: row.try_get::<Vec<u8>, _>("hash")?.try_into().unwrap_or(BEGINNING),
    })
}

/// Recorded looks in the order of their numbers, after a number.
///
/// # Errors
/// The database's.
pub async fn of(
    database: impl PgExecutor<'_>,
    filter: &LookFilter,
    order: Order,
    place: Option<i64>,
    limit: usize,
) -> Result<Vec<RecordedLook>, sqlx::Error> {
    let (follows, direction, beginning) = match order {
        Order::Ascending => (">", "asc", 0),
        Order::Descending => ("<", "desc", i64::MAX),
    };
    let sql = format!(
        "select {COLUMNS} from reads where number {follows} $1 \
         and ($2::uuid is null or subjects @> array[$2::uuid]) and ($3::text is null or subject_kind = $3) \
         and ($4::text is null or viewer = $4) and ($5::text is null or what = $5) \
         and ($6::boolean is null or (denied is not null) = $6) \
         and ($7::timestamptz is null or at >= $7) and ($8::timestamptz is null or at < $8) \
         order by number {direction} limit $9"
    );
    let rows = crate::sql::query(&sql)
        .bind(place.unwrap_or(beginning))
        .bind(filter.subject.map(|(_, subject)| subject))
        .bind(filter.subject.map(|(kind, _)| word(kind)))
        .bind(&filter.viewer)
        .bind(&filter.what)
        .bind(filter.denied)
        .bind(filter.from.map(SqlInstant))
        .bind(filter.until.map(SqlInstant))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(database)
        .await?;
    rows.iter().map(|row| entry(row).map(recorded)).collect()
}

fn recorded(entry: Entry) -> RecordedLook {
    let kind = entry.subject_kind.and_then(|word| SubjectKind::from_cell(Cell::Text(word)));
    let (purpose, reference) = (entry.purpose.as_deref().and_then(Purpose::of), entry.reference);
    RecordedLook {
        number: entry.number,
        hash: entry.hash.to_vec(),
        at: entry.at,
        viewer: ActorId(entry.viewer),
        what: entry.what,
        kind,
        subjects: entry.subjects,
        position: Position(entry.as_of.unsigned_abs()),
        denied: entry.denied,
        why: purpose.map(|purpose| Why { purpose, reference }),
    }
}
