//! Sends the year to a running program, step by step on its simulated clock.
//!
//! # Invariants
//! - A step is sent once the one before it is settled, so what a load leaves when it is cut off is a beginning of the
//!   year, up to the step it was cut off in.
//! - Ids, bodies and order are the same in every load: what is recorded already is answered as replayed.

use domain::stream::Position;
use domain::text::Sealed;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use graphql::ports::{Accepted, Commands, SendError};

use super::draft::{Draft, LOADER, Step};
use super::steps;
use crate::app::App;
use crate::clock::Clock;
use crate::fold::rebuild::Progress;

/// How many commands are under way at once.
const AT_ONCE: usize = 128;

/// What a load did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// The commands of the year.
    pub commands: u64,
    /// How many of them were recorded by this load.
    pub appended: u64,
    /// How many had been recorded before.
    pub replayed: u64,
    /// The position of the last event of the year.
    pub position: Position,
}

/// Why a load stopped. Loading again goes on from there.
#[derive(Debug, thiserror::Error)]
#[error(
    "the demo year stopped at {step}, command {command_id}; it goes into an empty log, or one that it was cut off in"
)]
pub struct DemoError {
    /// The instant of the step.
    pub step: String,
    /// The command.
    pub command_id: String,
    /// Why it was not accepted.
    #[source]
    pub source: SendError,
}

/// Loads the year, or what is missing of it. The clock is the program's, simulated and not ahead of the year.
///
/// # Errors
/// [`DemoError`] at the first command that is not accepted.
pub async fn load(app: &App, clock: &Clock, told: &dyn Progress) -> Result<Loaded, DemoError> {
    let steps = steps();
    let commands = steps.iter().map(|step| step.drafts.len() as u64).sum();
    let mut loaded = Loaded { commands, appended: 0, replayed: 0, position: Position(0) };
    for step in &steps {
        clock.advance_to(step.at);
        let mut accepted = stream::iter(&step.drafts).map(|draft| send(app, step, draft)).buffer_unordered(AT_ONCE);
        while let Some(Accepted { position, replayed }) = accepted.try_next().await? {
            let count = if replayed { &mut loaded.replayed } else { &mut loaded.appended };
            *count += 1;
            loaded.position = loaded.position.max(position);
            told.at(loaded.appended + loaded.replayed, commands);
        }
    }
    Ok(loaded)
}

async fn send(app: &App, step: &Step, draft: &Draft) -> Result<Accepted, DemoError> {
    let failed = |source| DemoError { step: step.at.to_string(), command_id: draft.id().to_owned(), source };
    let texts = seal(&*app.commands, draft).await.map_err(failed)?;
    app.commands.send(&draft.asker(), draft.command(texts), draft.person()).await.map_err(failed)
}

async fn seal(commands: &dyn Commands, draft: &Draft) -> Result<Vec<Sealed>, SendError> {
    let (asker, mut texts) = (draft.asker(), Vec::with_capacity(draft.words().len()));
    for (subject, (label, text)) in draft.words() {
        texts.push(commands.seal(&asker, *subject, label, text).await?);
    }
    Ok(texts)
}

/// Whether the whole year is in the log: its last command is sent alone, after all others.
///
/// # Errors
/// The database's.
pub async fn is_loaded(app: &App) -> Result<bool, sqlx::Error> {
    let steps = steps();
    let last = steps.last().and_then(|step| step.drafts.last()).expect("the year has steps");
    crate::sql::query_scalar("select exists (select from commands where principal = $1 and command_id = $2)")
        .bind(LOADER)
        .bind(last.id())
        .fetch_one(&app.pool)
        .await
}
