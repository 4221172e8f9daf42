//! `sanping import`: the commands of a file, each once, in the file's order, whatever happens in between.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use domain::id::BranchId;
use domain::stream::Position;
use futures_util::future::join_all;
use graphql::ports::{Accepted, SendError};
use harness::audit::{audit, recorded};
use harness::crowd::{accepted, founding, organisation, rename, send};
use harness::ground::Ground;
use harness::program::{Running, data, run, sanping};
use infra::app::App;
use infra::turn::{NotSent, Queue};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

const OFFICE: &str = "id=importer; roles=office";

fn line(id: &str, mutation: &str, input: &Value) -> String {
    json!({ "commandId": id, "mutation": mutation, "input": input }).to_string()
}

/// The top committee, a metric, and so many members of it, each with a plan: a plan needs the lines before it.
fn lines(members: usize) -> Vec<String> {
    let root = BranchId::root().0.to_string();
    let committee = json!({ "kind": "COMMITTEE", "name": "Committee", "on": "2021-01-04" });
    let metric = json!({
        "code": "points", "name": "Points", "unit": "POINTS", "direction": "HIGHER_IS_BETTER", "aggregation": "SUM",
        "grain": "MONTH", "subjects": "BOTH"
    });
    let mut lines = vec![line("root", "establishBranch", &committee), line("metric", "defineMetric", &metric)];
    lines.extend((0..members).map(|number| {
        let person = json!({
            "branch": root, "staffNumber": format!("S-{number}"), "name": "Somebody", "post": "STAFF", "on": "2021-01-04"
        });
        line(&format!("member-{number}"), "registerMember", &person)
    }));
    lines
}

