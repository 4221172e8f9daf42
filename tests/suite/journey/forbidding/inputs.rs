//! An input for every mutation.

use serde_json::{Value, json};

use super::super::town::month;

pub const NOBODY: &str = "00000000-0000-4000-8000-00000000dead";
const LATER: &str = "2199-01-01";

/// Valid-looking inputs of every mutation, of which each breaks a rule once the policy has let it in.
pub fn mutations(member: &str, branch: &str) -> Vec<(&'static str, Value)> {
    let rounds = [to_rounds(branch), to_people_of_rounds(member, branch), to_talks(member, branch)].concat();
    [to_members(member, branch), to_branches(member, branch), to_ledgers(member, branch), rounds].concat()
}

fn to_members(member: &str, branch: &str) -> Vec<(&'static str, Value)> {
    let m = |more: Value| merged(json!({ "member": member, "on": LATER }), more);
    let why = || json!({ "reason": "试验" });
    vec![
        ("amendPerson", json!({ "member": member, "staffNumber": "?", "name": "试" })),
        ("readmitMember", m(json!({ "branch": branch, "post": "STAFF" }))),
        ("appointMember", m(json!({ "post": "CADRE" }))),
        ("transferMember", m(json!({ "to": branch, "reason": "试验" }))),
        ("endProbation", m(json!({}))),
        ("suspendMember", m(why())),
        ("reinstateMember", m(why())),
        ("recordDeparture", m(why())),
        ("mergeMember", m(json!({ "into": member, "reason": "试验" }))),
        ("checkBadge", m(json!({ "place": "大厅", "worn": true }))),
        ("recordService", m(json!({ "activity": "义诊", "minutes": 1 }))),
        ("publishPlaque", m(json!({ "duty": "经理" }))),
        ("withdrawPlaque", m(json!({ "plaque": NOBODY, "reason": "试验" }))),
        ("makeCommitment", m(json!({ "due": LATER, "text": "走访" }))),
        ("evidenceCommitment", m(json!({ "commitment": NOBODY, "evidence": "照片" }))),
        ("settleCommitment", m(json!({ "commitment": NOBODY, "outcome": "MISSED" }))),
        ("placeInContest", m(json!({ "title": "比武", "level": "CITY", "place": 1, "teamMates": [] }))),
        ("grantHonour", m(json!({ "title": "先进", "level": "CITY", "body": "市分公司" }))),
        ("linkAccount", json!({ "member": member, "account": "? ?" })),
        ("unlinkAccount", json!({ "member": member, "account": "?" })),
    ]
}

fn to_branches(member: &str, branch: &str) -> Vec<(&'static str, Value)> {
    let b = |more: Value| merged(json!({ "branch": branch, "on": LATER }), more);
    let six = json!({
        "sort": "MET", "setInOrder": "MET", "shine": "MET", "standardise": "MET", "sustain": "MET", "safety": "MET",
    });
    let why = || json!({ "reason": "试验" });
    vec![
        ("establishBranch", json!({ "kind": "BRANCH", "parent": branch, "name": "新", "on": LATER })),
        ("renameBranch", b(json!({ "name": "新" }))),
        ("moveBranch", b(json!({ "to": branch, "reason": "试验" }))),
        ("mergeBranch", b(json!({ "into": branch, "reason": "试验" }))),
        ("closeBranch", b(why())),
        (
            "defineMetric",
            json!({
                "code": "Bad", "name": "新", "unit": "YUAN", "direction": "HIGHER_IS_BETTER", "aggregation": "SUM",
                "grain": "MONTH", "subjects": "BOTH",
            }),
        ),
        ("registerMember", b(json!({ "staffNumber": "Z-1", "name": "试", "post": "STAFF" }))),
        ("openOutlet", b(json!({ "kind": "FINANCIAL", "name": "新" }))),
        ("closeOutlet", b(json!({ "outlet": NOBODY, "reason": "试验" }))),
        ("displayStandard", b(json!({ "outlet": NOBODY, "kind": "WORK_STANDARD", "title": "标准" }))),
        ("inspectOutlet", b(json!({ "outlet": NOBODY, "results": six }))),
        ("assignContactPoint", json!({ "branch": branch, "cadres": [member], "outlets": [], "from": LATER })),
        ("visitContactPoint", b(json!({ "contactPoint": NOBODY, "by": member, "outlet": NOBODY, "note": "查看" }))),
        ("endContactPoint", b(json!({ "contactPoint": NOBODY, "reason": "试验" }))),
        ("holdTraining", b(json!({ "topic": "学习", "minutes": 60, "attendees": [member] }))),
        (
            "correctAttendance",
            json!({ "branch": branch, "training": NOBODY, "added": [], "removed": [], "reason": "核对" }),
        ),
        ("holdThemeDay", b(json!({ "topic": "党课", "attendees": [member] }))),
        ("reportImprovement", b(json!({ "what": "流程", "evidence": "照片", "effect": "加快" }))),
        ("confirmImprovement", b(json!({ "improvement": NOBODY }))),
        ("grantRole", json!({ "branch": branch, "to": "? ?", "role": "LEADER", "from": LATER })),
        ("withdrawRole", json!({ "branch": branch, "grant": NOBODY, "reason": "试验" })),
    ]
}

