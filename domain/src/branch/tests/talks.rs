//! Reminder talks with a branch, from the proposal to the end.

use super::*;
use crate::member::MemberRefusal;
use crate::talk::{Cause, Step, TalkRefusal};

const TALK: TalkId = TalkId(Uuid::from_u128(0x71));
/// Thirty days after the talk in May.
const DUE: Date = jiff::civil::date(2022, 5, 31);

fn proposed_by(by: Option<&str>) -> Happened {
    let by = by.map(|by| ActorId(by.to_owned()));
    let (cause, round, reason) = (Cause::Asked, None, Some(reason()));
    at(EAST, BranchEvent::TalkProposed { talk: TALK, cause, round, reason, by })
}

fn approved() -> Happened {
    at(EAST, BranchEvent::TalkApproved { talk: TALK, by: ActorId("office".to_owned()) })
}

fn held() -> Happened {
    let (on, by, attendees, record) = (MAY, CY, vec![ANA, BO], sealed("record"));
    at(EAST, BranchEvent::TalkHeld { talk: TALK, on, by, attendees, record, follow_up_on: DUE })
}

fn followed_up(on: Date) -> Happened {
    at(EAST, BranchEvent::TalkFollowedUp { talk: TALK, on, note: sealed("note") })
}

fn propose() -> BranchCommand {
    BranchCommand::ProposeTalk { talk: TALK, reason: reason() }
}

fn hold(on: Date, by: MemberId, attendees: &[MemberId]) -> BranchCommand {
    BranchCommand::HoldTalk { talk: TALK, on, by, attendees: attendees.to_vec(), record: sealed("record") }
}

fn follow_up(on: Date) -> BranchCommand {
    BranchCommand::FollowUpTalk { talk: TALK, on, note: sealed("note") }
}

fn close(on: Date) -> BranchCommand {
    BranchCommand::CloseTalk { talk: TALK, on }
}

fn so_far(steps: impl IntoIterator<Item = Happened>) -> Given {
    staffed().and(steps)
}

#[test]
fn a_talk_with_a_branch_is_proposed_and_judged_by_another() {
    let given = so_far([]).by("secretary");
    given.clone().when(east(propose())).then([proposed_by(Some("secretary"))]);
    let given = given.and([proposed_by(Some("secretary"))]);
    given.clone().when(east(propose())).then_refused(TalkRefusal::IdInUse { talk: TALK });
    let approve = || east(BranchCommand::ApproveTalk { talk: TALK });
    let decline = || east(BranchCommand::DeclineTalk { talk: TALK, reason: reason() });
    given.clone().when(approve()).then_refused(TalkRefusal::OwnApproval { talk: TALK });
    given.clone().when(decline()).then_refused(TalkRefusal::OwnApproval { talk: TALK });
    given.clone().by("office").when(approve()).then([approved()]);
    let by = ActorId("office".to_owned());
    let declined = at(EAST, BranchEvent::TalkDeclined { talk: TALK, reason: reason(), by });
    given.by("office").when(decline()).then([declined]);
}

#[test]
fn a_branch_that_ended_is_not_called_to_a_talk() {
    let merged = BranchRefusal::Merged { branch: EAST, into: WEST };
    so_far([east_merged()]).when(east(propose())).then_refused(merged);
}

#[test]
fn who_came_for_the_branch_is_named_each_once() {
    let given = so_far([proposed_by(None), approved()]);
    given.clone().when(east(hold(MAY, CY, &[ANA, BO]))).then([held()]);
    let many: Vec<MemberId> = (0..101).map(|number| MemberId(Uuid::from_u128(number))).collect();
    for wrong in [&[][..], &[ANA, ANA], &many] {
        let refusal = TalkRefusal::Attendees { talk: TALK, given: wrong.len() };
        given.clone().when(east(hold(MAY, CY, wrong))).then_refused(refusal);
    }
}

#[test]
fn nobody_holds_a_talk_with_themselves_and_everybody_was_on_duty() {
    let given = so_far([proposed_by(None), approved()]);
    given.clone().when(east(hold(MAY, ANA, &[ANA]))).then_refused(TalkRefusal::WithThemselves { member: ANA });
    given.when(east(hold(MAY, CY, &[NOBODY]))).then_refused(MemberRefusal::Unknown { member: NOBODY });
}

#[test]
fn a_talk_goes_one_step_after_the_other() {
    let wrong = |step, needed| TalkRefusal::WrongStep { talk: TALK, step, needed };
    let proposed = so_far([proposed_by(None)]);
    proposed.clone().when(east(hold(MAY, CY, &[ANA]))).then_refused(wrong(Step::Proposed, Step::Approved));
    let held = proposed.and([approved(), held()]);
    held.clone().when(east(close(JUNE))).then_refused(wrong(Step::Held, Step::FollowedUp));
    so_far([]).when(east(close(JUNE))).then_refused(TalkRefusal::Unknown { talk: TALK });
}

#[test]
fn a_talk_with_a_branch_is_followed_up_when_due_and_closed() {
    let given = so_far([proposed_by(None), approved(), held()]);
    let call = || east(BranchCommand::CallFollowUp { talk: TALK });
    let not_due = || TalkRefusal::FollowUpNotDue { talk: TALK, due: DUE };
    given.clone().at("2022-05-30T15:59:59Z").when(call()).then_refused(not_due());
    let called = at(EAST, BranchEvent::TalkFollowUpCalled { talk: TALK, due: DUE });
    given.clone().at("2022-05-30T16:00:00Z").when(call()).then([called.clone()]);
    given.clone().and([called]).when(call()).then_refused(TalkRefusal::FollowUpCalled { talk: TALK });
    given.clone().when(east(follow_up(MAY))).then_refused(not_due());
    given.clone().when(east(follow_up(JUNE))).then([followed_up(JUNE)]);
    let done = given.and([followed_up(JUNE)]);
    let early = TalkRefusal::BeforeLastStep { talk: TALK, on: DUE, last: JUNE };
    done.clone().when(east(close(DUE))).then_refused(early);
    done.when(east(close(JUNE))).then([at(EAST, BranchEvent::TalkClosed { talk: TALK, on: JUNE })]);
}

#[test]
fn a_branch_that_ended_is_still_followed_up() {
    let given = so_far([proposed_by(None), approved(), held(), east_merged()]);
    given.when(east(follow_up(JUNE))).then([followed_up(JUNE)]);
}
