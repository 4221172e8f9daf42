//! The command line: opens the place, does one thing, says how it went.
//!
//! # Exit codes
//! 0 done · 1 an accident or a wrong setting, also where what there is to say cannot be written · 2 wrong arguments ·
//! 4 verification found a difference, a replay something wrong with the log, or the doctor a fault · 5 of an import some lines were refused or are
//! no commands. A rebuild ends with 0 whatever served before: it has put it right.

pub mod doctor;
pub mod import;
pub mod keys;
pub mod log;
pub mod place;
pub mod progress;
pub mod projections;
pub mod reads;
pub mod restored;
pub mod roles;
pub mod serve;
pub mod year;

use std::io::Write;
use std::process::ExitCode;
use std::sync::OnceLock;

use crate::auth::oidc;
use crate::config::read::Told;
use crate::config::{Action, Arguments, LogAction, SchemaOf};
use crate::log::catalogue;
use import::Import;

/// Any failure of the command line, told to a person.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Does what the arguments say.
///
/// # Errors
/// What went wrong, in a sentence with its causes.
pub async fn run(arguments: Arguments, told: Told) -> Result<ExitCode, Failure> {
    let code = act(arguments, told).await?;
    match UNWRITTEN.get() {
        Some(error) => Err(format!("what there was to say cannot be written to standard output: {error}").into()),
        None => Ok(code),
    }
}

async fn act(arguments: Arguments, told: Told) -> Result<ExitCode, Failure> {
    let place = &arguments.place;
    match arguments.action {
        Action::Demo { port, load_only } => serve::demo(place, port, load_only).await,
        Action::Serve { serving } => serve::serve(place, &serving).await,
        Action::Doctor { serving, json } => doctor::run(place, &arguments.telling, &serving, &told, json).await,
        Action::Import { file, viewer, viewers_in_lines, correlation } => {
            import::run(place, Import { file, viewer, viewers_in_lines, correlation }).await
        }
        Action::Keys { action } => keys::run(place, action).await,
        Action::Principal { issuer, subject } => {
            say(&oidc::principal(&issuer, &subject).0);
            Ok(ExitCode::SUCCESS)
        }
        Action::Migrate { app_role } => place::migrate(place, &app_role).await,
        Action::Log { action: LogAction::Replay { upto, json } } => log::replay(place, upto, json).await,
        Action::Log { action: LogAction::Restored { reason, by, nothing_lost, json } } => {
            restored::run(place, &reason, &by, nothing_lost, json).await
        }
        Action::Projections { action } => projections::run(place, action).await,
        Action::Reads { action } => reads::run(place, action).await,
        Action::Roles { action } => roles::run(place, action).await,
        Action::Report { year, position, as_of, json } => year::report(place, year, position, as_of, json).await,
        Action::Schema { what } => {
            let text = match what {
                SchemaOf::Graphql => graphql::schema::sdl(),
                SchemaOf::Events => serde_json::to_string_pretty(&domain::catalogue::catalogue())?,
                SchemaOf::Examples => catalogue::CATALOGUE.to_owned(),
            };
            say(text.trim_end());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Why something could not be said, the first time.
static UNWRITTEN: OnceLock<std::io::Error> = OnceLock::new();

/// Prints a line for people or machines. A reader that has gone away is no accident; anything else is, and the program ends
/// with it: whoever goes on for long asks [`is_unheard`].
pub fn say(line: &str) {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => drop(UNWRITTEN.set(error)),
        _written_or_gone => {}
    }
}

/// Whether something could not be said.
#[must_use]
pub fn is_unheard() -> bool {
    UNWRITTEN.get().is_some()
}

/// A failure with its causes, one sentence.
#[must_use]
pub fn told(failure: &(dyn std::error::Error + 'static)) -> String {
    let mut told = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !told.contains(&said) {
            told = format!("{told}: {said}");
        }
        cause = error.source();
    }
    told
}
