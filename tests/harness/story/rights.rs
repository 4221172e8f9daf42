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
    number: u64,
    grants: Vec<(BranchId, GrantId)>,
    accounts: BTreeMap<MemberId, ActorId>,
}

impl Rights {
    pub(super) fn of(seed: u64) -> Self {
        Self { chance: Chance::of(!seed), number: 0, grants: vec![], accounts: BTreeMap::new() }
    }

    /// One of few, so that some come twice.
    fn a_principal(&mut self) -> ActorId {
        ActorId(format!("o-{}", self.chance.below(6)))
    }
}

impl Story {
    /// Now and then a role is granted or withdrawn, an account linked or unlinked.
    pub(super) async fn rights(&mut self, commands: &dyn Commands) {
        if !self.rights.chance.percent(40) {
            return;
        }
        let Some(command) = self.of_a_right() else { return };
        self.rights.number += 1;
        match commands.send(&office(&format!("r{}", self.rights.number)), command.clone(), None).await {
            Ok(_) => self.remember_right(&command),
            Err(SendError::Refused(_)) => {}
            Err(failed) => panic!("{command:?} failed: {failed:?}"),
        }
    }

    fn of_a_right(&mut self) -> Option<Command> {
        let today = self.today();
        let branches: Vec<BranchId> = self.branches.keys().copied().chain([BranchId::root()]).collect();
        let members: Vec<MemberId> = self.members.keys().copied().collect();
        let rights = &mut self.rights;
        Some(match rights.chance.below(100) {
            0..48 => {
                let (grant, to) = (GrantId(rights.chance.id()), rights.a_principal());
                let (branch, role) = (rights.chance.one(&branches)?, rights.chance.one(&Role::ALL)?);
                let lasts = i64::try_from(rights.chance.below(30)).unwrap_or_default();
                let until = rights.chance.percent(50).then(|| today + lasts.days());
                Command::Branch(branch, BranchCommand::GrantRole { grant, to, role, from: today, until })
            }
            48..72 => {
                let (branch, grant) = rights.chance.one(&rights.grants)?;
                Command::Branch(branch, BranchCommand::WithdrawRole { grant, reason: Sealed("sealed-r".to_owned()) })
            }
            72..97 => {
                let member = rights.chance.one(&members)?;
                let command = match rights.accounts.get(&member).cloned() {
                    Some(account) => MemberCommand::UnlinkAccount { account },
                    None => MemberCommand::LinkAccount { account: rights.a_principal() },
                };
                Command::Member(member, command)
            }
            _seldom => {
                let (member, into) = (rights.chance.one(&members)?, rights.chance.one(&members)?);
                let command = MemberCommand::Merge { into, on: today, reason: Sealed("sealed-r".to_owned()) };
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
