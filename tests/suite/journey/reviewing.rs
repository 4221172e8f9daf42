//! A whole quarter, with every role: from the rules to the last appeal.

use serde_json::{Value, json};

use super::panel::{TEAM, count, marks, member, opening, panel, result, scored, second};
use super::teller::{Ears, Teller};

const CLOSE: &str = "2022-06-30T18:00:00+08:00";

fn fact(refusal: &Value, name: &str) -> String {
    let facts = refusal["facts"].as_array().unwrap().iter();
    let value = facts.clone().find(|fact| fact["name"] == name).map(|fact| fact["value"].as_str().unwrap().to_owned());
    value.unwrap_or_else(|| panic!("no {name}: {refusal}"))
}

/// A quarter from draft to appeal, the worked example of the rules among it.
pub async fn a_quarter_is_reviewed_from_draft_to_appeal(heard: Ears) {
    let mut t = panel(heard, "2022-06-20T04:00:00Z").await;
    t.server_mut().keep_deadlines();
    drafted_and_opened(&t).await;
    reviewed(&t).await;
    closed(&t).await;
    decided(&t).await;
    appealed(&t).await;
    ended(&t).await;
    t.end().await;
}

async fn drafted_and_opened(t: &Teller) {
    let rules = json!({
        "preset": "DEFAULT", "calendar": { "off": ["2022-07-04"], "worked": ["2022-07-09"] },
        "talks": { "below": "60", "leastRanked": 5, "lastOneIn": 5, "followUpDays": 30 },
    });
    t.yes("adoptRules", rules).await;
    let plan = json!({ "period": { "quarter": { "year": 2022, "quarter": 2 } }, "rulesVersion": 2, "within": "@root" });
    let drafted = t.yes("draftRounds", plan.clone()).await;
    let items = drafted["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "@team alone, the small branches together: {drafted}");
    for (item, name) in items.iter().zip(["one", "other"]) {
        t.call(name, item["outcome"]["of"].as_str().unwrap());
    }
    let of_team = |item: &Value| item["about"] == json!([t.id("team")]);
    let (round, other) = if of_team(&items[0]) { ("one", "other") } else { ("other", "one") };
    t.call("round", &t.id(round));
    t.call("rest", &t.id(other));
    t.none("round.period_claimed", "draftRounds", plan).await;
    t.yes("openRound", opening("@round", CLOSE)).await;
    // Who moves on keeps the place on the roster.
    let transfer = json!({ "member": "@m7", "to": "@trio", "on": "2022-06-20", "reason": "工作需要" });
    t.yes("transferMember", transfer).await;
}

/// The worked example is @m1's; the others get as many, all alike.
async fn reviewed(t: &Teller) {
    let secretary = t.viewer("id=secretary; roles=branch_secretary; scope=@team");
    for name in TEAM {
        member(t, name).yes("giveSelfReview", json!({ "round": "@round", "text": "尽职尽责" })).await;
        let paper = json!({ "round": "@round", "group": "PEER", "to": format!("@{name}") });
        secretary.yes("issuePaper", paper).await;
    }
    secretary.yes("issuePaper", json!({ "round": "@round", "group": "PUBLIC", "count": 10 })).await;
    for (leader, first) in [("lead1", marks("90", "80")), ("lead2", marks("84", "95"))] {
        for name in TEAM {
            let given = match name {
                "m1" => first.clone(),
                // Under 60, whatever the ballots say.
                "m2" => marks("0", "0"),
                _other => marks("88.5", "88.50"),
            };
            let input = json!({ "round": "@round", "member": format!("@{name}"), "marks": given, "comment": "踏实" });
            member(t, leader).yes("giveLeaderReview", input).await;
        }
    }
    // The last one counts.
    let again = json!({ "round": "@round", "member": "@m1", "marks": marks("85", "95"), "comment": "进步明显" });
    member(t, "lead2").yes("giveLeaderReview", again).await;
    let own = json!({ "round": "@round", "member": "@m1", "marks": marks("100", "100") });
    let refusal = member(t, "m1").no("round.not_a_leader", "giveLeaderReview", own.clone()).await;
    assert_eq!(fact(&refusal, "member"), "@m1");
    t.viewer("id=boss; roles=leader").no("policy.denied", "giveLeaderReview", own).await;
}

fn peers_of(name: &str, last: i64) -> Value {
    match name {
        "m1" => json!([
            count("politics", [4, 2 - last, 0, 0, last]),
            count("discipline", [3, 2, 0, 0, 1]),
            count("part", [2, 3, 1, 0, 0]),
        ]),
        "m2" => ["politics", "discipline", "part"].map(|code| count(code, [0, 0, 0, 6, 0])).to_vec().into(),
        _other => ["politics", "discipline", "part"].map(|code| count(code, [3, 3, 0, 0, 0])).to_vec().into(),
    }
}

fn public_of(name: &str) -> Value {
    match name {
        "m1" => json!([count("service", [5, 2, 0, 1, 0])]),
        "m2" => json!([count("service", [0, 0, 0, 8, 0])]),
        _other => json!([count("service", [4, 4, 0, 0, 0])]),
    }
}

fn counted(group: &str, of: impl Fn(&str) -> Value) -> Value {
    let persons: Vec<Value> =
        TEAM.iter().map(|name| json!({ "member": format!("@{name}"), "counts": of(name) })).collect();
    json!({ "round": "@round", "group": group, "persons": persons })
}

async fn closed(t: &Teller) {
    t.server().advance_to(CLOSE.parse().unwrap());
    let late = json!({ "round": "@round", "member": "@m1", "marks": marks("99", "99") });
    let refusal = member(t, "lead1").no("round.time_over", "giveLeaderReview", late).await;
    assert_eq!(fact(&refusal, "closed_at"), CLOSE, "at the very instant");
    let secretary = t.viewer("id=secretary; roles=branch_secretary; scope=@team");
    secretary.yes("returnPaper", json!({ "round": "@round", "group": "PEER", "returned": 7 })).await;
    secretary.yes("returnPaper", json!({ "round": "@round", "group": "PUBLIC", "returned": 8 })).await;
    member(t, "scru1").yes("countPaper", counted("PEER", |name| peers_of(name, 0))).await;
    member(t, "scru1").yes("countPaper", counted("PUBLIC", public_of)).await;
    member(t, "scru2").yes("countPaper", counted("PEER", |name| peers_of(name, 1))).await;
    member(t, "scru2").yes("countPaper", counted("PUBLIC", public_of)).await;
    let refusal = t.no("round.counts_differ", "closeRound", json!({ "round": "@round" })).await;
    assert_eq!(fact(&refusal, "persons"), "peer @m1");
    t.no("round.wrong_stage", "tallyRound", json!({ "round": "@round" })).await;
    let settled = json!({ "round": "@round", "group": "PEER",
        "persons": [{ "member": "@m1", "counts": peers_of("m1", 0) }] });
    member(t, "scru2").yes("countPaper", settled).await;
    t.happens("round_closed").await;
}

async fn decided(t: &Teller) {
    t.on("2022-07-01");
    t.no("round.wrong_stage", "decideGrades", json!({ "round": "@round" })).await;
    let shown = |reviewer: &str| json!({ "round": "@round", "reviewer": reviewer, "member": "@m1", "released": true });
    t.yes("moderateComment", shown("@lead1")).await;
    let withheld =
        json!({ "round": "@round", "reviewer": "@lead2", "member": "@m3", "released": false, "reason": "涉及他人" });
    t.yes("moderateComment", withheld).await;
    t.yes("tallyRound", json!({ "round": "@round" })).await;
    let grades = json!([{ "member": "@m3", "grade": "qualified", "reason": "曾受通报" }]);
    t.yes("decideGrades", json!({ "round": "@round", "grades": grades })).await;
    t.yes("publishRound", json!({ "round": "@round" })).await;
    let (version, published) = result(t, "m1").await;
    assert_eq!((version, published.exact.map(|exact| exact.to_string()).as_deref()), (1, Some("1793/20")));
    assert_eq!(scored(t, "m1").await, (1, Some("89.65".into()), Some("qualified".into())), "to the last digit");
    assert_eq!(scored(t, "m2").await, (1, Some("30".into()), Some("not_qualified".into())));
    assert_eq!(scored(t, "m3").await, (1, Some("90.9".into()), Some("qualified".into())), "decided otherwise");
    assert_eq!(scored(t, "m4").await, (1, Some("90.9".into()), Some("excellent".into())));
    let other_words = "{ whatIf(round: \"@round\", rules: { preset: THREE_GRADES }, NOW) { isWhatIf } }";
    t.fails("round.answer_unknown", other_words).await;
}

async fn appealed(t: &Teller) {
    t.on("2022-07-05");
    let appeal = |text: &str| json!({ "round": "@round", "text": text });
    member(t, "m1").make("right", "fileAppeal", appeal("发挥作用一项漏计一票优秀")).await;
    member(t, "m2").make("wrong", "fileAppeal", appeal("分数过低")).await;
    member(t, "m1").no("round.appeal_open", "fileAppeal", appeal("再诉")).await;
    let fixes = json!([{ "counts": { "group": "PEER", "counts": [
        count("politics", [4, 2, 0, 0, 0]), count("discipline", [3, 2, 0, 0, 1]), count("part", [3, 3, 0, 0, 0]),
    ] } }]);
    let upheld = json!({ "round": "@round", "appeal": "@right", "upheld": true, "answer": "复核属实", "fixes": fixes });
    let refusal = t.no("round.same_person", "answerAppeal", upheld.clone()).await;
    assert_eq!(fact(&refusal, "actor"), "office", "who decided");
    second(t).yes("answerAppeal", upheld).await;
    // 35 + 30 × (95 + 94 + 92.5) ÷ 300 + 27
    assert_eq!(scored(t, "m1").await, (2, Some("90.15".into()), Some("excellent".into())));
    let refused = json!({ "round": "@round", "appeal": "@wrong", "upheld": false, "answer": "计票无误" });
    second(t).yes("answerAppeal", refused).await;
    assert_eq!(scored(t, "m2").await.0, 1);
    let correction = json!({ "round": "@round", "member": "@m4", "reason": "录入有误",
        "fixes": [{ "marks": { "reviewer": "@lead1", "marks": marks("90", "90") } }] });
    second(t).yes("correctResult", correction).await;
    assert_eq!(scored(t, "m4").await, (2, Some("91.2".into()), Some("excellent".into())));
}

async fn ended(t: &Teller) {
    // Seven working days after the first of July, the fourth off and the ninth worked: the last is the twelfth.
    t.server().advance_to("2022-07-12T15:59:59.999Z".parse().unwrap());
    member(t, "m5").make("late", "fileAppeal", json!({ "round": "@round", "text": "最后一刻" })).await;
    t.server().advance_to("2022-07-12T16:00:00Z".parse().unwrap());
    let refusal =
        member(t, "m6").no("round.appeal_too_late", "fileAppeal", json!({ "round": "@round", "text": "迟" })).await;
    assert_eq!(fact(&refusal, "until"), "2022-07-13T00:00:00+08:00");
    let refusal = t.no("round.appeals_open", "finaliseRound", json!({ "round": "@round" })).await;
    assert_eq!(fact(&refusal, "open"), "1");
    t.on("2022-07-27");
    t.happens("round_appeal_overdue").await;
    let refused = json!({ "round": "@round", "appeal": "@late", "upheld": false, "answer": "维持" });
    second(t).yes("answerAppeal", refused).await;
    t.happens("round_finalised").await;
    let query = "{ auditTrail(filter: { subject: { kind: MEMBER, id: \"@m2\" } }, NOW, reverse: true, first: 2) { nodes { type } } }";
    let trail = t.ask(query).await;
    let expected = json!([{ "type": "member_talk_proposed" }, { "type": "member_placed_last" }]);
    assert_eq!(trail["auditTrail"]["nodes"], expected);
}
