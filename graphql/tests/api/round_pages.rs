//! Rules, plans, lists and the page of a round.

use domain::branch::BranchEvent;
use domain::id::ActorId;
use domain::round::{Group, RoundEvent, Void};
use graphql::viewer::Role;
use serde_json::{Value, json};

use crate::evaluation::{LEADER, ROUND, given, of_round, opened, quarter, told_with};
use crate::story::{ANA, BAO, CAI, DAN, EAST, WEST, branch, sealed};
use crate::support::viewer;

fn page(asked: &str) -> String {
    format!(r#"{{ it: round(id: "{}") {{ {asked} }} }}"#, ROUND.0)
}

#[test]
fn rules_are_shown_whole_and_each_default_names_its_basis() {
    let told = told_with([opened()]);
    let anybody = told.by(Some(viewer(Role::Member, Some(ANA), None)));
    let asked = "{ ruleSets { nodes { version adoptedBy rules { threshold turnout { numerator denominator orEqual }
        groups { group weightPercent dimensions { code title weight } } } } } ruleSet(version: 2) { version } }";
    let sets = anybody.ask(asked);
    let rules = &sets["ruleSets"]["nodes"][0]["rules"];
    assert_eq!((&sets["ruleSet"], &rules["threshold"]), (&Value::Null, &json!(5)));
    assert_eq!(rules["turnout"], json!({ "numerator": 1, "denominator": 2, "orEqual": false }));
    assert_eq!(rules["groups"][0]["weightPercent"], "40");
    assert_eq!(rules["groups"][1]["dimensions"][0], json!({ "code": "politics", "title": "政治表现", "weight": "1" }));
    let presets =
        anybody.ask("{ rulePresets { name bases { rule value basis basisZh } rules { year { reviewsPercent } } } }");
    let presets = presets["rulePresets"].as_array().unwrap();
    assert_eq!(presets.len(), 4);
    assert_eq!(presets[2]["rules"]["year"]["reviewsPercent"], "20");
    let bases = presets[0]["bases"].as_array().unwrap();
    assert!(bases.iter().all(|basis| ["rule", "value", "basis", "basisZh"].iter().all(|of| basis[of] != "")));
    assert_eq!(told.by(None).code("{ rulePresets { name } }"), "unauthenticated");
}

#[test]
fn the_page_tells_turnout_and_who_takes_part() {
    let told = told_with([opened(), given()]).office().ask(&page(
        "stage version rulesVersion closesAt reviewed peers branches { of name } leaders { of } scrutineers { of }
         voting { group attempt eligible issued returned tookPart turnout voidCause counting { entered of } }",
    ));
    let it = &told["it"];
    assert_eq!((&it["stage"], &it["closesAt"]), (&json!("CLOSED"), &json!("2022-04-10T18:00:00+08:00")));
    assert_eq!(it["branches"][1], json!({ "of": WEST.0, "name": "西区支部" }));
    assert_eq!(it["leaders"], json!([{ "of": DAN.0 }, { "of": LEADER.0 }]));
    let peer = json!({
        "group": "PEER", "attempt": 1, "eligible": 6, "issued": 6, "returned": 5, "tookPart": 5, "turnout": "5/6",
        "voidCause": null, "counting": [{ "entered": 1, "of": 3 }, { "entered": 1, "of": 3 }],
    });
    assert_eq!(it["voting"][1], peer);
    assert_eq!((&it["voting"][0]["eligible"], &it["voting"][0]["issued"]), (&json!(2), &Value::Null));
}

