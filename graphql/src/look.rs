//! Looks at what a freeze hides: each is recorded before it is answered.

use domain::id::RoundId;
use projections::words::SubjectKind;

use crate::fault::Result;
use crate::ports::{Look, Moment};
use crate::session::Session;

/// Records that the viewer looks at what a round hides, once in a request however many parts of it are asked for.
///
/// # Errors
/// As [`record`].
pub async fn record_once(session: &Session, round: RoundId, what: &'static str, at: Moment) -> Result<()> {
    // Held while the look is recorded: nobody else of the request goes on before it is.
    let mut looked = session.looked().await;
    if !looked.contains(&(round, what)) {
        record(session, round, what, at).await?;
        looked.insert((round, what));
    }
    Ok(())
}

/// Records that the viewer looks at what a round hides; `what` is a short word for it.
///
/// # Errors
/// [`crate::fault::Fault::Unauthenticated`], [`crate::fault::Fault::Read`] where it cannot be recorded; then nothing is
/// to be shown.
pub async fn record(session: &Session, round: RoundId, what: &'static str, at: Moment) -> Result<()> {
    let (viewer, position) = (session.signed_in()?.clone(), at.position);
    let look = Look { viewer, what, kind: SubjectKind::Round, subject: round.0, position };
    Ok(session.reads().record(&look).await?)
}
