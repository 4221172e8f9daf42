//! A refusal does not tell whether the thing exists: what is out of reach is answered as what is not there, byte for byte but
//! for the id, wherever a query or a mutation is given one, and held back alike. The schema says where.

mod weighed;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::forbidding::inputs::{NOBODY, merged, mutations};
use super::forbidding::{VIEWERS, peopled};
use super::teller::{Ears, Teller};
use super::town::month;
use crate::sdl::Sdl;

/// Where a query is given an id `X`, and what stands there that is out of reach of who sees @first. The rest of it is in reach.
pub const QUERIES: &[(&str, &str, &str)] = &[
    (
        "leaderboard.board.within",
        "leaderboard(board: { subject: MEMBER, measure: { metric: \"premium_new\" }, period: { year: 2022 }, within: \"X\" }) { nodes { score } }",
        "@second",
    ),
    (
        "leaderboard.board.measure.competition",
        "leaderboard(board: { subject: MEMBER, measure: { competition: \"X\" } }) { nodes { score } }",
        "@far_competition",
    ),
    (
        "rank.board.within",
        "rank(board: { subject: MEMBER, measure: { metric: \"premium_new\" }, period: { year: 2022 }, within: \"X\" }, subject: \"@ana\") { rank }",
        "@second",
    ),
    (
        "rank.board.measure.competition",
        "rank(board: { subject: MEMBER, measure: { competition: \"X\" } }, subject: \"@ana\") { rank }",
        "@far_competition",
    ),
    (
        "rank.subject",
        "rank(board: { subject: MEMBER, measure: { metric: \"premium_new\" }, period: { month: { year: 2022, month: 6 } } }, subject: \"X\") { rank score }",
        "@dai",
    ),
    (
        "leaderboardChange.board.within",
        "leaderboardChange(board: { subject: MEMBER, measure: { metric: \"premium_new\" }, period: { year: 2022 }, within: \"X\" }, from: { instant: \"2030-01-01T00:00:00Z\" }, to: { instant: \"2030-01-01T00:00:00Z\" }) { movedCount }",
        "@second",
    ),
    (
        "leaderboardChange.board.measure.competition",
        "leaderboardChange(board: { subject: MEMBER, measure: { competition: \"X\" } }, from: { instant: \"2030-01-01T00:00:00Z\" }, to: { instant: \"2030-01-01T00:00:00Z\" }) { movedCount }",
        "@far_competition",
    ),
    (
        "auditTrail.filter.subject.id",
        "auditTrail(filter: { subject: { kind: MEMBER, id: \"X\" } }) { nodes { position } }",
        "@dai",
    ),
    (
        "auditTrail.filter.subject.id",
        "auditTrail(filter: { subject: { kind: BRANCH, id: \"X\" } }) { nodes { position } }",
        "@second",
    ),
    (
        "auditTrail.filter.subject.id",
        "auditTrail(filter: { subject: { kind: OUTLET, id: \"X\" } }) { nodes { position } }",
        "@far_outlet",
    ),
    (
        "auditTrail.filter.subject.id",
        "auditTrail(filter: { subject: { kind: CONTACT_POINT, id: \"X\" } }) { nodes { position } }",
        "@far_point",
    ),
    (
        "auditTrail.filter.subject.id",
        "auditTrail(filter: { subject: { kind: ROUND, id: \"X\" } }) { nodes { position } }",
        "@round_second",
    ),
    ("auditTrail.filter.within", "auditTrail(filter: { within: \"X\" }) { nodes { position } }", "@second"),
    ("branch.id", "branch(id: \"X\") { id name events { nodes { type } } }", "@second"),
    ("branches.filter.within", "branches(filter: { within: \"X\" }) { nodes { name } }", "@second"),
    ("branches.filter.parent", "branches(filter: { parent: \"X\" }) { totalCount nodes { name } }", "@far_parent"),
    ("member.id", "member(id: \"X\") { id name counts { services } }", "@dai"),
    ("members.filter.within", "members(filter: { within: \"X\" }) { nodes { post } }", "@second"),
    ("members.filter.mergedInto", "members(filter: { mergedInto: \"X\" }) { totalCount nodes { post } }", "@dai"),
    ("node.id", "node(id: \"X\") { __typename }", "@second"),
    ("node.id", "node(id: \"X\") { __typename }", "@dai"),
    ("nodes.ids", "nodes(ids: [\"X\", \"@ana\"]) { __typename }", "@round_second"),
    ("outlet.id", "outlet(id: \"X\") { id name }", "@far_outlet"),
    ("outlets.filter.within", "outlets(filter: { within: \"X\" }) { nodes { name } }", "@second"),
    ("contactPoint.id", "contactPoint(id: \"X\") { id from }", "@far_point"),
    ("contactPoints.filter.within", "contactPoints(filter: { within: \"X\" }) { nodes { from } }", "@second"),
    ("contactPoints.filter.cadre", "contactPoints(filter: { cadre: \"X\" }) { totalCount nodes { from } }", "@dai"),
    (
        "contactPoints.filter.outlet",
        "contactPoints(filter: { outlet: \"X\" }) { totalCount nodes { from } }",
        "@far_outlet",
    ),
    ("training.id", "training(id: \"X\") { id topic }", "@far_training"),
    ("trainings.filter.within", "trainings(filter: { within: \"X\" }) { nodes { topic } }", "@second"),
    ("competition.id", "competition(id: \"X\") { id title }", "@far_competition"),
    ("competitions.filter.within", "competitions(filter: { within: \"X\" }) { nodes { title } }", "@second"),
    ("grants.filter.within", "grants(filter: { within: \"X\" }) { nodes { role } }", "@second"),
    ("round.id", "round(id: \"X\") { id stage roster { nodes { reviewed } } }", "@round_second"),
    ("rounds.filter.within", "rounds(filter: { within: \"X\" }) { nodes { stage } }", "@second"),
    (
        "roundPlan.within",
        "roundPlan(within: \"X\", period: { quarter: { year: 2022, quarter: 4 } }, rulesVersion: 1) { rounds { branches { branch { of } } } }",
        "@second",
    ),
    ("roundResult.round", "roundResult(round: \"X\", member: \"@ana\") { score }", "@round_second"),
    ("roundResult.round", "roundResult(round: \"X\", member: \"@dai\") { score }", "@round_second"),
    ("roundResult.member", "roundResult(round: \"@round_first\", member: \"X\") { score }", "@dai"),
    ("roundProposal.round", "roundProposal(round: \"X\") { stage }", "@round_second"),
    ("roundComments.round", "roundComments(round: \"X\") { nodes { comment } }", "@round_second"),
    ("recordedReads.subject.id", "recordedReads(subject: { kind: MEMBER, id: \"X\" }) { nodes { what } }", "@dai"),
    ("recordedReads.subject.id", "recordedReads(subject: { kind: BRANCH, id: \"X\" }) { nodes { what } }", "@second"),
    (
        "recordedReads.subject.id",
        "recordedReads(subject: { kind: ROUND, id: \"X\" }) { nodes { what } }",
        "@round_second",
    ),
    ("talk.id", "talk(id: \"X\") { id step }", "@far_talk"),
    ("talks.filter.within", "talks(filter: { within: \"X\" }) { nodes { step } }", "@second"),
    ("whatIf.round", "whatIf(round: \"X\", rules: {}) { isWhatIf }", "@round_second"),
    ("fairness.within", "fairness(period: { year: 2022 }, within: \"X\") { rounds }", "@second"),
    ("dues.within", "dues(within: \"X\") { nodes { kind } }", "@second"),
];

