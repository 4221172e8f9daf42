//! Documents that could be read, kept parsed: what clients send again and again is looked at once.
//!
//! # Rules
//! - Kept under its whole text: nothing is taken for anything else. What cannot be read is not kept.
//! - Bounded in number and length ([`KEPT`], [`LENGTH`]): what was asked least lately makes room.
//! - Of one schema, which tells itself to everybody or to nobody: whether a document may ask for it is part of reading it.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, ServerResult};
use lru::LruCache;

use super::readable;

/// How many are kept.
pub const KEPT: NonZeroUsize = NonZeroUsize::new(500).expect("500 is not zero");
/// How long those are that are kept, in bytes.
pub const LENGTH: usize = 8_000;

/// The documents that are kept.
#[derive(Debug)]
pub struct Parsed(Mutex<LruCache<String, ExecutableDocument>>);

impl Default for Parsed {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}

impl Parsed {
    /// Puts the parsed document into a request that can be read.
    ///
    /// # Errors
    /// As [`readable`].
    pub fn read(&self, request: &mut Request) -> ServerResult<()> {
        let known = self.kept().get(&request.query).cloned();
        if let Some(document) = known {
            request.set_parsed_query(document);
            return Ok(());
        }
        let document = readable(request)?.clone();
        if request.query.len() <= LENGTH {
            self.kept().put(request.query.clone(), document);
        }
        Ok(())
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, LruCache<String, ExecutableDocument>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_the_same_document_again_and_what_cannot_be_read_never_is_one() {
        let parsed = Parsed::default();
        let read = |query: &str| {
            let mut request = Request::new(query);
            parsed.read(&mut request).map(|()| format!("{:?}", request.parsed_query().unwrap()))
        };
        let first = read("{ a(b: 1) { c } }").unwrap();
        assert_eq!(read("{ a(b: 1) { c } }").unwrap(), first);
        assert_ne!(read("{ a(b: 2) { c } }").unwrap(), first);
        for _ in 0..2 {
            assert!(read("{ a").is_err() && read(r#"{ a(b: "\ud800") }"#).is_err());
        }
        assert_eq!(parsed.kept().len(), 2);
    }

    #[test]
    fn they_are_few_and_short() {
        let parsed = Parsed::default();
        for number in 0..KEPT.get() + 10 {
            parsed.read(&mut Request::new(format!("{{ a{number} }}"))).unwrap();
        }
        parsed.read(&mut Request::new(format!("{{ a }} # {}", "x".repeat(LENGTH)))).unwrap();
        assert_eq!(parsed.kept().len(), KEPT.get());
    }
}
