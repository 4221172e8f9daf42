//! Every rule that a request can break, broken on one prepared organisation: mutation, input, code. Nothing is recorded.

use serde_json::{Value, json};

use super::teller::{Ears, Teller};
use super::town::{month, quarter, town, year};

const NOBODY: &str = "00000000-0000-4000-8000-00000000dead";

/// Breaks every rule that can be broken.
pub async fn every_broken_rule_is_refused_and_nothing_recorded(heard: Ears) {
    let t = town(heard, "2022-07-15").await;
    prepare_people(&t).await;
    prepare_branches(&t).await;
    prepare_records(&t).await;
    let before = t.last();
    for (code, mutation, input) in
        [texts(), people(), displays(), ledger(), tree(), outlets(), points(), meetings()].concat()
    {
        t.no(code, mutation, input).await;
    }
    commands(&t).await;
    assert_eq!(t.last(), before);
    t.end().await;
}

async fn prepare_people(t: &Teller) {
    for (name, number, post) in [
        ("left", "L-1", "STAFF"),
        ("off", "O-1", "STAFF"),
        ("back", "B-2", "STAFF"),
        ("idle", "I-1", "CADRE"),
        ("gone", "G-1", "CADRE"),
        ("paused", "P-1", "STAFF"),
    ] {
        let input = json!({
            "branch": "@first", "staffNumber": number, "name": "试二", "post": post, "on": "2021-01-04",
        });
        t.make(name, "registerMember", input).await;
    }
    let change = |member: &str, on: &str| json!({ "member": member, "on": on, "reason": "试验" });
    t.yes("recordDeparture", change("@left", "2022-05-01")).await;
    t.yes("suspendMember", change("@off", "2022-06-01")).await;
    t.yes("suspendMember", change("@paused", "2022-03-01")).await;
    t.yes("recordDeparture", change("@paused", "2022-05-01")).await;
    t.yes("suspendMember", change("@back", "2022-02-01")).await;
    t.yes("reinstateMember", change("@back", "2022-03-01")).await;
    t.make("plaque", "publishPlaque", json!({ "member": "@ana", "on": "2022-02-01", "duty": "经理" })).await;
    t.make("old", "publishPlaque", json!({ "member": "@bo", "on": "2022-02-01", "duty": "经理" })).await;
    t.yes("withdrawPlaque", json!({ "member": "@bo", "plaque": "@old", "on": "2022-03-01", "reason": "换岗" })).await;
    let promise = |member: &str, due: &str| json!({ "member": member, "on": "2022-02-01", "due": due, "text": "走访" });
    t.make("promise", "makeCommitment", promise("@ana", "2022-12-31")).await;
    t.make("settled", "makeCommitment", promise("@bo", "2022-02-28")).await;
    let input = json!({ "member": "@bo", "commitment": "@settled", "on": "2022-03-01", "outcome": "MISSED" });
    t.yes("settleCommitment", input).await;
}

