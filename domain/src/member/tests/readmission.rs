//! Who left comes back, as the same member.

use super::*;
use crate::amount::Amount;
use crate::id::{BadgeCheckId, ResultId};
use crate::ledger::{Aggregation, Direction, Exactness, Metric, Report, Subjects, Unit};
use crate::period::Grain;
use crate::world::{State, States};

fn readmit(branch: BranchId, on: Date, probation_until: Option<Date>) -> Command {
    ana(MemberCommand::Readmit { branch, post: Post::Cadre, on, probation_until })
}

fn check(on: Date) -> Command {
    ana(MemberCommand::CheckBadge { check: BadgeCheckId(Uuid::from_u128(1)), on, place: text("hall"), worn: true })
}

/// Ana there from March to May and again since July.
fn back() -> Given {
    house().and(left(MAY)).and(readmitted(JULY))
}

#[test]
fn who_left_comes_back_to_any_branch_with_any_post() {
    let gone = || house().and(left(MAY));
    gone().when(readmit(WEST, JULY, None)).then(readmitted(JULY));
    gone().when(readmit(WEST, MAY, None)).then(readmitted(MAY));
    gone().when(readmit(EAST, JUNE, Some(JULY))).then([
        of(ANA, MemberEvent::Readmitted { branch: EAST, post: Post::Cadre, on: JUNE, probation_until: Some(JULY) }),
        at(EAST, BranchEvent::MemberJoined { member: ANA, on: JUNE }),
    ]);
}

#[test]
fn only_who_left_comes_back() {
    house().when(readmit(WEST, JULY, None)).then_refused(MemberRefusal::NotLeft { member: ANA, branch: EAST });
    back().when(readmit(EAST, JULY, None)).then_refused(MemberRefusal::NotLeft { member: ANA, branch: WEST });
    empty_house().when(readmit(WEST, JULY, None)).then_refused(MemberRefusal::Unknown { member: ANA });
}

#[test]
fn nobody_comes_back_before_having_left() {
    let refusal = MemberRefusal::BeforeLastChange { member: ANA, on: APRIL, last: MAY };
    house().and(left(MAY)).when(readmit(WEST, APRIL, None)).then_refused(refusal);
    let today = date(2022, 12, 31);
    house()
        .and(left(MAY))
        .when(readmit(WEST, TOMORROW, None))
        .then_refused(TimeRefusal::InTheFuture { date: TOMORROW, today });
}

#[test]
fn nobody_comes_back_before_what_is_recorded() {
    let late =
        MemberEvent::BadgeChecked { check: BadgeCheckId(Uuid::from_u128(1)), on: JUNE, place: text("x"), worn: true };
    house()
        .and([of(ANA, late)])
        .and(left(MAY))
        .when(readmit(WEST, MAY, None))
        .then_refused(MemberRefusal::ActiveLater { member: ANA, on: MAY, latest: JUNE });
}

#[test]
fn nobody_comes_back_where_no_branch_stands() {
    let closed = at(WEST, BranchEvent::Closed { on: MARCH, reason: text("too small") });
    let gone = house().and([closed]).and(left(MAY));
    assert_eq!(refused_code(&gone, &readmit(WEST, JULY, None)), "branch.closed");
}

#[test]
fn a_new_probation_does_not_end_before_it_begins() {
    house()
        .and(left(MAY))
        .when(readmit(WEST, JULY, Some(JUNE)))
        .then_refused(TimeRefusal::Reversed { from: JULY, until: JUNE });
}

#[test]
fn who_is_back_is_on_the_roster_in_both_times_and_not_between() {
    let house = back();
    let Some(State::Member(member)) = house.state(ANA.into()) else { panic!("a member") };
    let days = [MARCH, date(2022, 4, 30), MAY, JUNE, JULY, TOMORROW];
    assert_eq!(days.map(|day| member.was_on_roster_on(day)), [true, true, false, false, true, true]);
    assert_eq!((member.branch(), member.post(), member.left_on()), (Some(WEST), Some(Post::Cadre), None));
    assert!(member.is_formal());
}

#[test]
fn what_was_done_in_the_earlier_time_may_still_be_recorded_and_nothing_of_between() {
    let checked = |on| {
        of(
            ANA,
            MemberEvent::BadgeChecked { check: BadgeCheckId(Uuid::from_u128(1)), on, place: text("hall"), worn: true },
        )
    };
    for day in [APRIL, JULY] {
        back().when(check(day)).then([checked(day)]);
    }
    let refusal = |on| MemberRefusal::BeforeRegistration { member: ANA, on, registered: JULY };
    back().when(check(JUNE)).then_refused(refusal(JUNE));
    // Who left again is told the same of the days between, and the day of leaving of those after.
    let again = || back().and([of(ANA, MemberEvent::Left { branch: WEST, on: date(2022, 9, 1), reason: text("why") })]);
    again().when(check(APRIL)).then([checked(APRIL)]);
    again().when(check(JUNE)).then_refused(refusal(JUNE));
    let october = date(2022, 10, 1);
    again().when(check(october)).then_refused(MemberRefusal::Left { member: ANA, on: date(2022, 9, 1) });
}

#[test]
fn results_belong_to_a_period_with_a_day_on_the_roster() {
    let metric = Metric {
        code: "balance".parse().expect("a code"),
        name: Title::new("name", "Balance").expect("a title"),
        unit: Unit::Yuan,
        direction: Direction::HigherIsBetter,
        aggregation: Aggregation::Last,
        grain: Grain::Month,
        subjects: Subjects::Both,
    };
    let defined = at(BranchId::root(), BranchEvent::MetricDefined { metric: metric.clone() });
    let report = |month: i32| {
        let period = crate::period::Period::month_of(2022, month).expect("a month");
        let value = "1".parse::<Amount>().expect("an amount");
        let result = ResultId(Uuid::from_u128(8));
        ana(MemberCommand::ReportResult(Report {
            result,
            metric: metric.code.clone(),
            period,
            value,
            exactness: Exactness::Exact,
        }))
    };
    let world = || back().and([defined.clone()]);
    for month in [3, 4, 7, 8] {
        assert!(report(month).decide(&World::new(&world()), &context()).is_ok(), "month {month}");
    }
    for month in [2, 5, 6] {
        assert_eq!(refused_code(&world(), &report(month)), "member.before_registration", "month {month}");
    }
}

#[test]
fn a_suspension_ends_with_the_time_it_was_in() {
    let off = |then: fn(Given) -> Given| then(house().and([suspended(APRIL)]).and(left(MAY)));
    let (on, since) = (date(2022, 4, 15), APRIL);
    let refusal = || MemberRefusal::SuspendedTillLeaving { member: ANA, on, since };
    off(|gone| gone).when(check(on)).then_refused(refusal());
    off(|gone| gone.and(readmitted(JULY))).when(check(on)).then_refused(refusal());
    assert!(check(JULY).decide(&World::new(&off(|gone| gone.and(readmitted(JULY)))), &context()).is_ok());
    let anew = off(|gone| gone.and(readmitted(JUNE)).and([suspended(JULY)]));
    anew.when(check(JULY)).then_refused(MemberRefusal::Suspended { member: ANA, on: JULY, since: JULY });
}
