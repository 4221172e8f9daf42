//! The roster: people come, take posts, move, are suspended, and go.

use serde_json::{Value, json};

use super::teller::{Ears, Teller};
use super::town::town;

const CARD: &str = "name staffNumber contact post standing probationUntil joinedOn leftOn branch { id }";

async fn card(t: &Teller, member: &str, when: &str) -> Value {
    t.ask(&format!("{{ member(id: \"@{member}\", {when}) {{ {CARD} }} }}")).await["member"].take()
}

/// Members are registered, appointed, transferred, made formal, suspended, reinstated, amended; one leaves.
pub async fn members_come_move_and_go(heard: Ears) {
    let t = town(heard, "2022-06-01").await;
    let dai = card(&t, "dai", "NOW").await;
    assert_eq!(
        dai,
        json!({
            "name": "Zoë d’Arc", "staffNumber": "B-001", "contact": "B-001@example.org", "post": "STAFF",
            "standing": "ON_DUTY", "probationUntil": "2023-01-04", "joinedOn": "2021-01-04", "leftOn": null,
            "branch": { "id": "@second" },
        })
    );
    t.remember().await;
    t.mark("june");
    moves(&t).await;
    t.remember().await;
    duty(&t).await;
    t.remember().await;
    record(&t).await;
    going(&t).await;
    t.remember().await;
    coming_back(&t).await;
    t.remember().await;
    trail(&t).await;
    opened(&t).await;
    t.recall().await;
    t.end().await;
}

async fn moves(t: &Teller) {
    t.on("2022-06-02");
    t.yes("appointMember", json!({ "member": "@dai", "post": "CADRE", "on": "2022-06-02" })).await;
    let input = json!({ "member": "@dai", "to": "@third", "on": "2022-06-02", "reason": "岗位调整" });
    t.yes("transferMember", input).await;
    t.yes("endProbation", json!({ "member": "@dai", "on": "2022-06-02" })).await;
    let dai = card(t, "dai", "NOW").await;
    assert_eq!((&dai["post"], &dai["branch"]["id"]), (&json!("CADRE"), &json!("@third")));
    assert_eq!(dai["probationUntil"], Value::Null);
    for before in ["AT_june", "ON_june"] {
        let dai = card(t, "dai", before).await;
        assert_eq!((&dai["post"], &dai["branch"]["id"]), (&json!("STAFF"), &json!("@second")), "{before}");
    }
    let of = |branch: &str, when: &str| {
        format!("{{ branch(id: \"@{branch}\", {when}) {{ counts {{ members }} members {{ nodes {{ id }} }} }} }}")
    };
    let second = t.ask(&of("second", "NOW")).await;
    assert_eq!(second["branch"], json!({ "counts": { "members": 0 }, "members": { "nodes": [] } }));
    let third = t.ask(&of("third", "NOW")).await;
    assert_eq!(third["branch"], json!({ "counts": { "members": 1 }, "members": { "nodes": [{ "id": "@dai" }] } }));
}

async fn duty(t: &Teller) {
    t.on("2022-06-10");
    t.yes("suspendMember", json!({ "member": "@chen", "on": "2022-06-05", "reason": "长期病假" })).await;
    let on_duty = "{ report(year: 2022, NOW) { figures { code value } } }";
    let members_on_duty = |report: &Value| {
        let figures = report["report"]["figures"].as_array().unwrap();
        figures.iter().find(|figure| figure["code"] == "members_on_duty").unwrap()["value"].clone()
    };
    assert_eq!(card(t, "chen", "NOW").await["standing"], "SUSPENDED");
    assert_eq!(members_on_duty(&t.ask(on_duty).await), "3");
    t.no(
        "member.suspended",
        "checkBadge",
        json!({
            "member": "@chen", "on": "2022-06-06", "place": "大厅", "worn": true,
        }),
    )
    .await;
    t.on("2022-06-20");
    t.yes("reinstateMember", json!({ "member": "@chen", "on": "2022-06-15", "reason": "康复返岗" })).await;
    assert_eq!(card(t, "chen", "NOW").await["standing"], "ON_DUTY");
    assert_eq!(members_on_duty(&t.ask(on_duty).await), "4");
    t.no(
        "member.off_duty",
        "checkBadge",
        json!({
            "member": "@chen", "on": "2022-06-06", "place": "大厅", "worn": true,
        }),
    )
    .await;
}

