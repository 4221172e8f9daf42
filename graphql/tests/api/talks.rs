//! Talks: who sees them, and what is said of them.

use domain::id::MemberId;
use graphql::viewer::Role;
use serde_json::{Value, json};

use crate::aftermath::*;
use crate::story::{ANA, BAO, CAI, DAN, EAST, WEST, told};
use crate::support::{Asking, viewer};

fn steps(asking: &Asking, arguments: &str) -> Value {
    asking.ask(&format!("{{ talks{arguments} {{ nodes {{ id step }} }} }}"))["talks"]["nodes"].take()
}

#[test]
fn a_talk_shows_every_step_and_who_took_it() {
    let twin = told();
    twin.then(talks());
    let page = twin.office().ask(&format!(
        r#"{{ talk(id: "{}") {{ subject {{ kind of name }} cause roundId step proposedBy reason approvedBy declinedBy declinedFor
            heldOn heldBy {{ of }} attendees {{ of }} personTimes record followUpOn followUpCalled followedUpOn note closedOn }} }}"#,
        TALK.0
    ));
    let expected = json!({
        "subject": { "kind": "MEMBER", "of": BAO.0, "name": "䶮𠮷" }, "cause": "SCORE_BELOW", "roundId": SPRING.0,
        "step": "CLOSED", "proposedBy": null, "reason": null, "approvedBy": "office", "declinedBy": null,
        "declinedFor": null, "heldOn": "2022-05-02", "heldBy": { "of": ANA.0 }, "attendees": [], "personTimes": 1,
        "record": "谈话记录", "followUpOn": "2022-06-01", "followUpCalled": true, "followedUpOn": "2022-06-02",
        "note": "已改进", "closedOn": "2022-06-03",
    });
    assert_eq!(page["talk"], expected);
    let page = twin.office().ask(&format!(
        r#"{{ branch(id: "{}") {{ talks {{ totalCount nodes {{ id proposedBy reason personTimes attendees {{ name }} }} }} }} }}"#,
        WEST.0
    ));
    let expected = json!({ "totalCount": 1, "nodes": [{ "id": BRANCH_TALK.0, "proposedBy": "secretary",
        "reason": "业绩落后", "personTimes": 2, "attendees": [{ "name": "葛曾䮌" }, { "name": "丁" }] }] });
    assert_eq!(page["branch"]["talks"], expected);
}

#[test]
fn talks_are_listed_by_place_step_and_year_the_latest_first() {
    let twin = told();
    twin.then(talks());
    let office = twin.office();
    let (of_member, of_branch) =
        (json!({ "id": TALK.0, "step": "CLOSED" }), json!({ "id": BRANCH_TALK.0, "step": "HELD" }));
    assert_eq!(steps(&office, ""), json!([of_branch, of_member]));
    assert_eq!(steps(&office, "(filter: { step: HELD })"), json!([of_branch]));
    assert_eq!(steps(&office, "(filter: { year: 2021 })"), json!([]));
    assert_eq!(steps(&office, "(filter: { year: 2022 })"), json!([of_branch, of_member]));
    let within = format!("(filter: {{ within: \"{}\" }})", EAST.0);
    assert_eq!(steps(&office, &within), json!([of_member]), "with the members of the branch");
    assert_eq!(office.code("{ talks(filter: { year: 1 }) { position } }"), "time.not_a_period");
}

#[test]
fn a_member_sees_the_own_talks_a_secretary_those_of_the_branch() {
    let twin = told();
    twin.then(talks());
    let member = |of: MemberId| twin.by(Some(viewer(Role::Member, Some(of), None)));
    let secretary = twin.by(Some(viewer(Role::BranchSecretary, None, Some(WEST))));
    let of_member = json!([{ "id": TALK.0, "step": "CLOSED" }]);
    assert_eq!(steps(&member(BAO), ""), of_member);
    assert_eq!(steps(&member(DAN), ""), json!([]));
    assert_eq!(steps(&secretary, ""), json!([{ "id": BRANCH_TALK.0, "step": "HELD" }]));
    let one = format!(r#"{{ talk(id: "{}") {{ record note }} }}"#, TALK.0);
    assert_eq!(member(BAO).ask(&one), json!({ "talk": { "record": "谈话记录", "note": "已改进" } }));
    for other in [member(ANA), member(CAI), secretary] {
        assert_eq!(other.code(&one), "policy.denied");
    }
    let auditor = twin.by(Some(viewer(Role::Auditor, None, None)));
    assert_eq!(auditor.ask(&one), json!({ "talk": { "record": null, "note": null } }), "no free text");
    let unknown = format!(r#"{{ talk(id: "{}") {{ id }} }}"#, EAST.0);
    assert_eq!(twin.office().ask(&unknown), json!({ "talk": null }));
    assert_eq!(member(BAO).code(&unknown), "policy.denied");
    let integration = twin.by(Some(viewer(Role::Integration, None, None)));
    assert_eq!(integration.code("{ talks { position } }"), "policy.denied");
}

#[test]
fn the_own_page_holds_the_own_talks_and_the_report_counts_person_times() {
    let twin = told();
    twin.then(talks());
    let own = format!(r#"{{ member(id: "{}") {{ talks(filter: {{ step: CLOSED }}) {{ nodes {{ id }} }} }} }}"#, BAO.0);
    let seen = twin.by(Some(viewer(Role::Member, Some(BAO), None))).ask(&own);
    assert_eq!(seen, json!({ "member": { "talks": { "nodes": [{ "id": TALK.0 }] } } }));
    let report = twin.office().ask("{ report(year: 2022) { figures { code value unit events { nodes { type } } } } }");
    let figures = report["report"]["figures"].as_array().unwrap();
    let figure = figures.iter().find(|figure| figure["code"] == "talks").unwrap();
    let events = json!({ "nodes": [{ "type": "member_talk_held" }, { "type": "branch_talk_held" }] });
    assert_eq!(*figure, json!({ "code": "talks", "value": "3", "unit": "PERSON_TIMES", "events": events }));
}
