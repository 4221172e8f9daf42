//! How many SQL statements an operation takes, counted before PostgreSQL: a page of a hundred rows takes hardly more than one of
//! one row, whatever is asked of each, where a statement for each row would take a hundred.
//!
//! # How operations are found
//! By walking the schema from `Query`: every type is reached by the shortest way that leads through a list where one does; there
//! all its plain fields are asked for at once, and each field that leads on by itself, with the plain fields of what it leads
//! to. So each field of each type is asked for, under as many rows as the list has.

mod mutations;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use async_graphql::parser::types::FieldDefinition;
use async_graphql::{Request, Response};
use domain::id::{ActorId, BranchId};
use graphql::schema::{Api, sdl};
use graphql::viewer::{Role, Viewer};
use harness::counted::Counted;
use infra::clock::Clock;
use jiff::Timestamp;
use serde_json::Value;

use crate::demo::loaded;
use crate::sdl::{Sdl, named};

/// By how many statements more rows may take more: what the first row has nothing of, such as a name of another kind of subject, is
/// read once some row has it.
const LINKS: usize = 8;
/// How often what takes more is asked again.
const AGAIN: usize = 4;
/// How many rows the lists in lists have.
const NESTED: usize = 3;
/// What is read by statements of its own for each row, and how many at most: it weighs so much that a request holds few.
const EACH: &[(&str, usize)] = &[("Competition.board", 6)];
/// What weighs too much to be asked for beside other fields.
const HEAVY: &[&str] = &["bundle"];

/// A field on the way to a type.
#[derive(Debug, Clone)]
struct Step {
    field: String,
    arguments: Vec<String>,
    connection: bool,
    /// Whether its page is chosen here.
    paged: bool,
}

impl Step {
    /// The step over a field, where its required arguments are known.
    fn over(of: &str, field: &FieldDefinition, sdl: &Sdl, known: &Known) -> Option<Self> {
        let required = field.arguments.iter().filter(|argument| {
            let argument = &argument.node;
            !argument.ty.node.nullable && argument.default_value.is_none()
        });
        let arguments = required.map(|argument| {
            let name = argument.node.name.node.as_str();
            known.get(&format!("{of}.{} {name}", field.name.node)).map(|value| format!("{name}: {value}"))
        });
        let mut arguments = arguments.collect::<Option<Vec<_>>>()?;
        // One of two that are not required is.
        if (of, field.name.node.as_str()) == ("Query", "member") {
            arguments.push(format!("id: {}", known["Query.member id"]));
        }
        let connection = sdl.rows_of(named(&field.ty.node)).is_some();
        let paged = connection && field.arguments.iter().any(|argument| argument.node.name.node == "first");
        Some(Self { field: field.name.node.to_string(), arguments, connection, paged })
    }

    fn text(&self, first: usize, selection: &str) -> String {
        let first = self.paged.then(|| format!("first: {first}"));
        let arguments: Vec<String> = self.arguments.iter().cloned().chain(first).collect();
        let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        match self.connection {
            true => format!("{}{arguments} {{ totalCount nodes {{ {selection} }} }}", self.field),
            false => format!("{}{arguments} {{ {selection} }}", self.field),
        }
    }
}

/// Values of required arguments: `Type.field argument` and its text.
type Known = BTreeMap<String, String>;

/// An operation: the way to it, and what is asked for there.
struct Operation {
    name: String,
    way: Vec<Step>,
    selection: String,
}

impl Operation {
    fn text(&self, rows: usize) -> String {
        let many = self.way.iter().position(|step| step.paged);
        let numbered = self.way.iter().enumerate().rev();
        let body = numbered.fold(self.selection.clone(), |selection, (number, step)| {
            step.text(if Some(number) == many { rows } else { NESTED }, &selection)
        });
        format!("{{ {body} }}")
    }

    /// Whether it is under a list whose page can be chosen.
    fn is_paged(&self) -> bool {
        self.way.iter().any(|step| step.paged)
    }
}

/// The plain fields of a type.
fn plain(of: &str, sdl: &Sdl) -> String {
    let fields = sdl.fields(of).filter(|field| {
        let required = field.arguments.iter().any(|argument| !argument.node.ty.node.nullable);
        !required && !sdl.is_object(named(&field.ty.node)) && !HEAVY.contains(&field.name.node.as_str())
    });
    let names: Vec<&str> = fields.map(|field| field.name.node.as_str()).collect();
    if names.is_empty() { "__typename".to_owned() } else { names.join(" ") }
}