async fn prepare_branches(t: &Teller) {
    for (name, parent, title) in [
        ("closed", "@third", "甲"),
        ("merged", "@third", "乙"),
        ("depot", "@third", "丙"),
        ("linked", "@third", "丁"),
        ("upper", "@third", "戊"),
        ("lower", "@upper", "己"),
    ] {
        let input = json!({ "kind": "BRANCH", "parent": parent, "name": title, "on": "2021-01-04" });
        t.make(name, "establishBranch", input).await;
    }
    t.yes("moveBranch", json!({ "branch": "@lower", "to": "@third", "on": "2022-06-01", "reason": "调整" })).await;
    t.yes("closeBranch", json!({ "branch": "@closed", "on": "2022-03-01", "reason": "撤销" })).await;
    t.yes("mergeBranch", json!({ "branch": "@merged", "into": "@third", "on": "2022-03-01", "reason": "合并" })).await;
    t.yes("renameBranch", json!({ "branch": "@second", "name": "第二党支部", "on": "2022-02-01" })).await;
    for (name, branch) in [("shut", "@first"), ("store", "@depot")] {
        let input = json!({ "branch": branch, "kind": "FINANCIAL", "name": "旧网点", "on": "2021-02-01" });
        t.make(name, "openOutlet", input).await;
    }
    let input = json!({ "branch": "@first", "outlet": "@shut", "on": "2022-04-01", "reason": "撤并" });
    t.yes("closeOutlet", input).await;
    let input = json!({
        "branch": "@first", "outlet": "@branch_hall", "kind": "WORK_STANDARD", "title": "标准", "on": "2022-05-10",
    });
    t.yes("displayStandard", input).await;
    let elsewhere = json!([{ "branch": "@depot", "outlet": "@store" }, { "branch": "@first", "outlet": "@station" }]);
    for (name, branch, cadres, outlets) in [
        ("point", "@first", ["@ana", "@bo"], pair()),
        ("ended", "@first", ["@ana", "@bo"], pair()),
        ("with_idle", "@first", ["@ana", "@idle"], pair()),
        ("of_linked", "@linked", ["@ana", "@bo"], elsewhere),
    ] {
        let input = json!({
            "branch": branch, "cadres": cadres, "from": "2022-01-10", "until": "2022-06-30", "outlets": outlets,
        });
        t.make(name, "assignContactPoint", input).await;
    }
    t.yes("visitContactPoint", visit("@point", "@ana", "@hall", "2022-05-20")).await;
    t.yes(
        "endContactPoint",
        json!({
            "branch": "@first", "contactPoint": "@ended", "on": "2022-03-01", "reason": "调整",
        }),
    )
    .await;
    t.yes("suspendMember", because("member", "@idle", "2022-05-15")).await;
}

async fn prepare_records(t: &Teller) {
    let report = |value: &str| json!({ "metric": "premium_new", "period": month(5), "value": value, "member": "@ana" });
    t.make("result", "reportMemberResult", report("100")).await;
    t.make(
        "latest",
        "correctMemberResult",
        json!({
            "member": "@ana", "corrects": "@result", "value": "120", "reason": "漏记",
        }),
    )
    .await;
    let input =
        json!({ "branch": "@first", "on": "2022-03-10", "topic": "学习", "minutes": 60, "attendees": ["@ana", "@bo"] });
    t.make("training", "holdTraining", input).await;
    for name in ["improvement", "confirmed"] {
        let input = json!({
            "branch": "@first", "on": "2022-05-05", "what": "流程", "evidence": "照片", "effect": "加快",
        });
        t.make(name, "reportImprovement", input).await;
    }
    let input = json!({ "branch": "@first", "improvement": "@confirmed", "on": "2022-05-06" });
    t.viewer("id=deputy; roles=office").yes("confirmImprovement", input).await;
    for (name, period) in [("over", quarter(2)), ("running", year())] {
        t.make(name, "announceCompetition", compete("premium_new", period, "MEMBERS")).await;
    }
    t.yes("concludeCompetition", json!({ "branch": "@root", "competition": "@over" })).await;
}

type Row = (&'static str, &'static str, Value);

fn pair() -> Value {
    json!([{ "branch": "@first", "outlet": "@hall" }, { "branch": "@first", "outlet": "@station" }])
}

fn visit(point: &str, by: &str, outlet: &str, on: &str) -> Value {
    json!({ "branch": "@first", "contactPoint": point, "by": by, "outlet": outlet, "on": on, "note": "查看" })
}

fn compete(metric: &str, period: Value, competitors: &str) -> Value {
    json!({
        "branch": "@root", "title": "竞赛", "metric": metric, "period": period, "competitors": competitors,
        "rankedBy": "VALUE",
    })
}

fn badge(member: &str, on: &str) -> Value {
    json!({ "member": member, "on": on, "place": "大厅", "worn": true })
}

