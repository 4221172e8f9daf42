//! An entry and the bytes that are hashed of it.
//!
//! # Format
//! Eleven fields, each as its length in bytes, a colon, the bytes and a comma; what is not there is empty. The hash is the
//! SHA-256 over the 32 bytes of the hash before, of 32 zeros before the first, and these fields.

use graphql::ports::Look;
use jiff::Timestamp;
use projections::cell::{Cell, ColumnType};
use projections::words::SubjectKind;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What stands before the first entry.
pub const BEGINNING: [u8; 32] = [0; 32];
/// The first field of each: what it is, in which version.
const FORMAT: &str = "sanping read 1";

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place: 1, 2, 3 …
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub viewer: String,
    /// At what of the subjects; of what was denied, the action.
    pub what: String,
    /// What the subjects are.
    pub subject_kind: Option<String>,
    /// Which ones.
    pub subjects: Vec<Uuid>,
    /// As of which position of the log.
    pub as_of: i64,
    /// How often the same was denied to the viewer in that hour; nothing of what was not denied.
    pub denied: Option<i64>,
    /// What for.
    pub purpose: Option<String>,
    /// The number of the file that it was for.
    pub reference: Option<String>,
    /// The hash over what was before and this.
    pub hash: [u8; 32],
}

impl Entry {
    /// The entry of a look, without its place.
    #[must_use]
    pub fn of(look: &Look, denied: Option<i64>) -> Self {
        let why = look.why.as_ref();
        Self {
            number: 0,
            at: Timestamp::UNIX_EPOCH,
            viewer: look.viewer.0.clone(),
            what: look.what.to_owned(),
            subject_kind: look.kind.map(word),
            subjects: look.subjects.clone(),
            as_of: look.position.0.cast_signed(),
            denied,
            purpose: why.map(|why| why.purpose.word().to_owned()),
            reference: why.and_then(|why| why.reference.clone()),
            hash: BEGINNING,
        }
    }

    /// The subjects as they are hashed and stored.
    #[must_use]
    pub fn named(&self) -> String {
        self.subjects.iter().map(Uuid::to_string).collect::<Vec<_>>().join(",")
    }

    /// The hash over what was before and this.
    #[must_use]
    pub fn hashed(&self, before: &[u8; 32]) -> [u8; 32] {
        let denied = self.denied.map(|times| times.to_string());
        let fields = [
            FORMAT,
            &self.number.to_string(),
            &self.at.as_microsecond().to_string(),
            &self.viewer,
            &self.what,
            self.subject_kind.as_deref().unwrap_or_default(),
            &self.named(),
            &self.as_of.to_string(),
            denied.as_deref().unwrap_or_default(),
            self.purpose.as_deref().unwrap_or_default(),
            self.reference.as_deref().unwrap_or_default(),
        ];
        let mut hasher = Sha256::new_with_prefix(before);
        for field in fields {
            hasher.update(format!("{}:{field},", field.len()));
        }
        hasher.finalize().into()
    }
}

/// The kind under the word it is stored by.
#[must_use]
pub fn word(kind: SubjectKind) -> String {
    if let Cell::Text(word) = kind.to_cell() { word } else { String::new() }
}

/// In small hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _written = write!(hex, "{byte:02x}");
        hex
    })
}