/// The shortest way to every type, through a list where one leads there.
fn ways(sdl: &Sdl, known: &Known) -> BTreeMap<String, Vec<Step>> {
    let mut found: BTreeMap<(String, bool), Vec<Step>> = BTreeMap::new();
    let mut waiting = VecDeque::from([("Query".to_owned(), false)]);
    found.insert(("Query".to_owned(), false), vec![]);
    while let Some((of, many)) = waiting.pop_front() {
        let way = found[&(of.clone(), many)].clone();
        for field in sdl.fields(&of) {
            let leads = named(&field.ty.node);
            let to = sdl.rows_of(leads).unwrap_or(leads).to_string();
            let Some(step) = Step::over(&of, field, sdl, known).filter(|_| sdl.is_object(&to)) else { continue };
            let reached = (to, many || step.paged);
            if !found.contains_key(&reached) {
                found.insert(reached.clone(), way.iter().cloned().chain([step]).collect());
                waiting.push_back(reached);
            }
        }
    }
    let mut ways = BTreeMap::new();
    // Of the two ways to a type, the one through a list comes second.
    for ((of, _), way) in found {
        ways.insert(of, way);
    }
    ways
}

/// Every operation, and the fields whose arguments nobody knows.
fn operations(sdl: &Sdl, known: &Known) -> (Vec<Operation>, Vec<String>) {
    let (mut all, mut unknown) = (Vec::new(), Vec::new());
    for (of, way) in ways(sdl, known) {
        if of != "Query" {
            all.push(Operation { name: of.clone(), way: way.clone(), selection: plain(&of, sdl) });
        }
        for field in sdl.fields(&of) {
            let leads = named(&field.ty.node);
            let to = sdl.rows_of(leads).unwrap_or(leads);
            let name = format!("{of}.{}", field.name.node);
            match Step::over(&of, field, sdl, known) {
                Some(step) if sdl.is_object(to) => {
                    let way = way.iter().cloned().chain([step]).collect();
                    all.push(Operation { name, way, selection: plain(to, sdl) });
                }
                Some(_) if HEAVY.contains(&field.name.node.as_str()) => {
                    all.push(Operation { name, way: way.clone(), selection: field.name.node.to_string() });
                }
                Some(_) => {}
                None => unknown.push(name),
            }
        }
    }
    (all, unknown)
}

struct Asker<'a> {
    api: &'a Api,
    who: Viewer,
    counted: &'a Counted,
}

impl Asker<'_> {
    async fn response(&self, text: &str) -> Response {
        self.api.execute(Request::new(text).data(self.who.clone())).await
    }

    async fn data(&self, text: &str) -> Value {
        let response = self.response(text).await;
        assert!(response.errors.is_empty(), "{text}: {:?}", response.errors);
        response.data.into_json().unwrap()
    }

    /// The same, asked again where it is more than this: what comes late on a busy machine is a batch of its own, and a
    /// statement for each row is one every time.
    async fn least(&self, operation: &Operation, rows: usize, bound: usize) -> Option<Vec<String>> {
        let mut taken = self.takes(operation, rows).await?;
        for _ in 0..AGAIN {
            if taken.len() > bound {
                taken = self.takes(operation, rows).await?;
            }
        }
        Some(taken)
    }

    /// What an operation takes; nothing where it is more than a request may ask for.
    async fn takes(&self, operation: &Operation, rows: usize) -> Option<Vec<String>> {
        drop(self.counted.taken());
        let text = operation.text(rows);
        let response = self.response(&text).await;
        let told: Vec<&str> = response.errors.iter().map(|error| error.message.as_str()).collect();
        if told.iter().any(|told| told.contains("too complex")) {
            return None;
        }
        assert!(!told.iter().any(|told| told.contains("internal") || told.contains("Unknown")), "{text}: {told:?}");
        Some(self.counted.taken())
    }
}

