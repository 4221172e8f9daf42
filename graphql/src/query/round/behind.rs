//! Which events are behind a result 结果所依据的事件: what was fixed, given, counted and decided, and nothing of others.

use domain::period::{Grain, Period};
use domain::round::{Basis, Comparison, QuarterResult};
use domain::stream::StreamKind;
use projections::appeals::AppealRow;
use projections::audit_trail::AuditRow;
use projections::cell::{Cell, ColumnType};
use projections::leader_reviews::LeaderReviewRow;
use projections::paper_counts::PaperCountRow;
use projections::report::{Source, Trace};
use projections::results::ResultRow;
use projections::round_people::RoundPersonRow;
use projections::round_results::RoundResultRow;
use projections::rounds::RoundRow;
use projections::row::Row;
use projections::select::Condition;
use projections::words::SubjectKind;

/// What happens to a round as a whole and is fixed for good.
const FIXED: [&str; 3] = ["round_drafted", "round_opened", "round_roster_fixed"];
/// What happens to a round as a whole and is void after a reopening.
const DONE: [&str; 7] = [
    "round_paper_returned",
    "round_closed",
    "round_group_voided",
    "round_group_repeated",
    "round_tallied",
    "round_grades_decided",
    "round_published",
];

/// The traces of the events behind the published result of a person. What was void before a reopening is left out.
#[must_use]
pub fn traces(round: &RoundRow, person: &RoundPersonRow) -> Vec<Trace> {
    let of_person = || vec![equals("round", round.round), equals("member", person.member)];
    let since = Condition::From("position", round.given_from.to_cell());
    let mut traces = vec![
        of_whole(round, &FIXED, None),
        of_whole(round, &DONE, Some(since.clone())),
        versions::<LeaderReviewRow>([of_person(), vec![since]].concat()),
        versions::<RoundResultRow>(of_person()),
        versions::<AppealRow>(of_person()),
    ];
    let counted = round.voting.0.iter().filter(|(group, voting)| group.is_secret() && voting.void.is_none());
    traces.extend(counted.map(|(group, voting)| {
        let attempt = vec![equals("group_of", *group), equals("attempt", i64::from(voting.attempt))];
        let counted_by = round.counting(*group).iter().map(ColumnType::to_cell).collect();
        let standing = vec![Condition::OneOf("scrutineer", counted_by)];
        versions::<PaperCountRow>([of_person(), attempt, standing].concat())
    }));
    if let Some(Basis::Year { quarters, comparisons, .. }) = person.result.as_ref().map(|result| &result.0.basis) {
        traces.extend(quarters.iter().map(|quarter| of_quarter(quarter, person)));
        traces.extend(comparisons.iter().map(|comparison| of_metric(comparison, person, round.period)));
    }
    traces
}

fn equals(column: &'static str, value: impl ColumnType) -> Condition {
    Condition::Equals(column, value.to_cell())
}

fn versions<R: Row>(conditions: Vec<Condition>) -> Trace {
    Trace::Versions(Source { table: R::TABLE, conditions })
}

fn of_whole(round: &RoundRow, events: &[&str], since: Option<Condition>) -> Trace {
    let named = events.iter().map(|name| Cell::Text((*name).to_owned())).collect();
    let conditions = vec![
        equals("subject_kind", SubjectKind::Round),
        equals("subject", round.round),
        equals("is_primary", true),
        Condition::OneOf("event_type", named),
    ];
    versions::<AuditRow>(conditions.into_iter().chain(since).collect())
}

fn of_quarter(quarter: &QuarterResult, person: &RoundPersonRow) -> Trace {
    versions::<RoundResultRow>(vec![equals("round", quarter.round), equals("member", person.member)])
}

/// The results and plans of a metric in a year, by every grain.
fn of_metric(comparison: &Comparison, person: &RoundPersonRow, year: Period) -> Trace {
    let months = (1..=12).filter_map(|month| Period::month_of(year.year(), month).ok());
    let quarters = (1..=4).filter_map(|quarter| Period::quarter_of(year.year(), quarter).ok());
    let within = months.chain(quarters).chain([Period::holding(year.first_day(), Grain::Year)]);
    versions::<ResultRow>(vec![
        equals("subject_kind", StreamKind::Member),
        equals("subject", person.member),
        equals("metric", comparison.metric.clone()),
        Condition::OneOf("period", within.map(|period| period.to_cell()).collect()),
    ])
}
