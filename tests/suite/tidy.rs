//! Architecture and taste as a test: the arrows between rooms, sizes, bans, one version of each big crate.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use domain::field::Field;

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

/// The dependencies a manifest names, those of its tests and of its build included.
fn dependencies(room: &str) -> Vec<String> {
    named_in(&fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap())
}

fn named_in(manifest: &str) -> Vec<String> {
    let sections = manifest.split("\n[").filter_map(|section| section.split_once("dependencies]\n"));
    let name = |line: &str| line.split(['.', ' ', '=']).next().map(str::to_owned);
    sections.flat_map(|(_, lines)| lines.lines().filter(|line| line.contains('=')).filter_map(name)).collect()
}

#[test]
fn dependencies_of_tests_are_dependencies() {
    let manifest = "[package]\nname = \"x\"\n\n[dependencies]\na.workspace = true\n\n[dev-dependencies]\nb = \"1\"\n\n[[test]]\nname = \"c\"\n";
    assert_eq!(named_in(manifest), ["a", "b"]);
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
    let of_events = |text: &str| text.contains("Event::");
    none(
        folds
            .filter(|(_, text)| has_arm(text, |arm| arm == "_") || (of_events(text) && has_arm(text, takes_all)))
            .map(|(name, _)| name)
            .collect(),
    );
}

/// Whether a pattern takes whatever is left: `_`, or a name that is bound to it.
fn takes_all(pattern: &str) -> bool {
    let of_name = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let begins = pattern.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '_');
    begins && pattern.chars().all(of_name) && !["true", "false"].contains(&pattern)
}

/// Whether there is an arm with such a pattern.
fn has_arm(text: &str, such: fn(&str) -> bool) -> bool {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let patterns =
        code.flat_map(|line| line.match_indices("=>").map(|(at, _)| line[..at].rsplit(['{', '}', ',']).next()));
    patterns.flatten().any(|pattern| such(pattern.trim()))
}

#[test]
fn an_arm_that_takes_all_is_seen_however_it_is_written() {
    for arm in [
        "    _ => {}",
        "other => {}",
        "        _other => return,",
        "match x { A => 1, rest => 2 }",
        "match x { e2 => 2 }",
    ] {
        assert!(has_arm(arm, takes_all), "{arm}");
    }
    for arm in
        ["true => 1,", "Some(other) => 1,", "A { on, .. } => 1,", "B | C => 1,", "x if x > 1 => 1,", "// other => 1"]
    {
        assert!(!has_arm(arm, takes_all), "{arm}");
    }
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

/// What begins elsewhere is not known to the place that says how statements are sent.
#[test]
fn every_statement_begins_in_one_place() {
    let begun = |text: &str| {
        let mut uses = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let begins = ["(", "_", "!"].map(|next| format!("sqlx::query{next}"));
        uses.any(|line| begins.iter().any(|begin| line.contains(begin)))
    };
    let shipped = sources(&root().join("infra/src")).into_iter().filter(|(name, _)| !name.ends_with("/sql.rs"));
    none(shipped.filter(|(name, text)| !name.contains("test") && begun(text)).map(|(name, _)| name).collect());
}

#[test]
fn every_room_says_what_it_is_and_is_not() {
    for room in ["domain", "projections", "graphql", "infra"] {
        let text = fs::read_to_string(root().join(room).join("src/lib.rs")).unwrap();
        assert!(text.starts_with("//! ") && text.contains("# Invariants") && text.contains("# Not here"), "{room}");
    }
}

/// What a command's field is called is quoted where the field is read; `mint` names nothing that is asked.
#[test]
fn every_field_a_command_reads_has_a_chinese_word() {
    let commands = sources(&root().join("graphql/src/mutation"));
    let lines = commands.iter().flat_map(|(_, text)| text.lines());
    let reading = lines.filter(|line| !line.contains("mint(") && !line.trim_start().starts_with('#'));
    let quoted = reading.flat_map(|line| line.split('"').skip(1).step_by(2));
    let is_name = |text: &&str| {
        text.starts_with(|one: char| one.is_ascii_lowercase())
            && text.chars().all(|one| one.is_ascii_alphabetic() || one == '.')
    };
    let names: BTreeSet<&str> = quoted.filter(is_name).collect();
    assert!(names.len() > 40, "{names:?}");
    none(names.into_iter().filter(|name| format!("{:#}", Field((*name).to_owned())).contains(name)).collect());
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
    let files = ["README.md", "ARCHITECTURE.md", "BENCHMARKS.md", "dev", ".ci/run", "Cargo.toml", "clippy.toml"];
    let files = files.into_iter().chain(["deny.toml", "rust-toolchain.toml"]).map(str::to_owned);
    let manifests = ROOMS.iter().map(|(room, _)| format!("{room}/Cargo.toml"));
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let docs: Vec<String> = docs.map(|name| format!("docs/{}", name.display())).collect();
    assert!(docs.len() >= 3, "{docs:?}");
    let examples = fs::read_dir(root().join("examples/recount")).unwrap().map(|entry| entry.unwrap().file_name());
    let examples = examples.map(|name| format!("examples/recount/{}", name.display()));
    let examples = examples.filter(|name| name.ends_with(".py") || name.ends_with(".md"));
    let texts = files.chain(manifests).chain(docs.into_iter().filter(|name| name.ends_with(".md"))).chain(examples);
    let texts = texts.map(|name| (name.clone(), fs::read_to_string(root().join(name)).unwrap()));
    none(
        texts
            .chain(all_sources())
            .filter(|(_, text)| words.iter().any(|word| text.contains(word)))
            .map(|(name, _)| name)
            .collect(),
    );
}