/// Names in any script are found by a part; an amended record is shown at once, and the log only says that it was.
async fn record(t: &Teller) {
    for (part, member) in [("䶮", "@bo"), ("𠮷", "@chen"), ("古丽·买", "@ana"), ("Zoe\\u0308", "@dai")] {
        let found = t.ask(&format!("{{ members(filter: {{ name: \"{part}\" }}, NOW) {{ nodes {{ id }} }} }}")).await;
        assert_eq!(found["members"]["nodes"], json!([{ "id": member }]), "{part}");
    }
    let input = json!({ "member": "@ana", "staffNumber": "A-100", "name": "阿依古丽·吐尔逊" });
    t.yes("amendPerson", input).await;
    let ana = card(t, "ana", "NOW").await;
    assert_eq!((&ana["name"], &ana["staffNumber"]), (&json!("阿依古丽·吐尔逊"), &json!("A-100")));
    assert_eq!(ana["contact"], Value::Null);
    let by_number =
        "{ old: member(staffNumber: \"A-001\", NOW) { id } new: member(staffNumber: \"A-100\", NOW) { id } }";
    assert_eq!(t.ask(by_number).await, json!({ "old": null, "new": { "id": "@ana" } }));
    // However its letters are written, it is the same number, and shown as it was given last.
    t.yes(
        "amendPerson",
        json!({ "member": "@ana", "staffNumber": "a-100", "name": "阿依古丽·吐尔逊", "reason": "按身份证更正" }),
    )
    .await;
    let shown = t.ask("{ member(staffNumber: \"A-100\", NOW) { id staffNumber } }").await;
    assert_eq!(shown["member"], json!({ "id": "@ana", "staffNumber": "a-100" }));
    let amended = "{ auditTrail(NOW, filter: { type: \"member_person_amended\" }) { nodes { body reason subject { of name } } } }";
    let events = t.ask(amended).await["auditTrail"]["nodes"].take();
    assert_eq!(events[0]["subject"], json!({ "of": "@ana", "name": "阿依古丽·吐尔逊" }));
    assert_eq!((&events[0]["reason"], &events[1]["reason"]), (&Value::Null, &json!("按身份证更正")));
    assert!(!events[0]["body"].as_str().unwrap().contains('阿'), "{events}");
    // The number that became free may be taken.
    let input = json!({ "member": "@bo", "staffNumber": "A-001", "name": "试䶮" });
    t.yes("amendPerson", input).await;
}

async fn going(t: &Teller) {
    t.on("2022-07-02");
    t.yes("recordDeparture", json!({ "member": "@dai", "on": "2022-07-01", "reason": "调离本市" })).await;
    let dai = card(t, "dai", "NOW").await;
    assert_eq!((&dai["standing"], &dai["leftOn"]), (&json!("LEFT"), &json!("2022-07-01")));
    assert_eq!(dai["branch"]["id"], "@third");
    let left = t.ask("{ members(filter: { standing: LEFT }, NOW) { totalCount nodes { id } } }").await;
    assert_eq!(left["members"], json!({ "totalCount": 1, "nodes": [{ "id": "@dai" }] }));
    t.no(
        "member.left",
        "checkBadge",
        json!({
            "member": "@dai", "on": "2022-07-01", "place": "大厅", "worn": true,
        }),
    )
    .await;
}

/// Who left comes back with the number, the name and the counts there were.
async fn coming_back(t: &Teller) {
    t.on("2022-07-12");
    let input = json!({ "member": "@dai", "branch": "@second", "post": "CADRE", "on": "2022-07-11" });
    t.yes("readmitMember", input).await;
    let dai = card(t, "dai", "NOW").await;
    assert_eq!(
        (&dai["standing"], &dai["joinedOn"], &dai["leftOn"], &dai["post"], &dai["branch"]["id"], &dai["staffNumber"]),
        (&json!("ON_DUTY"), &json!("2022-07-11"), &Value::Null, &json!("CADRE"), &json!("@second"), &json!("B-001"))
    );
    let counted = t.ask("{ branch(id: \"@second\", NOW) { counts { members } } }").await;
    assert_eq!(counted["branch"]["counts"]["members"], 1);
    let badge = |on: &str| json!({ "member": "@dai", "on": on, "place": "大厅", "worn": true });
    t.yes("checkBadge", badge("2022-06-30")).await;
    t.yes("checkBadge", badge("2022-07-11")).await;
    t.no("member.before_registration", "checkBadge", badge("2022-07-05")).await;
}