fn because(subject: &str, id: &str, on: &str) -> Value {
    json!({ subject: id, "on": on, "reason": "试验" })
}

fn register(number: &str, name: &str, on: &str, until: Option<&str>) -> Value {
    json!({
        "branch": "@first", "staffNumber": number, "name": name, "post": "STAFF", "on": on, "probationUntil": until,
    })
}

fn texts() -> Vec<Row> {
    let rename = |name: &str| json!({ "branch": "@first", "name": name, "on": "2022-07-01" });
    let metric = |code: &str| {
        json!({
            "code": code, "name": "指标", "unit": "YUAN", "direction": "HIGHER_IS_BETTER", "aggregation": "SUM",
            "grain": "MONTH", "subjects": "BOTH",
        })
    };
    let place = |place: &str| json!({ "member": "@ana", "on": "2022-07-01", "place": place, "worn": true });
    let with = |mut input: Value, field: &str, value: Value| {
        input[field] = value;
        input
    };
    vec![
        ("text.empty", "renameBranch", rename(" \u{3000} ")),
        ("text.empty", "checkBadge", place("")),
        ("text.too_long", "renameBranch", rename(&"长".repeat(121))),
        ("text.too_long", "checkBadge", place(&"长".repeat(4_001))),
        ("text.control_character", "renameBranch", rename("第一\u{0}支部")),
        ("text.control_character", "renameBranch", rename("第一\u{202e}支部")),
        ("text.control_character", "checkBadge", place("大\u{0}厅")),
        ("text.control_character", "registerMember", register("X-1", "试\u{1b}[31m", "2022-07-01", None)),
        ("text.bad_code", "defineMetric", metric("Premium")),
        ("metric.already_defined", "defineMetric", metric("premium_new")),
        ("input.bad_command_id", "renameBranch", with(rename("新"), "commandId", json!("命令"))),
        ("input.bad_command_id", "renameBranch", with(rename("新"), "correlationId", json!(""))),
        ("input.bad_date", "checkBadge", badge("@ana", "2022-02-30")),
        ("input.bad_date", "checkBadge", badge("@ana", "2022-7-1")),
        ("input.bad_date", "checkBadge", badge("@ana", "20220701")),
        ("input.bad_id", "checkBadge", badge("ana", "2022-07-01")),
        ("input.bad_id", "checkBadge", badge("\u{0}", "2022-07-01")),
        ("time.in_the_future", "checkBadge", badge("@ana", "2022-07-16")),
        ("time.out_of_range", "checkBadge", badge("@ana", "1999-12-31")),
        ("time.out_of_range", "checkBadge", badge("@ana", "2200-01-01")),
        ("time.reversed", "registerMember", register("X-1", "试", "2022-07-01", Some("2022-06-30"))),
        ("person.bad_staff_number", "registerMember", register("工号", "试", "2022-07-01", None)),
        ("person.bad_staff_number", "registerMember", register("", "试", "2022-07-01", None)),
        ("person.staff_number_taken", "registerMember", register("A-001", "试", "2022-07-01", None)),
        ("person.staff_number_taken", "registerMember", register("a-001", "试", "2022-07-01", None)),
        ("person.staff_number_taken", "amendPerson", json!({ "member": "@bo", "staffNumber": "A-001", "name": "试" })),
    ]
}

