//! The published rounds of a period: what boards, comparisons and the fairness view are made of.

use domain::period::Period;
use domain::round::Stage;
use projections::cell::ColumnType;
use projections::rounds::RoundRow;
use projections::select::{Condition, Select};

use crate::fault::Result;
use crate::policy::Scope;
use crate::ports::Moment;
use crate::session::Session;

/// The published rounds of a period that cover a branch of the scope. The policy was asked for the scope.
///
/// # Errors
/// [`crate::fault::Fault::Read`].
pub async fn published_rounds(session: &Session, period: Period, scope: &Scope, at: Moment) -> Result<Vec<RoundRow>> {
    let stages = [Stage::Published, Stage::Final].map(|stage| stage.to_cell()).to_vec();
    let select = Select::<RoundRow>::first(100)
        .only(Condition::Equals("period", period.to_cell()))
        .only(Condition::OneOf("stage", stages));
    let mut rounds = session.every(select, at.position).await?;
    rounds.retain(|row| row.branches.0.iter().any(|branch| scope.holds(*branch)));
    Ok(rounds)
}
