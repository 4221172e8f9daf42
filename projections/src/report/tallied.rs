//! What the rows behind the report count for: as many as counting them gives, at every position.
//!
//! A figure that comes to be made of other rows, or of rows of another metric, raises the versions of their projections.

use std::collections::BTreeMap;

use domain::ledger::Aggregation;
use domain::period::Grain;
use domain::stream::StreamKind;
use rust_decimal::Decimal;

use super::FIGURES;
use super::input::{BALANCE, BALANCE_BAR, Input};
use crate::member_years::MemberYearRow;
use crate::spells::SpellsRow;
use crate::standings::StandingRow;
use crate::tally::{Quantity, Tally};
use crate::words::SpellKind;

impl Input {
    /// The name it is tallied under.
    #[must_use]
    pub fn tallied_as(self) -> String {
        match self {
            Self::OnDuty => "on_duty".to_owned(),
            Self::OutletsFinancial => "outlets_financial".to_owned(),
            Self::StationsDelivery => "stations_delivery".to_owned(),
            Self::Volunteers => "volunteers".to_owned(),
            Self::BalanceOver => "balance_over".to_owned(),
            Self::BalanceKnown => "balance_known".to_owned(),
            Self::BalanceBounds => "balance_bounds".to_owned(),
            Self::ActualWithPlan(metric) => format!("actual_with_plan/{metric}"),
            Self::PlanWithActual(metric) => format!("plan_with_actual/{metric}"),
            Self::ActualWithBase(metric) => format!("actual_with_base/{metric}"),
            Self::BaseWithActual(metric) => format!("base_with_actual/{metric}"),
            // Each has a total of its own.
            Self::Sessions
            | Self::Minutes
            | Self::Attendances
            | Self::Honours
            | Self::Talks
            | Self::Actual(_)
            | Self::Plan(_) => "total".to_owned(),
        }
    }
}

/// One more from the first year whose last day a spell holds; one less from the first whose last day it does not.
pub fn of_spells(row: &SpellsRow) -> Vec<(Tally, Quantity)> {
    let input = match row.kind {
        SpellKind::Duty => Input::OnDuty,
        SpellKind::FinancialOutlet => Input::OutletsFinancial,
        SpellKind::DeliveryStation => Input::StationsDelivery,
    };
    let mut years: BTreeMap<i64, i64> = BTreeMap::new();
    let mut held: Vec<(i64, Option<i64>)> = row.spells.years().collect();
    held.sort_unstable();
    // Up to which year the last days are held already; all of them where one lasts.
    let mut upto = i64::MIN;
    for (from, until) in held {
        let (from, end) = (from.max(upto), until.unwrap_or(i64::MAX));
        if from < end {
            *years.entry(from).or_default() += 1;
            until.into_iter().for_each(|until| *years.entry(until).or_default() -= 1);
            upto = end;
        }
    }
    let counted = |(year, parts): (i64, i64)| {
        let quantity = Quantity { value: parts.into(), parts, at_least: 0 };
        (parts != 0).then(|| (Tally::of(input.tallied_as(), year), quantity))
    };
    years.into_iter().filter_map(counted).collect()
}

/// Who volunteered.
pub fn of_member_year(row: &MemberYearRow) -> Vec<(Tally, Quantity)> {
    let volunteer = || (Tally::of(Input::Volunteers.tallied_as(), row.year), Quantity::ONE);
    (row.services > 0).then(volunteer).into_iter().collect()
}

/// A member's balance; what a branch with a plan, or a base, has beside it.
pub fn of_standing(row: &StandingRow) -> Vec<(Tally, Quantity)> {
    if row.period.grain() != Grain::Year {
        return vec![];
    }
    let counted = match (row.subject_kind, row.aggregation) {
        (StreamKind::Member, Some(Aggregation::DailyMean)) if row.metric.as_str() == BALANCE => balance(row),
        (StreamKind::Branch, Some(Aggregation::Sum)) => beside(row),
        (StreamKind::Member | StreamKind::Branch | StreamKind::Round, _) => vec![],
    };
    let tally =
        |(input, quantity): (Input, Quantity)| (Tally::of(input.tallied_as(), row.period.year().into()), quantity);
    counted.into_iter().map(tally).collect()
}

fn balance(row: &StandingRow) -> Vec<(Input, Quantity)> {
    let over = row.weighted_sum > Decimal::from(BALANCE_BAR) * Decimal::from(row.days);
    let said = [
        (Input::BalanceOver, over),
        (Input::BalanceKnown, row.value.is_some()),
        (Input::BalanceBounds, row.at_least > 0),
    ];
    said.into_iter().filter(|(_, true_of_it)| *true_of_it).map(|(input, _)| (input, Quantity::ONE)).collect()
}

fn beside(row: &StandingRow) -> Vec<(Input, Quantity)> {
    let Some(value) = row.value else { return vec![] };
    let aim = |aim: Option<domain::amount::Amount>| {
        let aim = aim.map(domain::amount::Amount::decimal).filter(|aim| *aim > Decimal::ZERO)?;
        Some(Quantity { value: aim, parts: 1, at_least: 0 })
    };
    let actual = Quantity { value, parts: 1, at_least: i64::from(row.at_least > 0) };
    let inputs = FIGURES.iter().flat_map(|figure| figure.formula.inputs());
    let quantity = |input: Input| match input {
        Input::ActualWithPlan(_) => aim(row.plan).map(|_| actual),
        Input::PlanWithActual(_) => aim(row.plan),
        Input::ActualWithBase(_) => aim(row.base).map(|_| actual),
        Input::BaseWithActual(_) => aim(row.base),
        _other => None,
    };
    let of_metric = |input: &Input| match input {
        Input::ActualWithPlan(metric)
        | Input::PlanWithActual(metric)
        | Input::ActualWithBase(metric)
        | Input::BaseWithActual(metric) => row.metric.as_str() == *metric,
        _other => false,
    };
    let each: std::collections::BTreeSet<Input> = inputs.filter(of_metric).collect();
    each.into_iter().filter_map(|input| Some((input, quantity(input)?))).collect()
}
