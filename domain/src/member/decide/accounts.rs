//! The account 账号 that acts as the member.

use super::Case;
use crate::grant::{self, GrantRefusal};
use crate::id::ActorId;
use crate::member::MemberEvent;
use crate::world::{Decision, Stop};

impl Case<'_> {
    /// Of a member on the roster.
    pub(super) fn link_account(&self, account: ActorId) -> Result<Decision, Stop> {
        grant::signs_in(&account)?;
        if account == self.context.actor {
            return Err(GrantRefusal::OwnAccount { account }.into());
        }
        match self.on_roster()?.0.account {
            Some(_) => Err(GrantRefusal::HasAccount { member: self.id }.into()),
            None => self.happened(MemberEvent::AccountLinked { account }),
        }
    }

    /// Also of one who left.
    pub(super) fn unlink_account(&self, account: ActorId) -> Result<Decision, Stop> {
        match self.world.member(self.id)?.account == Some(account.clone()) {
            true => self.happened(MemberEvent::AccountUnlinked { account }),
            false => Err(GrantRefusal::NotLinked { member: self.id, account }.into()),
        }
    }
}
