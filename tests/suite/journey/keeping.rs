//! Every rule of a round, broken where it stands: typed refusals with their facts, and nothing half done.

use serde_json::{Value, json};

use super::panel::{TEAM, count, draft, marks, member, opening, panel, second};
use super::teller::{Ears, Teller};

const NOBODY: &str = "00000000-0000-4000-8000-00000000dead";
const CLOSE: &str = "2022-06-30T18:00:00+08:00";

fn facts(refusal: &Value) -> Vec<(&str, &str)> {
    let facts = refusal["facts"].as_array().unwrap().iter();
    facts.map(|fact| (fact["name"].as_str().unwrap(), fact["value"].as_str().unwrap())).collect()
}

fn of(round: &str, more: Value) -> Value {
    let mut input = json!({ "round": round });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

/// Breaks every rule of a round, from its rules to its end.
pub async fn every_rule_of_a_round_is_kept(heard: Ears) {
    let t = panel(heard, "2022-06-20T04:00:00Z").await;
    adopting(&t).await;
    drafting(&t).await;
    opened(&t).await;
    giving(&t).await;
    handing_out(&t).await;
    voided_and_reopened(&t).await;
    counting(&t).await;
    closing(&t).await;
    deciding(&t).await;
    appealing(&t).await;
    ending(&t).await;
    together(&t).await;
    t.end().await;
}

async fn adopting(t: &Teller) {
    let unfit = json!({ "preset": "DEFAULT", "threshold": 2,
        "groups": [{ "group": "LEADER", "weightPercent": "90", "dimensions": [{ "code": "duty", "title": "履职" }] }],
        "bands": [{ "grade": "qualified", "from": "60" }, { "grade": "excellent", "from": "90" }] });
    let refusal = t.no("round.rules_unfit", "adoptRules", unfit).await;
    let faults = facts(&refusal)[0].1;
    for fault in ["make 90, not 100", "must fall", "threshold 2 is under 3", "not the best of two bands"] {
        assert!(faults.contains(fault), "all at once: {faults}");
    }
    t.yes("adoptRules", json!({ "preset": "DEFAULT", "threshold": 3, "selfReview": false })).await;
    let metric = json!({ "code": "round_score", "name": "评议得分", "unit": "POINTS", "direction": "HIGHER_IS_BETTER",
        "aggregation": "LAST", "grain": "QUARTER", "subjects": "BOTH" });
    t.no("metric.reserved", "defineMetric", metric).await;
}

async fn drafting(t: &Teller) {
    let wanted = |branches: Value, period: Value, version: i64| json!({ "branches": branches, "period": period, "rulesVersion": version });
    let quarter = || json!({ "quarter": { "year": 2022, "quarter": 2 } });
    let month = json!({ "month": { "year": 2022, "month": 6 } });
    t.no("round.unknown_rules", "draftRound", wanted(json!(["@team"]), quarter(), 9)).await;
    t.no("round.wrong_period", "draftRound", wanted(json!(["@team"]), month, 1)).await;
    t.no("round.branches", "draftRound", wanted(json!([]), quarter(), 1)).await;
    t.no("round.branches", "draftRound", wanted(json!(["@team", "@team"]), quarter(), 1)).await;
    draft(t, "round", &["@team"], 2, 1).await;
    let refusal = t.no("round.period_claimed", "draftRound", wanted(json!(["@trio", "@team"]), quarter(), 1)).await;
    assert_eq!(facts(&refusal), [("branch", "@team"), ("period", "2022-Q2"), ("round", "@round")]);
    draft(t, "small", &["@trio"], 2, 2).await;
    draft(t, "empty", &["@bare"], 2, 1).await;
    draft(t, "next", &["@team"], 3, 1).await;
    t.no("round.unknown", "closeRound", json!({ "round": NOBODY })).await;
    let refusal = t.no("round.wrong_stage", "tallyRound", json!({ "round": "@round" })).await;
    assert_eq!(facts(&refusal), [("round", "@round"), ("stage", "drafted"), ("needed", "closed")]);
}

async fn opened(t: &Teller) {
    let changed = |changes: Value| {
        let mut input = opening("@round", CLOSE);
        input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        input
    };
    for (code, changes) in [
        ("round.closes_too_soon", json!({ "closesAt": "2022-06-20T12:00:00+08:00" })),
        ("round.period_not_begun", json!({ "round": "@next" })),
        ("round.nobody_to_review", json!({ "round": "@empty" })),
        ("round.no_leader", json!({ "leaders": [] })),
        ("round.leaders", json!({ "leaders": ["@lead1", "@lead1"] })),
        ("round.nobody_marks", json!({ "leaders": ["@m1"] })),
        ("round.scrutineers", json!({ "scrutineers": ["@scru1", "@scru1"] })),
        ("round.scrutineer_reviews", json!({ "scrutineers": ["@scru1", "@m1"] })),
        ("round.no_group", json!({ "without": ["LEADER", "PEER", "PUBLIC"] })),
        ("round.no_such_group", json!({ "without": ["LEADER"] })),
        ("member.unknown", json!({ "leaders": [NOBODY] })),
    ] {
        t.no(code, "openRound", changed(changes)).await;
    }
    let refusal = t.no("round.too_few", "openRound", opening("@small", CLOSE)).await;
    assert_eq!(facts(&refusal), [("group", "peer"), ("eligible", "2"), ("threshold", "3")]);
    let merge = json!({ "branch": "@bare", "into": "@board", "on": "2022-06-20", "reason": "合并" });
    t.yes("mergeBranch", merge).await;
    t.no("branch.merged", "openRound", opening("@empty", CLOSE)).await;
    t.yes("openRound", changed(json!({ "leaders": ["@lead1", "@m7"] }))).await;
    let mut small = opening("@small", "2022-06-25T18:00:00+08:00");
    small["without"] = json!(["PEER"]);
    t.yes("openRound", small).await;
    t.no("round.wrong_stage", "openRound", opening("@round", CLOSE)).await;
}

async fn giving(t: &Teller) {
    let review = |of_whom: &str, marks: Value| of("@round", json!({ "member": of_whom, "marks": marks }));
    let good = || marks("90", "90");
    let own = member(t, "m7").no("round.own_review", "giveLeaderReview", review("@m7", good())).await;
    assert_eq!(facts(&own), [("member", "@m7")]);
    let foreign = member(t, "lead1").no("round.not_reviewed", "giveLeaderReview", review("@scru1", good())).await;
    assert_eq!(facts(&foreign), [("member", "@scru1")]);
    member(t, "m1").no("round.not_a_leader", "giveLeaderReview", review("@m2", good())).await;
    let one = |code: &str, mark: &str| json!([{ "dimension": code, "mark": mark }]);
    for (code, given) in [
        ("round.no_mark", json!([])),
        ("round.unknown_dimension", one("looks", "90")),
        ("round.mark_out_of_range", one("duty", "100.01")),
        ("round.mark_out_of_range", one("duty", "-1")),
        ("round.mark_out_of_range", one("duty", "99.999")),
        ("text.bad_code", one("Duty", "90")),
        ("amount.not_a_number", one("duty", "九十")),
        ("input.named_twice", json!([{ "dimension": "duty", "mark": "1" }, { "dimension": "duty", "mark": "2" }])),
    ] {
        member(t, "lead1").no(code, "giveLeaderReview", review("@m1", given)).await;
    }
    let beyond = review("@m1", one("duty", "100.01"));
    let refusal = member(t, "lead1").no("round.mark_out_of_range", "giveLeaderReview", beyond).await;
    assert_eq!(facts(&refusal), [("dimension", "duty"), ("mark", "100.01")]);
    member(t, "lead1").no("round.not_reviewed", "giveSelfReview", of("@round", json!({ "text": "自评" }))).await;
    member(t, "x1").no("round.no_self_review", "giveSelfReview", of("@small", json!({ "text": "自评" }))).await;
    for name in ["m1", "m2", "m3", "m4", "m5"] {
        let comment = (name == "m1").then_some("踏实");
        let input = of("@round", json!({ "member": format!("@{name}"), "marks": good(), "comment": comment }));
        member(t, "lead1").yes("giveLeaderReview", input).await;
    }
    member(t, "pro").yes("giveSelfReview", of("@round", json!({ "text": "向大家学习" }))).await;
}

async fn handing_out(t: &Teller) {
    let issue = |round: &str, group: &str, to: Option<&str>, count: i64| {
        of(round, json!({ "group": group, "to": to, "count": count }))
    };
    for name in &TEAM[..6] {
        t.yes("issuePaper", issue("@round", "PEER", Some(&format!("@{name}")), 1)).await;
    }
    t.yes("issuePaper", issue("@round", "PUBLIC", None, 8)).await;
    for (code, input) in [
        ("round.paper_taken", issue("@round", "PEER", Some("@m1"), 1)),
        ("round.not_a_peer", issue("@round", "PEER", Some("@m7"), 1)),
        ("round.paper_recipient", issue("@round", "PEER", None, 1)),
        ("round.paper_recipient", issue("@round", "PEER", Some("@pro"), 2)),
        ("round.paper_recipient", issue("@round", "PUBLIC", Some("@m1"), 1)),
        ("round.paper_recipient", issue("@round", "PUBLIC", None, 0)),
        ("input.bad_number", issue("@round", "PUBLIC", None, -1)),
        ("round.no_paper", issue("@round", "LEADER", None, 1)),
        ("round.no_such_group", issue("@small", "PEER", Some("@x1"), 1)),
    ] {
        t.no(code, "issuePaper", input).await;
    }
    let refusal = t.no("round.not_yet", "closeRound", json!({ "round": "@round" })).await;
    assert_eq!(facts(&refusal), [("round", "@round"), ("due", CLOSE)]);
}

/// More came back than was issued, then too few: both times the group repeats. Then everybody votes anew, and at last the
/// round is annulled.
async fn voided_and_reopened(t: &Teller) {
    let public = |more: Value| {
        of("@small", json!({ "group": "PUBLIC" }))
            .as_object()
            .unwrap()
            .clone()
            .into_iter()
            .chain(more.as_object().unwrap().clone())
            .collect::<serde_json::Map<_, _>>()
    };
    let small = || json!({ "round": "@small" });
    for (returned, next) in [(7, "2022-06-26T18:00:00+08:00"), (2, "2022-06-27T18:00:00+08:00")] {
        t.yes("issuePaper", public(json!({ "count": 5 })).into()).await;
        t.server().advance_to(next.parse::<jiff::Timestamp>().unwrap() - jiff::SignedDuration::from_hours(24));
        t.yes("returnPaper", public(json!({ "returned": returned })).into()).await;
        t.yes("closeRound", small()).await;
        t.no("round.closes_too_soon", "repeatGroup", public(json!({ "closesAt": "2022-06-25T18:00:00+08:00" })).into())
            .await;
        t.yes("repeatGroup", public(json!({ "closesAt": next })).into()).await;
    }
    t.server().advance_to("2022-06-27T18:00:00+08:00".parse().unwrap());
    let why = || of("@small", json!({ "reason": "程序有误" }));
    t.no("round.wrong_stage", "proposeReopening", why()).await;
    t.yes("closeRound", small()).await;
    let anew = |at: &str| of("@small", json!({ "closesAt": at }));
    t.no("round.not_proposed", "reopenRound", anew(CLOSE)).await;
    t.yes("proposeReopening", why()).await;
    t.no("round.already_proposed", "proposeReopening", why()).await;
    let refusal = t.no("round.same_person", "reopenRound", anew(CLOSE)).await;
    assert_eq!(facts(&refusal), [("actor", "office")]);
    second(t).no("round.closes_too_soon", "reopenRound", anew("2022-06-27T18:00:00+08:00")).await;
    second(t).yes("reopenRound", anew(CLOSE)).await;
    t.no("round.not_proposed", "annulRound", small()).await;
    t.yes("proposeAnnulment", why()).await;
    t.no("round.already_proposed", "proposeAnnulment", why()).await;
    t.no("round.same_person", "annulRound", small()).await;
    second(t).yes("annulRound", small()).await;
    let refusal = second(t).no("round.ended", "annulRound", small()).await;
    assert_eq!(facts(&refusal), [("round", "@small"), ("stage", "annulled")]);
    draft(t, "small_again", &["@trio"], 2, 2).await;
}

fn peers(most: i64) -> Value {
    ["politics", "discipline", "part"].map(|code| count(code, [most, 0, 0, 0, 0])).to_vec().into()
}

fn public() -> Value {
    json!([count("service", [6, 2, 0, 0, 0])])
}

fn persons(group: &str, persons: &[(&str, Value)]) -> Value {
    let named = |(name, counts): &(&str, Value)| json!({ "member": format!("@{name}"), "counts": counts });
    of("@round", json!({ "group": group, "persons": persons.iter().map(named).collect::<Vec<_>>() }))
}

async fn counting(t: &Teller) {
    t.server().advance_to(CLOSE.parse().unwrap());
    let refusal = member(t, "m1").no("round.time_over", "giveSelfReview", of("@round", json!({ "text": "迟" }))).await;
    assert_eq!(facts(&refusal), [("round", "@round"), ("closed_at", CLOSE)], "at the very instant");
    t.no("round.time_over", "issuePaper", of("@round", json!({ "group": "PUBLIC", "count": 1 }))).await;
    let back = |group: &str, returned: i64, blank: i64| {
        of("@round", json!({ "group": group, "returned": returned, "blank": blank }))
    };
    let (one, other) = (member(t, "scru1"), member(t, "scru2"));
    one.none("round.nothing_returned", "countPaper", persons("PEER", &[("m1", peers(5))])).await;
    t.no("round.nothing_returned", "closeRound", json!({ "round": "@round" })).await;
    let refusal = t.no("round.blank_beyond_returned", "returnPaper", back("PEER", 6, 7)).await;
    assert_eq!(facts(&refusal), [("returned", "6"), ("blank", "7")]);
    t.yes("returnPaper", back("PEER", 6, 0)).await;
    t.yes("returnPaper", back("PUBLIC", 8, 0)).await;
    member(t, "m1").none("round.not_a_scrutineer", "countPaper", persons("PEER", &[("m2", peers(5))])).await;
    for (code, group, who, counts) in [
        ("round.counts_exceed_ballots", "PEER", "m7", peers(7)),
        ("round.dimension_missing", "PEER", "m1", json!([count("politics", [5, 0, 0, 0, 0])])),
        ("round.unknown_dimension", "PUBLIC", "m1", json!([public()[0], count("looks", [1, 0, 0, 0, 0])])),
        (
            "round.unknown_grade",
            "PUBLIC",
            "m1",
            json!([{ "dimension": "service", "grades": [{ "grade": "superb", "count": 1 }] }]),
        ),
        ("round.not_reviewed", "PEER", "pro", peers(5)),
        ("round.no_paper", "LEADER", "m1", peers(5)),
        ("input.bad_number", "PUBLIC", "m1", json!([{ "dimension": "service", "grades": [], "invalid": -1 }])),
    ] {
        one.none(code, "countPaper", persons(group, &[(who, counts)])).await;
    }
    let refusal = one.none("round.counts_exceed_ballots", "countPaper", persons("PEER", &[("m7", peers(7))])).await;
    let exceeded = [("member", "@m7"), ("dimension", "discipline"), ("counted", "7"), ("most", "6")];
    assert_eq!(facts(&refusal), exceeded);
    one.no("input.named_twice", "countPaper", persons("PEER", &[("m1", peers(5)), ("m1", peers(5))])).await;
    let crowd: Vec<(&str, Value)> = (0..501).map(|_| ("m1", json!([]))).collect();
    one.no("input.too_many", "countPaper", persons("PEER", &crowd)).await;
    let of_all: Vec<(&str, Value)> =
        TEAM.iter().map(|name| (*name, peers(if *name == "m7" { 6 } else { 5 }))).collect();
    let of_public: Vec<(&str, Value)> = TEAM.iter().map(|name| (*name, public())).collect();
    let partly = one.yes("countPaper", persons("PEER", &[of_all.as_slice(), &[("pro", peers(5))]].concat())).await;
    let refused = partly["items"].as_array().unwrap().iter().filter(|item| !item["outcome"]["refusal"].is_null());
    assert_eq!(refused.count(), 1, "each by itself: {partly}");
    one.yes("countPaper", persons("PUBLIC", &of_public)).await;
    let refusal = t.no("round.count_missing", "closeRound", json!({ "round": "@round" })).await;
    assert_eq!(facts(&refusal)[0].1.matches("@m").count(), 14, "only one has counted, of both groups: {refusal}");
    other.yes("countPaper", persons("PEER", &of_all)).await;
    other.yes("countPaper", persons("PUBLIC", &of_public[1..])).await;
    t.no("round.count_missing", "closeRound", json!({ "round": "@round" })).await;
    other.yes("countPaper", persons("PUBLIC", &[("m1", json!([count("service", [5, 3, 0, 0, 0])]))])).await;
    let refusal = t.no("round.counts_differ", "closeRound", json!({ "round": "@round" })).await;
    assert_eq!(facts(&refusal), [("persons", "public @m1")]);
    other.yes("countPaper", persons("PUBLIC", &of_public[..1])).await;
    t.yes("returnPaper", back("PEER", 4, 0)).await;
    t.no("round.count_stale", "closeRound", json!({ "round": "@round" })).await;
    t.yes("returnPaper", back("PEER", 6, 0)).await;
}

async fn closing(t: &Teller) {
    let round = || json!({ "round": "@round" });
    t.yes("closeRound", round()).await;
    t.no("round.wrong_stage", "closeRound", round()).await;
    let repeat = of("@round", json!({ "group": "PEER", "closesAt": "2022-07-30T18:00:00+08:00" }));
    t.no("round.not_void", "repeatGroup", repeat).await;
    let refusal = t.no("round.wrong_stage", "decideGrades", round()).await;
    assert_eq!(facts(&refusal), [("round", "@round"), ("stage", "closed"), ("needed", "tallied")]);
    t.no("round.wrong_stage", "publishRound", round()).await;
    t.no("round.tally_rounds", "tallyRound", of("@round", json!({ "rounds": ["@next"] }))).await;
    let look = |of_whom: &str, released: bool| {
        of("@round", json!({ "reviewer": "@lead1", "member": of_whom, "released": released }))
    };
    t.no("round.unknown_comment", "moderateComment", look("@m2", true)).await;
    t.no("round.without_reason", "moderateComment", look("@m1", false)).await;
    t.yes("tallyRound", round()).await;
}

async fn deciding(t: &Teller) {
    let grade =
        |name: &str, grade: &str, reason: Option<&str>| json!({ "member": name, "grade": grade, "reason": reason });
    let decide = |grades: Value| of("@round", json!({ "grades": grades }));
    let twice = json!([grade("@m1", "qualified", Some("试")), grade("@m1", "qualified", Some("试"))]);
    for (code, grades) in [
        ("round.unknown_grade", json!([grade("@m1", "superb", Some("试"))])),
        ("round.decided_twice", twice),
        ("round.without_reason", json!([grade("@m1", "qualified", None)])),
        ("round.not_reviewed", json!([grade("@lead1", "qualified", Some("试"))])),
        ("round.no_score", json!([grade("@m6", "qualified", Some("试"))])),
    ] {
        t.no(code, "decideGrades", decide(grades)).await;
    }
    t.yes("decideGrades", decide(json!([]))).await;
    t.yes("publishRound", json!({ "round": "@round" })).await;
    t.no("round.wrong_stage", "decideGrades", decide(json!([]))).await;
    member(t, "m1").no("round.wrong_stage", "giveSelfReview", of("@round", json!({ "text": "迟" }))).await;
}

async fn appealing(t: &Teller) {
    let appeal = || of("@round", json!({ "text": "不服" }));
    member(t, "lead1").no("round.not_reviewed", "fileAppeal", appeal()).await;
    member(t, "m1").make("appeal", "fileAppeal", appeal()).await;
    let refusal = member(t, "m1").no("round.appeal_open", "fileAppeal", appeal()).await;
    assert_eq!(facts(&refusal), [("member", "@m1"), ("appeal", "@appeal")]);
    let answer = |appeal: &str, upheld: bool, fixes: Value| {
        of("@round", json!({ "appeal": appeal, "upheld": upheld, "answer": "答复", "fixes": fixes }))
    };
    let as_it_is = json!([{ "marks": { "reviewer": "@lead1", "marks": marks("90", "90") } }]);
    let fixed = |reviewer: &str| json!([{ "marks": { "reviewer": reviewer, "marks": marks("91", "91") } }]);
    let two = second(t);
    for (code, input) in [
        ("round.unknown_appeal", answer(NOBODY, false, json!([]))),
        ("round.fixes_unfit", answer("@appeal", true, json!([]))),
        ("round.fixes_unfit", answer("@appeal", true, json!([{ "recompute": false }]))),
        ("round.fixes_unfit", answer("@appeal", false, as_it_is.clone())),
        ("round.nothing_corrected", answer("@appeal", true, as_it_is)),
        ("round.not_a_leader", answer("@appeal", true, fixed("@lead2"))),
        ("round.own_review", of("@round", json!({ "member": "@m7", "fixes": fixed("@m7"), "reason": "试" }))),
        ("round.not_reviewed", of("@round", json!({ "member": "@scru1", "fixes": fixed("@lead1"), "reason": "试" }))),
    ] {
        let mutation = if input["appeal"].is_null() { "correctResult" } else { "answerAppeal" };
        two.no(code, mutation, input).await;
    }
    let refusal = t.no("round.same_person", "answerAppeal", answer("@appeal", false, json!([]))).await;
    assert_eq!(facts(&refusal), [("actor", "office")], "who decided does not answer");
    t.no("round.not_yet", "finaliseRound", json!({ "round": "@round" })).await;
    // Seven working days after the thirtieth of June end at midnight of the organisation.
    t.server().advance_to("2022-07-11T16:00:00Z".parse().unwrap());
    let refusal = member(t, "m2").no("round.appeal_too_late", "fileAppeal", appeal()).await;
    assert_eq!(facts(&refusal), [("member", "@m2"), ("until", "2022-07-12T00:00:00+08:00")]);
    t.no("round.appeals_open", "finaliseRound", json!({ "round": "@round" })).await;
    two.yes("answerAppeal", answer("@appeal", false, json!([]))).await;
    two.no("round.appeal_answered", "answerAppeal", answer("@appeal", false, json!([]))).await;
}

async fn ending(t: &Teller) {
    t.yes("finaliseRound", json!({ "round": "@round" })).await;
    let refusal = t.no("round.ended", "proposeAnnulment", of("@round", json!({ "reason": "试" }))).await;
    assert_eq!(facts(&refusal), [("round", "@round"), ("stage", "final")]);
    t.no("round.wrong_stage", "proposeReopening", of("@round", json!({ "reason": "试" }))).await;
}

/// Both secret groups are void and vote again at the same time, one scrutineer falls out, and what is asked for is
/// declined before the round goes on.
async fn together(t: &Teller) {
    let next = |more: Value| of("@next", more);
    let (close, again) = ("2022-07-20T18:00:00+08:00", "2022-07-22T18:00:00+08:00");
    t.yes("openRound", opening("@next", close)).await;
    t.server().advance_to(close.parse().unwrap());
    t.yes("closeRound", next(json!({}))).await;
    let repeat = |group: &str, at: &str| next(json!({ "group": group, "closesAt": at }));
    // Finer than what is stored: cut off, so that folds and their verification agree.
    t.yes("repeatGroup", repeat("PEER", "2022-07-22T18:00:00.000000999+08:00")).await;
    let refusal = t.no("round.closes_otherwise", "repeatGroup", repeat("PUBLIC", "2022-07-23T18:00:00+08:00")).await;
    assert_eq!(facts(&refusal), [("closes_at", again)]);
    t.yes("repeatGroup", repeat("PUBLIC", again)).await;
    let replace = |from: &str, to: &str| next(json!({ "from": from, "to": to, "reason": "住院" }));
    t.no("round.not_a_scrutineer", "replaceScrutineer", replace("@lead1", "@x1")).await;
    t.no("round.scrutineer_reviews", "replaceScrutineer", replace("@scru1", "@m1")).await;
    let refusal = t.no("round.scrutineer_already", "replaceScrutineer", replace("@scru1", "@scru2")).await;
    assert_eq!(facts(&refusal), [("member", "@scru2")]);
    t.yes("issuePaper", next(json!({ "group": "PUBLIC", "count": 6 }))).await;
    t.server().advance_to(again.parse().unwrap());
    t.yes("returnPaper", next(json!({ "group": "PUBLIC", "returned": 6 }))).await;
    let service = || json!([count("service", [6, 0, 0, 0, 0])]);
    let everybody: Vec<Value> =
        TEAM.iter().map(|name| json!({ "member": format!("@{name}"), "counts": service() })).collect();
    let counted = || next(json!({ "group": "PUBLIC", "persons": everybody.clone() }));
    for name in ["scru1", "scru2"] {
        member(t, name).yes("countPaper", counted()).await;
    }
    t.yes("replaceScrutineer", replace("@scru1", "@x1")).await;
    let refusal = t.no("round.scrutineer_replaced", "replaceScrutineer", replace("@x1", "@scru1")).await;
    assert_eq!(facts(&refusal), [("member", "@scru1")]);
    // Once what is read knows of it: before, the round itself would refuse.
    t.ask("{ round(id: \"@next\", NOW) { id } }").await;
    member(t, "scru1").no("policy.denied", "countPaper", counted()).await;
    t.no("round.count_missing", "closeRound", next(json!({}))).await;
    member(t, "x1").yes("countPaper", counted()).await;
    t.yes("closeRound", next(json!({}))).await;
    for mutation in ["tallyRound", "decideGrades"] {
        t.yes(mutation, next(json!({}))).await;
    }
    let why = || next(json!({ "reason": "试" }));
    t.no("round.not_proposed", "declineReopening", why()).await;
    t.yes("proposeReopening", why()).await;
    let refusal = t.no("round.proposal_open", "publishRound", next(json!({}))).await;
    assert_eq!(facts(&refusal), [("round", "@next"), ("by", "office")]);
    second(t).yes("declineReopening", why()).await;
    t.yes("publishRound", next(json!({}))).await;
    let behind = "{ roundResult(round: \"@next\", member: \"@m1\", NOW) { events(first: 50) { nodes { type } } } }";
    let behind = t.ask(behind).await["roundResult"]["events"]["nodes"].as_array().unwrap().clone();
    let counts = behind.iter().filter(|event| event["type"] == "round_paper_counted").count();
    assert_eq!(counts, 2, "what was counted by who was replaced is none of it: {behind:?}");
    t.no("round.not_proposed", "declineAnnulment", why()).await;
    t.yes("proposeAnnulment", why()).await;
    t.yes("declineAnnulment", why()).await;
    let round = t
        .ask(
            "{ round(id: \"@next\", NOW) { notices { version reason approvedBy declinedBy declinedFor }
        voting { group counting { scrutineer { of } entered } } } }",
        )
        .await;
    let declined = |version: Value, by: &str| json!({ "version": version, "reason": "试", "approvedBy": null, "declinedBy": by, "declinedFor": "试" });
    assert_eq!(round["round"]["notices"], json!([declined(json!(2), "second"), declined(Value::Null, "office")]));
    let public = round["round"]["voting"].as_array().unwrap().iter().find(|of| of["group"] == "PUBLIC").unwrap();
    let counting =
        json!([{ "scrutineer": { "of": "@x1" }, "entered": 7 }, { "scrutineer": { "of": "@scru2" }, "entered": 7 }]);
    assert_eq!(public["counting"], counting);
}
