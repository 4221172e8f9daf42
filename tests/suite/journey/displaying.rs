//! The three displays 三亮: identity, standards, commitments; and contact points.

use serde_json::{Value, json};

use super::teller::{Ears, Teller};
use super::town::town;

/// Badges, services, plaques, commitments, outlets, standards, inspections, contact points and visits.
pub async fn identity_standards_and_commitments_are_displayed(heard: Ears) {
    let t = town(heard, "2022-05-01").await;
    t.remember().await;
    t.mark("before");
    t.on("2022-06-30");
    identity(&t).await;
    t.remember().await;
    commitments(&t).await;
    together(&t).await;
    t.remember().await;
    standards(&t).await;
    t.remember().await;
    contact_points(&t).await;
    t.remember().await;
    figures(&t).await;
    t.recall().await;
    t.end().await;
}

async fn identity(t: &Teller) {
    for (on, worn) in [("2022-05-04", true), ("2022-06-04", false)] {
        t.yes("checkBadge", json!({ "member": "@ana", "on": on, "place": "营业大厅", "worn": worn })).await;
    }
    let input = json!({ "member": "@ana", "on": "2022-05-20", "activity": "社区义诊引导", "minutes": 90 });
    t.make("service", "recordService", input).await;
    t.make("plaque", "publishPlaque", json!({ "member": "@ana", "on": "2022-05-05", "duty": "理财经理" })).await;
    t.make("old", "publishPlaque", json!({ "member": "@bo", "on": "2022-05-05", "duty": "大堂经理" })).await;
    let input = json!({ "member": "@bo", "plaque": "@old", "on": "2022-06-01", "reason": "换岗" });
    t.yes("withdrawPlaque", input).await;
    let query =
        "{ ana: member(id: \"@ana\", NOW) { plaqueDuty counts { badgeChecks badgesWorn services serviceMinutes }
                   year(year: 2022) { badgeChecks serviceMinutes } records(filter: { kind: BADGE_CHECK }) { nodes {
                   on state detail subject { of } } } } bo: member(id: \"@bo\", NOW) { plaqueDuty } }";
    let told = t.ask(query).await;
    assert_eq!((&told["ana"]["plaqueDuty"], &told["bo"]["plaqueDuty"]), (&json!("理财经理"), &Value::Null));
    assert_eq!(
        told["ana"]["counts"],
        json!({ "badgeChecks": 2, "badgesWorn": 1, "services": 1, "serviceMinutes": 90 })
    );
    assert_eq!(told["ana"]["year"], json!({ "badgeChecks": 2, "serviceMinutes": 90 }));
    let ana = json!({ "of": "@ana" });
    assert_eq!(
        told["ana"]["records"]["nodes"],
        json!([
            { "on": "2022-06-04", "state": "NOT_WORN", "detail": "营业大厅", "subject": ana },
            { "on": "2022-05-04", "state": "WORN", "detail": "营业大厅", "subject": ana },
        ])
    );
    let before = t.ask("{ member(id: \"@ana\", AT_before) { plaqueDuty counts { badgeChecks } } }").await;
    assert_eq!(before["member"], json!({ "plaqueDuty": null, "counts": { "badgeChecks": 0 } }));
}

