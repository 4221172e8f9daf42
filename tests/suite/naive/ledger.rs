//! Metrics, results, targets, standings, competitions.

use std::collections::{BTreeMap, BTreeSet};

use domain::amount::Amount;
use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::{BranchId, ResultId};
use domain::ledger::{Aggregation, Direction, Exactness};
use domain::member::MemberEvent;
use domain::period::{Grain, Period};
use domain::stream::StreamKind;
use domain::text::MetricCode;
use projections::cell::Json;
use projections::competitions::CompetitionRow;
use projections::metrics::MetricRow;
use projections::results::ResultRow;
use projections::standings::StandingRow;
use rust_decimal::{Decimal, RoundingStrategy};
use uuid::Uuid;

use super::{Naive, count};

/// Whose figures.
pub type Subject = (StreamKind, Uuid);

/// A result as it stands after corrections.
#[derive(Clone)]
pub struct Standing {
    pub subject: Subject,
    pub metric: MetricCode,
    pub aggregation: Aggregation,
    pub period: Period,
    pub result: ResultId,
    pub value: Amount,
    pub exactness: Exactness,
    pub corrections: i64,
}

/// A plan and a base as they stand.
#[derive(Clone)]
pub struct Aim {
    pub subject: Subject,
    pub metric: MetricCode,
    pub period: Period,
    pub plan: Option<Amount>,
    pub base: Option<Amount>,
}

