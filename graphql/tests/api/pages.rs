//! Pages, as of any moment.

use domain::branch::BranchEvent;
use serde_json::json;

use crate::story::{ANA, COUNTER, DRILL, EAST, NOBODY, branch, told};

#[test]
fn a_members_page_shows_the_person_and_what_was_done() {
    let page = told().office().ask(&format!(
        r#"{{ member(id: "{}") {{ name staffNumber contact standing post branch {{ name }} counts {{ trainings trainingMinutes }}
            year(year: 2022) {{ trainings }} trainings {{ nodes {{ on minutes training {{ topic }} }} }}
            results {{ nodes {{ period {{ text }} value plan metric {{ unit }} }} }} }} }}"#,
        ANA.0
    ));
    assert_eq!(
        page["member"],
        json!({
            "name": "阿依古丽·买买提", "staffNumber": "W-1", "contact": "555-0100", "standing": "SUSPENDED",
            "post": "CADRE", "branch": { "name": "东区支部" }, "counts": { "trainings": 1, "trainingMinutes": 90 },
            "year": { "trainings": 1 },
            "trainings": { "nodes": [{ "on": "2022-01-10", "minutes": 90, "training": { "topic": "业务培训" } }] },
            "results": { "nodes": [{ "period": { "text": "2022-01" }, "value": "300.00", "plan": null,
                "metric": { "unit": "YUAN" } }] },
        })
    );
}

