//! The catalogue of stored events is checked in, describes what is stored, and changes compatibly only.

mod changes;
mod compatible;
mod payloads;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Where the catalogue is checked in.
fn checked_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events.schema.json")
}

/// Holds a catalogue against the one in a file; writes it there when asked to bless, unless the change is incompatible.
fn keep(path: &Path, derived: &Value, bless: bool) -> Result<(), String> {
    let text = serde_json::to_string_pretty(derived).expect("a value is JSON") + "\n";
    let kept = fs::read_to_string(path).unwrap_or_default();
    if kept == text {
        return Ok(());
    }
    // A file that is no catalogue is not written over either: nothing could be held against it.
    if !kept.is_empty() {
        let kept = serde_json::from_str(&kept).map_err(|error| format!("{}: {error}", path.display()))?;
        let breaks = compatible::breaks(&kept, derived);
        if !breaks.is_empty() {
            return Err(format!(
                "events of before this change are stored for ever, and no longer as the catalogue says; an optional field or \
                 a new type does not change them:\n{}",
                breaks.join("\n")
            ));
        }
    }
    if bless {
        return fs::write(path, text).map_err(|error| error.to_string());
    }
    Err(format!("{} is not what the code says; look at the difference, then run ./dev bless", path.display()))
}

#[test]
fn the_catalogue_is_current_and_its_change_compatible() {
    #[expect(clippy::disallowed_methods, reason = "a test is told by the environment to write")]
    let bless = std::env::var_os("BLESS").is_some();
    keep(&checked_in(), &domain::catalogue::catalogue(), bless).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn an_incompatible_change_is_not_blessed_and_a_compatible_one_is() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("catalogue.json");
    let whole = domain::catalogue::catalogue();
    let mut narrowed = whole.clone();
    narrowed["$defs"]["Post"]["oneOf"].as_array_mut().expect("two posts").pop();
    let _absent = fs::remove_file(&path);

    keep(&path, &narrowed, true).expect("the first one");
    keep(&path, &narrowed, false).expect("the same");
    assert!(keep(&path, &whole, false).is_err_and(|error| error.contains("./dev bless")), "not asked to");
    keep(&path, &whole, true).expect("one more value");

    let written = fs::read_to_string(&path).expect("a text");
    let error = keep(&path, &narrowed, true).expect_err("one less");
    assert!(error.contains("member_registered.post: \"staff\" is gone"), "{error}");
    fs::write(&path, "{").expect("written");
    assert!(keep(&path, &whole, true).is_err(), "no catalogue");
    assert_eq!(fs::read_to_string(&path).expect("a text"), "{");
    assert!(written.contains("staff"));
}
