//! The tree: founded, renamed, moved, merged, closed; each step read back at once, and as of before.

use serde_json::json;

use super::teller::{Ears, Teller};

/// An id as long as one may be, with spaces that are part of it.
const MERGER: &str = " the merger  of the second branch into the first ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ ";
const REFORM: &str = "  reform  2022 ";

const TREE: &str = "name standing parent { id } mergedInto { id } establishedOn endedOn";

/// An organisation is founded, and its branches are renamed, moved, merged and closed.
pub async fn an_organisation_is_founded_and_changes_its_shape(heard: Ears) {
    let t = Teller::begin(heard, "2022-01-03T04:00:00Z").await;
    assert_eq!(
        t.ask("{ organisation { id } log { position recordedAt } }").await,
        json!({
            "organisation": null, "log": { "position": "0", "recordedAt": null },
        })
    );
    found(&t).await;
    rename(&t).await;
    move_on(&t).await;
    merge(&t).await;
    close(&t).await;
    t.recall().await;
    t.end().await;
}

async fn found(t: &Teller) {
    t.make("root", "establishBranch", json!({ "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01" })).await;
    assert_eq!(t.last(), 1);
    for (name, parent, kind, title) in [
        ("company", "@root", "BRANCH_COMPANY", "东区分公司"),
        ("first", "@company", "BRANCH", "第一支部"),
        ("second", "@company", "BRANCH", "第二支部"),
        ("third", "@root", "GENERAL_BRANCH", "机关总支"),
    ] {
        let input = json!({ "kind": kind, "parent": parent, "name": title, "on": "2021-07-01" });
        t.make(name, "establishBranch", input).await;
    }
    let query = "{ organisation(NOW) { id kind name standing parent { id } counts { subordinates }
                   subordinates { totalCount pageInfo { hasNextPage } } } }";
    assert_eq!(
        t.ask(query).await["organisation"],
        json!({
            "id": "@root", "kind": "COMMITTEE", "name": "市分公司党委", "standing": "STANDING", "parent": null,
            "counts": { "subordinates": 2 }, "subordinates": { "totalCount": 2, "pageInfo": { "hasNextPage": false } },
        })
    );
    let within = t.ask("{ branches(NOW, filter: { within: \"@company\" }) { totalCount nodes { id } } }").await;
    assert_eq!(within["branches"]["totalCount"], 3);
    t.remember().await;
    t.mark("founded");
}

async fn rename(t: &Teller) {
    t.on("2022-01-04");
    t.yes("renameBranch", json!({ "branch": "@first", "name": "第一党支部", "on": "2022-01-04" })).await;
    let name = |when: &str| format!("{{ branch(id: \"@first\", {when}) {{ name }} }}");
    assert_eq!(t.ask(&name("NOW")).await["branch"]["name"], "第一党支部");
    for before in ["AT_founded", "ON_founded"] {
        assert_eq!(t.ask(&name(before)).await["branch"]["name"], "第一支部", "{before}");
    }
    // The name it has already is no news: accepted, and nothing recorded.
    let position = t.last();
    let again = t.yes("renameBranch", json!({ "branch": "@first", "name": "第一党支部", "on": "2022-01-04" })).await;
    assert_eq!((again["position"].as_str(), t.last()), (Some(position.to_string().as_str()), position));
    t.remember().await;
}

async fn move_on(t: &Teller) {
    t.on("2022-01-05");
    let input = json!({ "branch": "@third", "to": "@company", "on": "2022-01-05", "reason": "归口管理" });
    t.yes("moveBranch", input).await;
    let third = t.ask(&format!("{{ branch(id: \"@third\", NOW) {{ {TREE} }} }}")).await;
    assert_eq!(
        third["branch"],
        json!({
            "name": "机关总支", "standing": "STANDING", "parent": { "id": "@company" }, "mergedInto": null,
            "establishedOn": "2021-07-01", "endedOn": null,
        })
    );
    let under = "nodes { id }";
    let of = |when: &str| format!("{{ branches({when}, filter: {{ parent: \"@root\" }}) {{ {under} }} }}");
    assert_eq!(t.ask(&of("NOW")).await["branches"]["nodes"], json!([{ "id": "@company" }]));
    assert_eq!(t.ask(&of("AT_founded")).await["branches"]["nodes"].as_array().unwrap().len(), 2);
    t.remember().await;
}

async fn merge(t: &Teller) {
    for (name, number) in [("ana", "A-1"), ("bo", "A-2")] {
        let input = json!({
            "branch": "@second", "staffNumber": number, "name": "试一", "post": "CADRE", "on": "2022-01-04",
        });
        t.make(name, "registerMember", input).await;
    }
    for (name, kind) in [("hall", "FINANCIAL"), ("station", "DELIVERY")] {
        let input = json!({ "branch": "@second", "kind": kind, "name": "人民路", "on": "2022-01-04" });
        t.make(name, "openOutlet", input).await;
    }
    let input = json!({
        "branch": "@second", "cadres": ["@ana", "@bo"], "from": "2022-01-05",
        "outlets": [{ "branch": "@second", "outlet": "@hall" }, { "branch": "@second", "outlet": "@station" }],
    });
    t.make("point", "assignContactPoint", input).await;
    t.mark("before_merger");
    t.on("2022-01-06");
    let input = json!({
        "branch": "@second", "into": "@first", "on": "2022-01-06", "reason": "支部合并", "commandId": MERGER,
        "correlationId": REFORM,
    });
    t.yes("mergeBranch", input).await;
    handed_over(t).await;
    trail_of_merger(t).await;
    t.remember().await;
}

