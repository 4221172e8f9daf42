//! The worked examples of the rules, through the API, to the last digit; the plain one is told in `reviewing`.

use serde_json::{Value, json};

use super::panel::{count, draft, marks, member, panel};
use super::teller::{Ears, Teller};
use super::town::{month, year};

const CLOSE: &str = "2022-06-30T18:00:00+08:00";

/// A branch of so many, each called by the letter and a number.
async fn branch_of(t: &Teller, branch: &str, letter: char, size: usize) -> Vec<String> {
    let found = json!({ "kind": "BRANCH", "parent": "@root", "name": format!("支部{letter}"), "on": "2020-02-01" });
    t.make(branch, "establishBranch", found).await;
    let names: Vec<String> = (1..=size).map(|number| format!("{letter}{number}")).collect();
    for name in &names {
        let input = json!({ "branch": format!("@{branch}"), "staffNumber": name, "name": "试䶮", "post": "STAFF",
            "on": "2021-01-04" });
        t.make(name, "registerMember", input).await;
    }
    names
}

/// What the API says of somebody's result: score, exact score, grade, and what each group lacks.
async fn told(t: &Teller, round: &str, name: &str) -> Value {
    let query = format!(
        "{{ roundResult(round: \"@{round}\", member: \"@{name}\", NOW) {{ score grade explanation {{ exact
            groups {{ score gap }} }} }} }}"
    );
    t.ask(&query).await["roundResult"].take()
}

async fn score_of(t: &Teller, round: &str, name: &str) -> (Option<String>, Option<String>) {
    let told = told(t, round, name).await;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (text(&told["score"]), text(&told["explanation"]["exact"]))
}

fn some(score: &str, exact: &str) -> (Option<String>, Option<String>) {
    (Some(score.to_owned()), Some(exact.to_owned()))
}

/// Who stands on the board of a period, with rank and score.
async fn board(t: &Teller, period: &str, within: &str) -> Value {
    let query = format!(
        "{{ leaderboard(board: {{ subject: MEMBER, measure: {{ roundScore: true }}, period: {period}, within: \"@{within}\" }},
            NOW) {{ nodes {{ rank score subject {{ of }} }} }} }}"
    );
    t.ask(&query).await["leaderboard"]["nodes"].take()
}

fn places(expected: &[(u64, &str, &str)]) -> Value {
    let place = |(rank, score, name): &(u64, &str, &str)| json!({ "rank": rank, "score": score, "subject": { "of": format!("@{name}") } });
    expected.iter().map(place).collect()
}

fn counted(round: &str, group: &str, names: &[String], counts: &Value) -> Value {
    let person = |name: &String| json!({ "member": format!("@{name}"), "counts": counts });
    let persons: Vec<Value> = names.iter().map(person).collect();
    json!({ "round": round, "group": group, "persons": persons })
}

async fn both_count(t: &Teller, round: &str, group: &str, names: &[String], counts: &Value) {
    for scrutineer in ["scru1", "scru2"] {
        member(t, scrutineer).yes("countPaper", counted(round, group, names, counts)).await;
    }
}

