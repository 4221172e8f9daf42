//! Cursors and ids that somebody made, or that were given to somebody else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{code, peopled, unharmed};
use crate::journey::teller::Teller;

const LISTS: &[&str] = &["members", "branches", "outlets", "auditTrail"];

async fn page(t: &Teller, list: &str, after: &str) -> Value {
    let query = format!(
        "query($after: String) {{ {list}(first: 1, after: $after) {{ nodes {{ __typename }} pageInfo {{ endCursor }} }} }}"
    );
    t.api().ask(&query, json!({ "after": after })).await.unwrap()
}

/// Whatever becomes of a byte of a cursor, what is answered is a page or one of the refusals of cursors, never an accident.
#[tokio::test]
async fn a_cursor_with_a_byte_altered_is_refused_or_is_a_page() {
    let t = peopled().await;
    for list in LISTS {
        let given = t.ask(&format!("{{ {list}(first: 1) {{ pageInfo {{ endCursor }} }} }}")).await;
        // Names stand for ids in what the teller hears, so it is asked for anew.
        let given = t
            .api()
            .data(&format!("{{ {list}(first: 1) {{ pageInfo {{ endCursor }} }} }}"), json!({}))
            .await
            .map(|_| given);
        let plain =
            t.api().data(&format!("{{ {list}(first: 1) {{ pageInfo {{ endCursor }} }} }}"), json!({})).await.unwrap();
        let cursor = plain[list]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
        assert!(given.is_ok());
        let text = URL_SAFE_NO_PAD.decode(&cursor).unwrap_or_else(|_| cursor.clone().into_bytes());
        let mut altered: Vec<String> = Vec::new();
        for at in 0..text.len() {
            for byte in [b'0', b'9', b'"', b']', 0, 0xff] {
                let mut bytes = text.clone();
                bytes[at] = byte;
                altered.push(URL_SAFE_NO_PAD.encode(&bytes));
            }
            altered.push(URL_SAFE_NO_PAD.encode(&text[..at]));
        }
        altered.extend((1..cursor.len()).map(|at| format!("{}{}", &cursor[at..], &cursor[..at])));
        let mut pages = 0;
        for cursor in altered.iter().step_by(3) {
            let body = page(&t, list, cursor).await;
            match code(&body) {
                "" => pages += 1,
                "page.bad_cursor" | "page.other_origin" | "page.fold_changed" | "position.beyond_head" => {}
                other => panic!("{list} {cursor}: {other} {body}"),
            }
        }
        assert!(pages < altered.len() / 6, "{list}: most of {} were taken for cursors", altered.len());
    }
    unharmed(&t).await;
    t.end().await;
}

/// A cursor shows its place in a list, not the list: whoever gets one that was given to somebody else sees their own page.
#[tokio::test]
async fn a_cursor_of_somebody_who_sees_more_shows_no_more() {
    let t = peopled().await;
    let secretary = t.viewer("id=v-secretary; roles=branch_secretary; scope=@second");
    let all = t.api().data("{ members(first: 100) { edges { cursor node { id } } } }", json!({})).await.unwrap();
    for edge in all["members"]["edges"].as_array().unwrap() {
        let query = "query($after: String) { members(first: 100, after: $after) { nodes { id name } } }";
        let seen = secretary.api().data(query, json!({ "after": edge["cursor"] })).await.unwrap();
        for member in seen["members"]["nodes"].as_array().unwrap() {
            assert_eq!(member["id"], json!(t.id("dai")), "{edge}");
        }
    }
    // A cursor of what is under something the viewer does not reach is under nothing of theirs.
    let under =
        "query($id: ID!, $after: String) { branch(id: $id) { members(first: 1, after: $after) { edges { cursor } } } }";
    let given = t.api().data(under, json!({ "id": t.id("first") })).await.unwrap();
    let after = given["branch"]["members"]["edges"][0]["cursor"].clone();
    let tried = secretary.api().ask(under, json!({ "id": t.id("second"), "after": after })).await.unwrap();
    assert_eq!(code(&tried), "page.bad_cursor", "{tried}");
    unharmed(&t).await;
    t.end_with(vec![secretary]).await;
}

/// An id of something else, of somebody else, or spelt otherwise opens nothing that its owner would not see; what it answers
/// does not depend on whether the thing is there.
#[tokio::test]
async fn ids_of_others_and_of_other_kinds_open_nothing() {
    let t = peopled().await;
    let secretary = t.viewer("id=v-secretary; roles=branch_secretary; scope=@second");
    let nobody = "00000000-0000-4000-8000-00000000dead".to_owned();
    let others = ["root", "company", "first", "third", "ana", "bo", "chen", "hall", "station"].map(|name| t.id(name));
    let fields = ["branch", "member", "outlet", "contactPoint", "training", "competition", "round", "talk"];
    for field in fields {
        let query = format!("query($id: ID!) {{ {field}(id: $id) {{ id }} }}");
        let ask = async |id: &str| {
            let body = secretary.api().ask(&query, json!({ "id": id })).await.unwrap();
            (code(&body).to_owned(), body["data"][field].clone())
        };
        let expected = ask(&nobody).await;
        for id in &others {
            let seen = ask(id).await;
            // What is above is seen of a competition's branch alone; here nothing is.
            assert_eq!(seen, expected, "{field} {id}");
        }
    }
    // Spelt otherwise it is the same id, or none.
    let dai = t.id("dai");
    let spelt = [
        dai.to_uppercase(),
        format!("{{{dai}}}"),
        format!("urn:uuid:{dai}"),
        dai.replace('-', ""),
        format!(" {dai}"),
        format!("{dai}\u{0}"),
    ];
    for id in spelt {
        let body =
            secretary.api().ask("query($id: ID!) { member(id: $id) { id } }", json!({ "id": id })).await.unwrap();
        match code(&body) {
            "" => assert_eq!(body["data"]["member"]["id"], json!(dai), "{id:?}"),
            other => assert_eq!(other, "input.bad_id", "{id:?}"),
        }
    }
    // Through what is in reach to what is not: the branch above is an error, its members are not there.
    let over = "{ member(id: \"@dai\") { branch { id parent { id members { nodes { id name } } } } } }";
    let body = secretary.response(over).await;
    assert!(!body.to_string().contains("阿依古丽") && body["data"]["member"]["branch"]["parent"].is_null(), "{body}");
    assert_eq!(code(&body), "policy.denied", "{body}");
    unharmed(&t).await;
    t.end_with(vec![secretary]).await;
}
