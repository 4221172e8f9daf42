//! Reminder talks with a member, from the proposal to the end.

use super::*;
use crate::id::{RoundId, TalkId};
use crate::round::{Preset, RoundEvent, Rules, TalkRule};
use crate::talk::{Cause, Step, TalkRefusal};

const TALK: TalkId = TalkId(Uuid::from_u128(0x71));
const ROUND: RoundId = RoundId(Uuid::from_u128(0x91));
/// Thirty days after the talk in May.
const DUE: Date = date(2022, 5, 31);

fn propose() -> MemberCommand {
    MemberCommand::ProposeTalk { talk: TALK, reason: text("late three times") }
}

fn hold(on: Date, by: MemberId) -> MemberCommand {
    MemberCommand::HoldTalk { talk: TALK, on, by, record: text("agreed to come in time") }
}

fn follow_up(on: Date) -> MemberCommand {
    MemberCommand::FollowUpTalk { talk: TALK, on, note: text("came in time") }
}

fn close(on: Date) -> MemberCommand {
    MemberCommand::CloseTalk { talk: TALK, on }
}

fn call() -> MemberCommand {
    MemberCommand::CallFollowUp { talk: TALK }
}

fn proposed_by(by: Option<&str>) -> Happened {
    let (cause, round, reason) = (Cause::Asked, None, Some(text("late three times")));
    of(ANA, MemberEvent::TalkProposed { talk: TALK, cause, round, reason, by: by.map(|by| ActorId(by.to_owned())) })
}

fn approved() -> Happened {
    of(ANA, MemberEvent::TalkApproved { talk: TALK, by: ActorId("office".to_owned()) })
}

fn held() -> Happened {
    let (on, by, record) = (MAY, BO, text("agreed to come in time"));
    of(ANA, MemberEvent::TalkHeld { talk: TALK, on, by, record, follow_up_on: DUE })
}

fn followed_up(on: Date) -> Happened {
    of(ANA, MemberEvent::TalkFollowedUp { talk: TALK, on, note: text("came in time") })
}

fn closed(on: Date) -> Happened {
    of(ANA, MemberEvent::TalkClosed { talk: TALK, on })
}

/// Ana and Bo in East, and a talk with Ana so far.
fn so_far(steps: impl IntoIterator<Item = Happened>) -> Given {
    house().and(registered(BO, EAST)).and(steps)
}

fn wrong_step(step: Step, needed: Step) -> TalkRefusal {
    TalkRefusal::WrongStep { talk: TALK, step, needed }
}

#[test]
fn a_talk_is_proposed_with_a_reason_by_whoever_asks() {
    house().by("secretary").when(ana(propose())).then([proposed_by(Some("secretary"))]);
}

#[test]
fn a_talks_id_is_used_once() {
    so_far([proposed_by(Some("secretary"))]).when(ana(propose())).then_refused(TalkRefusal::IdInUse { talk: TALK });
}

#[test]
fn who_has_left_is_not_called_to_a_talk() {
    house().and(left(MAY)).when(ana(propose())).then_refused(MemberRefusal::Left { member: ANA, on: MAY });
}

#[test]
fn a_talk_is_approved_or_declined_by_another() {
    let given = so_far([proposed_by(Some("secretary"))]);
    let reason = text("a misunderstanding");
    let decline = || ana(MemberCommand::DeclineTalk { talk: TALK, reason: reason.clone() });
    let approve = || ana(MemberCommand::ApproveTalk { talk: TALK });
    let own = || TalkRefusal::OwnApproval { talk: TALK };
    given.clone().by("secretary").when(approve()).then_refused(own());
    given.clone().by("secretary").when(decline()).then_refused(own());
    given.clone().when(approve()).then([approved()]);
    let declined = MemberEvent::TalkDeclined { talk: TALK, reason: reason.clone(), by: ActorId("office".to_owned()) };
    given.clone().when(decline()).then([of(ANA, declined.clone())]);
    let declined = given.and([of(ANA, declined)]);
    declined.when(approve()).then_refused(wrong_step(Step::Declined, Step::Proposed));
}

#[test]
fn an_approved_talk_that_cannot_be_held_any_more_is_declined() {
    let given = so_far([proposed_by(Some("secretary")), approved()]);
    let reason = text("moved away");
    let decline = || ana(MemberCommand::DeclineTalk { talk: TALK, reason: reason.clone() });
    let declined = |by: &str| {
        let by = ActorId(by.to_owned());
        of(ANA, MemberEvent::TalkDeclined { talk: TALK, reason: reason.clone(), by })
    };
    given.clone().and(left(MAY)).when(decline()).then([declined("office")]);
    given.clone().by("secretary").when(decline()).then([declined("secretary")]);
    given.and([held()]).when(decline()).then_refused(wrong_step(Step::Held, Step::Proposed));
}

#[test]
fn what_a_rule_proposed_anybody_approves() {
    so_far([proposed_by(None)]).when(ana(MemberCommand::ApproveTalk { talk: TALK })).then([approved()]);
}

