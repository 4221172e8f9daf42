//! Which types of events there are, and which projections read each: told to builds that do not know them.
//!
//! Each build registers, when it starts and when it migrates, every type it knows and the projections that read it, found
//! by folding the examples of the catalogue. A build that meets a type it does not know asks:
//!
//! # Rules
//! - A projection that some build has registered as a reader stops before the event and names that build.
//! - Another steps over it, once the type is registered at all: a build that knows it has said who needs it.
//! - Of a type that nobody has registered nothing is known, so it stops every projection.
//!
//! # Invariant
//! Only types unknown here are stepped over. A payload of a known type that does not decode stops whoever meets it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use domain::event::{Event, Fact};
use domain::id::ActorId;
use domain::stream::{Position, StreamId, StreamKind};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::engine::Folded;
use crate::log::catalogue::CATALOGUE;

/// This build, as others name it: its version, and a digest of the types of events it knows, so that two builds of one
/// version that differ in these have different names.
#[must_use]
pub fn build() -> &'static str {
    static BUILD: OnceLock<String> = OnceLock::new();
    BUILD.get_or_init(|| named(types()))
}

fn types() -> impl Iterator<Item = (StreamKind, String)> {
    KINDS.into_iter().flat_map(|kind| Event::types(kind).into_iter().map(move |name| (kind, name)))
}

fn named(types: impl Iterator<Item = (StreamKind, String)>) -> String {
    let mut digest = Sha256::new();
    types.for_each(|(kind, name)| digest.update(format!("{} {name}\n", kind.name())));
    let digest: String = digest.finalize()[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}+{digest}", env!("CARGO_PKG_VERSION"))
}

/// The kinds of stream.
const KINDS: [StreamKind; 3] = [StreamKind::Member, StreamKind::Branch, StreamKind::Round];

/// Who reads a type of event, by what builds have registered.
#[derive(Debug, Default)]
pub struct Readers {
    /// The first build that said so of each projection; of nobody for the type itself.
    builds: BTreeMap<String, String>,
}

impl Readers {
    /// Whether the type is known elsewhere and this projection is known not to need it.
    #[must_use]
    pub fn leaves_alone(&self, projection: &str) -> bool {
        !self.builds.is_empty() && !self.builds.contains_key(projection)
    }

    /// The build that reads the type for a projection, or knows it at all.
    #[must_use]
    pub fn build_for(&self, projection: &str) -> Option<String> {
        self.builds.get(projection).or_else(|| self.builds.get("")).cloned()
    }
}

/// Who reads a type of event.
///
/// # Errors
/// The database's.
pub async fn readers(executor: impl PgExecutor<'_>, kind: &str, name: &str) -> Result<Readers, sqlx::Error> {
    let sql = "select projection, build from event_types where kind = $1 and name = $2";
    let builds: Vec<(String, String)> = crate::sql::query_as(sql).bind(kind).bind(name).fetch_all(executor).await?;
    Ok(Readers { builds: builds.into_iter().collect() })
}

/// Registers what this build knows: what was registered before stays.
///
/// # Errors
/// The database's.
pub async fn register(connection: &mut PgConnection, projections: &[Arc<dyn Folded>]) -> Result<(), sqlx::Error> {
    let known = known(projections);
    let kinds: Vec<&str> = known.iter().map(|(kind, ..)| kind.name()).collect();
    let names: Vec<&str> = known.iter().map(|(_, name, _)| name.as_str()).collect();
    let readers: Vec<&str> = known.iter().map(|(.., reader)| *reader).collect();
    // The owner runs this too, so that everything is called by pg_catalog's name.
    let array = |number| format!("pg_catalog.unnest(${number}::pg_catalog.text[])");
    let sql = format!(
        "insert into event_types (kind, name, projection, build, seen_at) \
         select t.kind, t.name, t.projection, $4, pg_catalog.now() from log_head cross join \
         rows from ({}, {}, {}) as t(kind, name, projection) on conflict do nothing",
        array(1),
        array(2),
        array(3),
    );
    crate::sql::query(&sql).bind(kinds).bind(names).bind(readers).bind(build()).execute(connection).await.map(drop)
}

/// Every type this build knows, by itself and with each projection that reads it.
#[must_use]
pub fn known(projections: &[Arc<dyn Folded>]) -> Vec<(StreamKind, String, &'static str)> {
    let mut known = Vec::new();
    for kind in KINDS {
        let examples: Vec<Fact> = CATALOGUE.lines().filter_map(|line| example(kind, line)).collect();
        for name in Event::types(kind) {
            // Who reads a type reads each version of it.
            let of_type = || examples.iter().filter(|fact| name.split('@').next() == Some(fact.event.name()));
            let reading = projections.iter().filter(|projection| of_type().any(|fact| projection.reads(fact)));
            let readers = reading.map(|projection| projection.name()).chain([""]);
            known.extend(readers.map(|reader| (kind, name.clone(), reader)));
        }
    }
    known
}

/// The facts of all examples in the catalogue.
#[cfg(test)]
pub(crate) fn examples() -> Vec<Fact> {
    let of = |kind| CATALOGUE.lines().filter_map(move |line| example(kind, line));
    KINDS.into_iter().flat_map(of).collect()
}

/// The fact of an example in the catalogue.
fn example(kind: StreamKind, line: &str) -> Option<Fact> {
    let event = line.starts_with('{').then(|| Event::decode(kind, "1", line).ok())??;
    Some(Fact {
        position: Position(1),
        stream: StreamId { kind, id: Uuid::from_u128(1) },
        sequence: 1,
        at: Timestamp::UNIX_EPOCH,
        actor: ActorId("example".to_owned()),
        command: String::new(),
        correlation: String::new(),
        event,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::registry;

    #[test]
    fn builds_that_know_other_types_have_other_names() {
        assert_ne!(named(types().skip(1)), build());
        let newer = types().chain([(StreamKind::Member, "member_registered@2".to_owned())]);
        assert_ne!(named(newer), build(), "another version is another type");
        assert!(build().starts_with(concat!(env!("CARGO_PKG_VERSION"), "+")));
    }

    #[test]
    fn every_type_has_examples_and_a_reader() {
        let known = known(&registry::all());
        for kind in KINDS {
            for name in Event::names(kind) {
                let readers: Vec<_> =
                    known.iter().filter(|(of, other, _)| (*of, other.as_str()) == (kind, *name)).collect();
                assert!(readers.iter().any(|(.., reader)| *reader == "audit_trail"), "{name}: {readers:?}");
            }
        }
        let reads = |name: &str, projection| known.contains(&(StreamKind::Member, name.to_owned(), projection));
        assert!(reads("member_transferred", "members") && !reads("member_transferred", "outlets"));
    }
}
