//! What each role may see and do: the server's own answers, against the checked-in table `permissions.md`.

pub mod inputs;

use std::fmt::Write as _;

use domain::id::ActorId;
use futures_util::future::join_all;
use graphql::viewer::{Principal, SignedIn};
use harness::client::Api;
use serde_json::{Value, json};

use self::inputs::{NOBODY, merged, mutations};
use super::teller::{Ears, Teller};
use super::town::{month, quarter, town};

/// The viewers of the table; scopes and homes are @first.
pub const VIEWERS: &[(&str, &str)] = &[
    ("member", "id=ana; roles=member; member=@ana"),
    ("secretary", "id=v-secretary; roles=branch_secretary; scope=@first"),
    ("leader", "id=v-leader; roles=leader; scope=@first"),
    ("office", "id=v-office; roles=office; scope=@first"),
    ("whole office", "id=v-whole; roles=office"),
    ("auditor", "id=v-auditor; roles=auditor; scope=@first"),
    ("integration", "id=v-integration; roles=integration; scope=@first"),
    ("nobody", "id=v-nobody"),
];

/// A member and the branch: one's own, of the same branch, of another.
pub const PROBES: &[(&str, &str)] = &[("@ana", "@first"), ("@bo", "@first"), ("@dai", "@second")];

/// Each query with what stands for the member `M` and the branch `B`.
const QUERIES: &[(&str, &str)] = &[
    ("log", "{ log { position } }"),
    ("metrics", "{ metrics { position } }"),
    ("organisation", "{ organisation { name } }"),
    ("branch", "{ branch(id: \"B\") { name counts { members } } }"),
    ("branches", "{ branches(filter: { within: \"B\" }) { position } }"),
    ("outlets", "{ outlets(filter: { within: \"B\" }) { position } }"),
    ("contactPoints", "{ contactPoints(filter: { within: \"B\" }) { position } }"),
    ("trainings", "{ trainings(filter: { within: \"B\" }) { position } }"),
    ("competitions", "{ competitions(filter: { within: \"B\" }) { position } }"),
    (
        "leaderboard",
        "{ leaderboard(board: { subject: MEMBER, measure: { metric: \"premium_new\" }, period: { year: 2022 }, within: \"B\" }) { nodes { score } } }",
    ),
    (
        "rank",
        "{ rank(board: { subject: MEMBER, measure: { metric: \"premium_new\" }, period: { year: 2022 }, within: \"B\" }, subject: \"M\") { rank } }",
    ),
    (
        "leaderboardChange",
        "{ leaderboardChange(board: { subject: MEMBER, measure: { metric: \"premium_new\" }, period: { year: 2022 }, within: \"B\" }, from: { instant: \"2030-01-01T00:00:00Z\" }, to: { instant: \"2030-01-01T00:00:00Z\" }) { movedCount } }",
    ),
    (
        "leaderboard of scores",
        "{ leaderboard(board: { subject: MEMBER, measure: { roundScore: true }, period: { year: 2022 }, within: \"B\" }) { nodes { score } } }",
    ),
    ("talks", "{ talks(filter: { within: \"B\" }) { nodes { step record } } }"),
    ("talks with a member", "{ member(id: \"M\") { talks { nodes { step } } } }"),
    ("talks with a branch", "{ branch(id: \"B\") { talks { nodes { step } } } }"),
    ("fairness", "{ fairness(period: { year: 2022 }, within: \"B\") { rounds } }"),
    ("members", "{ members(filter: { within: \"B\" }) { nodes { post } } }"),
    ("members by name", "{ members(filter: { within: \"B\", name: \"试\" }) { position } }"),
    ("member", "{ member(id: \"M\") { post standing } }"),
    ("member name", "{ member(id: \"M\") { name staffNumber } }"),
    ("member contact", "{ member(id: \"M\") { contact } }"),
    ("member counts", "{ member(id: \"M\") { counts { services } year(year: 2022) { services } } }"),
    ("member records", "{ member(id: \"M\") { records { nodes { on } } } }"),
    ("member texts", "{ member(id: \"M\") { records { nodes { title } } plaqueDuty } }"),
    ("member results", "{ member(id: \"M\") { results { nodes { value } } standings { nodes { value } } } }"),
    ("node of a member", "{ node(id: \"M\") { ... on Member { post } } }"),
    ("node of a branch", "{ node(id: \"B\") { ... on Branch { name } } }"),
    ("branch texts", "{ branch(id: \"B\") { records { nodes { title } } } }"),
    ("dues", "{ dues(within: \"B\") { position } }"),
    ("report", "{ report(year: 2022) { figures { code } } }"),
    ("trail of a member", "{ auditTrail(filter: { subject: { kind: MEMBER, id: \"M\" } }) { position } }"),
    ("ruleSets", "{ ruleSets { position } rulePresets { name } }"),
    ("rounds", "{ rounds(filter: { within: \"B\" }) { position } }"),
    ("recordedReads", "{ recordedReads(subject: { kind: BRANCH, id: \"B\" }) { position } }"),
    ("trail of a branch", "{ auditTrail(filter: { within: \"B\" }) { position } }"),
    ("grants", "{ grants(filter: { within: \"B\" }) { position } }"),
];

