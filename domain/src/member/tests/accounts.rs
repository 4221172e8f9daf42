//! The account that acts as a member.

use super::*;
use crate::grant::GrantRefusal;

fn account(id: &str) -> ActorId {
    ActorId(id.to_owned())
}

fn link(id: &str) -> Command {
    ana(MemberCommand::LinkAccount { account: account(id) })
}

fn unlink(id: &str) -> Command {
    ana(MemberCommand::UnlinkAccount { account: account(id) })
}

fn linked(id: &str) -> Happened {
    of(ANA, MemberEvent::AccountLinked { account: account(id) })
}

fn unlinked(id: &str) -> Happened {
    of(ANA, MemberEvent::AccountUnlinked { account: account(id) })
}

#[test]
fn an_account_is_linked_by_somebody_else_who_can_sign_in() {
    house().when(link("o-1")).then([linked("o-1")]);
    house().by("o-1").when(link("o-1")).then_refused(GrantRefusal::OwnAccount { account: account("o-1") });
    house().when(link("a b")).then_refused(GrantRefusal::BadPrincipal { given: "a b".to_owned() });
    let principal = account("deadline");
    house().when(link("deadline")).then_refused(GrantRefusal::Reserved { principal });
}

#[test]
fn a_member_has_one_account_at_a_time() {
    let given = house().and([linked("o-1")]);
    for again in ["o-1", "o-2"] {
        given.clone().when(link(again)).then_refused(GrantRefusal::HasAccount { member: ANA });
    }
    given.and([unlinked("o-1")]).when(link("o-2")).then([linked("o-2")]);
}

#[test]
fn only_the_account_that_is_linked_is_unlinked() {
    let given = house().and([linked("o-1")]);
    given.clone().when(unlink("o-1")).then([unlinked("o-1")]);
    let not_linked = |id: &str| GrantRefusal::NotLinked { member: ANA, account: account(id) };
    given.clone().when(unlink("o-2")).then_refused(not_linked("o-2"));
    given.and([unlinked("o-1")]).when(unlink("o-1")).then_refused(not_linked("o-1"));
}

#[test]
fn who_is_not_on_the_roster_is_linked_with_no_account_and_loses_the_one_there_was() {
    empty_house().when(link("o-1")).then_refused(MemberRefusal::Unknown { member: ANA });
    house().and(left(MAY)).when(link("o-1")).then_refused(MemberRefusal::Left { member: ANA, on: MAY });
    house().and([linked("o-1")]).and(left(MAY)).when(unlink("o-1")).then([unlinked("o-1")]);
}
