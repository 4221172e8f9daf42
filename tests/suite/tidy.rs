//! Architecture and taste as a test: the arrows between rooms, sizes, bans, one version of each big crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const ROOMS: [(&str, &[&str]); 5] = [
    ("domain", &[]),
    ("projections", &["domain"]),
    ("graphql", &["domain", "projections"]),
    ("infra", &["domain", "projections", "graphql"]),
    ("tests", &["domain", "projections", "graphql", "infra"]),
];
const ONE_VERSION: [&str; 9] =
    ["sqlx", "tokio", "axum", "async-graphql", "cqrs-es", "postgres-es", "rust_decimal", "jiff", "uuid"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust file of a folder, with its text.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

fn all_sources() -> Vec<(String, String)> {
    ROOMS.iter().flat_map(|(room, _)| sources(&root().join(room))).collect()
}

fn none<T: std::fmt::Debug>(offenders: Vec<T>) {
    assert!(offenders.is_empty(), "{offenders:#?}");
}

/// The dependencies a manifest names under `[dependencies]`.
fn dependencies(room: &str) -> Vec<String> {
    let manifest = fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap();
    let section = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let name = |line: &str| line.split(['.', ' ', '=']).next().map(str::to_owned);
    section.lines().filter(|line| line.contains('=')).filter_map(name).collect()
}

#[test]
fn arrows_between_rooms_point_left_only() {
    for (room, allowed) in ROOMS {
        let named = dependencies(room);
        let rooms = ROOMS.iter().map(|(name, _)| (*name).to_owned());
        none(rooms.filter(|other| named.contains(other) && !allowed.contains(&other.as_str())).collect());
    }
}

#[test]
fn the_pure_rooms_know_no_world() {
    let worldly = ["tokio", "sqlx", "axum", "async-graphql", "getrandom", "rand", "tracing"];
    for room in ["domain", "projections"] {
        none(dependencies(room).into_iter().filter(|name| worldly.contains(&name.as_str())).collect());
    }
    none(
        dependencies("graphql").into_iter().filter(|name| ["tokio", "sqlx", "axum"].contains(&name.as_str())).collect(),
    );
}

#[test]
fn the_pure_rooms_hold_no_async_clock_chance_or_float() {
    let banned = [
        "async fn",
        ".await",
        "SystemTime",
        "::now(",
        "new_v4",
        "new_v7",
        "now_v7",
        " f32",
        " f64",
        "<f64>",
        "std::env",
    ];
    let pure = ["domain", "projections"].map(|room| sources(&root().join(room).join("src"))).concat();
    assert!(pure.len() > 50, "the rooms are there");
    let code =
        |text: &str| text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    none(
        pure.iter()
            .flat_map(|(name, text)| {
                let text = code(text);
                banned.iter().filter(move |word| text.contains(**word)).map(move |word| (name.clone(), *word))
            })
            .collect(),
    );
}

#[test]
fn folds_and_states_name_every_event() {
    let folds = all_sources().into_iter().filter(|(name, _)| {
        name.starts_with("projections/src") || (name.starts_with("domain/src") && name.ends_with("state.rs"))
    });
    let catch_all = |text: &str| text.lines().any(|line| line.trim_start().starts_with("_ =>"));
    none(folds.filter(|(_, text)| catch_all(text)).map(|(name, _)| name).collect());
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let most = |name: &str| if name.contains("test") { 600 } else { 400 };
    let sizes = all_sources().into_iter().map(|(name, text)| (text.lines().count(), name));
    none(sizes.filter(|(lines, name)| *lines > most(name)).collect());
}

#[test]
fn nothing_is_unfinished_or_silenced() {
    // In pieces, so that this file does not hold what it looks for.
    let banned = [
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
        ["#[ign", "ore"].concat(),
        ["#[all", "ow("].concat(),
    ];
    none(
        all_sources()
            .into_iter()
            .filter(|(_, text)| banned.iter().any(|word| text.contains(word)))
            .map(|(name, _)| name)
            .collect(),
    );
}

#[test]
fn outside_tests_nothing_is_unwrapped() {
    let unwrapped = |text: &str| {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        code.contains(".unwrap()")
    };
    let shipped = all_sources().into_iter().filter(|(name, _)| name.contains("/src/") && !name.contains("test"));
    none(shipped.filter(|(_, text)| unwrapped(text)).map(|(name, _)| name).collect());
}

#[test]
fn every_room_says_what_it_is_and_is_not() {
    for room in ["domain", "projections", "graphql", "infra"] {
        let text = fs::read_to_string(root().join(room).join("src/lib.rs")).unwrap();
        assert!(text.starts_with("//! ") && text.contains("# Invariants") && text.contains("# Not here"), "{room}");
    }
}

#[test]
fn every_big_crate_is_there_once() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let field =
            |name: &str| package.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim_matches('"');
        versions.entry(field("name = ")).or_default().push(field("version = "));
    }
    for name in ONE_VERSION {
        assert_eq!(versions.get(name).map(Vec::len), Some(1), "{name}: {:?}", versions.get(name));
    }
}

#[test]
fn texts_name_no_machine() {
    let words = ["/wo|rk/", "/ro|ot/", "crates|.io", "pypi|.org"].map(|word| word.replace('|', ""));
    let files = ["README.md", "ARCHITECTURE.md", "BENCHMARKS.md", "dev", "docs/status.md", "docs/events.md"];
    let texts = files.into_iter().map(|name| (name.to_owned(), fs::read_to_string(root().join(name)).unwrap()));
    none(
        texts
            .chain(all_sources())
            .filter(|(_, text)| words.iter().any(|word| text.contains(word)))
            .map(|(name, _)| name)
            .collect(),
    );
}
