//! When what an input names is looked for.

use super::Door;
use crate::fault::Result;
use crate::ports::Moment;

/// What an input names is looked for twice: what was made, moved or granted a moment ago is found once the projections were
/// waited for. Whoever is refused has waited for them, whether what was named is there or not.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sight {
    /// As of where the request reads.
    AsRead,
    /// As of the end of the log.
    CaughtUp,
}

impl Sight {
    pub(super) const BOTH: [Self; 2] = [Self::AsRead, Self::CaughtUp];
}

impl Door<'_> {
    /// The moment of a sight.
    pub(super) async fn at(&self, sight: Sight) -> Result<Moment> {
        match sight {
            Sight::AsRead => self.session.pin(None, None).await,
            Sight::CaughtUp => self.session.catch_up().await,
        }
    }
}
