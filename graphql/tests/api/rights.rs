//! Who sees what, through every way in.

use domain::id::{BranchId, CompetitionId};
use domain::member::MemberEvent;
use domain::text::Sealed;
use graphql::viewer::Role;
use jiff::civil::date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::story::{ANA, BAO, CAI, CONTEST, COUNTER, DAN, DRILL, EAST, NOBODY, WEST, announced, branch, member, told};
use crate::support::{Asking, viewer};

fn secretary(of: BranchId) -> Asking {
    told().by(Some(viewer(Role::BranchSecretary, None, Some(of))))
}

fn member_ana() -> Asking {
    told().by(Some(viewer(Role::Member, Some(ANA), None)))
}

#[test]
fn without_a_viewer_there_is_only_the_position_of_the_log() {
    let anybody = told().by(None);
    assert_eq!(anybody.ask("{ log { position } }"), json!({ "log": { "position": "17" } }));
    let id = ANA.0;
    let board = r#"board: { subject: MEMBER, measure: { metric: "premium" }, period: { year: 2022 } }"#;
    for text in [
        "{ viewer { id } }".to_owned(),
        "{ organisation { id } }".to_owned(),
        format!(r#"{{ branch(id: "{id}") {{ id }} }}"#),
        "{ branches { totalCount } }".to_owned(),
        format!(r#"{{ member(id: "{id}") {{ id }} }}"#),
        "{ members { totalCount } }".to_owned(),
        format!(r#"{{ outlet(id: "{id}") {{ id }} }}"#),
        "{ outlets { totalCount } }".to_owned(),
        format!(r#"{{ contactPoint(id: "{id}") {{ id }} }}"#),
        "{ contactPoints { totalCount } }".to_owned(),
        format!(r#"{{ training(id: "{id}") {{ id }} }}"#),
        "{ trainings { totalCount } }".to_owned(),
        r#"{ metric(code: "premium") { code } }"#.to_owned(),
        "{ metrics { totalCount } }".to_owned(),
        format!(r#"{{ competition(id: "{id}") {{ id }} }}"#),
        "{ competitions { totalCount } }".to_owned(),
        "{ report(year: 2022) { year } }".to_owned(),
        "{ auditTrail { position } }".to_owned(),
        format!("{{ leaderboard({board}) {{ position }} }}"),
        format!(r#"{{ rank({board}, subject: "{id}") {{ rank }} }}"#),
    ] {
        assert_eq!(anybody.code(&text), "unauthenticated", "{text}");
    }
    for text in [
        "subscription { position }",
        "subscription { auditTrail { position } }",
        "subscription { report(year: 2022) { year } }",
    ] {
        assert_eq!(anybody.follow(text), [json!("\"unauthenticated\"")], "{text}");
    }
}

#[test]
fn a_secretary_sees_the_own_subtree_and_nothing_beside_it() {
    let east = secretary(EAST);
    let own = east.ask(&format!(
        r#"{{ branch(id: "{}") {{ name }} member(id: "{}") {{ name contact }} members {{ totalCount }} branches {{ nodes {{ name }} }}
            outlets {{ nodes {{ id }} }} auditTrail(first: 100) {{ nodes {{ position }} }} }}"#,
        EAST.0, BAO.0
    ));
    assert_eq!(own["member"], json!({ "name": "䶮𠮷", "contact": "555-0100" }));
    assert_eq!(
        (&own["members"]["totalCount"], &own["branches"]["nodes"]),
        (&json!(2), &json!([{ "name": "东区支部" }]))
    );
    let positions: Vec<&str> =
        own["auditTrail"]["nodes"].as_array().unwrap().iter().map(|node| node["position"].as_str().unwrap()).collect();
    assert_eq!(positions, ["2", "4", "5", "10", "11", "12", "13", "17"], "each event once, those of others not at all");
    for (foreign, unknown) in [
        (
            format!(r#"{{ branch(id: "{}") {{ id }} }}"#, WEST.0),
            format!(r#"{{ branch(id: "{}") {{ id }} }}"#, NOBODY.0),
        ),
        (format!(r#"{{ member(id: "{}") {{ id }} }}"#, CAI.0), format!(r#"{{ member(id: "{}") {{ id }} }}"#, NOBODY.0)),
        (r#"{ member(staffNumber: "W-3") { id } }"#.to_owned(), r#"{ member(staffNumber: "none") { id } }"#.to_owned()),
        (
            format!(r#"{{ auditTrail(filter: {{ subject: {{ kind: MEMBER, id: "{}" }} }}) {{ position }} }}"#, CAI.0),
            format!(
                r#"{{ auditTrail(filter: {{ subject: {{ kind: OUTLET, id: "{}" }} }}) {{ position }} }}"#,
                NOBODY.0
            ),
        ),
        (
            format!(r#"{{ members(filter: {{ within: "{}" }}) {{ totalCount }} }}"#, WEST.0),
            format!(r#"{{ members(filter: {{ within: "{}" }}) {{ totalCount }} }}"#, NOBODY.0),
        ),
    ] {
        assert_eq!(east.code(&foreign), "policy.denied", "{foreign}");
        assert_eq!(east.code(&unknown), "policy.denied", "what does not exist answers alike: {unknown}");
    }
}

#[test]
fn a_viewer_is_told_who_they_are() {
    let me = member_ana().ask("{ viewer { id roles { role branch { name } from until } member { name } } }");
    let role = json!({ "role": "MEMBER", "branch": null, "from": null, "until": null });
    assert_eq!(me["viewer"], json!({ "id": "member", "roles": [role], "member": { "name": "阿依古丽·买买提" } }));
    let me = secretary(EAST).ask("{ viewer { roles { role branch { name } } member { name } } }");
    let role = json!({ "role": "BRANCH_SECRETARY", "branch": { "name": "东区支部" } });
    assert_eq!(me["viewer"], json!({ "roles": [role], "member": null }));
}

#[test]
fn a_link_is_checked_where_it_leads() {
    let west = secretary(WEST);
    let cai = CAI.0;
    assert_eq!(west.code(&format!(r#"{{ branch(id: "{}") {{ parent {{ id }} }} }}"#, WEST.0)), "policy.denied");
    let attended = format!(r#"{{ member(id: "{cai}") {{ trainings {{ nodes {{ on branch {{ id }} }} }} }} }}"#);
    assert_eq!(west.code(&attended), "policy.denied", "the session was held by another branch");
    assert_eq!(west.code(&format!(r#"{{ training(id: "{}") {{ id }} }}"#, DRILL.0)), "policy.denied");
    assert_eq!(west.code(&format!(r#"{{ outlet(id: "{}") {{ id }} }}"#, COUNTER.0)), "policy.denied");
    let report =
        west.response("{ report(year: 2022) { figures { value events { nodes { position } } } } }", Value::Null);
    assert!(!report.errors.is_empty(), "the events of the whole organisation are out of reach");
}

#[test]
fn a_board_covers_as_much_as_the_roles_reach() {
    let board = |asking: &Asking, board: &str| {
        let text = format!(
            "{{ leaderboard(board: {{ subject: MEMBER, {board} }}) {{ nodes {{ rank subject {{ of name }} }} }} }}"
        );
        asking.ask(&text)["leaderboard"]["nodes"].clone()
    };
    let metric = r#"measure: { metric: "premium" }, period: { month: { year: 2022, month: 1 } }"#;
    let expected = json!([
        { "rank": 1, "subject": { "of": ANA.0, "name": "阿依古丽·买买提" } },
        { "rank": 2, "subject": { "of": BAO.0, "name": "䶮𠮷" } },
    ]);
    assert_eq!(board(&secretary(EAST), metric), expected);
    assert_eq!(board(&secretary(EAST), &format!(r#"measure: {{ competition: "{}" }}"#, CONTEST.0)), expected);
    assert_eq!(board(&member_ana(), metric), expected, "a member sees the board of the own branch");
    let west =
        format!(r#"{{ leaderboard(board: {{ subject: MEMBER, {metric}, within: "{}" }}) {{ position }} }}"#, WEST.0);
    assert_eq!(member_ana().code(&west), "policy.denied");
}

#[test]
fn a_competition_is_seen_by_those_who_compete_in_it_and_by_nobody_else() {
    let twin = told();
    let of_east = CompetitionId(Uuid::from_u128(0xC2));
    twin.then(vec![branch(EAST, announced(of_east))]);
    let by = |role, member, scope| twin.by(Some(viewer(role, member, scope)));
    let (ana, east) = (by(Role::Member, Some(ANA), None), by(Role::BranchSecretary, None, Some(EAST)));
    let (cai, west) = (by(Role::Member, Some(CAI), None), by(Role::BranchSecretary, None, Some(WEST)));
    let listed = |asking: &Asking| asking.ask("{ competitions { nodes { id } } }")["competitions"]["nodes"].clone();
    let page = |of: CompetitionId| {
        format!(r#"{{ competition(id: "{}") {{ title board {{ nodes {{ subject {{ of }} }} }} }} }}"#, of.0)
    };
    let board = |of: Uuid| {
        format!(r#"{{ leaderboard(board: {{ subject: MEMBER, measure: {{ competition: "{of}" }} }}) {{ position }} }}"#)
    };
    for asking in [&ana, &east, &twin.office()] {
        assert_eq!(listed(asking), json!([{ "id": CONTEST.0 }, { "id": of_east.0 }]));
        asking.ask(&page(of_east));
        asking.ask(&board(of_east.0));
    }
    for asking in [&cai, &west] {
        assert_eq!(listed(asking), json!([{ "id": CONTEST.0 }]), "the whole organisation competes in it");
        let ids = json!([{ "subject": { "of": CAI.0 } }, { "subject": { "of": DAN.0 } }]);
        assert_eq!(asking.ask(&page(CONTEST))["competition"]["board"]["nodes"], ids, "as far as they reach");
        assert_eq!(asking.code(&page(of_east)), "policy.denied");
        assert_eq!(asking.code(&board(of_east.0)), "policy.denied");
        assert_eq!(asking.code(&board(NOBODY.0)), "policy.denied", "as if there were none");
    }
    assert_eq!(twin.office().code(&board(NOBODY.0)), "competition.unknown");
    let within = format!(r#"{{ competitions(filter: {{ within: "{}" }}) {{ nodes {{ id }} }} }}"#, EAST.0);
    assert_eq!(east.ask(&within)["competitions"]["nodes"], json!([{ "id": of_east.0 }]));
}

#[test]
fn who_left_keeps_the_own_page_and_sees_no_branch() {
    let twin = told();
    let reason = Sealed("sealed:调离".to_owned());
    twin.then(vec![member(ANA, MemberEvent::Left { branch: EAST, on: date(2022, 3, 1), reason })]);
    let ana = twin.by(Some(viewer(Role::Member, Some(ANA), None)));
    let own = ana.ask(&format!(r#"{{ member(id: "{}") {{ name counts {{ trainings }} }} }}"#, ANA.0));
    assert_eq!(own["member"], json!({ "name": "阿依古丽·买买提", "counts": { "trainings": 1 } }));
    let board = r#"board: { subject: MEMBER, measure: { metric: "premium" }, period: { year: 2022 } }"#;
    for text in [
        format!(r#"{{ branch(id: "{}") {{ name }} }}"#, EAST.0),
        format!(r#"{{ member(id: "{}") {{ post }} }}"#, BAO.0),
        "{ members { totalCount } }".to_owned(),
        "{ competitions { totalCount } }".to_owned(),
        format!("{{ leaderboard({board}) {{ position }} }}"),
    ] {
        assert_eq!(ana.code(&text), "policy.denied", "{text}");
    }
}

#[test]
fn a_member_sees_the_own_page_and_the_names_of_the_branch() {
    let ana = member_ana();
    let own = ana.ask(&format!(
        r#"{{ member(id: "{}") {{ name contact counts {{ trainings }} }} members {{ nodes {{ name contact }} }}
            auditTrail(filter: {{ subject: {{ kind: MEMBER, id: "{}" }}, type: "member_suspended" }}) {{ nodes {{ reason }} }} }}"#,
        ANA.0, ANA.0
    ));
    assert_eq!(own["member"]["counts"], json!({ "trainings": 1 }));
    assert_eq!(own["members"]["nodes"][1], json!({ "name": "䶮𠮷", "contact": null }), "contacts of others are masked");
    assert_eq!(own["auditTrail"]["nodes"], json!([{ "reason": "休假" }]));
    assert_eq!(ana.code(&format!(r#"{{ member(id: "{}") {{ counts {{ trainings }} }} }}"#, BAO.0)), "policy.denied");
    assert_eq!(ana.code(&format!(r#"{{ member(id: "{}") {{ id }} }}"#, CAI.0)), "policy.denied");
    assert_eq!(ana.code("{ auditTrail { position } }"), "policy.denied");
    assert_eq!(ana.code("{ report(year: 2022) { year } }"), "policy.denied");
}

#[test]
fn an_auditor_reads_everything_but_free_text_and_another_system_no_names() {
    let auditor = told().by(Some(viewer(Role::Auditor, None, None)));
    let seen = auditor.ask(&format!(
        r#"{{ auditTrail(filter: {{ type: "member_suspended" }}) {{ nodes {{ reason subject {{ name }} }} }} training(id: "{}") {{ topic }} }}"#,
        DRILL.0
    ));
    assert_eq!(seen["auditTrail"]["nodes"], json!([{ "reason": null, "subject": { "name": "阿依古丽·买买提" } }]));
    assert_eq!(seen["training"], json!({ "topic": null }));
    let system = told().by(Some(viewer(Role::Integration, None, None)));
    let seen = system.ask(r#"{ member(staffNumber: "W-1") { id name staffNumber contact } }"#);
    assert_eq!(seen["member"], json!({ "id": ANA.0, "name": null, "staffNumber": null, "contact": null }));
    assert_eq!(system.code(r#"{ members(filter: { name: "丁" }) { totalCount } }"#), "policy.denied");
    assert_eq!(system.code("{ auditTrail { position } }"), "policy.denied");
    let report = system.ask("{ report(year: 2022) { figures { value } } }");
    assert_eq!(report["report"]["figures"][0]["value"], "3");
}

#[test]
fn an_erased_person_leaves_no_name() {
    let twin = told();
    twin.people.lock().unwrap().remove(&ANA);
    let page = twin.office().ask(&format!(r#"{{ member(id: "{}") {{ id name staffNumber contact }} }}"#, ANA.0));
    assert_eq!(page["member"], json!({ "id": ANA.0, "name": null, "staffNumber": null, "contact": null }));
}
