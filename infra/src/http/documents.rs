//! Trusted documents: texts that were kept before, asked for by the hash of their text.
//!
//! # Rules
//! - A document is named `sha256:` and the 64 small hexadecimal digits of the SHA-256 of its text. What the file names
//!   differently from what it holds, or what cannot be parsed, is told at the start: nobody serves from such a file.
//! - Nothing is ever added to them by a request.
//!
//! # Source
//! GraphQL over HTTP, appendix on persisted documents.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use async_graphql::Request;
use sha2::{Digest, Sha256};

/// How the name of a document begins.
const PREFIX: &str = "sha256:";

/// The trusted documents, by name.
#[derive(Debug, Default)]
pub struct Documents(HashMap<String, String>);

/// Why a file of trusted documents is not taken.
#[derive(Debug, thiserror::Error)]
pub enum DocumentsError {
    /// It cannot be read.
    #[error("the trusted documents cannot be read")]
    Read(#[from] std::io::Error),
    /// It is no object of texts.
    #[error("the trusted documents are not an object of JSON that names each text by its hash")]
    Json(#[from] serde_json::Error),
    /// A name is not the hash of its text.
    #[error("the trusted document {given:?} is named by another hash than its text has: {named}")]
    Named {
        /// The name in the file.
        given: String,
        /// The name it should have.
        named: String,
    },
    /// A text is not GraphQL.
    #[error("the trusted document {name} cannot be parsed: {why}")]
    Unread {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
}

/// The name of a text.
#[must_use]
pub fn name(text: &str) -> String {
    use std::fmt::Write;
    let digits = Sha256::digest(text).iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("a text takes whatever is written");
        digits
    });
    format!("{PREFIX}{digits}")
}

impl Documents {
    /// Those of a file: an object of JSON, each name a hash with or without its prefix, each value a text.
    ///
    /// # Errors
    /// [`DocumentsError`].
    pub fn read(file: &Path) -> Result<Self, DocumentsError> {
        Self::of(&std::fs::read(file)?)
    }

    fn of(json: &[u8]) -> Result<Self, DocumentsError> {
        let texts: BTreeMap<String, String> = serde_json::from_slice(json)?;
        let named = texts.into_iter().map(|(given, text)| {
            let name = name(&text);
            if name.strip_prefix(PREFIX) != Some(given.strip_prefix(PREFIX).unwrap_or(&given)) {
                return Err(DocumentsError::Named { given, named: name });
            }
            match graphql::legible::readable(&mut Request::new(&text)) {
                Ok(_) => Ok((name, text)),
                Err(why) => Err(DocumentsError::Unread { name, why: why.message }),
            }
        });
        named.collect::<Result<_, _>>().map(Self)
    }

    /// The text of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{ log { position } }";

    #[test]
    fn a_document_has_the_name_that_the_specification_gives_it() {
        let example = "query($id:ID!){user(id:$id){name}}";
        assert_eq!(name(example), "sha256:71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b");
    }

    #[test]
    fn a_file_names_each_text_by_its_hash() {
        let name = name(TEXT);
        for given in [name.as_str(), name.strip_prefix(PREFIX).unwrap()] {
            let documents = Documents::of(serde_json::json!({ given: TEXT }).to_string().as_bytes()).unwrap();
            assert_eq!((documents.get(&name), documents.len()), (Some(TEXT), 1), "{given}");
            assert_eq!(documents.get("sha256:"), None);
        }
    }

    #[test]
    fn a_file_with_anything_wrong_is_not_taken() {
        let of = |json: serde_json::Value| Documents::of(json.to_string().as_bytes()).unwrap_err().to_string();
        let name_of = |text: &str| name(text);
        assert!(of(serde_json::json!({ name_of("{ other }"): TEXT })).contains("another hash"));
        assert!(of(serde_json::json!({ name_of(TEXT).to_uppercase(): TEXT })).contains("another hash"));
        assert!(of(serde_json::json!({ name_of("{"): "{" })).contains("cannot be parsed"));
        assert!(of(serde_json::json!([TEXT])).contains("not an object"));
        assert!(Documents::read(Path::new("/nowhere/at/all")).is_err());
    }
}
