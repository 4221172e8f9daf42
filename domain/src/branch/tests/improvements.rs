//! Improvements: one reports, another confirms.

use super::*;

const IMPROVEMENT: ImprovementId = ImprovementId(Uuid::from_u128(0xB1));

fn report(on: Date) -> Command {
    let (what, evidence, effect) = (sealed("what"), sealed("evidence"), sealed("effect"));
    east(BranchCommand::ReportImprovement { improvement: IMPROVEMENT, on, what, evidence, effect })
}

fn reported_by(by: &str) -> Happened {
    let (improvement, on, by) = (IMPROVEMENT, MAY, ActorId(by.to_owned()));
    let (what, evidence, effect) = (sealed("what"), sealed("evidence"), sealed("effect"));
    at(EAST, BranchEvent::ImprovementReported { improvement, on, what, evidence, effect, by })
}

fn confirm(on: Date) -> Command {
    east(BranchCommand::ConfirmImprovement { improvement: IMPROVEMENT, on, note: None })
}

fn confirmed_by(by: &str) -> Happened {
    let (improvement, on, by) = (IMPROVEMENT, JUNE, ActorId(by.to_owned()));
    at(EAST, BranchEvent::ImprovementConfirmed { improvement, on, note: None, by })
}

#[test]
fn an_improvement_says_who_reported_it() {
    tree().by("secretary").when(report(MAY)).then([reported_by("secretary")]);
    tree()
        .and([reported_by("secretary")])
        .when(report(MAY))
        .then_refused(BranchRefusal::IdInUse { branch: EAST, id: IMPROVEMENT.0 });
}

#[test]
fn an_improvement_is_confirmed_once_by_somebody_else() {
    let reported = || tree().and([reported_by("secretary")]);
    reported().by("office").when(confirm(JUNE)).then([confirmed_by("office")]);
    reported()
        .by("secretary")
        .when(confirm(JUNE))
        .then_refused(BranchRefusal::ImprovementOwnConfirmation { improvement: IMPROVEMENT });
    reported()
        .and([confirmed_by("office")])
        .by("leader")
        .when(confirm(JUNE))
        .then_refused(BranchRefusal::ImprovementConfirmed { improvement: IMPROVEMENT });
}

#[test]
fn what_was_not_reported_is_not_confirmed() {
    tree()
        .when(confirm(JUNE))
        .then_refused(BranchRefusal::UnknownImprovement { branch: EAST, improvement: IMPROVEMENT });
    tree()
        .and([reported_by("secretary")])
        .when(confirm(MARCH))
        .then_refused(BranchRefusal::ImprovementNotYetReported { improvement: IMPROVEMENT, on: MARCH, reported: MAY });
}

#[test]
fn what_a_branch_reported_is_confirmed_after_its_end_too() {
    for ended in [east_closed(), east_merged()] {
        tree().and([reported_by("secretary"), ended]).by("office").when(confirm(JUNE)).then([confirmed_by("office")]);
    }
    tree()
        .and([reported_by("secretary"), east_closed()])
        .by("office")
        .when(confirm(TOMORROW))
        .then_refused(crate::period::TimeRefusal::InTheFuture { date: TOMORROW, today: TODAY });
}
