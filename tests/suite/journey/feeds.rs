//! Subscriptions over graphql-transport-ws: followed, cut off, resumed, ended.

use harness::feed::Feed;
use infra::auth::SignIn;
use serde_json::{Value, json};

use super::teller::{Ears, Teller};
use super::town::{month, town};

fn badge(member: &str, place: &str) -> Value {
    json!({ "member": member, "on": "2022-07-01", "place": place, "worn": true })
}

fn position(event: &Value) -> u64 {
    event["position"].as_str().unwrap().parse().unwrap()
}

/// Who follows the trail from a position has every event once, in order, over any number of disconnections.
pub async fn the_trail_is_followed_without_loss_or_double(heard: Ears) {
    let t = town(heard, "2022-07-15").await;
    let mut followed = Vec::new();
    for round in 0..4 {
        let sending = t.clone();
        let sent = tokio::spawn(async move {
            for number in 0..15 {
                sending.yes("checkBadge", badge("@ana", &format!("大厅 {round}-{number}"))).await;
            }
        });
        let last = followed.last().map_or(0, position);
        let mut feed = Feed::open(t.address(), None).await;
        let id = feed
            .subscribe(&format!("subscription {{ auditTrail(after: \"{last}\") {{ position type reason }} }}"))
            .await;
        // Cut off in the middle: what was on its way is lost, and asked for again after the last one had.
        for _ in 0..7 {
            followed.push(feed.next_of(&id).await["auditTrail"].take());
        }
        drop(feed);
        sent.await.unwrap();
    }
    let mut feed = Feed::open(t.address(), None).await;
    let last = followed.last().map_or(0, position);
    let id = feed.subscribe(&format!("subscription {{ auditTrail(after: {last}) {{ position type }} }}")).await;
    while followed.last().map(position) != Some(t.last()) {
        followed.push(feed.next_of(&id).await["auditTrail"].take());
    }
    let positions: Vec<u64> = followed.iter().map(position).collect();
    assert_eq!(positions, (1..=t.last()).collect::<Vec<_>>());
    filtered(&t).await;
    t.end().await;
}

/// Without a position the trail begins now; a filter leaves the others out.
async fn filtered(t: &Teller) {
    let mut feed = Feed::open(t.address(), None).await;
    t.ask("{ organisation(NOW) { id } }").await;
    let of_bo = t.filled(
        "subscription { auditTrail(filter: { subject: { kind: MEMBER, id: \"@bo\" } }) { position type actor } }",
    );
    let id = feed.subscribe(&of_bo).await;
    // The subscription has begun once a later request on the same connection is answered.
    answered(&mut feed).await;
    t.yes("checkBadge", badge("@ana", "大厅")).await;
    t.yes("checkBadge", badge("@bo", "大厅")).await;
    let event = feed.next_of(&id).await["auditTrail"].take();
    assert_eq!(event, json!({ "position": t.last().to_string(), "type": "member_badge_checked", "actor": "office" }));
}

/// Asks for the log over the connection, and waits for the answer and its end.
async fn answered(feed: &mut Feed) {
    let id = feed.subscribe("{ log { position } }").await;
    assert!(feed.next_of(&id).await["log"]["position"].is_string());
    assert_eq!(feed.hear().await, Some(json!({ "type": "complete", "id": id })));
}

/// A board, the report and the position are sent at once, and again when they change, and only then.
pub async fn boards_reports_and_positions_are_sent_again_when_they_change(heard: Ears) {
    let t = town(heard, "2022-07-15").await;
    t.ask("{ organisation(NOW) { id } }").await;
    board(&t).await;
    report(&t).await;
    positions(&t).await;
    lost_right(&t).await;
    t.end().await;
}

async fn board(t: &Teller) {
    let mut feed = Feed::open(t.address(), Some("id=office; roles=office")).await;
    let board = "board: { subject: MEMBER, measure: { metric: \"premium_new\" }, period: { year: 2022 } }";
    let id = feed.subscribe(&format!("subscription {{ leaderboard({board}, first: 2) {{ position nodes {{ rank score subject {{ of name }} }} }} }}")).await;
    assert_eq!(feed.next_of(&id).await["leaderboard"]["nodes"], json!([]));
    for (member, name, value) in [("@ana", "阿依古丽·买买提", "10"), ("@bo", "试䶮", "20")] {
        // What does not change the board is not sent.
        t.yes("checkBadge", badge(member, "大厅")).await;
        let input = json!({ "member": member, "metric": "premium_new", "period": month(6), "value": value });
        t.yes("reportMemberResult", input).await;
        let sent = feed.next_of(&id).await["leaderboard"].take();
        assert_eq!(sent["position"], t.last().to_string());
        let subject = json!({ "of": t.id(&member[1..]), "name": name });
        assert_eq!(sent["nodes"][0], json!({ "rank": 1, "score": format!("{value}.00"), "subject": subject }));
    }
    // A third one on a board of two changes nothing that is seen.
    let input = json!({ "member": "@chen", "metric": "premium_new", "period": month(6), "value": "5" });
    t.yes("reportMemberResult", input).await;
    let input = json!({ "member": "@chen", "metric": "premium_new", "period": month(5), "value": "100" });
    t.yes("reportMemberResult", input).await;
    assert_eq!(feed.next_of(&id).await["leaderboard"]["nodes"][0]["score"], "105.00");
    feed.say(&json!({ "id": id, "type": "complete" })).await;
    answered(&mut feed).await;
}