fn to_ledgers(member: &str, branch: &str) -> Vec<(&'static str, Value)> {
    let result = json!({ "metric": "nobodys", "period": month(6), "value": "1" });
    let target = json!({ "metric": "nobodys", "period": month(6), "plan": "1" });
    let correction = json!({ "corrects": NOBODY, "value": "1", "reason": "更正" });
    let withdrawal = json!({ "result": NOBODY, "reason": "撤回" });
    let of_member = |more: &Value| merged(json!({ "member": member }), more.clone());
    let of_branch = |more: &Value| merged(json!({ "branch": branch }), more.clone());
    vec![
        ("setMemberTarget", of_member(&target)),
        ("reportMemberResult", of_member(&result)),
        ("correctMemberResult", of_member(&correction)),
        ("withdrawMemberResult", of_member(&withdrawal)),
        ("setBranchTarget", of_branch(&target)),
        ("reportBranchResult", of_branch(&result)),
        ("correctBranchResult", of_branch(&correction)),
        ("withdrawBranchResult", of_branch(&withdrawal)),
        (
            "announceCompetition",
            json!({
                "branch": branch, "title": "竞赛", "metric": "nobodys", "period": month(6), "competitors": "MEMBERS",
                "rankedBy": "VALUE",
            }),
        ),
        ("concludeCompetition", json!({ "branch": branch, "competition": NOBODY })),
    ]
}

fn round_of(branch: &str, more: Value) -> Value {
    merged(json!({ "round": format!("@round_{}", branch.trim_start_matches('@')) }), more)
}

fn to_rounds(branch: &str) -> Vec<(&'static str, Value)> {
    let r = |more: Value| round_of(branch, more);
    let past = || json!({ "closesAt": "2022-01-01T00:00:00Z" });
    vec![
        ("adoptRules", json!({ "preset": "DEFAULT", "threshold": 1 })),
        ("draftRound", json!({ "branches": [branch], "period": month(6), "rulesVersion": 1 })),
        ("draftRounds", json!({ "within": branch, "period": month(6), "rulesVersion": 99 })),
        ("openRound", r(merged(past(), json!({ "leaders": [], "scrutineers": [] })))),
        ("closeRound", r(json!({}))),
        ("replaceScrutineer", r(json!({ "from": branch, "to": branch, "reason": "" }))),
        ("repeatGroup", r(merged(past(), json!({ "group": "PEER" })))),
        ("finaliseRound", r(json!({}))),
        ("proposeReopening", r(json!({ "reason": "" }))),
        ("reopenRound", r(past())),
        ("declineReopening", r(json!({ "reason": "" }))),
        ("proposeAnnulment", r(json!({ "reason": "" }))),
        ("annulRound", r(json!({}))),
        ("declineAnnulment", r(json!({ "reason": "" }))),
        ("issuePaper", r(json!({ "group": "PUBLIC" }))),
        ("returnPaper", r(json!({ "group": "PUBLIC", "returned": 1 }))),
        ("tallyRound", r(json!({}))),
        ("decideGrades", r(json!({}))),
        ("publishRound", r(json!({}))),
    ]
}

/// Whoever takes part does so as their own member; the roster says in which rounds.
fn to_people_of_rounds(member: &str, branch: &str) -> Vec<(&'static str, Value)> {
    let r = |more: Value| round_of(branch, more);
    vec![
        ("giveSelfReview", r(json!({ "text": "自评" }))),
        ("giveLeaderReview", r(json!({ "member": member, "marks": [] }))),
        ("countPaper", r(json!({ "group": "PEER", "persons": [{ "member": "?", "counts": [] }] }))),
        ("fileAppeal", r(json!({ "text": "不服" }))),
        ("moderateComment", r(json!({ "reviewer": member, "member": member, "released": true }))),
        ("answerAppeal", r(json!({ "appeal": NOBODY, "upheld": false, "answer": "答复" }))),
        ("correctResult", r(json!({ "member": member, "fixes": [], "reason": "更正" }))),
    ]
}

fn to_talks(member: &str, branch: &str) -> Vec<(&'static str, Value)> {
    let with_member = |more: Value| merged(json!({ "with": { "member": member } }), more);
    let with_branch = |more: Value| merged(json!({ "with": { "branch": branch }, "talk": NOBODY }), more);
    let held = json!({ "with": { "branch": { "branch": branch, "attendees": [] } }, "talk": NOBODY, "on": LATER,
        "by": member, "record": "谈过" });
    vec![
        ("proposeTalk", with_member(json!({ "reason": "" }))),
        ("approveTalk", with_member(json!({ "talk": NOBODY }))),
        ("declineTalk", with_member(json!({ "talk": NOBODY, "reason": "试验" }))),
        ("holdTalk", held),
        ("followUpTalk", with_branch(json!({ "on": LATER, "note": "回访" }))),
        ("closeTalk", with_branch(json!({ "on": LATER }))),
    ]
}

pub fn merged(mut one: Value, other: Value) -> Value {
    let fields = other.as_object().unwrap().clone();
    one.as_object_mut().unwrap().extend(fields);
    one
}
