//! A year at the door: the quarterly rounds that it is made of, found where nobody names them.

use std::collections::BTreeSet;

use domain::id::RoundId;
use domain::period::{Grain, Period};
use domain::round::Stage;
use projections::cell::{Cell, ColumnType};
use projections::claims::ClaimRow;
use projections::round_people::RoundPersonRow;
use projections::round_results::RoundResultRow;
use projections::rounds::{RoundKey, RoundRow};
use projections::select::{Condition, Select};

use super::rounds::RoundSubject;
use super::{Door, Halt};

/// How many rows are read at a time.
const PORTION: usize = 500;

impl Door<'_> {
    /// Of a yearly round, those of its branches' quarters and every other that holds a published result of somebody whom
    /// it reviews, as who was moved has quarters elsewhere; of a quarterly one, none.
    ///
    /// # Errors
    /// [`Halt::Fault`] alone.
    pub async fn quarters_of(&self, round: RoundSubject) -> Result<Vec<RoundId>, Halt> {
        let now = self.session.catch_up().await?.position;
        let row = self.session.row::<RoundRow>(&RoundKey { round: round.id() }, now).await?;
        let Some(row) = row.filter(|row| row.period.grain() == Grain::Year) else { return Ok(vec![]) };
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
            let results = Select::<RoundResultRow>::first(PORTION)
                .only(Condition::OneOf("member", members.to_vec()))
                .only(Condition::OneOf("period", quarters.clone()));
            let elsewhere = self.session.every(results, now).await?.into_iter().map(|result| result.round);
            found.extend(elsewhere);
        }
        let found: Vec<Cell> = found.into_iter().map(|round| round.to_cell()).collect();
        let rounds = Select::<RoundRow>::first(PORTION).only(Condition::OneOf("round", found));
        let standing = self.session.every(rounds, now).await?.into_iter();
        Ok(standing.filter(|round| round.stage != Stage::Annulled).map(|round| round.round).collect())
    }
}