/// Each subscription with what stands for the branch `B`.
const SUBSCRIPTIONS: &[(&str, &str)] = &[
    ("position, followed", "subscription { position }"),
    (
        "trail of a branch, followed",
        "subscription { auditTrail(after: \"0\", filter: { within: \"B\" }) { position } }",
    ),
    (
        "leaderboard, followed",
        "subscription { leaderboard(board: { subject: MEMBER, measure: { metric: \"premium_new\" }, period: { year: 2022 }, within: \"B\" }) { nodes { score } } }",
    ),
    ("turnout of a round, followed", "subscription { turnout(round: \"R\") { voting { issued } } }"),
    ("report, followed", "subscription { report(year: 2022) { figures { code } } }"),
];

/// The town with something of everybody.
pub async fn peopled(heard: Ears) -> Teller {
    let t = town(heard, "2022-07-15").await;
    for (member, branch) in PROBES {
        let input = json!({ "member": member, "on": "2022-07-01", "activity": "义诊", "minutes": 60 });
        t.yes("recordService", input).await;
        t.yes("publishPlaque", json!({ "member": member, "on": "2022-07-01", "duty": "经理" })).await;
        let input = json!({ "member": member, "metric": "premium_new", "period": month(6), "value": "10" });
        t.yes("reportMemberResult", input).await;
        let input = json!({ "branch": branch, "on": "2022-07-01", "topic": "党课", "attendees": [member] });
        t.yes("holdThemeDay", input).await;
    }
    t.yes("adoptRules", json!({ "preset": "DEFAULT" })).await;
    for (name, branch) in [("round_first", "@first"), ("round_second", "@second")] {
        let input = json!({ "branches": [branch], "period": quarter(3), "rulesVersion": 1 });
        t.make(name, "draftRound", input).await;
    }
    t.ask("{ organisation(NOW) { id } }").await;
    t
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.iter().any(has_null),
        Value::Object(map) => map.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

async fn seen(viewer: &Teller, query: &str) -> char {
    told(&viewer.response(query).await, query)
}

fn told(response: &Value, query: &str) -> char {
    match response["errors"][0]["extensions"]["code"].as_str() {
        Some("policy.denied") => '-',
        Some(other) => panic!("{query}: {other}"),
        None if has_null(&response["data"]) => '?',
        None => '+',
    }
}

async fn done(viewer: &Teller, mutation: &str, input: Value) -> char {
    let answered = viewer.send(mutation, input).await;
    match answered["refusal"]["code"].as_str() {
        Some("policy.denied") => '-',
        Some(_rule) => '+',
        None => panic!("{mutation} was to be refused one way or another: {answered}"),
    }
}

/// The first answer to each subscription, for each probe, as the schema itself gives it.
async fn fed(t: &Teller, who: SignedIn) -> Vec<String> {
    let api = Api::within(infra::api::build(&t.server().app, true), who);
    let mut cells = Vec::new();
    for (_, subscription) in SUBSCRIPTIONS {
        let mut cell = String::new();
        for (_, branch) in PROBES {
            let round = branch.replace('@', "@round_");
            let asked =
                subscription.replace("\"B\"", &format!("\"{branch}\"")).replace("\"R\"", &format!("\"{round}\""));
            let asked = t.filled(&asked);
            cell.push(told(&api.first(&asked).await, subscription));
        }
        cells.push(cell);
    }
    cells
}

/// The column of a viewer: the answers to every query and every mutation, for each probe.
async fn column(viewer: &Teller) -> Vec<String> {
    let mut column = Vec::new();
    for (_, query) in QUERIES {
        let mut cell = String::new();
        for (member, branch) in PROBES {
            let query = query.replace("\"M\"", &format!("\"{member}\"")).replace("\"B\"", &format!("\"{branch}\""));
            cell.push(seen(viewer, &query).await);
        }
        column.push(cell);
    }
    let mut cells = vec![String::new(); mutations("", "").len()];
    for (member, branch) in PROBES {
        for (cell, (mutation, input)) in cells.iter_mut().zip(mutations(member, branch)) {
            cell.push(done(viewer, mutation, input).await);
        }
    }
    column.extend(cells);
    column
}

const HEAD: &str = "# Who may see and do what\n\n\
The server's answers, written down by the journey that asks them (`BLESS=1` writes this file anew); the rules are the\n\
table in `graphql/src/policy.rs`. Each cell is three answers: about oneself, about the same branch, about another\n\
branch. `+` answered, `?` answered with what is masked as null, `-` denied. Viewers have @first as scope or home; only\n\
the whole office has no scope.\n\n";

/// Every mutation, a sample of queries and every subscription, by every role; held by word, and by grants.
pub async fn each_role_reaches_as_far_as_the_table_says(heard: Ears) {
    let t = peopled(heard).await;
    let viewers: Vec<Teller> = VIEWERS.iter().map(|(_, words)| t.viewer(words)).collect();
    let mut columns = join_all(viewers.iter().map(column)).await;
    drop(viewers);
    for ((_, words), column) in VIEWERS.iter().zip(&mut columns) {
        column.extend(fed(&t, SignedIn::Told(infra::auth::named(&t.filled(words)).unwrap())).await);
    }
    let mut table = HEAD.to_owned();
    let names = VIEWERS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" | ");
    writeln!(table, "| | {names} |\n|---|{}", "---|".repeat(VIEWERS.len())).unwrap();
    let rows = QUERIES.iter().map(|(name, _)| *name).chain(mutations("", "").into_iter().map(|(name, _)| name));
    let rows = rows.chain(SUBSCRIPTIONS.iter().map(|(name, _)| *name));
    for (number, name) in rows.enumerate() {
        let cells = columns.iter().map(|column| format!("`{}`", column[number])).collect::<Vec<_>>().join(" | ");
        writeln!(table, "| {name} | {cells} |").unwrap();
    }
    super::check("tests/suite/journey/permissions.md", &table);
    t.nothing_recorded().await;
    by_grants(&t, &columns).await;
    t.end().await;
}