impl Naive<'_> {
    /// Every result, corrected.
    pub fn results(self) -> Vec<Standing> {
        let mut all: Vec<Standing> = Vec::new();
        for fact in self.facts() {
            let subject = (fact.stream.kind, fact.stream.id);
            match &fact.event {
                Event::Member(MemberEvent::ResultReported {
                    result,
                    metric,
                    aggregation,
                    period,
                    value,
                    exactness,
                    ..
                })
                | Event::Branch(BranchEvent::ResultReported {
                    result,
                    metric,
                    aggregation,
                    period,
                    value,
                    exactness,
                    ..
                }) => {
                    all.push(Standing {
                        subject,
                        metric: metric.clone(),
                        aggregation: *aggregation,
                        period: *period,
                        result: *result,
                        value: *value,
                        exactness: *exactness,
                        corrections: 0,
                    });
                }
                Event::Member(MemberEvent::ResultCorrected { result, corrects, value, exactness, .. })
                | Event::Branch(BranchEvent::ResultCorrected { result, corrects, value, exactness, .. }) => {
                    let same = |known: &&mut Standing| known.subject == subject && known.result == *corrects;
                    let known = all.iter_mut().find(same).unwrap();
                    (known.result, known.value, known.exactness) = (*result, *value, *exactness);
                    known.corrections += 1;
                }
                Event::Member(MemberEvent::ResultWithdrawn { result, .. })
                | Event::Branch(BranchEvent::ResultWithdrawn { result, .. }) => {
                    all.retain(|known| (known.subject, known.result) != (subject, *result));
                }
                _ => {}
            }
        }
        all
    }

    /// For what a result was ever reported, also where it was withdrawn.
    fn ever_reported(self) -> BTreeSet<(Subject, MetricCode, Period)> {
        let reported = |fact: &Fact| match &fact.event {
            Event::Member(MemberEvent::ResultReported { metric, period, .. })
            | Event::Branch(BranchEvent::ResultReported { metric, period, .. }) => {
                Some(((fact.stream.kind, fact.stream.id), metric.clone(), *period))
            }
            _ => None,
        };
        self.facts().iter().filter_map(reported).collect()
    }

    /// Every plan and base.
    pub fn aims(self) -> Vec<Aim> {
        let mut all: Vec<Aim> = Vec::new();
        for fact in self.facts() {
            if let Event::Member(MemberEvent::TargetSet { metric, period, plan, base, .. })
            | Event::Branch(BranchEvent::TargetSet { metric, period, plan, base, .. }) = &fact.event
            {
                let subject = (fact.stream.kind, fact.stream.id);
                let (metric, period, plan, base) = (metric.clone(), *period, *plan, *base);
                all.retain(|aim| (aim.subject, &aim.metric, aim.period) != (subject, &metric, period));
                all.push(Aim { subject, metric, period, plan, base });
            }
        }
        all
    }

    /// Results and aims side by side.
    pub fn result_rows(self) -> Vec<ResultRow> {
        let (results, aims) =
            (by_subject(self.results(), |known| known.subject), by_subject(self.aims(), |aim| aim.subject));
        let of_aims = aims.values().flatten().map(|aim| (aim.subject, aim.metric.clone(), aim.period));
        let keys: BTreeSet<_> = self.ever_reported().into_iter().chain(of_aims).collect();
        let row = |(subject, metric, period): (Subject, MetricCode, Period)| {
            let mut own = results.get(&subject).into_iter().flatten();
            let known = own.find(|known| (&known.metric, known.period) == (&metric, period));
            let aim = aim_of(&aims, subject, &metric, period);
            ResultRow {
                subject_kind: subject.0,
                subject: subject.1,
                metric: metric.clone(),
                period,
                result: known.map(|known| known.result),
                value: known.map(|known| known.value),
                exactness: known.map(|known| known.exactness),
                plan: aim.and_then(|aim| aim.plan),
                base: aim.and_then(|aim| aim.base),
                corrections: known.map_or(0, |known| known.corrections),
            }
        };
        keys.into_iter().map(row).collect()
    }

    /// The figure of every subject, metric and period around what was reported or planned.
    pub fn standing_rows(self) -> Vec<StandingRow> {
        let (results, aims) =
            (by_subject(self.results(), |known| known.subject), by_subject(self.aims(), |aim| aim.subject));
        let metrics = self.metric_rows();
        let direction = |code: &MetricCode| metrics.iter().find(|metric| metric.code == *code).unwrap().direction;
        let mut keys = BTreeSet::new();
        for (subject, metric, period) in self.ever_reported() {
            for grain in [Grain::Month, Grain::Quarter, Grain::Year] {
                if grain >= period.grain() {
                    keys.insert((subject, metric.clone(), Period::holding(period.first_day(), grain)));
                }
            }
        }
        keys.extend(aims.values().flatten().map(|aim| (aim.subject, aim.metric.clone(), aim.period)));
        let row = |(subject, metric, period): (Subject, MetricCode, Period)| {
            let within = |known: &&Standing| {
                let inside =
                    known.period.first_day() >= period.first_day() && known.period.end_day() <= period.end_day();
                known.metric == metric && inside
            };
            let parts: Vec<Standing> = results.get(&subject).into_iter().flatten().filter(within).cloned().collect();
            let aim = aim_of(&aims, subject, &metric, period);
            figure(subject, metric.clone(), direction(&metric), period, &parts, aim)
        };
        keys.into_iter().map(row).chain(self.score_rows()).collect()
    }

    /// Every metric.
    pub fn metric_rows(self) -> Vec<MetricRow> {
        let defined = |(branch, event): (BranchId, &BranchEvent)| match event {
            BranchEvent::MetricDefined { metric } => Some(MetricRow {
                code: metric.code.clone(),
                name: metric.name.clone(),
                unit: metric.unit,
                direction: metric.direction,
                aggregation: metric.aggregation,
                grain: metric.grain,
                subjects: metric.subjects,
                branch,
            }),
            _ => None,
        };
        self.of_branches().filter_map(defined).collect()
    }

    /// Every competition.
    pub fn competition_rows(self) -> Vec<CompetitionRow> {
        let mut rows = Vec::new();
        for fact in self.facts() {
            let Event::Branch(BranchEvent::CompetitionAnnounced {
                competition,
                title,
                metric,
                period,
                competitors,
                ranked_by,
            }) = &fact.event
            else {
                continue;
            };
            let concluded = self.facts().iter().find(|fact| {
                matches!(&fact.event, Event::Branch(BranchEvent::CompetitionConcluded { competition: over })
                    if over == competition)
            });
            rows.push(CompetitionRow {
                competition: *competition,
                branch: BranchId(fact.stream.id),
                title: title.clone(),
                metric: metric.clone(),
                period: *period,
                competitors: *competitors,
                ranked_by: *ranked_by,
                announced_at: fact.position.0 as i64,
                concluded_at: concluded.map(|fact| fact.position.0 as i64),
            });
        }
        rows
    }
}

