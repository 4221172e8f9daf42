//! A quarter's round as a script of commands over HTTP: the same twice, whatever happens between two of them.
//!
//! Ids follow from the key and the commands' own ids, so two programs with one key name everything alike.

mod frozen;
mod heard;
mod killed;
mod printed;
mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use harness::client::Api;
use harness::wait::until;
use serde_json::{Value, json};

/// Who is reviewed.
const TEAM: [&str; 7] = ["m1", "m2", "m3", "m4", "m5", "m6", "m7"];
/// When the organisation is founded, when the round closes, when it is decided, when appeals are over.
const FOUNDED: &str = "2022-06-20T04:00:00Z";
const CLOSES: &str = "2022-06-30T10:00:00Z";
const DECIDED: &str = "2022-07-01T04:00:00Z";
const OVER: &str = "2022-07-30T04:00:00Z";

/// One command.
#[derive(Clone)]
struct Step {
    /// When it is given.
    at: &'static str,
    /// By whom, as the development sign-in has it.
    viewer: String,
    mutation: &'static str,
    input: Value,
    /// What the id it answers is called from then on.
    name: String,
}

/// What is different in two worlds that look alike until publication.
#[derive(Clone, Copy)]
struct Secrets {
    duty: &'static str,
    /// Nothing where the second leader marks duty alone.
    contests: Option<&'static str>,
    /// Of so many ballots, how many give each grade, the best first; what is missing says "do not know".
    answers: fn(i64) -> [i64; 4],
    /// Of whom nearly everybody says that: too few answers to count.
    unknown: Option<&'static str>,
    /// Whether the comment that is looked at is released.
    released: bool,
    /// Whether it was looked at and released before, at the same instant: a row that says the same then has no new version.
    looked_before: bool,
    /// Who is decided on otherwise than proposed: name, grade, reason.
    otherwise: &'static [(&'static str, &'static str, &'static str)],
}

/// A plain quarter.
const PLAIN: Secrets = Secrets {
    duty: "88",
    contests: Some("80"),
    answers: |ballots| [4, ballots - 4, 0, 0],
    unknown: None,
    released: true,
    looked_before: true,
    otherwise: &[("m3", "basically_qualified", "曾受通报")],
};

/// The whole script.
fn script(secrets: Secrets) -> Vec<Step> {
    [founding(), giving(secrets), counting(secrets), deciding(secrets), appealing()].concat()
}

fn office(at: &'static str, mutation: &'static str, input: Value) -> Step {
    step(at, "id=office; roles=office", mutation, input)
}

fn step(at: &'static str, viewer: &str, mutation: &'static str, input: Value) -> Step {
    Step { at, viewer: viewer.to_owned(), mutation, input, name: String::new() }
}

impl Step {
    fn called(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }
}

fn member(at: &'static str, name: &str, mutation: &'static str, input: Value) -> Step {
    step(at, &format!("id={name}; roles=member; member=@{name}"), mutation, input)
}

fn founding() -> Vec<Step> {
    let root = json!({ "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01" });
    let mut steps = vec![office(FOUNDED, "establishBranch", root).called("root")];
    for (name, title) in [("team", "第一支部"), ("board", "机关支部")] {
        let input = json!({ "kind": "BRANCH", "parent": "@root", "name": title, "on": "2020-02-01" });
        steps.push(office(FOUNDED, "establishBranch", input).called(name));
    }
    let board = ["lead1", "lead2", "scru1", "scru2"].map(|name| (name, "@board"));
    for (name, branch) in TEAM.map(|name| (name, "@team")).into_iter().chain(board) {
        let input = json!({ "branch": branch, "staffNumber": format!("S-{name}"), "name": "试䶮", "post": "STAFF",
            "on": "2021-01-04" });
        steps.push(office(FOUNDED, "registerMember", input).called(name));
    }
    steps.push(office(FOUNDED, "adoptRules", json!({ "preset": "DEFAULT" })));
    let period = json!({ "quarter": { "year": 2022, "quarter": 2 } });
    let draft = json!({ "branches": ["@team"], "period": period, "rulesVersion": 1 });
    steps.push(office(FOUNDED, "draftRound", draft).called("round"));
    let open = json!({ "round": "@round", "closesAt": CLOSES, "leaders": ["@lead1", "@lead2"],
        "scrutineers": ["@scru1", "@scru2"] });
    steps.push(office(FOUNDED, "openRound", open));
    steps
}

fn giving(secrets: Secrets) -> Vec<Step> {
    let mut steps = vec![];
    for name in TEAM {
        steps.push(member(FOUNDED, name, "giveSelfReview", json!({ "round": "@round", "text": "尽职尽责" })));
        let paper = json!({ "round": "@round", "group": "PEER", "to": format!("@{name}") });
        steps.push(office(FOUNDED, "issuePaper", paper));
        for leader in ["lead1", "lead2"] {
            let contests = if leader == "lead1" { secrets.contests.or(Some("6")) } else { secrets.contests };
            let mut marks = vec![json!({ "dimension": "duty", "mark": secrets.duty })];
            marks.extend(contests.map(|mark| json!({ "dimension": "contests", "mark": mark })));
            let review =
                json!({ "round": "@round", "member": format!("@{name}"), "marks": marks, "comment": "踏实肯干" });
            steps.push(member(FOUNDED, leader, "giveLeaderReview", review));
        }
    }
    steps.push(office(FOUNDED, "issuePaper", json!({ "round": "@round", "group": "PUBLIC", "count": 10 })));
    steps
}