async fn report(t: &Teller) {
    let mut feed = Feed::open(t.address(), None).await;
    let id = feed.subscribe("subscription { report(year: 2022) { position figures { code value } } }").await;
    let honours = |sent: &Value| {
        let figures = sent["report"]["figures"].as_array().unwrap();
        figures.iter().find(|figure| figure["code"] == "honours").unwrap()["value"].clone()
    };
    assert_eq!(honours(&feed.next_of(&id).await), "0");
    t.yes("checkBadge", badge("@ana", "大厅")).await;
    let input = json!({ "member": "@ana", "on": "2022-07-01", "title": "先进", "level": "CITY", "body": "市分公司" });
    t.yes("grantHonour", input).await;
    let sent = feed.next_of(&id).await;
    assert_eq!((honours(&sent), &sent["report"]["position"]), (json!("1"), &json!(t.last().to_string())));
}

async fn positions(t: &Teller) {
    let mut feed = Feed::open(t.address(), None).await;
    let id = feed.subscribe("subscription { position }").await;
    let mut seen: Vec<u64> = vec![feed.next_of(&id).await["position"].as_str().unwrap().parse().unwrap()];
    assert_eq!(seen, [t.last()]);
    for _ in 0..5 {
        t.yes("checkBadge", badge("@bo", "大厅")).await;
    }
    while seen.last() != Some(&t.last()) {
        seen.push(feed.next_of(&id).await["position"].as_str().unwrap().parse().unwrap());
    }
    assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
}

/// Rights are those of the moment: who moves out of reach is told so, and nothing more.
async fn lost_right(t: &Teller) {
    let mut feed = Feed::open(t.address(), Some(&t.filled("id=chen; roles=member; member=@chen"))).await;
    let board = t.filled(
        "board: { subject: MEMBER, measure: { metric: \"premium_new\" }, period: { year: 2022 }, within: \"@first\" }",
    );
    let id = feed.subscribe(&format!("subscription {{ leaderboard({board}) {{ nodes {{ rank }} }} }}")).await;
    assert_eq!(feed.next_of(&id).await["leaderboard"]["nodes"].as_array().unwrap().len(), 3);
    let transfer = json!({ "member": "@chen", "to": "@third", "on": "2022-07-10", "reason": "调动" });
    t.yes("transferMember", transfer).await;
    let heard = feed.hear().await.unwrap();
    assert_eq!(heard["payload"]["errors"][0]["extensions"]["code"], "policy.denied", "{heard}");
    assert_eq!(feed.hear().await, Some(json!({ "type": "complete", "id": id })));
}

/// Acknowledged before anything else, pings answered, errors told, other subscriptions left alone.
pub async fn the_protocol_is_kept(heard: Ears) {
    let mut t = town(heard, "2022-07-15").await;
    let closed = t.server_mut().open(SignIn::Closed).await;
    proper(&t).await;
    improper(&t).await;
    one_id_at_a_time(&t).await;
    strangers(&t, &closed).await;
    t.end().await;
}

