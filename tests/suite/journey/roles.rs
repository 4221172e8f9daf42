//! A quarter played by every role: each does what belongs to it, and is refused what belongs to another.
//!
//! What each may at all is the table in `permissions.md`; here it is held where it matters, stage by stage.

use harness::feed::Feed;
use serde_json::{Value, json};

use super::panel::{TEAM, count, draft, marks, member, opening, panel, second};
use super::teller::{Ears, Teller};

const CLOSE: &str = "2022-06-30T18:00:00+08:00";
const LOOK: &str =
    "{ roundProposal(round: \"@round\", NOW) { results { nodes { member { of } explanation { score } } } } }";
const READS: &str =
    "{ recordedReads(subject: { kind: ROUND, id: \"@round\" }, filter: { denied: false }) { nodes { viewer what } } }";

/// Everybody who comes to a round, each as a viewer of the same story.
struct Cast {
    office: Teller,
    secretary: Teller,
    /// Of another branch.
    neighbour: Teller,
    boss: Teller,
    auditor: Teller,
    robot: Teller,
    m1: Teller,
    lead1: Teller,
}

impl Cast {
    fn of(t: &Teller) -> Self {
        Self {
            office: t.viewer("id=office; roles=office"),
            secretary: t.viewer("id=secretary; roles=branch_secretary; scope=@team"),
            neighbour: t.viewer("id=neighbour; roles=branch_secretary; scope=@trio"),
            boss: t.viewer("id=boss; roles=leader; scope=@team"),
            auditor: t.viewer("id=audit; roles=auditor"),
            robot: t.viewer("id=robot; roles=integration"),
            m1: member(t, "m1"),
            lead1: member(t, "lead1"),
        }
    }

    /// Whoever is in no office.
    fn but_the_office(&self) -> [&Teller; 7] {
        [&self.secretary, &self.neighbour, &self.boss, &self.auditor, &self.robot, &self.m1, &self.lead1]
    }

    /// Of the office alone.
    async fn office_alone(&self, mutation: &str, input: Value) {
        self.denied(&self.but_the_office(), mutation, &input).await;
        self.office.yes(mutation, input).await;
    }

    async fn denied(&self, these: &[&Teller], mutation: &str, input: &Value) {
        for teller in these {
            teller.no("policy.denied", mutation, input.clone()).await;
        }
    }
}

fn round() -> Value {
    json!({ "round": "@round" })
}

/// From the draft to the talk that follows, each step by whom it belongs to.
pub async fn a_quarter_is_played_by_every_role(heard: Ears) {
    let t = panel(heard, "2022-06-20T04:00:00Z").await;
    let cast = Cast::of(&t);
    opened(&t, &cast).await;
    given(&t, &cast).await;
    counted(&t, &cast).await;
    decided(&t, &cast).await;
    seen(&cast).await;
    appealed(&t, &cast).await;
    talked(&t, &cast).await;
    let Cast { office, secretary, neighbour, boss, auditor, robot, m1, lead1 } = cast;
    t.end_with(vec![office, secretary, neighbour, boss, auditor, robot, m1, lead1]).await;
}

async fn opened(t: &Teller, cast: &Cast) {
    let period = json!({ "quarter": { "year": 2022, "quarter": 2 } });
    let input = json!({ "branches": ["@team"], "period": period, "rulesVersion": 1 });
    cast.denied(&cast.but_the_office(), "draftRound", &input).await;
    draft(t, "round", &["@team"], 2, 1).await;
    cast.office_alone("openRound", opening("@round", CLOSE)).await;
    // The round is known to whoever reaches the branch or takes part in it, the integration account included.
    for teller in [&cast.office, &cast.secretary, &cast.boss, &cast.auditor, &cast.robot, &cast.m1, &cast.lead1] {
        let told = teller.ask("{ round(id: \"@round\", NOW) { stage reviewed } }").await;
        assert_eq!(told["round"], json!({ "stage": "OPENED", "reviewed": 7 }));
    }
    cast.neighbour.fails("policy.denied", "{ round(id: \"@round\", NOW) { stage } }").await;
}

