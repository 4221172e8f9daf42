//! The rules of evaluation of the demo: the default preset, with the demo's own calendar of 2022 and 2023.

use domain::branch::BranchCommand;
use domain::id::BranchId;
use domain::ledger::Target;
use domain::member::MemberCommand;
use domain::round::{Preset, Rules, TieRule};
use jiff::civil::{Date, date};

use crate::demo::calendar;
use crate::demo::draft::{Act, Hour, Timeline};
use crate::demo::metrics::{code, period};
use crate::demo::money::whole;
use crate::demo::people::{Line, Person};
use crate::demo::tree::OPENING;

const ADOPTED: Date = date(2022, 1, 12);
/// The last day of the demo.
const NEXT: Date = date(2023, 2, 22);
/// What a courier is to deliver in the year, in pieces.
const PARCELS: i64 = 30_000;
/// What somebody of the offices is to score in the year's skill drills.
const POINTS: i64 = 320;

/// The rules of the year.
#[must_use]
pub fn of_the_year() -> Rules {
    Rules { calendar: calendar::of_rules(), ..Preset::Default.rules() }
}

/// The top committee adopts them.
pub fn adopt(timeline: &mut Timeline) {
    take(ADOPTED, Hour::Top, of_the_year(), timeline);
}

/// And those of the year after, alone and last: when that is recorded, everything is.
pub fn adopt_next(timeline: &mut Timeline) {
    let next = Rules { ties: vec![TieRule::LeaderScore, TieRule::Performance], ..of_the_year() };
    take(NEXT, Hour::Close, next, timeline);
}

fn take(day: Date, hour: Hour, rules: Rules, timeline: &mut Timeline) {
    let command = BranchCommand::AdoptRules(Box::new(rules));
    timeline.plan(day, hour, "rules", |_| Act::branch(BranchId::root(), command));
}

/// A plan for the year for those who have none of their balance, so that their year compares with something.
pub fn set_plans(people: &[Person], timeline: &mut Timeline) {
    for person in people.iter().filter(|person| person.recorded == OPENING) {
        let (metric, plan) = match person.line {
            Line::Finance => continue,
            Line::Delivery => ("parcels_delivered", PARCELS),
            Line::Office => ("skill_points", POINTS),
        };
        let target = Target { metric: code(metric), period: period("2022"), plan: Some(whole(plan)), base: None };
        let command = MemberCommand::SetTarget(target);
        timeline.plan(ADOPTED, Hour::Plans, "review-targets", |_| Act::member(person.id, command));
    }
}