/// Of six members three hand a ballot in: not more than half. The score is incomplete until they vote again; where the
/// rules say so the other groups make the whole, 88.57.
pub async fn a_group_fails_and_votes_again(heard: Ears) {
    let t = panel(heard, "2022-06-20T04:00:00Z").await;
    let six = branch_of(&t, "six", 's', 6).await;
    t.yes("adoptRules", json!({ "preset": "RENORMALISE" })).await;
    draft(&t, "strict", &["@six"], 1, 1).await;
    draft(&t, "lenient", &["@six"], 2, 2).await;
    let before = json!({ "quarter": { "year": 2021, "quarter": 4 } });
    t.make("anew", "draftRound", json!({ "branches": ["@six"], "period": before, "rulesVersion": 1 })).await;
    for round in ["@strict", "@lenient", "@anew"] {
        given(&t, round, &six).await;
    }
    t.server().advance_to(CLOSE.parse().unwrap());
    for round in ["@strict", "@lenient", "@anew"] {
        three_came_back(&t, round, &six).await;
    }
    voted_again(&t, &six).await;
    t.on("2022-07-05");
    for round in ["@strict", "@lenient", "@anew"] {
        for mutation in ["tallyRound", "decideGrades", "publishRound"] {
            t.yes(mutation, json!({ "round": round })).await;
        }
    }
    let incomplete = told(&t, "strict", "s1").await;
    assert_eq!((&incomplete["score"], &incomplete["grade"]), (&Value::Null, &Value::Null), "never 0");
    let groups = json!([{ "score": "175/2", "gap": null }, { "score": null, "gap": "TURNOUT" },
        { "score": "90", "gap": null }]);
    assert_eq!(incomplete["explanation"], json!({ "exact": null, "groups": groups }));
    assert_eq!(board(&t, "{ quarter: { year: 2022, quarter: 1 } }", "six").await, json!([]), "and unranked");
    assert_eq!(score_of(&t, "lenient", "s1").await, some("88.57", "620/7"));
    // 35 + 30 × (100 + 94 + 91) ÷ 300 + 27
    assert_eq!(score_of(&t, "anew", "s1").await, some("90.50", "181/2"));
    t.end().await;
}

/// Leaders mark as in the plain example; everybody takes a ballot, and so do eight of the public.
async fn given(t: &Teller, round: &str, six: &[String]) {
    let open = json!({ "round": round, "closesAt": CLOSE, "leaders": ["@lead1", "@lead2"],
        "scrutineers": ["@scru1", "@scru2"] });
    t.yes("openRound", open).await;
    for name in six {
        for (leader, marks) in [("lead1", marks("90", "80")), ("lead2", marks("85", "95"))] {
            let review = json!({ "round": round, "member": format!("@{name}"), "marks": marks });
            member(t, leader).yes("giveLeaderReview", review).await;
        }
        let paper = json!({ "round": round, "group": "PEER", "to": format!("@{name}") });
        t.yes("issuePaper", paper).await;
    }
    t.yes("issuePaper", json!({ "round": round, "group": "PUBLIC", "count": 8 })).await;
}

async fn three_came_back(t: &Teller, round: &str, six: &[String]) {
    t.yes("returnPaper", json!({ "round": round, "group": "PEER", "returned": 3 })).await;
    t.yes("returnPaper", json!({ "round": round, "group": "PUBLIC", "returned": 8 })).await;
    both_count(t, round, "PUBLIC", six, &json!([count("service", [5, 2, 0, 1, 0])])).await;
    t.yes("closeRound", json!({ "round": round })).await;
    let query =
        format!("{{ round(id: \"{round}\", NOW) {{ voting {{ group turnout voidCause eligible returned }} }} }}");
    let told = t.ask(&query).await;
    let peers = told["round"]["voting"].as_array().unwrap().iter().find(|voting| voting["group"] == "PEER").unwrap();
    let facts = (&peers["voidCause"], &peers["eligible"], &peers["returned"]);
    assert_eq!(facts, (&json!("TURNOUT"), &json!(6), &json!(3)), "{peers}");
}

async fn voted_again(t: &Teller, six: &[String]) {
    let closes_at = "2022-07-04T18:00:00+08:00";
    t.yes("repeatGroup", json!({ "round": "@anew", "group": "PEER", "closesAt": closes_at })).await;
    for name in six {
        t.yes("issuePaper", json!({ "round": "@anew", "group": "PEER", "to": format!("@{name}") })).await;
    }
    t.server().advance_to(closes_at.parse().unwrap());
    t.yes("returnPaper", json!({ "round": "@anew", "group": "PEER", "returned": 6 })).await;
    let counts = json!([
        count("politics", [5, 0, 0, 0, 0]),
        count("discipline", [3, 2, 0, 0, 0]),
        count("part", [2, 3, 0, 0, 0])
    ]);
    both_count(t, "@anew", "PEER", six, &counts).await;
    t.yes("closeRound", json!({ "round": "@anew" })).await;
}

