//! Reads the settings, and keeps where each was said: what the doctor and the first lines of a start tell.
//!
//! # Rules
//! - What is wrong ends the program before it does anything, but for the doctor: it goes on without a variable that is wrong,
//!   and says so.
//! - A variable that begins as ours do and is none of them is told, by its name alone.

use std::ffi::{OsStr, OsString};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};

use super::Arguments;
use super::page::{Setting, settings};

/// How the names of our variables begin.
const OURS: &str = "SANPING_";

/// Where a setting was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// On the command line.
    CommandLine,
    /// By its variable.
    Variable,
    /// Nowhere.
    Unsaid,
}

/// A setting as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name on the command line.
    pub flag: String,
    /// Its variable, where it has one.
    pub variable: Option<String>,
    /// Where it was said.
    pub source: Source,
    /// What it is; nothing where it is nothing, or a secret.
    pub value: Option<String>,
}

/// A variable that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Which one.
    pub variable: String,
    /// Why, in the words of whoever reads it.
    pub why: String,
}

/// What was read, beside the arguments.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Every setting that the command takes.
    pub found: Vec<Found>,
    /// The variables that were left aside: of a doctor only.
    pub wrong: Vec<Wrong>,
    /// Variables that begin as ours do, and are none.
    pub unknown: Vec<String>,
}

/// Reads arguments and environment. What is wrong ends the program, with a sentence that says what.
#[must_use]
pub fn read() -> (Arguments, Told) {
    let given: Vec<OsString> = std::env::args_os().collect();
    match parse(&given, Arguments::command(), Vec::new()) {
        Ok(read) => read,
        Err(error) if given.iter().any(|word| word == "doctor") && error.exit_code() != 0 => {
            let (command, wrong) = without_wrong(Arguments::command(), error.kind());
            parse(&given, command, wrong).unwrap_or_else(|error| error.exit())
        }
        Err(error) => error.exit(),
    }
}

fn parse(given: &[OsString], command: Command, wrong: Vec<Wrong>) -> Result<(Arguments, Told), clap::Error> {
    let matches = command.try_get_matches_from(given)?;
    let arguments = Arguments::from_arg_matches(&matches)?;
    let of_command = matches.subcommand().map_or(&matches, |(_, of_command)| of_command);
    let found = settings().iter().filter_map(|setting| found(setting, of_command)).collect();
    Ok((arguments, Told { found, wrong, unknown: unknown() }))
}

/// How a setting was said; nothing where the command does not take it.
fn found(setting: &Setting, matches: &ArgMatches) -> Option<Found> {
    let id = setting.id();
    let values = matches.try_get_raw(id).ok()?;
    let source = match matches.value_source(id) {
        Some(ValueSource::CommandLine) => Source::CommandLine,
        Some(ValueSource::EnvVariable) => Source::Variable,
        _default_or_none => Source::Unsaid,
    };
    let text = values.map(|values| values.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(","));
    let value = text.filter(|_| !setting.is_secret());
    Some(Found { flag: setting.flag(), variable: setting.variable().map(str::to_owned), source, value })
}

/// The command without the variables that cannot be taken; where each can and together they cannot, without any of those that
/// only a server reads.
fn without_wrong(command: Command, kind: ErrorKind) -> (Command, Vec<Wrong>) {
    let set = |setting: &Setting| Some((setting.variable()?.to_owned(), variable(setting.variable()?)?));
    let mut command = command;
    let mut wrong = Vec::new();
    let all = settings();
    for setting in &all {
        let Some((variable, value)) = set(setting) else { continue };
        if let Some(why) = fault(setting.arg(), &value) {
            command = without(command, setting);
            wrong.push(Wrong { variable, why });
        }
    }
    if wrong.is_empty() && kind == ErrorKind::MissingRequiredArgument {
        for setting in all.iter().filter(|setting| !setting.everywhere) {
            let Some((variable, _)) = set(setting) else { continue };
            command = without(command, setting);
            wrong.push(Wrong { variable, why: "is said without what belongs to it".to_owned() });
        }
    }
    (command, wrong)
}

fn without(command: Command, setting: &Setting) -> Command {
    let unread = |arg: Arg| arg.env(None::<&'static str>);
    match setting.everywhere {
        true => command.mut_arg(setting.id(), unread),
        false => command.mut_subcommand("doctor", |doctor| doctor.mut_arg(setting.id(), unread)),
    }
}

/// Why a value cannot be taken for an argument; nothing where it can.
fn fault(arg: &Arg, value: &OsStr) -> Option<String> {
    let mut alone =
        Arg::new("value").long("value").action(ArgAction::Append).value_parser(arg.get_value_parser().clone());
    if let Some(delimiter) = arg.get_value_delimiter() {
        alone = alone.value_delimiter(delimiter);
    }
    let mut said = OsString::from("--value=");
    said.push(value);
    let parsed = Command::new("sanping").arg(alone).try_get_matches_from([OsString::from("sanping"), said]);
    let told = parsed.err()?.to_string();
    let first = told.lines().next().unwrap_or_default();
    Some(first.trim_start_matches("error: ").replace(" for '--value <value>'", ""))
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The variables that begin as ours do, and are none.
fn unknown() -> Vec<String> {
    let known: Vec<String> = settings().iter().filter_map(|setting| setting.variable().map(str::to_owned)).collect();
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let mut unknown: Vec<String> = names.filter(|name| name.starts_with(OURS) && !known.contains(name)).collect();
    unknown.sort();
    unknown
}
