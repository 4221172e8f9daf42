//! The vault: what a freeze hides is sealed by the decision itself and opened by it again.
//!
//! # Invariant
//! A vault is a pure function of its key and of the command it was made for: the same label and text seal to the same
//! bytes, so that a decision taken again leads to the same events.
//!
//! # Not here
//! Keys (infra); free texts, which are sealed before the domain sees them.

use std::fmt::Debug;

use crate::text::Sealed;

/// Seals and opens under one key: that of the round a command is for.
pub trait Vault: Debug + Send + Sync {
    /// Seals a text; the label tells apart what one command seals.
    fn seal(&self, label: &str, text: &str) -> Sealed;

    /// Opens what was sealed; nothing where this is not the key.
    fn open(&self, sealed: &Sealed) -> Option<String>;
}

/// The vault of commands that neither seal nor open anything: it opens nothing.
#[derive(Debug)]
pub struct NoVault;

impl Vault for NoVault {
    fn seal(&self, label: &str, _text: &str) -> Sealed {
        Sealed(format!("none.{label}"))
    }

    fn open(&self, _sealed: &Sealed) -> Option<String> {
        None
    }
}
