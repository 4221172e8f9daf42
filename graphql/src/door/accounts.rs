//! Accounts at the door: whose they are already.

use domain::id::{ActorId, MemberId};
use projections::accounts::AccountRow;
use projections::cell::ColumnType;
use projections::select::{Condition, Select};

use super::{Door, Halt};
use crate::refusal::Refusal;

impl Door<'_> {
    /// Refuses an account that acts as another member, as far as the projections know: no stream holds whose it is, so two at
    /// once may both be accepted, and then it acts as neither.
    ///
    /// # Errors
    /// `account.in_use`.
    pub async fn no_others(&self, account: &ActorId, member: MemberId) -> Result<(), Halt> {
        let now = self.session.pin(None, None).await?.position;
        let select = Select::<AccountRow>::first(2).only(Condition::Equals("account", account.to_cell()));
        match self.session.rows(&select, now).await?.iter().any(|row| row.member != member) {
            true => Err(Refusal::account_in_use(account).into()),
            false => Ok(()),
        }
    }
}