fn people() -> Vec<Row> {
    let transfer = |member: &str, to: &str, on: &str| json!({ "member": member, "to": to, "on": on, "reason": "试验" });
    let readmit = |member: &str, on: &str| json!({ "member": member, "branch": "@third", "post": "STAFF", "on": on });
    vec![
        ("member.unknown", "checkBadge", badge(NOBODY, "2022-07-01")),
        ("member.unknown", "amendPerson", json!({ "member": NOBODY, "staffNumber": "Z-1", "name": "试" })),
        ("member.left", "checkBadge", badge("@left", "2022-05-01")),
        ("member.suspended_till_leaving", "checkBadge", badge("@paused", "2022-04-10")),
        ("member.not_left", "readmitMember", readmit("@ana", "2022-07-01")),
        ("member.before_last_change", "readmitMember", readmit("@left", "2022-04-30")),
        ("member.before_registration", "checkBadge", badge("@ana", "2020-12-31")),
        ("member.before_last_change", "suspendMember", because("member", "@back", "2022-02-15")),
        ("member.active_later", "suspendMember", because("member", "@ana", "2022-01-15")),
        ("member.active_later", "suspendMember", because("member", "@bo", "2022-01-09")),
        ("member.in_contact_point", "recordDeparture", because("member", "@idle", "2022-07-01")),
        ("member.same_branch", "transferMember", transfer("@ana", "@first", "2022-07-01")),
        ("branch.closed", "transferMember", transfer("@ana", "@closed", "2022-07-01")),
        ("branch.merged", "transferMember", transfer("@ana", "@merged", "2022-07-01")),
        ("branch.unknown", "transferMember", transfer("@ana", NOBODY, "2022-07-01")),
        ("member.not_on_probation", "endProbation", json!({ "member": "@ana", "on": "2022-07-01" })),
        ("member.suspended", "checkBadge", badge("@off", "2022-06-10")),
        ("member.off_duty", "checkBadge", badge("@back", "2022-02-10")),
        ("member.already_suspended", "suspendMember", because("member", "@off", "2022-07-01")),
        ("member.not_suspended", "reinstateMember", because("member", "@ana", "2022-07-01")),
    ]
}

fn displays() -> Vec<Row> {
    let service =
        |minutes: i64| json!({ "member": "@ana", "on": "2022-07-01", "activity": "义诊", "minutes": minutes });
    let withdraw = |member: &str, plaque: &str| json!({ "member": member, "plaque": plaque, "on": "2022-07-01", "reason": "换岗" });
    let settle = |member: &str, commitment: &str, outcome: &str| json!({ "member": member, "commitment": commitment, "on": "2022-07-01", "outcome": outcome });
    let contest = |place: i64, mates: Value| {
        json!({
            "member": "@ana", "on": "2022-07-01", "title": "比武", "level": "CITY", "place": place, "teamMates": mates,
        })
    };
    vec![
        ("service.minutes", "recordService", service(0)),
        ("service.minutes", "recordService", service(1_441)),
        ("input.bad_number", "recordService", service(-1)),
        ("input.bad_number", "recordService", service(i64::MAX)),
        ("plaque.standing", "publishPlaque", json!({ "member": "@ana", "on": "2022-07-01", "duty": "经理" })),
        ("plaque.unknown", "withdrawPlaque", withdraw("@ana", NOBODY)),
        ("plaque.withdrawn", "withdrawPlaque", withdraw("@bo", "@old")),
        ("commitment.unknown", "settleCommitment", settle("@ana", "@settled", "MISSED")),
        ("commitment.settled", "settleCommitment", settle("@bo", "@settled", "MISSED")),
        ("commitment.without_evidence", "settleCommitment", settle("@ana", "@promise", "FULFILLED")),
        ("commitment.not_yet_due", "settleCommitment", settle("@ana", "@promise", "MISSED")),
        ("contest.place_out_of_range", "placeInContest", contest(0, json!([]))),
        ("contest.team_too_large", "placeInContest", contest(1, vec![json!(NOBODY); 101].into())),
        ("contest.team_mate_twice", "placeInContest", contest(1, json!(["@bo", "@bo"]))),
    ]
}