#[test]
fn whoever_reaches_a_branch_or_takes_part_sees_the_page_and_only_their_people() {
    let twin = told_with([opened(), given()]);
    let roster = page("roster { nodes { member { of name } reviewed leader } } me { member { of } }");
    let ids = |told: &Value| -> Vec<Value> {
        told["it"]["roster"]["nodes"].as_array().unwrap().iter().map(|node| node["member"]["of"].clone()).collect()
    };
    let west = twin.by(Some(viewer(Role::BranchSecretary, None, Some(WEST)))).ask(&roster);
    assert_eq!(ids(&west), [json!(CAI.0), json!(DAN.0)]);
    let ana = twin.by(Some(viewer(Role::Member, Some(ANA), None))).ask(&roster);
    assert_eq!(ids(&ana), [json!(ANA.0), json!(BAO.0)]);
    assert_eq!(ana["it"]["me"]["member"]["of"], json!(ANA.0));
    let leader = twin.by(Some(viewer(Role::Leader, Some(LEADER), Some(domain::id::BranchId(uuid::Uuid::nil())))));
    assert_eq!(leader.ask(&page("stage"))["it"]["stage"], "CLOSED", "a leader from elsewhere takes part");
    let stranger = twin.by(Some(viewer(Role::Leader, None, Some(domain::id::BranchId(uuid::Uuid::nil())))));
    assert_eq!(stranger.code(&page("stage")), "policy.denied");
    let trail =
        format!(r#"{{ auditTrail(filter: {{ subject: {{ kind: ROUND, id: "{}" }} }}) {{ position }} }}"#, ROUND.0);
    twin.office().ask(&trail);
    let west = twin.by(Some(viewer(Role::BranchSecretary, None, Some(WEST))));
    assert_eq!(west.code(&trail), "policy.denied", "the whole trail takes reach over every branch");
}

#[test]
fn rounds_are_found_by_branch_period_and_stage() {
    let twin = told_with([opened()]);
    let count = |asking: &crate::support::Asking, filter: &str| {
        asking.ask(&format!("{{ rounds(filter: {filter}) {{ nodes {{ id }} }} }}"))["rounds"]["nodes"]
            .as_array()
            .unwrap()
            .len()
    };
    let office = twin.office();
    assert_eq!(count(&office, &format!(r#"{{ within: "{}", stage: OPENED }}"#, WEST.0)), 1);
    assert_eq!(count(&office, "{ period: { quarter: { year: 2022, quarter: 2 } } }"), 0);
    assert_eq!(count(&office, "{ stage: PUBLISHED }"), 0);
    assert_eq!(count(&twin.by(Some(viewer(Role::Member, Some(ANA), None))), "{}"), 1);
    assert_eq!(count(&twin.by(Some(viewer(Role::Auditor, None, Some(EAST)))), "{}"), 1);
    let subject = format!(
        r#"{{ auditTrail(filter: {{ subject: {{ kind: ROUND, id: "{}" }} }}, first: 1) {{ nodes {{ subject {{ round {{ stage }} }} }} }} }}"#,
        ROUND.0
    );
    assert_eq!(office.ask(&subject)["auditTrail"]["nodes"][0]["subject"]["round"]["stage"], "OPENED");
}

#[test]
fn a_plan_groups_small_branches_and_tells_what_is_claimed() {
    let rules = opened().into_iter().take(1).collect();
    let free = told_with([rules]);
    let asked = "{ roundPlan(period: { quarter: { year: 2022, quarter: 1 } }, rulesVersion: 1) { threshold
        rounds { people tooSmall branches { branch { of } people small } } claimed { branch { of } round { of } } empty { of } } }";
    let plan = &free.office().ask(asked)["roundPlan"];
    let small = |id: domain::id::BranchId, people| json!({ "branch": { "of": id.0 }, "people": people, "small": true });
    // Ana is suspended.
    let together = json!({ "people": 3, "tooSmall": true, "branches": [small(EAST, 1), small(WEST, 2)] });
    assert_eq!((&plan["rounds"], &plan["threshold"]), (&json!([together]), &json!(5)));
    assert_eq!(plan["empty"].as_array().unwrap().len(), 1, "the committee itself has nobody");
    let claimed = told_with([opened()]).office().ask(asked);
    let claim = json!({ "branch": { "of": EAST.0 }, "round": { "of": ROUND.0 } });
    assert_eq!((&claimed["roundPlan"]["rounds"], &claimed["roundPlan"]["claimed"][0]), (&json!([]), &claim));
    assert_eq!(free.office().code(&asked.replace("rulesVersion: 1", "rulesVersion: 7")), "round.unknown_rules");
    let secretary = free.by(Some(viewer(Role::BranchSecretary, None, Some(EAST))));
    assert_eq!(secretary.code(asked), "policy.denied");
}

#[test]
fn a_reopening_voids_what_was_given_and_is_printed_for_good() {
    let by = |actor: &str| ActorId(actor.to_owned());
    let reason = || sealed("计票场所不保密");
    let asked_for = vec![of_round(RoundEvent::ReopeningProposed { reason: reason(), by: by("office") })];
    let reopened = vec![of_round(RoundEvent::Reopened {
        version: 2,
        reason: reason(),
        proposed_by: by("office"),
        by: by("other"),
        closes_at: "2022-05-01T10:00:00Z".parse().unwrap(),
    })];
    let asked = page(
        "version notices { version reason approvedBy } roster(first: 1) { nodes { reviewsReceived tookPaper
         selfReview { times } leaderReviews { times } } } voting { group attempt issued returned counting { entered } }",
    );
    let secretary =
        |twin: &std::sync::Arc<crate::twin::Twin>| twin.by(Some(viewer(Role::BranchSecretary, None, Some(EAST))));
    let before = told_with([opened(), given(), asked_for.clone()]);
    assert_eq!(secretary(&before).ask(&asked)["it"]["notices"], json!([]), "only asked for yet");
    let pending = json!([{ "version": 2, "reason": "计票场所不保密", "approvedBy": null }]);
    assert_eq!(before.office().ask(&asked)["it"]["notices"], pending);
    let ana = &before.office().ask(&asked)["it"]["roster"]["nodes"][0];
    assert_eq!((&ana["reviewsReceived"], &ana["selfReview"]["times"]), (&json!(2), &json!(2)));
    assert_eq!((&ana["tookPaper"], ana["leaderReviews"].as_array().unwrap().len()), (&json!(true), 2));

    let after = told_with([opened(), given(), asked_for, reopened]);
    let it = &secretary(&after).ask(&asked)["it"];
    assert_eq!(it["notices"], json!([{ "version": 2, "reason": "计票场所不保密", "approvedBy": "other" }]));
    let nothing = json!({ "reviewsReceived": 0, "tookPaper": false, "selfReview": null, "leaderReviews": [] });
    assert_eq!(it["roster"]["nodes"][0], nothing);
    let peer = json!({
        "group": "PEER", "attempt": 2, "issued": 0, "returned": null, "counting": [{ "entered": 0 }, { "entered": 0 }],
    });
    assert_eq!((&it["version"], &it["voting"][1]), (&json!(2), &peer));
}

