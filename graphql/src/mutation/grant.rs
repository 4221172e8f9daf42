//! Roles granted and withdrawn 授权, accounts linked with members 账号.

use async_graphql::ID;
use domain::branch::BranchCommand;
use domain::id::{ActorId, GrantId};
use domain::member::MemberCommand;

use super::{inputs, mutations};
use crate::door::{Ask, Asked, BranchSubject, Door, Halt, named};
use crate::input;
use crate::policy::Action::GrantRoles;
use crate::scalar::Date;
use crate::words::GrantedRole;

mutations! {
    /// Roles and accounts.
    Grants {
        /// Grants somebody else a role 授权, for the subtree of a branch and for a time.
        grant_role(GrantRoleInput);
        /// Withdraws a role at once 撤销授权.
        withdraw_role(WithdrawRoleInput);
        /// Lets somebody else's account act as a member 关联账号.
        link_account(LinkAccountInput);
        /// Lets an account no longer act as a member 解除关联.
        unlink_account(UnlinkAccountInput);
    }
}

inputs! {
    /// A role to be granted.
    GrantRoleInput {
        /// The branch for whose subtree it is; the whole organisation where it is left out.
        branch: Option<ID>,
        /// To whom: the id under which they sign in, 1 to 64 printable ASCII characters; never one's own.
        to: String,
        /// The role.
        role: GrantedRole,
        /// The first day it counts.
        from: Date,
        /// The last day it counts; left out for one without end.
        until: Option<Date>,
    }

    /// A role to be withdrawn.
    WithdrawRoleInput {
        /// The branch at which it was granted; the top committee where it is left out.
        branch: Option<ID>,
        /// Which grant.
        grant: ID,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// An account to act as a member.
    LinkAccountInput {
        /// The member, on the roster and without an account.
        member: ID,
        /// The id under which the member signs in, 1 to 64 printable ASCII characters; never one's own.
        account: String,
    }

    /// An account to act as a member no longer.
    UnlinkAccountInput {
        /// The member.
        member: ID,
        /// The account, so that no other one is taken from the member by mistake.
        account: String,
    }
}

/// The branch at which a role is granted or withdrawn.
async fn at(door: &Door<'_>, branch: Option<&ID>) -> Result<BranchSubject, Halt> {
    match branch {
        Some(branch) => door.branch("branch", branch, GrantRoles).await,
        None => door.organisation(GrantRoles).await,
    }
}

impl Ask for GrantRoleInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = at(door, self.branch.as_ref()).await?;
        let (from, until) = (self.from.read("from")?, input::date("until", self.until.as_ref())?);
        let grant: GrantId = door.mint("grant");
        let (to, role) = (ActorId(self.to), self.role.into());
        Ok(branch.asks(BranchCommand::GrantRole { grant, to, role, from, until }).naming(grant.0))
    }
}

impl Ask for WithdrawRoleInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = at(door, self.branch.as_ref()).await?;
        let grant: GrantId = named("grant", &self.grant)?;
        let reason = door.seal(branch.id().0, "reason", &self.reason).await?;
        Ok(branch.asks(BranchCommand::WithdrawRole { grant, reason }).naming(grant.0))
    }
}

impl Ask for LinkAccountInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, GrantRoles).await?;
        let account = ActorId(self.account);
        door.no_others(&account, member.id()).await?;
        Ok(member.asks(MemberCommand::LinkAccount { account }))
    }
}

impl Ask for UnlinkAccountInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, GrantRoles).await?;
        Ok(member.asks(MemberCommand::UnlinkAccount { account: ActorId(self.account) }))
    }
}