fn file(folder: &Path, lines: &[String]) -> String {
    let path = folder.join("commands.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    path.display().to_string()
}

fn outcomes(said: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(said).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

fn positions(outcomes: &[Value]) -> BTreeSet<u64> {
    outcomes.iter().filter_map(|outcome| outcome["position"].as_str()?.parse().ok()).collect()
}

/// An import of standard input; of a pipe, this text.
fn told_by_hand(place: &Path, viewer: &str, from: Stdio, text: &str) -> Output {
    let mut command = Command::new(sanping());
    command.arg("--data").arg(place).args(["import", "-", "--viewer", viewer]).env_remove("DATABASE_URL");
    let mut child = command.stdin(from).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if let Some(mut to) = child.stdin.take() {
        std::io::Write::write_all(&mut to, text.as_bytes()).unwrap();
    }
    child.wait_with_output().unwrap()
}

#[test]
fn a_killed_import_is_run_again_and_each_command_is_there_once() {
    let (place, folder) = (data(), data());
    let all = lines(3_000);
    let path = file(folder.path(), &all);
    let arguments = ["import", &path, "--viewer", OFFICE];
    let first = Running::start(place.path(), &arguments);
    let seen = first.until_said("\"line\":1200,");
    assert!(seen.contains("\"replayed\":false") && seen.contains("\"commandId\":\"member-1197\""), "{seen}");
    first.kill();

    let second = run(place.path(), &arguments);
    let told = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(0), "{told}");
    let outcomes_of_second = outcomes(&second.stdout);
    let numbers: Vec<u64> = outcomes_of_second.iter().map(|outcome| outcome["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=3_002).collect::<Vec<u64>>(), "each line is told, in order");
    let before = outcomes_of_second.iter().filter(|outcome| outcome["replayed"] == true).count();
    assert!((1_200..=3_002).contains(&before), "what was told before the end stays: {before}");
    assert_eq!(positions(&outcomes_of_second).len(), 3_002, "each has a place of its own");

    let third = run(place.path(), &arguments);
    assert_eq!(third.status.code(), Some(0), "{}", String::from_utf8_lossy(&third.stderr));
    let outcomes_of_third = outcomes(&third.stdout);
    assert!(outcomes_of_third.iter().all(|outcome| outcome["replayed"] == true));
    assert_eq!(positions(&outcomes_of_third), positions(&outcomes_of_second), "with the first answers");
    // A registration is two events, of the member and of the branch; a branch and a metric are one each.
    let head = positions(&outcomes_of_third).last().copied();
    assert_eq!(head, Some(2 + 2 * 3_000), "nothing else is in the log");
    assert!(String::from_utf8_lossy(&third.stderr).contains("0 accepted, 3002 accepted before, 0 refused"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_would_wait_for_projections_that_have_all_stopped_ends_and_says_where() {
    let (ground, folder) = (Ground::fresh().await, data());
    let unheard = "insert into events select 'branch', gen_random_uuid()::text, 1, 'branch_unheard_of', '1', \
                   '{\"branch_unheard_of\":{}}', '{}', n, gen_random_uuid(), now(), sha256('') \
                   from generate_series(1, 20001) n; update log_head set position = 20001, recorded_at = now()";
    sqlx::Executor::execute(&ground.owner().await, unheard).await.unwrap();
    let path = file(folder.path(), &lines(1_000));
    let (socket, database) = harness::writer::address(&ground.endpoints.app);
    let url = format!("postgres://sanping_app@localhost/{database}?host={}&port=5432", socket.display());
    let done = run(folder.path(), &["--database-url", &url, "import", &path, "--viewer", OFFICE]);
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{told}");
    assert!(told.contains("every projection has stopped") && told.contains("members before 1 ("), "{told}");
}

#[test]
fn an_outcome_that_cannot_be_written_is_an_accident_and_a_reader_that_went_away_is_none() {
    let (place, folder) = (data(), data());
    let path = file(folder.path(), &lines(10));
    let into = |to: Stdio, arguments: &[&str]| {
        let mut command = Command::new(sanping());
        command.arg("--data").arg(place.path()).args(arguments).env_remove("DATABASE_URL");
        let output = command.stdout(to).stderr(Stdio::piped()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let full = || Stdio::from(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let import = ["import", &path, "--viewer", OFFICE];
    for arguments in [&import[..], &["report", "2022", "--json"], &["projections", "verify", "--json"]] {
        let (code, told) = into(full(), arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {told}");
        assert!(told.contains("cannot be written to standard output: No space left"), "{arguments:?}: {told}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let (code, told) = into(Stdio::from(writer), &import);
    assert_eq!(code, Some(0), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_appends_a_thousand_commands_in_a_transaction() {
    let (ground, folder) = (Ground::fresh().await, data());
    let path = file(folder.path(), &lines(6_000));
    let (socket, database) = harness::writer::address(&ground.endpoints.app);
    let url = format!("postgres://sanping_app@localhost/{database}?host={}&port=5432", socket.display());
    let done = run(folder.path(), &["--database-url", &url, "import", &path, "--viewer", OFFICE]);
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!((done.status.code(), outcomes(&done.stdout).len()), (Some(0), 6_002), "{told}");
    let sql = "select count(*) from commands group by xmin::text order by 1 desc";
    let sizes: Vec<i64> = sqlx::query_scalar(sql).fetch_all(&ground.pool().await).await.unwrap();
    assert!(sizes[0] >= 1_000, "commands in a transaction: {sizes:?}");
}

#[test]
fn lines_depend_on_those_before_them_and_bad_ones_are_named() {
    let (place, folder) = (data(), data());
    let root = BranchId::root().0.to_string();
    let mut all = lines(1);
    // A hundred names in a row: the last one stands.
    all.extend((0..100).map(|number| {
        let name = json!({ "branch": root, "name": format!("Name {number}"), "on": "2021-02-01" });
        line(&format!("name-{number}"), "renameBranch", &name)
    }));
    let good = all.len();
    let same_number =
        json!({ "branch": root, "staffNumber": "S-0", "name": "Other", "post": "STAFF", "on": "2021-01-04" });
    all.push(line("again", "registerMember", &same_number));
    all.push(String::new());
    all.push(line("x", "registerMembre", &json!({})));
    all.push(line("x", "registerMember", &json!({ "branch": root })));
    all.push("{\"commandId\":\"x\"".to_owned());
    all.push(format!("\"{}\"", "x".repeat(2 << 20)));
    all.push(line("name-0", "renameBranch", &json!({ "branch": root, "name": "Another", "on": "2021-02-01" })));
    let named = json!({ "commandId": "v", "mutation": "renameBranch", "viewer": "id=ana; roles=auditor",
        "input": { "branch": root, "name": "By an auditor", "on": "2021-02-01" } });
    all.push(named.to_string());
    let mut text = all.join("\r\n").into_bytes();
    text.extend(b"\r\n\xff\xfe\r\n");
    text.extend(line("last", "renameBranch", &json!({ "branch": root, "name": "Last", "on": "2021-02-01" })).bytes());
    let path = folder.path().join("commands.jsonl");
    std::fs::write(&path, text).unwrap();

    let done = run(place.path(), &["import", path.to_str().unwrap(), "--viewer", OFFICE, "--correlation", "batch 7"]);
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(5), "{told}");
    let outcomes = outcomes(&done.stdout);
    let at = |line: usize| {
        let found = outcomes.iter().find(|outcome| outcome["line"] == line);
        found.unwrap_or_else(|| panic!("of line {line} nothing is told"))
    };
    let positions: Vec<u64> = (1..=good).map(|line| at(line)["position"].as_str().unwrap().parse().unwrap()).collect();
    assert!(positions.is_sorted_by(|one, next| one < next), "in the file's order: {positions:?}");
    assert_eq!(at(good + 1)["refusal"]["code"], "person.staff_number_taken");
    assert!(outcomes.iter().all(|outcome| outcome["line"] != good + 2), "a blank line is none");
    for (line, wrong) in [
        (good + 3, "there is no mutation \"registerMembre\""),
        (good + 4, "staffNumber"),
        (good + 5, "not a command"),
        (good + 6, "longer than 1048576 bytes"),
        (good + 8, "--viewers-in-lines"),
        (good + 9, "not UTF-8"),
    ] {
        let failure = &at(line)["failure"];
        assert_eq!(failure["code"], "import.no_command", "{failure}");
        assert!(failure["message"].as_str().unwrap().contains(wrong), "{failure}");
    }
    assert_eq!(at(good + 7)["refusal"]["code"], "command.id_reused");
    assert_eq!(at(good + 10)["replayed"], false, "what is wrong before it holds up nobody");
    assert!(told.contains("104 accepted, 0 accepted before, 2 refused, 6 no commands, 0 not settled"), "{told}");
    assert!(told.contains("correlation batch 7"), "{told}");

    // With viewers in lines the auditor is heard, and has no say.
    let path = file(folder.path(), &[named.to_string()]);
    let done = run(place.path(), &["import", &path, "--viewer", OFFICE, "--viewers-in-lines"]);
    assert_eq!(self::outcomes(&done.stdout)[0]["refusal"]["code"], "policy.denied");
}

#[test]
fn an_import_of_a_branch_reads_what_its_lines_led_to() {
    let (place, folder) = (data(), data());
    let root = BranchId::root().0.to_string();
    let below = json!({ "kind": "BRANCH", "parent": root, "name": "Below", "on": "2021-01-04" });
    let all = vec![lines(0).swap_remove(0), line("below", "establishBranch", &below)];
    let done = run(place.path(), &["import", &file(folder.path(), &all), "--viewer", OFFICE]);
    let branch = outcomes(&done.stdout)[1]["id"].as_str().unwrap().to_owned();

    // Rights within a branch are looked up: each line of a secretary needs those before it recorded and folded.
    let mut text = String::new();
    for number in 0..20 {
        let person = json!({
            "branch": branch, "staffNumber": format!("B-{number}"), "name": "Somebody", "post": "STAFF", "on": "2021-01-04"
        });
        writeln!(text, "{}", line(&format!("person-{number}"), "registerMember", &person)).unwrap();
    }
    let secretary = format!("id=sec; roles=branch_secretary; scope={branch}");
    let done = told_by_hand(place.path(), &secretary, Stdio::piped(), &text);
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(0), "{told}");
    assert_eq!(outcomes(&done.stdout).len(), 20);
    // And nothing is made of nothing.
    let empty = run(place.path(), &["import", &file(folder.path(), &[]), "--viewer", OFFICE]);
    assert!(empty.status.success() && empty.stdout.is_empty(), "{}", String::from_utf8_lossy(&empty.stderr));
    let nowhere = run(place.path(), &["import", "/nowhere/at.all", "--viewer", OFFICE]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("/nowhere/at.all cannot be read"));
}

#[test]
fn a_file_that_breaks_off_leaves_no_line_untold() {
    let place = data();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut to = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut from = listener.accept().unwrap().0;
    // Whoever closes a connection without having read all breaks it off, after what was sent.
    std::io::Write::write_all(&mut from, b"unread").unwrap();
    let writing = std::thread::spawn(move || {
        let text = lines(300).join("\n") + "\n";
        std::io::Write::write_all(&mut to, text.as_bytes()).unwrap();
    });
    let done = told_by_hand(place.path(), OFFICE, OwnedFd::from(from).into(), "");
    writing.join().unwrap();
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{told}");
    assert!(told.contains("after line 302 the file cannot be read"), "{told}");
    assert!(told.contains("302 lines: 302 accepted") && told.contains("stopped before the end"), "{told}");
    assert_eq!(positions(&outcomes(&done.stdout)).len(), 302, "what was under way is told");
}

type Sent = Result<Accepted, SendError>;

/// Renames the branch, as so many lines of a file do that are all under way at once.
async fn rename_by_lines(app: &App, branch: BranchId, count: usize) -> Vec<Sent> {
    let queue = Queue::default();
    let lines = (1..=count).map(|number| {
        let id = format!("line-{number}");
        let room = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let turn = queue.next(&id, room);
        let line = async move { send(app, &id, rename(branch, &format!("Name {number}"))).await };
        turn.take(line, |sent: &Sent| match sent {
            Ok(accepted) => Some(accepted.position),
            Err(SendError::Refused(_)) => Some(Position(0)),
            Err(_) => None,
        })
    });
    join_all(lines).await
}

fn was_not_sent(sent: &Sent) -> bool {
    matches!(sent, Err(SendError::Failed(cause)) if cause.is::<NotSent>())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_is_recorded_after_one_that_failed() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let owner = ground.owner().await;
    sqlx::raw_sql(
        "create function no_fifth() returns trigger language plpgsql as \
         $$ begin raise exception 'not this one' using errcode = '22000'; end $$; \
         create trigger no_fifth before insert on events for each row \
         when (new.payload::text like '%\"Name 5\"%') execute function no_fifth()",
    )
    .execute(&owner)
    .await
    .unwrap();
    let first = rename_by_lines(&app, branch, 10).await;
    assert!(first[..4].iter().all(Result::is_ok), "{first:?}");
    assert!(matches!(first[4], Err(SendError::Failed(_))) && !was_not_sent(&first[4]), "{first:?}");
    assert!(first[5..].iter().all(was_not_sent), "what it would have done may be what they count on: {first:?}");

    sqlx::raw_sql("drop trigger no_fifth on events").execute(&owner).await.unwrap();
    let second: Vec<Accepted> = rename_by_lines(&app, branch, 10).await.into_iter().map(Result::unwrap).collect();
    assert!(second.is_sorted_by(|one, next| one.position < next.position), "in the file's order: {second:?}");
    assert_eq!(second.iter().filter(|accepted| accepted.replayed).count(), 4);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_keep_their_order_though_another_program_writes_the_same_stream() {
    const LINES: usize = 200;
    let ground = Ground::fresh().await;
    let [app, other] = [ground.app().await, ground.app().await];
    let branch = organisation(&app, 1).await[0];
    let others = async {
        for number in 0..40 {
            accepted(&other, &format!("other-{number}"), rename(branch, &format!("Other {number}"))).await;
        }
    };
    let (sent, ()) = futures_util::future::join(rename_by_lines(&app, branch, LINES), others).await;
    let sent: Vec<Accepted> = sent.into_iter().map(Result::unwrap).collect();
    assert!(sent.is_sorted_by(|one, next| one.position < next.position), "in the file's order: {sent:?}");
    let own = founding(1).into_iter().chain((1..=LINES).map(|number| format!("line-{number}")));
    let ids: Vec<String> = own.chain((0..40).map(|number| format!("other-{number}"))).collect();
    audit(&app.pool, &recorded(&app.pool, &ids).await).await;
    for app in [app, other] {
        app.stop().await;
    }
}