/// A count of everybody; `less` of the best grade than there are.
fn counted(group: &str, dimensions: &[&str], secrets: Secrets, ballots: i64, less: i64) -> Value {
    let person = |name: &&str| {
        let [best, rest @ ..] = match secrets.unknown == Some(*name) {
            true => [1, 0, 0, 0],
            false => (secrets.answers)(ballots),
        };
        let unknown = ballots - best - rest.iter().sum::<i64>();
        let grades = ["excellent", "qualified", "basically_qualified", "not_qualified"];
        let grades = grades.into_iter().zip([best - less].into_iter().chain(rest));
        let grades: Vec<Value> = grades.map(|(grade, count)| json!({ "grade": grade, "count": count })).collect();
        let count = |dimension| json!({ "dimension": dimension, "grades": grades, "unknown": unknown });
        let counts: Vec<Value> = dimensions.iter().map(count).collect();
        json!({ "member": format!("@{name}"), "counts": counts })
    };
    let persons: Vec<Value> = TEAM.iter().map(person).collect();
    json!({ "round": "@round", "group": group, "persons": persons })
}

/// The two counts of the peers' ballots differ at first, in both worlds.
fn counting(secrets: Secrets) -> Vec<Step> {
    let back = |group: &str, count: i64| json!({ "round": "@round", "group": group, "returned": count });
    let public = || counted("PUBLIC", &["service"], secrets, 8, 0);
    let peer = |less: i64| counted("PEER", &["politics", "discipline", "part"], secrets, 6, less);
    let close = || office(CLOSES, "closeRound", json!({ "round": "@round" }));
    vec![
        office(CLOSES, "returnPaper", back("PEER", 7)),
        office(CLOSES, "returnPaper", back("PUBLIC", 8)),
        member(CLOSES, "scru1", "countPaper", public()),
        member(CLOSES, "scru2", "countPaper", public()),
        member(CLOSES, "scru1", "countPaper", peer(0)),
        member(CLOSES, "scru2", "countPaper", peer(1)),
        close(),
        member(CLOSES, "scru2", "countPaper", peer(0)),
        close(),
    ]
}

fn deciding(secrets: Secrets) -> Vec<Step> {
    let round = || json!({ "round": "@round" });
    let first = json!({ "round": "@round", "reviewer": "@lead1", "member": "@m1", "released": true });
    let mut looked = first.clone();
    looked["released"] = json!(secrets.released);
    if !secrets.released {
        looked["reason"] = json!("涉及他人");
    }
    let given = secrets.otherwise.iter();
    let given =
        given.map(|(name, grade, reason)| json!({ "member": format!("@{name}"), "grade": grade, "reason": reason }));
    let grades: Vec<Value> = given.collect();
    let looks = [first, looked].into_iter().skip(usize::from(!secrets.looked_before));
    let looks = looks.map(|look| office(DECIDED, "moderateComment", look));
    let mut steps = vec![office(DECIDED, "tallyRound", round())];
    steps.extend(looks);
    steps.extend([
        office(DECIDED, "decideGrades", json!({ "round": "@round", "grades": grades })),
        office(DECIDED, "publishRound", round()),
    ]);
    steps
}

fn appealing() -> Vec<Step> {
    let fix = json!([{ "marks": { "reviewer": "@lead1", "marks": [{ "dimension": "duty", "mark": "77.5" }] } }]);
    let answer = json!({ "round": "@round", "appeal": "@appeal", "upheld": true, "answer": "复核属实", "fixes": fix });
    vec![
        member(DECIDED, "m1", "fileAppeal", json!({ "round": "@round", "text": "请复核" })).called("appeal"),
        step(DECIDED, "id=second; roles=office", "answerAppeal", answer),
        office(OVER, "finaliseRound", json!({ "round": "@round" })),
    ]
}

/// Whoever plays the script: what things are called.
#[derive(Default)]
struct Play {
    ids: BTreeMap<String, String>,
}

impl Play {
    fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.filled(text)),
            Value::Array(parts) => parts.iter().map(|part| self.fill(part)).collect(),
            Value::Object(fields) => fields.iter().map(|(name, part)| (name.clone(), self.fill(part))).collect(),
            other => other.clone(),
        }
    }

    /// `@name` stands for an id; longer names first, since one may begin with another.
    fn filled(&self, text: &str) -> String {
        let mut names: Vec<_> = self.ids.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        names.into_iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("@{name}"), id))
    }

    /// Sends the so manyth step under its own id; answers everything it is answered with.
    async fn send(&mut self, api: &Api, number: usize, step: &Step) -> Value {
        let mut input = self.fill(&step.input);
        input["commandId"] = json!(format!("step-{number}"));
        let kind = format!("{}{}Input", step.mutation[..1].to_uppercase(), &step.mutation[1..]);
        let refusal = "refusal { code message facts { name value } }";
        let answer = match step.mutation {
            "countPaper" => format!("items {{ outcome {{ position replayed {refusal} }} }}"),
            _one => format!("position of replayed {refusal}"),
        };
        let query = format!("mutation($input: {kind}!) {{ done: {}(input: $input) {{ {answer} }} }}", step.mutation);
        let api = api.as_viewer(&self.filled(&step.viewer));
        let sent = async || {
            let mut answer = api.ask(&query, json!({ "input": input })).await.unwrap();
            // A program that was killed keeps its leases for a while: whoever asks too early is told to ask again.
            let behind = answer["errors"][0]["extensions"]["code"] == "position.behind";
            assert!(behind || answer.get("errors").is_none(), "{}: {answer}", step.mutation);
            (!behind).then(|| answer["data"]["done"].take())
        };
        let answered = until(step.mutation, Duration::from_secs(120), sent).await;
        if let (false, Some(id)) = (step.name.is_empty(), answered["of"].as_str()) {
            self.ids.insert(step.name.clone(), id.to_owned());
        }
        answered
    }
}
