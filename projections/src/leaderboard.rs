//! Leaderboards 排行榜: which standings a board ranks, and how.
//!
//! # Rules
//! - Competition ranking: equal numbers share a rank, the next one counts everybody ahead: 1, 2, 2, 4.
//! - Ranked is the stored number; a subject without it is not ranked. A zero is a number.
//! - Equal round scores are parted by their tie key where the rules do ([`Ties`]); who has none comes after who has one.
//! - Subjects of one rank are shown by id, which ranks nobody.
//!
//! # Not here
//! Reading and scopes (infra), names (joined at read time), titles of competitions ([`crate::competitions`]).

use std::cmp::Ordering;

use domain::amount::Amount;
use domain::branch::{Competitors, RankedBy};
use domain::id::BranchId;
use domain::ledger::Direction;
use domain::period::Period;
use domain::stream::StreamKind;
use domain::text::MetricCode;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::cell::ColumnType;
use crate::competitions::CompetitionRow;
use crate::scores::round_score;
use crate::select::{Condition, Order};
use crate::standings::StandingRow;

/// What becomes of equal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ties {
    /// They share a rank.
    Shared,
    /// The greater tie key leads; what is equal in both shares a rank.
    Parted,
}

/// Where a subject stands on a board, its rank aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The ranked number.
    pub number: Decimal,
    /// What parts it from an equal one; nothing on a board that parts none.
    pub tie: Option<Decimal>,
    /// The subject.
    pub subject: Uuid,
}

/// What a leaderboard ranks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// What becomes of equal numbers.
    pub ties: Ties,
    /// Only these branches, or the members of these branches; everybody where nothing is named.
    pub within: Option<Vec<BranchId>>,
}

/// The name of the group of standings that are ranked among each other.
#[must_use]
pub fn group(subjects: StreamKind, metric: &MetricCode, period: Period) -> String {
    format!("{}/{metric}/{period}", subjects.name())
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
            ties: Ties::Shared,
            within: Some(within),
        }
    }

    /// The board of the scores of rounds for a period.
    #[must_use]
    pub fn of_scores(subjects: StreamKind, period: Period, ties: Ties, within: Option<Vec<BranchId>>) -> Self {
        let (ranked_by, direction) = (RankedBy::Value, Direction::HigherIsBetter);
        Self { subjects, metric: round_score(), period, ranked_by, direction, ties, within }
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

    /// The group of rows it is of, and its number among the boards of the group ([`crate::standings`]).
    #[must_use]
    pub fn kept_as(&self) -> (String, i64) {
        let number = match (self.ties, self.ranked_by) {
            (Ties::Parted, _) => 3,
            (Ties::Shared, RankedBy::Value) => 0,
            (Ties::Shared, RankedBy::PlanCompletion) => 1,
            (Ties::Shared, RankedBy::Growth) => 2,
        };
        (group(self.subjects, &self.metric, self.period), number)
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

    /// Where a standing stands; nothing where it is not ranked.
    #[must_use]
    pub fn place(&self, row: &StandingRow) -> Option<Place> {
        let tie = match self.ties {
            Ties::Shared => None,
            Ties::Parted => row.tie_key.map(Amount::decimal),
        };
        self.number(row).map(|number| Place { number, tie, subject: row.subject })
    }

    /// How two places are ranked: less is ahead, equal shares a rank.
    #[must_use]
    pub fn compare(&self, one: &Place, other: &Place) -> Ordering {
        self.order().of(&one.number, &other.number).then_with(|| other.tie.cmp(&one.tie))
    }

    /// How two places are shown: as they are ranked, then by id.
    #[must_use]
    pub fn shown(&self, one: &Place, other: &Place) -> Ordering {
        self.compare(one, other).then_with(|| one.subject.cmp(&other.subject))
    }

    /// Ranks standings of this board, the best first: what any faster way of ranking must equal.
    #[must_use]
    pub fn rank(&self, rows: impl IntoIterator<Item = StandingRow>) -> Vec<(u64, StandingRow)> {
        let ranked = |row: StandingRow| self.place(&row).map(|place| (place, row));
        let mut rows: Vec<(Place, StandingRow)> = rows.into_iter().filter_map(ranked).collect();
        rows.sort_by(|(one, _), (other, _)| self.shown(one, other));
        let mut last: Option<(Place, u64)> = None;
        let mut ahead = 0;
        let rank = |(place, row): (Place, StandingRow)| {
            ahead += 1;
            let shared = last.filter(|(before, _)| self.compare(before, &place).is_eq());
            let rank = shared.map_or(ahead, |(_, rank)| rank);
            last = Some((place, rank));
            (rank, row)
        };
        rows.into_iter().map(rank).collect()
    }
}