/// A quarter in which one leader marks, up to publication.
async fn marked_quarter(t: &Teller, round: &str, of: (&str, u8, u32), given: &[(&str, Value)], after: &str) {
    let (branch, quarter, rules) = of;
    let own = || json!({ "round": format!("@{round}") });
    draft(t, round, &[branch], quarter, rules).await;
    let closes_at = t.server().now() + jiff::SignedDuration::from_hours(1);
    let without = if rules == 1 { json!(["PEER", "PUBLIC"]) } else { json!([]) };
    let open = json!({ "round": format!("@{round}"), "closesAt": closes_at.to_string(), "leaders": ["@lead1"],
        "scrutineers": [], "without": without });
    t.yes("openRound", open).await;
    for (name, marks) in given {
        let review = json!({ "round": format!("@{round}"), "member": format!("@{name}"), "marks": marks });
        member(t, "lead1").yes("giveLeaderReview", review).await;
    }
    t.on(after);
    for mutation in ["closeRound", "tallyRound", "decideGrades", "publishRound"] {
        t.yes(mutation, own()).await;
    }
}

/// 89.645 is 89.65 and 89.6449 is 89.64; 95, 90, 90 and 85 rank 1, 2, 2 and 4.
pub async fn scores_are_rounded_once_and_ranked(heard: Ears) {
    let t = panel(heard, "2022-06-20T04:00:00Z").await;
    let leaders = json!([{ "group": "LEADER", "weightPercent": "100", "dimensions": [
        { "code": "duty", "title": "履职", "weight": "51" }, { "code": "contests", "title": "三比", "weight": "49" }] }]);
    t.yes("adoptRules", json!({ "preset": "DEFAULT", "groups": leaders })).await;
    let both = |mark: &str| marks(mark, mark);
    let ranked = [("m1", both("95")), ("m2", both("90")), ("m3", both("90")), ("m4", both("85"))];
    marked_quarter(&t, "ranked", ("@team", 1, 2), &ranked, "2022-06-22").await;
    let mut nodes = board(&t, "{ quarter: { year: 2022, quarter: 1 } }", "team").await;
    // Who share a rank come in an order of no meaning.
    nodes.as_array_mut().unwrap().sort_by_key(|node| (node["rank"].as_u64(), node["subject"]["of"].to_string()));
    let expected = places(&[(1, "95.00", "m1"), (2, "90.00", "m2"), (2, "90.00", "m3"), (4, "85.00", "m4")]);
    assert_eq!(nodes, expected);
    let edges = [("m1", marks("89.89", "89.39")), ("m2", marks("89.64", "89.65"))];
    marked_quarter(&t, "edges", ("@team", 2, 2), &edges, "2022-06-24").await;
    assert_eq!(score_of(&t, "edges", "m1").await, some("89.65", "17929/200"));
    assert_eq!(score_of(&t, "edges", "m2").await, some("89.64", "896449/10000"));
    let expected = places(&[(1, "89.65", "m1"), (2, "89.64", "m2")]);
    assert_eq!(board(&t, "{ quarter: { year: 2022, quarter: 2 } }", "team").await, expected);
    t.end().await;
}

