//! Keys: one master key outside the database, one key per subject inside, wrapped by it.
//!
//! # Invariants
//! - A free text is sealed under its subject's key. Once that key is destroyed, a program started afterwards cannot read
//!   it; a running one may, from the keys it has at hand, until it ends.
//! - Sealing is deterministic for an asker, label and text, so that a repeated command has the same body: the nonce
//!   of XChaCha20-Poly1305 is a keyed hash over all of them, and never repeats for different texts.
//! - A subject gets one key, once. Where it was destroyed, or not restored, no other takes its place: `keyed_subjects` is
//!   dumped with the log and tells.
//! - No key and no plain text is ever logged; `Debug` shows neither.
//!
//! # Not here
//! Erasure of a person; rotation of the master key.

pub mod bound;
mod vault;

pub use vault::KeyVault;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use domain::text::Sealed;
use hmac::{Hmac, Mac};
use lru::LruCache;
use sha2::Sha256;
use sqlx::PgPool;
use uuid::Uuid;

use crate::clock::random;

type Hash = Hmac<Sha256>;

/// What can go wrong with keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key file cannot be read or written.
    #[error(
        "the key file {path} cannot be used; this user must be able to read it, and it must hold 32 bytes in base64"
    )]
    File {
        /// Where it is.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The key file does not hold a key.
    #[error("the key file {path} does not hold 32 bytes in base64")]
    NotAKey {
        /// Where it is.
        path: String,
    },
    /// The database has been used with a key, and its file is not there.
    #[error(
        "the key file {path} is missing, and this database has been used with one: put the file back from its backup, or \
         name its place with --key-file. A new key would open none of the texts that are sealed here"
    )]
    Lost {
        /// Where it should be.
        path: String,
    },
    /// The key file is not the one the database was first used with.
    #[error(
        "the key file holds another key than the one this database was first used with: start with that file \
         (--key-file, or keys/master.key in the data folder), from its backup or from the machine that serves already"
    )]
    OtherKey,
    /// A stored key was wrapped by another master key.
    #[error("the key of subject {subject} was wrapped by another master key; start with the key file it was made with")]
    WrongMaster {
        /// Whose key.
        subject: Uuid,
    },
    /// Texts of this subject were sealed before, and their key is not there. Another one would take its place for good.
    #[error(
        "the key of subject {subject} is not there: its texts were erased, or names and keys were not restored yet"
    )]
    Gone {
        /// Whose key.
        subject: Uuid,
    },
    /// The database failed.
    #[error("the subject keys cannot be read or written")]
    Sql(#[from] sqlx::Error),
}

/// The master key: 32 random bytes, kept outside the database.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        Self(random())
    }

    /// Reads the key file, or makes one readable by this user only. Whether one may be made: [`bound::open`].
    ///
    /// # Errors
    /// [`KeyError::File`], [`KeyError::NotAKey`].
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.display().to_string(), source };
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Self::create(path).map_err(failed)?;
                fs::read_to_string(path).map_err(failed)?
            }
            read => read.map_err(failed)?,
        };
        Self::of(&text, path)
    }

    /// Reads the key file; makes none.
    ///
    /// # Errors
    /// As [`Self::load_or_create`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let text = fs::read_to_string(path);
        let text = text.map_err(|source| KeyError::File { path: path.display().to_string(), source })?;
        Self::of(&text, path)
    }

    fn of(text: &str, path: &Path) -> Result<Self, KeyError> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| KeyError::NotAKey { path: path.display().to_string() })
    }

    /// Makes the key file whole or not at all; of two that make it at once, the first one's stays.
    fn create(path: &Path) -> std::io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let draft = path.with_extension(format!("new-{:016x}", u64::from_ne_bytes(random())));
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        writeln!(file, "{}", URL_SAFE_NO_PAD.encode(Self::generate().0))?;
        file.sync_all()?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        fs::File::open(folder)?.sync_all()?;
        match linked {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    }

    /// A keyed hash for one purpose over parts, each told apart by its length.
    #[must_use]
    pub fn hash(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        keyed_hash(&self.0, purpose, parts)
    }

    fn wrap(&self, subject: Uuid, key: &[u8; 32]) -> Vec<u8> {
        let nonce: [u8; 24] = random();
        let sealed = cipher(&self.hash("wrap", &[]))
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: key, aad: subject.as_bytes() })
            .expect("32 bytes are not too long to encrypt");
        [nonce.as_slice(), &sealed].concat()
    }

    fn unwrap(&self, subject: Uuid, wrapped: &[u8]) -> Result<[u8; 32], KeyError> {
        let wrong = || KeyError::WrongMaster { subject };
        let (nonce, sealed) = wrapped.split_at_checked(24).ok_or_else(wrong)?;
        cipher(&self.hash("wrap", &[]))
            .decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: subject.as_bytes() })
            .ok()
            .and_then(|key| key.try_into().ok())
            .ok_or_else(wrong)
    }
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(Key::from_slice(key))
}

