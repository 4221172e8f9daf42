//! The labels under which resolvers mint ids and seal texts. Both are keyed hashes over them and stand in the body of a command:
//! under another label, a command sent again after an update would be refused as another.

use std::fs;
use std::path::Path;

/// What is minted and sealed in one file, in order, each with whom it is done for.
fn labels(source: &str) -> Vec<String> {
    let mut of = String::new();
    let mut found = Vec::new();
    for line in source.lines() {
        let line = line.trim();
        if line.starts_with("impl") || line.starts_with("async fn") || line.starts_with("fn ") || line.contains(" fn ")
        {
            let name = line.trim_end_matches('{').trim();
            if !line.contains("fn put") {
                of = name.to_owned();
            }
        }
        // For each of several it is sealed as for one.
        let calls = [(".mint(", "mint"), (".seal(", "seal"), (".seal_each(", "seal"), (".seal_some(", "seal_some")];
        for (call, does) in calls {
            for (at, _) in line.match_indices(call) {
                let said = &line[at + call.len()..];
                let label = said.split('"').nth(1).unwrap_or(said);
                found.push(format!("{of}: {does} {label}"));
            }
        }
    }
    found
}

#[test]
fn labels_of_minted_ids_and_sealed_texts_stay_as_they_are() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = String::new();
    for folder in ["door", "mutation"] {
        let entries = fs::read_dir(here.join("src").join(folder)).expect("the sources are there");
        let mut files: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.is_file()) {
            let source = fs::read_to_string(file).expect("a source is text");
            for label in labels(&source) {
                found += &format!("{folder}/{}: {label}\n", file.file_name().unwrap_or_default().display());
            }
        }
    }
    let path = here.join("tests/labels.txt");
    let kept = fs::read_to_string(&path).unwrap_or_default();
    #[expect(clippy::disallowed_methods, reason = "a test is told by the environment to write")]
    if std::env::var_os("BLESS").is_some() {
        // Those that are there stay: what is new may be added.
        let gone: Vec<&str> = kept.lines().filter(|line| !found.lines().any(|now| now == *line)).collect();
        assert!(gone.is_empty(), "commands sent before would be refused as others: {gone:#?}");
        fs::write(&path, &found).expect("it can be written");
        return;
    }
    assert_eq!(kept, found, "labels are in the bodies of commands; for new ones: BLESS=1");
}