/// Whoever proved who they are and was granted the same is answered the same.
async fn by_grants(t: &Teller, columns: &[Vec<String>]) {
    for (name, words) in VIEWERS {
        let role = words.split("roles=").nth(1).map(|rest| rest.split(';').next().unwrap().to_uppercase());
        let branch = if words.contains("scope") { "@first" } else { "@root" };
        let (to, from) = (principal(name), "2022-07-01");
        match role.as_deref() {
            Some("MEMBER") => t.yes("linkAccount", json!({ "member": "@ana", "account": to })).await,
            Some(role) => t.yes("grantRole", json!({ "branch": branch, "to": to, "role": role, "from": from })).await,
            None => Value::Null,
        };
    }
    t.ask("{ organisation(NOW) { id } }").await;
    for ((name, _), expected) in VIEWERS.iter().zip(columns) {
        let who = SignedIn::Proved(Principal { id: ActorId(principal(name)), until: None });
        let granted = t.speaking_to(Api::within(infra::api::build(&t.server().app, true), who.clone()));
        let mut found = column(&granted).await;
        found.extend(fed(t, who).await);
        assert_eq!(found, *expected, "{name} by what was granted, and by the viewer's word");
    }
    t.nothing_recorded().await;
}

fn principal(name: &str) -> String {
    format!("p-{}", name.replace(' ', "-"))
}

