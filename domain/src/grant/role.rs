//! The roles there are to grant, and who can have any.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::GrantRefusal;
use crate::id::ActorId;

/// A role that is granted 角色. Whoever acts as a member has an account for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 支部书记
    BranchSecretary,
    /// 领导
    Leader,
    /// 党建部
    Office,
    /// 审计/纪检
    Auditor,
    /// Another system 其他系统.
    Integration,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::BranchSecretary, Self::Leader, Self::Office, Self::Auditor, Self::Integration];
}

/// As it is stored; in the alternate form (`{:#}`) in Chinese.
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self, f.alternate()) {
            (Self::BranchSecretary, false) => "branch_secretary",
            (Self::Leader, false) => "leader",
            (Self::Office, false) => "office",
            (Self::Auditor, false) => "auditor",
            (Self::Integration, false) => "integration",
            (Self::BranchSecretary, true) => "支部书记",
            (Self::Leader, true) => "领导",
            (Self::Office, true) => "党建部",
            (Self::Auditor, true) => "审计",
            (Self::Integration, true) => "其他系统",
        })
    }
}

/// A word that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of branch_secretary, leader, office, auditor, integration")]
pub struct NoRole;

impl FromStr for Role {
    type Err = NoRole;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.to_string() == word).ok_or(NoRole)
    }
}

/// What the program itself acts as, each alone or before a hyphen: what is due, the demo, and its operator's command line.
pub const PROGRAM: [&str; 3] = ["deadline", "demo", "operator"];

/// Whether the program acts under this id, in whatever letters. Nobody signs in as it: its command ids can be told in advance.
#[must_use]
pub fn is_reserved(id: &str) -> bool {
    let id = id.to_ascii_lowercase();
    id.split('-').next().is_some_and(|first| PROGRAM.contains(&first))
}

/// Refuses an id under which nobody signs in.
///
/// # Errors
/// [`GrantRefusal::BadPrincipal`], [`GrantRefusal::Reserved`].
pub fn signs_in(principal: &ActorId) -> Result<(), GrantRefusal> {
    let ActorId(id) = principal;
    if !(1..=64).contains(&id.len()) || !id.chars().all(|c| c.is_ascii_graphic()) {
        return Err(GrantRefusal::BadPrincipal { given: id.chars().take(64).collect() });
    }
    match is_reserved(id) {
        true => Err(GrantRefusal::Reserved { principal: principal.clone() }),
        false => Ok(()),
    }
}
