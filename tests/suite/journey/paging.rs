//! Pages: each list whole, each row once, whatever is recorded between two pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::teller::{Ears, Teller};
use super::town::{month, town};

/// Members, boards and trails are paged while they change.
pub async fn pages_stay_right_while_the_list_changes(heard: Ears) {
    let t = town(heard, "2022-07-15").await;
    for number in 0..21 {
        let input = json!({
            "branch": "@second", "staffNumber": format!("P-{number}"), "name": format!("试{number}"), "post": "STAFF",
            "on": "2022-01-04",
        });
        t.make(&format!("p{number}"), "registerMember", input).await;
        let value = ["10", "20", "20", "30"][number % 4];
        let input =
            json!({ "member": format!("@p{number}"), "metric": "premium_new", "period": month(6), "value": value });
        t.yes("reportMemberResult", input).await;
    }
    members(&t).await;
    board(&t).await;
    trail(&t).await;
    nested(&t).await;
    t.end().await;
}

/// Reads a list a page at a time; between two pages something happens.
async fn paged<Between: AsyncFn(usize)>(
    t: &Teller,
    field: &str,
    arguments: &str,
    node: &str,
    between: Between,
) -> Vec<Value> {
    let (mut rows, mut after, mut pages, mut position) = (Vec::new(), String::new(), 0, None);
    loop {
        let when = if pages == 0 { "NOW" } else { "" };
        let query = format!(
            "{{ {field}({arguments}, first: 4, {when}{after}) {{ position nodes {{ {node} }} edges {{ cursor node {{ {node} }} }}
               pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        let page = t.ask(&query).await[field].take();
        let edges = page["edges"].as_array().unwrap();
        assert_eq!(edges.iter().map(|edge| edge["node"].clone()).collect::<Value>(), page["nodes"]);
        let info = &page["pageInfo"];
        assert_eq!(info["hasPreviousPage"], json!(pages > 0));
        assert_eq!(info["endCursor"], edges.last().map_or(Value::Null, |edge| edge["cursor"].clone()));
        assert_eq!(info["startCursor"], edges.first().map_or(Value::Null, |edge| edge["cursor"].clone()));
        let first_position = position.get_or_insert_with(|| page["position"].clone());
        assert_eq!(page["position"], *first_position, "later pages are as of the first one's position");
        rows.extend(page["nodes"].as_array().unwrap().iter().cloned());
        if info["hasNextPage"] == json!(false) {
            return rows;
        }
        after = format!(" after: {}", info["endCursor"]);
        between(pages).await;
        pages += 1;
    }
}

async fn whole(t: &Teller, field: &str, arguments: &str, node: &str) -> Vec<Value> {
    let query = format!("{{ {field}({arguments}, first: 100, NOW) {{ nodes {{ {node} }} }} }}");
    t.ask(&query).await[field]["nodes"].take().as_array().unwrap().clone()
}

async fn members(t: &Teller) {
    let arguments = "filter: { within: \"@company\" }";
    let before = whole(t, "members", arguments, "id branch { id }").await;
    assert_eq!(before.len(), 25);
    let rows = paged(t, "members", arguments, "id branch { id }", async |page| {
        let move_away = json!({ "member": format!("@p{page}"), "to": "@third", "on": "2022-07-01", "reason": "调动" });
        t.yes("transferMember", move_away).await;
        let input = json!({
            "branch": "@second", "staffNumber": format!("Q-{page}"), "name": "试", "post": "STAFF", "on": "2022-01-04",
        });
        t.make(&format!("q{page}"), "registerMember", input).await;
    })
    .await;
    assert_eq!(rows, before, "as the list was when the first page was read");
    let after = whole(t, "members", arguments, "id").await;
    assert_eq!(after.len(), 25, "as many came as went");
    assert!(after.contains(&json!({ "id": "@q0" })) && !after.contains(&json!({ "id": "@p0" })));
}

async fn board(t: &Teller) {
    let board = "board: { subject: MEMBER, measure: { metric: \"premium_new\" }, period: { quarter: { year: 2022, quarter: 2 } } }";
    let node = "rank score subject { of }";
    let before = whole(t, "leaderboard", board, node).await;
    let ranks: Vec<_> = before.iter().map(|row| row["rank"].as_u64().unwrap()).collect();
    assert_eq!(ranks, [vec![1; 5], vec![6; 10], vec![16; 6]].concat(), "ties share a rank over the edge of a page");
    let rows = paged(t, "leaderboard", board, node, async |page| {
        let input =
            json!({ "member": format!("@p{page}"), "metric": "premium_new", "period": month(5), "value": "1000" });
        t.yes("reportMemberResult", input).await;
    })
    .await;
    assert_eq!(rows, before);
    let now = whole(t, "leaderboard", board, node).await;
    assert_eq!(now[0]["score"], "1030.00");
}

async fn trail(t: &Teller) {
    let arguments = "filter: { type: \"member_registered\" }, reverse: true";
    let before = whole(t, "auditTrail", arguments, "position").await;
    let rows = paged(t, "auditTrail", arguments, "position", async |page| {
        let input = json!({
            "branch": "@first", "staffNumber": format!("R-{page}"), "name": "试", "post": "STAFF", "on": "2022-01-04",
        });
        t.yes("registerMember", input).await;
    })
    .await;
    assert_eq!(rows, before);
}

/// A list within a page is of the same moment as the page.
async fn nested(t: &Teller) {
    let query =
        "{ branch(id: \"@second\", NOW) { members(first: 3) { position totalCount nodes { branch { members(first: 1) {
                   totalCount } } } pageInfo { endCursor hasNextPage } } } }";
    let told = t.ask(query).await["branch"]["members"].take();
    let total = told["totalCount"].as_u64().unwrap();
    for node in told["nodes"].as_array().unwrap() {
        assert_eq!(node["branch"]["members"]["totalCount"].as_u64(), Some(total));
    }
    let cursor = told["pageInfo"]["endCursor"].as_str().unwrap();
    // Whoever comes or goes between two pages is on neither, or on both, as at the first.
    for member in ["@p10", "@p11"] {
        let move_away = json!({ "member": member, "to": "@third", "on": "2022-07-01", "reason": "调动" });
        t.yes("transferMember", move_away).await;
    }
    let input = json!({
        "branch": "@second", "staffNumber": "S-1", "name": "试", "post": "STAFF", "on": "2022-01-04",
    });
    t.yes("registerMember", input).await;
    let list = format!("members(first: 100, after: \"{cursor}\") {{ position nodes {{ id branch {{ id }} }} }}");
    let next = t.ask(&format!("{{ branch(id: \"@second\", NOW) {{ {list} }} }}")).await["branch"]["members"].take();
    assert_eq!((&next["position"], next["nodes"].as_array().unwrap().len() as u64), (&told["position"], total - 3));
    assert!(next["nodes"].as_array().unwrap().iter().all(|node| node["branch"]["id"] == "@second"), "{next}");
    t.fails("page.bad_cursor", &format!("{{ branch(id: \"@first\", NOW) {{ {list} }} }}")).await;
    t.fails("page.bad_cursor", &format!("{{ {list} }}")).await;
    of_before(t, cursor).await;
}