#[test]
fn a_void_attempt_stays_on_the_page_and_an_annulled_round_in_the_list() {
    let by = |actor: &str| ActorId(actor.to_owned());
    let (group, attempt, cause) = (Group::Peer, 1, Void::Turnout);
    let annulled = RoundEvent::Annulled {
        branches: vec![EAST, WEST],
        period: quarter(),
        reason: sealed("名册有误"),
        proposed_by: by("office"),
        by: by("other"),
    };
    let released = |of| branch(of, BranchEvent::PeriodReleased { round: ROUND, period: quarter() });
    let twin = told_with([
        opened(),
        vec![
            of_round(RoundEvent::GroupVoided { group, attempt, cause, eligible: 6, issued: 6, returned: 3 }),
            of_round(RoundEvent::AnnulmentProposed { reason: sealed("名册有误"), by: by("office") }),
            of_round(annulled),
            released(EAST),
            released(WEST),
        ],
    ]);
    let east = twin.by(Some(viewer(Role::BranchSecretary, None, Some(EAST))));
    let listed = east
        .ask("{ rounds { nodes { stage notices { version reason approvedBy } voided { cause eligible returned } } } }");
    let node = &listed["rounds"]["nodes"][0];
    assert_eq!((&node["stage"], &node["notices"][0]["version"]), (&json!("ANNULLED"), &Value::Null));
    assert_eq!(node["notices"][0]["reason"], "名册有误");
    assert_eq!(node["voided"], json!([{ "cause": "TURNOUT", "eligible": 6, "returned": 3 }]));
    let free =
        "{ roundPlan(period: { quarter: { year: 2022, quarter: 1 } }, rulesVersion: 1) { claimed { branch { of } } } }";
    assert_eq!(twin.office().ask(free)["roundPlan"]["claimed"], json!([]));
}
