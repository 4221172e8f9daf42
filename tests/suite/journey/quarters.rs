//! The edge of a quarter in the organisation's zone, and what two ask for at once.

use serde_json::json;

use super::teller::{Ears, Teller};
use super::town::{month, quarter, town};

/// A second before midnight in Shanghai the quarter is not over, at midnight it is.
pub async fn a_quarter_ends_at_midnight_of_the_organisation(heard: Ears) {
    let t = town(heard, "2022-09-01").await;
    t.server().advance_to("2022-09-30T15:59:59.999999Z".parse().unwrap());
    let september = json!({ "member": "@ana", "metric": "premium_new", "period": month(9), "value": "10.00" });
    let third = json!({ "branch": "@first", "metric": "points", "period": quarter(3), "value": "95.5" });
    let first_of_october = json!({ "member": "@ana", "on": "2022-10-01", "place": "大厅", "worn": true });
    let announced = json!({
        "branch": "@root", "title": "三季度赛", "metric": "premium_new", "period": quarter(3), "competitors": "MEMBERS",
        "rankedBy": "VALUE",
    });
    t.make("race", "announceCompetition", announced).await;
    let conclude = json!({ "branch": "@root", "competition": "@race" });
    t.no("time.period_not_over", "reportMemberResult", september.clone()).await;
    t.no("time.period_not_over", "reportBranchResult", third.clone()).await;
    t.no("time.period_not_over", "concludeCompetition", conclude.clone()).await;
    let refusal = t.no("time.in_the_future", "checkBadge", first_of_october.clone()).await;
    assert!(
        refusal["facts"].as_array().unwrap().contains(&json!({ "name": "today", "value": "2022-09-30" })),
        "{refusal}"
    );
    t.mark("before_midnight");

    t.server().advance_to("2022-09-30T16:00:00Z".parse().unwrap());
    t.yes("reportMemberResult", september).await;
    t.yes("reportBranchResult", third).await;
    t.yes("checkBadge", first_of_october).await;
    t.yes("concludeCompetition", conclude).await;
    let next = json!({ "member": "@ana", "metric": "premium_new", "period": month(10), "value": "1" });
    t.no("time.period_not_over", "reportMemberResult", next).await;
    holds(&t).await;
    t.end().await;
}

async fn holds(t: &Teller) {
    let board = |period: &str, when: &str| {
        format!(
            "{{ leaderboard(board: {{ subject: MEMBER, measure: {{ metric: \"premium_new\" }}, period: {period} }}, {when}) {{ nodes {{ score }} }} }}"
        )
    };
    for (period, found) in [
        ("{ quarter: { year: 2022, quarter: 3 } }", json!([{ "score": "10.00" }])),
        ("{ quarter: { year: 2022, quarter: 4 } }", json!([])),
        ("{ year: 2022 }", json!([{ "score": "10.00" }])),
    ] {
        assert_eq!(t.ask(&board(period, "NOW")).await["leaderboard"]["nodes"], found, "{period}");
        assert_eq!(t.ask(&board(period, "ON_before_midnight")).await["leaderboard"]["nodes"], json!([]), "{period}");
    }
    let told = t.ask("{ member(id: \"@ana\", NOW) { records(filter: { from: \"2022-10-01\" }) { nodes { on } } }
                        september: member(id: \"@ana\", NOW) { records(filter: { until: \"2022-10-01\" }) { nodes { on } } }
                        log { recordedAt } }").await;
    assert_eq!(
        told,
        json!({
            "member": { "records": { "nodes": [{ "on": "2022-10-01" }] } }, "september": { "records": { "nodes": [] } },
            "log": { "recordedAt": "2022-10-01T00:00:00+08:00" },
        })
    );
}

/// Of two at once who want what only one can have, one gets it and the other a refusal; nothing is half done.
pub async fn two_at_once_do_not_both_win(heard: Ears) {
    let t = town(heard, "2022-07-15").await;
    for round in 0..5 {
        one_staff_number(&t, round).await;
        a_transfer_to_a_branch_that_closes(&t, round).await;
        one_result(&t, round).await;
    }
    t.end().await;
}

async fn one_staff_number(t: &Teller, round: u8) {
    let before = t.last();
    let input = |branch: &str| json!({ "branch": branch, "staffNumber": format!("T-{round}"), "name": "试", "post": "STAFF", "on": "2022-07-01" });
    let (one, other) =
        tokio::join!(t.send("registerMember", input("@first")), t.send("registerMember", input("@third")));
    let refused: Vec<_> = [&one, &other].into_iter().filter(|done| done["position"].is_null()).collect();
    assert_eq!(refused.len(), 1, "{one} {other}");
    assert_eq!(refused[0]["refusal"]["code"], "person.staff_number_taken");
    assert_eq!(t.last(), before + 2, "a registration is two events");
    t.nothing_recorded().await;
    let query = format!("{{ member(staffNumber: \"T-{round}\", NOW) {{ branch {{ id }} }} }}");
    let winner = if one["position"].is_null() { "@third" } else { "@first" };
    assert_eq!(t.ask(&query).await["member"]["branch"]["id"], winner);
}

async fn a_transfer_to_a_branch_that_closes(t: &Teller, round: u8) {
    let found = json!({ "kind": "BRANCH", "parent": "@third", "name": format!("支部{round}"), "on": "2022-07-01" });
    t.make("brief", "establishBranch", found).await;
    let transfer = json!({ "member": "@chen", "to": "@brief", "on": "2022-07-02", "reason": "调动" });
    let close = json!({ "branch": "@brief", "on": "2022-07-02", "reason": "撤销" });
    let (transferred, closed) = tokio::join!(t.send("transferMember", transfer), t.send("closeBranch", close));
    let codes = (transferred["refusal"]["code"].as_str(), closed["refusal"]["code"].as_str());
    let query =
        "{ branch(id: \"@brief\", NOW) { standing counts { members } } member(id: \"@chen\", NOW) { branch { id } } }";
    let told = t.ask(query).await;
    match codes {
        (Some("branch.closed"), None) => {
            assert_eq!(told["branch"], json!({ "standing": "CLOSED", "counts": { "members": 0 } }));
        }
        (None, Some("branch.has_members")) => {
            assert_eq!(told["branch"], json!({ "standing": "STANDING", "counts": { "members": 1 } }));
            assert_eq!(told["member"]["branch"]["id"], "@brief");
        }
        both => panic!("{both:?}"),
    }
    t.nothing_recorded().await;
}

async fn one_result(t: &Teller, round: u8) {
    let input =
        |value: &str| json!({ "member": "@bo", "metric": "premium_new", "period": month(round + 1), "value": value });
    let (one, other) = tokio::join!(t.send("reportMemberResult", input("1")), t.send("reportMemberResult", input("2")));
    let codes = [&one, &other].map(|done| done["refusal"]["code"].as_str());
    assert!(
        matches!(codes, [None, Some("result.already_reported")] | [Some("result.already_reported"), None]),
        "{codes:?}"
    );
    t.nothing_recorded().await;
}
