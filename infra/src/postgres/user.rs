//! The user the server runs as: oneself, or as root somebody with fewer rights.
//!
//! Rules: PostgreSQL does not run as root. Root hands the server to the user that owns the cluster,
//! else to `postgres`, else to `nobody`; that user needs an entry in the file of users, and must be
//! able to enter every folder on the way ([`PostgresError::NotTraversable`]).

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::PostgresError;

const PASSWD: &str = "/etc/passwd";

/// An entry of the file of users.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

/// Whose rights the server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerUser {
    uid: u32,
    /// The account to change to; none when the server runs as this process does.
    switch: Option<Account>,
}

impl ServerUser {
    /// The user for a cluster in `pgdata`, which may not exist yet.
    pub(super) fn choose(pgdata: &Path) -> Result<Self, PostgresError> {
        let own = rustix::process::geteuid();
        if !own.is_root() {
            return Ok(Self { uid: own.as_raw(), switch: None });
        }
        let passwd = PathBuf::from(PASSWD);
        let text = fs::read_to_string(&passwd).map_err(PostgresError::io("read", &passwd))?;
        let owner = fs::symlink_metadata(pgdata).ok().map(|found| found.uid());
        match account_for(&text, owner) {
            Some(account) => Ok(Self { uid: account.uid, switch: Some(account) }),
            None => Err(PostgresError::NoServerUser { passwd }),
        }
    }

    /// Whether the server has fewer rights than this process.
    pub(super) fn is_other(&self) -> bool {
        self.switch.is_some()
    }

    /// Makes `command` run as this user, without this process's further groups.
    pub(super) fn apply(&self, command: &mut Command) {
        if let Some(account) = &self.switch {
            command.gid(account.gid).uid(account.uid);
        }
    }

    /// Gives a file or folder to the server's user; nothing to do when it is oneself.
    pub(super) fn own(&self, path: &Path) -> Result<(), PostgresError> {
        match &self.switch {
            Some(account) => std::os::unix::fs::lchown(path, Some(account.uid), Some(account.gid))
                .map_err(PostgresError::io("change the owner of", path)),
            None => Ok(()),
        }
    }

    /// As [`Self::own`], for a file that is open.
    pub(super) fn own_open(&self, file: &File, path: &Path) -> Result<(), PostgresError> {
        match &self.switch {
            Some(account) => std::os::unix::fs::fchown(file, Some(account.uid), Some(account.gid))
                .map_err(PostgresError::io("change the owner of", path)),
            None => Ok(()),
        }
    }

    /// Checks that the server's user can enter `dir` and every folder above it. `dir` is canonical.
    pub(super) fn check_reach(&self, dir: &Path) -> Result<(), PostgresError> {
        let Some(account) = &self.switch else {
            return Ok(());
        };
        let mut way: Vec<&Path> = dir.ancestors().collect();
        way.reverse();
        for step in way {
            let found = fs::metadata(step).map_err(PostgresError::io("look at", step))?;
            if !may_enter(account, found.uid(), found.gid(), found.mode()) {
                return Err(PostgresError::NotTraversable {
                    dir: step.to_owned(),
                    target: dir.to_owned(),
                    user: account.name.clone(),
                });
            }
        }
        Ok(())
    }

    /// Checks that an existing folder is the server's user's own.
    pub(super) fn check_owner(&self, path: &Path) -> Result<(), PostgresError> {
        let owner = fs::symlink_metadata(path).map_err(PostgresError::io("look at", path))?.uid();
        if owner == self.uid {
            return Ok(());
        }
        Err(PostgresError::WrongOwner { path: path.to_owned(), owner, expected: self.uid })
    }
}

/// The search bit that applies: the owner's, else the group's, else that of all others.
fn may_enter(account: &Account, owner: u32, group: u32, mode: u32) -> bool {
    let bit = if owner == account.uid {
        0o100
    } else if group == account.gid {
        0o010
    } else {
        0o001
    };
    mode & bit != 0
}

/// The account root gives the server to: the owner of the cluster, `postgres`, or `nobody`.
fn account_for(passwd: &str, owner: Option<u32>) -> Option<Account> {
    let accounts: Vec<Account> = passwd.lines().filter_map(parse).filter(|one| one.uid != 0).collect();
    let owner = accounts.iter().find(|one| Some(one.uid) == owner);
    let named = |name: &str| accounts.iter().find(|one| one.name == name);
    owner.or_else(|| named("postgres")).or_else(|| named("nobody")).cloned()
}

fn parse(line: &str) -> Option<Account> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, ..] = fields.as_slice() else {
        return None;
    };
    Some(Account { name: (*name).to_owned(), uid: uid.parse().ok()?, gid: gid.parse().ok()? })
}

#[cfg(test)]
#[path = "user_tests.rs"]
mod tests;
