//! Roles granted at a branch.

use super::*;
use crate::grant::{GrantRefusal, Role};
use crate::period::TimeRefusal;

const GRANT: GrantId = GrantId(Uuid::from_u128(0x61));
const OTHER: GrantId = GrantId(Uuid::from_u128(0x62));

fn clerk() -> ActorId {
    ActorId("a-clerk".to_owned())
}

fn granting(grant: GrantId, to: &str, role: Role, from: Date, until: Option<Date>) -> BranchCommand {
    BranchCommand::GrantRole { grant, to: ActorId(to.to_owned()), role, from, until }
}

fn grant(to: &str) -> BranchCommand {
    granting(GRANT, to, Role::Office, MAY, None)
}

fn granted(branch: BranchId, grant: GrantId, role: Role, from: Date, until: Option<Date>) -> Happened {
    at(branch, BranchEvent::RoleGranted { grant, to: clerk(), role, from, until })
}

fn withdraw(grant: GrantId) -> BranchCommand {
    BranchCommand::WithdrawRole { grant, reason: reason() }
}

fn withdrawn(grant: GrantId) -> Happened {
    at(EAST, BranchEvent::RoleWithdrawn { grant, reason: reason() })
}

#[test]
fn a_role_is_granted_to_somebody_else() {
    tree().when(east(grant("a-clerk"))).then([granted(EAST, GRANT, Role::Office, MAY, None)]);
    let principal = clerk();
    tree().by("a-clerk").when(east(grant("a-clerk"))).then_refused(GrantRefusal::Own { principal });
}

#[test]
fn a_role_is_granted_to_whoever_can_sign_in() {
    for bad in ["", "a clerk", "书记", &"x".repeat(65)] {
        let given: String = bad.chars().take(64).collect();
        tree().when(east(grant(bad))).then_refused(GrantRefusal::BadPrincipal { given });
    }
    for program in ["deadline", "Demo", "demo-appeals", "operator-a"] {
        let principal = ActorId(program.to_owned());
        tree().when(east(grant(program))).then_refused(GrantRefusal::Reserved { principal });
    }
    for legal in ["x".repeat(64).as_str(), "my-demo", "deadlines"] {
        assert_eq!(tree().when(east(grant(legal))).events().len(), 1, "{legal}");
    }
}

#[test]
fn a_grant_ends_no_earlier_than_it_begins_and_both_are_days_of_ours() {
    let (from, until) = (MAY, MARCH);
    let reversed = granting(GRANT, "a-clerk", Role::Leader, from, Some(until));
    tree().when(east(reversed)).then_refused(TimeRefusal::Reversed { from, until });
    let one_day = granting(GRANT, "a-clerk", Role::Leader, MAY, Some(MAY));
    tree().when(east(one_day)).then([granted(EAST, GRANT, Role::Leader, MAY, Some(MAY))]);
    let ahead = granting(GRANT, "a-clerk", Role::Leader, TOMORROW, None);
    tree().when(east(ahead)).then([granted(EAST, GRANT, Role::Leader, TOMORROW, None)]);
    let date = jiff::civil::date(2200, 1, 1);
    for (from, until) in [(date, None), (MAY, Some(date))] {
        let beyond = granting(GRANT, "a-clerk", Role::Leader, from, until);
        tree().when(east(beyond)).then_refused(TimeRefusal::OutOfRange { date });
    }
}

#[test]
fn the_same_role_is_not_granted_twice_for_the_same_days() {
    let given = tree().and([granted(EAST, GRANT, Role::Office, MARCH, Some(MAY))]);
    let again = |role, from, until| east(granting(OTHER, "a-clerk", role, from, until));
    let refusal = GrantRefusal::Standing { grant: GRANT, principal: clerk(), role: Role::Office };
    for (from, until) in [(FOUNDED, None), (MAY, None), (FOUNDED, Some(MARCH)), (MARCH, Some(MARCH))] {
        given.clone().when(again(Role::Office, from, until)).then_refused(refusal.clone());
    }
    let after = again(Role::Office, JUNE, None);
    given.clone().when(after.clone()).then([granted(EAST, OTHER, Role::Office, JUNE, None)]);
    given.clone().when(again(Role::Leader, MAY, None)).then([granted(EAST, OTHER, Role::Leader, MAY, None)]);
    given.clone().and([withdrawn(GRANT)]).when(again(Role::Office, MAY, None)).then([granted(
        EAST,
        OTHER,
        Role::Office,
        MAY,
        None,
    )]);
    let elsewhere = ask(WEST, granting(OTHER, "a-clerk", Role::Office, MAY, None));
    given.clone().when(elsewhere).then([granted(WEST, OTHER, Role::Office, MAY, None)]);
    given.when(east(grant("another"))).then_refused(GrantRefusal::IdInUse { grant: GRANT });
}

#[test]
fn a_grant_is_withdrawn_once_with_a_reason() {
    let given = tree().and([granted(EAST, GRANT, Role::Office, MAY, None)]);
    given.clone().when(east(withdraw(GRANT))).then([withdrawn(GRANT)]);
    given.clone().by("a-clerk").when(east(withdraw(GRANT))).then([withdrawn(GRANT)]);
    given.clone().when(east(withdraw(OTHER))).then_refused(GrantRefusal::Unknown { grant: OTHER });
    given.clone().when(ask(WEST, withdraw(GRANT))).then_refused(GrantRefusal::Unknown { grant: GRANT });
    let given = given.and([withdrawn(GRANT)]);
    given.when(east(withdraw(GRANT))).then_refused(GrantRefusal::Withdrawn { grant: GRANT });
}

#[test]
fn nothing_is_granted_at_a_branch_that_ended_or_never_was() {
    tree()
        .and([east_closed()])
        .when(east(grant("a-clerk")))
        .then_refused(BranchRefusal::Closed { branch: EAST, on: JUNE });
    let merged = BranchRefusal::Merged { branch: EAST, into: WEST };
    tree().and([east_merged()]).when(east(grant("a-clerk"))).then_refused(merged);
    let unknown = BranchRefusal::Unknown { branch: NOWHERE };
    tree().when(ask(NOWHERE, grant("a-clerk"))).then_refused(unknown);
    let given = tree().and([granted(EAST, GRANT, Role::Office, MAY, None), east_closed()]);
    given.when(east(withdraw(GRANT))).then([withdrawn(GRANT)]);
}

#[test]
fn somebody_is_granted_the_office_before_there_is_anything_to_found_it() {
    let first = granted(root(), GRANT, Role::Office, MAY, None);
    given([]).when(ask(root(), grant("a-clerk"))).then([first.clone()]);
    let founding =
        BranchCommand::Establish { kind: BranchKind::Committee, parent: None, name: title("Committee"), on: FOUNDED };
    assert_eq!(given([first]).by("a-clerk").when(ask(root(), founding)).events().len(), 1);
}

#[test]
fn a_grant_ahead_keeps_no_branch_from_ending() {
    let given = tree().and([granted(EAST, GRANT, Role::Office, TOMORROW, None)]);
    assert_eq!(given.when(east(BranchCommand::Close { on: JUNE, reason: reason() })).events().len(), 2);
}