async fn given(t: &Teller, cast: &Cast) {
    let own = json!({ "round": "@round", "text": "尽职尽责" });
    let who_are_no_members = [&cast.office, &cast.secretary, &cast.boss, &cast.auditor, &cast.robot];
    cast.denied(&who_are_no_members, "giveSelfReview", &own).await;
    cast.lead1.no("round.not_reviewed", "giveSelfReview", own.clone()).await;
    let review = |name: &str, marks: Value| json!({ "round": "@round", "member": format!("@{name}"), "marks": marks, "comment": "踏实" });
    cast.denied(&who_are_no_members, "giveLeaderReview", &review("m1", marks("90", "80"))).await;
    cast.m1.no("round.not_a_leader", "giveLeaderReview", review("m2", marks("90", "80"))).await;
    let paper = |name: &str| json!({ "round": "@round", "group": "PEER", "to": format!("@{name}") });
    let others = [&cast.neighbour, &cast.boss, &cast.auditor, &cast.robot, &cast.m1, &cast.lead1];
    cast.denied(&others, "issuePaper", &paper("m1")).await;
    // A member of the round follows its turnout.
    let mut feed = Feed::open(t.address(), Some(&t.filled("id=m1; roles=member; member=@m1"))).await;
    let turnout = t.filled("subscription { turnout(round: \"@round\") { position voting { group issued returned } } }");
    let id = feed.subscribe(&turnout).await;
    assert_eq!(issued(&feed.next_of(&id).await), [0, 0]);
    for name in TEAM {
        member(t, name).yes("giveSelfReview", own.clone()).await;
        let given = if name == "m2" { marks("10", "10") } else { marks("90", "80") };
        cast.lead1.yes("giveLeaderReview", review(name, given)).await;
        cast.secretary.yes("issuePaper", paper(name)).await;
    }
    cast.secretary.yes("issuePaper", json!({ "round": "@round", "group": "PUBLIC", "count": 8 })).await;
    let mut told = vec![[0, 0]];
    while told.last() != Some(&[7, 8]) {
        told.push(issued(&feed.next_of(&id).await));
    }
    assert!(told.windows(2).all(|pair| pair[0] < pair[1]), "nothing but ballots makes it be sent: {told:?}");
}

/// How many ballots were handed out, to peers and to the public.
fn issued(answer: &Value) -> [u64; 2] {
    let voting = answer["turnout"]["voting"].as_array().unwrap();
    let of = |group: &str| voting.iter().find(|voting| voting["group"] == group).unwrap()["issued"].as_u64().unwrap();
    [of("PEER"), of("PUBLIC")]
}

fn counts(group: &str) -> Value {
    let dimensions: &[&str] = if group == "PEER" { &["politics", "discipline", "part"] } else { &["service"] };
    let of = |name: &&str| {
        let answers = if *name == "m2" { [0, 0, 0, 6, 0] } else { [4, 2, 0, 0, 0] };
        let counts: Vec<Value> = dimensions.iter().map(|dimension| count(dimension, answers)).collect();
        json!({ "member": format!("@{name}"), "counts": counts })
    };
    json!({ "round": "@round", "group": group, "persons": TEAM.iter().map(of).collect::<Vec<_>>() })
}

async fn counted(t: &Teller, cast: &Cast) {
    t.server().advance_to(CLOSE.parse().unwrap());
    let back = |group: &str, returned: i64| json!({ "round": "@round", "group": group, "returned": returned });
    let others = [&cast.neighbour, &cast.boss, &cast.auditor, &cast.robot, &cast.m1, &cast.lead1];
    cast.denied(&others, "returnPaper", &back("PEER", 7)).await;
    for (group, returned) in [("PEER", 7), ("PUBLIC", 8)] {
        cast.secretary.yes("returnPaper", back(group, returned)).await;
        cast.m1.none("round.not_a_scrutineer", "countPaper", counts(group)).await;
        cast.secretary.no("policy.denied", "countPaper", counts(group)).await;
        for scrutineer in ["scru1", "scru2"] {
            member(t, scrutineer).yes("countPaper", counts(group)).await;
        }
    }
    cast.office_alone("closeRound", round()).await;
}

/// The committee works on what nobody else sees, and each of its looks is kept for the auditor.
async fn decided(t: &Teller, cast: &Cast) {
    t.on("2022-07-01");
    cast.office_alone("tallyRound", round()).await;
    for teller in cast.but_the_office() {
        teller.fails("policy.denied", LOOK).await;
    }
    let told = cast.office.ask(LOOK).await;
    assert_eq!(told["roundProposal"]["results"]["nodes"].as_array().unwrap().len(), 7);
    let looked = json!({ "recordedReads": { "nodes": [{ "viewer": "office", "what": "proposal" }] } });
    assert_eq!(cast.auditor.ask(READS).await, looked);
    for teller in [&cast.secretary, &cast.boss, &cast.robot, &cast.m1, &cast.lead1] {
        teller.fails("policy.denied", READS).await;
    }
    let shown = json!({ "round": "@round", "reviewer": "@lead1", "member": "@m1", "released": true });
    cast.office_alone("moderateComment", shown).await;
    let reason = "曾受通报";
    let grades = json!([{ "member": "@m3", "grade": "basically_qualified", "reason": reason }]);
    cast.office_alone("decideGrades", json!({ "round": "@round", "grades": grades })).await;
    cast.office_alone("publishRound", round()).await;
}