async fn proper(t: &Teller) {
    let mut feed = Feed::open(t.address(), None).await;
    feed.say(&json!({ "type": "ping" })).await;
    assert_eq!(feed.hear().await.unwrap()["type"], "pong");
    answered(&mut feed).await;
    let input =
        t.filled("{ member: \"@ana\", on: \"2022-07-01\", place: \"大厅\", worn: true, commandId: \"over-ws\" }");
    let id =
        feed.subscribe(&format!("mutation {{ checkBadge(input: {input}) {{ position refusal {{ code }} }} }}")).await;
    let done = feed.next_of(&id).await["checkBadge"].take();
    assert_eq!(done, json!({ "position": (t.last() + 1).to_string(), "refusal": null }));
    assert_eq!(feed.hear().await.unwrap()["type"], "complete");
    // The same command over HTTP is the same command.
    let mut again = badge("@ana", "大厅");
    again["commandId"] = json!("over-ws");
    assert_eq!(t.yes("checkBadge", again).await["replayed"], true);
    for (query, code) in [
        ("subscription { nothing }", "request.invalid"),
        ("subscription { auditTrail(after: \"99999999\") { position } }", "position.beyond_head"),
        (
            "subscription { auditTrail(after: \"1@00000000-0000-4000-8000-000000000000\") { position } }",
            "position.other_origin",
        ),
        (
            "subscription { auditTrail(filter: { from: \"-005000-01-01T00:00:00Z\", commandId: \"\" }) { position } }",
            "input.bad_command_id",
        ),
        ("subscription { report(year: 1999) { year } }", "time.not_a_period"),
        (
            "subscription { leaderboard(board: { subject: MEMBER, measure: { metric: \"x\" }, period: { year: 2022 } }, first: 0) { position } }",
            "page.too_large",
        ),
        (r#"{ metric(code: "\udc00") { code } }"#, "request.half_character"),
        ("subscription { position report(year: 2022) { year } }", "request.invalid"),
        ("subscription { one: position ...two } fragment two on Subscription { two: position }", "request.invalid"),
    ] {
        let id = feed.subscribe(query).await;
        assert_eq!(refused(&mut feed, &id).await, code, "{query}");
    }
    answered(&mut feed).await;
}

/// The code of an operation that was refused: before it was executed, and nothing more is said of it; or by what it
/// subscribes to, which answers that and completes.
async fn refused(feed: &mut Feed, id: &str) -> String {
    let heard = feed.hear().await.unwrap();
    assert_eq!(heard["id"], json!(id), "{heard}");
    let errors = match heard["type"].as_str() {
        Some("error") => &heard["payload"],
        Some("next") => {
            assert_eq!(feed.hear().await.unwrap(), json!({ "type": "complete", "id": id }));
            &heard["payload"]["errors"]
        }
        _other => panic!("{heard}"),
    };
    errors[0]["extensions"]["code"].as_str().unwrap().to_owned()
}

async fn improper(t: &Teller) {
    let subscribe = json!({ "id": "1", "type": "subscribe", "payload": { "query": "{ log { position } }" } });
    for (message, code) in [
        (subscribe, 4401),
        (json!("nonsense"), 4400),
        (json!({ "type": "nonsense" }), 4400),
        (json!({ "type": "connection_init", "payload": { "viewer": "roles=king" } }), 4403),
    ] {
        let mut feed = Feed::connect(t.address()).await;
        feed.say(&message).await;
        assert_eq!(feed.closed().await, Some(code), "{message}");
    }
    let mut twice = Feed::open(t.address(), None).await;
    twice.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(twice.closed().await, Some(4429));
}

/// An id is free again once its operation has ended, and not before.
async fn one_id_at_a_time(t: &Teller) {
    let subscribe = |query: &str| json!({ "id": "same", "type": "subscribe", "payload": { "query": query } });
    let mut feed = Feed::open(t.address(), None).await;
    for _ in 0..2 {
        feed.say(&subscribe("{ log { position } }")).await;
        assert!(feed.next_of("same").await["log"]["position"].is_string());
        assert_eq!(feed.hear().await, Some(json!({ "type": "complete", "id": "same" })));
    }
    for _ in 0..2 {
        feed.say(&subscribe("subscription { position }")).await;
        feed.next_of("same").await;
        // Nothing more is said of it, not even its end.
        feed.say(&json!({ "id": "same", "type": "complete" })).await;
    }
    feed.say(&subscribe("subscription { position }")).await;
    feed.next_of("same").await;
    feed.say(&subscribe("{ log { position } }")).await;
    assert_eq!(feed.closed().await, Some(4409));
}

async fn strangers(t: &Teller, closed: &str) {
    let origin = |origin: &'static str| [("origin", origin)];
    assert_eq!(Feed::with_headers(t.address(), &origin("https://evil.example")).await.err(), Some(403));
    assert!(Feed::with_headers(t.address(), &origin("http://127.0.0.1:8080")).await.is_ok());
    assert_eq!(Feed::with_headers(t.address(), &[("x-sanping-viewer", "roles=king")]).await.err(), Some(401));
    let ana = t.filled("id=ana; roles=member; member=@ana");
    for (address, viewer, query, code) in [
        (closed, None, "subscription { position }", "unauthenticated"),
        (closed, Some("id=office; roles=office"), "subscription { auditTrail { position } }", "unauthenticated"),
        (
            t.address(),
            Some(ana.as_str()),
            "subscription { auditTrail(after: 0, filter: { within: \"@second\" }) { position } }",
            "policy.denied",
        ),
        (t.address(), Some(ana.as_str()), "subscription { report(year: 2022) { year } }", "policy.denied"),
    ] {
        let mut feed = Feed::open(address, viewer).await;
        let id = feed.subscribe(&t.filled(query)).await;
        assert_eq!(refused(&mut feed, &id).await, code, "{query}");
    }
}
