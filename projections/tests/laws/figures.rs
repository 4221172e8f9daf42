//! The programme's own figures of 2022, and figures that must be missing.

use domain::branch::{BranchEvent, OutletKind};
use domain::event::{Event, Fact};
use domain::id::{HonourId, ServiceId, TrainingId};
use domain::ledger::{Aggregation, Direction, Exactness};
use domain::member::{Level, MemberEvent, Post};
use domain::stream::StreamId;
use jiff::civil::date;
use projections::report::Answer;
use projections::standings::{StandingRow, Standings};

use crate::facts::*;
use crate::reader::{lineage, report_of};

fn books(subject: impl Into<StreamId>, metric: &'static str, aggregation: Aggregation) -> Books {
    Books { subject: subject.into(), metric, aggregation, direction: Direction::HigherIsBetter }
}

fn sums(metric: &'static str) -> Books {
    books(branch(1), metric, Aggregation::Sum)
}

fn year_of(events: impl IntoIterator<Item = (StreamId, Event)>) -> StandingRow {
    the::<Standings>(&recorded(events), |row| row.period == period("2022"))
}

fn figure(facts: &[Fact], code: &str) -> Answer {
    report_of(facts, period("2022")).into_iter().find(|answer| answer.code == code).unwrap()
}

fn value(facts: &[Fact], code: &str) -> Option<String> {
    figure(facts, code).value
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// 71,166,500 yuan over twelve months, against a plan of 61,600,000.
fn delivery() -> Vec<(StreamId, Event)> {
    let books = sums("delivery_revenue");
    let months = (1..12).map(|month| books.report(&format!("2022-{month:02}"), "6000000"));
    let target = books.target("2022", Some("61600000"), Some("53232478.12"));
    months.chain([books.report("2022-12", "5166500"), target]).collect()
}

fn trainings() -> Vec<(StreamId, Event)> {
    let held = |number: usize| BranchEvent::TrainingHeld {
        training: TrainingId(uuid(4, number)),
        on: date(2022, 1 + (number % 12) as i8, 15),
        topic: sealed(number),
        minutes: 340,
        attendees: (0..if number < 70 { 83 } else { 82 }).map(member).collect(),
    };
    (0..72).map(|number| (branch(1).into(), held(number).into())).collect()
}

#[test]
fn the_districts_delivery_revenue_completes_its_plan_and_grows() {
    let row = year_of(delivery());
    let decimal = |text: &str| Some(amount(text).decimal());
    assert_eq!((row.value, row.over_plan), (decimal("71166500"), decimal("9566500")));
    assert_eq!((row.completion, row.growth), (decimal("115.53"), decimal("33.69")));
    let facts = recorded(delivery());
    assert_eq!(value(&facts, "delivery_revenue"), some("71166500.00"));
    assert_eq!(value(&facts, "delivery_plan"), some("61600000.00"));
    assert_eq!(value(&facts, "delivery_over_plan"), some("9566500.00"));
    assert_eq!(value(&facts, "delivery_plan_completion"), some("115.53"));
    assert_eq!(value(&facts, "delivery_growth"), some("33.69"));
}

#[test]
fn insurance_figures_add_up_over_branches() {
    let insurance = sums("insurance_revenue");
    let other = books(branch(2), "premium_new", Aggregation::Sum);
    let facts = recorded([
        sums("premium_new").report("2022-01", "1000000000"),
        other.report("2022-02", "524000000"),
        sums("premium_long_term").report("2022-06", "351000000"),
        insurance.report("2022-12", "139000000"),
        insurance.target("2022", Some("127616600"), None),
    ]);
    assert_eq!(value(&facts, "premium_new"), some("1524000000.00"));
    assert_eq!(value(&facts, "premium_long_term"), some("351000000.00"));
    assert_eq!(value(&facts, "premium_long_term_share"), some("23.03"));
    assert_eq!(value(&facts, "insurance_revenue"), some("139000000.00"));
    assert_eq!(value(&facts, "insurance_plan_completion"), some("108.92"));
}

#[test]
fn ratios_are_of_the_branches_that_have_both() {
    let other = books(branch(2), "delivery_revenue", Aggregation::Sum);
    let based = books(branch(3), "delivery_revenue", Aggregation::Sum);
    let added =
        [other.report("2022-03", "10000000"), based.report("2022-04", "5"), based.target("2022", None, Some("4"))];
    let idle = [books(branch(4), "delivery_revenue", Aggregation::Sum).target("2022", Some("9"), None)];
    let facts = recorded(delivery().into_iter().chain(added).chain(idle));
    assert_eq!(value(&facts, "delivery_revenue"), some("81166505.00"));
    assert_eq!(value(&facts, "delivery_plan"), some("61600009.00"));
    assert_eq!(value(&facts, "delivery_plan_completion"), some("115.53"));
    assert_eq!(value(&facts, "delivery_over_plan"), some("9566500.00"));
    assert_eq!(value(&facts, "delivery_growth"), some("33.69"));
    let events = |code: &str| lineage(&facts, &figure(&facts, code).sources);
    assert_eq!(events("delivery_plan_completion"), (1..=13).collect::<Vec<u64>>());
    assert_eq!(events("delivery_growth"), (1..=13).chain([15, 16]).collect::<Vec<u64>>());
}

#[test]
fn a_base_of_nothing_or_less_is_no_base() {
    let none = |number, base| {
        let books = books(branch(number), "delivery_revenue", Aggregation::Sum);
        [books.report("2022-03", "5"), books.target("2022", None, Some(base))]
    };
    let facts = recorded(delivery().into_iter().chain(none(2, "0")).chain(none(3, "-9")));
    assert_eq!(value(&facts, "delivery_revenue"), some("71166510.00"));
    assert_eq!(value(&facts, "delivery_growth"), some("33.69"));
}

#[test]
fn training_figures_come_from_sessions_minutes_and_person_times() {
    let facts = recorded(trainings());
    let expected = [
        ("training_sessions", "72"),
        ("training_hours", "408"),
        ("training_attendances", "5974"),
        ("training_mean_attendance", "82.97"),
        ("training_mean_hours", "5.67"),
    ];
    for (code, text) in expected {
        assert_eq!(value(&facts, code), some(text), "{code}");
    }
    assert_eq!(value(&facts[..1], "training_hours"), some("5.67"));
}

#[test]
fn a_correction_that_adds_as_many_as_it_removes_is_among_the_events() {
    let held_on = date(2022, 1, 15);
    let training = TrainingId(uuid(4, 1));
    let attendees = vec![member(1), member(2)];
    let held = BranchEvent::TrainingHeld { training, on: held_on, topic: sealed(1), minutes: 90, attendees };
    let (added, removed, reason) = (vec![member(3)], vec![member(2)], sealed(2));
    let corrected = BranchEvent::AttendanceCorrected { training, held_on, minutes: 90, added, removed, reason };
    let facts = recorded([(branch(1).into(), held.into()), (branch(1).into(), corrected.into())]);
    assert_eq!(value(&facts, "training_attendances"), some("2"));
    assert_eq!(lineage(&facts, &figure(&facts, "training_attendances").sources), [1, 2]);
    assert_eq!(lineage(&facts, &figure(&facts, "training_mean_attendance").sources), [1, 2]);
    assert_eq!(lineage(&facts, &figure(&facts, "training_hours").sources), [1]);
}

#[test]
fn a_correction_moves_a_figure_and_what_depends_on_it_and_the_past_stays() {
    let books = sums("delivery_revenue");
    let facts = recorded(delivery().into_iter().chain([books.correct("2022-12", "5166500", "4000000")]));
    assert_eq!(value(&facts, "delivery_revenue"), some("70000000.00"));
    assert_eq!(value(&facts, "delivery_over_plan"), some("8400000.00"));
    assert_eq!(value(&facts, "delivery_plan_completion"), some("113.64"));
    let before = &facts[..facts.len() - 1];
    assert_eq!(value(before, "delivery_revenue"), some("71166500.00"));
    assert_eq!(value(&facts[..6], "delivery_revenue"), some("36000000.00"));
}

#[test]
fn a_daily_mean_weighs_months_by_their_days_and_rounds_once() {
    let balance = books(member(1), "balance_daily", Aggregation::DailyMean);
    let row = year_of([balance.report("2022-01", "6900000"), balance.report("2022-02", "7200000")]);
    assert_eq!(row.value.unwrap().to_string(), "7042372.88");
    assert_eq!(row.days, 59);
    let thirds = year_of([balance.report("2022-02", "0.01"), balance.report("2022-03", "0")]);
    assert_eq!(thirds.value.unwrap().to_string(), "0.00");
}

#[test]
fn the_latest_period_counts_for_last_whenever_it_was_reported() {
    let stock = books(branch(1), "stock", Aggregation::Last);
    let facts = [stock.report("2022-05", "9"), stock.report("2022-03", "4"), stock.correct("2022-03", "4", "5")];
    let row = year_of(facts);
    assert_eq!((row.value, row.last_period), (Some(amount("9").decimal()), Some(period("2022-05"))));
}

#[test]
fn where_less_is_better_what_is_saved_completes_the_plan() {
    let direction = Direction::LowerIsBetter;
    let of = |value: &str| {
        let subject = branch(1).into();
        let complaints = Books { subject, metric: "complaints", aggregation: Aggregation::Sum, direction };
        let row = year_of([complaints.report("2022-06", value), complaints.target("2022", Some("10"), Some("20"))]);
        (row.completion.unwrap().to_string(), row.growth.unwrap().to_string())
    };
    let told = |completion: &str, growth: &str| (completion.to_owned(), growth.to_owned());
    assert_eq!(of("5"), told("150.00", "-75.00"));
    assert_eq!(of("10"), told("100.00", "-50.00"));
    assert_eq!(of("0"), told("200.00", "-100.00"));
    assert_eq!(of("12.5"), told("75.00", "-37.50"));
    assert_eq!(of("31"), told("0.00", "55.00"));
}

#[test]
fn where_less_is_better_a_lower_bound_completes_no_plan() {
    let (subject, direction) = (branch(1).into(), Direction::LowerIsBetter);
    let complaints = Books { subject, metric: "complaints", aggregation: Aggregation::Sum, direction };
    let reported = |exactness| {
        let row =
            year_of([complaints.report_as("2022-06", "4", exactness), complaints.target("2022", Some("10"), None)]);
        (row.completion.is_some(), row.schedule_completion().is_some())
    };
    assert_eq!(reported(Exactness::Exact), (true, true));
    assert_eq!(reported(Exactness::AtLeast), (false, false));
}

#[test]
fn the_schedule_is_the_plan_by_days_up_to_the_latest_report() {
    let books = sums("delivery_revenue");
    let schedule =
        |events: Vec<(StreamId, Event)>| year_of(events).schedule_completion().map(|percent| percent.to_string());
    // 90 of 365 days have passed at the end of March.
    let target = || books.target("2022", Some("365"), None);
    assert_eq!(schedule(vec![target(), books.report("2022-03", "99")]), some("110.00"));
    assert_eq!(schedule(vec![target(), books.report("2022-03", "99"), books.report("2022-01", "0")]), some("110.00"));
    assert_eq!(schedule(vec![target(), books.report("2022-12", "365")]), some("100.00"));
    assert_eq!(schedule(vec![target()]), None);
    assert_eq!(schedule(vec![books.report("2022-03", "99")]), None);
    let (subject, direction) = (branch(1).into(), Direction::LowerIsBetter);
    let complaints = Books { subject, metric: "complaints", aggregation: Aggregation::Sum, direction };
    let sparing = [complaints.target("2022", Some("365"), None), complaints.report("2022-03", "45")];
    assert_eq!(schedule(sparing.to_vec()), some("150.00"));
    let balance = books_of_balance();
    assert_eq!(schedule(vec![balance.target("2022", Some("5"), None), balance.report("2022-03", "5")]), None);
}

fn books_of_balance() -> Books {
    books(branch(1), "balance_daily", Aggregation::DailyMean)
}

#[test]
fn a_withdrawn_result_is_no_zero() {
    let stock = books(branch(1), "stock", Aggregation::Last);
    let row = year_of([stock.report("2022-03", "4"), stock.report("2022-05", "9"), stock.withdraw("2022-05", "9")]);
    assert_eq!((row.value, row.last_period, row.results), (Some(amount("4").decimal()), Some(period("2022-03")), 1));
    let sum = sums("delivery_revenue");
    let target = sum.target("2022", Some("10"), None);
    let facts = recorded([sum.report("2022-03", "4"), target, sum.withdraw("2022-03", "4")]);
    let row = the::<Standings>(&facts, |row| row.period == period("2022"));
    assert_eq!((row.value, row.completion, row.plan), (None, None, Some(amount("10"))));
    assert_eq!((value(&facts[..2], "delivery_revenue"), value(&facts, "delivery_revenue")), (some("4.00"), None));
    assert_eq!(value(&facts, "delivery_plan_completion"), None);
    assert_eq!(lineage(&facts, &figure(&facts, "delivery_revenue").sources), [1, 3]);
    assert_eq!(lineage(&facts, &figure(&facts, "delivery_plan_completion").sources), [1, 2, 3]);
}

#[test]
fn a_target_is_for_exactly_its_period() {
    let books = sums("delivery_revenue");
    let facts = recorded([
        books.target("2022-Q1", Some("10"), Some("5")),
        books.report("2022-02", "20"),
        books.target("2022", None, Some("10")),
    ]);
    let of = |text: &str| the::<Standings>(&facts, |row| row.period == period(text));
    assert_eq!(of("2022-Q1").completion, Some(amount("200").decimal()));
    assert_eq!((of("2022").completion, of("2022").growth), (None, Some(amount("100").decimal())));
    assert_eq!((of("2022-02").completion, of("2022-02").over_plan), (None, None));
    assert_eq!(value(&facts, "delivery_plan"), None);
}

#[test]
fn without_plan_or_with_a_base_of_zero_nothing_is_divided() {
    let books = sums("delivery_revenue");
    let row = year_of([books.report("2022-02", "20"), books.target("2022", None, Some("0"))]);
    assert_eq!((row.completion, row.growth, row.over_plan), (None, None, None));
    let facts = recorded([books.report("2022-02", "20"), books.target("2022", None, Some("0"))]);
    assert_eq!(value(&facts, "delivery_growth"), None);
}

#[test]
fn in_an_empty_log_counts_are_zero_and_amounts_are_missing() {
    let zero = [
        "members_on_duty",
        "volunteers",
        "outlets_financial",
        "stations_delivery",
        "training_sessions",
        "training_hours",
        "training_attendances",
        "honours",
        "talks",
    ];
    for answer in report_of(&[], period("2022")) {
        let expected = zero.contains(&answer.code).then(|| "0".to_owned());
        assert_eq!((answer.value, answer.exactness), (expected, Exactness::Exact), "{}", answer.code);
    }
}

#[test]
fn a_lower_bound_makes_what_it_raises_one_and_nothing_is_divided_by_it() {
    let premiums = |whole, part| {
        recorded([
            sums("premium_new").report_as("2022-01", "1524000000", whole),
            sums("premium_long_term").report_as("2022-01", "351000000", part),
        ])
    };
    let bounded_part = premiums(Exactness::Exact, Exactness::AtLeast);
    assert_eq!(figure(&bounded_part, "premium_new").exactness, Exactness::Exact);
    assert_eq!(figure(&bounded_part, "premium_long_term_share").exactness, Exactness::AtLeast);
    assert_eq!(value(&bounded_part, "premium_long_term_share"), some("23.03"));
    let bounded_whole = premiums(Exactness::AtLeast, Exactness::Exact);
    assert_eq!(figure(&bounded_whole, "premium_new").exactness, Exactness::AtLeast);
    assert_eq!(value(&bounded_whole, "premium_long_term_share"), None);
    assert_eq!(figure(&bounded_whole, "premium_long_term_share").exactness, Exactness::Exact, "nothing is no bound");
    assert_eq!(figure(&bounded_whole, "premium_long_term").exactness, Exactness::Exact);
}

fn registered(number: usize) -> (StreamId, Event) {
    let (branch, post, on) = (branch(1), Post::Staff, date(2022, 1, 1));
    (member(number).into(), MemberEvent::Registered { branch, post, on, probation_until: None }.into())
}

fn of_member(number: usize, event: MemberEvent) -> (StreamId, Event) {
    (member(number).into(), event.into())
}

#[test]
fn who_is_suspended_and_then_leaves_is_taken_off_once() {
    let (on, reason) = (date(2022, 5, 1), sealed(1));
    let served = MemberEvent::ServiceRecorded { service: ServiceId(uuid(4, 1)), on, activity: sealed(2), minutes: 90 };
    let facts = recorded([
        registered(1),
        registered(2),
        of_member(2, served),
        of_member(1, MemberEvent::Suspended { on, reason: reason.clone() }),
        of_member(1, MemberEvent::Left { branch: branch(1), on, reason }),
    ]);
    let on_duty = |count: usize| value(&facts[..count], "members_on_duty");
    assert_eq!((on_duty(3), on_duty(4), on_duty(5)), (some("2"), some("1"), some("1")));
    assert_eq!(value(&facts, "volunteers"), some("1"));
    assert_eq!(lineage(&facts, &figure(&facts, "members_on_duty").sources), [1, 2, 4, 5]);
    assert_eq!(lineage(&facts, &figure(&facts, "volunteers").sources), [3]);
}

#[test]
fn the_report_of_a_year_counts_who_was_on_duty_on_its_last_day() {
    let reason = || sealed(1);
    let facts = recorded([
        registered(1),
        registered(2),
        of_member(1, MemberEvent::Suspended { on: date(2023, 1, 1), reason: reason() }),
        of_member(1, MemberEvent::Reinstated { on: date(2024, 12, 31), reason: reason() }),
        of_member(2, MemberEvent::Left { branch: branch(1), on: date(2024, 12, 31), reason: reason() }),
        of_member(1, MemberEvent::Left { branch: branch(1), on: date(2025, 3, 1), reason: reason() }),
    ]);
    let on_duty = |year: &str| {
        let answers = report_of(&facts, period(year)).into_iter();
        let figure = answers.into_iter().find(|answer| answer.code == "members_on_duty").unwrap();
        (figure.value.unwrap(), lineage(&facts, &figure.sources))
    };
    let told = |count: &str, events: &[u64]| (count.to_owned(), events.to_vec());
    assert_eq!(on_duty("2021"), told("0", &[]));
    assert_eq!(on_duty("2022"), told("2", &[1, 2]));
    assert_eq!(on_duty("2023"), told("1", &[1, 2, 3]));
    assert_eq!(on_duty("2024"), told("1", &[1, 2, 3, 4, 5]));
    assert_eq!(on_duty("2025"), told("0", &[1, 2, 3, 4, 5, 6]));
}

#[test]
fn balances_are_counted_above_seven_million_and_open_to_their_results() {
    let of = |number| books(member(number), "balance_daily", Aggregation::DailyMean);
    let facts = recorded([
        of(1).report("2022-01", "7000000"),
        of(2).report("2022-01", "7000000.01"),
        of(3).report("2022-01", "9000000"),
        of(3).correct("2022-01", "9000000", "900000"),
        of(4).report("2022-01", "6000000"),
        of(4).report("2022-02", "8107142.86"),
    ]);
    assert_eq!(value(&facts[..3], "members_balance_over_7m"), some("2"));
    // 7,000,000.0014 a day over 59 days is above the bar, though it is shown as 7,000,000.00.
    assert_eq!(value(&facts[..5], "members_balance_over_7m"), some("1"));
    assert_eq!(value(&facts, "members_balance_over_7m"), some("2"));
    assert_eq!(value(&facts[..1], "members_balance_over_7m"), some("0"));
    assert_eq!(lineage(&facts, &figure(&facts, "members_balance_over_7m").sources), [2, 3, 4, 5, 6]);
}

#[test]
fn outlets_and_honours_are_counted_and_open_to_their_events() {
    let (on, name) = (date(2022, 3, 1), title(1));
    let opened = |number, kind| {
        let event = BranchEvent::OutletOpened { outlet: outlet(number), kind, name: name.clone(), on };
        (branch(1).into(), event.into())
    };
    let closed = BranchEvent::OutletClosed { outlet: outlet(1), kind: OutletKind::Financial, on, reason: sealed(1) };
    let honour = MemberEvent::HonourGranted {
        honour: HonourId(uuid(4, 1)),
        on,
        title: sealed(1),
        level: Level::National,
        body: sealed(2),
    };
    let facts = recorded([
        opened(1, OutletKind::Financial),
        opened(2, OutletKind::Financial),
        opened(3, OutletKind::Delivery),
        (branch(1).into(), closed.into()),
        of_member(1, honour),
    ]);
    assert_eq!(value(&facts[..3], "outlets_financial"), some("2"));
    assert_eq!(value(&facts, "outlets_financial"), some("1"));
    assert_eq!(value(&facts, "stations_delivery"), some("1"));
    assert_eq!(value(&facts, "honours"), some("1"));
    assert_eq!(lineage(&facts, &figure(&facts, "outlets_financial").sources), [1, 2, 4]);
    let before = report_of(&facts, period("2021"));
    let of_2021 = |code: &str| before.iter().find(|answer| answer.code == code).unwrap().value.clone();
    assert_eq!((of_2021("outlets_financial"), of_2021("stations_delivery")), (some("0"), some("0")));
    assert_eq!(lineage(&facts, &figure(&facts, "honours").sources), [5]);
}
