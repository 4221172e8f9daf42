//! `docs/folds.lock`: what each fold makes of the examples of events. A fold that makes something else of the past has
//! another `VERSION`, so that its rows are built anew; a change without one would leave rows that no verification agrees
//! with, and would be found in service only.
//!
//! # Rules
//! - The examples are folded twice, in the order they came into the file: what the first time leads to is there the second.
//! - New examples go to the end, so that what was kept can still be held against the code.
//! - `BLESS=1` writes what may be new. It does not write another digest under the same version.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use domain::event::{Event, Fact};
use domain::id::ActorId;
use domain::stream::{Position, StreamId, StreamKind};
use infra::fold::line::Line;
use jiff::Timestamp;
use projections::memory::Memory;
use projections::projection::Projection;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::derived::{check, root};

const FILE: &str = "docs/folds.lock";
const HEAD: &str = "\
# What each fold makes of the examples of events, read twice in this order. Checked by the suite, written by `./dev bless`,
# which does not write another digest under the same version: raise the VERSION of the fold.
";

/// What the file holds: the examples in order, and each fold's version and digest.
#[derive(Default)]
struct Lock {
    examples: Vec<String>,
    folds: BTreeMap<String, (u32, String)>,
}

impl Lock {
    fn read(text: &str) -> Self {
        let mut lock = Self::default();
        for line in text.lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["example", name] => lock.examples.push(name.to_owned()),
                ["fold", name, version, digest] => {
                    lock.folds.insert(name.to_owned(), (version.parse().unwrap(), digest.to_owned()));
                }
                _ => assert!(line.starts_with('#'), "{FILE}: {line}"),
            }
        }
        lock
    }

    fn of(examples: Vec<String>) -> Self {
        let facts = facts(&examples);
        macro_rules! folds {
            ($($projection:ty),*) => {
                [$((<$projection>::NAME.to_owned(), (<$projection>::VERSION, digest::<$projection>(&facts)))),*]
            };
        }
        let folds = projections::each_projection!(folds).into_iter().collect();
        Self { examples, folds }
    }

    fn write(&self) -> String {
        let mut text = HEAD.to_owned();
        self.examples.iter().for_each(|name| writeln!(text, "example {name}").unwrap());
        for (name, (version, digest)) in &self.folds {
            writeln!(text, "fold {name} {version} {digest}").unwrap();
        }
        text
    }

    /// Why this may not follow on what was kept; nothing where it may.
    fn breaks(&self, kept: &Self) -> Vec<String> {
        let broken = |(name, (version, digest)): (&String, &(u32, String))| {
            let (before, kept) = kept.folds.get(name)?;
            match (version == before && digest != kept, version < before) {
                (true, _) => Some(format!("{name} makes something else of the past under the same version {version}")),
                (_, true) => Some(format!("{name} went back from version {before} to {version}")),
                _fine => None,
            }
        };
        self.folds.iter().filter_map(broken).collect()
    }
}

/// Every example there is, as `<kind>/<name>`.
fn on_disk() -> BTreeSet<String> {
    let of_kind = |kind: StreamKind| {
        let files = fs::read_dir(root().join("domain/golden").join(kind.name())).unwrap();
        files
            .map(move |file| format!("{}/{}", kind.name(), file.unwrap().path().file_stem().unwrap().to_str().unwrap()))
    };
    StreamKind::ALL.into_iter().flat_map(of_kind).collect()
}

/// Whom most examples are about, so that one leads on to another.
fn subject(kind: StreamKind) -> Uuid {
    Uuid::from_u128(match kind {
        StreamKind::Member => 0x0190_a6b2_7c00_7000_8000_0000_0000_00a1,
        StreamKind::Branch => 0x0190_a6b2_7c00_7000_8000_0000_0000_ea57,
        StreamKind::Round => 0x0190_a6b2_7c00_7000_8000_0000_0000_0091,
    })
}

fn facts(examples: &[String]) -> Vec<Fact> {
    let event = |name: &String| {
        let kind = StreamKind::ALL.into_iter().find(|kind| name.starts_with(kind.name())).unwrap();
        let text = fs::read_to_string(root().join("domain/golden").join(format!("{name}.json")));
        let text = text.unwrap_or_else(|error| panic!("{name}: {error}; an example stays for ever"));
        (kind, Event::decode(kind, "1", text.trim_end()).unwrap())
    };
    let events: Vec<_> = examples.iter().map(event).collect();
    let fact = |(position, (kind, event)): (u64, &(StreamKind, Event))| Fact {
        position: Position(position),
        stream: StreamId { kind: *kind, id: subject(*kind) },
        sequence: position,
        at: Timestamp::from_second(1_656_547_200 + i64::try_from(position).unwrap()).unwrap(),
        actor: ActorId("example".to_owned()),
        command: format!("command-{position}"),
        correlation: format!("command-{position}"),
        event: event.clone(),
    };
    (1..).zip(events.iter().chain(&events)).map(fact).collect()
}

fn digest<P: Projection>(facts: &[Fact]) -> String {
    let mut memory = Memory::<P>::default();
    facts.iter().for_each(|fact| memory.fold(fact));
    let mut hash = Sha256::new();
    memory.history().for_each(|held| hash.update(Line::of(held).bytes()));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_fold_that_makes_something_else_of_the_past_has_another_version() {
    let kept = Lock::read(&fs::read_to_string(root().join(FILE)).unwrap_or_else(|_| HEAD.to_owned()));
    let broken = Lock::of(kept.examples.clone()).breaks(&kept);
    assert!(broken.is_empty(), "raise VERSION: {broken:?}");
    let new = on_disk().into_iter().filter(|name| !kept.examples.contains(name));
    let examples = kept.examples.iter().cloned().chain(new).collect();
    check(FILE, &Lock::of(examples).write());
}

#[test]
fn another_digest_is_refused_under_the_same_version_only() {
    let lock = |version: u32, digest: &str| {
        let folds = [("members".to_owned(), (version, digest.to_owned()))].into();
        Lock { examples: vec!["member/member_left".to_owned()], folds }
    };
    assert_eq!(lock(2, "b").breaks(&lock(1, "a")), [""; 0]);
    assert_eq!(
        lock(1, "b").breaks(&lock(1, "a")),
        ["members makes something else of the past under the same version 1"]
    );
    assert_eq!(lock(1, "a").breaks(&lock(2, "a")), ["members went back from version 2 to 1"]);
    assert_eq!(Lock::read(&lock(3, "c").write()).folds, lock(3, "c").folds);
    assert_eq!(lock(1, "a").breaks(&Lock::default()), [""; 0], "a new fold has nothing to hold to");
}

#[test]
fn most_folds_have_rows_of_the_examples() {
    let facts = facts(&on_disk().into_iter().collect::<Vec<_>>());
    macro_rules! without {
        ($($projection:ty),*) => { [$((<$projection>::NAME, rows::<$projection>(&facts))),*] };
    }
    let without: Vec<_> = projections::each_projection!(without).into_iter().filter(|(_, rows)| *rows == 0).collect();
    assert!(without.is_empty(), "the lock holds nothing of {without:?}");
}

fn rows<P: Projection>(facts: &[Fact]) -> usize {
    let mut memory = Memory::<P>::default();
    facts.iter().for_each(|fact| memory.fold(fact));
    memory.history().count()
}
