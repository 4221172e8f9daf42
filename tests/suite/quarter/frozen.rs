//! Two worlds that differ in nothing but marks and counts are answered alike, by everybody's every path, until they
//! are published: nobody learns from an answer what is hidden, neither from a number nor from an error or its length.

use std::sync::Arc;

use harness::client::Api;
use harness::ground::Ground;
use harness::server::Server;
use infra::auth::SignIn;
use infra::clock::Clock;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{CLOSES, DECIDED, FOUNDED, Play, Secrets, Step, script};

/// Who looks; the office is asked for what it may see of a running round, not for the committee's own view.
const VIEWERS: [&str; 8] = [
    "id=office; roles=office",
    "id=audit; roles=auditor",
    "id=boss; roles=leader",
    "id=secretary; roles=branch_secretary; scope=@team",
    "id=lead1; roles=member; member=@lead1",
    "id=m1; roles=member; member=@m1",
    "id=scru1; roles=member; member=@scru1",
    "id=robot; roles=integration",
];

const EXPLANATION: &str = "score grade version explanation { score exact grade proposed borderTie reason steps { text
    textZh } groups { group score gap dimensions { mean valid grades { grade count } marks { mark } } } }";

/// Every path that leads to a round, a person in it, or what is made of both.
const PATHS: [&str; 18] = [
    "talks(first: 5AT) { nodes { id step } }",
    "recordedReads(subject: { kind: ROUND, id: \"@round\" }) { nodes { what } }",
    "round(id: \"@round\"AT) { stage version decidedBy closesAt publishedAt voting { group attempt issued returned blank
       eligible turnout counting { scrutineer { id } entered of } } notices { reason } }",
    "round(id: \"@round\"AT) { bundle results { totalCount nodes { RESULT } } appeals { nodes { id } } }",
    "round(id: \"@round\"AT) { roster { nodes { member { id } tookPaper reviewsReceived selfReview { text times }
       leaderReviews { times comment released } result { RESULT } } } }",
    "round(id: \"@round\"AT) { me { result { RESULT } } }",
    "rounds(first: 5) { totalCount nodes { id stage } }",
    "roundResult(round: \"@round\", member: \"@m1\"AT) { RESULT versions { version scoreBefore } }",
    "member(id: \"@m1\"AT) { id roundResults { nodes { RESULT } } talks { nodes { id } } }",
    "leaderboard(board: { subject: MEMBER, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 2 } }
       }AT) { totalCount nodes { rank score subject { id } } }",
    "leaderboard(board: { subject: BRANCH, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 2 } }
       }AT) { totalCount nodes { rank score subject { id } } }",
    "rank(board: { subject: MEMBER, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 2 } } },
       subject: \"@m1\"AT) { rank score }",
    "auditTrail(first: 100, reverse: trueAT) { nodes { position type actor recordedAt reason body concerns { id } sequence } }",
    "auditTrail(filter: { subject: { kind: MEMBER, id: \"@m1\" } }, first: 100AT) { nodes { position type reason body } }",
    "report(year: 2022AT) { figures { code value exactness events(first: 5) { nodes { position } } } }",
    "dues(first: 20AT) { nodes { kind dueAt } }",
    "whatIf(round: \"@round\", rules: { preset: RENORMALISE }) { isWhatIf entries { after { score rank } } }",
    "fairness(period: { quarter: { year: 2022, quarter: 2 } }) { severities { severity { exact } others { exact } } }",
];

/// What a leader gave and a scrutineer counted: told to themselves, and to nobody else.
const OWN: &str = "round(id: \"@round\"AT) { roster { nodes { ownReview { marks { mark } comment times } ownCounts {
    dimensions { unknown grades { count } } times } } } }";
/// To whom that is told.
const NAMED: [&str; 2] = [VIEWERS[4], VIEWERS[6]];

/// What does not belong before publication, for whoever asks too early.
const EARLY: [(&str, &str); 3] = [
    ("decideGrades", "{ \"round\": \"@round\" }"),
    ("publishRound", "{ \"round\": \"@round\" }"),
    ("finaliseRound", "{ \"round\": \"@round\" }"),
];

struct World {
    server: Server,
    api: Api,
    play: Play,
    script: Vec<Step>,
    sent: usize,
    /// The ends of earlier stages.
    marks: Vec<u64>,
}

impl World {
    async fn over(ground: Ground, secrets: Secrets) -> Self {
        let clock = Arc::new(Clock::simulated(FOUNDED.parse().unwrap()));
        let mut server = Server::over(ground, clock).await;
        let api = Api::at(&server.open(SignIn::Development).await);
        Self { server, api, play: Play::default(), script: script(secrets), sent: 0, marks: vec![] }
    }

