//! Two registrations of one person.

use super::*;
use crate::grant::GrantRefusal;
use crate::id::{ContactPointId, PlaqueId};
use crate::world::{State, States};

fn merge(member: MemberId, into: MemberId) -> Command {
    ask(member, MemberCommand::Merge { into, on: JUNE, reason: text("the same person") })
}

fn merged(branch: Option<BranchId>) -> Happened {
    of(BO, MemberEvent::Merged { into: ANA, branch, on: JUNE, reason: text("the same person") })
}

fn absorbed() -> Happened {
    of(ANA, MemberEvent::Absorbed { from: BO, on: JUNE })
}

fn departed() -> Happened {
    at(WEST, BranchEvent::MemberDeparted { member: BO, on: JUNE })
}

/// Ana in the east, and once more as Bo in the west.
fn twice() -> Given {
    house().and(registered(BO, WEST))
}

fn once_again() -> Given {
    twice().and([merged(Some(WEST)), absorbed(), departed()])
}

#[test]
fn the_other_registration_goes_off_the_roster_and_both_tell() {
    twice().when(merge(BO, ANA)).then([merged(Some(WEST)), absorbed(), departed()]);
}

#[test]
fn one_that_left_is_merged_too_and_no_branch_is_told() {
    let gone = [
        of(BO, MemberEvent::Left { branch: WEST, on: MAY, reason: text("moved away") }),
        at(WEST, BranchEvent::MemberDeparted { member: BO, on: MAY }),
    ];
    twice().and(gone).when(merge(BO, ANA)).then([merged(None), absorbed()]);
    house().and(left(MAY)).and(registered(BO, WEST)).when(merge(BO, ANA)).then([
        merged(Some(WEST)),
        absorbed(),
        departed(),
    ]);
}

#[test]
fn its_plaque_comes_down_and_its_account_acts_no_more() {
    let (plaque, account) = (PlaqueId(Uuid::from_u128(1)), ActorId("o-1".to_owned()));
    let given = twice().and([
        of(BO, MemberEvent::PlaquePublished { plaque, on: APRIL, duty: text("desk") }),
        of(BO, MemberEvent::AccountLinked { account: account.clone() }),
    ]);
    given.when(merge(BO, ANA)).then([
        of(BO, MemberEvent::PlaqueWithdrawn { plaque, on: JUNE, reason: text("the same person") }),
        of(BO, MemberEvent::AccountUnlinked { account: account.clone() }),
        merged(Some(WEST)),
        absorbed(),
        departed(),
    ]);
    let unlink = ask(BO, MemberCommand::UnlinkAccount { account: account.clone() });
    once_again().when(unlink).then_refused(GrantRefusal::NotLinked { member: BO, account });
}

#[test]
fn only_what_is_registered_is_merged_and_into_nothing_but_another() {
    twice().when(merge(BO, BO)).then_refused(MemberRefusal::MergedIntoItself { member: BO });
    house().when(merge(BO, ANA)).then_refused(MemberRefusal::Unknown { member: BO });
    house().when(merge(ANA, BO)).then_refused(MemberRefusal::Unknown { member: BO });
    once_again().when(merge(BO, ANA)).then_refused(MemberRefusal::Merged { member: BO, into: ANA });
    once_again().when(merge(ANA, BO)).then_refused(MemberRefusal::Merged { member: BO, into: ANA });
    let late = ask(BO, MemberCommand::Merge { into: ANA, on: TOMORROW, reason: text("x") });
    let today = date(2022, 12, 31);
    twice().when(late).then_refused(TimeRefusal::InTheFuture { date: TOMORROW, today });
}

#[test]
fn one_of_the_pair_of_a_contact_point_is_not_merged_away() {
    let contact_point = ContactPointId(Uuid::from_u128(1));
    let taken = MemberEvent::ContactPointTaken { contact_point, from: APRIL };
    twice()
        .and([of(BO, taken)])
        .when(merge(BO, ANA))
        .then_refused(MemberRefusal::InContactPoint { member: BO, contact_point });
}

#[test]
fn nothing_happens_under_it_any_more_not_even_of_earlier_days() {
    let refusal = || MemberRefusal::Merged { member: BO, into: ANA };
    let check = MemberCommand::CheckBadge {
        check: crate::id::BadgeCheckId(Uuid::from_u128(1)),
        on: APRIL,
        place: text("hall"),
        worn: true,
    };
    let readmit = MemberCommand::Readmit { branch: EAST, post: Post::Staff, on: JULY, probation_until: None };
    let leave = MemberCommand::Leave { on: JULY, reason: text("x") };
    let link = MemberCommand::LinkAccount { account: ActorId("o-1".to_owned()) };
    for command in [check, readmit, leave, link] {
        once_again().when(ask(BO, command)).then_refused(refusal());
    }
    let again = MemberCommand::Register { branch: EAST, post: Post::Staff, on: JULY, probation_until: None };
    once_again().when(ask(BO, again)).then_refused(MemberRefusal::AlreadyRegistered { member: BO });
}

#[test]
fn it_was_never_on_the_roster() {
    let given = once_again();
    let Some(State::Member(bo)) = given.state(BO.into()) else { panic!("a member") };
    assert!(!bo.was_on_roster_on(APRIL));
    assert_eq!((bo.merged_into(), bo.branch(), bo.left_on()), (Some(ANA), None, None));
    let Some(State::Member(ana)) = given.state(ANA.into()) else { panic!("a member") };
    assert!(ana.was_on_roster_on(APRIL));
    assert_eq!(ana.merged_into(), None);
}
