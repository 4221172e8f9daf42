//! What the command line prints of a world, as the program itself run over its database.

use std::path::Path;
use std::process::Command;

use harness::program::sanping;
use harness::writer::address;
use infra::postgres::APP_ROLE;

use super::world::World;

/// Everything that prints something of what is in a database.
const COMMANDS: [&[&str]; 6] = [
    &["report", "2022"],
    &["report", "2022", "--json"],
    &["projections", "status"],
    &["projections", "status", "--json"],
    &["projections", "verify"],
    &["projections", "verify", "--json"],
];

/// What each command prints, on either way out, the key in this folder; digests aside, which are over the sealed texts.
pub async fn printed(world: &World, folder: &Path) -> Vec<(String, String)> {
    let (socket, database) = address(&world.server.ground.endpoints.app);
    let url = format!("postgres://{APP_ROLE}@localhost/{database}?host={}", socket.display());
    // What stands still is printed: projections that have got to the head.
    let known = format!("{{ rounds(atLeast: \"{}\") {{ position }} }}", world.head().await);
    let _known = world.api.ask(&known, serde_json::json!({})).await.unwrap();
    let mut printed = vec![];
    for arguments in COMMANDS {
        let mut command = Command::new(sanping());
        command.args(arguments).arg("--data").arg(folder).arg("--key-file").arg(folder.join("master.key"));
        let output = command.env("DATABASE_URL", &url).output().expect("sanping can be started");
        let (said, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{arguments:?}: {told}");
        let said = said.lines().map(without_digest).collect::<Vec<_>>().join("\n");
        printed.push((arguments.join(" "), format!("{said}\n{}", told.replace(&database, "DATABASE"))));
    }
    printed
}

/// A line without the 64 hexadecimal digits of a digest.
fn without_digest(line: &str) -> String {
    let digest = |word: &str| word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
    let words = line.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let shown = |word: &str| match digest(word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric())) {
        true => word.replace(|c: char| c.is_ascii_hexdigit(), "x"),
        false => word.to_owned(),
    };
    words.map(shown).collect()
}