async fn trail(t: &Teller) {
    let query = "{ auditTrail(NOW, filter: { subject: { kind: MEMBER, id: \"@dai\" } }) { nodes { type reason } } }";
    let told = t.ask(query).await["auditTrail"]["nodes"].take();
    let own: Vec<_> = told
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"].as_str().unwrap().starts_with("member_"))
        .collect();
    assert_eq!(
        own,
        [
            &json!({ "type": "member_registered", "reason": null }),
            &json!({ "type": "member_appointed", "reason": null }),
            &json!({ "type": "member_transferred", "reason": "岗位调整" }),
            &json!({ "type": "member_probation_ended", "reason": null }),
            &json!({ "type": "member_left", "reason": "调离本市" }),
            &json!({ "type": "member_readmitted", "reason": null }),
            &json!({ "type": "member_badge_checked", "reason": null }),
            &json!({ "type": "member_badge_checked", "reason": null }),
        ]
    );
    // By time: what was recorded in July, and by whom.
    let july =
        "{ auditTrail(NOW, filter: { actor: \"office\", from: \"2022-07-01T00:00:00+08:00\" }) { nodes { type } } }";
    let types = t.ask(july).await["auditTrail"]["nodes"].take();
    let expected = ["member_left", "branch_member_departed", "member_readmitted", "branch_member_joined"]
        .into_iter()
        .chain(["member_badge_checked"; 2]);
    assert_eq!(types, expected.map(|name| json!({ "type": name })).collect::<Value>());
}

/// What is shown of a member opens to the events behind it, as far as the trail is seen.
async fn opened(t: &Teller) {
    let query =
        "{ member(id: \"@dai\", NOW) { events(first: 3) { nodes { type } pageInfo { hasNextPage endCursor } } } }";
    let page = t.ask(query).await["member"]["events"].take();
    let types = |page: &Value| -> Vec<String> {
        page["nodes"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(types(&page)[0], "member_registered");
    assert_eq!(page["pageInfo"]["hasNextPage"], true, "{page}");
    let cursor = page["pageInfo"]["endCursor"].as_str().unwrap();
    let more = t
        .ask(&format!(
            "{{ member(id: \"@dai\", NOW) {{ events(first: 100, after: \"{cursor}\") {{ nodes {{ type }} }} }} }}"
        ))
        .await;
    let all = t.ask("{ member(id: \"@dai\", NOW) { events(first: 100) { nodes { type } } } }").await;
    let (more, all) = (types(&more["member"]["events"]), types(&all["member"]["events"]));
    assert_eq!([types(&page), more].concat(), all);
    // As of June only what had happened by then.
    let june = t.ask("{ member(id: \"@dai\", AT_june) { events(first: 100) { nodes { type } } } }").await;
    let june = types(&june["member"]["events"]);
    assert!(june.len() < all.len() && all.starts_with(&june), "{june:?} of {all:?}");
    let branch = "{ branch(id: \"@second\", NOW) { events(first: 1) { nodes { type } } } }";
    assert_eq!(types(&t.ask(branch).await["branch"]["events"]), ["branch_established"]);
    let rules = "{ ruleSets(first: 1, NOW) { nodes { version events { nodes { type } } } } }";
    let rules = t.ask(rules).await["ruleSets"]["nodes"].take();
    assert!(rules.as_array().unwrap().iter().all(|set| types(&set["events"]) == ["branch_rules_adopted"]), "{rules}");
    // An integration account sees a branch, but no trail.
    let integration = t.viewer("id=i; roles=integration");
    integration.fails("policy.denied", branch).await;
    drop(integration);
}
