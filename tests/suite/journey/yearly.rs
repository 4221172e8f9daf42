//! A year: made of a quarter and of comparisons, with a cap on the best grade and a tie across its border.

use serde_json::{Value, json};

use super::panel::{TEAM, draft, marks, member, panel, scored, second};
use super::teller::{Ears, Teller};
use super::town::{month, year};

fn decision(grades: &[(&str, &str)]) -> Value {
    let given =
        |(name, grade): &(&str, &str)| json!({ "member": format!("@{name}"), "grade": grade, "reason": "审定" });
    json!({ "round": "@year", "grades": grades.iter().map(given).collect::<Vec<_>>() })
}

/// Seven formal members have two places; three are tied for the second.
pub async fn a_year_is_made_of_quarters_and_comparisons(heard: Ears) {
    let t = panel(heard, "2022-06-20T04:00:00Z").await;
    let once = json!({ "reviewsPercent": "40", "comparisonsPercent": "60", "leastQuarters": 1 });
    t.yes("adoptRules", json!({ "preset": "DEFAULT", "year": once })).await;
    a_quarter(&t, "quarter", 2, "2022-06-30", "2022-07-01").await;
    a_quarter(&t, "third", 3, "2022-09-30", "2022-10-01").await;
    comparisons(&t).await;
    a_year(&t).await;
    an_annulment(&t).await;
    t.end().await;
}

/// A quarter of leaders alone, up to the decision.
async fn a_quarter(t: &Teller, name: &str, quarter: u8, closes_on: &str, after: &str) {
    let round = || json!({ "round": format!("@{name}") });
    draft(t, name, &["@team"], quarter, 2).await;
    let open = json!({ "round": format!("@{name}"), "closesAt": format!("{closes_on}T18:00:00+08:00"),
        "leaders": ["@lead1"], "scrutineers": [], "without": ["PEER", "PUBLIC"] });
    t.yes("openRound", open).await;
    for (whom, mark) in TEAM.iter().zip(["100", "95", "95", "95", "80", "80"]) {
        let review = json!({ "round": format!("@{name}"), "member": format!("@{whom}"), "marks": marks(mark, mark) });
        member(t, "lead1").yes("giveLeaderReview", review).await;
    }
    t.on(after);
    for mutation in ["closeRound", "tallyRound", "decideGrades"] {
        t.yes(mutation, round()).await;
    }
}

/// Everybody kept the plan of the year.
async fn comparisons(t: &Teller) {
    let metric = json!({ "code": "visits", "name": "走访", "unit": "TIMES", "direction": "HIGHER_IS_BETTER",
        "aggregation": "SUM", "grain": "MONTH", "subjects": "MEMBERS" });
    t.yes("defineMetric", metric).await;
    for name in TEAM {
        let of = |more: Value| {
            let mut input = json!({ "member": format!("@{name}"), "metric": "visits" });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            input
        };
        t.yes("setMemberTarget", of(json!({ "period": year(), "plan": "10" }))).await;
        t.yes("reportMemberResult", of(json!({ "period": month(5), "value": "12" }))).await;
    }
}

async fn a_year(t: &Teller) {
    t.make("year", "draftRound", json!({ "branches": ["@team"], "period": year(), "rulesVersion": 2 })).await;
    let open = |without: Value| {
        json!({ "round": "@year", "closesAt": "2022-12-31T18:00:00+08:00", "leaders": [],
        "scrutineers": [], "without": without })
    };
    t.no("round.no_such_group", "openRound", open(json!(["PEER"]))).await;
    t.yes("openRound", open(json!([]))).await;
    t.on("2023-01-05");
    t.yes("closeRound", json!({ "round": "@year" })).await;
    let tally = |rounds: Value| json!({ "round": "@year", "rounds": rounds });
    t.no("round.tally_rounds", "tallyRound", tally(json!(["@quarter", "@quarter"]))).await;
    t.no("round.quarter_pending", "tallyRound", tally(json!(["@quarter"]))).await;
    for quarter in ["@quarter", "@third"] {
        t.yes("publishRound", json!({ "round": quarter })).await;
    }
    let refusal = t.no("round.quarter_pending", "tallyRound", tally(json!([]))).await;
    let facts = json!([{ "name": "branch", "value": "@team" }, { "name": "quarter", "value": "2022-Q2" },
        { "name": "round", "value": "@quarter" }, { "name": "stage", "value": "published" }]);
    assert_eq!(refusal["facts"], facts, "what may still be corrected is no ground for a year");
    t.on("2023-01-20");
    for quarter in ["@quarter", "@third"] {
        t.yes("finaliseRound", json!({ "round": quarter })).await;
    }
    t.no("round.quarter_unfit", "tallyRound", tally(json!(["@quarter", "@third", "@year"]))).await;
    let refusal = t.no("round.quarter_left_out", "tallyRound", tally(json!(["@quarter"]))).await;
    let facts = json!([{ "name": "branch", "value": "@team" }, { "name": "quarter", "value": "2022-Q3" },
        { "name": "round", "value": "@third" }]);
    assert_eq!(refusal["facts"], facts);
    t.yes("tallyRound", tally(json!([]))).await;
    let found = t.ask("{ round(id: \"@year\", NOW) { quarters { of } } }").await;
    let mut found: Vec<&str> =
        found["round"]["quarters"].as_array().unwrap().iter().map(|of| of["of"].as_str().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, ["@quarter", "@third"], "where none is named, all are found");
    t.no("round.tie_undecided", "decideGrades", decision(&[])).await;
    let all = [("m2", "excellent"), ("m3", "excellent"), ("m4", "qualified")];
    let refusal = t.no("round.cap_exceeded", "decideGrades", decision(&all)).await;
    let facts = json!([{ "name": "branch", "value": "@team" }, { "name": "places", "value": "2" }, { "name": "given", "value": "3" }]);
    assert_eq!(refusal["facts"], facts);
    t.no("round.no_score", "decideGrades", decision(&[("m7", "qualified")])).await;
    t.yes("decideGrades", decision(&[("m2", "excellent"), ("m3", "qualified"), ("m4", "qualified")])).await;
    t.yes("publishRound", json!({ "round": "@year" })).await;
    for (name, score, grade) in [
        ("m1", Some("100"), Some("excellent")),
        ("m2", Some("98"), Some("excellent")),
        ("m3", Some("98"), Some("qualified")),
        ("m5", Some("92"), Some("qualified")),
        ("m7", None, None),
    ] {
        assert_eq!(scored(t, name).await, (1, score.map(str::to_owned), grade.map(str::to_owned)), "{name}");
    }
    let anew = json!({ "round": "@year", "member": "@m1", "fixes": [{ "recompute": true }], "reason": "复核" });
    second(t).no("round.nothing_corrected", "correctResult", anew).await;
}

/// What was published is taken back of each person, and the year is free for another round.
async fn an_annulment(t: &Teller) {
    let board =
        "{ leaderboard(board: { subject: MEMBER, measure: { roundScore: true }, period: { year: 2022 } }, NOW) {
        nodes { rank subject { of } } } }";
    let ranked = t.ask(board).await["leaderboard"]["nodes"].as_array().unwrap().len();
    assert_eq!(ranked, 6, "the seventh has no score");
    t.yes("proposeAnnulment", json!({ "round": "@year", "reason": "程序有误" })).await;
    second(t).yes("annulRound", json!({ "round": "@year" })).await;
    assert_eq!(t.ask(board).await["leaderboard"]["nodes"], json!([]));
    t.make("again", "draftRound", json!({ "branches": ["@team"], "period": year(), "rulesVersion": 2 })).await;
}
