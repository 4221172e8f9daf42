//! Streams and positions: where an event stands.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{BranchId, MemberId, RoundId};

/// A place in the log: 1, 2, 3 … without a hole, in commit order. 0 is before the first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The kinds of aggregate; the stored names never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// 成员
    Member,
    /// 组织
    Branch,
    /// 评议轮次
    Round,
}

impl StreamKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Member, Self::Branch, Self::Round];

    /// The stored `aggregate_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Branch => "branch",
            Self::Round => "round",
        }
    }

    /// The kind of a stored `aggregate_type`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One aggregate's stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Which kind of aggregate.
    pub kind: StreamKind,
    /// Which one.
    pub id: Uuid,
}

impl From<MemberId> for StreamId {
    fn from(member: MemberId) -> Self {
        Self { kind: StreamKind::Member, id: member.0 }
    }
}

impl From<BranchId> for StreamId {
    fn from(branch: BranchId) -> Self {
        Self { kind: StreamKind::Branch, id: branch.0 }
    }
}

impl From<RoundId> for StreamId {
    fn from(round: RoundId) -> Self {
        Self { kind: StreamKind::Round, id: round.0 }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.name(), self.id)
    }
}
