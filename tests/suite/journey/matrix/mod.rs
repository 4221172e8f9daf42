//! Every field of the schema by every role: what the server answers, against the checked-in table `fields.md`. Each is reached by
//! somebody, and nobody is answered with an error but a denial.
//!
//! The schema says which fields there are; ways lead to each of its types, and there everything is asked for.

mod furnished;
mod walk;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use self::furnished::{SIDES, furnished};
use self::walk::{Came, Key, Pick, Walk, noted};
use super::forbidding::VIEWERS;
use super::teller::{Ears, Teller};
use crate::sdl::{Sdl, named};

const SCORES: &str = "{ subject: MEMBER, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 2 } }, within: \"$B\" }";
const BOARD: &str = "{ subject: MEMBER, measure: { metric: \"premium_new\" }, period: { year: 2022 }, within: \"$B\" }";

/// Ways to the types. `$M` is a member, `$B` their branch, `$S` its name in the names of what belongs to it.
const WAYS: &[&str] = &[
    "log",
    "viewer",
    "node(id: \"$M\")",
    "nodes(ids: [\"$M\", \"$B\"])",
    "report(year: 2022)",
    "report(year: 2022) / figures / events(first: 3)",
    "leaderboard(board: BOARD, first: 20)",
    "leaderboard(board: SCORES, first: 20)",
    "leaderboard(board: BOARD, first: 20) / subject",
    "rank(board: BOARD, subject: \"$M\")",
    "leaderboardChange(board: BOARD, from: { position: \"0\" }, to: { instant: \"2030-01-01T00:00:00Z\" }, first: 20)",
    "auditTrail(filter: { subject: { kind: MEMBER, id: \"$M\" } }, first: 20)",
    "auditTrail(filter: { subject: { kind: MEMBER, id: \"$M\" }, type: \"member_transferred\" }, first: 20)",
    "auditTrail(filter: { subject: { kind: BRANCH, id: \"$B\" } }, first: 20)",
    "organisation",
    "branch(id: \"$B\")",
    "branch(id: \"@merged\")",
    "branches(filter: { within: \"$B\" }, first: 3)",
    "branch(id: \"$B\") / records(first: 20)",
    "branch(id: \"$B\") / results(first: 3)",
    "branch(id: \"$B\") / standings(first: 3)",
    "branch(id: \"$B\") / talks(first: 3)",
    "branch(id: \"$B\") / events(first: 3)",
    "member(id: \"$M\")",
    "members(filter: { within: \"$B\" }, first: 20)",
    "member(id: \"$M\") / counts",
    "member(id: \"$M\") / year(year: 2022)",
    "member(id: \"$M\") / records(first: 20)",
    "member(id: \"$M\") / results(first: 3)",
    "member(id: \"$M\") / standings(first: 3)",
    "member(id: \"$M\") / talks(first: 20)",
    "member(id: \"$M\") / trainings(first: 3)",
    "member(id: \"$M\") / contactPoints(first: 3)",
    "member(id: \"$M\") / roundResults(first: 3)",
    "member(id: \"$M\") / events(first: 3)",
    "outlet(id: \"@hall_$S\")",
    "outlets(filter: { within: \"$B\" }, first: 3)",
    "outlet(id: \"@hall_$S\") / records(first: 3)",
    "contactPoint(id: \"@point_$S\")",
    "contactPoints(filter: { within: \"$B\" }, first: 3)",
    "contactPoint(id: \"@point_$S\") / records(first: 3)",
    "contactPoint(id: \"@point_$S\") / records(first: 3) / outlet",
    "training(id: \"@training_$S\")",
    "trainings(filter: { within: \"$B\" }, first: 3)",
    "training(id: \"@training_$S\") / attendance(first: 20)",
    "metric(code: \"premium_new\")",
    "metrics(first: 3)",
    "competition(id: \"@competition_$S\")",
    "competitions(filter: { within: \"$B\" }, first: 3)",
    "competition(id: \"@competition_$S\") / board(first: 20)",
    "grants(filter: { within: \"$B\" }, first: 3)",
    "round(id: \"@quarter_$S\")",
    "round(id: \"@void_$S\")",
    "round(id: \"@open_$S\")",
    "round(id: \"@year_$S\")",
    "rounds(filter: { within: \"$B\" }, first: 3)",
    "round(id: \"@quarter_$S\") / me",
    "round(id: \"@quarter_$S\") / roster(first: 20)",
    "round(id: \"@open_$S\") / roster(first: 20)",
    "round(id: \"@quarter_$S\") / results(first: 20)",
    "round(id: \"@quarter_$S\") / appeals(first: 20)",
    "roundResult(round: \"@quarter_$S\", member: \"$M\")",
    "roundResult(round: \"@quarter_$S\", member: \"$M\") / explanation",
    "roundResult(round: \"@year_$S\", member: \"$M\") / explanation",
    "roundResult(round: \"@quarter_$S\", member: \"$M\") / versions",
    "roundResult(round: \"@quarter_$S\", member: \"$M\") / selfReview",
    "roundResult(round: \"@quarter_$S\", member: \"$M\") / leaderReviews",
    "roundResult(round: \"@quarter_$S\", member: \"$M\") / appeals",
    "roundProposal(round: \"@open_$S\", first: 20)",
    "roundComments(round: \"@open_$S\", first: 20)",
    "recordedReads(subject: { kind: MEMBER, id: \"$M\" }, first: 3)",
    "talk(id: \"@talk_$N\")",
    "talks(filter: { within: \"$B\" }, first: 20)",
    "whatIf(round: \"@quarter_$S\", rules: { threshold: 4 })",
    "fairness(period: { quarter: { year: 2022, quarter: 2 } }, within: \"$B\")",
    "dues(within: \"$B\", first: 20)",
    "dues(within: \"$B\", first: 20) / subject",
    "ruleSet(version: 1)",
    "ruleSet(version: 1) / rules",
    "ruleSets(first: 3)",
    "rulePresets",
    "roundPlan(within: \"$B\", period: { quarter: { year: 2023, quarter: 1 } }, rulesVersion: 1)",
    "roundPlan(within: \"$B\", period: { quarter: { year: 2023, quarter: 3 } }, rulesVersion: 1)",
    "roundPlan(within: \"$B\", period: { quarter: { year: 2023, quarter: 1 } }, rulesVersion: 1) / claimed / round",
];

