//! The master key: its file is there, is read by its owner alone, holds a key, and that of this database.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use sqlx::PgPool;

use super::finding::{Finding, said};
use crate::config::credentials;
use crate::keys::{MasterKey, bound};

/// Looks at the key, and holds it against the database.
pub async fn look(pool: &PgPool, path: &Path) -> Result<Vec<Finding>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let used = bound::is_used(&mut connection).await?;
    let mut findings = file(path, Some(used));
    let at = path.display().to_string();
    // A file that cannot be read is told by now.
    let Ok(key) = MasterKey::load(path) else { return Ok(findings) };
    findings.extend(match bound::fits(&key, &mut connection).await? {
        Some(true) => {
            Some(Finding::ok("key.fingerprint", &at, said("it is the key of this database", "与此数据库的密钥一致")))
        }
        None => None,
        Some(false) => {
            let what = said(
                "it holds another key than the one this database was first used with",
                "文件中的密钥与此数据库首次使用的密钥不同",
            );
            let todo = said(
                "put the right file back, from its backup or from a machine that serves (docs/backup.md)",
                "从备份或正在服务的机器恢复正确的密钥文件（docs/backup.md）",
            );
            Some(Finding::fault("key.fingerprint", &at, what, todo))
        }
    });
    Ok(findings)
}

/// Looks at the file, where it is known, or not, whether a key was used with the database.
pub fn file(path: &Path, used: Option<bool>) -> Vec<Finding> {
    let at = path.display().to_string();
    let restore = said(
        "put it back from its backup, or name its place with --key-file: without it no sealed text can be read again (docs/backup.md)",
        "从备份恢复，或用 --key-file 指出其位置：没有它，封存的文字将永远无法读取（docs/backup.md）",
    );
    match path.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => match used {
            Some(true) => {
                let what = said(
                    "the key file is missing, and this database was used with one",
                    "密钥文件缺失，而此数据库已使用过密钥",
                );
                vec![Finding::fault("key.file", &at, what, restore)]
            }
            Some(false) => {
                let what = said("there is no key file yet; the first start makes it", "尚无密钥文件；首次启动时创建");
                vec![Finding::ok("key.file", &at, what)]
            }
            None => {
                let what = said("there is no key file", "没有密钥文件");
                let todo = said(
                    "nothing where nothing was ever served here: the first start makes it; else put it back",
                    "若从未在此运行过则无需处理，首次启动会创建；否则请从备份恢复",
                );
                vec![Finding::warning("key.file", &at, what, todo)]
            }
        },
        Err(error) => vec![unreadable(&at, &error.to_string())],
        Ok(found) => there(path, &at, &found),
    }
}

fn unreadable(at: &str, why: &str) -> Finding {
    let what = said(format!("the key file cannot be read: {why}"), format!("无法读取密钥文件：{why}"));
    let todo = said(
        "run as the user that serves; the file holds 32 bytes in base64, put it back from its backup where it does not",
        "以运行服务的用户执行；文件应为 32 字节的 base64，若不是请从备份恢复",
    );
    Finding::fault("key.file", at, what, todo)
}

fn there(path: &Path, at: &str, found: &Metadata) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(error) = MasterKey::load(path) {
        findings.push(unreadable(at, &super::super::told(&error)));
    }
    // What systemd hands over is in a folder of its own that nobody else enters; its mode shows the mask of its list of rights.
    let handed = credentials().is_some_and(|folder| path.starts_with(folder));
    let open = found.permissions().mode() & 0o077 != 0 && !handed;
    let own = rustix::process::geteuid().as_raw();
    let foreign = found.uid() != own && own != 0 && !handed;
    if open || foreign {
        let what = said(
            format!(
                "others than its owner may read it, or its owner is not this user (mode {:o})",
                found.permissions().mode() & 0o777
            ),
            format!("其他用户可以读取该文件，或属主不是当前用户（权限 {:o}）", found.permissions().mode() & 0o777),
        );
        let todo = said("chmod 600 it, as the user that serves owns it", "让运行服务的用户拥有该文件并 chmod 600");
        findings.push(Finding::fault("key.mode", at, what, todo));
    }
    if findings.is_empty() {
        let what = said("it is there, and its owner alone reads it", "存在，且仅属主可读");
        findings.push(Finding::ok("key.file", at, what));
    }
    findings
}
