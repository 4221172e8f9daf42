//! API keys as the database keeps them: made, looked up at each request, listed, revoked.
//!
//! # Rules
//! - A principal has at most [`MOST`] keys that hold at a time, so that one can be replaced while the other serves
//!   ([`KeyError::TooMany`]); every key ends within [`LONGEST`] days.
//! - Nobody gets a key as what the program itself acts as ([`KeyError::Principal`]).
//! - A key that was revoked stays so, and is kept with the others.
//!
//! # Invariant
//! Nothing is cached: a key that was revoked is refused by the next request, whichever process it comes to.

use domain::grant::GrantRefusal;
use domain::id::ActorId;
use graphql::viewer::Principal;
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, PgExecutor, PgPool};
use subtle::ConstantTimeEq;

use super::api_key::ApiKey;
use crate::sqltype::SqlInstant;

/// How many keys of one principal may hold at a time.
pub const MOST: usize = 2;
/// The most days a key may hold.
pub const LONGEST: u16 = 400;
/// How often a transaction is begun anew because another one came between.
const TRIES: usize = 5;

/// A key as it is kept, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// What names it.
    pub id: String,
    /// Whom it was made for.
    pub principal: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl Issued {
    /// Why it does not hold at an instant; nothing where it does.
    #[must_use]
    pub fn over(&self, at: Timestamp) -> Option<Denied> {
        match self.revoked_at {
            Some(_) => Some(Denied::Revoked),
            None => (self.expires_at <= at).then_some(Denied::Expired),
        }
    }
}

/// Why a key proves nothing: for the log, never for who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No key has that name.
    #[error("unknown")]
    Unknown,
    /// The key of that name has another secret.
    #[error("wrong secret")]
    Wrong,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// It was revoked.
    #[error("revoked")]
    Revoked,
}