async fn commitments(t: &Teller) {
    for (name, due) in [("kept", "2022-06-20"), ("missed", "2022-06-10"), ("open", "2022-12-31")] {
        let input = json!({ "member": "@bo", "on": "2022-05-10", "due": due, "text": "每月走访十户" });
        t.make(name, "makeCommitment", input).await;
    }
    let shown = json!({ "member": "@bo", "commitment": "@kept", "on": "2022-06-15", "evidence": "走访记录十二份" });
    t.yes("evidenceCommitment", shown).await;
    let settle = |commitment: &str, outcome: &str| json!({ "member": "@bo", "commitment": commitment, "on": "2022-06-30", "outcome": outcome, "note": "已核实" });
    t.yes("settleCommitment", settle("@kept", "FULFILLED")).await;
    t.yes("settleCommitment", settle("@missed", "MISSED")).await;
    let query = "{ member(id: \"@bo\", NOW) { counts { commitmentsMade commitmentsFulfilled commitmentsMissed }
                   records(filter: { kind: COMMITMENT }) { nodes { record state due endedOn title evidence note } } } }";
    let told = t.ask(query).await["member"].take();
    assert_eq!(told["counts"], json!({ "commitmentsMade": 3, "commitmentsFulfilled": 1, "commitmentsMissed": 1 }));
    let nodes = told["records"]["nodes"].as_array().unwrap();
    let kept = nodes.iter().find(|record| record["record"] == "@kept").unwrap();
    assert_eq!(
        kept,
        &json!({
            "record": "@kept", "state": "FULFILLED", "due": "2022-06-20", "endedOn": "2022-06-30", "title": "每月走访十户",
            "evidence": "走访记录十二份", "note": "已核实",
        })
    );
}

/// Many at once: each by itself, after those before it; and what counts on what was read.
async fn together(t: &Teller) {
    let read = t.last();
    let made = |id: &str, since: u64| {
        json!({ "makeCommitment": { "member": "@ana", "on": "2022-06-01", "due": "2022-12-31", "text": "微笑服务",
            "commandId": id, "ifUnchangedSince": since.to_string() } })
    };
    let answered = t.many(json!([made("together-1", read), made("together-2", read), made("together-1", read)])).await;
    assert_eq!(answered, [None, Some("subject.changed_since".to_owned()), None]);
    let input = json!({ "member": "@ana", "on": "2022-06-02", "place": "大厅", "worn": true, "ifUnchangedSince": read.to_string() });
    let refusal = t.no("subject.changed_since", "checkBadge", input).await;
    assert_eq!(refusal["facts"][2], json!({ "name": "position", "value": t.last().to_string() }));
}

async fn standards(t: &Teller) {
    let input = json!({
        "branch": "@first", "outlet": "@hall", "kind": "PROCESS_CHART", "title": "开户流程图", "on": "2022-05-12",
    });
    t.make("standard", "displayStandard", input).await;
    let verdicts = json!({
        "sort": "MET", "setInOrder": "MET", "shine": "PARTLY", "standardise": "MET", "sustain": "NOT_MET", "safety": "MET",
    });
    let input = json!({
        "branch": "@first", "outlet": "@hall", "on": "2022-06-12", "results": verdicts, "remarks": "柜面需整理",
    });
    t.make("inspection", "inspectOutlet", input).await;
    let query = "{ outlet(id: \"@hall\", NOW) { name kind standing standardsDisplayed inspections inspectedOn
                   sixS { sort setInOrder shine standardise sustain safety } branch { id }
                   records { nodes { record kind title note standard } } } }";
    assert_eq!(
        t.ask(query).await["outlet"],
        json!({
            "name": "人民路网点", "kind": "FINANCIAL", "standing": "OPEN", "standardsDisplayed": 1, "inspections": 1,
            "inspectedOn": "2022-06-12", "sixS": verdicts, "branch": { "id": "@first" },
            "records": { "nodes": [
                { "record": "@inspection", "kind": "INSPECTION", "title": null, "note": "柜面需整理", "standard": null },
                { "record": "@standard", "kind": "STANDARD", "title": "开户流程图", "note": null, "standard": "PROCESS_CHART" },
            ] },
        })
    );
}

