//! From nothing to an office that founds the organisation: the operator's `sanping roles`, and what the log then lets somebody do.

use std::path::Path;

use domain::id::{ActorId, BranchId};
use graphql::viewer::{Principal, SignedIn};
use harness::client::Api;
use harness::ground::Ground;
use harness::program::{data, run};
use infra::app::App;
use infra::keys::MasterKey;
use infra::postgres::APP_ROLE;
use serde_json::{Value, json};

/// The program's own command line over a database.
struct Operator<'a> {
    data: &'a Path,
    url: String,
}

impl Operator<'_> {
    /// The exit code, what it says and what it tells.
    fn asks(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = run(self.data, &[&["--database-url", &self.url, "roles"], arguments].concat());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn does(&self, arguments: &[&str]) -> String {
        let (code, said, told) = self.asks(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {told}");
        said
    }

    fn listed(&self) -> Vec<Value> {
        let said: Value = serde_json::from_str(&self.does(&["list", "--json"])).unwrap();
        said["grants"].as_array().unwrap().clone()
    }
}

/// The API as somebody speaks to it who proved who they are.
fn by(app: &App, who: &str) -> Api {
    let principal = Principal { id: ActorId(who.to_owned()), until: None };
    Api::within(infra::api::build(app, true), SignedIn::Proved(principal))
}

/// Sends a mutation; the code of its refusal, where it was refused.
async fn refused(api: &Api, mutation: &str, input: Value) -> Option<String> {
    api.send(mutation, input).await.unwrap().refused
}

/// What is recorded is folded.
async fn caught_up(app: &App) {
    let head = app.reads.head().await.unwrap().position;
    app.reads.pin(None, Some(head)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_gets_its_first_office_which_founds_the_organisation() {
    let (mut ground, folder) = (Ground::fresh().await, data());
    let (socket, database) = harness::writer::address(&ground.endpoints.app);
    let url = format!("postgres://{APP_ROLE}@localhost/{database}?host={}&port=5432", socket.display());
    let operator = Operator { data: folder.path(), url };

    let whole = ["grant", "--to", "a-clerk", "--role", "office"];
    for (more, code, word) in [
        (["--by", "a-clerk"].as_slice(), 1, "cannot grant a role to themselves"),
        (&["--by", "Zhang San"], 1, "an id, not a person's name"),
        (&[], 2, "--by"),
        (&["--by", "ops", "--until", "2001-01-01"], 1, "2001-01-01"),
        (&["--by", "ops", "--branch", "00000000-0000-4000-8000-00000000dead"], 1, "there is no branch"),
    ] {
        let (found, said, told) = operator.asks(&[&whole, more].concat());
        assert!(found == Some(code) && told.contains(word) && said.is_empty(), "{more:?}: {found:?} {told}");
    }
    let (found, _, told) = operator.asks(&["grant", "--to", "a-clerk", "--role", "king", "--by", "ops"]);
    assert!(found == Some(2) && told.contains("branch_secretary, leader, office"), "{told}");
    assert_eq!(operator.listed(), Vec::<Value>::new(), "nothing was granted");
    let said = operator.does(&[whole.as_slice(), &["--by", "ops"]].concat());
    assert!(said.starts_with("a-clerk is office of the whole organisation from "), "{said}");
    let (found, _, told) = operator.asks(&[whole.as_slice(), &["--by", "ops"]].concat());
    assert!(found == Some(1) && told.contains("withdraw that one first"), "{told}");

    ground.key = MasterKey::load_or_create(&folder.path().join("keys/master.key")).unwrap();
    let app = ground.app().await;
    let (first, second) = (by(&app, "a-clerk"), by(&app, "b-clerk"));
    let committee = json!({ "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01" });
    let denied = refused(&second, "establishBranch", committee.clone()).await;
    assert_eq!(denied.as_deref(), Some("policy.denied"), "who was granted nothing founds nothing");
    let founded = first.send("establishBranch", committee).await.unwrap();
    assert_eq!((founded.refused, founded.id), (None, BranchId::root().to_string()));
    let auditor = |to: &str| json!({ "to": to, "role": "AUDITOR", "from": "2020-01-01" });
    assert_eq!(refused(&first, "grantRole", auditor("a-clerk")).await.as_deref(), Some("grant.own"));
    assert_eq!(refused(&first, "grantRole", auditor("b-clerk")).await, None);
    caught_up(&app).await;
    let told = second.data("{ auditTrail { nodes { type actor } } }", json!({})).await.unwrap();
    let event = |of: &str, by: &str| json!({ "type": of, "actor": by });
    let expected = json!([
        event("branch_role_granted", "operator-ops"),
        event("branch_established", "a-clerk"),
        event("branch_role_granted", "a-clerk"),
    ]);
    assert_eq!(told["auditTrail"]["nodes"], expected);

    // Beside the running program.
    let listed = operator.listed();
    let held = |of: usize, field: &str| listed[of][field].as_str().unwrap_or_default().to_owned();
    assert_eq!([0, 1].map(|of| held(of, "to")), ["b-clerk", "a-clerk"]);
    assert_eq!([0, 1].map(|of| held(of, "state")), ["held", "held"]);
    let (grant, reason) = (held(1, "grant"), ["--reason", "期满", "--by", "ops"]);
    operator.does(&[["withdraw", &grant].as_slice(), &reason].concat());
    let (found, _, told) = operator.asks(&[["withdraw", &grant].as_slice(), &reason].concat());
    assert!(found == Some(1) && told.contains("was withdrawn before"), "{told}");
    assert_eq!(operator.listed()[1]["state"], "withdrawn");
    assert!(operator.does(&["list", "--of", "a-clerk"]).contains("by operator-ops: withdrawn"));
    caught_up(&app).await;
    let told = first.ask("{ viewer { roles { role } } grants { position } }", json!({})).await.unwrap();
    assert_eq!(told["data"], json!({ "viewer": { "roles": [] }, "grants": null }));
    app.stop().await;
}
