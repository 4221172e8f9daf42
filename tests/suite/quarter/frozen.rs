//! Two worlds that differ in nothing but marks and counts are answered alike, by everybody's every path, until they
//! are published: nobody learns from an answer what is hidden, neither from a number nor from an error or its length.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::heard::Ears;
use super::printed::printed;
use super::world::{EXPLANATION, NAMED, PATHS, VIEWERS, World};
use super::{CLOSES, DECIDED, Secrets};

async fn alike(one: &mut World, other: &mut World, before: &str) {
    let (a, b) = tokio::join!(one.until(before), other.until(before));
    assert_eq!(a, b, "what commands are answered with up to {before}");
    let last = before == "publishRound";
    let (a, b) = tokio::join!(one.looked_at(last), other.looked_at(last));
    for ((path, seen), (_, there)) in a.into_iter().zip(b) {
        assert_eq!(seen, there, "{path} before {before}");
    }
}

/// Every number of a score that a text of JSON or of the API holds under that name.
fn numbers<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v str>) {
    match value {
        Value::Array(parts) => parts.iter().for_each(|part| numbers(part, name, found)),
        Value::Object(fields) => fields.iter().for_each(|(field, part)| match part.as_str() {
            Some(number) if field == name => found.push(number),
            _other => numbers(part, name, found),
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn a_published_score_is_the_same_number_on_every_path_for_everybody() {
    let folder = harness::program::data();
    let mut world = World::under(&folder.path().join("master.key"), MOTLEY).await;
    let last = world.until("finaliseRound").await.pop().unwrap()["position"].clone();
    let known = format!("{{ round(id: \"@round\", atLeast: {last}) {{ stage }} }}");
    let _known = world.api.data(&world.play.filled(&known), json!({})).await.unwrap();
    let own = "{ roundResult(round: \"@round\", member: \"@m1\") { score explanation { score } } }";
    let member = "{ member(id: \"@m1\") { roundResults { nodes { score } } } }";
    let board = "{ rank(board: { subject: MEMBER, measure: { roundScore: true }, period: { quarter: { year: 2022,
        quarter: 2 } } }, subject: \"@m1\") { score value } }";
    let mut heard = vec![];
    for viewer in [VIEWERS[0], VIEWERS[1], VIEWERS[2], VIEWERS[3], VIEWERS[5]] {
        let api = world.api.as_viewer(&world.play.filled(viewer));
        for query in [own, member, board] {
            let told = api.data(&world.play.filled(query), json!({})).await.unwrap();
            let mut found = vec![];
            numbers(&told, "score", &mut found);
            assert!(!found.is_empty(), "{viewer} {query}: {told}");
            heard.extend(found.into_iter().map(str::to_owned));
        }
    }
    // What a stranger recounts, and what the log holds: the last one of hers, as it was put right.
    let office = world.api.as_viewer(VIEWERS[0]);
    let asked = "{ round(id: \"@round\") { bundle } auditTrail(filter: { subject: { kind: MEMBER, id: \"@m1\" },
        type: \"round_result_published\" }, reverse: true, first: 1) { nodes { body } } }";
    let told = office.data(&world.play.filled(asked), json!({})).await.unwrap();
    let bundle: Value = serde_json::from_str(told["round"]["bundle"].as_str().unwrap()).unwrap();
    let people = bundle["people"].as_array().unwrap().iter();
    let stated = people.clone().find(|person| person["member"] == *world.play.ids["m1"]).unwrap();
    heard.push(stated["stated"]["score"].as_str().unwrap().to_owned());
    let body: Value = serde_json::from_str(told["auditTrail"]["nodes"][0]["body"].as_str().unwrap()).unwrap();
    heard.push(body["round_result_published"]["result"]["score"].as_str().unwrap().to_owned());
    let heard: std::collections::BTreeSet<Decimal> = heard.iter().map(|score| score.parse().unwrap()).collect();
    assert_eq!(heard.len(), 1, "{heard:?}");
    world.server.stop().await;
}

/// Everything is marked and answered in every way there is.
const MOTLEY: Secrets = Secrets {
    duty: "93.25",
    contests: Some("71.05"),
    answers: |ballots| [ballots - 4, 2, 1, 1],
    unknown: None,
    released: true,
    looked_before: true,
    otherwise: &[("m3", "basically_qualified", "曾受通报")],
};
/// Little is marked and everybody says the same; of one too little is said to count.
const UNIFORM: Secrets = Secrets {
    duty: "7",
    contests: None,
    answers: |ballots| [ballots, 0, 0, 0],
    unknown: Some("m5"),
    released: false,
    looked_before: true,
    otherwise: &[("m2", "not_qualified", "全年两次受到通报批评,整改不到位"), ("m7", "excellent", "抢险中表现突出")],
};

/// The two worlds under one key, and the folder it is in.
async fn worlds() -> (tempfile::TempDir, World, World) {
    of(MOTLEY, UNIFORM).await
}

async fn of(motley: Secrets, uniform: Secrets) -> (tempfile::TempDir, World, World) {
    let folder = harness::program::data();
    let key = folder.path().join("master.key");
    let (one, other) = (World::under(&key, motley).await, World::under(&key, uniform).await);
    (folder, one, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_a_score_before_publication_on_any_path() {
    let (_folder, mut one, mut other) = worlds().await;
    assert!(CLOSES < DECIDED);
    for stage in ["giveSelfReview", "returnPaper", "tallyRound", "moderateComment", "decideGrades", "publishRound"] {
        alike(&mut one, &mut other, stage).await;
        let given = [stage != "giveSelfReview", stage != "giveSelfReview" && stage != "returnPaper"];
        for (viewer, given) in NAMED.into_iter().zip(given) {
            let (a, b) = (one.own(viewer).await, other.own(viewer).await);
            assert_eq!(a != b, given, "{viewer} reads back what they gave, before {stage}: {a}");
        }
    }
    for viewer in NAMED {
        one.until("finaliseRound").await;
        let told = one.own(viewer).await;
        assert!(!told.contains("mark") && !told.contains("grades"), "from publication on the result tells: {told}");
    }
    // And afterwards they are told apart by what everybody may see.
    one.until("finaliseRound").await;
    other.until("finaliseRound").await;
    let (a, b) = (one.looked_at(false).await, other.looked_at(false).await);
    let told: Vec<String> =
        a.into_iter().zip(b).filter(|((_, seen), (_, there))| seen != there).map(|((path, _), _)| path).collect();
    let asked = one.api.as_viewer(VIEWERS[0]);
    for path in PATHS {
        let query = format!("{{ {} }}", path.replace("AT", "").replace("RESULT", EXPLANATION));
        let _answered = asked.data(&one.play.filled(&query), json!({})).await.unwrap();
    }
    let paths = [
        "bundle",
        "roundResult",
        "leaderboard",
        "auditTrail",
        "whatIf",
        "fairness",
        "round_comment_moderated",
        "branch(",
    ];
    for path in paths {
        assert!(told.iter().any(|told| told.contains(path)), "{path} tells results once they are published: {told:#?}");
    }
    one.server.stop().await;
    other.server.stop().await;
}

#[tokio::test]
async fn nobody_who_follows_is_sent_a_score_before_publication() {
    let (_folder, mut one, mut other) = worlds().await;
    let (_, _) = tokio::join!(one.until("giveSelfReview"), other.until("giveSelfReview"));
    let mut ears = vec![];
    for viewer in VIEWERS {
        ears.push((viewer, Ears::open(&one, viewer).await, Ears::open(&other, viewer).await));
    }
    for stage in ["returnPaper", "tallyRound", "publishRound"] {
        let (_, _) = tokio::join!(one.until(stage), other.until(stage));
        for (viewer, ears, others) in &mut ears {
            let (heard, there) = (ears.up_to(&one).await, others.up_to(&other).await);
            assert_eq!(heard, there, "{viewer} before {stage}");
        }
    }
    // Whoever may see the board is sent it as soon as it is there, and not the same one.
    let (_, _) = (one.until("fileAppeal").await, other.until("fileAppeal").await);
    let (_, mut ears, mut others) = ears.remove(0);
    let (heard, there) = (ears.until_the_board_is_sent().await, others.until_the_board_is_sent().await);
    assert_ne!(heard, there);
    one.server.stop().await;
    other.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_printed_of_a_score_before_publication() {
    // How many versions rows have is printed too: the comment is looked at once.
    let once = |secrets| Secrets { looked_before: false, ..secrets };
    let (folder, mut one, mut other) = of(once(MOTLEY), once(UNIFORM)).await;
    let (_, _) = tokio::join!(one.until("publishRound"), other.until("publishRound"));
    let (here, there) = (printed(&one, folder.path()).await, printed(&other, folder.path()).await);
    for ((command, printed), (_, other)) in here.iter().zip(&there) {
        assert_eq!(printed, other, "{command}");
    }
    // What is printed is not nothing, and the program finds the rounds in order.
    let text: String = here.iter().map(|(_, printed)| printed.as_str()).collect();
    for said in ["rounds at", "round_people at", "paper_counts at", "leader_reviews at", "rows agree", "2022 年度报告"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    one.server.stop().await;
    other.server.stop().await;
}
