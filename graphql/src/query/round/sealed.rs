//! What a round's events hold sealed, opened with the round's key. Ask the policy, and record the look, first.

use domain::event::Event;
use domain::round::RoundEvent;
use domain::stream::Position;
use domain::text::Sealed;

use crate::fault::{Fault, Result};
use crate::ports::ReadError;
use crate::session::Session;

/// The event of a round at a position.
///
/// # Errors
/// [`Fault::Read`].
pub async fn told(session: &Session, position: i64) -> Result<RoundEvent> {
    match session.fact(Position(position.unsigned_abs())).await?.map(|fact| fact.event) {
        Some(Event::Round(event)) => Ok(event),
        Some(Event::Member(_) | Event::Branch(_)) | None => Err(unreadable()),
    }
}

/// A sealed text of it; the white space at its end hides its length.
///
/// # Errors
/// [`Fault::Read`].
pub async fn opened(session: &Session, sealed: &Sealed) -> Result<String> {
    session.opened(sealed).await?.ok_or_else(unreadable)
}

/// That what is there cannot be opened, or is not what was looked for.
#[must_use]
pub fn unreadable() -> Fault {
    ReadError::Failed("what a round holds cannot be opened with its key".into()).into()
}
