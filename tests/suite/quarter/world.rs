//! A world in which the quarter is played: a server over a database of its own, and every path that leads to a round in it.

use std::path::Path;
use std::sync::Arc;

use harness::client::Api;
use harness::ground::Ground;
use harness::server::Server;
use infra::auth::SignIn;
use infra::clock::Clock;
use infra::keys::MasterKey;
use serde_json::{Value, json};

use super::{FOUNDED, Play, Secrets, Step, script};

/// Who looks; the office is asked for what it may see of a running round, not for the committee's own view.
pub(super) const VIEWERS: [&str; 8] = [
    "id=office; roles=office",
    "id=audit; roles=auditor",
    "id=boss; roles=leader",
    "id=secretary; roles=branch_secretary; scope=@team",
    "id=lead1; roles=member; member=@lead1",
    "id=m1; roles=member; member=@m1",
    "id=scru1; roles=member; member=@scru1",
    "id=robot; roles=integration",
];

pub(super) const EXPLANATION: &str =
    "score grade version explanation { score exact grade proposed borderTie reason steps { text
    textZh } groups { group score gap dimensions { mean valid grades { grade count } marks { mark } } } }";

/// Every path that leads to a round, a person in it, or what is made of both.
pub(super) const PATHS: [&str; 25] = [
    "talks(first: 5AT) { nodes { id step } }",
    "recordedReads(subject: { kind: ROUND, id: \"@round\" }) { nodes { what } }",
    "round(id: \"@round\"AT) { stage version decidedBy closesAt publishedAt voting { group attempt issued returned blank
       eligible tookPart turnout voidCause counting { scrutineer { of } entered of } } voided { cause } notices { reason } }",
    "nodes(ids: [\"@round\"]AT) { id ... on Round { stage voting { group issued returned turnout } results { totalCount nodes { RESULT } } } }",
    "round(id: \"@round\"AT) { bundle results { totalCount nodes { RESULT } } appeals { nodes { id } } }",
    "round(id: \"@round\"AT) { roster { nodes { member { of } tookPaper reviewsReceived selfReview { text times }
       leaderReviews { times hasComment comment released withheldReason } result { RESULT } } } }",
    "round(id: \"@round\"AT) { events(first: 50) { nodes { position type body reason } }
       appeals { nodes { events(first: 5) { nodes { position type body } } } } }",
    "round(id: \"@round\"AT) { roster { nodes { events(first: 20) { nodes { position type body reason } }
       leaderReviews { events(first: 5) { nodes { position type body reason } } } } } }",
    "round(id: \"@round\"AT) { me { result { RESULT } } }",
    "rounds(first: 5) { totalCount nodes { id stage } }",
    "roundResult(round: \"@round\", member: \"@m1\"AT) { RESULT versions { version scoreBefore } selfReview { text }
       leaderReviews { comment released } events(first: 20) { nodes { position type body reason } } }",
    "member(id: \"@m1\"AT) { id roundResults { nodes { RESULT } } talks { nodes { id } } }",
    "leaderboard(board: { subject: MEMBER, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 2 } }
       }AT) { totalCount nodes { rank score subject { of } events(first: 5) { nodes { position type body } } } }",
    "leaderboard(board: { subject: BRANCH, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 2 } }
       }AT) { totalCount nodes { rank score subject { of } } }",
    "rank(board: { subject: MEMBER, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 2 } } },
       subject: \"@m1\"AT) { rank score }",
    "leaderboardChange(board: { subject: MEMBER, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 2 } }
       }, from: { position: \"1\" }, to: { instant: \"2030-01-01T00:00:00Z\" }) { movedCount nodes { subject { of } scoreChange
       after { rank score } events(first: 5) { nodes { position type body } } } }",
    "auditTrail(first: 100, reverse: trueAT) { nodes { position type actor recordedAt reason body concerns { of } sequence } }",
    "auditTrail(filter: { subject: { kind: MEMBER, id: \"@m1\" } }, first: 100AT) { nodes { position type reason body } }",
    "report(year: 2022AT) { figures { code value exactness events(first: 5) { nodes { position } } } }",
    "auditTrail(filter: { type: \"round_comment_moderated\" }, first: 20AT) { nodes { position body reason concerns { of } } }",
    "branch(id: \"@team\"AT) { standing counts { members } talks { nodes { id } } results { nodes { value } }
       standings { nodes { value } } members(first: 8) { nodes { id standing roundResults { nodes { score grade version } } } } }",
    "whatIf(round: \"@round\", rules: { preset: RENORMALISE }) { isWhatIf entries { after { score rank } } }",
    "fairness(period: { quarter: { year: 2022, quarter: 2 } }) { severities { severity { exact } others { exact } } }",
    "rounds(first: 5AT) { nodes { reviewed peers quarters { of } results { totalCount } } }",
    "dues(first: 20AT) { nodes { kind item subject { of } dueAt dueOn noted appeals { dueAt } } }",
];