fn ledger() -> Vec<Row> {
    let report = |metric: &str, period: Value, value: &str| json!({ "member": "@ana", "metric": metric, "period": period, "value": value });
    let of_branch = |metric: &str| json!({ "branch": "@first", "metric": metric, "period": month(5), "value": "1" });
    let correct = |corrects: &str, value: &str| json!({ "member": "@ana", "corrects": corrects, "value": value, "reason": "更正" });
    let target = |metric: &str, period: Value, plan: Value| json!({ "branch": "@first", "metric": metric, "period": period, "plan": plan });
    let of_month = |month: i64| json!({ "month": { "year": 2022, "month": month } });
    vec![
        ("amount.not_a_number", "reportMemberResult", report("premium_new", month(6), "1e400")),
        ("amount.not_a_number", "reportMemberResult", report("premium_new", month(6), "一百")),
        ("amount.not_a_number", "reportMemberResult", report("premium_new", month(6), "NaN")),
        ("amount.out_of_range", "reportMemberResult", report("premium_new", month(6), "99999999999999999999")),
        ("amount.out_of_range", "reportMemberResult", report("premium_new", month(6), "0.00001")),
        ("time.not_a_period", "reportMemberResult", report("premium_new", of_month(13), "1")),
        ("time.not_a_period", "reportMemberResult", report("premium_new", of_month(i64::MAX), "1")),
        ("time.period_not_over", "reportMemberResult", report("premium_new", month(7), "1")),
        (
            "member.before_registration",
            "reportMemberResult",
            report("premium_new", json!({ "month": { "year": 2020, "month": 12 } }), "1"),
        ),
        ("metric.unknown", "reportMemberResult", report("nobody_defined", month(6), "1")),
        ("metric.wrong_subject", "reportBranchResult", of_branch("pieces")),
        ("metric.wrong_grain", "reportMemberResult", report("premium_new", quarter(2), "1")),
        ("metric.does_not_fit_unit", "reportMemberResult", report("premium_new", month(6), "1.234")),
        ("metric.does_not_fit_unit", "reportMemberResult", report("pieces", month(6), "-1")),
        ("metric.plan_too_fine", "setBranchTarget", target("points", month(6), json!("1"))),
        ("target.plan_not_positive", "setBranchTarget", target("premium_new", year(), json!("0"))),
        ("target.plan_not_positive", "setBranchTarget", target("premium_new", year(), json!("-5"))),
        ("target.empty", "setBranchTarget", target("premium_new", year(), Value::Null)),
        ("result.already_reported", "reportMemberResult", report("premium_new", month(5), "100")),
        ("result.unknown", "correctMemberResult", correct(NOBODY, "1")),
        ("result.already_corrected", "correctMemberResult", correct("@result", "1")),
        ("result.nothing_corrected", "correctMemberResult", correct("@latest", "120.00")),
        ("branch.competition_too_short", "announceCompetition", compete("points", month(6), "BRANCHES")),
        ("branch.unknown_competition", "concludeCompetition", json!({ "branch": "@root", "competition": NOBODY })),
        ("branch.competition_concluded", "concludeCompetition", json!({ "branch": "@root", "competition": "@over" })),
        ("time.period_not_over", "concludeCompetition", json!({ "branch": "@root", "competition": "@running" })),
    ]
}

