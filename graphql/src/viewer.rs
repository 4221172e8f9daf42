//! Who looks: an id, the roles held and where, the member it is. Somebody who proved who they are holds what the log says today;
//! who is taken at their word says it themselves.

use domain::grant;
use domain::id::{ActorId, BranchId, MemberId};
use jiff::Timestamp;
use jiff::civil::Date;

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

impl From<grant::Role> for Role {
    fn from(granted: grant::Role) -> Self {
        match granted {
            grant::Role::BranchSecretary => Self::BranchSecretary,
            grant::Role::Leader => Self::Leader,
            grant::Role::Office => Self::Office,
            grant::Role::Auditor => Self::Auditor,
            grant::Role::Integration => Self::Integration,
        }
    }
}

/// A role as it is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The role.
    pub role: Role,
    /// The branch whose subtree it is for; the whole tree where none is named.
    pub scope: Option<BranchId>,
    /// The first day, of a role that was granted.
    pub from: Option<Date>,
    /// The last day, where there is one.
    pub until: Option<Date>,
}

/// Who looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The opaque id that events name as the actor.
    pub id: ActorId,
    /// The roles held.
    pub held: Vec<Held>,
    /// The member this is, if one.
    pub member: Option<MemberId>,
}

impl Viewer {
    /// Whoever holds these roles, all for one subtree or for the whole tree.
    #[must_use]
    pub fn holding(
        id: ActorId,
        roles: impl IntoIterator<Item = Role>,
        member: Option<MemberId>,
        scope: Option<BranchId>,
    ) -> Self {
        let held = roles.into_iter().map(|role| Held { role, scope, from: None, until: None }).collect();
        Self { id, held, member }
    }

    /// The roles held, wherever.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        self.held.iter().map(|held| held.role)
    }
}

/// Who signed in by something that proves it; what they may come as is asked of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The opaque id that events name as the actor.
    pub id: ActorId,
    /// When the proof runs out, if it does.
    pub until: Option<Timestamp>,
}

/// Who signed in, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedIn {
    /// By their word: development alone.
    Told(Viewer),
    /// By something that proves it.
    Proved(Principal),
}

impl SignedIn {
    /// The opaque id that events name as the actor.
    #[must_use]
    pub fn id(&self) -> &ActorId {
        match self {
            Self::Told(viewer) => &viewer.id,
            Self::Proved(principal) => &principal.id,
        }
    }
}
