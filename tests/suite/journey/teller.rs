//! Tells a story to a server and hears what comes back.
//!
//! In inputs and queries `@name` stands for an id that was named before, `NOW` for `atLeast` the last position, `AT_x`
//! and `ON_x` for `asOf` the position and the instant of the mark `x`. In answers ids are names again, so that a story
//! says what is expected in its own words.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use harness::client::Api;
use harness::server::Server;
use harness::wait::until;
use infra::auth::SignIn;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What the stories have sent and heard.
#[derive(Default)]
pub struct Heard {
    /// Mutations that were accepted.
    pub mutations: BTreeSet<String>,
    /// Codes of refusals and errors.
    pub codes: BTreeSet<String>,
    /// Mutations with the codes they were refused with.
    pub refused: BTreeSet<(String, String)>,
    /// Types of events in the audit trails.
    pub events: BTreeSet<String>,
}

/// Shared by all stories.
pub type Ears = Arc<Mutex<Heard>>;

#[derive(Default)]
struct Told {
    ids: BTreeMap<String, String>,
    marks: BTreeMap<String, (u64, Timestamp)>,
    last: u64,
    commands: u32,
    snapshots: Vec<(u64, Vec<Value>)>,
}

/// Tells a story as one viewer.
#[derive(Clone)]
pub struct Teller {
    server: Arc<Server>,
    address: String,
    api: Api,
    heard: Ears,
    told: Arc<Mutex<Told>>,
}

/// Mutations that send several commands.
const SEVERAL: &[&str] = &["countPaper", "draftRounds"];

/// What is asked again and again, so that what was answered once can be compared with `asOf` later. Names of persons
/// are not in it: they are joined as they are today.
const SNAPSHOT: &[&str] = &[
    "{ organisation(WHEN) { name counts { members trainings themeDays improvementsConfirmed subordinates contactPoints } } }",
    "{ branches(WHEN, first: 50) { position nodes { id name kind standing parent { id } mergedInto { id } endedOn counts {
       members outletsFinancial stationsDelivery contactPoints standardsDisplayed inspections attendances } } } }",
    "{ members(WHEN, first: 50) { totalCount nodes { id post standing probationUntil leftOn plaqueDuty branch { id }
       counts { badgeChecks badgesWorn services serviceMinutes commitmentsMade commitmentsFulfilled trainings honours
                contests } year(year: 2022) { services badgeChecks } } } }",
    "{ members(WHEN, first: 20) { nodes { id records(first: 20) { nodes { id kind on state title note evidence } } } } }",
    "{ members(WHEN, first: 20) { nodes { id standings(first: 20) { nodes { metric { code } period { text } value plan
       completion growth exactness results } } } } }",
    "{ outlets(WHEN, first: 50) { nodes { id name kind standing branch { id } inspections standardsDisplayed inspectedOn
       sixS { sort safety } } } contactPoints(WHEN, first: 20) { nodes { id standing visits branch { id } endedOn } } }",
    "{ trainings(WHEN, first: 20) { nodes { id topic minutes attendees attendance { nodes { member { of } } } } } }",
    "{ metrics(WHEN) { nodes { code name } } competitions(WHEN) { nodes { id title concludedAt board { position nodes {
       rank score subject { of } } } } } }",
    "{ report(year: 2022, WHEN) { asOf figures { code value exactness position events(first: 5) { nodes { position } } } } }",
    "{ auditTrail(WHEN, reverse: true, first: 50) { nodes { position type recordedAt actor subject { of } reason } } }",
];

impl Teller {
    /// A server with an empty organisation, at an instant; the office speaks.
    pub async fn begin(heard: Ears, at: &str) -> Self {
        let mut server = Server::start(at.parse().unwrap()).await;
        let address = server.open(SignIn::Development).await;
        let api = Api::at(&address);
        Self { server: Arc::new(server), address, api, heard, told: Arc::default() }
    }

    /// The same story, told by another viewer.
    pub fn viewer(&self, words: &str) -> Self {
        Self { api: self.api.as_viewer(&self.filled(words)), ..self.clone() }
    }

    /// The same story through another door.
    pub fn speaking_to(&self, api: Api) -> Self {
        Self { api, ..self.clone() }
    }

    /// Where the server listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The client, for what is not a proper request.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The server, while nobody else tells the story.
    pub fn server_mut(&mut self) -> &mut Server {
        Arc::get_mut(&mut self.server).unwrap()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap()
    }