fn tree() -> Vec<Row> {
    let found = |parent: Value| json!({ "kind": "BRANCH", "parent": parent, "name": "新支部", "on": "2022-07-01" });
    let rename = |branch: &str, on: &str| json!({ "branch": branch, "name": "新名", "on": on });
    let go = |branch: &str, to: &str| json!({ "branch": branch, "to": to, "on": "2022-07-01", "reason": "调整" });
    let merge =
        |branch: &str, into: &str| json!({ "branch": branch, "into": into, "on": "2022-07-01", "reason": "合并" });
    let close = |branch: &str| because("branch", branch, "2022-07-01");
    vec![
        ("branch.unknown", "establishBranch", found(json!(NOBODY))),
        ("branch.unknown", "renameBranch", rename(NOBODY, "2022-07-01")),
        ("branch.already_established", "establishBranch", found(Value::Null)),
        ("branch.closed", "renameBranch", rename("@closed", "2022-07-01")),
        ("branch.merged", "closeBranch", close("@merged")),
        ("branch.root_stays", "closeBranch", close("@root")),
        ("branch.under_itself", "moveBranch", go("@company", "@first")),
        ("branch.under_itself", "moveBranch", go("@company", "@company")),
        ("branch.into_itself", "mergeBranch", merge("@first", "@first")),
        ("branch.before_established", "renameBranch", rename("@second", "2020-01-31")),
        ("branch.active_later", "renameBranch", rename("@second", "2022-01-31")),
        ("branch.active_later", "closeBranch", because("branch", "@upper", "2022-05-01")),
        ("branch.has_subordinates", "closeBranch", close("@company")),
        ("branch.has_subordinates", "mergeBranch", merge("@company", "@third")),
        ("branch.has_members", "closeBranch", close("@first")),
        ("branch.has_contact_points", "closeBranch", close("@linked")),
        ("branch.has_outlets", "closeBranch", close("@depot")),
    ]
}

fn outlets() -> Vec<Row> {
    let inspect = |outlet: &str, on: &str| {
        json!({ "branch": "@first", "outlet": outlet, "on": on, "results": {
            "sort": "MET", "setInOrder": "MET", "shine": "MET", "standardise": "MET", "sustain": "MET", "safety": "MET",
        } })
    };
    let close_at = |branch: &str, outlet: &str, on: &str| json!({ "branch": branch, "outlet": outlet, "on": on, "reason": "撤并" });
    let close = |outlet: &str, on: &str| close_at("@first", outlet, on);
    vec![
        ("branch.unknown_outlet", "inspectOutlet", inspect(NOBODY, "2022-07-01")),
        ("branch.unknown_outlet", "inspectOutlet", inspect("@store", "2022-07-01")),
        ("branch.outlet_closed", "inspectOutlet", inspect("@shut", "2022-07-01")),
        ("branch.outlet_not_yet_open", "inspectOutlet", inspect("@hall", "2021-01-31")),
        ("branch.outlet_active_later", "closeOutlet", close("@branch_hall", "2022-05-01")),
        ("branch.outlet_linked", "closeOutlet", close("@hall", "2022-07-01")),
        ("branch.outlet_linked", "closeOutlet", close_at("@depot", "@store", "2022-07-01")),
    ]
}

fn points() -> Vec<Row> {
    let assign = |cadres: Value, outlets: Value| json!({ "branch": "@first", "cadres": cadres, "outlets": outlets, "from": "2022-07-01" });
    let two = json!([{ "branch": "@first", "outlet": "@hall" }, { "branch": "@first", "outlet": "@branch_hall" }]);
    let end = |on: &str| json!({ "branch": "@first", "contactPoint": "@point", "on": on, "reason": "调整" });
    vec![
        ("branch.contact_point_needs_two_cadres", "assignContactPoint", assign(json!(["@ana"]), pair())),
        ("branch.contact_point_needs_two_cadres", "assignContactPoint", assign(json!(["@ana", "@ana"]), pair())),
        ("branch.contact_point_needs_two_cadres", "assignContactPoint", assign(json!(["@ana", "@chen"]), pair())),
        ("branch.contact_point_needs_one_of_each", "assignContactPoint", assign(json!(["@ana", "@bo"]), two)),
        ("branch.contact_point_needs_one_of_each", "assignContactPoint", assign(json!(["@ana", "@bo"]), json!([]))),
        ("branch.unknown_contact_point", "visitContactPoint", visit(NOBODY, "@ana", "@hall", "2022-05-20")),
        ("branch.contact_point_ended", "visitContactPoint", visit("@ended", "@ana", "@hall", "2022-02-20")),
        ("branch.contact_point_not_yet_begun", "visitContactPoint", visit("@point", "@ana", "@hall", "2022-01-09")),
        ("branch.contact_point_over", "visitContactPoint", visit("@point", "@ana", "@hall", "2022-07-01")),
        ("branch.not_of_the_pair", "visitContactPoint", visit("@point", "@chen", "@hall", "2022-05-20")),
        ("branch.not_its_outlet", "visitContactPoint", visit("@point", "@ana", "@branch_hall", "2022-05-20")),
        ("member.suspended", "visitContactPoint", visit("@with_idle", "@idle", "@hall", "2022-05-20")),
        ("branch.contact_point_active_later", "endContactPoint", end("2022-05-01")),
    ]
}

