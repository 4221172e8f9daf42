//! Commitments: made, evidenced, settled.

use super::*;
use crate::id::CommitmentId;

const PROMISE: CommitmentId = CommitmentId(Uuid::from_u128(5));

fn make(on: Date, due: Date) -> Command {
    ana(MemberCommand::MakeCommitment { commitment: PROMISE, on, due, text: text("answer within a day") })
}

fn made(on: Date, due: Date) -> Happened {
    of(ANA, MemberEvent::CommitmentMade { commitment: PROMISE, on, due, text: text("answer within a day") })
}

fn evidence(on: Date) -> Command {
    ana(MemberCommand::EvidenceCommitment { commitment: PROMISE, on, evidence: text("the log book") })
}

fn evidenced(on: Date) -> Happened {
    of(ANA, MemberEvent::CommitmentEvidenced { commitment: PROMISE, on, evidence: text("the log book") })
}

fn settle(on: Date, outcome: Outcome) -> Command {
    ana(MemberCommand::SettleCommitment { commitment: PROMISE, on, outcome, note: None })
}

fn settled(on: Date, outcome: Outcome) -> Happened {
    of(ANA, MemberEvent::CommitmentSettled { commitment: PROMISE, on, outcome, note: None })
}

fn promised() -> Given {
    house().and([made(APRIL, JUNE)])
}

#[test]
fn a_commitment_is_made_once() {
    house().when(make(APRIL, JUNE)).then([made(APRIL, JUNE)]);
    promised().when(make(MAY, JULY)).then_refused(MemberRefusal::CommitmentIdInUse { commitment: PROMISE });
}

#[test]
fn a_commitment_is_due_no_earlier_than_made_and_may_be_due_in_future() {
    house().when(make(MAY, APRIL)).then_refused(TimeRefusal::Reversed { from: MAY, until: APRIL });
    house().when(make(MAY, MAY)).then([made(MAY, MAY)]);
    house().when(make(MAY, TOMORROW)).then([made(MAY, TOMORROW)]);
    let never = date(2200, 1, 1);
    house().when(make(MAY, never)).then_refused(TimeRefusal::OutOfRange { date: never });
}

#[test]
fn evidence_is_for_a_commitment_that_was_made() {
    promised().when(evidence(MAY)).then([evidenced(MAY)]);
    house().when(evidence(MAY)).then_refused(MemberRefusal::CommitmentUnknown { commitment: PROMISE });
    promised().when(evidence(MARCH)).then_refused(TimeRefusal::Reversed { from: APRIL, until: MARCH });
}

#[test]
fn only_a_commitment_that_was_made_is_settled() {
    house().when(settle(MAY, Outcome::Missed)).then_refused(MemberRefusal::CommitmentUnknown { commitment: PROMISE });
}

#[test]
fn a_commitment_is_kept_only_where_something_shows_it() {
    promised()
        .when(settle(MAY, Outcome::Fulfilled))
        .then_refused(MemberRefusal::CommitmentWithoutEvidence { commitment: PROMISE });
    promised().and([evidenced(MAY)]).when(settle(MAY, Outcome::Fulfilled)).then([settled(MAY, Outcome::Fulfilled)]);
}

#[test]
fn a_commitment_is_missed_only_after_its_last_day() {
    // The last moment of June 1st in Shanghai, and the first of June 2nd.
    let missed = || settle(date(2022, 6, 2), Outcome::Missed);
    promised()
        .at("2022-06-01T15:59:59Z")
        .when(missed())
        .then_refused(TimeRefusal::InTheFuture { date: date(2022, 6, 2), today: JUNE });
    promised().at("2022-06-01T16:00:00Z").when(missed()).then([settled(date(2022, 6, 2), Outcome::Missed)]);
    // What counts is the day it is said to be missed on, however late that is recorded.
    for early in [MAY, JUNE] {
        promised()
            .when(settle(early, Outcome::Missed))
            .then_refused(MemberRefusal::CommitmentNotYetDue { commitment: PROMISE, due: JUNE });
    }
}

#[test]
fn a_settled_commitment_takes_no_more() {
    let over = || promised().and([settled(JUNE, Outcome::Missed)]);
    let refusal = MemberRefusal::CommitmentSettled { commitment: PROMISE, on: JUNE };
    over().when(settle(JULY, Outcome::Missed)).then_refused(refusal.clone());
    over().when(evidence(JULY)).then_refused(refusal);
}

#[test]
fn a_suspended_member_promises_nothing_but_settles_what_was_promised() {
    house().and([suspended(APRIL)]).when(make(APRIL, JUNE)).then_refused(MemberRefusal::Suspended {
        member: ANA,
        on: APRIL,
        since: APRIL,
    });
    promised().and([suspended(APRIL)]).when(evidence(MAY)).then([evidenced(MAY)]);
    promised()
        .and([suspended(APRIL), evidenced(MAY)])
        .when(settle(MAY, Outcome::Fulfilled))
        .then([settled(MAY, Outcome::Fulfilled)]);
}

#[test]
fn who_left_has_no_commitments_to_keep() {
    for command in [make(JUNE, JULY), evidence(JUNE), settle(JULY, Outcome::Missed)] {
        promised().and(left(MAY)).when(command).then_refused(MemberRefusal::Left { member: ANA, on: MAY });
    }
}