/// Names and texts are null where a role does not reach; what is out of reach is answered as what does not exist.
pub async fn names_and_texts_are_masked(heard: Ears) {
    let t = peopled(heard).await;
    let transfer = json!({ "member": "@chen", "to": "@third", "on": "2022-07-02", "reason": "家庭原因" });
    t.yes("transferMember", transfer).await;
    t.ask("{ organisation(NOW) { id } }").await;
    let reasons = "{ auditTrail(filter: { type: \"member_transferred\" }, NOW) { nodes { reason subject { name } } } }";
    for (viewer, reason, name) in [
        ("id=o; roles=office", json!("家庭原因"), json!("陈𠮷")),
        ("id=l; roles=leader", json!("家庭原因"), json!("陈𠮷")),
        ("id=a; roles=auditor", json!(null), json!("陈𠮷")),
    ] {
        let told = t.viewer(viewer).ask(reasons).await;
        assert_eq!(told["auditTrail"]["nodes"], json!([{ "reason": reason, "subject": { "name": name } }]), "{viewer}");
    }
    let integration = t.viewer("id=i; roles=integration");
    integration.fails("policy.denied", reasons).await;
    let board = "{ leaderboard(board: { subject: MEMBER, measure: { metric: \"premium_new\" }, period: { year: 2022 } }, NOW) { nodes { subject { of name } } } }";
    let nodes = integration.ask(board).await["leaderboard"]["nodes"].take();
    assert_eq!(nodes.as_array().unwrap().len(), 3);
    assert!(nodes.as_array().unwrap().iter().all(|node| node["subject"]["name"].is_null()), "{nodes}");
    let secretary = t.viewer("id=s; roles=branch_secretary; scope=@first");
    let alike = [("@dai", "member"), ("00000000-0000-4000-8000-00000000dead", "member")];
    let mut answers = Vec::new();
    for (id, field) in alike {
        answers.push(secretary.fails("policy.denied", &format!("{{ {field}(id: \"{id}\", NOW) {{ post }} }}")).await);
    }
    assert_eq!(answers[0], answers[1], "what does not exist and what is out of reach are answered alike");
    let badge = |member: &str| json!({ "member": member, "on": "2022-07-01", "place": "大厅", "worn": true });
    let far = secretary.no("policy.denied", "checkBadge", badge("@dai")).await;
    assert_eq!(far, secretary.no("policy.denied", "checkBadge", badge(NOBODY)).await);
    // Without a branch named, lists hold what is in reach.
    let mine = secretary.ask("{ members(NOW) { nodes { id } } branches(NOW) { nodes { id } } }").await;
    assert_eq!(mine["branches"]["nodes"], json!([{ "id": "@first" }]));
    assert_eq!(mine["members"]["nodes"].as_array().unwrap().len(), 2);
    t.end_with(vec![integration, secretary]).await;
}

/// A command that names branches or members beside its subject needs reach over all of them.
pub async fn a_command_needs_reach_over_all_it_names(heard: Ears) {
    let t = peopled(heard).await;
    let secretary = t.viewer("id=s; roles=branch_secretary; scope=@first");
    let office = t.viewer("id=o; roles=office; scope=@first");
    let on = |more: Value| merged(json!({ "on": "2022-07-02", "reason": "试验" }), more);
    let far_outlet = json!({ "branch": "@second", "kind": "DELIVERY", "name": "西区揽投部", "on": "2022-01-04" });
    t.make("far_station", "openOutlet", far_outlet).await;
    let near = json!({ "branch": "@first", "outlet": "@hall" });
    let far = json!({ "branch": "@second", "outlet": "@far_station" });
    let point = |cadres: Value, outlets: Value| json!({ "branch": "@first", "cadres": cadres, "outlets": outlets, "from": "2022-07-02" });
    let contest = json!({
        "member": "@ana", "on": "2022-07-02", "title": "比武", "level": "CITY", "place": 1, "teamMates": ["@dai"],
    });
    for (viewer, mutation, input) in [
        (&secretary, "transferMember", on(json!({ "member": "@ana", "to": "@second" }))),
        (&secretary, "assignContactPoint", point(json!(["@ana", "@dai"]), json!([near, near]))),
        (&secretary, "assignContactPoint", point(json!(["@ana", "@bo"]), json!([near, far]))),
        (&secretary, "placeInContest", contest),
        (&office, "moveBranch", on(json!({ "branch": "@first", "to": "@third" }))),
        (&office, "mergeBranch", on(json!({ "branch": "@first", "into": "@second" }))),
        (
            &office,
            "establishBranch",
            json!({ "kind": "BRANCH", "parent": "@company", "name": "新", "on": "2022-07-02" }),
        ),
    ] {
        viewer.no("policy.denied", mutation, input).await;
    }
    // Whoever holds a session records who came, from wherever they came.
    let training = json!({
        "branch": "@first", "on": "2022-07-02", "topic": "学习", "minutes": 60, "attendees": ["@ana", "@dai"],
    });
    secretary.yes("holdTraining", training).await;
    let both = t.viewer("id=b; roles=member,auditor; member=@ana; scope=@second");
    let told =
        both.ask("{ own: member(id: \"@ana\", NOW) { contact } other: member(id: \"@dai\", NOW) { contact } }").await;
    assert_eq!(told, json!({ "own": { "contact": "A-001@example.org" }, "other": { "contact": "B-001@example.org" } }));
    t.end_with(vec![secretary, office, both]).await;
}