/// What a leader gave and a scrutineer counted: told to themselves, and to nobody else.
const OWN: &str = "round(id: \"@round\"AT) { roster { nodes { ownReview { marks { mark } comment times } ownCounts {
    dimensions { unknown grades { count } } times } } } }";
/// To whom that is told.
pub(super) const NAMED: [&str; 2] = [VIEWERS[4], VIEWERS[6]];

/// What the committee works on, each look recorded: whoever else asks is told the same in both worlds.
const COMMITTEE: [&str; 2] = [
    "roundProposal(round: \"@round\") { version results { nodes { member { of } explanation { score } } } }",
    "roundComments(round: \"@round\") { nodes { comment released reason } }",
];

/// What does not belong before publication, for whoever asks too early.
const EARLY: [(&str, &str); 6] = [
    ("finaliseRound", "{ \"round\": \"@round\" }"),
    ("repeatGroup", "{ \"round\": \"@round\", \"group\": \"PEER\", \"closesAt\": \"2022-07-20T04:00:00Z\" }"),
    (
        "correctResult",
        "{ \"round\": \"@round\", \"member\": \"@m1\", \"reason\": \"早\", \"fixes\": [{ \"grade\": \"excellent\" }] }",
    ),
    ("fileAppeal", "{ \"round\": \"@round\", \"text\": \"早\" }"),
    ("decideGrades", "{ \"round\": \"@round\" }"),
    ("publishRound", "{ \"round\": \"@round\" }"),
];
/// Of these the office is asked for none: it would decide.
const DECIDING: [&str; 2] = ["decideGrades", "publishRound"];

/// A world in which the quarter is played.
pub(super) struct World {
    pub(super) server: Server,
    pub(super) address: String,
    pub(super) api: Api,
    pub(super) play: Play,
    script: Vec<Step>,
    sent: usize,
    /// The ends of earlier stages.
    marks: Vec<u64>,
}

impl World {
    /// A world of these secrets under a key, which is the same in two worlds that are compared: ids follow from it.
    pub(super) async fn under(key: &Path, secrets: Secrets) -> Self {
        let mut ground = Ground::fresh().await;
        ground.key = MasterKey::load_or_create(key).unwrap();
        let clock = Arc::new(Clock::simulated(FOUNDED.parse().unwrap()));
        let mut server = Server::over(ground, clock).await;
        let address = server.open(SignIn::Development).await;
        let api = Api::at(&address);
        Self { server, address, api, play: Play::default(), script: script(secrets), sent: 0, marks: vec![] }
    }

    /// The last position.
    pub(super) async fn head(&self) -> u64 {
        let head = self.api.data("{ log { position } }", json!({})).await.unwrap()["log"]["position"].clone();
        head.as_str().unwrap().parse().unwrap()
    }

    /// Sends the steps up to the one of that name; answers all it is answered with.
    pub(super) async fn until(&mut self, mutation: &str) -> Vec<Value> {
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
    pub(super) async fn own(&self, viewer: &str) -> String {
        let query = self.play.filled(&format!("{{ {} }}", OWN.replace("AT", "")));
        self.api.as_viewer(&self.play.filled(viewer)).data(&query, json!({})).await.unwrap().to_string()
    }

    /// Asks every path as everybody, as of now; `back` as of the ends of the stages before too.
    pub(super) async fn looked_at(&mut self, back: bool) -> Vec<(String, String)> {
        let head = self.head().await;
        self.marks.push(head);
        let marks = if back { self.marks.clone() } else { vec![head] };
        let mut seen = vec![];
        for viewer in VIEWERS {
            let api = self.api.as_viewer(&self.play.filled(viewer));
            let office = viewer == VIEWERS[0];
            let own = (!NAMED.contains(&viewer)).then_some(OWN);
            for path in PATHS.into_iter().chain(own).chain(COMMITTEE.into_iter().filter(|_| !office)) {
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
                    // So are the errors of fields that are answered beside each other.
                    let errors = answer.get_mut("errors").and_then(Value::as_array_mut);
                    errors.into_iter().for_each(|errors| errors.sort_by_key(Value::to_string));
                    seen.push((format!("{viewer} {path} at {mark}"), unsealed(&answer.to_string())));
                }
            }
            for (mutation, input) in EARLY {
                let input: Value = serde_json::from_str(&self.play.filled(input)).unwrap();
                let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
                let query = format!(
                    "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ refusal {{ code message facts {{ name value }} }} }} }}"
                );
                if !office || !DECIDING.contains(&mutation) {
                    let answer = api.ask(&query, json!({ "input": input })).await.unwrap();
                    seen.push((format!("{viewer} {mutation}"), answer.to_string()));
                }
            }
        }
        seen
    }
}

/// What is sealed, by its length alone: keys differ between the worlds.
pub(super) fn unsealed(answer: &str) -> String {
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
