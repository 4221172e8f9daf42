//! Every refusal and every command of a noun stands in a rule test: a list read from the sources, so that none is forgotten.

use std::fs;
use std::path::{Path, PathBuf};

use domain::refusal::Refusal;

fn source(noun: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(noun)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of every Rust file at or below a path.
fn texts(path: &Path) -> String {
    if path.is_file() {
        return read(path);
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    entries.map(|entry| texts(&entry.expect("an entry").path())).collect()
}

/// The rule tests of every noun: `tests.rs` or the folder `tests`.
fn rule_tests() -> String {
    let kept = |noun: &str| ["tests.rs", "tests"].map(|name| source(noun).join(name));
    let paths = ["member", "branch", "ledger", "round"].into_iter().flat_map(kept);
    let own = paths.filter(|path| path.exists()).map(|path| texts(&path));
    own.chain(SMALL.iter().map(|noun| small(noun)[1].clone())).collect()
}

/// The nouns that are one file, with their tests at its end.
const SMALL: [&str; 4] = ["amount", "period", "person", "text"];

/// The text of such a noun, and that of its tests.
fn small(noun: &str) -> [String; 2] {
    let text = read(&source(&format!("{noun}.rs")));
    let (noun, tests) = text.split_once("mod tests {").expect("tests at the end");
    [noun.to_owned(), tests.to_owned()]
}

/// The codes of a noun's refusals with their variants, read from where they are declared: `Variant { … } = "code"`.
fn declared(noun: &str) -> Vec<(String, String)> {
    let text = if SMALL.contains(&noun) { small(noun)[0].clone() } else { read(&source(noun).join("error.rs")) };
    let (_, list) = text.split_once("refusals! {").expect("a list of refusals");
    let mut refusals = Vec::new();
    for (end, _) in list.match_indices('}') {
        let Some(after) = list[end + 1..].trim_start().strip_prefix('=') else { continue };
        let Some(quoted) = after.trim_start().strip_prefix('"') else { continue };
        let code: String = quoted.chars().take_while(|c| *c != '"').collect();
        let start = list[..end].rfind('{').expect("facts in braces");
        let variant = list[..start].split_whitespace().last().expect("a variant before its facts");
        refusals.push((variant.to_owned(), code));
    }
    refusals
}

/// Ids of commands come by the door; their rule and its tests are there.
const DECIDED_OUTSIDE: &str = "text.bad_command_id";

/// Whether a word stands in a text by itself.
fn has_word(text: &str, word: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + word.len()..].chars().next());
        !before.is_some_and(inner) && !after.is_some_and(inner)
    })
}

fn every_refusal_has_a_test(noun: &str, refusal: &str) {
    let (tests, declared) = (rule_tests(), declared(noun));
    let untested: Vec<_> = declared
        .iter()
        .filter(|(variant, code)| {
            *code != DECIDED_OUTSIDE
                && !has_word(&tests, &format!("{refusal}::{variant}"))
                && !tests.contains(&format!("\"{code}\""))
        })
        .collect();
    assert!(untested.is_empty(), "no rule test of {untested:?}");
}

fn every_command_has_a_test(noun: &str, command: &str) {
    let text = read(&source(noun).join("command.rs"));
    let (_, body) = text.split_once(&format!("pub enum {command} {{")).expect("an enum of commands");
    let name = |line: &str| line.strip_prefix("    ")?.split(|c: char| !c.is_alphanumeric()).next().map(str::to_owned);
    let names: Vec<String> =
        body.lines().filter_map(name).filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase())).collect();
    assert!(names.len() > 10, "read only {names:?}");
    let tests = rule_tests();
    let untested: Vec<_> = names.iter().filter(|name| !has_word(&tests, &format!("{command}::{name}"))).collect();
    assert!(untested.is_empty(), "no rule test of {untested:?}");
}

#[test]
fn every_refusal_and_command_of_a_member_has_a_rule_test() {
    every_refusal_has_a_test("member", "MemberRefusal");
    every_command_has_a_test("member", "MemberCommand");
}

#[test]
fn every_refusal_and_command_of_a_branch_has_a_rule_test() {
    every_refusal_has_a_test("branch", "BranchRefusal");
    every_command_has_a_test("branch", "BranchCommand");
}

#[test]
fn every_refusal_and_command_of_a_round_has_a_rule_test() {
    every_refusal_has_a_test("round", "RoundRefusal");
    every_command_has_a_test("round", "RoundCommand");
}

#[test]
fn every_refusal_of_a_talk_has_a_rule_test() {
    every_refusal_has_a_test("talk", "TalkRefusal");
}

#[test]
fn every_refusal_of_a_grant_has_a_rule_test() {
    every_refusal_has_a_test("grant", "GrantRefusal");
}

#[test]
fn every_refusal_of_a_ledger_has_a_rule_test() {
    every_refusal_has_a_test("ledger", "LedgerRefusal");
}

#[test]
fn every_refusal_of_a_text_a_number_a_day_and_a_person_has_a_rule_test() {
    for (noun, refusal) in
        [("amount", "AmountRefusal"), ("period", "TimeRefusal"), ("person", "PersonRefusal"), ("text", "TextRefusal")]
    {
        every_refusal_has_a_test(noun, refusal);
    }
}

#[test]
fn the_list_of_refusals_is_read_whole() {
    for (noun, codes) in [
        ("member", domain::member::MemberRefusal::CODES),
        ("branch", domain::branch::BranchRefusal::CODES),
        ("ledger", domain::ledger::LedgerRefusal::CODES),
        ("round", domain::round::RoundRefusal::CODES),
        ("talk", domain::talk::TalkRefusal::CODES),
        ("grant", domain::grant::GrantRefusal::CODES),
        ("amount", domain::amount::AmountRefusal::CODES),
        ("period", domain::period::TimeRefusal::CODES),
        ("person", domain::person::PersonRefusal::CODES),
        ("text", domain::text::TextRefusal::CODES),
    ] {
        let read: Vec<String> = declared(noun).into_iter().map(|(_, code)| code).collect();
        assert_eq!(read, codes);
    }
}

#[test]
fn a_code_means_one_rule() {
    let mut codes = Refusal::all_codes();
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all);
}