fn meetings() -> Vec<Row> {
    let hold = |minutes: i64, attendees: Value| json!({ "branch": "@first", "on": "2022-06-15", "topic": "学习", "minutes": minutes, "attendees": attendees });
    let theme =
        |attendees: Value| json!({ "branch": "@first", "on": "2022-06-15", "topic": "党课", "attendees": attendees });
    let correct = |training: &str, added: Value, removed: Value| json!({ "branch": "@first", "training": training, "added": added, "removed": removed, "reason": "核对" });
    let confirm = |improvement: &str, on: &str| json!({ "branch": "@first", "improvement": improvement, "on": on });
    vec![
        ("branch.training_minutes", "holdTraining", hold(0, json!(["@ana"]))),
        ("branch.no_attendees", "holdTraining", hold(60, json!([]))),
        ("branch.no_attendees", "holdThemeDay", theme(json!([]))),
        ("branch.too_many_attendees", "holdTraining", hold(60, vec![json!(NOBODY); 5_001].into())),
        ("branch.attendee_twice", "holdTraining", hold(60, json!(["@ana", "@ana"]))),
        ("branch.attendee_not_on_roster", "holdTraining", hold(60, json!(["@ana", "@left"]))),
        ("branch.attendee_not_on_roster", "holdThemeDay", theme(json!(["@left"]))),
        ("member.unknown", "holdTraining", hold(60, json!(["@ana", NOBODY]))),
        ("branch.unknown_training", "correctAttendance", correct(NOBODY, json!(["@ana"]), json!([]))),
        ("branch.attendee_already_there", "correctAttendance", correct("@training", json!(["@ana"]), json!([]))),
        ("branch.attendee_not_there", "correctAttendance", correct("@training", json!([]), json!(["@chen"]))),
        ("branch.no_attendees", "correctAttendance", correct("@training", json!([]), json!(["@ana", "@bo"]))),
        ("branch.nothing_corrected", "correctAttendance", correct("@training", json!([]), json!([]))),
        ("branch.unknown_improvement", "confirmImprovement", confirm(NOBODY, "2022-06-15")),
        ("branch.improvement_confirmed", "confirmImprovement", confirm("@confirmed", "2022-06-15")),
        ("branch.improvement_own_confirmation", "confirmImprovement", confirm("@improvement", "2022-06-15")),
    ]
}

/// What depends on who asks, and on the command's id.
async fn commands(t: &Teller) {
    let early = json!({ "branch": "@first", "improvement": "@improvement", "on": "2022-05-04" });
    t.viewer("id=deputy; roles=office").no("branch.improvement_not_yet_reported", "confirmImprovement", early).await;
    t.viewer("id=ana; roles=member; member=@ana").no("policy.denied", "checkBadge", badge("@ana", "2022-07-01")).await;
    let found =
        json!({ "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01", "commandId": "establishBranch-1" });
    let again = t.yes("establishBranch", found.clone()).await;
    assert_eq!((&again["replayed"], &again["position"]), (&json!(true), &json!("1")));
    let mut other = found;
    other["name"] = json!("另一个");
    t.no("command.id_reused", "establishBranch", other).await;
    let mut of_another_kind = badge("@ana", "2022-07-01");
    of_another_kind["commandId"] = json!("establishBranch-1");
    t.no("command.id_reused", "checkBadge", of_another_kind).await;
}
