//! What an API key looks like: `spk_`, 8 characters that name it, `_`, 43 of a secret, 6 of a checksum, in base 62.
//!
//! # Rules
//! - Prefix and checksum (CRC-32 of what precedes) tell a key from any other text: scanners find one that leaked, and the
//!   door refuses what is none without asking the database.
//! - The secret has 256 bits of chance, so a plain hash of it can be kept: there is nothing to be guessed.
//!
//! # Invariant
//! A key is shown by [`ApiKey::text`] alone; whoever prints one otherwise prints what names it.

use std::fmt;

use crc::{CRC_32_ISO_HDLC, Crc};
use sha2::{Digest, Sha256};

use crate::clock::random;

/// What every key begins with.
pub const PREFIX: &str = "spk_";
/// The length of what names a key.
const NAME: usize = 8;
/// The length of a secret: 62 to the power of 43 is just above 2 to the power of 256.
const SECRET: usize = 43;
/// The length of a checksum.
const CHECK: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// A key, with its secret.
#[derive(PartialEq, Eq)]
pub struct ApiKey {
    id: String,
    secret: String,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl ApiKey {
    /// A new key.
    #[must_use]
    pub fn generate() -> Self {
        Self { id: base62::<NAME>(&random::<5>()), secret: base62::<SECRET>(&random::<32>()) }
    }

    /// The key that a text is; nothing where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (body, check) = text.split_at_checked(text.len().checked_sub(CHECK)?)?;
        let (id, secret) = body.strip_prefix(PREFIX)?.split_once('_')?;
        let whole = id.len() == NAME && secret.len() == SECRET && is_base62(id) && is_base62(secret);
        let key = Self { id: id.to_owned(), secret: secret.to_owned() };
        (whole && checksum(body) == check).then_some(key)
    }

    /// What names it: no secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key as its holder keeps it: a secret.
    #[must_use]
    pub fn text(&self) -> String {
        let body = format!("{PREFIX}{}_{}", self.id, self.secret);
        let check = checksum(&body);
        body + &check
    }

    /// What is kept of the secret.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.secret).into()
    }
}

fn checksum(body: &str) -> String {
    base62::<CHECK>(&CHECKSUM.checksum(body.as_bytes()).to_be_bytes())
}

fn is_base62(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A number, its highest byte first, in so many digits.
fn base62<const N: usize>(number: &[u8]) -> String {
    let mut digits = [0_u8; N];
    for byte in number {
        let mut carry = u16::from(*byte);
        for digit in digits.iter_mut().rev() {
            let value = u16::from(*digit) * 256 + carry;
            *digit = u8::try_from(value % 62).expect("a remainder of 62 fits a byte");
            carry = value / 62;
        }
    }
    digits.iter().map(|digit| char::from(DIGITS[usize::from(*digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_and_one_that_is_changed_anywhere_is_none() {
        for _ in 0..50 {
            let key = ApiKey::generate();
            let text = key.text();
            assert_eq!((text.len(), &text[..4]), (62, PREFIX));
            assert_eq!(ApiKey::parse(&text), Some(key));
            for at in 0..text.len() {
                let other = if text.as_bytes()[at] == b'a' { "b" } else { "a" };
                let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                assert_eq!(ApiKey::parse(&changed), None, "{at}");
            }
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        let text = ApiKey::generate().text();
        let longer = format!("{text}0");
        for none in ["", "spk_", "密钥", "spk_密钥密钥密钥", &text[1..], &text[..61], &longer, &text.to_uppercase()]
        {
            assert_eq!(ApiKey::parse(none), None, "{none}");
        }
    }

    /// The texts were made by another program: Python's whole numbers, `zlib.crc32` and `hashlib.sha256`.
    #[test]
    fn digits_checksum_and_digest_are_those_of_another_program() {
        let count: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let made = ApiKey { id: base62::<NAME>(&count[..5]), secret: base62::<SECRET>(&count) };
        assert_eq!(made.text(), "spk_00018wom_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3Ez2mm");
        let digest: String = made.digest().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, "b0bd65ed3119037a4dcbf6b8138eb2f09de18490e98a773a68f9353f0c0331cd");
        assert_eq!(base62::<NAME>(&[0xff; 5]), "0JMAIjoV");
        assert_eq!(base62::<SECRET>(&[0xff; 32]), "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1");
    }

    #[test]
    fn nothing_prints_the_secret_by_the_way() {
        let key = ApiKey::generate();
        let printed = format!("{key:?}");
        assert!(printed.contains(key.id()) && !printed.contains(&key.secret), "{printed}");
    }
}
