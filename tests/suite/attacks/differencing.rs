//! Two answers subtracted: of a subtree and of one within it, of before and after, under one rule and another. What is left over
//! is nothing that was not told by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_graphql::{Request, Variables};
use domain::id::{ActorId, BranchId};
use graphql::schema::Api;
use graphql::viewer::{Role, Viewer};
use infra::clock::Clock;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::loaded;

async fn data(api: &Api, who: &Viewer, query: &str, variables: Value) -> Value {
    let request = Request::new(query).variables(Variables::from_json(variables)).data(who.clone());
    let response = api.execute(request).await;
    assert!(response.errors.is_empty(), "{query}: {:?}", response.errors);
    response.data.into_json().unwrap()
}

fn who(role: Role, scope: Option<BranchId>) -> Viewer {
    Viewer::holding(ActorId(format!("{role:?}")), [role], None, scope)
}

const RESULTS: &str = "query($round: ID!, $after: String) { round(id: $round) { results(first: 100, after: $after) {
    nodes { member { of } explanation { groups { group score } } }
    pageInfo { hasNextPage endCursor } } } }";

/// Everybody's published groups in a round: those that are shown, by member.
async fn shown(api: &Api, viewer: &Viewer, round: &str) -> BTreeMap<String, BTreeSet<String>> {
    let (mut found, mut after) = (BTreeMap::new(), Value::Null);
    loop {
        let page =
            data(api, viewer, RESULTS, json!({ "round": round, "after": after })).await["round"]["results"].take();
        for result in page["nodes"].as_array().unwrap() {
            let groups = result["explanation"]["groups"].as_array().unwrap();
            let scored = groups.iter().filter(|group| !group["score"].is_null());
            let scored = scored.map(|group| group["group"].as_str().unwrap().to_owned()).collect();
            found.insert(result["member"]["of"].as_str().unwrap().to_owned(), scored);
        }
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            return found;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// A group that is not shown of somebody is not made out by giving it all the weight under other rules.
#[tokio::test]
async fn other_rules_make_out_no_group_that_is_not_shown() {
    let (ground, _) = loaded().await;
    let ground = ground.copy().await;
    let app = ground.app_at(Arc::new(Clock::simulated("2023-03-01T00:00:00Z".parse::<Timestamp>().unwrap()))).await;
    let (api, office) = (infra::api::build(&app, true), who(Role::Office, None));
    let rounds = data(&api, &office, "{ rounds(first: 100) { nodes { id stage period { grain } } } }", json!({})).await;
    let quarters = rounds["rounds"]["nodes"].as_array().unwrap().iter().filter(|round| {
        round["period"]["grain"] == json!("QUARTER")
            && ["PUBLISHED", "FINAL"].contains(&round["stage"].as_str().unwrap())
    });
    let mut hidden = 0;
    for round in quarters {
        let id = round["id"].as_str().unwrap();
        let known = shown(&api, &office, id).await;
        for group in ["LEADER", "PEER", "PUBLIC"] {
            let weights: Vec<Value> = ["LEADER", "PEER", "PUBLIC"]
                .map(|of| json!({ "group": of, "weightPercent": if of == group { "100" } else { "0" } }))
                .to_vec();
            let query = "query($round: ID!, $rules: WhatIfRulesInput!) { whatIf(round: $round, rules: $rules) {
                entries { subject { of } after { score } exact missing } } }";
            let least = json!({ "weights": weights, "threshold": 3 });
            for preset in [json!({ "weights": weights }), json!({ "weights": weights, "preset": "DEFAULT" }), least] {
                let variables = json!({ "round": id, "rules": preset });
                let request = Request::new(query).variables(Variables::from_json(variables)).data(office.clone());
                // Rules that do not know what was asked are refused whole.
                let Ok(answer) = api.execute(request).await.into_result() else { continue };
                let answer = answer.data.into_json().unwrap();
                for entry in answer["whatIf"]["entries"].as_array().into_iter().flatten() {
                    let member = entry["subject"]["of"].as_str().unwrap();
                    if !known[member].contains(group) {
                        hidden += 1;
                        assert!(
                            entry["after"]["score"].is_null() && entry["exact"].is_null(),
                            "{group} of {member}: {entry}"
                        );
                    }
                }
            }
        }
    }
    assert!(hidden > 0, "somebody lacks a group");
    app.stop().await;
}

