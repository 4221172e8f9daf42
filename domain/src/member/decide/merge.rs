//! Two registrations 重复登记 of one person become one.

use jiff::civil::Date;

use super::displays::plaque_down;
use super::{Case, refuse_if};
use crate::branch::BranchEvent;
use crate::id::MemberId;
use crate::member::{MemberEvent, MemberRefusal};
use crate::text::Sealed;
use crate::world::{Decision, Stop};

impl Case<'_> {
    /// [`MemberRefusal::MergedIntoItself`], [`MemberRefusal::InContactPoint`]; the other one is registered and not merged
    /// itself, so no chain of merged ones comes about downwards. A plaque comes down, and no account acts as this one any more.
    pub(super) fn merge(&self, into: MemberId, on: Date, reason: Sealed) -> Result<Decision, Stop> {
        let (member, state) = (self.id, self.world.member(self.id)?);
        refuse_if(member == into, MemberRefusal::MergedIntoItself { member })?;
        self.registered(member)?;
        self.registered(into)?;
        let on = self.context.past(on)?;
        if let Some(contact_point) = state.contact_points.first() {
            return Err(MemberRefusal::InContactPoint { member, contact_point: *contact_point }.into());
        }
        let branch = state.branch();
        let taken_down = plaque_down(state, on, &reason);
        let unlinked = state.account.clone().map(|account| MemberEvent::AccountUnlinked { account });
        let merged = MemberEvent::Merged { into, branch, on, reason };
        let own = taken_down.into_iter().chain(unlinked).chain([merged]);
        let decision = own.fold(Decision::nothing(), |decision, event| decision.member(member, event));
        let decision = decision.member(into, MemberEvent::Absorbed { from: member, on });
        let Some(branch) = branch else { return Ok(decision) };
        // Its stream is written, so the version it is decided on is named.
        self.world.branch(branch)?;
        Ok(decision.branch(branch, BranchEvent::MemberDeparted { member, on }))
    }

    /// Somebody is registered under it, be it no longer on the roster.
    fn registered(&self, member: MemberId) -> Result<(), Stop> {
        let state = self.world.member(member)?;
        refuse_if(state.registered_on().is_none(), MemberRefusal::Unknown { member })?;
        match state.merged_into() {
            Some(into) => Err(MemberRefusal::Merged { member, into }.into()),
            None => Ok(()),
        }
    }
}
