//! A town in which there is something of everything, in @first and in @second alike, so that no field has nothing to show.
//!
//! Beside those of the town: @eve and @fay (cadres) and @gao in @second, @mark and @tell (leaders of the rounds) and @scru1, @scru2 in @third.
//! Of each branch, by its name: `quarter_…` (2022-Q2) final with an appeal that was right, `year_…` made of it, `void_…` (2021-Q4)
//! with a void group and a reopening that was declined, `open_…` (2023-Q1) decided and not published.

use serde_json::{Value, json};

use super::super::forbidding::inputs::merged;
use super::super::panel::{count, marks, member, second};
use super::super::teller::{Ears, Teller};
use super::super::town::{month, town, year};

/// A branch, its members who are reviewed, and its outlets.
pub struct Side {
    pub name: &'static str,
    pub branch: &'static str,
    pub people: [&'static str; 3],
    outlets: [&'static str; 2],
}

pub const SIDES: [Side; 2] = [
    Side { name: "first", branch: "@first", people: ["ana", "bo", "chen"], outlets: ["@hall_first", "@station_first"] },
    Side {
        name: "second",
        branch: "@second",
        people: ["eve", "fay", "gao"],
        outlets: ["@hall_second", "@station_second"],
    },
];

/// The town, in May 2023.
pub async fn furnished(heard: Ears) -> Teller {
    let t = town(heard, "2022-06-20").await;
    others(&t).await;
    t.yes("adoptRules", rules()).await;
    for side in &SIDES {
        displayed(&t, side).await;
        compared(&t, side).await;
        talked(&t, side).await;
    }
    rounds(&t).await;
    t.ask("{ organisation(NOW) { id } }").await;
    t
}

/// Those of the yearly story, with a cap, talks and what else may be left out.
fn rules() -> Value {
    json!({ "preset": "RENORMALISE", "threshold": 3, "trimFrom": 5, "ties": ["LEADER_SCORE"],
        "cap": { "grade": "excellent", "numerator": 1, "denominator": 2 },
        "talks": { "below": "60", "lastOneIn": 2, "leastRanked": 3, "followUpDays": 30 },
        "year": { "reviewsPercent": "40", "comparisonsPercent": "60", "leastQuarters": 1,
            "metricWeights": [{ "metric": "premium_new", "weight": "2" }] },
        "calendar": { "off": ["2022-10-03"], "worked": ["2022-10-08"] } })
}

async fn others(t: &Teller) {
    let people = ["eve", "fay", "gao"].map(|name| (name, "@second"));
    let more = ["mark", "tell", "scru1", "scru2"].map(|name| (name, "@third"));
    for (name, branch) in people.into_iter().chain(more) {
        let input = json!({ "branch": branch, "staffNumber": format!("X-{name}"), "name": "试䶮", "contact": "555-0100", "post": "CADRE",
            "on": "2021-01-04" });
        t.make(name, "registerMember", input).await;
    }
    for (name, kind) in [("hall_second", "FINANCIAL"), ("station_second", "DELIVERY")] {
        let input = json!({ "branch": "@second", "kind": kind, "name": "西区网点", "on": "2021-02-01" });
        t.make(name, "openOutlet", input).await;
    }
    for (name, known) in [("hall_first", "hall"), ("station_first", "station")] {
        t.call(name, &t.id(known));
    }
    let child = |name: &str| json!({ "kind": "BRANCH", "parent": "@third", "name": name, "on": "2022-01-04" });
    t.make("merged", "establishBranch", child("并入支部")).await;
    t.yes("mergeBranch", json!({ "branch": "@merged", "into": "@third", "on": "2022-06-20", "reason": "合并" })).await;
}

/// Identity, standards, style: what is displayed.
async fn displayed(t: &Teller, side: &Side) {
    let of_branch = |more: Value| merged(json!({ "branch": side.branch, "on": "2022-06-01" }), more);
    for name in side.people {
        let of = |more: Value| merged(json!({ "member": format!("@{name}"), "on": "2022-06-01" }), more);
        t.yes("checkBadge", of(json!({ "place": "大厅", "worn": true }))).await;
        t.yes("recordService", of(json!({ "activity": "义诊", "minutes": 60 }))).await;
        t.yes("publishPlaque", of(json!({ "duty": "经理" }))).await;
        t.make("commitment", "makeCommitment", of(json!({ "due": "2022-06-18", "text": "走访" }))).await;
        t.yes("evidenceCommitment", of(json!({ "commitment": "@commitment", "on": "2022-06-10", "evidence": "记录" })))
            .await;
        let settled =
            json!({ "commitment": "@commitment", "on": "2022-06-18", "outcome": "FULFILLED", "note": "核实" });
        t.yes("settleCommitment", of(settled)).await;
        t.yes("placeInContest", of(json!({ "title": "比武", "level": "CITY", "place": 1, "teamMates": [] }))).await;
        t.yes("grantHonour", of(json!({ "title": "先进", "level": "CITY", "body": "市分公司" }))).await;
        t.yes("linkAccount", json!({ "member": format!("@{name}"), "account": format!("acc-{name}") })).await;
    }
    let attendees: Vec<String> = side.people.iter().map(|name| format!("@{name}")).collect();
    let name = |what: &str| format!("{what}_{}", side.name);
    let training = json!({ "topic": "学习", "minutes": 60, "attendees": attendees.clone() });
    t.make(&name("training"), "holdTraining", of_branch(training)).await;
    t.yes("holdThemeDay", of_branch(json!({ "topic": "党课", "attendees": attendees }))).await;
    let improvement = of_branch(json!({ "what": "流程", "evidence": "照片", "effect": "加快" }));
    t.make("improvement", "reportImprovement", improvement).await;
    second(t).yes("confirmImprovement", of_branch(json!({ "improvement": "@improvement", "note": "核实" }))).await;
    let six = json!({ "sort": "MET", "setInOrder": "MET", "shine": "PARTLY", "standardise": "MET", "sustain": "NOT_MET", "safety": "MET" });
    let [hall, station] = side.outlets;
    t.yes("displayStandard", of_branch(json!({ "outlet": hall, "kind": "PROCESS_CHART", "title": "流程图" }))).await;
    t.yes("inspectOutlet", of_branch(json!({ "outlet": hall, "results": six, "remarks": "整理" }))).await;
    let point = json!({ "branch": side.branch, "cadres": [format!("@{}", side.people[0]), format!("@{}", side.people[1])],
        "from": "2022-05-01", "until": "2023-12-31",
        "outlets": [{ "branch": side.branch, "outlet": hall }, { "branch": side.branch, "outlet": station }] });
    t.make(&name("point"), "assignContactPoint", point).await;
    let visit = json!({ "contactPoint": format!("@{}", name("point")), "by": format!("@{}", side.people[1]), "outlet": station, "note": "查看" });
    t.yes("visitContactPoint", of_branch(visit)).await;
    let grant = json!({ "branch": side.branch, "to": format!("clerk-{}", side.name), "role": "LEADER", "from": "2022-06-01", "until": "2022-12-31" });
    t.make("grant", "grantRole", grant).await;
    t.yes("withdrawRole", json!({ "branch": side.branch, "grant": "@grant", "reason": "调离" })).await;
}

/// Results beside plans and bases, and a competition.
async fn compared(t: &Teller, side: &Side) {
    let competition = json!({ "branch": side.branch, "title": "竞赛", "metric": "premium_new", "period": month(5), "competitors": "MEMBERS",
        "rankedBy": "VALUE" });
    t.make(&format!("competition_{}", side.name), "announceCompetition", competition).await;
    let target =
        |more: Value| merged(json!({ "metric": "premium_new", "period": year(), "plan": "100", "base": "50" }), more);
    let result =
        |more: Value, value: &str| merged(json!({ "metric": "premium_new", "period": month(5), "value": value }), more);
    for (name, value) in side.people.iter().zip(["120", "110", "90"]) {
        let of = || json!({ "member": format!("@{name}") });
        t.yes("setMemberTarget", target(of())).await;
        t.yes("setMemberTarget", merged(target(of()), json!({ "period": month(5) }))).await;
        t.yes("reportMemberResult", result(of(), value)).await;
    }
    let of_branch = || json!({ "branch": side.branch });
    t.yes("setBranchTarget", target(of_branch())).await;
    t.yes("setBranchTarget", merged(target(of_branch()), json!({ "period": month(5) }))).await;
    t.yes("reportBranchResult", result(of_branch(), "320")).await;
    let conclude = json!({ "branch": side.branch, "competition": format!("@competition_{}", side.name) });
    t.yes("concludeCompetition", conclude).await;
}

/// A talk with everybody and with the branch, from what was asked for to its end; and one that was declined.
async fn talked(t: &Teller, side: &Side) {
    let of_people = side.people.iter().map(|name| (json!({ "member": format!("@{name}") }), format!("talk_{name}")));
    let of_branch = (json!({ "branch": side.branch }), format!("talk_{}", side.name));
    for (with, name) in of_people.chain([of_branch]) {
        let talk = |more: Value| merged(json!({ "with": with, "talk": format!("@{name}") }), more);
        second(t).make(&name, "proposeTalk", json!({ "with": with, "reason": "谈谈" })).await;
        second(t).make("declined", "proposeTalk", json!({ "with": with, "reason": "再谈" })).await;
        t.yes("declineTalk", merged(talk(json!({ "reason": "不必" })), json!({ "talk": "@declined" }))).await;
        t.yes("approveTalk", talk(json!({}))).await;
        let held_with = match with.get("branch") {
            Some(branch) => json!({ "branch": { "branch": branch, "attendees": [format!("@{}", side.people[0])] } }),
            None => with.clone(),
        };
        let held = json!({ "with": held_with, "on": "2022-06-20", "by": "@mark", "record": "谈过" });
        t.yes("holdTalk", talk(held)).await;
    }
}

async fn rounds(t: &Teller) {
    for side in &SIDES {
        let before = json!({ "quarter": { "year": 2021, "quarter": 4 } });
        given(t, side, "void", before, 1).await;
        given(t, side, "quarter", json!({ "quarter": { "year": 2022, "quarter": 2 } }), 8).await;
    }
    for side in &SIDES {
        decided(t, side, "quarter").await;
        voided(t, side).await;
    }
    for side in &SIDES {
        appealed(t, side).await;
    }
    t.on("2022-09-20");
    for side in &SIDES {
        t.yes("finaliseRound", json!({ "round": format!("@quarter_{}", side.name) })).await;
        for name in side.people.iter().copied().chain([side.name]) {
            let with = if name == side.name {
                json!({ "branch": side.branch })
            } else {
                json!({ "member": format!("@{name}") })
            };
            let talk = |more: Value| {
                merged(json!({ "with": with, "talk": format!("@talk_{name}"), "on": "2022-09-20" }), more)
            };
            t.yes("followUpTalk", talk(json!({ "note": "改进" }))).await;
            t.yes("closeTalk", talk(json!({}))).await;
        }
    }
    years(t).await;
    for side in &SIDES {
        given(t, side, "open", json!({ "quarter": { "year": 2023, "quarter": 1 } }), 8).await;
    }
    for side in &SIDES {
        let round = format!("@open_{}", side.name);
        t.yes("closeRound", json!({ "round": round })).await;
        t.yes("tallyRound", json!({ "round": round })).await;
        looked_at(t, side, "open").await;
        t.yes("decideGrades", json!({ "round": round, "grades": [] })).await;
    }
    let next =
        json!({ "branches": ["@first"], "period": { "quarter": { "year": 2023, "quarter": 2 } }, "rulesVersion": 1 });
    t.make("next_first", "draftRound", next).await;
}

/// A round that was opened, in which everybody gave what they had to give, and the public's paper is back.
async fn given(t: &Teller, side: &Side, kind: &str, period: Value, returned: i64) {
    let name = format!("{kind}_{}", side.name);
    let round = || json!({ "round": format!("@{name}") });
    t.make(&name, "draftRound", json!({ "branches": [side.branch], "period": period, "rulesVersion": 1 })).await;
    let closes_at = t.server().now() + jiff::SignedDuration::from_hours(1);
    let open = json!({ "closesAt": closes_at.to_string(), "leaders": ["@mark", "@tell"], "scrutineers": ["@scru1", "@scru2"], "without": ["PEER"] });
    t.yes("openRound", merged(round(), open)).await;
    for (who, mark) in side.people.iter().zip(["95", "85", "40"]) {
        member(t, who).yes("giveSelfReview", merged(round(), json!({ "text": "尽职" }))).await;
        let review = json!({ "member": format!("@{who}"), "marks": marks(mark, mark), "comment": "踏实" });
        member(t, "mark").yes("giveLeaderReview", merged(round(), review)).await;
        let review = json!({ "member": format!("@{who}"), "marks": marks("80", "75") });
        member(t, "tell").yes("giveLeaderReview", merged(round(), review)).await;
    }
    t.yes("issuePaper", merged(round(), json!({ "group": "PUBLIC", "count": 8 }))).await;
    t.server().advance_to(closes_at);
    t.yes("returnPaper", merged(round(), json!({ "group": "PUBLIC", "returned": returned }))).await;
    if returned == 8 {
        let counts = json!([count("service", [4, 2, 1, 0, 1])]);
        let persons: Vec<Value> =
            side.people.iter().map(|who| json!({ "member": format!("@{who}"), "counts": counts })).collect();
        for scrutineer in ["scru1", "scru2"] {
            let counted = json!({ "group": "PUBLIC", "persons": persons });
            member(t, scrutineer).yes("countPaper", merged(round(), counted)).await;
        }
    }
}

/// The leader's comments: the first person's is released, the others' are not.
async fn looked_at(t: &Teller, side: &Side, kind: &str) {
    let round = format!("@{kind}_{}", side.name);
    for (number, who) in side.people.iter().enumerate() {
        let shown = json!({ "round": round, "reviewer": "@mark", "member": format!("@{who}"), "released": number != 1, "reason": (number == 1).then_some("不宜") });
        t.yes("moderateComment", shown).await;
    }
}

/// Everybody's grade as the committee decides it, whatever was proposed.
fn grades(side: &Side) -> Value {
    let decided = |who| json!({ "member": format!("@{who}"), "grade": "basically_qualified", "reason": "审定" });
    json!({ "grades": side.people.map(decided) })
}

async fn decided(t: &Teller, side: &Side, kind: &str) {
    let round = || json!({ "round": format!("@{kind}_{}", side.name) });
    t.yes("closeRound", round()).await;
    t.yes("tallyRound", round()).await;
    looked_at(t, side, kind).await;
    t.yes("decideGrades", merged(round(), grades(side))).await;
    t.yes("publishRound", round()).await;
}

/// Too little paper came back: the group is void. Somebody asked for a reopening, and it was declined.
async fn voided(t: &Teller, side: &Side) {
    let round = || json!({ "round": format!("@void_{}", side.name) });
    t.yes("closeRound", round()).await;
    t.yes("proposeReopening", merged(round(), json!({ "reason": "再来" }))).await;
    second(t).yes("declineReopening", merged(round(), json!({ "reason": "不必" }))).await;
    for mutation in ["tallyRound", "decideGrades", "publishRound"] {
        t.yes(mutation, round()).await;
    }
}

async fn appealed(t: &Teller, side: &Side) {
    let round = || json!({ "round": format!("@quarter_{}", side.name) });
    for who in side.people {
        member(t, who).make("appeal", "fileAppeal", merged(round(), json!({ "text": "不服" }))).await;
        let fixes = json!([{ "marks": { "reviewer": "@mark", "marks": marks("90", "90") } }]);
        let answer = json!({ "appeal": "@appeal", "upheld": true, "answer": "更正", "fixes": fixes });
        second(t).yes("answerAppeal", merged(round(), answer)).await;
    }
}

async fn years(t: &Teller) {
    t.on("2022-12-30");
    for side in &SIDES {
        let name = format!("year_{}", side.name);
        t.make(&name, "draftRound", json!({ "branches": [side.branch], "period": year(), "rulesVersion": 1 })).await;
        let open = json!({ "round": format!("@{name}"), "closesAt": "2022-12-31T18:00:00+08:00", "leaders": [], "scrutineers": [] });
        t.yes("openRound", open).await;
    }
    t.on("2023-02-10");
    for side in &SIDES {
        let round = || json!({ "round": format!("@year_{}", side.name) });
        t.yes("closeRound", round()).await;
        t.yes("tallyRound", round()).await;
        t.yes("decideGrades", merged(round(), grades(side))).await;
        t.yes("publishRound", round()).await;
        // Appeals that wait for an answer, and are therefore due.
        for who in side.people {
            let appeal = json!({ "round": format!("@year_{}", side.name), "text": "不服" });
            member(t, who).make(&format!("waiting_{who}"), "fileAppeal", appeal).await;
        }
    }
}
