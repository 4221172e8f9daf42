//! Results 业绩 of twelve months: companies, and members in finance and delivery.
//!
//! # Invariant
//! Each company reports for itself and nobody above it reports again, so that sums over branches count once.

use domain::branch::BranchCommand;
use domain::id::{MemberId, ResultId};
use domain::ledger::{Correction, Exactness, Report, Target};
use domain::member::MemberCommand;
use domain::period::Period;
use jiff::civil::{Date, date};

use super::calendar::{after, books_day};
use super::draft::{Act, Hour, Timeline};
use super::draws::Draws;
use super::metrics::{DELIVERY_REVENUE, INSURANCE_REVENUE, PREMIUM_LONG_TERM, PREMIUM_NEW, STRENGTH, code, period};
use super::money::{split, whole, yuan};
use super::people::{Line, Person};
use super::tree::{OPENING, Tree};

/// How the year's new premium lies in its months.
const NEW_SEASON: [u64; 12] = [19, 12, 11, 8, 8, 9, 6, 6, 7, 5, 5, 4];
/// How the long-term premium does.
const LONG_TERM_SEASON: [u64; 12] = [16, 11, 12, 9, 8, 10, 7, 6, 7, 5, 5, 4];
/// How the insurance revenue does.
const INSURANCE_SEASON: [u64; 12] = [12, 10, 9, 8, 8, 8, 8, 7, 8, 7, 7, 8];
/// How the delivery revenue does.
const DELIVERY_SEASON: [u64; 12] = [8, 6, 8, 8, 8, 9, 8, 8, 9, 9, 11, 8];
/// By how much one result was too high before it was corrected, in cents.
const MISTAKE: i64 = 100_000_000;

/// Reports everything, and corrects what was wrong.
pub fn plan(tree: &Tree, people: &[Person], seed: u64, timeline: &mut Timeline) {
    premiums(tree, seed, timeline);
    for (month, cents) in (1..).zip(split(DELIVERY_REVENUE, &DELIVERY_SEASON)) {
        let report = Figure::of("delivery_revenue", this_month(month), yuan(cents));
        report.by_company(tree, 1, books_day(month), timeline);
    }
    operations(tree, seed, timeline);
    balances(people, seed, timeline);
    parcels(people, seed, timeline);
    skills(people, seed, timeline);
}

fn this_month(month: i8) -> Period {
    period(&format!("2022-{month:02}"))
}

struct Figure {
    metric: &'static str,
    period: Period,
    value: domain::amount::Amount,
    exactness: Exactness,
}

impl Figure {
    fn of(metric: &'static str, period: Period, value: domain::amount::Amount) -> Self {
        Self { metric, period, value, exactness: Exactness::Exact }
    }

    fn report(self, id: uuid::Uuid) -> Report {
        let Self { metric, period, value, exactness } = self;
        Report { result: ResultId(id), metric: code(metric), period, value, exactness }
    }

    fn by_company(self, tree: &Tree, company: usize, day: Date, timeline: &mut Timeline) -> ResultId {
        let branch = tree.id(company);
        ResultId(timeline.plan(day, Hour::Books, "branch-results", |id| {
            Act::branch(branch, BranchCommand::ReportResult(self.report(id)))
        }))
    }

    fn by_member(self, member: MemberId, day: Date, timeline: &mut Timeline) -> ResultId {
        ResultId(timeline.plan(day, Hour::Books, "member-results", |id| {
            Act::member(member, MemberCommand::ReportResult(self.report(id)))
        }))
    }
}

/// How strong the companies were in one month; in every third the second and the third drew level.
fn strengths(draws: &mut Draws, month: i8) -> Vec<u64> {
    let level = month % 3 == 0;
    STRENGTH.iter().map(|strength| strength * if level { 100 } else { draws.between(92, 108) }).collect()
}

fn premiums(tree: &Tree, seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "premiums");
    for (metric, total, season) in [
        ("premium_new", PREMIUM_NEW, NEW_SEASON),
        ("premium_long_term", PREMIUM_LONG_TERM, LONG_TERM_SEASON),
        ("insurance_revenue", INSURANCE_REVENUE, INSURANCE_SEASON),
    ] {
        for (month, total) in (1..).zip(split(total, &season)) {
            let parts = split(total, &strengths(&mut draws, month));
            for (company, cents) in Tree::companies().zip(parts) {
                let mistaken = metric == "premium_new" && month == 5 && company == 4;
                let stated = if mistaken { cents + MISTAKE } else { cents };
                let figure = Figure::of(metric, this_month(month), yuan(stated));
                let result = figure.by_company(tree, company, books_day(month), timeline);
                if mistaken {
                    correct(tree, company, result, cents, timeline);
                }
            }
        }
    }
}