#[test]
fn the_same_member_is_found_by_staff_number_and_by_part_of_the_name() {
    let found = told()
        .office()
        .ask(r#"{ member(staffNumber: "W-1") { id } small: member(staffNumber: "w-1") { id } members(filter: { name: "古丽" }) { totalCount nodes { id } } }"#);
    assert_eq!((&found["member"]["id"], &found["small"]["id"]), (&json!(ANA.0), &json!(ANA.0)));
    assert_eq!(found["members"], json!({ "totalCount": 1, "nodes": [{ "id": ANA.0 }] }));
}

#[test]
fn the_past_is_shown_as_it_was_by_position_and_by_instant() {
    let office = told().office();
    let standing = |as_of: &str| {
        let page = office.ask(&format!(r#"{{ member(id: "{}", asOf: {{ {as_of} }}) {{ standing }} }}"#, ANA.0));
        page["member"]["standing"].clone()
    };
    assert_eq!(standing(r#"position: "16""#), "ON_DUTY");
    assert_eq!(standing(r#"position: "17""#), "SUSPENDED");
    assert_eq!(standing(r#"instant: "2022-01-01T15:59:59+08:00""#), "ON_DUTY");
    assert_eq!(standing(r#"instant: "2022-01-01T08:00:00Z""#), "SUSPENDED");
    assert_eq!(standing(r#"position: "3""#), json!(null), "not yet registered");
}

#[test]
fn an_answer_names_its_position_and_a_later_one_than_the_head_is_refused() {
    let office = told().office();
    let answer = office.ask(r#"{ log { position recordedAt } branches { position totalCount } }"#);
    assert_eq!(answer["log"], json!({ "position": "17", "recordedAt": "2022-01-01T16:00:00+08:00" }));
    assert_eq!(answer["branches"], json!({ "position": "17", "totalCount": 3 }));
    assert_eq!(office.code(r#"{ organisation(asOf: { position: "99" }) { id } }"#), "position.beyond_head");
    assert_eq!(office.code(r#"{ organisation(atLeast: "99") { id } }"#), "position.beyond_head");
}

#[test]
fn a_branchs_page_opens_to_its_outlets_sessions_and_members() {
    let page = told().office().ask(
        r#"{ organisation { name counts { subordinates } subordinates { nodes { name counts { members } } }
            outlets { nodes { id name branch { name } } } trainings { nodes { id attendees attendance { nodes { member { name } } } } }
            members(first: 1) { totalCount nodes { name } } } }"#,
    );
    let top = &page["organisation"];
    assert_eq!(top["subordinates"]["nodes"][0], json!({ "name": "东区支部", "counts": { "members": 2 } }));
    assert_eq!(
        top["outlets"]["nodes"],
        json!([{ "id": COUNTER.0, "name": "第一网点", "branch": { "name": "东区支部" } }])
    );
    assert_eq!(top["trainings"]["nodes"][0]["id"], json!(DRILL.0));
    let attended = json!([{ "member": { "name": "阿依古丽·买买提" } }, { "member": { "name": "葛曾䮌" } }]);
    assert_eq!(top["trainings"]["nodes"][0]["attendance"]["nodes"], attended);
    assert_eq!(top["members"]["totalCount"], 4);
}

#[test]
fn what_does_not_exist_is_null_and_what_is_no_id_says_so() {
    let office = told().office();
    let nothing = office.ask(&format!(
        r#"{{ member(id: "{id}") {{ id }} branch(id: "{id}") {{ id }} outlet(id: "{id}") {{ id }} training(id: "{id}") {{ id }}
            contactPoint(id: "{id}") {{ id }} competition(id: "{id}") {{ id }} metric(code: "none") {{ code }} }}"#,
        id = NOBODY.0
    ));
    assert!(nothing.as_object().unwrap().values().all(serde_json::Value::is_null), "{nothing}");
    for field in ["member", "branch", "outlet", "training", "contactPoint", "competition"] {
        assert_eq!(office.code(&format!(r#"{{ {field}(id: "no id") {{ id }} }}"#)), "input.bad_id", "{field}");
    }
    assert_eq!(office.code(r#"{ member { id } }"#), "input.one_of");
    assert_eq!(office.code(r#"{ member(staffNumber: "a\u0000b") { id } }"#), "text.control_character");
    assert_eq!(office.code(r#"{ members(filter: { name: "\u0000" }) { totalCount } }"#), "text.control_character");
    assert_eq!(office.code(r#"{ trainings(filter: { from: "2022-02-30" }) { totalCount } }"#), "input.bad_date");
    assert_eq!(office.code(r#"{ report(year: 1999) { year } }"#), "time.not_a_period");
}

#[test]
fn a_query_is_refused_with_the_facts_and_in_chinese_as_a_command_is() {
    let refused =
        told().office().response(r#"{ trainings(filter: { from: "2022-02-30" }) { totalCount } }"#, json!({}));
    let said = serde_json::to_value(&refused.errors[0].extensions).unwrap();
    let fact = |name: &str, value: &str| json!({ "name": name, "value": value });
    let expected = json!({
        "code": "input.bad_date", "facts": [fact("field", "from"), fact("given", "2022-02-30")],
        "messageZh": "开始日期不是日期:\"2022-02-30\";请写成 2022-06-30",
    });
    assert_eq!(said, expected);
    let refused = told().office().response("{ branches(first: 101) { totalCount } }", json!({}));
    let said = serde_json::to_value(&refused.errors[0].extensions).unwrap();
    assert_eq!(said["facts"], json!([fact("first", "101"), fact("most", "100")]));
    assert!(said["messageZh"].as_str().unwrap().contains("100"), "{said}");
}

#[test]
fn a_renamed_branch_keeps_its_old_name_in_the_past() {
    let twin = told();
    let name = domain::text::Title::new("name", "东城支部").unwrap();
    let before = domain::text::Title::new("name", "东区支部").unwrap();
    twin.then(vec![branch(
        EAST,
        BranchEvent::Renamed { name_before: before, name, on: jiff::civil::date(2022, 3, 1) },
    )]);
    let answer = twin.office().ask(&format!(
        r#"{{ now: branch(id: "{id}") {{ name }} then: branch(id: "{id}", asOf: {{ position: "17" }}) {{ name }} }}"#,
        id = EAST.0
    ));
    assert_eq!(answer, json!({ "now": { "name": "东城支部" }, "then": { "name": "东区支部" } }));
}