/// Places at which people come from anywhere in the organisation by the rules: whoever may name them learns whether a member is.
const ANYWHERE: &[&str] =
    &["correctAttendance.input.added", "holdThemeDay.input.attendees", "holdTraining.input.attendees"];

/// What stands at a place of a mutation's input, out of reach of who sees @first.
pub fn far(place: &str) -> &'static str {
    let (mutation, last) = (place.split('.').next().unwrap(), place.rsplit('.').next().unwrap());
    match (mutation, last) {
        ("moveBranch" | "transferMember", "to") => "@second",
        ("mergeMember", "into") => "@dai",
        (_, "branch" | "parent" | "into" | "within" | "branches") => "@second",
        (_, "outlet") => "@far_outlet",
        (_, "contactPoint") => "@far_point",
        (_, "training") => "@far_training",
        (_, "improvement") => "@far_improvement",
        (_, "plaque") => "@far_plaque",
        (_, "commitment") => "@far_commitment",
        (_, "grant") => "@far_grant",
        (_, "contest") => "@far_contest",
        (_, "competition") => "@far_competition",
        (_, "round" | "rounds") => "@round_second",
        (_, "talk") => "@far_talk",
        ("correctBranchResult" | "withdrawBranchResult", "corrects" | "result") => "@far_branch_result",
        (_, "corrects" | "result") => "@far_result",
        // No appeal stands in this town: what is something else is none, either.
        (_, "appeal") => "@far_talk",
        (
            _,
            "member" | "cadres" | "by" | "attendees" | "added" | "removed" | "teamMates" | "leaders" | "scrutineers"
            | "from" | "to" | "reviewer",
        ) => "@dai",
        _ => panic!("what stands at {place}?"),
    }
}