#[test]
fn an_unknown_talk_is_at_no_step() {
    let unknown = TalkRefusal::Unknown { talk: TALK };
    house().when(ana(MemberCommand::ApproveTalk { talk: TALK })).then_refused(unknown.clone());
    house().when(ana(call())).then_refused(unknown);
}

#[test]
fn a_talk_is_held_once_approved_and_followed_up_after_thirty_days() {
    so_far([proposed_by(None)]).when(ana(hold(MAY, BO))).then_refused(wrong_step(Step::Proposed, Step::Approved));
    let given = so_far([proposed_by(None), approved()]);
    given.clone().when(ana(hold(MAY, BO))).then([held()]);
    given.and([held()]).when(ana(hold(MAY, BO))).then_refused(wrong_step(Step::Held, Step::Approved));
}

#[test]
fn a_talk_is_held_on_a_day_that_has_come_by_another_on_duty() {
    let given = so_far([proposed_by(None), approved()]);
    let future = TimeRefusal::InTheFuture { date: TOMORROW, today: date(2022, 12, 31) };
    given.clone().when(ana(hold(TOMORROW, BO))).then_refused(future);
    given.clone().when(ana(hold(MAY, ANA))).then_refused(TalkRefusal::WithThemselves { member: ANA });
    given.when(ana(hold(MAY, CHU))).then_refused(MemberRefusal::Unknown { member: CHU });
}

#[test]
fn a_talk_of_a_round_is_followed_up_as_its_rules_say_and_another_by_the_latest_rules() {
    let rules = |days| {
        let rules = Preset::Default.rules();
        Rules { talks: TalkRule { follow_up_days: days, ..rules.talks }, ..rules }
    };
    let adopted = at(BranchId::root(), BranchEvent::RulesAdopted { version: 1, rules: rules(10) });
    let asked = so_far([adopted, proposed_by(None), approved()]);
    let held_until = |follow_up_on| {
        let (on, by, record) = (MAY, BO, text("agreed to come in time"));
        [of(ANA, MemberEvent::TalkHeld { talk: TALK, on, by, record, follow_up_on })]
    };
    asked.clone().when(ana(hold(MAY, BO))).then(held_until(date(2022, 5, 11)));
    let closes_at = "2022-03-31T16:00:00Z".parse().expect("an instant");
    let opened = RoundEvent::Opened { rules: rules(20), groups: vec![], closes_at, scrutineers: vec![] };
    let (cause, round) = (Cause::ScoreBelow, Some(ROUND));
    let by_rule = MemberEvent::TalkProposed { talk: TALK, cause, round, reason: None, by: None };
    let of_round = asked.and([(ROUND.into(), opened.into()), of(ANA, by_rule), approved()]);
    of_round.when(ana(hold(MAY, BO))).then(held_until(date(2022, 5, 21)));
}

#[test]
fn the_follow_up_is_called_for_when_its_day_has_come_and_once() {
    let given = so_far([proposed_by(None), approved(), held()]);
    let not_due = TalkRefusal::FollowUpNotDue { talk: TALK, due: DUE };
    given.clone().at("2022-05-30T15:59:59Z").when(ana(call())).then_refused(not_due);
    let called = of(ANA, MemberEvent::TalkFollowUpCalled { talk: TALK, due: DUE });
    given.clone().at("2022-05-30T16:00:00Z").when(ana(call())).then([called.clone()]);
    given.clone().and([called]).when(ana(call())).then_refused(TalkRefusal::FollowUpCalled { talk: TALK });
    let done = given.and([followed_up(DUE)]);
    done.when(ana(call())).then_refused(wrong_step(Step::FollowedUp, Step::Held));
}

#[test]
fn a_talk_is_followed_up_on_its_day_or_later_and_then_closed() {
    let given = so_far([proposed_by(None), approved(), held()]);
    let not_due = TalkRefusal::FollowUpNotDue { talk: TALK, due: DUE };
    given.clone().when(ana(follow_up(date(2022, 5, 30)))).then_refused(not_due);
    given.clone().when(ana(follow_up(DUE))).then([followed_up(DUE)]);
    given.clone().when(ana(close(JUNE))).then_refused(wrong_step(Step::Held, Step::FollowedUp));
    let done = given.and([followed_up(JUNE)]);
    let before = TalkRefusal::BeforeLastStep { talk: TALK, on: DUE, last: JUNE };
    done.clone().when(ana(close(DUE))).then_refused(before);
    done.clone().when(ana(close(JUNE))).then([closed(JUNE)]);
    let over = done.and([closed(JUNE)]);
    over.when(ana(close(JUNE))).then_refused(wrong_step(Step::Closed, Step::FollowedUp));
}

#[test]
fn a_talk_that_was_held_is_followed_up_after_somebody_left() {
    let given = so_far([proposed_by(None), approved(), held()]).and(left(JUNE));
    given.clone().when(ana(follow_up(JUNE))).then([followed_up(JUNE)]);
    given.and([followed_up(JUNE)]).when(ana(close(JULY))).then([closed(JULY)]);
}