/// Whom it is about: oneself, somebody of the same branch, somebody of another.
const PROBES: [(&str, usize); 3] = [("ana", 0), ("bo", 0), ("eve", 1)];

/// Who is named in the rounds, beside the viewers of the other table.
const NAMED: &[(&str, &str)] =
    &[("marker", "id=mark; roles=member; member=@mark"), ("scrutineer", "id=scru1; roles=member; member=@scru1")];

/// Types that are met in the answers of mutations alone, or that a story cannot lead to, each with the reason.
const ASIDE: &[(&str, &str)] = &[
    ("Mutation", "each mutation is a row of permissions.md"),
    ("Outcome", "what a mutation answers to whoever sent it"),
    ("Outcomes", "what a mutation answers to whoever sent it"),
    ("BatchOutcome", "what a mutation answers to whoever sent it"),
    ("Turnout", "what a subscription sends, which is a row of permissions.md"),
    ("ItemOutcome", "what a mutation answers to whoever sent it"),
    ("Refusal", "what a mutation answers to whoever sent it"),
    ("RefusalFact", "what a mutation answers to whoever sent it"),
    ("Feed", "each subscription is a row of permissions.md, and what it sends are types of this table"),
    ("RecordedSkip", "only a projection that stopped is told to step over something, on the command line"),
];

fn steps(way: &str) -> Vec<&str> {
    way.split(" / ").collect()
}

/// The types at the ends of the ways.
fn ends(schema: &Sdl) -> BTreeSet<&str> {
    let field = |of: &str, name: &str| {
        let field = schema.fields(of).find(|field| field.name.node == name);
        named(&field.unwrap_or_else(|| panic!("{of} has no {name}")).ty.node).as_str()
    };
    let row = |of| {
        let nodes = schema.fields(of).find(|field| field.name.node == "nodes");
        nodes.map_or(of, |nodes| named(&nodes.ty.node).as_str())
    };
    let end =
        |way: &&str| steps(way).into_iter().fold("Query", |of, step| row(field(of, step.split('(').next().unwrap())));
    WAYS.iter().map(end).collect()
}

/// What a viewer is answered about each whom it may be about.
async fn asked(viewer: &Teller, ways: &[(&str, Vec<Pick>, String)]) -> [Came; 3] {
    let mut answers = HashMap::new();
    let mut came = [Came::new(), Came::new(), Came::new()];
    for (probe, came) in PROBES.iter().zip(&mut came) {
        let others: Vec<String> = SIDES
            .iter()
            .flat_map(|side| side.people)
            .filter(|name| *name != probe.0)
            .map(|name| format!("@{name}"))
            .collect();
        for (_, picks, text) in ways {
            let text = about(text, *probe);
            if !answers.contains_key(&text) {
                let response = viewer.response(&text).await;
                answers.insert(text.clone(), response);
            }
            noted(picks, &answers[&text], &others, came);
        }
    }
    came
}

fn about(text: &str, (member, side): (&str, usize)) -> String {
    let side = &SIDES[side];
    let text = text.replace("SCORES", SCORES).replace("BOARD", BOARD);
    text.replace("$M", &format!("@{member}")).replace("$B", side.branch).replace("$S", side.name).replace("$N", member)
}

