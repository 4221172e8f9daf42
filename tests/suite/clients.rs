//! What others wrote to speak to servers like this one, run against it: `tests/clients`, installed by `./dev test`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What a script prints: a value for each line.
pub async fn told_by(script: &str, arguments: &[&str]) -> Vec<Value> {
    let (from, into) = (root().join("tests/clients"), root().join("target/clients"));
    let installed = std::fs::read(into.join("installed.json")).unwrap_or_default();
    let wanted = std::fs::read(from.join("package-lock.json")).unwrap();
    assert!(installed == wanted, "the clients of others are not installed: run ./dev test, which does it");
    // Beside what was installed, where it is found.
    std::fs::copy(from.join(script), into.join(script)).unwrap();
    let asked = Command::new("node").arg(into.join(script)).args(arguments).stdin(Stdio::null()).output().await;
    let output = asked.expect("this test needs node on the path: ./dev test installs it");
    let (said, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}: {}\n{told}\n{said}", output.status);
    said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not a value: {line}"))).collect()
}
