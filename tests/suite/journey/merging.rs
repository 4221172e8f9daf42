//! One person, registered twice.

use serde_json::{Value, json};

use super::forbidding::inputs::NOBODY;
use super::teller::{Ears, Teller};
use super::town::town;

const CARD: &str = "standing mergedInto leftOn staffNumber account counts { services }";

async fn on_duty(t: &Teller, when: &str) -> Value {
    let report = t.ask(&format!("{{ report(year: 2022, {when}) {{ figures {{ code value }} }} }}")).await;
    let figures = report["report"]["figures"].as_array().unwrap();
    figures.iter().find(|figure| figure["code"] == "members_on_duty").unwrap()["value"].clone()
}

async fn card(t: &Teller, when: &str) -> Value {
    t.ask(&format!("{{ member(id: \"@twin\", {when}) {{ {CARD} }} }}")).await["member"].take()
}

/// Ana is registered once more by another branch; that is found out, and she is counted once.
pub async fn two_registrations_of_one_person_become_one(heard: Ears) {
    let t = town(heard, "2022-06-01").await;
    let input = json!({
        "branch": "@second", "staffNumber": "T-1", "name": "阿依古丽·买买提", "post": "STAFF", "on": "2022-03-01",
    });
    t.make("twin", "registerMember", input).await;
    t.yes("recordService", json!({ "member": "@twin", "on": "2022-04-01", "activity": "义诊", "minutes": 60 })).await;
    t.yes("linkAccount", json!({ "member": "@twin", "account": "o-twin" })).await;
    let twice = on_duty(&t, "NOW").await;
    t.remember().await;
    t.mark("twice");
    refused(&t).await;
    let merge = json!({ "member": "@twin", "into": "@ana", "on": "2022-06-01", "reason": "重复登记" });
    t.yes("mergeMember", merge).await;
    let shown = json!({
        "standing": "MERGED", "mergedInto": "@ana", "leftOn": null, "staffNumber": "T-1", "account": null,
        "counts": { "services": 1 },
    });
    assert_eq!(card(&t, "NOW").await, shown);
    let once = on_duty(&t, "NOW").await;
    let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(number(&once) + 1, number(&twice));
    // Earlier moments stay as they were known then.
    assert_eq!(on_duty(&t, "AT_twice").await, twice);
    let before = card(&t, "AT_twice").await;
    assert_eq!((&before["standing"], &before["mergedInto"]), (&json!("ON_DUTY"), &Value::Null));
    let found = t.ask("{ members(filter: { mergedInto: \"@ana\" }, NOW) { nodes { id } } }").await;
    assert_eq!(found["members"]["nodes"], json!([{ "id": "@twin" }]));
    let branch = t.ask("{ branch(id: \"@second\", NOW) { counts { members } } }").await;
    let earlier = t.ask("{ branch(id: \"@second\", AT_twice) { counts { members } } }").await;
    let members = |of: &Value| of["branch"]["counts"]["members"].as_u64().unwrap();
    assert_eq!(members(&branch) + 1, members(&earlier));
    told(&t).await;
    over(&t).await;
    t.recall().await;
    t.end().await;
}

async fn refused(t: &Teller) {
    let merge =
        |member: &str, into: &str| json!({ "member": member, "into": into, "on": "2022-06-01", "reason": "重复登记" });
    t.no("member.merged_into_itself", "mergeMember", merge("@twin", "@twin")).await;
    t.no("member.unknown", "mergeMember", merge("@twin", NOBODY)).await;
    // Whoever keeps one of the rosters alone cannot tell what is on the other.
    let second = t.viewer("id=secretary; roles=branch_secretary; scope=@second");
    second.no("policy.denied", "mergeMember", merge("@twin", "@ana")).await;
    drop(second);
}

/// Both trails tell of it, the reason with the one that ended.
async fn told(t: &Teller) {
    for (member, event, reason) in
        [("twin", "member_merged", json!("重复登记")), ("ana", "member_absorbed", Value::Null)]
    {
        let query = format!(
            "{{ auditTrail(NOW, filter: {{ subject: {{ kind: MEMBER, id: \"@{member}\" }}, type: \"{event}\" }}) {{ nodes {{ type reason }} }} }}"
        );
        let events = t.ask(&query).await["auditTrail"]["nodes"].take();
        assert_eq!(events, json!([{ "type": event, "reason": reason }]));
    }
}

/// Nothing happens under it any more, of no day, and it is merged once.
async fn over(t: &Teller) {
    let check = json!({ "member": "@twin", "on": "2022-04-01", "place": "大厅", "worn": true });
    t.no("member.merged", "checkBadge", check).await;
    let merge =
        |member: &str, into: &str| json!({ "member": member, "into": into, "on": "2022-06-01", "reason": "重复登记" });
    t.no("member.merged", "mergeMember", merge("@twin", "@ana")).await;
    t.no("member.merged", "mergeMember", merge("@ana", "@twin")).await;
}