/// Fourteen formal members have four places; two are tied for the fourth.
pub async fn fourteen_members_have_four_places(heard: Ears) {
    let t = panel(heard, "2022-06-20T04:00:00Z").await;
    let names = branch_of(&t, "many", 'n', 14).await;
    let once = json!({ "reviewsPercent": "40", "comparisonsPercent": "60", "leastQuarters": 1 });
    let leaders = json!([{ "group": "LEADER", "weightPercent": "100", "dimensions": [
        { "code": "duty", "title": "履职" }, { "code": "contests", "title": "三比" }] }]);
    t.yes("adoptRules", json!({ "preset": "DEFAULT", "groups": leaders, "year": once })).await;
    let mark = |at: usize| match at {
        0..3 => "100",
        3 | 4 => "95",
        _others => "90",
    };
    let given: Vec<(&str, Value)> =
        names.iter().enumerate().map(|(at, name)| (name.as_str(), marks(mark(at), mark(at)))).collect();
    marked_quarter(&t, "quarter", ("@many", 2, 2), &given, "2022-07-01").await;
    plans_kept(&t, &names).await;
    t.make("year", "draftRound", json!({ "branches": ["@many"], "period": year(), "rulesVersion": 2 })).await;
    let open = json!({ "round": "@year", "closesAt": "2022-12-31T18:00:00+08:00", "leaders": [], "scrutineers": [],
        "without": [] });
    t.yes("openRound", open).await;
    t.on("2023-01-05");
    t.yes("finaliseRound", json!({ "round": "@quarter" })).await;
    t.yes("closeRound", json!({ "round": "@year" })).await;
    t.yes("tallyRound", json!({ "round": "@year", "rounds": ["@quarter"] })).await;

    let refusal = t.no("round.tie_undecided", "decideGrades", json!({ "round": "@year" })).await;
    assert_eq!(refusal["facts"][0], json!({ "name": "branch", "value": "@many" }));
    let given = |grades: &[(&str, &str, Option<&str>)]| {
        let grade = |(name, grade, reason): &(&str, &str, Option<&str>)| json!({ "member": format!("@{name}"), "grade": grade, "reason": reason });
        json!({ "round": "@year", "grades": grades.iter().map(grade).collect::<Vec<_>>() })
    };
    let (fourth, fifth) = (("n4", "excellent", Some("攻坚任务突出")), ("n5", "qualified", Some("名额所限")));
    t.no("round.without_reason", "decideGrades", given(&[("n4", "excellent", None), fifth])).await;
    t.no("round.tie_undecided", "decideGrades", given(&[fourth])).await;
    let five = given(&[fourth, ("n5", "excellent", Some("同分"))]);
    let refusal = t.no("round.cap_exceeded", "decideGrades", five).await;
    let facts = json!([{ "name": "branch", "value": "@many" }, { "name": "places", "value": "4" }, { "name": "given", "value": "5" }]);
    assert_eq!(refusal["facts"], facts);
    t.yes("decideGrades", given(&[fourth, fifth])).await;
    t.yes("publishRound", json!({ "round": "@year" })).await;
    for (name, score, grade) in [
        ("n1", "100.00", "excellent"),
        ("n3", "100.00", "excellent"),
        ("n4", "98.00", "excellent"),
        ("n5", "98.00", "qualified"),
        ("n6", "96.00", "qualified"),
        ("n14", "96.00", "qualified"),
    ] {
        let told = told(&t, "year", name).await;
        assert_eq!((&told["score"], &told["grade"]), (&json!(score), &json!(grade)), "{name}");
    }
    t.end().await;
}

/// Everybody kept the plan of the year.
async fn plans_kept(t: &Teller, names: &[String]) {
    let metric = json!({ "code": "visits", "name": "走访", "unit": "TIMES", "direction": "HIGHER_IS_BETTER",
        "aggregation": "SUM", "grain": "MONTH", "subjects": "MEMBERS" });
    t.yes("defineMetric", metric).await;
    for name in names {
        let (whom, metric) = (format!("@{name}"), "visits");
        t.yes("setMemberTarget", json!({ "member": whom, "metric": metric, "period": year(), "plan": "10" })).await;
        t.yes("reportMemberResult", json!({ "member": whom, "metric": metric, "period": month(5), "value": "12" }))
            .await;
    }
}
