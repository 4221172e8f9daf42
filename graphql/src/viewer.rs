//! Who looks: an id, roles and a scope in the organisation tree. Only the way of signing in will change.

use domain::id::{ActorId, BranchId, MemberId};
use jiff::Timestamp;

/// What somebody may come as 角色.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 党员/员工
    Member,
    /// 支部书记
    BranchSecretary,
    /// 领导
    Leader,
    /// 党建部
    Office,
    /// 审计/纪检
    Auditor,
    /// Another system.
    Integration,
}

/// Who looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The opaque id that events name as the actor.
    pub id: ActorId,
    /// The roles held.
    pub roles: Vec<Role>,
    /// The member this is, if one.
    pub member: Option<MemberId>,
    /// The branch whose subtree the roles are for; the whole tree where none is named.
    pub scope: Option<BranchId>,
}

/// Who signed in by something that proves it; what they may come as is asked of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The opaque id that events name as the actor.
    pub id: ActorId,
    /// When the proof runs out, if it does.
    pub until: Option<Timestamp>,
}
