//! Roles are granted and withdrawn, accounts linked and unlinked: by the office within its subtree, never to oneself.

use serde_json::{Value, json};

use super::teller::{Ears, Teller};
use super::town::town;

const NOBODY: &str = "00000000-0000-4000-8000-00000000dead";

fn grant(branch: &str, to: &str, role: &str, more: &Value) -> Value {
    let mut input = json!({ "branch": branch, "to": to, "role": role, "from": "2022-07-01" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

/// From the office's first grant to the last one withdrawn.
pub async fn roles_and_accounts_are_given_to_others_and_taken_back(heard: Ears) {
    let t = town(heard, "2022-07-15").await;
    let east = t.viewer("id=east-office; roles=office; scope=@company");
    granted(&t, &east).await;
    withdrawn(&t).await;
    linked(&t, &east).await;
    listed(&t, &east).await;
    t.end_with(vec![east]).await;
}

async fn granted(t: &Teller, east: &Teller) {
    let none = json!({});
    let whole = json!({ "to": "a-clerk", "role": "OFFICE", "from": "2022-07-01", "until": "2022-12-31" });
    t.make("whole", "grantRole", whole).await;
    east.make("secretary", "grantRole", grant("@first", "b-clerk", "BRANCH_SECRETARY", &none)).await;
    t.no("grant.own", "grantRole", grant("@first", "office", "AUDITOR", &none)).await;
    east.no("grant.own", "grantRole", grant("@first", "east-office", "OFFICE", &none)).await;
    t.no("grant.bad_principal", "grantRole", grant("@first", "书记", "LEADER", &none)).await;
    t.no("grant.reserved", "grantRole", grant("@first", "deadline", "LEADER", &none)).await;
    let again = grant("@first", "b-clerk", "BRANCH_SECRETARY", &json!({ "from": "2022-12-01" }));
    let refusal = t.no("grant.standing", "grantRole", again).await;
    assert_eq!(refusal["facts"][0], json!({ "name": "grant", "value": "@secretary" }));
    let reversed = grant("@first", "c-clerk", "LEADER", &json!({ "until": "2022-06-30" }));
    t.no("time.reversed", "grantRole", reversed).await;
    t.no("branch.unknown", "grantRole", grant(NOBODY, "c-clerk", "LEADER", &none)).await;
    // The office of a subtree grants within it, and nobody else grants at all.
    for branch in ["@third", "@root", NOBODY] {
        east.no("policy.denied", "grantRole", grant(branch, "c-clerk", "LEADER", &none)).await;
    }
    let for_all = json!({ "to": "c-clerk", "role": "LEADER", "from": "2022-07-01" });
    east.no("policy.denied", "grantRole", for_all).await;
    for words in ["roles=branch_secretary; scope=@first", "roles=leader", "roles=auditor", "roles=integration", ""] {
        let other = t.viewer(&format!("id=somebody; {words}"));
        other.no("policy.denied", "grantRole", grant("@first", "c-clerk", "LEADER", &none)).await;
    }
}

async fn withdrawn(t: &Teller) {
    let of = |branch: &str, grant: &str| json!({ "branch": branch, "grant": grant, "reason": "调离" });
    t.no("grant.unknown", "withdrawRole", of("@first", NOBODY)).await;
    t.no("grant.unknown", "withdrawRole", of("@second", "@secretary")).await;
    t.yes("withdrawRole", of("@first", "@secretary")).await;
    t.no("grant.withdrawn", "withdrawRole", of("@first", "@secretary")).await;
    t.yes("withdrawRole", json!({ "grant": "@whole", "reason": "期满" })).await;
}

async fn linked(t: &Teller, east: &Teller) {
    let of = |member: &str, account: &str| json!({ "member": member, "account": account });
    east.yes("linkAccount", of("@ana", "o-ana")).await;
    t.no("account.has_one", "linkAccount", of("@ana", "o-other")).await;
    t.ask("{ organisation(NOW) { id } }").await;
    t.no("account.in_use", "linkAccount", of("@bo", "o-ana")).await;
    t.no("account.own", "linkAccount", of("@bo", "office")).await;
    t.no("account.not_linked", "unlinkAccount", of("@bo", "o-ana")).await;
    east.no("policy.denied", "linkAccount", of(NOBODY, "o-nobody")).await;
    t.no("member.unknown", "linkAccount", of(NOBODY, "o-nobody")).await;
    let own = t.viewer("id=o-ana; roles=member; member=@ana");
    own.no("policy.denied", "unlinkAccount", of("@ana", "o-ana")).await;
    assert_eq!(t.ask("{ member(id: \"@ana\", NOW) { account } }").await["member"]["account"], "o-ana");
    assert_eq!(own.ask("{ member(id: \"@ana\", NOW) { account } }").await["member"]["account"], Value::Null);
    t.yes("unlinkAccount", of("@ana", "o-ana")).await;
    assert_eq!(t.ask("{ member(id: \"@ana\", NOW) { account } }").await["member"]["account"], Value::Null);
    drop(own);
}

async fn listed(t: &Teller, east: &Teller) {
    let all = "{ grants(NOW) { nodes { id to role until isWithdrawn withdrawnFor grantedBy branch { id } } } }";
    let mut told = t.ask(all).await["grants"]["nodes"].as_array().unwrap().clone();
    // Of one moment, so in no order that a story can tell.
    told.sort_by_key(|grant| grant["to"].to_string());
    let secretary = json!({ "id": "@secretary", "to": "b-clerk", "role": "BRANCH_SECRETARY", "until": null,
        "isWithdrawn": true, "withdrawnFor": "调离", "grantedBy": "east-office", "branch": { "id": "@first" } });
    let whole = json!({ "id": "@whole", "to": "a-clerk", "role": "OFFICE", "until": "2022-12-31", "isWithdrawn": true,
        "withdrawnFor": "期满", "grantedBy": "office", "branch": { "id": "@root" } });
    assert_eq!(told, [whole, secretary.clone()]);
    assert_eq!(east.ask(all).await["grants"]["nodes"], json!([secretary]));
    t.viewer("id=s; roles=branch_secretary; scope=@first").fails("policy.denied", all).await;
}