/// Ids of what the demo has, as arguments.
async fn known(asker: &Asker<'_>) -> Known {
    let found = asker
        .data(
            "{ organisation { id } members(first: 1) { nodes { id } } outlets(first: 1) { nodes { id } }
               contactPoints(first: 1) { nodes { id } } trainings(first: 1) { nodes { id } }
               competitions(first: 1) { nodes { id } } talks(first: 1) { nodes { id } } log { position }
               rounds(first: 100) { nodes { id stage results(first: 1) { nodes { member { of } } } } } }",
        )
        .await;
    let id = |list: &str| found[list]["nodes"][0]["id"].to_string();
    let rounds = found["rounds"]["nodes"].as_array().unwrap();
    let round = rounds.iter().find(|round| round["results"]["nodes"][0].is_object()).unwrap();
    let (period, board) =
        ("{ year: 2022 }", "{ subject: MEMBER, measure: { metric: \"premium_new\" }, period: { year: 2022 } }");
    let root = found["organisation"]["id"].to_string();
    let values = [
        ("Query.report year", "2022".to_owned()),
        ("Member.year year", "2022".to_owned()),
        ("Query.leaderboard board", board.to_owned()),
        ("Query.rank board", board.to_owned()),
        ("Query.rank subject", id("members")),
        ("Query.leaderboardChange board", board.to_owned()),
        ("Query.leaderboardChange from", "{ instant: \"2022-07-01T00:00:00Z\" }".to_owned()),
        ("Query.leaderboardChange to", format!("{{ position: {} }}", found["log"]["position"])),
        ("Query.branch id", root.clone()),
        ("Query.member id", id("members")),
        ("Query.node id", id("members")),
        ("Query.nodes ids", format!("[{}, {}]", id("members"), id("outlets"))),
        ("Query.outlet id", id("outlets")),
        ("Query.contactPoint id", id("contactPoints")),
        ("Query.training id", id("trainings")),
        ("Query.metric code", "\"premium_new\"".to_owned()),
        ("Query.competition id", id("competitions")),
        ("Query.talk id", id("talks")),
        ("Query.round id", round["id"].to_string()),
        ("Query.ruleSet version", "1".to_owned()),
        ("Query.roundPlan period", "{ quarter: { year: 2022, quarter: 1 } }".to_owned()),
        ("Query.roundPlan rulesVersion", "1".to_owned()),
        ("Query.roundResult round", round["id"].to_string()),
        ("Query.roundResult member", round["results"]["nodes"][0]["member"]["of"].to_string()),
        ("Query.roundProposal round", round["id"].to_string()),
        ("Query.roundComments round", round["id"].to_string()),
        ("Query.recordedReads subject", format!("{{ kind: ROUND, id: {} }}", round["id"])),
        ("Query.whatIf round", round["id"].to_string()),
        ("Query.whatIf rules", "{ preset: DEFAULT }".to_owned()),
        ("Query.fairness period", period.to_owned()),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The branch under the top committee that a secretary of the table is of.
async fn a_subtree(asker: &Asker<'_>) -> BranchId {
    let under = asker
        .data("{ organisation { subordinates(first: 100) { nodes { id members(first: 1) { totalCount } } } } }")
        .await;
    let branches = under["organisation"]["subordinates"]["nodes"].as_array().unwrap();
    let largest = branches.iter().max_by_key(|branch| branch["members"]["totalCount"].as_u64()).unwrap();
    BranchId(largest["id"].as_str().unwrap().parse().unwrap())
}

#[tokio::test]
async fn the_statements_of_an_operation_do_not_grow_with_its_rows() {
    let (ground, _) = loaded().await;
    let ground = ground.copy().await;
    let app = ground.app_at(Arc::new(Clock::simulated("2023-03-01T00:00:00Z".parse::<Timestamp>().unwrap()))).await;
    let counted = Counted::to(&ground);
    let doors = counted.doors(&ground, &app).await;
    let who = |role, scope| Viewer::holding(ActorId(format!("{role:?}")), [role], None, scope);
    let office = Asker { api: &doors.api, who: who(Role::Office, None), counted: &counted };
    let sdl = Sdl::read(&sdl());
    let known = known(&office).await;
    let subtree = a_subtree(&office).await;
    let secretary = Asker { who: who(Role::BranchSecretary, Some(subtree)), ..office };
    let (operations, unknown) = operations(&sdl, &known);
    assert_eq!(unknown, Vec::<String>::new(), "fields whose arguments are not known here");
    let mut grown = Vec::new();
    for operation in operations.iter().filter(|operation| operation.is_paged()) {
        let each = EACH.iter().find(|(name, _)| *name == operation.name).map_or(0, |(_, each)| *each);
        for asker in [&office, &secretary] {
            let Some(one) = asker.takes(operation, 1).await else { continue };
            for rows in [10, 100] {
                let bound = one.len() + LINKS + (rows - 1) * each;
                let Some(taken) = asker.least(operation, rows, bound).await else { continue };
                if taken.len() > bound {
                    let (one, more) = (one.len(), taken.len());
                    grown.push(format!("{} {one} → {more} {}\n{taken:#?}", operation.name, operation.text(rows)));
                }
            }
        }
    }
    assert!(operations.len() > 300, "{} operations are not all there are", operations.len());
    assert!(grown.is_empty(), "{} grow:\n{}", grown.len(), grown.join("\n\n"));
    doors.close().await;
    app.stop().await;
}