/// What was given under another origin of the log, or before another version of a fold served, is refused.
async fn of_before(t: &Teller, cursor: &str) {
    let whole: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
    for (place, other, code) in [(3, "00000000", "page.other_origin"), (5, "0", "page.fold_changed")] {
        let mut whole = whole.clone();
        whole[place] = json!(other);
        let cursor = URL_SAFE_NO_PAD.encode(whole.to_string());
        let list = format!("members(first: 100, after: \"{cursor}\") {{ position }}");
        t.fails(code, &format!("{{ branch(id: \"@second\", NOW) {{ {list} }} }}")).await;
    }
    let told =
        t.ask("{ log { origin origins { origin afterPosition } folds { name version generation since } } }").await;
    let (origin, folds) = (told["log"]["origin"].as_str().unwrap(), told["log"]["folds"].as_array().unwrap());
    assert_eq!(told["log"]["origins"], json!([{ "origin": origin, "afterPosition": "0" }]));
    let members = folds.iter().find(|fold| fold["name"] == "members").unwrap();
    assert_eq!(
        (&members["version"].to_string(), &members["since"]),
        (&whole[5].as_str().unwrap().to_owned(), &json!("0"))
    );
    // Escaped: to a story, an @ begins the name of something.
    let at = |origin: &str| {
        format!("{{ members(asOf: {{ position: \"3\\u0040{origin}\" }}, atLeast: \"1\\u0040{origin}\") {{ origin }} }}")
    };
    assert_eq!(t.ask(&at(origin)).await["members"]["origin"], origin);
    t.fails("position.other_origin", &at("00000000-0000-4000-8000-000000000000")).await;
}
