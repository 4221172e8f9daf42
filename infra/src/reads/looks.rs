//! Looks at what a freeze hides: recorded for good before they are answered.

use domain::id::ActorId;
use domain::stream::Position;
use graphql::ports::{Look, RecordedLook};
use jiff::Timestamp;
use projections::cell::{Cell, ColumnType};
use projections::words::SubjectKind;
use sqlx::{PgPool, Row};
use uuid::Uuid;

use crate::clock::random_id;
use crate::sqltype::SqlInstant;

/// Records a look at that instant.
///
/// # Errors
/// The database's.
pub async fn record(pool: &PgPool, look: &Look, at: Timestamp) -> Result<(), sqlx::Error> {
    let sql = "insert into reads (id, at, viewer, what, subject_kind, subject, position) \
               values ($1, $2, $3, $4, $5, $6, $7)";
    crate::sql::query(sql)
        .bind(random_id(at))
        .bind(SqlInstant(at))
        .bind(&look.viewer.0)
        .bind(look.what)
        .bind(word(look.kind))
        .bind(look.subject)
        .bind(look.position.0.cast_signed())
        .execute(pool)
        .await?;
    Ok(())
}

/// The looks at a subject after a place, the earliest first.
///
/// # Errors
/// The database's.
pub async fn of(
    pool: &PgPool,
    kind: SubjectKind,
    subject: Uuid,
    after: Option<(Timestamp, Uuid)>,
    limit: usize,
) -> Result<Vec<RecordedLook>, sqlx::Error> {
    let (at, id) = after.unwrap_or((Timestamp::UNIX_EPOCH, Uuid::nil()));
    let sql = "select id, at, viewer, what, position from reads \
               where subject_kind = $1 and subject = $2 and (at, id) > ($3, $4) order by at, id limit $5";
    let rows = crate::sql::query(sql)
        .bind(word(kind))
        .bind(subject)
        .bind(SqlInstant(at))
        .bind(id)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(pool)
        .await?;
    let look = |row: sqlx::postgres::PgRow| {
        let SqlInstant(at) = row.try_get("at")?;
        Ok(RecordedLook {
            id: row.try_get("id")?,
            at,
            viewer: ActorId(row.try_get("viewer")?),
            what: row.try_get("what")?,
            position: Position(row.try_get::<i64, _>("position")?.unsigned_abs()),
        })
    };
    rows.into_iter().map(look).collect()
}

/// The kind under the name it is stored by.
fn word(kind: SubjectKind) -> String {
    if let Cell::Text(word) = kind.to_cell() { word } else { String::new() }
}
