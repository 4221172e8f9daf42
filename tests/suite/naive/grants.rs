//! Roles granted and accounts linked: each grant with what was said of it, each member with the last word on an account.

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::BranchId;
use domain::member::MemberEvent;
use projections::accounts::AccountRow;
use projections::grants::GrantRow;

use super::Naive;

impl Naive<'_> {
    /// Every grant there ever was.
    pub fn grant_rows(self) -> Vec<GrantRow> {
        self.facts().iter().filter_map(|fact| self.grant_row(fact)).collect()
    }

    fn grant_row(self, granted: &Fact) -> Option<GrantRow> {
        let Event::Branch(BranchEvent::RoleGranted { grant, to, role, from, until }) = &granted.event else {
            return None;
        };
        let withdrawal = self.facts().iter().find_map(|fact| match &fact.event {
            Event::Branch(BranchEvent::RoleWithdrawn { grant: of, reason }) if of == grant => Some((fact, reason)),
            _ => None,
        });
        Some(GrantRow {
            grant_id: *grant,
            branch: BranchId(granted.stream.id),
            principal: to.clone(),
            role: *role,
            from_date: *from,
            until_date: *until,
            standing: withdrawal.is_none(),
            granted_by: granted.actor.clone(),
            granted_at: granted.at,
            withdrawn_by: withdrawal.map(|(fact, _)| fact.actor.clone()),
            withdrawn_at: withdrawal.map(|(fact, _)| fact.at),
            withdrawn_for: withdrawal.map(|(_, reason)| reason.clone()),
        })
    }

    /// The account of each member who has one.
    pub fn account_rows(self) -> Vec<AccountRow> {
        let last = |member: domain::id::MemberId| {
            let words = self.facts_on(member.into()).filter(|fact| {
                matches!(
                    &fact.event,
                    Event::Member(MemberEvent::AccountLinked { .. } | MemberEvent::AccountUnlinked { .. })
                )
            });
            let last = words.last()?;
            match &last.event {
                Event::Member(MemberEvent::AccountLinked { account }) => {
                    let (account, linked_by, linked_at) = (account.clone(), last.actor.clone(), last.at);
                    Some(AccountRow { member, account, linked_by, linked_at })
                }
                _ => None,
            }
        };
        self.members().into_iter().filter_map(last).collect()
    }
}