fn keyed_hash(key: &[u8], purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = <Hash as Mac>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into_bytes().into()
}

/// The sealed form `v1.<subject>.<nonce and ciphertext in base64>`; the nonce is a keyed hash over salt and text.
fn seal_with(key: &[u8; 32], subject: Uuid, salt: &[&[u8]], text: &str) -> Sealed {
    let parts = [salt, &[text.as_bytes()]].concat();
    let nonce = &keyed_hash(key, "nonce", &parts)[..24];
    let sealed = cipher(key)
        .encrypt(XNonce::from_slice(nonce), Payload { msg: text.as_bytes(), aad: subject.as_bytes() })
        .expect("a text within its limits is not too long to encrypt");
    let body = URL_SAFE_NO_PAD.encode([nonce, &sealed].concat());
    Sealed(format!("v1.{}.{body}", subject.simple()))
}

/// Whose text it is, and its nonce and ciphertext.
fn parts_of(sealed: &Sealed) -> Option<(Uuid, Vec<u8>)> {
    let (version, rest) = sealed.0.split_once('.')?;
    let (subject, body) = rest.split_once('.')?;
    let body = URL_SAFE_NO_PAD.decode(body).ok()?;
    (version == "v1").then_some((Uuid::try_parse(subject).ok()?, body))
}

fn open_with(key: &[u8; 32], subject: Uuid, body: &[u8]) -> Option<String> {
    let (nonce, sealed) = body.split_at_checked(24)?;
    let opened = cipher(key).decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: subject.as_bytes() });
    opened.ok().and_then(|bytes| String::from_utf8(bytes).ok())
}

/// The keys of subjects, read through a small cache.
pub struct Keyring {
    master: MasterKey,
    pool: PgPool,
    cache: Mutex<LruCache<Uuid, [u8; 32]>>,
}

impl Keyring {
    /// The keyring of a database.
    #[must_use]
    pub fn new(master: MasterKey, pool: PgPool) -> Self {
        let size = NonZeroUsize::new(10_000).expect("10,000 is not zero");
        Self { master, pool, cache: Mutex::new(LruCache::new(size)) }
    }

    /// The master key, for keyed hashes.
    #[must_use]
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    /// Seals a text under the key of each of these subjects. Whoever has none gets one: it stays when the command is then
    /// refused, for a subject that is not there too. `salt` tells commands and fields apart.
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn seal(&self, subjects: &[Uuid], salt: &[&[u8]], text: &str) -> Result<Vec<Sealed>, KeyError> {
        let keys = self.find_or_make(&subjects.iter().copied().collect()).await?;
        Ok(subjects.iter().map(|subject| seal_with(&keys[subject], *subject, salt, text)).collect())
    }

    /// The vault of a subject, for what one command seals and opens; nothing where there is no key, which is made for a
    /// new subject. `salt` tells commands apart.
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn vault(&self, subject: Uuid, salt: &[&[u8]], is_new: bool) -> Result<Option<KeyVault>, KeyError> {
        let key = match is_new {
            true => self.find_or_make(&BTreeSet::from([subject])).await?.remove(&subject),
            false => self.find(subject).await?,
        };
        Ok(key.map(|key| KeyVault::new(key, subject, salt)))
    }

    /// The key of each of these.
    async fn find_or_make(&self, subjects: &BTreeSet<Uuid>) -> Result<BTreeMap<Uuid, [u8; 32]>, KeyError> {
        let mut keys = self.find_all(subjects).await?;
        let missing: BTreeSet<Uuid> = subjects.iter().filter(|subject| !keys.contains_key(*subject)).copied().collect();
        if !missing.is_empty() {
            self.make(&missing).await?;
            keys.append(&mut self.find_all(&missing).await?);
        }
        match missing.into_iter().find(|subject| !keys.contains_key(subject)) {
            Some(subject) => Err(KeyError::Gone { subject }),
            None => Ok(keys),
        }
    }