async fn contact_points(t: &Teller) {
    let input = json!({
        "branch": "@first", "cadres": ["@ana", "@bo"], "from": "2022-05-01", "until": "2022-12-31",
        "outlets": [{ "branch": "@first", "outlet": "@station" }, { "branch": "@first", "outlet": "@hall" }],
    });
    t.make("point", "assignContactPoint", input).await;
    let input = json!({
        "branch": "@first", "contactPoint": "@point", "by": "@bo", "outlet": "@station", "on": "2022-06-08",
        "note": "车辆消防器材已更换",
    });
    t.make("visit", "visitContactPoint", input).await;
    let query =
        "{ contactPoint(id: \"@point\", NOW) { cadres { of } outlet { id } station { id } standing visits visitedOn
                   from until records { nodes { record visitor { of } outlet { id } note } } } }";
    assert_eq!(
        t.ask(query).await["contactPoint"],
        json!({
            "cadres": [{ "of": "@ana" }, { "of": "@bo" }], "outlet": { "id": "@hall" }, "station": { "id": "@station" },
            "standing": "STANDING", "visits": 1, "visitedOn": "2022-06-08", "from": "2022-05-01", "until": "2022-12-31",
            "records": { "nodes": [
                { "record": "@visit", "visitor": { "of": "@bo" }, "outlet": { "id": "@station" }, "note": "车辆消防器材已更换" },
            ] },
        })
    );
    let close = json!({ "branch": "@first", "outlet": "@hall", "on": "2022-06-30", "reason": "网点撤并" });
    t.no("branch.outlet_linked", "closeOutlet", close.clone()).await;
    t.no(
        "member.in_contact_point",
        "recordDeparture",
        json!({ "member": "@bo", "on": "2022-06-30", "reason": "调离" }),
    )
    .await;
    let paired = "{ member(id: \"@bo\", NOW) { counts { contactPoints } } }";
    assert_eq!(t.ask(paired).await["member"]["counts"]["contactPoints"], 1);
    let end = json!({ "branch": "@first", "contactPoint": "@point", "on": "2022-06-29", "reason": "网点撤并" });
    t.yes("endContactPoint", end).await;
    assert_eq!(t.ask(paired).await["member"]["counts"]["contactPoints"], 0);
    t.yes("closeOutlet", close).await;
    // What was inspected before the closing may be recorded after it.
    let met = json!({
        "sort": "MET", "setInOrder": "MET", "shine": "MET", "standardise": "MET", "sustain": "MET", "safety": "MET",
    });
    let late = json!({ "branch": "@first", "outlet": "@hall", "on": "2022-06-29", "results": met });
    t.make("late", "inspectOutlet", late).await;
    let inspected = t.ask("{ outlet(id: \"@hall\", NOW) { inspections inspectedOn } }").await;
    assert_eq!(inspected["outlet"], json!({ "inspections": 2, "inspectedOn": "2022-06-29" }));
    let query = "{ contactPoints(filter: { cadre: \"@ana\", standing: ENDED }, NOW) { nodes { id endedOn } }
                   outlets(filter: { standing: CLOSED }, NOW) { nodes { id closedOn } } }";
    assert_eq!(
        t.ask(query).await,
        json!({
            "contactPoints": { "nodes": [{ "id": "@point", "endedOn": "2022-06-29" }] },
            "outlets": { "nodes": [{ "id": "@hall", "closedOn": "2022-06-30" }] },
        })
    );
}

/// Each figure opens to its events.
async fn figures(t: &Teller) {
    let query = "{ report(year: 2022, NOW) { figures { code value unit exactness events { nodes { type subject { of } } } } } }";
    let report = t.ask(query).await;
    let figure = |code: &str| {
        let figures = report["report"]["figures"].as_array().unwrap();
        figures.iter().find(|figure| figure["code"] == code).unwrap().clone()
    };
    assert_eq!(
        figure("volunteers"),
        json!({
            "code": "volunteers", "value": "1", "unit": "PERSONS", "exactness": "EXACT",
            "events": { "nodes": [{ "type": "member_service_recorded", "subject": { "of": "@ana" } }] },
        })
    );
    let outlets = figure("outlets_financial");
    assert_eq!(outlets["value"], "1");
    let types: Vec<_> = outlets["events"]["nodes"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert!(types.contains(&&json!("branch_outlet_closed")), "{types:?}");
    assert_eq!(figure("premium_new")["value"], Value::Null, "nobody reported any");
}
