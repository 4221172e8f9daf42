//! What others wrote to speak to servers like this one, run against it: `tests/clients`, installed by `./dev test`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Where the clients are kept, and where they are installed.
fn installed() -> (PathBuf, PathBuf) {
    let (from, into) = (root().join("tests/clients"), root().join("target/clients"));
    let installed = std::fs::read(into.join("installed.json")).unwrap_or_default();
    let wanted = std::fs::read(from.join("package-lock.json")).unwrap();
    assert!(installed == wanted, "the clients of others are not installed: run ./dev test, which does it");
    (from, into)
}

/// What a script prints: a value for each line.
pub async fn told_by(script: &str, arguments: &[&str]) -> Vec<Value> {
    let (from, into) = installed();
    // Beside what was installed, where it is found.
    std::fs::copy(from.join(script), into.join(script)).unwrap();
    printed(Command::new("node").arg(into.join(script)).args(arguments)).await
}

/// What the client of Relay prints, compiled against the checked-in schema.
pub async fn told_by_relay(arguments: &[&str]) -> Vec<Value> {
    let (from, into) = installed();
    let (from, into) = (from.join("relay"), into.join("relay"));
    std::fs::create_dir_all(into.join("__generated__")).unwrap();
    for file in ["package.json", "relay.config.json", "relay.js"] {
        std::fs::copy(from.join(file), into.join(file)).unwrap();
    }
    std::fs::copy(root().join("graphql/schema.graphql"), into.join("schema.graphql")).unwrap();
    let compiler = into.with_file_name("node_modules").join(".bin/relay-compiler");
    let compiled = Command::new(compiler).current_dir(&into).stdin(Stdio::null()).output().await.unwrap();
    let told = [compiled.stdout, compiled.stderr].concat();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&told));
    printed(Command::new("node").arg(into.join("relay.js")).args(arguments)).await
}

/// What a script for Python prints.
pub async fn told_by_python(script: &str, arguments: &[&str]) -> Vec<Value> {
    let python = root().join("target/clients/python/bin/python3");
    printed(Command::new(python).arg("-B").arg(root().join("tests/clients").join(script)).args(arguments)).await
}

async fn printed(command: &mut Command) -> Vec<Value> {
    let asked = command.stdin(Stdio::null()).output().await;
    let output = asked.expect("this test needs the clients of others: ./dev test installs them");
    let (said, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{told}\n{said}", output.status);
    said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not a value: {line}"))).collect()
}
