//! A year at the door: the quarterly rounds that it is made of, found where nobody names them.

use std::collections::BTreeSet;

use domain::id::{BranchId, RoundId};
use domain::period::{Grain, Period};
use domain::refusal::Refusal;
use domain::round::{RoundRefusal, Stage};
use projections::cell::{Cell, ColumnType};
use projections::claims::ClaimRow;
use projections::round_people::RoundPersonRow;
use projections::rounds::{RoundKey, RoundRow};
use projections::select::{Condition, Select};

use super::rounds::RoundSubject;
use super::{Door, Halt};

/// How many rows are read at a time.
const PORTION: usize = 500;

impl Door<'_> {
    /// Of a yearly round, those of its branches' quarters and every other that reviews somebody whom it reviews, as who
    /// was moved has quarters elsewhere; of a quarterly one, those named. Where some are named, none that is final is
    /// left out.
    ///
    /// # Errors
    /// `round.quarter_left_out`.
    pub async fn quarters_of(&self, round: RoundSubject, named: Vec<RoundId>) -> Result<Vec<RoundId>, Halt> {
        let now = self.session.catch_up().await?.position;
        let row = self.session.row::<RoundRow>(&RoundKey { round: round.id() }, now).await?;
        let Some(row) = row.filter(|row| row.period.grain() == Grain::Year) else { return Ok(named) };
        let quarters: Vec<Cell> = (1..=4)
            .filter_map(|number| Period::quarter_of(row.period.year(), number).ok())
            .map(|quarter| quarter.to_cell())
            .collect();
        let branches: Vec<Cell> = row.branches.0.iter().map(ColumnType::to_cell).collect();
        let claims = Select::<ClaimRow>::first(PORTION)
            .only(Condition::OneOf("branch", branches))
            .only(Condition::OneOf("period", quarters.clone()))
            .only(Condition::Equals("released", false.to_cell()));
        let mut found: BTreeSet<RoundId> = BTreeSet::new();
        found.extend(self.session.every(claims, now).await?.into_iter().map(|claim| claim.round));
        let people = Select::<RoundPersonRow>::first(PORTION).only(Condition::Equals("round", round.id().to_cell()));
        let people = self.session.every(people, now).await?.into_iter().filter(|person| person.is_reviewed);
        let members: Vec<Cell> = people.map(|person| person.member.to_cell()).collect();
        for members in members.chunks(PORTION) {
            let reviewed = Select::<RoundPersonRow>::first(PORTION).only(Condition::OneOf("member", members.to_vec()));
            let elsewhere = self.session.every(reviewed, now).await?.into_iter().filter(|person| person.is_reviewed);
            found.extend(elsewhere.map(|person| person.round));
        }
        let found: Vec<Cell> = found.into_iter().map(|round| round.to_cell()).collect();
        let rounds = Select::<RoundRow>::first(PORTION)
            .only(Condition::OneOf("round", found))
            .only(Condition::OneOf("period", quarters));
        let found: Vec<RoundRow> = self.session.every(rounds, now).await?;
        let standing = found.into_iter().filter(|quarter| quarter.stage != Stage::Annulled);
        if named.is_empty() {
            return Ok(standing.map(|quarter| quarter.round).collect());
        }
        match standing.filter(|quarter| quarter.stage == Stage::Final).find(|quarter| !named.contains(&quarter.round)) {
            Some(left) => {
                let branch = left.branches.0.first().copied().unwrap_or(BranchId::root());
                let (quarter, round) = (left.period, left.round);
                Err(Refusal::from(RoundRefusal::QuarterLeftOut { branch, quarter, round }).into())
            }
            None => Ok(named),
        }
    }
}