const HEAD: &str = "# Who is answered what, field by field\n\n\
The server's answers, written down by the journey that asks them (`BLESS=1` writes this file anew); the rules are the\n\
table in `graphql/src/policy.rs`. Each cell is three answers: about oneself, about somebody of the same branch, about somebody\n\
of another branch. `+` answered, `?` null where others are told something, `-` denied, `.` nothing there. A field that is reached\n\
in several ways is answered where one of them is. Viewers have @first as scope or home, only the whole office has no scope;\n\
the marker and the scrutineer are of another branch, and named in the rounds. Fields that are alike share a row.\n";

/// Everything by everybody.
pub async fn every_field_is_answered_as_the_table_says(heard: Ears) {
    let t = furnished(heard).await;
    let schema = Sdl::read(&graphql::schema::sdl());
    let walk = Walk { schema: &schema, own: ends(&schema).into_iter().collect() };
    let ways: Vec<(&str, Vec<Pick>, String)> = WAYS
        .iter()
        .map(|way| {
            let picks = walk.picks("Query", Some(&steps(way)));
            let text = format!("{{ {} }}", walk.text(&picks));
            (*way, picks, text)
        })
        .collect();
    let viewers: Vec<(&str, Teller)> =
        VIEWERS.iter().chain(NAMED).map(|(name, words)| (*name, t.viewer(words))).collect();
    let whole = viewers.iter().find(|(name, _)| *name == "whole office").unwrap();
    // Who reads a member's records is to find one.
    asked(&whole.1, &ways).await;
    // One after the other: what is recorded of reads is one of the answers.
    let mut columns = Vec::new();
    for (_, viewer) in &viewers {
        columns.push(asked(viewer, &ways).await);
    }
    all_are_reached(&schema, &columns);
    super::check("tests/suite/journey/fields.md", &table(&viewers, &columns));
    drop(viewers);
    t.nothing_recorded().await;
}

/// Each field of each type was asked of something that was there.
fn all_are_reached(schema: &Sdl, columns: &[[Came; 3]]) {
    let seen: BTreeSet<&Key> = columns
        .iter()
        .flatten()
        .flat_map(|came| came.iter().filter(|(_, what)| **what != '-').map(|(key, _)| key))
        .collect();
    let aside = |of: &str| ASIDE.iter().any(|(name, reason)| *name == of && reason.len() > 20);
    let all = schema.objects().filter(|of| !aside(of));
    let all = all.flat_map(|of| schema.fields(of).map(move |field| (of.to_owned(), field.name.node.to_string())));
    let unseen: Vec<Key> = all.filter(|key| !seen.contains(key)).collect();
    assert!(unseen.is_empty(), "no way leads to these fields, or nothing is there: {unseen:?}");
    let strays: Vec<_> = seen.iter().filter(|(of, _)| aside(of)).collect();
    assert!(strays.is_empty(), "left aside, but reached: {strays:?}");
}

fn table(viewers: &[(&str, Teller)], columns: &[[Came; 3]]) -> String {
    let keys: BTreeSet<&Key> = columns.iter().flatten().flat_map(BTreeMap::keys).collect();
    let mut types: BTreeMap<&str, Vec<(Vec<String>, &str)>> = BTreeMap::new();
    for key in keys {
        let told: Vec<bool> =
            (0..PROBES.len()).map(|probe| columns.iter().any(|column| column[probe].get(key) == Some(&'+'))).collect();
        let cell = |column: &[Came; 3]| -> String {
            let one = |(came, told): (&Came, &bool)| match (came.get(key).copied(), told) {
                (Some('-'), _) => '-',
                (Some(what), true) => what,
                (Some(_), false) | (None, _) => '.',
            };
            column.iter().zip(&told).map(one).collect()
        };
        types.entry(&key.0).or_default().push((columns.iter().map(cell).collect(), &key.1));
    }
    let mut text = HEAD.to_owned();
    let names = viewers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" | ");
    for (of, rows) in types {
        write!(text, "\n## {of}\n\n| | {names} |\n|---|{}\n", "---|".repeat(viewers.len())).unwrap();
        let mut alike: Vec<(&Vec<String>, Vec<&str>)> = Vec::new();
        for (cells, field) in &rows {
            match alike.iter_mut().find(|(known, _)| *known == cells) {
                Some((_, fields)) => fields.push(field),
                None => alike.push((cells, vec![field])),
            }
        }
        for (cells, fields) in alike {
            let cells = cells.iter().map(|cell| format!("`{cell}`")).collect::<Vec<_>>().join(" | ");
            writeln!(text, "| {} | {cells} |", fields.join(", ")).unwrap();
        }
    }
    text
}