/// Inputs of which most is in reach and could be, with an id at every place.
fn samples() -> Vec<(&'static str, Value)> {
    let on = |more: Value| merged(json!({ "on": "2022-07-14" }), more);
    let marks = json!([{ "marks": { "reviewer": NOBODY, "marks": [{ "dimension": "duty", "mark": "90" }] } }]);
    let talk = |more: Value| merged(json!({ "with": { "branch": "@first" }, "talk": NOBODY }), more);
    let mut samples = vec![
        (
            "assignContactPoint",
            json!({ "branch": "@first", "cadres": ["@ana", "@bo"], "from": "2022-07-14",
            "outlets": [{ "branch": "@first", "outlet": "@hall" }, { "branch": "@first", "outlet": "@station" }] }),
        ),
        (
            "correctAttendance",
            json!({ "branch": "@first", "training": "@training", "added": ["@bo"], "removed": ["@ana"], "reason": "核对" }),
        ),
        (
            "placeInContest",
            on(
                json!({ "member": "@ana", "title": "比武", "level": "CITY", "place": 1, "teamMates": ["@bo"], "contest": NOBODY }),
            ),
        ),
        (
            "answerAppeal",
            json!({ "round": "@round_first", "appeal": NOBODY, "upheld": true, "answer": "答复", "fixes": marks.clone() }),
        ),
        ("correctResult", json!({ "round": "@round_first", "member": "@ana", "fixes": marks, "reason": "更正" })),
        (
            "decideGrades",
            json!({ "round": "@round_first", "grades": [{ "member": "@ana", "grade": "qualified", "reason": "审定" }] }),
        ),
        ("tallyRound", json!({ "round": "@round_first", "rounds": [NOBODY] })),
        ("issuePaper", json!({ "round": "@round_first", "group": "PEER", "to": "@ana" })),
        ("proposeTalk", json!({ "with": { "branch": "@first" }, "reason": "" })),
        ("approveTalk", talk(json!({}))),
        ("declineTalk", talk(json!({ "reason": "试验" }))),
        ("holdTalk", on(json!({ "with": { "member": "@ana" }, "talk": NOBODY, "by": "@bo", "record": "谈过" }))),
        ("followUpTalk", on(json!({ "with": { "member": "@ana" }, "talk": NOBODY, "note": "回访" }))),
        ("closeTalk", on(json!({ "with": { "member": "@ana" }, "talk": NOBODY }))),
        (
            "visitContactPoint",
            on(
                json!({ "branch": "@first", "contactPoint": "@point", "by": "@bo", "outlet": "@station", "note": "查看" }),
            ),
        ),
        ("draftRound", json!({ "branches": ["@first"], "period": month(6), "rulesVersion": 1 })),
    ];
    let text = |input: Value| serde_json::from_str(&input.to_string().replace("2199-01-01", "2022-07-14")).unwrap();
    samples.extend(mutations("@ana", "@first").into_iter().map(|(name, input)| (name, text(input))));
    samples
}

