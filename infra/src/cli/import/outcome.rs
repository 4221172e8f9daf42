//! What came of a line, as it is printed, and of all lines together.

use std::fmt;
use std::process::ExitCode;

use async_graphql::{Response, ServerError};
use domain::stream::Position;
use serde::Serialize;
use serde_json::Value;

use super::SOME_REFUSED;
use crate::cli::told;
use crate::turn::NotSent;

/// What came of a line: one JSON object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    command_id: Option<String>,
    #[serde(flatten)]
    answer: Answer,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Answer {
    /// What the API answered: position, id, whether it was replayed, or the refusal.
    Outcome(Value),
    /// The line is no command, or no answer came.
    Failure { failure: Failed },
}

#[derive(Debug, Serialize)]
struct Failed {
    code: String,
    message: String,
}

/// What became of a line, to be counted.
enum Kind {
    Accepted,
    Replayed,
    Refused,
    NoCommand,
    Accident,
}

/// The code of a line that is no command.
const NO_COMMAND: &str = "import.no_command";
/// The code of an accident.
const INTERNAL: &str = "internal";
/// The code of a line that was not sent, since one before it came to an accident.
const NOT_SENT: &str = "import.not_sent";
/// The codes of failures that are no fault of the line.
const ACCIDENTS: [&str; 3] = [INTERNAL, NOT_SENT, "position.behind"];
/// The codes of refusals that no rule stands behind: what they say passes.
const PASSING: [&str; 3] = ["command.contended", "log.newer_type", "stream.newer_build"];

impl Outcome {
    /// The line is no command.
    pub fn no_command(line: u64, wrong: String) -> Self {
        Self::failed(line, None, NO_COMMAND, wrong)
    }

    /// No answer came, for a reason that is no fault of the line.
    pub fn accident(line: u64, said: String) -> Self {
        Self::failed(line, None, INTERNAL, said)
    }

    fn failed(line: u64, command_id: Option<String>, code: &str, message: String) -> Self {
        Self { line, command_id, answer: Answer::Failure { failure: Failed { code: code.to_owned(), message } } }
    }

    /// What the API answered.
    pub fn of(line: u64, command_id: String, response: Response) -> Self {
        if let Some(error) = response.errors.into_iter().next() {
            let (code, message) = code_of(&error);
            return Self::failed(line, Some(command_id), &code, message);
        }
        let answer = response.data.into_json().map(|mut data| without_nulls(data["outcome"].take()));
        let answer = Answer::Outcome(answer.expect("an answer of the API is JSON"));
        Self { line, command_id: Some(command_id), answer }
    }

    /// The position it led to, 0 where it led to none; nothing where it came to an accident.
    pub fn led_to(&self) -> Option<Position> {
        let position = match (&self.answer, self.kind()) {
            (_, Kind::Accident) => return None,
            (Answer::Outcome(outcome), _) => outcome["position"].as_str().and_then(|position| position.parse().ok()),
            (Answer::Failure { .. }, _) => None,
        };
        Some(Position(position.unwrap_or_default()))
    }

    fn kind(&self) -> Kind {
        match &self.answer {
            Answer::Failure { failure } if ACCIDENTS.contains(&&*failure.code) => Kind::Accident,
            Answer::Failure { .. } => Kind::NoCommand,
            Answer::Outcome(outcome) => {
                let (mut refused, mut passing) = (false, false);
                for code in refusals(outcome) {
                    refused = true;
                    passing |= PASSING.contains(&code);
                }
                match (passing, refused, outcome["replayed"] == true) {
                    (true, ..) => Kind::Accident,
                    (false, true, _) => Kind::Refused,
                    (false, false, true) => Kind::Replayed,
                    (false, false, false) => Kind::Accepted,
                }
            }
        }
    }
}

/// The codes by which a command was refused, or some of several.
fn refusals(outcome: &Value) -> impl Iterator<Item = &str> {
    let of_items = outcome["items"].as_array().into_iter().flatten().map(|item| &item["outcome"]);
    let all = std::iter::once(outcome).chain(of_items);
    all.filter_map(|outcome| outcome.get("refusal")).map(|refusal| refusal["code"].as_str().unwrap_or_default())
}

/// An accident's cause is told to whoever imports: the data is theirs.
fn code_of(error: &ServerError) -> (String, String) {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    let code = match code {
        Some(async_graphql::Value::String(code)) => code.clone(),
        // The schema's own checks: a field that is missing, unknown or of another type.
        _none => NO_COMMAND.to_owned(),
    };
    match graphql::fault::cause(error) {
        Some(cause) if cause.is::<NotSent>() => (NOT_SENT.to_owned(), told(&**cause)),
        Some(cause) => (code, told(&**cause)),
        None => (code, error.message.clone()),
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let there = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(there.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).expect("an outcome is a plain tree"))
    }
}

/// How many lines came to what.
#[derive(Debug, Default)]
pub struct Tally {
    lines: u64,
    accepted: u64,
    replayed: u64,
    refused: u64,
    no_commands: u64,
    accidents: u64,
    stopped: bool,
}

impl Tally {
    /// Counts an outcome; answers whether it stops the import.
    pub fn take(&mut self, outcome: &Outcome) -> bool {
        self.lines += 1;
        let (of, stops) = match outcome.kind() {
            Kind::Accepted => (&mut self.accepted, false),
            Kind::Replayed => (&mut self.replayed, false),
            Kind::Refused => (&mut self.refused, false),
            Kind::NoCommand => (&mut self.no_commands, false),
            Kind::Accident => (&mut self.accidents, true),
        };
        *of += 1;
        self.stopped |= stops;
        stops
    }

    /// It was asked to stop: nothing more is read.
    pub fn stop(&mut self) -> bool {
        self.stopped = true;
        false
    }

    /// How the import ends for a script.
    pub fn exit_code(&self) -> ExitCode {
        match (self.stopped, self.refused + self.no_commands) {
            (true, _) => ExitCode::FAILURE,
            (false, 0) => ExitCode::SUCCESS,
            (false, _) => ExitCode::from(SOME_REFUSED),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, accepted, replayed, refused, no_commands, accidents, stopped } = self;
        write!(f, "{lines} lines: {accepted} accepted, {replayed} accepted before, {refused} refused, ")?;
        write!(f, "{no_commands} no commands, {accidents} not settled")?;
        match stopped {
            true => {
                f.write_str("; stopped before the end: import the same file again, what was accepted stays as it is")
            }
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind_of(answer: Value) -> (bool, Option<Position>) {
        let outcome = Outcome { line: 1, command_id: None, answer: Answer::Outcome(answer) };
        (Tally::default().take(&outcome), outcome.led_to())
    }

    #[test]
    fn what_passes_stops_an_import_and_what_a_rule_says_does_not() {
        assert_eq!(kind_of(json!({ "position": "7", "replayed": false })), (false, Some(Position(7))));
        for (code, stops) in [
            ("branch.closed", false),
            ("policy.denied", false),
            ("command.contended", true),
            ("log.newer_type", true),
            ("stream.newer_build", true),
        ] {
            let alone = json!({ "refusal": { "code": code }, "replayed": false });
            let among = json!({ "items": [{ "outcome": { "position": "3" } }, { "outcome": alone }] });
            let led_to = (!stops).then_some(Position(0));
            assert_eq!(kind_of(alone), (stops, led_to), "{code}");
            assert_eq!(kind_of(among), (stops, led_to), "{code} of one of several");
        }
    }
}