    /// The last position.
    pub fn last(&self) -> u64 {
        self.told().last
    }

    /// The id behind a name.
    pub fn id(&self, name: &str) -> String {
        self.told().ids.get(name).unwrap_or_else(|| panic!("nothing is called {name} yet")).clone()
    }

    /// Gives an id a name.
    pub fn call(&self, name: &str, id: &str) {
        self.told().ids.insert(name.to_owned(), id.to_owned());
    }

    /// Moves the clock to noon in Shanghai of a day.
    pub fn on(&self, day: &str) {
        self.server.advance_to(format!("{day}T04:00:00Z").parse().unwrap());
    }

    /// Remembers this moment, to ask `AT_` and `ON_` it later.
    pub fn mark(&self, name: &str) {
        let now = self.server.now();
        let mut told = self.told();
        let last = told.last;
        told.marks.insert(name.to_owned(), (last, now));
    }

    /// A text with what stands for something replaced by it.
    pub fn filled(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        let word = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        while let Some(first) = rest.chars().next() {
            let (skip, end) = match first {
                '@' => (1, 1 + word(&rest[1..])),
                c if c.is_ascii_alphanumeric() => (0, word(rest)),
                c => (0, c.len_utf8()),
            };
            filled += &self.meant(&rest[skip..end], skip == 1);
            rest = &rest[end..];
        }
        filled
    }

    fn meant(&self, word: &str, named: bool) -> String {
        if named {
            return self.id(word);
        }
        let told = self.told();
        if word == "NOW" {
            return format!("atLeast: \"{}\"", told.last);
        }
        match (word.strip_prefix("AT_"), word.strip_prefix("ON_")) {
            (Some(mark), _) if told.marks.contains_key(mark) => {
                format!("asOf: {{ position: \"{}\" }}", told.marks[mark].0)
            }
            (_, Some(mark)) if told.marks.contains_key(mark) => {
                format!("asOf: {{ instant: \"{}\" }}", told.marks[mark].1)
            }
            _ => word.to_owned(),
        }
    }

