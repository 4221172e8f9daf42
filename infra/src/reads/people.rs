//! The erasable store of persons, joined at read time.

use domain::id::MemberId;
use domain::person::StaffNumber;
use graphql::ports::PersonRecord;
use sqlx::{PgPool, Row};
use uuid::Uuid;

/// The records of these members.
///
/// # Errors
/// The database's.
pub async fn of(pool: &PgPool, members: &[MemberId]) -> Result<Vec<PersonRecord>, sqlx::Error> {
    let ids: Vec<Uuid> = members.iter().map(|member| member.0).collect();
    let sql = "select member, staff_number, name, contact from people where member = any($1)";
    let rows = crate::sql::query(sql).bind(ids).fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            Ok(PersonRecord {
                member: MemberId(row.try_get(0)?),
                staff_number: row.try_get(1)?,
                name: row.try_get(2)?,
                contact: row.try_get(3)?,
            })
        })
        .collect()
}

/// The member with a staff number, however its letters are written.
///
/// # Errors
/// The database's.
pub async fn by_staff_number(pool: &PgPool, staff_number: &str) -> Result<Option<MemberId>, sqlx::Error> {
    let sql = "select member from people where staff_key = $1";
    let found: Option<Uuid> =
        crate::sql::query_scalar(sql).bind(StaffNumber::key_of(staff_number)).fetch_optional(pool).await?;
    Ok(found.map(MemberId))
}

/// Members whose name contains the text, by name, at most `limit`. `%` and `_` mean themselves.
///
/// # Errors
/// The database's.
pub async fn by_name(pool: &PgPool, part: &str, limit: usize) -> Result<Vec<MemberId>, sqlx::Error> {
    let sql = "select member from people where position($1 in name) > 0 order by name collate \"C\", member limit $2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found: Vec<Uuid> = crate::sql::query_scalar(sql).bind(part).bind(limit).fetch_all(pool).await?;
    Ok(found.into_iter().map(MemberId).collect())
}
