//! Leaderboards: a rank is one more than how many are strictly better.

use std::collections::BTreeSet;

use domain::amount::Amount;
use domain::branch::RankedBy;
use domain::id::{BranchId, MemberId};
use domain::ledger::Direction;
use domain::stream::StreamKind;
use projections::leaderboard::{Board, Ties};
use projections::standings::StandingRow;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Naive;

impl Naive<'_> {
    /// Rank, ranked number and subject, the best first, those of one rank by id.
    pub fn board(self, board: &Board, standings: &[StandingRow]) -> Vec<(u64, Decimal, Uuid)> {
        let number = |row: &StandingRow| match board.ranked_by {
            RankedBy::Value => row.value,
            RankedBy::PlanCompletion => row.completion,
            RankedBy::Growth => row.growth,
        };
        let within: Option<BTreeSet<BranchId>> = board.within.clone().map(|branches| branches.into_iter().collect());
        let takes_part = |row: &&StandingRow| {
            let belongs = within.as_ref().is_none_or(|within| match row.subject_kind {
                StreamKind::Branch | StreamKind::Round => within.contains(&BranchId(row.subject)),
                StreamKind::Member => within.contains(&self.branch_of(MemberId(row.subject))),
            });
            row.subject_kind == board.subjects && row.metric == board.metric && row.period == board.period && belongs
        };
        // A key that is missing is less than any.
        let key = |row: &StandingRow| match board.ties {
            Ties::Shared => None,
            Ties::Parted => row.tie_key,
        };
        let ranked: Vec<(Decimal, Option<Amount>, Uuid)> = standings
            .iter()
            .filter(takes_part)
            .filter_map(|row| number(row).map(|number| (number, key(row), row.subject)))
            .collect();
        let better = |one: Decimal, other: Decimal| match (board.direction, board.ranked_by) {
            (Direction::LowerIsBetter, RankedBy::Value | RankedBy::Growth) => one < other,
            _ => one > other,
        };
        let rank = |number: Decimal, key: Option<Amount>| {
            let ahead = |other: &&(Decimal, Option<Amount>, Uuid)| {
                better(other.0, number) || (other.0 == number && other.1 > key)
            };
            1 + ranked.iter().filter(ahead).count() as u64
        };
        let row = |(number, key, subject): &(Decimal, Option<Amount>, Uuid)| (rank(*number, *key), *number, *subject);
        let mut rows: Vec<_> = ranked.iter().map(row).collect();
        rows.sort_by_key(|(rank, _, subject)| (*rank, *subject));
        rows
    }
}