/// What belongs to each subject, in the order it was in.
fn by_subject<T>(all: Vec<T>, subject: impl Fn(&T) -> Subject) -> BTreeMap<Subject, Vec<T>> {
    let mut grouped: BTreeMap<Subject, Vec<T>> = BTreeMap::new();
    for one in all {
        grouped.entry(subject(&one)).or_default().push(one);
    }
    grouped
}

fn aim_of<'a>(
    aims: &'a BTreeMap<Subject, Vec<Aim>>,
    subject: Subject,
    metric: &MetricCode,
    period: Period,
) -> Option<&'a Aim> {
    aims.get(&subject)?.iter().find(|aim| (&aim.metric, aim.period) == (metric, period))
}

fn days(period: Period) -> i64 {
    period.first_day().until(period.end_day()).unwrap().get_days().into()
}

fn figure(
    (subject_kind, subject): Subject,
    metric: MetricCode,
    direction: Direction,
    period: Period,
    parts: &[Standing],
    aim: Option<&Aim>,
) -> StandingRow {
    let aggregation = parts.first().map(|part| part.aggregation);
    let number = |part: &Standing| part.value.decimal();
    let all_days: i64 = parts.iter().map(|part| days(part.period)).sum();
    let last = parts.iter().max_by_key(|part| part.period.first_day());
    // The figure is an exact fraction; everything derived from it is rounded once.
    let (numerator, denominator) = match aggregation {
        None => (Decimal::ZERO, Decimal::ONE),
        Some(Aggregation::Sum) => (parts.iter().map(number).sum(), Decimal::ONE),
        Some(Aggregation::Last) => (number(last.unwrap()), Decimal::ONE),
        Some(Aggregation::DailyMean) => {
            let weighted = parts.iter().map(|part| number(part) * Decimal::from(days(part.period))).sum();
            (weighted, Decimal::from(all_days))
        }
    };
    let mut in_order: Vec<&Standing> = parts.iter().collect();
    in_order.sort_by_key(|part| part.period.first_day());
    let written = in_order.iter().map(|part| {
        let mark = if part.exactness == Exactness::AtLeast { "+" } else { "" };
        format!("{}={}{mark}", part.period, part.value)
    });
    let written: Vec<String> = written.collect();
    let lower_bounds = |part: &&Standing| part.exactness == Exactness::AtLeast;
    let bounds = match aggregation {
        Some(Aggregation::Last) => count(last, |part| lower_bounds(part)),
        _ => count(parts, |part| lower_bounds(part)),
    };
    let positive = |amount: Option<Amount>| amount.map(Amount::decimal).filter(|number| *number > Decimal::ZERO);
    let (plan, base) = (aim.and_then(|aim| aim.plan), aim.and_then(|aim| aim.base));
    let mean = aggregation == Some(Aggregation::DailyMean);
    let whole = |exact: Decimal| if mean { rounded(exact / denominator) } else { exact };
    let derived =
        |of: Option<Decimal>, formula: &dyn Fn(Decimal) -> Decimal| of.filter(|_| !parts.is_empty()).map(formula);
    let hundred = Decimal::ONE_HUNDRED;
    StandingRow {
        subject_kind,
        metric,
        period,
        subject,
        value: aggregation.map(|_| whole(numerator)),
        direction,
        aggregation,
        weighted_sum: numerator,
        days: all_days,
        last_period: last.map(|part| part.period),
        results: parts.len() as i64,
        at_least: bounds,
        plan,
        base,
        completion: derived(
            positive(plan).filter(|_| direction == Direction::HigherIsBetter || bounds == 0),
            &|plan| match (direction, plan * denominator) {
                (Direction::HigherIsBetter, plan) => rounded(numerator * hundred / plan),
                (Direction::LowerIsBetter, plan) if numerator >= plan + plan => Decimal::new(0, 2),
                (Direction::LowerIsBetter, plan) => rounded((plan + plan - numerator) * hundred / plan),
            },
        ),
        growth: derived(positive(base), &|base| {
            rounded((numerator - base * denominator) * hundred / (base * denominator))
        }),
        over_plan: derived(positive(plan), &|plan| whole(numerator - plan * denominator)),
        parts: written.join(" ").parse().unwrap(),
        tie_key: None,
        scores: Json::default(),
    }
}

fn rounded(exact: Decimal) -> Decimal {
    exact.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}