/// Puts an id at a place; whether there is such a place in this input.
fn put(into: &mut Value, place: &[&str], id: &str) -> bool {
    match (into, place) {
        (Value::Array(list), []) => {
            *list = vec![json!(id)];
            true
        }
        (value @ Value::String(_), []) => {
            *value = json!(id);
            true
        }
        (Value::Array(list), rest) => list.first_mut().is_some_and(|first| put(first, rest, id)),
        (Value::Object(map), [name, rest @ ..]) => map.get_mut(*name).is_some_and(|part| put(part, rest, id)),
        _other => false,
    }
}

/// Things of @second, and some of @first to name beside them.
pub async fn furnished(t: &Teller) {
    let outlet = |branch: &str| json!({ "branch": branch, "kind": "FINANCIAL", "name": "网点", "on": "2022-01-04" });
    t.make("far_outlet", "openOutlet", outlet("@second")).await;
    t.make("far_station", "openOutlet", merged(outlet("@second"), json!({ "kind": "DELIVERY" }))).await;
    for name in ["eve", "fay"] {
        let person = json!({ "branch": "@second", "staffNumber": format!("B-{name}"), "name": "试", "post": "CADRE", "on": "2021-01-04" });
        t.make(name, "registerMember", person).await;
    }
    let point = |branch: &str, cadres: [&str; 2], outlets: [&str; 2]| {
        json!({ "branch": branch, "cadres": cadres, "from": "2022-07-02",
        "outlets": outlets.map(|outlet| json!({ "branch": branch, "outlet": outlet })) })
    };
    t.make("point", "assignContactPoint", point("@first", ["@ana", "@bo"], ["@hall", "@station"])).await;
    t.make("far_point", "assignContactPoint", point("@second", ["@eve", "@fay"], ["@far_outlet", "@far_station"]))
        .await;
    for (name, branch, who) in [("training", "@first", "@ana"), ("far_training", "@second", "@dai")] {
        let training =
            json!({ "branch": branch, "on": "2022-07-01", "topic": "学习", "minutes": 60, "attendees": [who] });
        t.make(name, "holdTraining", training).await;
    }
    let improvement =
        json!({ "branch": "@second", "on": "2022-07-01", "what": "流程", "evidence": "照片", "effect": "加快" });
    t.make("far_improvement", "reportImprovement", improvement).await;
    let competition = json!({ "branch": "@second", "title": "竞赛", "metric": "premium_new", "period": month(7), "competitors": "MEMBERS",
        "rankedBy": "VALUE" });
    t.make("far_competition", "announceCompetition", competition).await;
    let of_dai = |more: Value| merged(json!({ "member": "@dai", "on": "2022-07-01" }), more);
    let plaque = json!({ "member": "@eve", "on": "2022-07-01", "duty": "柜员" });
    t.make("far_plaque", "publishPlaque", plaque).await;
    t.make("far_commitment", "makeCommitment", of_dai(json!({ "due": "2022-12-31", "text": "走访" }))).await;
    t.make(
        "far_contest",
        "placeInContest",
        of_dai(json!({ "title": "比武", "level": "CITY", "place": 1, "teamMates": [] })),
    )
    .await;
    let result = json!({ "metric": "premium_new", "period": month(5), "value": "3" });
    t.make("far_result", "reportMemberResult", merged(json!({ "member": "@dai" }), result.clone())).await;
    t.make("far_branch_result", "reportBranchResult", merged(json!({ "branch": "@second" }), result)).await;
    t.make("far_talk", "proposeTalk", json!({ "with": { "member": "@dai" }, "reason": "谈谈" })).await;
    let grant = json!({ "branch": "@second", "to": "somebody", "role": "LEADER", "from": "2022-07-01" });
    t.make("far_grant", "grantRole", grant).await;
    let parent = json!({ "kind": "GENERAL_BRANCH", "parent": "@second", "name": "总支", "on": "2022-07-01" });
    t.make("far_parent", "establishBranch", parent).await;
    let child = json!({ "kind": "BRANCH", "parent": "@far_parent", "name": "支部", "on": "2022-07-01" });
    t.make("far_child", "establishBranch", child).await;
    t.ask("{ organisation(NOW) { id } }").await;
}

