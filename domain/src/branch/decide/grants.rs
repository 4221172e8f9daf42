//! Roles granted at a branch, for its subtree.

use super::Scene;
use crate::branch::{Branch, BranchEvent};
use crate::grant::{self, Grant, GrantRefusal};
use crate::id::{BranchId, GrantId};
use crate::period::TimeRefusal;
use crate::text::Sealed;
use crate::world::{Decision, Stop, in_range};

pub fn grant(at: Scene<'_, '_>, grant: GrantId, new: Grant) -> Result<Decision, Stop> {
    grant::signs_in(&new.to)?;
    if new.to == at.context.actor {
        return Err(GrantRefusal::Own { principal: new.to }.into());
    }
    in_range(new.from)?;
    if let Some(until) = new.until.map(in_range).transpose()?.filter(|until| *until < new.from) {
        return Err(TimeRefusal::Reversed { from: new.from, until }.into());
    }
    open(at)?.grants.takes(grant, &new)?;
    let Grant { to, role, from, until, withdrawn: _ } = new;
    at.happened(BranchEvent::RoleGranted { grant, to, role, from, until })
}

/// Also at a branch that ended: nothing is left of its grants, and that may be said.
pub fn withdraw(at: Scene<'_, '_>, grant: GrantId, reason: Sealed) -> Result<Decision, Stop> {
    at.world.branch(at.id)?.grants.stands(grant)?;
    at.happened(BranchEvent::RoleWithdrawn { grant, reason })
}

/// The branch, standing; the top committee also before it is founded, since somebody has to found it.
fn open<'a>(at: Scene<'_, 'a>) -> Result<&'a Branch, Stop> {
    let branch = at.world.branch(at.id)?;
    match at.id == BranchId::root() && !branch.is_established() {
        true => Ok(branch),
        false => at.standing(),
    }
}