    /// Sends the steps up to the one of that name; answers all it is answered with.
    async fn until(&mut self, mutation: &str) -> Vec<Value> {
        let mut answers = vec![];
        while self.sent < self.script.len() && self.script[self.sent].mutation != mutation {
            let step = self.script[self.sent].clone();
            self.server.advance_to(step.at.parse().unwrap());
            answers.push(self.play.send(&self.api, self.sent, &step).await);
            self.sent += 1;
        }
        answers
    }

    /// What is told to somebody who is named in the round of what they gave.
    async fn own(&self, viewer: &str) -> String {
        let query = self.play.filled(&format!("{{ {} }}", OWN.replace("AT", "")));
        self.api.as_viewer(&self.play.filled(viewer)).data(&query, json!({})).await.unwrap().to_string()
    }

    /// Asks every path as everybody, as of now; `back` as of the ends of the stages before too.
    async fn looked_at(&mut self, back: bool) -> Vec<(String, String)> {
        let head = self.api.data("{ log { position } }", json!({})).await.unwrap()["log"]["position"].clone();
        let head: u64 = head.as_str().unwrap().parse().unwrap();
        self.marks.push(head);
        let marks = if back { self.marks.clone() } else { vec![head] };
        let mut seen = vec![];
        for viewer in VIEWERS {
            let api = self.api.as_viewer(&self.play.filled(viewer));
            let own = (!NAMED.contains(&viewer)).then_some(OWN);
            for path in PATHS.into_iter().chain(own) {
                for mark in &marks {
                    if *mark != head && !path.contains("AT") {
                        continue;
                    }
                    let when = format!(", asOf: {{ position: \"{mark}\" }}");
                    let query = format!("{{ {} }}", path.replace("AT", &when).replace("RESULT", EXPLANATION));
                    let mut answer = api.ask(&self.play.filled(&query), json!({})).await.unwrap();
                    // Looks at one instant, which the clock of this test stands at, are in no order.
                    let looks = answer.pointer_mut("/data/recordedReads/nodes").and_then(Value::as_array_mut);
                    looks.into_iter().for_each(|looks| looks.sort_by_key(Value::to_string));
                    seen.push((format!("{viewer} {path} at {mark}"), unsealed(&answer.to_string())));
                }
            }
            for (mutation, input) in EARLY {
                let input: Value = serde_json::from_str(&self.play.filled(input)).unwrap();
                let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
                let query = format!(
                    "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ refusal {{ code message facts {{ name value }} }} }} }}"
                );
                if viewer != VIEWERS[0] {
                    let answer = api.ask(&query, json!({ "input": input })).await.unwrap();
                    seen.push((format!("{viewer} {mutation}"), answer.to_string()));
                }
            }
        }
        seen
    }
}

/// What is sealed, by its length alone: keys differ between the worlds.
fn unsealed(answer: &str) -> String {
    let mut shown = String::new();
    let mut rest = answer;
    while let Some(at) = rest.find("v1.") {
        shown.push_str(&rest[..at]);
        let sealed = rest[at..].find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)));
        let length = sealed.unwrap_or(rest.len() - at);
        shown.push_str(&format!("<{length} sealed>"));
        rest = &rest[at + length..];
    }
    shown + rest
}

async fn alike(one: &mut World, other: &mut World, before: &str) {
    let (a, b) = (one.until(before).await, other.until(before).await);
    assert_eq!(a, b, "what commands are answered with up to {before}");
    let last = before == "publishRound";
    let (a, b) = (one.looked_at(last).await, other.looked_at(last).await);
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
    let mut world = World::over(Ground::fresh().await, Secrets { duty: "93.25", excellent: 5 }).await;
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

#[tokio::test]
async fn nobody_learns_a_score_before_publication_on_any_path() {
    let ground = Ground::fresh().await;
    let mut twin = Ground::fresh().await;
    twin.key = ground.key.clone();
    let mut one = World::over(ground, Secrets { duty: "93.25", excellent: 5 }).await;
    let mut other = World::over(twin, Secrets { duty: "7", excellent: 1 }).await;
    assert!(CLOSES < DECIDED);
    for stage in ["giveSelfReview", "returnPaper", "tallyRound", "decideGrades", "publishRound"] {
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
    for path in ["bundle", "roundResult", "leaderboard", "auditTrail", "whatIf", "fairness"] {
        assert!(told.iter().any(|told| told.contains(path)), "{path} tells results once they are published: {told:#?}");
    }
    one.server.stop().await;
    other.server.stop().await;
}