/// A result is one's own, and that of whoever the branch is in the care of; texts are not the auditor's to read.
async fn seen(cast: &Cast) {
    let of = |name: &str| {
        format!(
            "{{ roundResult(round: \"@round\", member: \"@{name}\", NOW) {{ score leaderReviews {{ comment }} }} }}"
        )
    };
    // Leaders 85, peers and public (4 × 100 + 2 × 85) ÷ 6 = 95: 34 + 28.5 + 28.5.
    let told =
        |comment: Value| json!({ "roundResult": { "score": "91.00", "leaderReviews": [{ "comment": comment }] } });
    for teller in [&cast.office, &cast.secretary, &cast.boss, &cast.m1] {
        assert_eq!(teller.ask(&of("m1")).await, told("踏实".into()));
    }
    assert_eq!(cast.auditor.ask(&of("m1")).await, told(Value::Null));
    for teller in [&cast.robot, &cast.neighbour, &cast.lead1] {
        teller.fails("policy.denied", &of("m1")).await;
    }
    cast.m1.fails("policy.denied", &of("m2")).await;
    let bundle = "{ round(id: \"@round\", NOW) { bundle } }";
    for teller in [&cast.office, &cast.auditor] {
        assert!(teller.ask(bundle).await["round"]["bundle"].as_str().unwrap().contains("people"));
    }
    // Publicity: the board of one's own branch.
    let board =
        "{ leaderboard(board: { subject: MEMBER, measure: { roundScore: true }, period: { quarter: { year: 2022,
        quarter: 2 } }, within: \"@team\" }, NOW) { nodes { rank } } }";
    for teller in [&cast.m1, &cast.robot, &cast.auditor] {
        assert_eq!(teller.ask(board).await["leaderboard"]["nodes"].as_array().unwrap().len(), 7);
    }
    cast.neighbour.fails("policy.denied", board).await;
}

async fn appealed(t: &Teller, cast: &Cast) {
    let appeal = json!({ "round": "@round", "text": "请复核" });
    cast.denied(&[&cast.office, &cast.secretary, &cast.boss, &cast.auditor, &cast.robot], "fileAppeal", &appeal).await;
    cast.m1.make("appeal", "fileAppeal", appeal).await;
    let answer = json!({ "round": "@round", "appeal": "@appeal", "upheld": false, "answer": "维持" });
    cast.denied(&cast.but_the_office(), "answerAppeal", &answer).await;
    cast.office.no("round.same_person", "answerAppeal", answer.clone()).await;
    second(t).yes("answerAppeal", answer).await;
    t.on("2022-07-20");
    cast.office_alone("finaliseRound", round()).await;
}

/// A score under 60 leads to a talk, which the leader approves and holds.
async fn talked(t: &Teller, cast: &Cast) {
    let query = "{ talks(NOW) { nodes { id step } } }";
    let told = cast.boss.ask(query).await;
    assert_eq!(told["talks"]["nodes"][0]["step"], json!("PROPOSED"), "{told}");
    t.call("talk", told["talks"]["nodes"][0]["id"].as_str().unwrap());
    assert_eq!(cast.auditor.ask(query).await["talks"]["nodes"][0]["id"], json!("@talk"));
    cast.robot.fails("policy.denied", query).await;
    // A list holds what its viewer reaches: one's own talks, those of one's branch.
    for teller in [&cast.m1, &cast.neighbour] {
        assert_eq!(teller.ask(query).await["talks"]["nodes"], json!([]));
    }
    assert_eq!(member(t, "m2").ask(query).await["talks"]["nodes"][0]["id"], json!("@talk"));
    let approve = json!({ "with": { "member": "@m2" }, "talk": "@talk" });
    let others = [&cast.neighbour, &cast.auditor, &cast.robot, &cast.m1, &cast.lead1];
    cast.denied(&others, "approveTalk", &approve).await;
    cast.boss.yes("approveTalk", approve).await;
    let held =
        json!({ "with": { "member": "@m2" }, "talk": "@talk", "on": "2022-07-20", "by": "@lead1", "record": "谈过" });
    cast.denied(&others, "holdTalk", &held).await;
    cast.boss.yes("holdTalk", held).await;
    // The report is everybody's who answers for something, and counts the talk.
    for teller in [&cast.secretary, &cast.boss, &cast.auditor, &cast.robot] {
        let told = teller.ask("{ report(year: 2022, NOW) { figures { code value } } }").await;
        let figures = told["report"]["figures"].as_array().unwrap();
        assert!(figures.contains(&json!({ "code": "talks", "value": "1" })), "{told}");
    }
    cast.m1.fails("policy.denied", "{ report(year: 2022, NOW) { figures { code } } }").await;
}