/// The fairness view of a subtree less that of one within it is about persons whose results the viewer sees one by one; and no
/// branch is told as a remainder of others: of those under k there is nothing to subtract from.
#[tokio::test]
async fn a_subtree_less_another_tells_nothing_of_whom_the_viewer_does_not_see() {
    let (ground, _) = loaded().await;
    let ground = ground.copy().await;
    let app = ground.app_at(Arc::new(Clock::simulated("2023-03-01T00:00:00Z".parse::<Timestamp>().unwrap()))).await;
    let (api, office) = (infra::api::build(&app, true), who(Role::Office, None));
    let view = "query($within: ID, $asOf: AsOf) { fairness(period: { quarter: { year: 2022, quarter: 1 } }, within: $within, asOf: $asOf) {
        threshold branches { branch { of } persons grades { grade persons } means { group mean { exact } } }
        agreements { first second persons tauB pairs meanDifference { exact } } } }";
    let whole = data(&api, &office, view, json!({})).await["fairness"].take();
    let k = whole["threshold"].as_u64().unwrap();
    assert!(k >= 3, "{whole}");
    let branches = whole["branches"].as_array().unwrap();
    assert!(branches.len() > 2, "{whole}");
    let mut small = 0;
    for branch in branches {
        let (id, persons) = (branch["branch"]["of"].as_str().unwrap(), branch["persons"].as_u64().unwrap());
        if persons < k {
            small += 1;
            assert!(branch["grades"].is_null() && branch["means"] == json!([]), "{branch}");
        }
        let own = who(Role::Office, Some(BranchId(id.parse().unwrap())));
        // As far as the own subtree reaches, and no further: the whole is not to be had to subtract from.
        let request = Request::new(view).variables(Variables::from_json(json!({}))).data(own.clone());
        let seen = api.execute(request).await.data.into_json().unwrap();
        for told in seen["fairness"]["branches"].as_array().into_iter().flatten() {
            let known = branches.iter().find(|known| known["branch"]["of"] == told["branch"]["of"]);
            assert_eq!(known, Some(told), "the same of each branch, whoever asks");
        }
        for other in branches.iter().filter(|other| other["branch"]["of"] != branch["branch"]["of"]).take(3) {
            let variables = json!({ "within": other["branch"]["of"] });
            let request = Request::new(view).variables(Variables::from_json(variables)).data(own.clone());
            let response = api.execute(request).await;
            let told = serde_json::to_value(&response).unwrap();
            let within = seen["fairness"]["branches"].as_array().into_iter().flatten();
            let reached = within.into_iter().any(|told| told["branch"]["of"] == other["branch"]["of"]);
            assert!(reached || told["errors"][0]["extensions"]["code"] == json!("policy.denied"), "{told}");
        }
        // What two groups agree on within a branch is of at least k persons, or not told.
        let within = data(&api, &office, view, json!({ "within": id })).await["fairness"].take();
        for agreement in within["agreements"].as_array().unwrap() {
            if agreement["persons"].as_u64().unwrap() < k {
                small += 1;
                assert!(agreement["pairs"].is_null() && agreement["meanDifference"].is_null(), "{agreement}");
            }
        }
    }
    assert!(small > 0, "somewhere there are fewer than k");
    app.stop().await;
}

/// Before and after a publication: a board of scores, or who moved on it, tells nothing between the opening and the publication.
#[tokio::test]
async fn before_less_after_tells_of_no_score_before_its_publication() {
    let (ground, _) = loaded().await;
    let ground = ground.copy().await;
    let app = ground.app_at(Arc::new(Clock::simulated("2023-03-01T00:00:00Z".parse::<Timestamp>().unwrap()))).await;
    let (api, office) = (infra::api::build(&app, true), who(Role::Office, None));
    let trail = "query($type: String!) { auditTrail(first: 100, filter: { type: $type }) { nodes { position subject { of } } } }";
    let of = async |kind: &str| {
        let found = data(&api, &office, trail, json!({ "type": kind })).await;
        let nodes = found["auditTrail"]["nodes"].as_array().unwrap().clone();
        nodes
            .into_iter()
            .map(|event| {
                let position: u64 = event["position"].as_str().unwrap().parse().unwrap();
                (event["subject"]["of"].as_str().unwrap().to_owned(), position)
            })
            .collect::<Vec<_>>()
    };
    let (opened, published) = (of("round_opened").await, of("round_published").await);
    let published: BTreeMap<String, u64> = published.into_iter().collect();
    let change = "query($from: Position!, $to: Position!) { leaderboardChange(
        board: { subject: MEMBER, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 1 } } },
        from: { position: $from }, to: { position: $to }) { movedCount nodes { subject { of } } } }";
    let first = opened.iter().map(|(_, at)| *at).min().unwrap();
    let least = published.values().min().unwrap();
    let told = data(&api, &office, change, json!({ "from": first.to_string(), "to": (least - 1).to_string() })).await;
    assert_eq!(told["leaderboardChange"]["movedCount"], json!(0), "{told}");
    let told = data(&api, &office, change, json!({ "from": first.to_string(), "to": least.to_string() })).await;
    let (moved, before) =
        (told["leaderboardChange"]["movedCount"].clone(), json!({ "position": (least - 1).to_string() }));
    let board = "query($asOf: AsOf) { leaderboard(asOf: $asOf, board: { subject: MEMBER, measure: { roundScore: true },
        period: { quarter: { year: 2022, quarter: 1 } } }) { nodes { score } } }";
    let told = data(&api, &office, board, json!({ "asOf": before })).await;
    assert_eq!((told["leaderboard"]["nodes"].clone(), moved.is_number()), (json!([]), true), "{told}");
    assert!(opened.len() > 1 && published.len() > 1);
    app.stop().await;
}
