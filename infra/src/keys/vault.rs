//! The vault of one command: the key of the round it is for.

use std::fmt;

use domain::text::Sealed;
use domain::vault::Vault;
use uuid::Uuid;

use super::{open_with, parts_of, seal_with};

/// Seals and opens under one subject's key.
pub struct KeyVault {
    key: [u8; 32],
    subject: Uuid,
    /// Tells apart what different commands seal.
    salt: Vec<Vec<u8>>,
}

impl KeyVault {
    pub(super) fn new(key: [u8; 32], subject: Uuid, salt: &[&[u8]]) -> Self {
        Self { key, subject, salt: salt.iter().map(|part| part.to_vec()).collect() }
    }
}

impl fmt::Debug for KeyVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyVault({})", self.subject)
    }
}

impl Vault for KeyVault {
    fn seal(&self, label: &str, text: &str) -> Sealed {
        let mut salt: Vec<&[u8]> = self.salt.iter().map(Vec::as_slice).collect();
        salt.push(label.as_bytes());
        seal_with(&self.key, self.subject, &salt, text)
    }

    fn open(&self, sealed: &Sealed) -> Option<String> {
        let (subject, body) = parts_of(sealed)?;
        if subject == self.subject { open_with(&self.key, subject, &body) } else { None }
    }
}
