//! Leaderboards 排行榜: which standings a board ranks, and how.
//!
//! # Rules
//! - Competition ranking: equal numbers share a rank, the next one counts everybody ahead: 1, 2, 2, 4.
//! - Ranked is the stored number; a subject without it is not ranked. A zero is a number.
//! - Subjects of one rank are shown by id, which ranks nobody.
//!
//! # Not here
//! Reading and scopes (infra), names (joined at read time), titles of competitions ([`crate::competitions`]).

use domain::branch::{Competitors, RankedBy};
use domain::id::BranchId;
use domain::ledger::Direction;
use domain::period::Period;
use domain::stream::StreamKind;
use domain::text::MetricCode;
use rust_decimal::Decimal;

use crate::cell::{Cell, ColumnType};
use crate::competitions::CompetitionRow;
use crate::select::{Condition, Order, Select};
use crate::standings::StandingRow;

/// What a leaderboard ranks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// Members or branches.
    pub subjects: StreamKind,
    /// In which metric.
    pub metric: MetricCode,
    /// For which month, quarter or year.
    pub period: Period,
    /// By what.
    pub ranked_by: RankedBy,
    /// Which way is better in the metric.
    pub direction: Direction,
    /// Only these branches, or the members of these branches; everybody where nothing is named.
    pub within: Option<Vec<BranchId>>,
}

impl Board {
    /// The board of a competition over the branches of its subtree.
    #[must_use]
    pub fn of_competition(competition: &CompetitionRow, direction: Direction, within: Vec<BranchId>) -> Self {
        let subjects = match competition.competitors {
            Competitors::Members => StreamKind::Member,
            Competitors::Branches => StreamKind::Branch,
        };
        Self {
            subjects,
            metric: competition.metric.clone(),
            period: competition.period,
            ranked_by: competition.ranked_by,
            direction,
            within: Some(within),
        }
    }

    /// The column of [`StandingRow`] that is ranked.
    #[must_use]
    pub fn column(&self) -> &'static str {
        match self.ranked_by {
            RankedBy::Value => "value",
            RankedBy::PlanCompletion => "completion",
            RankedBy::Growth => "growth",
        }
    }

    /// The number of a standing that is ranked; nothing where it is not ranked.
    #[must_use]
    pub fn number(&self, row: &StandingRow) -> Option<Decimal> {
        match self.ranked_by {
            RankedBy::Value => row.value,
            RankedBy::PlanCompletion => row.completion,
            RankedBy::Growth => row.growth,
        }
    }

    /// Which way the ranked number is better: more of a completion always is, whatever the metric.
    #[must_use]
    pub fn better(&self) -> Direction {
        match self.ranked_by {
            RankedBy::Value | RankedBy::Growth => self.direction,
            RankedBy::PlanCompletion => Direction::HigherIsBetter,
        }
    }

    /// The best first.
    #[must_use]
    pub fn order(&self) -> Order {
        match self.better() {
            Direction::HigherIsBetter => Order::Descending,
            Direction::LowerIsBetter => Order::Ascending,
        }
    }

    /// Which standings are ranked, before `within`: a branch is within by its id, a member by the branch of its row
    /// in [`crate::members`].
    #[must_use]
    pub fn conditions(&self) -> Vec<Condition> {
        vec![
            Condition::Equals("subject_kind", self.subjects.to_cell()),
            Condition::Equals("metric", self.metric.to_cell()),
            Condition::Equals("period", self.period.to_cell()),
            Condition::Known(self.column()),
        ]
    }

    /// The first standings of the board, the best first, before `within`.
    #[must_use]
    pub fn select(&self, limit: usize) -> Select<StandingRow> {
        let select = Select::first(limit).by(self.column(), self.order());
        self.conditions().into_iter().fold(select, Select::only)
    }

    /// Which standings are strictly ahead of a number: a rank is one more than how many there are.
    #[must_use]
    pub fn ahead_of(&self, number: Decimal) -> Vec<Condition> {
        let mut conditions = self.conditions();
        conditions.push(match self.better() {
            Direction::HigherIsBetter => Condition::Above(self.column(), Cell::Decimal(number)),
            Direction::LowerIsBetter => Condition::Before(self.column(), Cell::Decimal(number)),
        });
        conditions
    }

    /// Ranks standings of this board, the best first: what any faster way of ranking must equal.
    #[must_use]
    pub fn rank(&self, rows: impl IntoIterator<Item = StandingRow>) -> Vec<(u64, StandingRow)> {
        let ranked = |row: StandingRow| self.number(&row).map(|number| (number, row));
        let mut rows: Vec<(Decimal, StandingRow)> = rows.into_iter().filter_map(ranked).collect();
        rows.sort_by(|(a, one), (b, other)| self.order().of(a, b).then(one.subject.cmp(&other.subject)));
        let mut last: Option<(Decimal, u64)> = None;
        let mut place = 0;
        let rank = |(number, row)| {
            place += 1;
            let rank = last.filter(|(before, _)| *before == number).map_or(place, |(_, rank)| rank);
            last = Some((number, rank));
            (rank, row)
        };
        rows.into_iter().map(rank).collect()
    }
}
