//! Totals of the organisation.

use std::collections::{BTreeMap, BTreeSet};

use domain::branch::BranchEvent;
use domain::ledger::{Aggregation, Exactness};
use domain::member::MemberEvent;
use domain::period::Grain;
use domain::stream::StreamKind;
use domain::text::MetricCode;
use projections::totals::{Item, TotalRow};
use rust_decimal::Decimal;

use super::talks::held;
use super::{Naive, count};

/// Value, parts, lower bounds, facts.
type Sum = (Decimal, i64, i64, i64);

impl Naive<'_> {
    /// Every total of which a part was ever recorded.
    pub fn total_rows(self) -> Vec<TotalRow> {
        let mut totals: BTreeMap<(i64, Item), Sum> = BTreeMap::new();
        self.of_training(&mut totals);
        self.of_members_years(&mut totals);
        self.of_metrics(&mut totals);
        self.of_talks(&mut totals);
        let row =
            |((year, item), (value, count, at_least, facts))| TotalRow { year, item, value, count, at_least, facts };
        totals.into_iter().map(row).collect()
    }

    fn of_training(self, totals: &mut BTreeMap<(i64, Item), Sum>) {
        let sessions = self.sessions();
        for year in sessions.iter().map(|session| session.on.year()).collect::<BTreeSet<_>>() {
            let held: Vec<_> = sessions.iter().filter(|session| session.on.year() == year).collect();
            let minutes: i64 = held.iter().map(|session| session.minutes).sum();
            let came: i64 = held.iter().map(|session| session.came.len() as i64).sum();
            let (year, sessions) = (i64::from(year), held.len() as i64);
            totals.insert((year, Item::TrainingSessions), (sessions.into(), sessions, 0, sessions));
            totals.insert((year, Item::TrainingMinutes), (minutes.into(), sessions, 0, sessions));
            let corrected = count(
                self.of_branches(),
                |(_, event)| matches!(event, BranchEvent::AttendanceCorrected { held_on, .. } if i64::from(held_on.year()) == year),
            );
            totals.insert((year, Item::TrainingAttendances), (came.into(), came, 0, sessions + corrected));
        }
    }

    fn of_members_years(self, totals: &mut BTreeMap<(i64, Item), Sum>) {
        let counted = |event: &MemberEvent| match event {
            MemberEvent::HonourGranted { on, .. } => Some((on.year(), Item::Honours)),
            _ => None,
        };
        let all: Vec<_> = self.of_members().filter_map(|(_, event)| counted(event)).collect();
        for (year, item) in &all {
            let times = count(&all, |other| other.0 == *year && other.1 == *item);
            totals.insert((i64::from(*year), item.clone()), (times.into(), times, 0, times));
        }
    }

    fn of_talks(self, totals: &mut BTreeMap<(i64, Item), Sum>) {
        for (on, persons) in self.facts().iter().filter_map(|fact| held(&fact.event)) {
            let (value, parts, _, facts) = totals.entry((i64::from(on.year()), Item::Talks)).or_default();
            *value += Decimal::from(persons);
            *parts += persons;
            *facts += 1;
        }
    }

    fn of_metrics(self, totals: &mut BTreeMap<(i64, Item), Sum>) {
        let results = self.results();
        for (year, metric) in self.sums_reported() {
            let of_it = count(self.sums_reported_at_all(), |one| *one == (year, metric.clone()));
            totals.insert((year, Item::Actual(metric)), (Decimal::ZERO, 0, 0, of_it));
        }
        let of_branches = results.iter().filter(|known| known.subject.0 == StreamKind::Branch);
        for known in of_branches.filter(|known| known.aggregation == Aggregation::Sum) {
            let year = i64::from(known.period.year());
            let (value, parts, bounds, _) = totals.entry((year, Item::Actual(known.metric.clone()))).or_default();
            *value += known.value.decimal();
            *parts += 1;
            *bounds += i64::from(known.exactness == Exactness::AtLeast);
        }
        for (year, metric) in self.ever_planned() {
            let of_year = |aim: &&super::ledger::Aim| {
                let whole = aim.period.grain() == Grain::Year && i64::from(aim.period.year()) == year;
                aim.subject.0 == StreamKind::Branch && aim.metric == metric && whole
            };
            let aims = self.aims();
            let set = aims.iter().filter(of_year).filter_map(|aim| aim.plan);
            let set: Vec<Decimal> = set.map(|amount| amount.decimal()).collect();
            let facts = self.settings_of(year, &metric);
            totals.insert((year, Item::Plan(metric)), (set.iter().sum(), set.len() as i64, 0, facts));
        }
    }

    /// Year and metric of whatever was said of a branch's result in a metric that adds up, each time.
    fn sums_reported_at_all(self) -> Vec<(i64, MetricCode)> {
        let said = |(_, event): (_, &BranchEvent)| match event {
            BranchEvent::ResultReported { metric, period, aggregation: Aggregation::Sum, .. }
            | BranchEvent::ResultCorrected { metric, period, aggregation: Aggregation::Sum, .. }
            | BranchEvent::ResultWithdrawn { metric, period, aggregation: Aggregation::Sum, .. } => {
                Some((i64::from(period.year()), metric.clone()))
            }
            _ => None,
        };
        self.of_branches().filter_map(said).collect()
    }

    fn sums_reported(self) -> BTreeSet<(i64, MetricCode)> {
        self.sums_reported_at_all().into_iter().collect()
    }

    /// How often a branch set, changed or withdrew the plan for the year.
    fn settings_of(self, year: i64, code: &MetricCode) -> i64 {
        count(self.of_branches(), |(_, event)| {
            let BranchEvent::TargetSet { metric, period, plan, plan_before, .. } = event else {
                return false;
            };
            let whole = period.grain() == Grain::Year && i64::from(period.year()) == year;
            whole && code == metric && plan != plan_before
        })
    }

    /// Years and metrics for which some branch ever had a plan, withdrawn ones included.
    fn ever_planned(self) -> BTreeSet<(i64, MetricCode)> {
        let planned = |(_, event): (_, &BranchEvent)| match event {
            BranchEvent::TargetSet { metric, period, plan: Some(_), .. } if period.grain() == Grain::Year => {
                Some((i64::from(period.year()), metric.clone()))
            }
            _ => None,
        };
        self.of_branches().filter_map(planned).collect()
    }
}