fn correct(tree: &Tree, company: usize, corrects: ResultId, cents: i64, timeline: &mut Timeline) {
    let (branch, reason) = (tree.id(company), [("reason", "录入时多计一笔,已与台账核对".to_owned())]);
    timeline.plan(date(2022, 6, 16), Hour::Books, "branch-corrections", |id| {
        Act::branch_saying(branch, reason, move |[reason]| {
            let (result, value, exactness) = (ResultId(id), yuan(cents), Exactness::Exact);
            BranchCommand::CorrectResult(Correction { result, corrects, value, exactness }, reason)
        })
    });
}

/// What else the companies report.
fn operations(tree: &Tree, seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "operations");
    for (company, strength) in Tree::companies().zip(STRENGTH) {
        for month in 1..=12 {
            let (day, period) = (books_day(month), this_month(month));
            let parcels = strength * draws.between(900, 1_100) / 500 * 500;
            let customers = strength * (180 + 3 * month as u64) + draws.below(300);
            for (metric, number) in
                [("parcels_delivered", parcels), ("complaints", draws.below(5)), ("customers_active", customers)]
            {
                Figure::of(metric, period, whole(number as i64)).by_company(tree, company, day, timeline);
            }
        }
        for quarter in 1..=4_i8 {
            let percent = yuan(draws.between(9_300, 9_900) as i64);
            let figure = Figure::of("satisfaction", period(&format!("2022-Q{quarter}")), percent);
            figure.by_company(tree, company, after(books_day(3 * quarter)), timeline);
        }
    }
}

/// The balance in yuan: a group above 7,000,000, everybody else well below.
fn balances(people: &[Person], seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "balances");
    for (at, person) in people.iter().filter(|person| person.line == Line::Finance).enumerate() {
        let level = if at % 11 == 4 { draws.between(740, 1_180) } else { draws.between(80, 620) };
        if person.recorded == OPENING {
            set_plan(person, level, timeline);
        }
        for month in 1..=12 {
            let ten_thousands = level * draws.between(97, 103) / 100;
            let value = yuan(ten_thousands as i64 * 1_000_000);
            let figure = Figure::of("balance_daily", this_month(month), value);
            if !takes_part(person, month) {
                continue;
            }
            match (at, month) {
                (15, 12) => bound(person, figure, timeline),
                _ => _ = figure.by_member(person.id, books_day(month), timeline),
            }
        }
    }
}

/// The balance of a member that is planned for the year: the usual one.
fn set_plan(person: &Person, ten_thousands: u64, timeline: &mut Timeline) {
    let plan = Some(yuan(ten_thousands as i64 * 1_000_000));
    let target = Target { metric: code("balance_daily"), period: period("2022"), plan, base: None };
    timeline.plan(OPENING, Hour::Plans, "member-targets", |_| Act::member(person.id, MemberCommand::SetTarget(target)));
}

/// Reported as a lower bound at first, counted a few days later.
fn bound(person: &Person, figure: Figure, timeline: &mut Timeline) {
    let (member, value, day) = (person.id, figure.value, books_day(12));
    let figure = Figure { value: yuan(700_000_000), exactness: Exactness::AtLeast, ..figure };
    let corrects = figure.by_member(member, day, timeline);
    let reason = [("reason", "月末数据已核定,由下限改为准确数".to_owned())];
    timeline.plan(date(2023, 1, 9), Hour::Books, "member-corrections", |id| {
        Act::member_saying(member, reason, move |[reason]| {
            let correction = Correction { result: ResultId(id), corrects, value, exactness: Exactness::Exact };
            MemberCommand::CorrectResult(correction, reason)
        })
    });
}

fn takes_part(person: &Person, month: i8) -> bool {
    let day = books_day(month);
    person.on_roster(day) && person.from < this_month(month).end_day()
}

fn parcels(people: &[Person], seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "parcels");
    for person in people.iter().filter(|person| person.line == Line::Delivery) {
        let level = draws.between(30, 70);
        for month in 1..=12 {
            let pieces = (level + draws.below(9)) * 50;
            if takes_part(person, month) {
                let figure = Figure::of("parcels_delivered", this_month(month), whole(pieces as i64));
                figure.by_member(person.id, books_day(month), timeline);
            }
        }
    }
}

/// Points of the quarterly skill drills, for everybody.
fn skills(people: &[Person], seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "skills");
    for person in people {
        for quarter in 1..=4_i8 {
            let points = draws.between(60, 100);
            if takes_part(person, 3 * quarter) {
                let period = period(&format!("2022-Q{quarter}"));
                let day = after(books_day(3 * quarter));
                Figure::of("skill_points", period, whole(points as i64)).by_member(person.id, day, timeline);
            }
        }
    }
}