    fn filled_in(&self, value: Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix('@') {
                Some(name) => Value::String(self.id(name)),
                None => Value::String(text),
            },
            Value::Array(list) => list.into_iter().map(|item| self.filled_in(item)).collect(),
            Value::Object(map) => map.into_iter().map(|(key, item)| (key, self.filled_in(item))).collect(),
            other => other,
        }
    }

    fn named_again(&self, value: Value) -> Value {
        match value {
            Value::String(text) => {
                let told = self.told();
                let named = told.ids.iter().filter(|(_, id)| text.contains(id.as_str()));
                Value::String(
                    named.fold(text.clone(), |text, (name, id)| text.replace(id.as_str(), &format!("@{name}"))),
                )
            }
            Value::Array(list) => list.into_iter().map(|item| self.named_again(item)).collect(),
            Value::Object(map) => map.into_iter().map(|(key, item)| (key, self.named_again(item))).collect(),
            other => other,
        }
    }

    /// Sends a mutation; the whole outcome, or the whole response where there is none.
    pub async fn send(&self, mutation: &str, input: Value) -> Value {
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let refusal = "refusal { code message messageZh facts { name value } }";
        let items = match SEVERAL.contains(&mutation) {
            true => format!("items {{ about outcome {{ of position replayed {refusal} }} }}"),
            false => String::new(),
        };
        let query = format!(
            "mutation($input: {kind}!) {{ done: {mutation}(input: $input) {{ position of commandId replayed {refusal} {items} }} }}"
        );
        let mut input = self.filled_in(input);
        if input.get("commandId").is_none() {
            let mut told = self.told();
            told.commands += 1;
            input["commandId"] = json!(format!("{mutation}-{}", told.commands));
        }
        let mut response = self.api.ask(&query, json!({ "input": input })).await.unwrap();
        self.overhear(&response);
        if response.get("errors").is_some() {
            return response;
        }
        let done = response["data"]["done"].take();
        let items = done["items"].as_array().into_iter().flatten().map(|item| &item["outcome"]["refusal"]);
        for code in items.chain([&done["refusal"]]).filter_map(|refusal| refusal["code"].as_str()) {
            let mut heard = self.heard();
            heard.codes.insert(code.to_owned());
            heard.refused.insert((mutation.to_owned(), code.to_owned()));
        }
        if let Some(position) = done["position"].as_str() {
            self.heard().mutations.insert(mutation.to_owned());
            let position: u64 = position.parse().unwrap();
            let mut told = self.told();
            told.last = position.max(told.last);
        }
        done
    }

    /// Sends commands of whatever kinds in one call; answers what came of each.
    pub async fn together(&self, commands: Value) -> Vec<Value> {
        let query =
            "mutation($input: SendCommandsInput!) { done: sendCommands(input: $input) { position refusal { code }
            outcomes { position of commandId replayed refusal { code message messageZh facts { name value } } } } }";
        let input = self.filled_in(json!({ "commands": commands }));
        let mut response = self.api.ask(query, json!({ "input": input })).await.unwrap();
        self.overhear(&response);
        let mut done = response["data"]["done"].take();
        if let Some(position) = done["position"].as_str() {
            self.heard().mutations.insert("sendCommands".to_owned());
            let mut told = self.told();
            told.last = told.last.max(position.parse().unwrap());
        }
        match done["outcomes"].take() {
            Value::Array(outcomes) => outcomes,
            _none => panic!("{response}"),
        }
    }

    /// The same, of which some are accepted; answers the codes of their refusals.
    pub async fn many(&self, commands: Value) -> Vec<Option<String>> {
        let outcomes = self.together(commands).await;
        assert!(outcomes.iter().any(|outcome| outcome["position"].is_string()), "{outcomes:?}");
        outcomes.iter().map(|outcome| outcome["refusal"]["code"].as_str().map(str::to_owned)).collect()
    }

    /// Sends several commands in one mutation, of which every one is refused with this code; answers the first refusal.
    pub async fn none(&self, code: &str, mutation: &str, input: Value) -> Value {
        let done = self.send(mutation, input.clone()).await;
        let items = done["items"].as_array().unwrap_or_else(|| panic!("{mutation}: {done}"));
        assert!(!items.is_empty() && done["position"].is_null(), "{mutation} {input}: {done}");
        for item in items {
            assert_eq!(item["outcome"]["refusal"]["code"].as_str(), Some(code), "{mutation} {input}: {done}");
        }
        self.nothing_recorded().await;
        self.named_again(items[0]["outcome"]["refusal"].clone())
    }

    /// Waits for so many events that nobody in the story led to.
    pub async fn grows_by(&self, events: u64) {
        let least = self.last() + events;
        let more = until("what is due", Duration::from_secs(30), async || {
            let log = self.api.data("{ log { position } }", json!({})).await.unwrap();
            let position: u64 = log["log"]["position"].as_str().unwrap().parse().unwrap();
            (position >= least).then_some(position)
        });
        let position = more.await;
        self.told().last = position;
    }

    /// Waits for what the program does by itself.
    pub async fn happens(&self, event: &str) {
        let last = self.last();
        self.grows_by(1).await;
        let query = format!(
            "{{ auditTrail(filter: {{ type: \"{event}\" }}, NOW, reverse: true, first: 1) {{ nodes {{ position actor }} }} }}"
        );
        let trail = self.ask(&query).await;
        let (at, actor) = (&trail["auditTrail"]["nodes"][0]["position"], &trail["auditTrail"]["nodes"][0]["actor"]);
        let at: u64 = at.as_str().unwrap_or_else(|| panic!("no {event}: {trail}")).parse().unwrap();
        assert!(at > last && *actor == json!("deadline"), "{event}: {trail}");
    }

    fn overhear(&self, response: &Value) {
        for error in response["errors"].as_array().into_iter().flatten() {
            let code = error["extensions"]["code"].as_str();
            self.heard().codes.insert(code.unwrap_or_else(|| panic!("an error without a code: {error}")).to_owned());
            assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
            // What a rule refuses is said in both languages and with its facts, to a query as to a command.
            if code.is_some_and(|code| !code.starts_with("request.") && code != "internal") {
                let said = &error["extensions"];
                assert!(
                    said["messageZh"].as_str().is_some_and(|zh| !zh.is_ascii()) && said["facts"].is_array(),
                    "{error}"
                );
            }
        }
    }

    /// Hears the code of an answer that is not one of GraphQL's.
    pub fn hear(&self, text: &str) -> String {
        let response: Value = serde_json::from_str(text).unwrap_or_else(|_| panic!("not JSON: {text:?}"));
        self.overhear(&response);
        response["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Sends a mutation that is accepted.
    pub async fn yes(&self, mutation: &str, input: Value) -> Value {
        let done = self.send(mutation, input.clone()).await;
        assert!(done["refusal"].is_null() && done["position"].is_string(), "{mutation} {input}: {done}");
        done
    }

    /// Sends a mutation that is accepted, and calls what it made by a name.
    pub async fn make(&self, name: &str, mutation: &str, input: Value) {
        let done = self.yes(mutation, input).await;
        self.call(name, done["of"].as_str().unwrap());
    }

    /// Sends a mutation that is refused with this code, says why in both languages, and records nothing.
    pub async fn no(&self, code: &str, mutation: &str, input: Value) -> Value {
        let done = self.send(mutation, input.clone()).await;
        let refusal = &done["refusal"];
        assert_eq!(refusal["code"].as_str(), Some(code), "{mutation} {input}: {done}");
        assert!(done["position"].is_null() && done["of"].is_null() && done["replayed"] == json!(false), "{done}");
        for sentence in ["message", "messageZh"] {
            assert!(refusal[sentence].as_str().is_some_and(|text| text.len() > 5), "{done}");
        }
        self.nothing_recorded().await;
        self.named_again(refusal.clone())
    }

    /// The log stands where the story left it.
    pub async fn nothing_recorded(&self) {
        let log = self.api.data("{ log { position } }", json!({})).await.unwrap();
        assert_eq!(log["log"]["position"], json!(self.last().to_string()));
    }

    /// Asks for data.
    pub async fn ask(&self, query: &str) -> Value {
        let query = self.filled(query);
        let mut response = self.api.ask(&query, json!({})).await.unwrap();
        assert!(response.get("errors").is_none(), "{query}: {response}");
        self.named_again(response["data"].take())
    }

    /// Asks; answers the whole response.
    pub async fn response(&self, query: &str) -> Value {
        let response = self.api.ask(&self.filled(query), json!({})).await.unwrap();
        self.overhear(&response);
        self.named_again(response)
    }

    /// Asks for what has no answer but an error with this code.
    pub async fn fails(&self, code: &str, query: &str) -> Value {
        let response = self.response(query).await;
        let codes: Vec<_> = response["errors"].as_array().into_iter().flatten().collect();
        assert!(!codes.is_empty(), "{query}: {response}");
        for error in codes {
            assert_eq!(error["extensions"]["code"].as_str(), Some(code), "{query}: {response}");
        }
        response
    }

    async fn snapshot(&self, when: &str) -> Vec<Value> {
        let mut answers = Vec::new();
        for query in SNAPSHOT {
            answers.push(self.ask(&query.replace("WHEN", when)).await);
        }
        answers
    }

    /// Keeps what is answered now.
    pub async fn remember(&self) {
        let last = self.last();
        let answers = self.snapshot(&format!("atLeast: \"{last}\"")).await;
        assert_eq!(answers[1]["branches"]["position"], json!(last.to_string()), "nobody else writes in this story");
        self.told().snapshots.push((last, answers));
    }

    /// What was answered at each remembered position is answered as of it for ever.
    pub async fn recall(&self) {
        let snapshots = std::mem::take(&mut self.told().snapshots);
        assert!(snapshots.len() > 2, "the story remembers");
        for (position, then) in snapshots {
            let now = self.snapshot(&format!("asOf: {{ position: \"{position}\" }}")).await;
            for (query, (then, now)) in SNAPSHOT.iter().zip(then.into_iter().zip(now)) {
                assert_eq!(then, now, "as of {position}: {query}");
            }
        }
    }

    /// The story ends for its other viewers too.
    pub async fn end_with(self, others: Vec<Self>) {
        drop(others);
        self.end().await;
    }

    /// Reads the whole trail, a page at a time: every event once, in order. Then the story ends.
    pub async fn end(self) {
        let (mut after, mut expected) = (String::new(), 1_u64);
        loop {
            let query = format!(
                "{{ auditTrail(NOW, first: 100{after}) {{ nodes {{ position type }} pageInfo {{ hasNextPage endCursor }} }} }}"
            );
            let page = self.ask(&query).await["auditTrail"].take();
            for event in page["nodes"].as_array().unwrap() {
                assert_eq!(event["position"], json!(expected.to_string()));
                self.heard().events.insert(event["type"].as_str().unwrap().to_owned());
                expected += 1;
            }
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = format!(", after: {}", page["pageInfo"]["endCursor"]);
        }
        assert_eq!(expected, self.last() + 1, "the trail ends where the story does");
        let Self { server, api, .. } = self;
        drop(api);
        Arc::into_inner(server).expect("only the story's teller is left").stop().await;
    }
}
