//! The server programs, `postgres` and `initdb`, wherever this system keeps them.
//!
//! Rules: `$PG_BIN` alone decides when it is set; then PATH, then the usual places, the highest
//! version first. A cluster that exists is served by the version that made it, if that is here.
//!
//! Not here: reading the environment (the caller passes it) and installing anything.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::PostgresError;
use super::layout;

/// The oldest major version that has what the log needs.
pub const OLDEST: u32 = 15;
/// The newest major version this was designed for.
pub const NEWEST: u32 = 18;

/// Folders that hold one folder per version: parent, what precedes the version in its name, and
/// where the programs lie in it.
const VERSIONED: [(&str, &str, &str); 9] = [
    ("/usr/lib/postgresql", "", "bin"),                          // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                                   // the PostgreSQL project's RPMs
    ("/usr/lib", "postgresql", "bin"),                           // SUSE
    ("/usr/lib64", "postgresql-", "bin"),                        // Gentoo
    ("/usr/libexec", "postgresql", ""),                          // Alpine
    ("/opt/homebrew/opt", "postgresql@", "bin"),                 // Homebrew, Apple silicon
    ("/usr/local/opt", "postgresql@", "bin"),                    // Homebrew, Intel
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),    // Homebrew on Linux
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"), // Postgres.app
];

/// Folders without a version in their name.
const FIXED: [&str; 4] = ["/usr/local/pgsql/bin", "/usr/local/bin", "/opt/homebrew/bin", "/usr/bin"];

/// Where to look, as the environment has it.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// `$PG_BIN`: the folder of the programs; nothing else is looked at when it is given.
    pub pg_bin: Option<PathBuf>,
    /// `$PATH`.
    pub path: Option<OsString>,
}

/// One set of server programs of a version that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    dir: PathBuf,
    major: u32,
    version: String,
}

impl Binaries {
    /// Finds the programs to use for the data directory `data_dir`: those of the version that made
    /// its cluster where there is one, else the first that fit.
    ///
    /// # Errors
    /// [`PostgresError::NoBinaries`], [`PostgresError::NotABinDir`], [`PostgresError::TooOld`],
    /// [`PostgresError::VersionUnreadable`].
    pub fn find(search: &Search, data_dir: &Path) -> Result<Self, PostgresError> {
        let found = match &search.pg_bin {
            Some(dir) if holds_programs(dir) => vec![Self::read(dir)?],
            Some(dir) => return Err(PostgresError::NotABinDir { dir: dir.clone() }),
            None => Self::read_all(&places(search, Path::new("/")))?,
        };
        let made_by = layout::cluster_major(&layout::pgdata(data_dir));
        let chosen = choose(found, made_by)?;
        if chosen.major > NEWEST {
            tracing::warn!(
                version = chosen.version,
                "this PostgreSQL is newer than {NEWEST}, the newest this program was designed for"
            );
        }
        Ok(chosen)
    }

    /// The folder the programs lie in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The major version: 15, 16, …
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The version as the program says it, such as `15.13 (Debian 15.13-0+deb12u1)`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The path of one program.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Those of `dirs` that can be read; the first complaint if none can.
    fn read_all(dirs: &[PathBuf]) -> Result<Vec<Self>, PostgresError> {
        let (mut found, mut complaint) = (Vec::new(), None);
        for dir in dirs {
            match Self::read(dir) {
                Ok(binaries) => found.push(binaries),
                Err(error) => complaint = complaint.or(Some(error)),
            }
        }
        match complaint {
            Some(error) if found.is_empty() => Err(error),
            Some(_) | None => Ok(found),
        }
    }

    fn read(dir: &Path) -> Result<Self, PostgresError> {
        let program = dir.join("postgres");
        let said = match Command::new(&program).arg("--version").stdin(Stdio::null()).output() {
            Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        let version = said.strip_prefix("postgres (PostgreSQL) ").map(str::to_owned);
        match version.as_deref().and_then(leading_number).zip(version.clone()) {
            Some((major, version)) => Ok(Self { dir: dir.to_owned(), major, version }),
            None => Err(PostgresError::VersionUnreadable { program, said }),
        }
    }
}

/// The first that fits, those of the version `made_by` before all others.
fn choose(found: Vec<Binaries>, made_by: Option<u32>) -> Result<Binaries, PostgresError> {
    let newest = found.iter().max_by_key(|one| one.major).cloned();
    let mut fitting: Vec<_> = found.into_iter().filter(|one| one.major >= OLDEST).collect();
    fitting.sort_by_key(|one| Some(one.major) != made_by);
    match (fitting.into_iter().next(), newest) {
        (Some(chosen), _) => Ok(chosen),
        (None, Some(old)) => Err(PostgresError::TooOld { dir: old.dir, major: old.major }),
        (None, None) => Err(PostgresError::NoBinaries {
            searched: "PATH, /usr/lib/postgresql/*/bin and the usual places of other systems".to_owned(),
        }),
    }
}

/// Every folder that holds the programs, in the order they are tried; `root` is `/` but in tests.
fn places(search: &Search, root: &Path) -> Vec<PathBuf> {
    let on_path = search.path.iter().flat_map(std::env::split_paths);
    let under_root = |place: &str| root.join(place.trim_start_matches('/'));
    let versioned = VERSIONED.iter().flat_map(|(parent, prefix, bin)| versions_in(&under_root(parent), prefix, bin));
    let mut seen = Vec::new();
    for dir in on_path.chain(versioned).chain(FIXED.iter().map(|place| under_root(place))) {
        if dir.is_absolute() && holds_programs(&dir) && !seen.contains(&dir) {
            seen.push(dir);
        }
    }
    seen
}

/// The program folders below `parent`, the highest version first.
fn versions_in(parent: &Path, prefix: &str, bin: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = leading_number(name.to_str()?.strip_prefix(prefix)?)?;
            Some((version, entry.path().join(bin)))
        })
        .collect();
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, dir)| dir).collect()
}

fn holds_programs(dir: &Path) -> bool {
    dir.join("postgres").is_file() && dir.join("initdb").is_file()
}

/// `17` of `17.2`, `18beta1` or `17devel`.
fn leading_number(text: &str) -> Option<u32> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().ok()
}

#[cfg(test)]
#[path = "binaries_tests.rs"]
mod tests;
