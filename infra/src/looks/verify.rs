//! Whether the chain of recorded looks is whole.
//!
//! # Rules
//! - Every entry is hashed again, from the first to the head; numbers have no hole, and nothing stands beyond the head.
//! - Whoever can write everything can make another whole chain: a number and hash that was noted elsewhere shows that, since
//!   it is not in it.

use sqlx::{PgConnection, Row};

use super::entry::{BEGINNING, Entry, hex};
use super::list::after;

/// How many entries are read at a time.
const PORTION: i64 = 5_000;

/// A place in the chain, noted by somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The number.
    pub number: i64,
    /// The hash, in hexadecimal digits.
    pub hash: String,
}

impl std::str::FromStr for Noted {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let wrong = "give a number and its hash, as 1234:HASH";
        let (number, hash) = given.split_once(':').ok_or(wrong)?;
        let number = number.parse().ok().filter(|number| *number >= 1).ok_or(wrong)?;
        match hash.len() == 64 && hash.bytes().all(|c| c.is_ascii_hexdigit()) {
            true => Ok(Self { number, hash: hash.to_ascii_lowercase() }),
            false => Err(wrong),
        }
    }
}

/// What is wrong with a chain: the first thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// At which number.
    pub number: i64,
    /// What.
    pub what: &'static str,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many entries were hashed and fit.
    pub entries: i64,
    /// The hash of the last of them.
    pub hash: String,
    /// What is wrong.
    pub found: Option<Break>,
}

/// Walks the chain.
///
/// # Errors
/// The database's.
pub async fn run(connection: &mut PgConnection, noted: &[Noted]) -> Result<Verified, sqlx::Error> {
    let head = crate::sql::query("select number, hash from reads_head").fetch_one(&mut *connection).await?;
    let (end, end_hash): (i64, Vec<u8>) = (head.try_get("number")?, head.try_get("hash")?);
    let (mut number, mut hash, mut found) = (0, BEGINNING, None);
    'walk: while number < end {
        let entries = after(&mut *connection, number, PORTION.min(end - number)).await?;
        if entries.is_empty() {
            found = Some(Break { number: number + 1, what: "the entry is missing" });
            break;
        }
        for entry in entries {
            let what = wrong(&entry, number, &hash, noted);
            if let Some(what) = what {
                found = Some(Break { number: number + 1, what });
                break 'walk;
            }
            (number, hash) = (entry.number, entry.hash);
        }
    }
    let found = match found {
        None if end_hash != hash => Some(Break { number: end, what: "the head is another than the last entry" }),
        None => beyond(connection, end, noted).await?,
        some => some,
    };
    Ok(Verified { entries: number, hash: hex(&hash), found })
}

/// What is wrong with an entry that is to follow a number and its hash.
fn wrong(entry: &Entry, number: i64, before: &[u8; 32], noted: &[Noted]) -> Option<&'static str> {
    let another = |noted: &Noted| noted.number == entry.number && noted.hash != hex(&entry.hash);
    if entry.number != number + 1 {
        return Some("the entry is missing");
    }
    if entry.hashed(before) != entry.hash {
        return Some("the entry does not follow from what is before it");
    }
    noted.iter().any(another).then_some("the entry is not the one that was noted")
}

/// What is there beyond the head, or should be.
async fn beyond(connection: &mut PgConnection, end: i64, noted: &[Noted]) -> Result<Option<Break>, sqlx::Error> {
    if let Some(noted) = noted.iter().find(|noted| noted.number > end) {
        return Ok(Some(Break { number: noted.number, what: "the entry that was noted is missing" }));
    }
    // Others may have recorded more by now: the head is read with what stands there.
    let sql = "select (select max(number) from reads) as last, number from reads_head";
    let row = crate::sql::query(sql).fetch_one(connection).await?;
    let (last, head): (Option<i64>, i64) = (row.try_get("last")?, row.try_get("number")?);
    let strays = last.unwrap_or_default() > head;
    Ok(strays.then_some(Break { number: head + 1, what: "the entry stands beyond the head" }))
}