/// An answer without the id that was asked for.
fn without(answer: &Value, t: &Teller, id: &str) -> String {
    let filled = t.filled(id);
    // Elsewhere in a sample there may be something that is nowhere.
    [filled.as_str(), id, NOBODY].iter().fold(answer.to_string(), |answer, id| answer.replace(id, "ID"))
}

async fn queried(t: &Teller, name: &str, viewer: &Teller) {
    for (place, document, far) in QUERIES {
        let mut answers = Vec::new();
        for id in [far, &NOBODY] {
            answers.push(without(&viewer.response(&format!("{{ {} }}", document.replace('X', id))).await, t, id));
        }
        assert_eq!(answers[0], answers[1], "{place} tells {name} that {far} is there");
        assert!(!answers[0].contains("request.invalid"), "{place} is asked properly: {}", answers[0]);
    }
}

/// An input with an id at a place, under an id of its own; nothing where it has no such place.
fn naming(input: &Value, place: &str, id: &str, command: &str) -> Option<Value> {
    let parts: Vec<&str> = place.split('.').skip(2).collect();
    let mut input = merged(input.clone(), json!({ "commandId": command }));
    put(&mut input, &parts, id).then_some(input)
}

async fn sent(
    t: &Teller,
    (name, viewer): (&str, &Teller),
    (mutation, input): &(&'static str, Value),
    place: &str,
) -> Option<[String; 2]> {
    let mut answers = Vec::new();
    for id in [far(place), NOBODY] {
        // What the client names itself may be anything, and is accepted twice: under two ids, at two positions.
        let command = format!("{name} {place} {id}");
        let mut answer = viewer.send(mutation, naming(input, place, id, &command)?).await;
        answer["position"].take();
        answers.push(without(&answer, t, id).replace(&without(&json!(command), t, id), "\"COMMAND\""));
    }
    answers.try_into().ok()
}

/// The schema's places, each with answers to compare.
pub async fn what_is_out_of_reach_is_answered_as_what_is_not_there(heard: Ears) {
    let t = peopled(heard).await;
    furnished(&t).await;
    let schema = Sdl::read(&graphql::schema::sdl());
    let of_queries: BTreeSet<String> = schema.places("Query").into_iter().collect();
    let known: BTreeSet<String> = QUERIES.iter().map(|(place, ..)| (*place).to_owned()).collect();
    assert_eq!(of_queries, known, "each place of a query that takes an id is asked with one");
    let scoped = || VIEWERS.iter().filter(|(_, words)| words.contains("@first") || words.contains("nobody"));
    let mut viewers = Vec::new();
    for (name, words) in scoped() {
        let viewer = t.viewer(words);
        queried(&t, name, &viewer).await;
        viewers.push((*name, viewer));
    }
    let mut of_mutations = schema.places("Mutation");
    // Many commands in one call are these, each through the same door.
    of_mutations.retain(|place| !place.starts_with("sendCommands."));
    of_mutations.sort_by_key(|place| ANYWHERE.contains(&place.as_str()));
    let samples = samples();
    let mut told_apart = BTreeSet::new();
    for place in &of_mutations {
        let mutation = place.split('.').next().unwrap();
        let fitting: Vec<_> = samples.iter().filter(|(name, _)| *name == mutation).collect();
        let mut asked = 0;
        for sample in fitting {
            for (name, viewer) in &viewers {
                let Some([far, none]) = sent(&t, (*name, viewer), sample, place).await else { continue };
                asked += 1;
                if far != none {
                    assert!(ANYWHERE.contains(&place.as_str()), "{place} tells {name} what is there:\n{far}\n{none}");
                    told_apart.insert(place.as_str());
                }
            }
        }
        assert!(asked > 0, "no sample of {mutation} has an id at {place}");
    }
    assert_eq!(told_apart, ANYWHERE.iter().copied().collect(), "where people come from anywhere, and nowhere else");
    drop(viewers);
    weighed::what_comes_to_nothing_is_held_back_and_takes_as_much(&t, &of_mutations, &samples).await;
}
