//! What a member remembers.
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{MemberEvent, MemberRefusal, Post};
use crate::id::{BranchId, MemberId};
use crate::world::{Stop, World};

/// A member.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Member {
    post: Option<Post>,
    branch: Option<BranchId>,
    from: Option<Date>,
    left: Option<Date>,
    suspended: Option<Date>,
}

impl Member {
    /// The member, on the roster.
    ///
    /// # Errors
    /// [`MemberRefusal::Unknown`], [`MemberRefusal::Left`].
    pub fn require_on_roster<'a>(world: &World<'a>, member: MemberId) -> Result<&'a Self, Stop> {
        let state = world.member(member)?;
        match (state.from, state.left) {
            (None, _) => Err(MemberRefusal::Unknown { member }.into()),
            (Some(_), Some(on)) => Err(MemberRefusal::Left { member, on }.into()),
            (Some(_), None) => Ok(state),
        }
    }

    /// The member, on the roster and on duty.
    ///
    /// # Errors
    /// As [`Self::require_on_roster`], [`MemberRefusal::Suspended`].
    pub fn require_on_duty<'a>(world: &World<'a>, member: MemberId, on: Date) -> Result<&'a Self, Stop> {
        let state = Self::require_on_roster(world, member)?;
        match state.suspended {
            Some(since) => Err(MemberRefusal::Suspended { member, on, since }.into()),
            None => Ok(state),
        }
    }

    /// The first day.
    #[must_use]
    pub fn registered_on(&self) -> Option<Date> {
        self.from
    }

    /// The post held.
    #[must_use]
    pub fn post(&self) -> Option<Post> {
        self.post
    }

    /// The branch belonged to.
    #[must_use]
    pub fn branch(&self) -> Option<BranchId> {
        self.branch
    }

    /// Whether the member was on the roster on a day.
    #[must_use]
    pub fn was_on_roster_on(&self, date: Date) -> bool {
        self.from.is_some_and(|from| from <= date) && self.left.is_none_or(|left| date < left)
    }

    pub(super) fn take(&mut self, event: &MemberEvent) {
        match event {
            MemberEvent::Registered { branch, post, on, .. } => {
                (self.branch, self.post, self.from) = (Some(*branch), Some(*post), Some(*on));
            }
            MemberEvent::Transferred { to, .. } => self.branch = Some(*to),
            MemberEvent::Suspended { on, .. } => self.suspended = Some(*on),
            MemberEvent::Left { on, .. } => (self.branch, self.left) = (None, Some(*on)),
            _ => {}
        }
    }
}
