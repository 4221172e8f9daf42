//! Boards of the scores of published rounds.

use domain::id::BranchId;
use domain::round::{RoundEvent, Rules, TieRule};
use graphql::viewer::Role;
use serde_json::{Value, json};

use crate::aftermath::*;
use crate::story::{ANA, BAO, CAI, DAN, EAST, NOBODY, WEST, told};
use crate::support::{Asking, viewer};

const BOARD: &str = "subject: MEMBER, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 1 } }";

fn entries(asking: &Asking, board: &str) -> Vec<(u64, String, String)> {
    let (mut entries, mut after) = (vec![], String::new());
    loop {
        let text = format!(
            "{{ leaderboard(board: {{ {board} }}, first: 1{after}) {{ nodes {{ rank score subject {{ of }} }} \
             pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let page = asking.ask(&text)["leaderboard"].clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let entry = |node: &Value| (node["rank"].as_u64().unwrap(), text(&node["score"]), text(&node["subject"]["of"]));
        entries.extend(page["nodes"].as_array().unwrap().iter().map(entry));
        match page["pageInfo"]["hasNextPage"] == true {
            true => after = format!(", after: {}", page["pageInfo"]["endCursor"]),
            false => return entries,
        }
    }
}

fn parted() -> Rules {
    Rules { ties: vec![TieRule::LeaderScore], ..leaders_only() }
}

#[test]
fn members_are_ranked_by_what_a_round_published_and_the_incomplete_are_not() {
    let office = with_a_round(leaders_only()).office();
    let expected = [(1, "95.00", BAO), (2, "90.00", ANA), (2, "90.00", CAI)];
    let expected: Vec<_> = expected.map(|(rank, score, of)| (rank, score.to_owned(), of.0.to_string())).to_vec();
    assert_eq!(entries(&office, BOARD), expected);
    let page = office.ask(&format!(
        r#"{{ rank(board: {{ {BOARD} }}, subject: "{}") {{ rank score value plan metric {{ code }} period {{ text }} results }}
            unranked: rank(board: {{ {BOARD} }}, subject: "{}") {{ rank }} }}"#,
        CAI.0, DAN.0
    ));
    let of_cai = json!({ "rank": 2, "score": "90.00", "value": "90.00", "plan": null, "metric": null,
        "period": { "text": "2022-Q1" }, "results": 1 });
    assert_eq!(page, json!({ "rank": of_cai, "unranked": null }));
}

#[test]
fn branches_are_ranked_by_their_means_and_one_of_too_few_is_not() {
    let office = with_a_round(leaders_only()).office();
    let ranked = entries(&office, &BOARD.replace("MEMBER", "BRANCH"));
    assert_eq!(ranked, [(1, "92.50".to_owned(), EAST.0.to_string())]);
}

#[test]
fn a_board_of_scores_is_scoped_like_any_and_stands_as_of_then() {
    let twin = with_a_round(leaders_only());
    let within = |branch: BranchId| format!("{BOARD}, within: \"{}\"", branch.0);
    assert_eq!(entries(&twin.office(), &within(WEST)).len(), 1);
    let member = twin.by(Some(viewer(Role::Member, Some(ANA), None)));
    assert_eq!(entries(&member, BOARD).len(), 2, "the own branch");
    assert_eq!(
        member.code(&format!("{{ leaderboard(board: {{ {} }}) {{ position }} }}", within(WEST))),
        "policy.denied"
    );
    let before = "{ leaderboard(board: { BOARD }, asOf: { position: \"21\" }) { nodes { rank } } }";
    assert_eq!(twin.office().ask(&before.replace("BOARD", BOARD))["leaderboard"]["nodes"], json!([]));
}

#[test]
fn results_taken_back_leave_the_board() {
    let twin = with_a_round(leaders_only());
    let (period, version) = ("2022-Q1".parse().unwrap(), 1);
    let withdrawn =
        |(member, branch)| of_round(SPRING, RoundEvent::ResultWithdrawn { member, branch, period, version });
    twin.then([(ANA, EAST), (BAO, EAST), (CAI, WEST), (DAN, WEST)].map(withdrawn).to_vec());
    let (branches, reason, by) = (vec![EAST, WEST], sealed("程序有误"), actor("auditor"));
    let annulled = RoundEvent::Annulled { branches, period, reason, proposed_by: actor("office"), by };
    twin.then(vec![of_round(SPRING, annulled)]);
    assert_eq!(entries(&twin.office(), BOARD), []);
    assert_eq!(entries(&twin.office(), &BOARD.replace("MEMBER", "BRANCH")), []);
}

#[test]
fn equal_scores_are_parted_where_the_rules_of_every_round_on_the_board_do() {
    let twin = with_a_round(parted());
    // By the leaders alone equal scores have equal keys; one who has none comes last.
    let mut without = result_of(&parted(), &[(DAN, "90")]);
    let domain::round::Basis::Reviews { groups } = &mut without.basis else { panic!("of reviews") };
    groups.clear();
    twin.then(vec![published(SPRING, NOBODY, EAST, without)]);
    let ranks = |board: &str| entries(&twin.office(), board).into_iter().map(|(rank, ..)| rank).collect::<Vec<_>>();
    assert_eq!(ranks(BOARD), [1, 2, 2, 4]);
    twin.then(held(AGAIN, leaders_only()));
    assert_eq!(ranks(BOARD), [1, 2, 2, 2], "one of the rounds parts nothing");
}

#[test]
fn a_board_of_scores_that_has_no_sense_says_why() {
    let office = told().office();
    let code =
        |board: &str| office.code(&format!("{{ leaderboard(board: {{ subject: MEMBER, {board} }}) {{ position }} }}"));
    let month = "period: { month: { year: 2022, month: 1 } }";
    assert_eq!(code("measure: { roundScore: true }"), "board.no_period");
    assert_eq!(code(&format!("measure: {{ roundScore: true }}, {month}")), "board.scores_unfit");
    assert_eq!(code("measure: { roundScore: false }, period: { year: 2022 }"), "board.scores_unfit");
    let growth = "measure: { roundScore: true }, period: { year: 2022 }, rankedBy: GROWTH";
    assert_eq!(code(growth), "board.scores_unfit");
}
