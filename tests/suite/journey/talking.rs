//! Reminder talks with a member and with a branch: proposed, approved by another, held, followed up, closed; or declined.

use serde_json::{Value, json};

use super::panel::{member, panel};
use super::teller::{Ears, Teller};

fn with(with: &Value, more: Value) -> Value {
    let mut input = json!({ "with": with });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

/// Two talks side by side, and two that are declined.
pub async fn a_talk_is_held_and_followed_up_with_members_and_branches(heard: Ears) {
    let mut t = panel(heard, "2022-06-01T04:00:00Z").await;
    t.server_mut().keep_deadlines();
    let (of_member, of_branch) = (json!({ "member": "@m1" }), json!({ "branch": "@team" }));
    for (name, whom) in [("one", &of_member), ("two", &of_branch)] {
        proposed(&t, name, whom).await;
    }
    held(&t).await;
    due(&t).await;
    for (name, whom) in [("one", &of_member), ("two", &of_branch)] {
        let talk = |more: Value| {
            with(whom, json!({ "talk": format!("@{name}") }))
                .as_object()
                .unwrap()
                .clone()
                .into_iter()
                .chain(more.as_object().unwrap().clone())
                .collect::<serde_json::Map<_, _>>()
        };
        t.yes("followUpTalk", talk(json!({ "on": "2022-07-01", "note": "已改进" })).into()).await;
        t.no("talk.before_last_step", "closeTalk", talk(json!({ "on": "2022-06-30" })).into()).await;
        t.yes("closeTalk", talk(json!({ "on": "2022-07-01" })).into()).await;
    }
    assert_eq!(t.ask("{ dues(NOW) { nodes { kind } } }").await["dues"]["nodes"], json!([]), "nothing is due any more");
    t.end().await;
}

async fn proposed(t: &Teller, name: &str, whom: &Value) {
    let secretary = t.viewer("id=secretary; roles=branch_secretary; scope=@team");
    secretary.make(name, "proposeTalk", with(whom, json!({ "reason": "连续落后" }))).await;
    secretary.make("other", "proposeTalk", with(whom, json!({ "reason": "试" }))).await;
    let talk = json!({ "talk": format!("@{name}") });
    let refusal = secretary.no("talk.own_approval", "approveTalk", with(whom, talk.clone())).await;
    assert_eq!(refusal["facts"], json!([{ "name": "talk", "value": format!("@{name}") }]));
    let unknown = json!({ "talk": "00000000-0000-4000-8000-00000000dead" });
    t.no("talk.unknown", "approveTalk", with(whom, unknown)).await;
    t.no("talk.wrong_step", "closeTalk", with(whom, json!({ "talk": format!("@{name}"), "on": "2022-06-01" }))).await;
    t.yes("approveTalk", with(whom, talk)).await;
    t.yes("declineTalk", with(whom, json!({ "talk": "@other", "reason": "没有必要" }))).await;
    member(t, "m1").no("policy.denied", "proposeTalk", with(whom, json!({ "reason": "自荐" }))).await;
}

async fn held(t: &Teller) {
    let leader = t.viewer("id=lead1; roles=leader; member=@lead1");
    let of_member = |by: &str| json!({ "with": { "member": "@m1" }, "talk": "@one", "on": "2022-06-01", "by": by, "record": "谈过" });
    leader.no("talk.with_themselves", "holdTalk", of_member("@m1")).await;
    leader.yes("holdTalk", of_member("@lead1")).await;
    let of_branch = |attendees: Value| {
        json!({ "with": { "branch": { "branch": "@team", "attendees": attendees } },
        "talk": "@two", "on": "2022-06-01", "by": "@lead1", "record": "谈过" })
    };
    leader.no("talk.attendees", "holdTalk", of_branch(json!([]))).await;
    leader.no("talk.attendees", "holdTalk", of_branch(json!(["@m1", "@m1"]))).await;
    leader.no("talk.with_themselves", "holdTalk", of_branch(json!(["@m1", "@lead1"]))).await;
    leader.yes("holdTalk", of_branch(json!(["@m1", "@m2"]))).await;
    let early = json!({ "with": { "member": "@m1" }, "talk": "@one", "on": "2022-06-01", "note": "太早" });
    let refusal = t.no("talk.follow_up_not_due", "followUpTalk", early).await;
    let facts = json!([{ "name": "talk", "value": "@one" }, { "name": "due", "value": "2022-07-01" }]);
    assert_eq!(refusal["facts"], facts);
}

/// Thirty days later, at the midnight of the organisation.
async fn due(t: &Teller) {
    let dues = "{ dues(NOW) { nodes { kind dueAt dueOn noted subject { of } } } }";
    let row = |noted: bool, whom: &str| {
        json!({ "kind": "TALK_FOLLOW_UP", "dueAt": "2022-07-01T00:00:00+08:00",
        "dueOn": "2022-07-01", "noted": noted, "subject": { "of": whom } })
    };
    let sorted = |answer: Value| {
        let mut nodes = answer["dues"]["nodes"].as_array().unwrap().clone();
        nodes.sort_by_key(|node| node["subject"]["of"].to_string());
        nodes
    };
    assert_eq!(sorted(t.ask(dues).await), [row(false, "@m1"), row(false, "@team")]);
    t.server().advance_to("2022-06-30T16:00:00Z".parse().unwrap());
    t.grows_by(2).await;
    assert_eq!(sorted(t.ask(dues).await), [row(true, "@m1"), row(true, "@team")]);
}
