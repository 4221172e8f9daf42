//! What lies where: `DATA/postgres` (the cluster), `DATA/cluster.lock`, `DATA/postgres.log`,
//! `DATA/socket`.
//!
//! Rules: one process per data directory, by a lock on an open file, which ends with the process
//! however it ends. A socket's path has at most 107 bytes, so a long data directory gets a short
//! folder for its socket elsewhere.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::PostgresError;
use super::user::ServerUser;

/// The port is only the socket's name: each cluster has a folder of its own for it.
pub(super) const PORT: u16 = 5432;
const SOCKET: &str = ".s.PGSQL.5432";
const SOCKET_LOCK: &str = ".s.PGSQL.5432.lock";
/// The system's bound on a socket's path (108 with the closing zero).
const SOCKET_PATH_BYTES: usize = 107;
/// A log larger than this is put aside at the next start; the one put aside before is dropped.
const LOG_BYTES: u64 = 16 * 1024 * 1024;

/// The paths of one data directory, all absolute.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) data: PathBuf,
    pub(super) pgdata: PathBuf,
    pub(super) log: PathBuf,
    pub(super) socket_dir: PathBuf,
}

/// Where the cluster lies in a data directory.
pub(super) fn pgdata(data: &Path) -> PathBuf {
    data.join("postgres")
}

/// The major version that made the cluster, if one can be read.
pub(super) fn cluster_major(pgdata: &Path) -> Option<u32> {
    fs::read_to_string(pgdata.join("PG_VERSION")).ok()?.trim().parse().ok()
}

impl Layout {
    /// Makes the data directory if there is none, and names what lies in it.
    pub(super) fn prepare(data: &Path, user: &ServerUser) -> Result<Self, PostgresError> {
        let data = std::path::absolute(data).map_err(PostgresError::io("find", data))?;
        create_all(&data, if user.is_other() { 0o711 } else { 0o700 })?;
        let data = fs::canonicalize(&data).map_err(PostgresError::io("find", &data))?;
        Ok(Self { pgdata: pgdata(&data), log: data.join("postgres.log"), socket_dir: socket_dir(&data, user), data })
    }

    /// Takes the lock of the data directory; it is held as long as the file is open.
    pub(super) fn lock(&self, user: &ServerUser) -> Result<File, PostgresError> {
        let path = self.data.join("cluster.lock");
        let mut file = open_own(&path, OpenOptions::new().read(true).write(true).create(true), user)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let known = file.read_to_string(&mut pid).is_ok() && !pid.trim().is_empty();
                let holder = if known { format!("process {}", pid.trim()) } else { "another process".to_owned() };
                return Err(PostgresError::InUse { dir: self.data.clone(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(PostgresError::io("lock", &path)(error)),
        }
        let note = |file: &mut File| {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            writeln!(file, "{}", std::process::id())
        };
        note(&mut file).map_err(PostgresError::io("write", &path))?;
        Ok(file)
    }

    /// Opens the server's log to append to, putting a large one aside first.
    pub(super) fn open_log(&self, user: &ServerUser) -> Result<File, PostgresError> {
        if fs::symlink_metadata(&self.log).is_ok_and(|found| found.len() > LOG_BYTES) {
            let aside = self.data.join("postgres.log.1");
            fs::rename(&self.log, &aside).map_err(PostgresError::io("put aside", &self.log))?;
        }
        open_own(&self.log, OpenOptions::new().append(true).create(true), user)
    }

    /// Makes the socket's folder, for the server's user alone, and empties it of what an earlier
    /// server left. Only to be called with the lock held and no server on the cluster.
    pub(super) fn prepare_socket_dir(&self, user: &ServerUser) -> Result<(), PostgresError> {
        let dir = &self.socket_dir;
        match fs::DirBuilder::new().mode(0o700).create(dir) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(PostgresError::io("make the folder", dir)(error));
            }
            Ok(()) | Err(_) => {}
        }
        // A folder of another user's, or a link to one, would let that user pose as the server.
        let found = fs::symlink_metadata(dir).map_err(PostgresError::io("look at", dir))?;
        if !found.is_dir() {
            return Err(PostgresError::io("use as a folder", dir)(ErrorKind::NotADirectory.into()));
        }
        if found.uid() == rustix::process::geteuid().as_raw() {
            user.own(dir)?;
        }
        user.check_owner(dir)?;
        fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(PostgresError::io("close to others", dir))?;
        remove_if_there(&dir.join(SOCKET))?;
        remove_if_there(&dir.join(SOCKET_LOCK))
    }

    /// Removes the socket's folder if it lies outside the data directory and is empty.
    pub(super) fn remove_short_socket_dir(&self) {
        if !self.socket_dir.starts_with(&self.data) {
            // What cannot be removed is found and used again by the next start.
            let _ = fs::remove_dir(&self.socket_dir);
        }
    }
}

/// Removes a file; that there is none is fine.
pub(super) fn remove_if_there(path: &Path) -> Result<(), PostgresError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(PostgresError::io("remove", path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes what is missing of `dir`, with this mode whatever the process's mask is.
fn create_all(dir: &Path, mode: u32) -> Result<(), PostgresError> {
    let mut missing: Vec<&Path> = dir.ancestors().take_while(|step| !step.exists()).collect();
    missing.reverse();
    for step in missing {
        match fs::create_dir(step) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            other => other.map_err(PostgresError::io("make the folder", step))?,
        }
        fs::set_permissions(step, Permissions::from_mode(mode)).map_err(PostgresError::io("set the mode of", step))?;
    }
    Ok(())
}

/// `DATA/socket`, or a short folder elsewhere, always the same for the same data directory.
fn socket_dir(data: &Path, user: &ServerUser) -> PathBuf {
    let inside = data.join("socket");
    // The setting is a list with commas and quotes of its own.
    let plain = !inside.as_os_str().as_bytes().iter().any(|byte| byte.is_ascii_control() || b",\"".contains(byte));
    if plain && inside.join(SOCKET).as_os_str().len() <= SOCKET_PATH_BYTES {
        return inside;
    }
    let hash = Sha256::digest(data.as_os_str().as_bytes());
    let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let run = Path::new("/run");
    let parent = if user.is_other() && run.is_dir() { run } else { Path::new("/tmp") };
    parent.join(format!("sanping-{name}"))
}

/// Opens a file for the server's user alone, and never through a link that somebody put there.
fn open_own(path: &Path, options: &mut OpenOptions, user: &ServerUser) -> Result<File, PostgresError> {
    let no_link = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).expect("flags of open fit the C int they are");
    let file = options.mode(0o600).custom_flags(no_link).open(path).map_err(PostgresError::io("open", path))?;
    user.own_open(&file, path)?;
    Ok(file)
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
