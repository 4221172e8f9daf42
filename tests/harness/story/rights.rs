//! Roles, accounts and registrations found to be one person's, by a chance of their own: the rest of a story stays as it was without them.

use std::collections::BTreeMap;

use domain::branch::BranchCommand;
use domain::grant::Role;
use domain::id::{ActorId, BranchId, GrantId, MemberId};
use domain::member::MemberCommand;
use domain::text::Sealed;
use domain::world::Command;
use graphql::ports::{Commands, SendError};
use jiff::ToSpan;

use super::Story;
use crate::chance::Chance;
use crate::speak::office;

/// What is known of roles and accounts.
pub(super) struct Rights {
    chance: Chance,
    merging: Chance,
    number: u64,
    grants: Vec<(BranchId, GrantId)>,
    accounts: BTreeMap<MemberId, ActorId>,
}

impl Rights {
    pub(super) fn of(seed: u64) -> Self {
        Self {
            chance: Chance::of(!seed),
            merging: Chance::of(seed.rotate_left(7)),
            number: 0,
            grants: vec![],
            accounts: BTreeMap::new(),
        }
    }

    /// One of few, so that some come twice.
    fn a_principal(&mut self) -> ActorId {
        ActorId(format!("o-{}", self.chance.below(6)))
    }
}

impl Story {
    /// Now and then a role is granted or withdrawn, an account linked or unlinked; seldom two registrations are one person's.
    pub(super) async fn rights(&mut self, commands: &dyn Commands) {
        if self.rights.merging.percent(2) {
            let merge = self.a_merge();
            self.try_right(commands, merge).await;
        }
        if self.rights.chance.percent(40) {
            let right = self.of_a_right();
            self.try_right(commands, right).await;
        }
    }

    async fn try_right(&mut self, commands: &dyn Commands, command: Option<Command>) {
        let Some(command) = command else { return };
        self.rights.number += 1;
        match commands.send(&office(&format!("r{}", self.rights.number)), command.clone(), None).await {
            Ok(_) => self.remember_right(&command),
            Err(SendError::Refused(_)) => {}
            Err(failed) => panic!("{command:?} failed: {failed:?}"),
        }
    }

    fn a_merge(&mut self) -> Option<Command> {
        let (today, members) = (self.today(), self.members.keys().copied().collect::<Vec<_>>());
        let merging = &mut self.rights.merging;
        let (member, into) = (merging.one(&members)?, merging.one(&members)?);
        let reason = Sealed("sealed-r".to_owned());
        Some(Command::Member(member, MemberCommand::Merge { into, on: today, reason }))
    }

    fn of_a_right(&mut self) -> Option<Command> {
        let today = self.today();
        let branches: Vec<BranchId> = self.branches.keys().copied().chain([BranchId::root()]).collect();
        let members: Vec<MemberId> = self.members.keys().copied().collect();
        let rights = &mut self.rights;
        Some(match rights.chance.below(4) {
            0..2 => {
                let (grant, to) = (GrantId(rights.chance.id()), rights.a_principal());
                let (branch, role) = (rights.chance.one(&branches)?, rights.chance.one(&Role::ALL)?);
                let lasts = i64::try_from(rights.chance.below(30)).unwrap_or_default();
                let until = rights.chance.percent(50).then(|| today + lasts.days());
                Command::Branch(branch, BranchCommand::GrantRole { grant, to, role, from: today, until })
            }
            2 => {
                let (branch, grant) = rights.chance.one(&rights.grants)?;
                Command::Branch(branch, BranchCommand::WithdrawRole { grant, reason: Sealed("sealed-r".to_owned()) })
            }
            _ => {
                let member = rights.chance.one(&members)?;
                let command = match rights.accounts.get(&member).cloned() {
                    Some(account) => MemberCommand::UnlinkAccount { account },
                    None => MemberCommand::LinkAccount { account: rights.a_principal() },
                };
                Command::Member(member, command)
            }
        })
    }

    fn remember_right(&mut self, command: &Command) {
        match command {
            Command::Branch(branch, BranchCommand::GrantRole { grant, .. }) => {
                self.rights.grants.push((*branch, *grant));
            }
            Command::Member(member, MemberCommand::LinkAccount { account }) => {
                self.rights.accounts.insert(*member, account.clone());
            }
            Command::Member(member, MemberCommand::UnlinkAccount { .. }) => _ = self.rights.accounts.remove(member),
            Command::Member(member, merge @ MemberCommand::Merge { .. }) => {
                self.rights.accounts.remove(member);
                self.remember_of_member(*member, merge);
            }
            _withdrawn => {}
        }
    }
}