/// Why a key is not made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The database failed.
    #[error("the database cannot keep the key")]
    Sql(#[from] sqlx::Error),
    /// Nobody signs in under that id.
    #[error(transparent)]
    Principal(#[from] GrantRefusal),
    /// It would hold for too short or too long.
    #[error("a key holds for 1 to {LONGEST} days, not {0}")]
    Days(u16),
    /// There are enough.
    #[error("{principal} has the keys {} already, and no more than {MOST} hold at a time: revoke one with `sanping keys revoke`", ids.join(" and "))]
    TooMany {
        /// Whose.
        principal: String,
        /// Those that hold.
        ids: Vec<String>,
    },
    /// There is no such key.
    #[error("there is no key {0:?}; `sanping keys list` shows those there are")]
    Unknown(String),
}

type Row = (String, String, SqlInstant, SqlInstant, Option<SqlInstant>);
type WithSecret = (String, String, SqlInstant, SqlInstant, Option<SqlInstant>, Vec<u8>);

fn issued((id, principal, created, expires, revoked): Row) -> Issued {
    let revoked_at = revoked.map(|at| at.0);
    Issued { id, principal, created_at: created.0, expires_at: expires.0, revoked_at }
}

/// Whom a key proves at an instant, or why it proves nobody.
///
/// # Errors
/// The database's.
pub async fn holder(
    database: impl PgExecutor<'_>,
    key: &ApiKey,
    at: Timestamp,
) -> Result<Result<Principal, Denied>, sqlx::Error> {
    let sql = "select id, principal, created_at, expires_at, revoked_at, secret_sha256 from api_keys where id = $1";
    let found: Option<WithSecret> = crate::sql::query_as(sql).bind(key.id()).fetch_optional(database).await?;
    let (row, secret) = match found {
        Some((id, principal, created, expires, revoked, secret)) => {
            (Some(issued((id, principal, created, expires, revoked))), secret)
        }
        // Compared all the same: how long an answer takes does not tell whether there is such a key.
        None => (None, vec![0; 32]),
    };
    let same = bool::from(key.digest().as_slice().ct_eq(&secret));
    Ok(match (row, same) {
        (None, _) => Err(Denied::Unknown),
        (Some(_), false) => Err(Denied::Wrong),
        (Some(row), true) => match row.over(at) {
            Some(denied) => Err(denied),
            None => Ok(Principal { id: ActorId(row.principal), until: Some(row.expires_at) }),
        },
    })
}

/// Whether a key that has proved somebody before still does.
///
/// # Errors
/// The database's.
pub async fn still_holds(database: impl PgExecutor<'_>, id: &str, at: Timestamp) -> Result<bool, sqlx::Error> {
    let sql = "select exists (select from api_keys where id = $1 and revoked_at is null and expires_at > $2)";
    crate::sql::query_scalar(sql).bind(id).bind(SqlInstant(at)).fetch_one(database).await
}

/// Whether any key holds at an instant.
///
/// # Errors
/// The database's.
pub async fn any_holds(database: impl PgExecutor<'_>, at: Timestamp) -> Result<bool, sqlx::Error> {
    let sql = "select exists (select from api_keys where revoked_at is null and expires_at > $1)";
    crate::sql::query_scalar(sql).bind(SqlInstant(at)).fetch_one(database).await
}

/// Every key, or those of one principal, the earliest first.
///
/// # Errors
/// The database's.
pub async fn list(database: impl PgExecutor<'_>, principal: Option<&str>) -> Result<Vec<Issued>, sqlx::Error> {
    let sql = "select id, principal, created_at, expires_at, revoked_at from api_keys \
               where $1::text is null or principal = $1 order by created_at, id";
    let rows: Vec<Row> = crate::sql::query_as(sql).bind(principal).fetch_all(database).await?;
    Ok(rows.into_iter().map(issued).collect())
}

/// Makes a key for a principal that holds for so many days from an instant on; answers it, and until when it holds. Only
/// its hash is kept: whoever loses it makes another one.
///
/// # Errors
/// [`KeyError`].
pub async fn create(pool: &PgPool, principal: &str, days: u16, at: Timestamp) -> Result<(ApiKey, Timestamp), KeyError> {
    domain::grant::signs_in(&ActorId(principal.to_owned()))?;
    if !(1..=LONGEST).contains(&days) {
        return Err(KeyError::Days(days));
    }
    let key = ApiKey::generate();
    let expires_at = at + SignedDuration::from_hours(24 * i64::from(days));
    let row = Issued {
        id: key.id().to_owned(),
        principal: principal.to_owned(),
        created_at: at,
        expires_at,
        revoked_at: None,
    };
    let mut tried = 1;
    loop {
        match insert(pool, &row, &key.digest()).await {
            Err(KeyError::Sql(error)) if tried < TRIES && came_between(&error) => tried += 1,
            done => return done.map(|()| (key, expires_at)),
        }
    }
}

/// In a transaction of which no other one sees a part, so that two who make a key at once do not make a third one.
async fn insert(pool: &PgPool, row: &Issued, digest: &[u8]) -> Result<(), KeyError> {
    let mut transaction = pool.begin().await?;
    crate::sql::query("set transaction isolation level serializable").execute(&mut *transaction).await?;
    let ids = holding(&mut transaction, row).await?;
    if ids.len() >= MOST {
        return Err(KeyError::TooMany { principal: row.principal.clone(), ids });
    }
    let sql = "insert into api_keys (id, principal, secret_sha256, created_at, expires_at) values ($1, $2, $3, $4, $5)";
    let insert = crate::sql::query(sql).bind(&row.id).bind(&row.principal).bind(digest);
    insert.bind(SqlInstant(row.created_at)).bind(SqlInstant(row.expires_at)).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// The keys of the principal that hold when this one is made.
async fn holding(connection: &mut PgConnection, row: &Issued) -> Result<Vec<String>, sqlx::Error> {
    let sql = "select id from api_keys where principal = $1 and revoked_at is null and expires_at > $2 \
               order by created_at, id";
    crate::sql::query_scalar(sql).bind(&row.principal).bind(SqlInstant(row.created_at)).fetch_all(connection).await
}

/// Whether a transaction failed because of another one at the same time.
fn came_between(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "40001")
}

/// Revokes a key for good; answers since when it is revoked.
///
/// # Errors
/// [`KeyError`].
pub async fn revoke(pool: &PgPool, id: &str, at: Timestamp) -> Result<Timestamp, KeyError> {
    let sql = "update api_keys set revoked_at = $2 where id = $1 and revoked_at is null";
    crate::sql::query(sql).bind(id).bind(SqlInstant(at)).execute(pool).await?;
    let sql = "select revoked_at from api_keys where id = $1";
    let since: Option<Option<SqlInstant>> = crate::sql::query_scalar(sql).bind(id).fetch_optional(pool).await?;
    since.flatten().map(|since| since.0).ok_or_else(|| KeyError::Unknown(id.to_owned()))
}
