//! How a member refuses.

use jiff::civil::Date;

use crate::id::MemberId;
use crate::refusal::refusals;

refusals! {
    /// Why a command to a member is refused.
    pub enum MemberRefusal {
        /// No such member.
        Unknown { member: MemberId } = "member.unknown", "there is no member {member}", "没有 member {member}";
        /// Left.
        Left { member: MemberId, on: Date } = "member.left", "{member} left on {on}", "{member} 已于 {on} 离开";
        /// Suspended.
        Suspended { member: MemberId, on: Date, since: Date } = "member.suspended", "{member} is suspended since {since}, on {on}", "{member} {since} {on} 已暂停";
    }
}