    /// Opens a sealed text; nothing where its key is destroyed or the text is not what was sealed.
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn open(&self, sealed: &Sealed) -> Result<Option<String>, KeyError> {
        let Some((subject, body)) = parts_of(sealed) else { return Ok(None) };
        Ok(self.find(subject).await?.and_then(|key| open_with(&key, subject, &body)))
    }

    /// Opens texts of one subject or of many, whose keys are read together.
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn open_all(&self, sealed: &[Sealed]) -> Result<Vec<Option<String>>, KeyError> {
        let parts: Vec<_> = sealed.iter().map(parts_of).collect();
        let subjects: BTreeSet<Uuid> = parts.iter().flatten().map(|(subject, _)| *subject).collect();
        let keys = self.find_all(&subjects).await?;
        let open = |(subject, body): (Uuid, Vec<u8>)| open_with(keys.get(&subject)?, subject, &body);
        Ok(parts.into_iter().map(|parts| parts.and_then(open)).collect())
    }

    async fn find_all(&self, subjects: &BTreeSet<Uuid>) -> Result<BTreeMap<Uuid, [u8; 32]>, KeyError> {
        let mut keys = BTreeMap::new();
        {
            let mut cache = self.cache.lock().expect("no holder of the cache panics");
            keys.extend(subjects.iter().filter_map(|subject| Some((*subject, *cache.get(subject)?))));
        }
        let missing: Vec<Uuid> = subjects.iter().filter(|subject| !keys.contains_key(*subject)).copied().collect();
        if missing.is_empty() {
            return Ok(keys);
        }
        let sql = "select subject, wrapped from subject_keys where subject = any($1)";
        let wrapped: Vec<(Uuid, Vec<u8>)> = crate::sql::query_as(sql).bind(missing).fetch_all(&self.pool).await?;
        for (subject, wrapped) in wrapped {
            let key = self.master.unwrap(subject, &wrapped)?;
            self.cache.lock().expect("no holder of the cache panics").put(subject, key);
            keys.insert(subject, key);
        }
        Ok(keys)
    }

    async fn find(&self, subject: Uuid) -> Result<Option<[u8; 32]>, KeyError> {
        if let Some(key) = self.cache.lock().expect("no holder of the cache panics").get(&subject) {
            return Ok(Some(*key));
        }
        let wrapped: Option<Vec<u8>> = crate::sql::query_scalar("select wrapped from subject_keys where subject = $1")
            .bind(subject)
            .fetch_optional(&self.pool)
            .await?;
        let Some(wrapped) = wrapped else { return Ok(None) };
        let key = self.master.unwrap(subject, &wrapped)?;
        self.cache.lock().expect("no holder of the cache panics").put(subject, key);
        Ok(Some(key))
    }

    /// Two at once make one key: the second waits for the first one's row and inserts nothing. In the order of their ids, so
    /// that neither waits for the other.
    async fn make(&self, subjects: &BTreeSet<Uuid>) -> Result<(), KeyError> {
        let wrapped: Vec<Vec<u8>> = subjects.iter().map(|subject| self.master.wrap(*subject, &random())).collect();
        crate::sql::query(
            "with asked as materialized (select * from unnest($1::uuid[], $2::bytea[]) asked (subject, wrapped)), \
             first as (insert into keyed_subjects (subject) select subject from asked order by subject \
             on conflict (subject) do nothing returning subject) \
             insert into subject_keys (subject, wrapped) select subject, wrapped from asked join first using (subject) \
             order by subject on conflict (subject) do nothing",
        )
        .bind(subjects.iter().copied().collect::<Vec<Uuid>>())
        .bind(wrapped)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_has_the_same_bytes_for_ever() {
        let sealed = seal_with(&[7; 32], Uuid::from_u128(7), &[b"office", b"m-1", b"reason"], "as agreed");
        assert_eq!(
            sealed.0,
            "v1.00000000000000000000000000000007.Avd6-NMc58jf0PlWFEHrJzivcfOy8lGa-2pyqfk6wLQyG7Lf5KkNRu-gAtE-j04Jpw"
        );
    }
}
