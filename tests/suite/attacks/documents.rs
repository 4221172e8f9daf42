//! Documents and values made to be more than they look.

use async_graphql::Request;
use domain::id::ActorId;
use graphql::viewer::{Role, Viewer};
use harness::counted::Counted;
use harness::crowd::organisation;
use harness::ground::Ground;
use serde_json::{Value, json};

use super::{code, peopled, sent, unharmed};

/// A field named a thousand times is one field: one answer, and no statement more.
#[tokio::test]
async fn a_field_asked_for_again_and_again_is_read_once() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    organisation(&app, 3).await;
    let counted = Counted::to(&ground);
    let doors = counted.doors(&ground, &app).await;
    let head = app.reads.head().await.unwrap().position;
    app.reads.pin(None, Some(head)).await.unwrap();
    let viewer = Viewer::holding(ActorId("office".into()), [Role::Office], None, None);
    let taken = async |query: String| {
        drop(counted.taken());
        let response = doors.api.execute(Request::new(query).data(viewer.clone())).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        (response.data.to_string(), counted.taken().len())
    };
    let once = taken("{ organisation { name counts { members } } }".into()).await;
    let again = "name counts { members } ".repeat(1_000);
    assert_eq!(taken(format!("{{ organisation {{ {again} }} }}")).await, once, "a thousand times in one place");
    let apart = "organisation { name } ".repeat(9) + "organisation { counts { members } }";
    assert_eq!(taken(format!("{{ {apart} }}")).await, once, "in ten places at the root");
    doors.close().await;
    app.stop().await;
}

/// Fragments that lead back to themselves over others, or through a field, are found before anything is executed.
#[tokio::test]
async fn fragments_that_lead_to_each_other_are_refused() {
    let t = peopled().await;
    for fragments in [
        "...a } fragment a on Query { ...b } fragment b on Query { ...c } fragment c on Query { ...a }",
        "organisation { ...a } } fragment a on Branch { parent { ...b } } fragment b on Branch { parent { ...a } }",
        "...a } fragment a on Query { ... on Query { ... @include(if: true) { ...a } } }",
    ] {
        let (_, body) = sent(&t, &json!({ "query": format!("{{ {fragments}") })).await;
        assert_eq!((code(&body), body.get("data")), ("request.invalid", None), "{fragments}: {body}");
    }
    unharmed(&t).await;
    t.end().await;
}

/// What a document may hold is counted over all its operations, whichever of them is run.
#[tokio::test]
async fn a_document_of_thousands_of_operations_is_refused() {
    let t = peopled().await;
    let operations =
        |many: usize| -> String { (0..many).map(|number| format!("query q{number}{{log{{position}}}}")).collect() };
    let (_, body) = sent(&t, &json!({ "query": operations(20), "operationName": "q19" })).await;
    assert_eq!(body["data"], json!({ "log": { "position": t.last().to_string() } }), "{body}");
    for (many, name, expected) in [
        (20, None, "request.invalid"),
        (20, Some("q20"), "request.invalid"),
        (3_000, Some("q2999"), "request.invalid"),
        (6_000, Some("q0"), "request.too_large"),
    ] {
        let (_, body) = sent(&t, &json!({ "query": operations(many), "operationName": name })).await;
        assert_eq!((code(&body), body.get("data")), (expected, None), "{many} {name:?}");
    }
    unharmed(&t).await;
    t.end().await;
}

/// Directives on one field, and the same one again.
#[tokio::test]
async fn directives_heaped_on_one_field_are_refused() {
    let t = peopled().await;
    for heap in ["@skip(if: false) ".repeat(9), "@include(if: true) ".repeat(2), "@include(if: true) ".repeat(90)] {
        let (_, body) = sent(&t, &json!({ "query": format!("{{ log {{ position {heap}}} }}") })).await;
        assert_eq!((code(&body), body.get("data")), ("request.invalid", None), "{heap}: {body}");
    }
    unharmed(&t).await;
    t.end().await;
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!("x"), |inner, _| json!({ "quarter": inner }))
}

/// Numbers, texts, lists and nesting without measure, as variables: each is refused by what takes it, in a sentence.
#[tokio::test]
async fn values_without_measure_are_refused() {
    let t = peopled().await;
    let (long, digits) = ("x".repeat(900_000), "9".repeat(100_000));
    let ids: Vec<String> = (0..20_000).map(|number| format!("00000000-0000-4000-8000-{number:012}")).collect();
    let month = json!({ "month": { "year": 2022, "month": 6 } });
    for (document, value, expected) in [
        ("query($v: String) { members(filter: { name: $v }) { position } }", json!(long), "text.too_long"),
        ("query($v: String) { member(staffNumber: $v) { id } }", json!(long), "text.too_long"),
        ("query($v: ID!) { branch(id: $v) { id } }", json!(long), "input.bad_id"),
        ("query($v: String!) { metric(code: $v) { code } }", json!(long), "text.bad_code"),
        ("query($v: String) { members(after: $v) { position } }", json!(long), "page.bad_cursor"),
        ("query($v: Int) { members(first: $v) { position } }", json!(1e18), "request.invalid"),
        (
            "query($v: Position) { log { position } members(atLeast: $v) { position } }",
            json!(digits),
            "request.invalid",
        ),
        ("query($v: PeriodInput!) { fairness(period: $v) { rounds } }", nested(60), "request.invalid"),
        (
            "query($v: PeriodInput!) { fairness(period: $v) { rounds } }",
            json!({ "year": i64::MAX }),
            "time.not_a_period",
        ),
    ] {
        let (_, body) = sent(&t, &json!({ "query": document, "variables": { "v": value } })).await;
        assert_eq!(code(&body), expected, "{document}: {}", body.to_string().chars().take(300).collect::<String>());
        assert!(body.to_string().len() < 10_000, "{document}: what was sent is not sent back");
    }
    for (mutation, input, expected) in [
        ("checkBadge", json!({ "member": "@ana", "on": "2022-07-01", "place": long, "worn": true }), "text.too_long"),
        ("renameBranch", json!({ "branch": "@first", "name": long, "on": "2022-07-01" }), "text.too_long"),
        (
            "closeBranch",
            json!({ "branch": "@first", "on": "2022-07-01", "reason": "无", "commandId": long }),
            "input.bad_command_id",
        ),
        (
            "holdThemeDay",
            json!({ "branch": "@first", "on": "2022-07-01", "topic": "党课", "attendees": ids }),
            "branch.too_many_attendees",
        ),
        (
            "reportMemberResult",
            json!({ "member": "@ana", "metric": "premium_new", "period": month, "value": digits }),
            "amount.out_of_range",
        ),
    ] {
        let done = t.send(mutation, input).await;
        let heard = done["refusal"]["code"].as_str().or(done["errors"][0]["extensions"]["code"].as_str());
        assert_eq!(heard, Some(expected), "{mutation}: {}", done.to_string().chars().take(300).collect::<String>());
    }
    unharmed(&t).await;
    t.end().await;
}