async fn handed_over(t: &Teller) {
    let where_all = |when: &str| {
        format!(
            "{{ member(id: \"@ana\", {when}) {{ branch {{ id }} }} outlet(id: \"@hall\", {when}) {{ branch {{ id }} }}
               contactPoint(id: \"@point\", {when}) {{ branch {{ id }} standing }}
               branch(id: \"@second\", {when}) {{ {TREE} counts {{ members contactPoints }} }} }}"
        )
    };
    let first = json!({ "id": "@first" });
    assert_eq!(
        t.ask(&where_all("NOW")).await,
        json!({
            "member": { "branch": first }, "outlet": { "branch": first },
            "contactPoint": { "branch": first, "standing": "STANDING" },
            "branch": {
                "name": "第二支部", "standing": "MERGED", "parent": { "id": "@company" }, "mergedInto": first,
                "establishedOn": "2021-07-01", "endedOn": "2022-01-06", "counts": { "members": 0, "contactPoints": 0 },
            },
        })
    );
    let before = t.ask(&where_all("AT_before_merger")).await;
    assert_eq!(before, t.ask(&where_all("ON_before_merger")).await);
    assert_eq!(before["member"]["branch"]["id"], "@second");
    assert_eq!(before["branch"]["counts"], json!({ "members": 2, "contactPoints": 1 }));
    t.no(
        "branch.merged",
        "openOutlet",
        json!({
            "branch": "@second", "kind": "DELIVERY", "name": "新网点", "on": "2022-01-06",
        }),
    )
    .await;
}

/// Who, when, what, on whom, why, caused by what.
async fn trail_of_merger(t: &Teller) {
    let query = format!(
        "{{ auditTrail(NOW, filter: {{ commandId: \"{MERGER}\", correlationId: \"{REFORM}\" }}) {{ nodes {{ type actor recordedAt
            subject {{ of kind }} concerns {{ of }} reason commandId correlationId sequence }} }} }}"
    );
    let trail = t.ask(&query).await["auditTrail"]["nodes"].take();
    let types: Vec<_> = trail.as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "branch_merged",
            "branch_subordinate_departed",
            "branch_absorbed",
            "branch_outlet_linked",
            "branch_outlet_linked",
            "member_transferred",
            "member_transferred",
        ]
    );
    let merged = &trail[0];
    assert_eq!(merged["subject"], json!({ "of": "@second", "kind": "BRANCH" }));
    assert_eq!((&merged["reason"], &merged["actor"]), (&json!("支部合并"), &json!("office")));
    assert_eq!(merged["recordedAt"], "2022-01-06T12:00:00+08:00");
    assert_eq!((&merged["commandId"], &merged["correlationId"]), (&json!(MERGER), &json!(REFORM)));
    assert!(merged["concerns"].as_array().unwrap().contains(&json!({ "of": "@first" })), "{merged}");
    let trimmed = MERGER.trim();
    let other =
        t.ask(&format!("{{ auditTrail(NOW, filter: {{ commandId: \"{trimmed}\" }}) {{ nodes {{ type }} }} }}")).await;
    assert_eq!(other["auditTrail"]["nodes"], json!([]), "an id is compared as it is");
    t.fails("input.bad_command_id", "{ auditTrail(filter: { commandId: \"\" }) { position } }").await;
    t.fails("input.bad_command_id", "{ auditTrail(filter: { correlationId: \"改革\" }) { position } }").await;
    let of_ana = "{ auditTrail(NOW, reverse: true, first: 1, filter: { subject: { kind: MEMBER, id: \"@ana\" } }) { nodes { type reason } } }";
    assert_eq!(
        t.ask(of_ana).await["auditTrail"]["nodes"],
        json!([{ "type": "member_transferred", "reason": "支部合并" }])
    );
}

async fn close(t: &Teller) {
    t.on("2022-01-07");
    t.yes("closeBranch", json!({ "branch": "@third", "on": "2022-01-07", "reason": "职能调整" })).await;
    let third = t.ask(&format!("{{ branch(id: \"@third\", NOW) {{ {TREE} }} }}")).await;
    assert_eq!((&third["branch"]["standing"], &third["branch"]["endedOn"]), (&json!("CLOSED"), &json!("2022-01-07")));
    let standing = t.ask("{ branches(NOW, filter: { standing: STANDING }) { totalCount } }").await;
    assert_eq!(standing["branches"]["totalCount"], 3);
    t.remember().await;
}
