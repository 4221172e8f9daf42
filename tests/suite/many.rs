//! Many commands in one call, over HTTP: good and bad ones, sent again, the server killed in the middle.

use harness::audit::{audit, recorded};
use harness::client::Api;
use harness::own::{Own, Served, serve};
use harness::program::run;
use harness::server::Server;
use harness::wait::until;
use infra::auth::SignIn;
use infra::postgres::APP_ROLE;
use serde_json::{Value, json};
use sqlx::PgPool;

const MANY: &str = "mutation($input: SendCommandsInput!) { sendCommands(input: $input) { position refusal { code }
    outcomes { position of commandId replayed refusal { code facts { name value } } } } }";

/// The outcomes of a call; nothing where it was not answered.
async fn sent(api: &Api, commands: &[Value]) -> Option<Vec<Value>> {
    let mut answer = api.ask(MANY, json!({ "input": { "commands": commands } })).await.ok()?;
    match answer["data"]["sendCommands"]["outcomes"].take() {
        Value::Array(outcomes) => Some(outcomes),
        _none => None,
    }
}

fn registration(branch: &str, number: usize) -> Value {
    json!({ "registerMember": { "commandId": format!("member-{number}"), "branch": branch, "staffNumber": format!("S{number}"),
        "name": "试一", "post": "STAFF", "on": "2022-01-04" } })
}

async fn found(api: &Api) -> String {
    let input = json!({ "commandId": "root", "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01" });
    api.send("establishBranch", input).await.unwrap().id
}

fn code(outcome: &Value) -> Option<&str> {
    outcome["refusal"]["code"].as_str()
}

/// A command counts on those before it; one that is refused stops none; in a scope too, whose rights follow from what was done.
#[tokio::test]
async fn each_command_is_decided_after_those_before_it_and_answered_by_itself() {
    let mut server = Server::start("2022-07-15T04:00:00Z".parse().unwrap()).await;
    let address = server.open(SignIn::Development).await;
    let api = Api::at(&address);
    let root = found(&api).await;
    let under = |id: &str, name: &str| json!({ "establishBranch": { "commandId": id, "kind": "BRANCH", "parent": root, "name": name, "on": "2020-01-01" } });
    let made = sent(&api, &[under("east", "东区支部"), under("west", "西区支部")]).await.unwrap();
    let [east, west] = [&made[0], &made[1]].map(|outcome| outcome["of"].as_str().unwrap().to_owned());
    let secretary = api.as_viewer(&format!("id=east; roles=branch_secretary; scope={east}"));
    let moved = |id: &str, member: &str| json!({ "suspendMember": { "commandId": id, "member": member, "on": "2022-07-01", "reason": "休假" } });
    let commands = [registration(&east, 1), registration(&west, 2), registration(&east, 1), registration(&east, 3)];
    let outcomes = sent(&secretary, &commands).await.unwrap();
    assert_eq!(outcomes.iter().map(code).collect::<Vec<_>>(), [None, Some("policy.denied"), None, None]);
    assert_eq!((&outcomes[2]["replayed"], &outcomes[2]["position"]), (&json!(true), &outcomes[0]["position"]));
    // She was registered a moment ago, in the same call: whoever may do what to her follows from that.
    let ids: Vec<&str> = [0, 3].map(|place| outcomes[place]["of"].as_str().unwrap()).into();
    let next = [registration(&east, 4), moved("s-1", ids[0]), moved("s-2", ids[0]), moved("s-3", ids[1])];
    let outcomes = sent(&secretary, &next).await.unwrap();
    assert_eq!(outcomes.iter().map(code).collect::<Vec<_>>(), [None, None, Some("member.already_suspended"), None]);
    let positions: Vec<u64> =
        outcomes.iter().filter_map(|outcome| outcome["position"].as_str()?.parse().ok()).collect();
    assert!(positions.is_sorted() && positions.len() == 3, "{positions:?}");
    let since = json!({ "reinstateMember": { "commandId": "r-1", "member": ids[0], "on": "2022-07-02", "reason": "返岗",
        "ifUnchangedSince": outcomes[0]["position"] } });
    let outcomes = sent(&secretary, &[since]).await.unwrap();
    assert_eq!(code(&outcomes[0]), Some("subject.changed_since"), "{outcomes:?}");
    server.stop().await;
}

fn serving(own: &Own) -> Served {
    serve(own.data.path(), &["--database-url", &own.url(APP_ROLE, "sanping")])
}

/// Sent again after a kill, what was recorded is answered as before and the rest goes on: each is there once.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_server_is_killed_is_sent_again_as_it_is() {
    const ALL: usize = 400;
    let own = Own::with("sanping").await;
    let pool = PgPool::connect(&own.url(APP_ROLE, "sanping")).await.unwrap();
    let served = serving(&own);
    let branch = found(&served.api).await;
    let mut commands: Vec<Value> = (0..ALL).map(|number| registration(&branch, number)).collect();
    // Among them one that is refused, and one that is sent twice.
    commands.insert(
        50,
        json!({ "closeBranch": { "commandId": "bad", "branch": branch, "on": "2022-07-01", "reason": "x" } }),
    );
    commands.insert(90, registration(&branch, 7));
    let (api, asked) = (served.api.clone(), commands.clone());
    let first = tokio::spawn(async move { sent(&api, &asked).await });
    let registered =
        || sqlx::query_scalar::<_, i64>("select count(*) from events where event_type = 'member_registered'");
    until("some of them", std::time::Duration::from_secs(60), async || {
        (registered().fetch_one(&pool).await.unwrap() > 60).then_some(())
    })
    .await;
    served.program.kill();
    assert_eq!(first.await.unwrap(), None, "it was not answered");
    let served = serving(&own);
    // Its last commit may have come after its end; by now its sessions have ended too.
    let before = registered().fetch_one(&pool).await.unwrap();
    assert!((60..ALL as i64).contains(&before), "killed in the middle: {before} of {ALL}");
    let outcomes = sent(&served.api, &commands).await.unwrap();
    assert_eq!(outcomes.len(), ALL + 2);
    assert!(code(&outcomes[50]).is_some_and(|code| code.starts_with("branch.")), "{}", outcomes[50]);
    let accepted: Vec<&Value> = outcomes.iter().filter(|outcome| code(outcome).is_none()).collect();
    assert_eq!(accepted.len(), ALL + 1);
    let replayed = accepted.iter().filter(|outcome| outcome["replayed"] == true).count();
    assert_eq!(replayed as i64, before + 1, "what was recorded before, and the one that came twice");
    let again = sent(&served.api, &commands).await.unwrap();
    let positions = |outcomes: &[Value]| outcomes.iter().map(|outcome| outcome["position"].clone()).collect::<Vec<_>>();
    assert_eq!(positions(&again), positions(&outcomes));
    let ids: Vec<String> = (0..ALL).map(|number| format!("member-{number}")).chain(["root".to_owned()]).collect();
    audit(&pool, &recorded(&pool, &ids).await).await;
    assert_eq!(registered().fetch_one(&pool).await.unwrap(), ALL as i64);
    served.program.stop();
    pool.close().await;
    let verified = run(own.data.path(), &["--database-url", &own.url(APP_ROLE, "sanping"), "projections", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
