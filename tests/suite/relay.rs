//! The conventions of Relay, as Relay itself and a client for Python take them.

use std::collections::{BTreeMap, BTreeSet};

use harness::client::Api;
use harness::server::Server;
use infra::auth::SignIn;
use serde_json::{Value, json};

use crate::clients::{told_by_python, told_by_relay};

/// A server with a branch, a metric, and six members with a result each.
struct World {
    server: Server,
    address: String,
    branch: String,
    members: BTreeSet<String>,
}

async fn yes(api: &Api, mutation: &str, input: Value) -> String {
    let answered = api.send(mutation, input).await.unwrap();
    assert_eq!(answered.refused, None, "{mutation}");
    answered.id
}

impl World {
    async fn new() -> Self {
        let mut server = Server::start("2022-07-15T04:00:00Z".parse().unwrap()).await;
        let address = server.open(SignIn::Development).await;
        let api = Api::at(&address);
        let root = json!({ "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01" });
        let branch = yes(&api, "establishBranch", root).await;
        let metric = json!({ "code": "points", "name": "积分", "unit": "POINTS", "direction": "HIGHER_IS_BETTER",
            "aggregation": "SUM", "grain": "MONTH", "subjects": "MEMBERS" });
        yes(&api, "defineMetric", metric).await;
        let mut members = BTreeSet::new();
        for number in 0..6 {
            let input = json!({ "branch": branch, "staffNumber": format!("S{number}"), "name": "试一", "post": "STAFF", "on": "2022-01-04" });
            let member = yes(&api, "registerMember", input).await;
            let result = json!({ "member": member, "metric": "points", "value": (10 * number).to_string(),
                "period": { "month": { "year": 2022, "month": 1 } } });
            yes(&api, "reportMemberResult", result).await;
            members.insert(member);
        }
        Self { server, address, branch, members }
    }
}

fn came(told: Vec<Value>) -> BTreeMap<String, Value> {
    told.into_iter().map(|mut line| (line["what"].as_str().unwrap().to_owned(), line["came"].take())).collect()
}

#[tokio::test]
async fn relay_pages_while_rows_are_added_keeps_things_by_their_ids_and_asks_for_them_again() {
    let world = World::new().await;
    let given = json!({ "branch": world.branch, "metric": "points" }).to_string();
    let came = came(told_by_relay(&[&world.address, &given]).await);
    assert_eq!(came["complaints"], json!([]));
    // As of the first page: whoever was registered meanwhile is not on the later ones.
    assert_eq!(came["members"], json!({ "loaded": 3, "ids": world.members }));
    let again = &came["asked for again"];
    assert_eq!((&again["refusal"], &again["posts"]), (&Value::Null, &json!(["STAFF", "STAFF", "CADRE"])), "{again}");
    assert_eq!(again["branch"], json!({ "id": world.branch, "name": "市分公司党委" }));
    let places: Vec<Value> =
        (1..).zip([50, 40, 30, 20, 10, 0]).map(|(rank, score)| json!([rank, format!("{score}.00"), true])).collect();
    assert_eq!(came["board"], json!({ "loaded": 3, "places": places }));
    assert_eq!(came["nodes"], json!(["Branch", null, "Member", null]));
    assert_eq!((&came["kept by id"], &came["types"]), (&json!(true), &json!(["Branch", "Member"])));
    world.server.stop().await;
}

#[tokio::test]
async fn a_client_for_python_validates_writes_pages_and_follows() {
    let world = World::new().await;
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../graphql/schema.graphql");
    let came = came(told_by_python("gql_client.py", &[&world.address, schema, &world.branch]).await);
    assert_eq!(came["changes"], json!([]), "the schema served is the one checked in");
    assert!(came["refused by the client itself"].as_str().unwrap().contains("salary"));
    assert_eq!(came["again"], json!([true, false, true]));
    assert_eq!(came["refusal"], "person.staff_number_taken");
    let replayed: Vec<bool> = (0..9).map(|number| number == 1).collect();
    assert_eq!(came["many"], json!(replayed));
    assert_eq!(came["members"], json!([15, 15, true, true]));
    assert_eq!(came["node"], json!(["Member", true, "STAFF"]));
    assert_eq!((&came["no node"], &came["trail"]), (&Value::Null, &json!(true)));
    assert_eq!(came["event by its id"], json!(["Event", true]));
    world.server.stop().await;
}
