//! How a member refuses.

use crate::id::MemberId;
use crate::refusal::refusals;

refusals! {
    /// Why a command to a member is refused.
    pub enum MemberRefusal {
        /// No such member.
        Unknown { member: MemberId } = "member.unknown", "there is no member {member}", "没有 member {member}";
    }
}
