//! How a grant or an account is refused.

use super::Role;
use crate::id::{ActorId, GrantId, MemberId};
use crate::refusal::refusals;

refusals! {
    /// Why a command about a role or an account is refused.
    pub enum GrantRefusal {
        /// No such grant at this branch.
        Unknown { grant: GrantId } = "grant.unknown",
            "there is no grant {grant} at this branch", "该组织没有编号为 {grant} 的授权";
        /// The id is in use.
        IdInUse { grant: GrantId } = "grant.id_in_use",
            "the grant id {grant} is in use", "授权编号 {grant} 已被使用";
        /// Not an id under which somebody signs in.
        BadPrincipal { given: String } = "grant.bad_principal",
            "{given:?} is not an account: 1 to 64 printable ASCII characters without spaces",
            "{given:?} 不是合法账号:1 至 64 个可打印 ASCII 字符,不含空格";
        /// The program itself acts under it.
        Reserved { principal: ActorId } = "grant.reserved",
            "{principal} is what the program itself acts as; nobody signs in under it", "{principal} 为程序自用账号,不能登录,也不能授权";
        /// To oneself.
        Own { principal: ActorId } = "grant.own",
            "{principal} cannot grant a role to themselves; somebody else has to", "{principal} 不能给自己授权,请由他人办理";
        /// The same role stands for some of these days.
        Standing { grant: GrantId, principal: ActorId, role: Role } = "grant.standing",
            "{principal} is {role} here by the grant {grant} on some of these days; withdraw that one first",
            "{principal} 已由授权 {grant} 在此期间担任{role:#},请先撤销该授权";
        /// It was withdrawn.
        Withdrawn { grant: GrantId } = "grant.withdrawn",
            "the grant {grant} was withdrawn before; nothing is left to do", "授权 {grant} 已撤销,无需再次撤销";

        /// One's own account.
        OwnAccount { account: ActorId } = "account.own",
            "{account} cannot be linked by itself; somebody else has to", "{account} 不能由本账号自行关联,请由他人办理";
        /// The member has one.
        HasAccount { member: MemberId } = "account.has_one",
            "the member {member} has an account; unlink that one first", "成员 {member} 已有账号,请先解除关联";
        /// Not this member's.
        NotLinked { member: MemberId, account: ActorId } = "account.not_linked",
            "{account} is not the account of the member {member}", "{account} 不是成员 {member} 的账号";
    }
}
