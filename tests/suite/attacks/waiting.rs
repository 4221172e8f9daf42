//! How long a refusal takes tells nothing: what comes to nothing leaves at a step after the request came.

use std::time::{Duration, Instant};

use harness::client::Api;
use harness::server::Server;
use infra::auth::SignIn;
use infra::http::Doors;
use serde_json::{Value, json};

/// Far more than anything here takes, so that the first step is the one.
const STEP: Duration = Duration::from_millis(400);
const NOBODY: &str = "7f3a0000-0000-7000-8000-000000000000";

/// Asks; how long it took.
async fn asked(api: &Api, query: &str, variables: Value) -> (Duration, Value) {
    let begun = Instant::now();
    let answer = api.ask(query, variables).await.unwrap();
    (begun.elapsed(), answer)
}

#[tokio::test]
async fn what_comes_to_nothing_leaves_at_a_step() {
    let mut server = Server::start("2022-07-15T04:00:00Z".parse().unwrap()).await;
    let doors = Doors { step: STEP, ..Doors::of(&server.app, SignIn::Development) };
    let api = Api::at(&server.open_as(doors).await);
    let founding = json!({ "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01" });
    let root = api.send("establishBranch", founding.clone()).await.unwrap();
    assert_eq!(root.refused, None);
    let secretary = api.as_viewer(&format!("id=s; roles=branch_secretary; scope={NOBODY}"));
    let rename = "mutation($input: RenameBranchInput!) { renameBranch(input: $input) { __typename } }";
    let refused = |branch: &str| json!({ "input": { "branch": branch, "name": "新名", "on": "2022-07-01" } });
    let list = format!("{{ members(filter: {{ mergedInto: \"{NOBODY}\" }}) {{ __typename }} }}");
    for (who, query, variables) in [
        // An error, of what is there and what is not.
        (&secretary, format!("{{ branch(id: \"{}\") {{ __typename }} }}", root.id), json!({})),
        (&secretary, format!("{{ branch(id: \"{NOBODY}\") {{ __typename }} }}"), json!({})),
        // Null, alone and in a list; a list of nobody; a refusal, though nothing of it is selected.
        (&api, format!("{{ node(id: \"{NOBODY}\") {{ __typename }} }}"), json!({})),
        (&api, format!("{{ nodes(ids: [\"{}\", \"{NOBODY}\"]) {{ __typename }} }}", root.id), json!({})),
        (&api, list, json!({})),
        (&secretary, rename.to_owned(), refused(&root.id)),
        (&secretary, rename.to_owned(), refused(NOBODY)),
    ] {
        let (took, answer) = asked(who, &query, variables).await;
        assert!(took >= STEP, "{query} took {took:?}: {answer}");
    }
    // What was found is not held back: that it is answered so much earlier is left to chance once.
    let mut earlier = false;
    for _ in 0..20 {
        let (took, answer) = asked(&api, "{ organisation { name } }", json!({})).await;
        assert_eq!(answer["data"]["organisation"]["name"], "市分公司党委", "{answer}");
        earlier |= took < STEP;
    }
    assert!(earlier, "what was found is held back too");
    server.stop().await;
}
