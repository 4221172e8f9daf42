//! From nothing to a first round and on to operation, by the commands of the pages, in their order, in one shell.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use harness::own::{Own, SUPERUSER};
use harness::program::{data, sanping};
use infra::postgres::{APP_ROLE, Binaries, OWNER_ROLE, Search};

/// A block of commands on a page, and what it is said to print.
struct Block {
    name: String,
    commands: String,
    prints: Option<String>,
}

/// The named blocks of a page, in order: ```sh whose first line is `# name`, each followed by what it prints, if that is said.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let fences: Vec<&str> = page.split("\n```").collect();
    let mut named = false;
    for (number, fence) in fences.iter().enumerate() {
        if let Some(commands) = fence.strip_prefix("sh\n") {
            let name = commands.lines().next().and_then(|line| line.strip_prefix("# "));
            named = name.is_some_and(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
            if let Some(name) = name.filter(|_| named) {
                blocks.push(Block { name: name.to_owned(), commands: (*commands).to_owned(), prints: None });
            }
        } else if let Some(prints) = fence.strip_prefix("text\n") {
            // What lies between the two is prose of a line or none.
            assert!(named && fences[number - 1].trim().is_empty(), "what is printed follows its commands: {prints}");
            blocks.last_mut().unwrap().prints = Some((*prints).to_owned());
        }
    }
    blocks
}

/// Runs blocks one after the other in one shell; answers what each printed.
fn run(blocks: &[Block], before: &str, folder: &Path, variables: &[(&str, String)]) -> Vec<String> {
    let mut script = before.to_owned();
    for Block { name, commands, .. } in blocks {
        write!(script, "\nprintf '\\036%s\\n' {name}\n{commands}\n").unwrap();
    }
    let binaries = Binaries::find(&Search::default(), Path::new("/")).unwrap();
    let program = sanping();
    let folders = [binaries.dir(), program.parent().unwrap(), Path::new("/usr/bin"), Path::new("/bin")];
    let mut command = Command::new("bash");
    // Whatever happens, what the page starts in the background is ended.
    let ended = "trap 'kill $SERVER 2>/dev/null || true' EXIT\nSERVER=\n";
    command.args(["-euo", "pipefail", "-c", &format!("{ended}{script}")]).env_clear().current_dir(folder);
    command.env("PATH", std::env::join_paths(folders).unwrap()).env("LC_ALL", "C.UTF-8");
    let output = command.envs(variables.iter().map(|(name, value)| (name, value))).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let printed: Vec<String> =
        said.split('\u{1e}').skip(1).map(|one| one.split_once('\n').unwrap().1.to_owned()).collect();
    let at = blocks.get(printed.len().saturating_sub(1)).map_or("the start", |block| block.name.as_str());
    assert!(output.status.success(), "{at}: {} {said} {}", output.status, String::from_utf8_lossy(&output.stderr));
    printed
}

/// Whether something was printed as it is said: an ellipsis stands for whatever differs each time.
fn fits(said: &str, printed: &str) -> bool {
    let mut rest = printed;
    let mut parts = said.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.is_empty()
}

#[test]
fn what_is_printed_is_held_against_what_is_said() {
    assert!(fits("a …b\n", "a 17 b\n") && fits("a\n", "a\n"));
    assert!(!fits("a …b\n", "a 17\n") && !fits("a\n", "a\nb\n") && !fits("a\n", ""));
    let page = "\n```sh\n# one\nls\n```\n\n```text\nout\n```\n\n```sh\nnot run\n```\n";
    let blocks = blocks(page);
    assert_eq!(blocks.len(), 1);
    assert_eq!((blocks[0].name.as_str(), blocks[0].prints.as_deref()), ("one", Some("out")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_pages_lead_from_nothing_to_a_published_round_and_through_operation() {
    let (own, folder) = (Own::start().await, data());
    let (first, operation) = (include_str!("../../docs/first-round.md"), include_str!("../../docs/operation.md"));
    let mut all = blocks(first);
    let stop = all.pop().unwrap();
    assert_eq!(stop.name, "stop", "what is to be done last is last");
    all.extend(blocks(operation));
    all.push(stop);
    // The addresses are this machine's; the names are the page's.
    let settings = all.remove(0);
    assert_eq!(settings.name, "settings");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let own_settings = [
        ("OWNER_URL", own.url(OWNER_ROLE, "sanping")),
        ("DATABASE_URL", own.url(APP_ROLE, "sanping")),
        ("SANPING_KEY_FILE", text(&folder.path().join("etc/master.key"))),
        ("SANPING_LISTEN", port.to_string()),
    ];
    for (name, _) in &own_settings {
        assert!(settings.commands.contains(&format!("export {name}=")), "{name} is said on the page");
    }
    assert_eq!(settings.commands.matches("export ").count(), own_settings.len());
    let server =
        [("PGHOST", text(own.socket())), ("PGUSER", SUPERUSER.to_owned()), ("KEEP", text(&folder.path().join("keep")))];
    let printed = run(&all, "", folder.path(), &[own_settings.as_slice(), &server].concat());
    assert_eq!(printed.len(), all.len());
    for (block, printed) in all.iter().zip(&printed) {
        let said = block.prints.as_ref().map(|said| format!("{}\n", said.trim_end())).unwrap_or_default();
        assert!(fits(&said, printed), "{}: it is said to print {said:?} and prints {printed:?}", block.name);
    }
}
