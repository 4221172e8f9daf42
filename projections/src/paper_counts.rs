//! Counts entered 计票录入: which scrutineer entered a count of which group on whom, so that the close is not met by
//! a missing one.
//!
//! # Invariant
//! No count is here, not even sealed, nor whether two of them agree.

use domain::event::{Event, Fact};
use domain::id::{MemberId, RoundId};
use domain::round::{Group, RoundEvent};
use jiff::Timestamp;

use crate::projection::Projection;
use crate::row::row;

row! {
    /// That a scrutineer entered a count.
    pub struct PaperCountRow("paper_counts") key PaperCountKey {
        /// The round.
        round: RoundId,
        /// The group.
        group_of: Group,
        /// Its attempt.
        attempt: i64,
        /// On whom.
        member: MemberId,
        /// The scrutineer.
        scrutineer: MemberId,
    } columns {
        /// When, the last time.
        entered_at: Timestamp,
        /// The position of that.
        position: i64,
        /// How often it was entered; the last one counts.
        times: i64,
    } look_up [["round", "member"]]
}

/// That a count was entered.
#[derive(Debug, Clone, Copy)]
pub struct Entered {
    at: Timestamp,
    position: u64,
}

/// The projection.
pub struct PaperCounts;

impl Projection for PaperCounts {
    const NAME: &'static str = "paper_counts";
    const VERSION: u32 = 2;
    type Row = PaperCountRow;
    type Change = Entered;

    fn changes(fact: &Fact) -> Vec<(PaperCountKey, Entered)> {
        match &fact.event {
            Event::Round(event) => {
                of_round(RoundId(fact.stream.id), event, Entered { at: fact.at, position: fact.position.0 })
            }
            Event::Member(_) | Event::Branch(_) => vec![],
        }
    }

    fn apply(row: Option<PaperCountRow>, key: &PaperCountKey, entered: &Entered) -> Option<PaperCountRow> {
        let PaperCountKey { round, group_of, attempt, member, scrutineer } = *key;
        let (entered_at, position) = (entered.at, entered.position as i64);
        let times = row.map_or(0, |row| row.times) + 1;
        Some(PaperCountRow { round, group_of, attempt, member, scrutineer, entered_at, position, times })
    }
}

fn of_round(round: RoundId, event: &RoundEvent, entered: Entered) -> Vec<(PaperCountKey, Entered)> {
    use RoundEvent as E;
    match event {
        E::PaperCounted { group, attempt, member, scrutineer, .. } => {
            let (group_of, attempt) = (*group, i64::from(*attempt));
            vec![(PaperCountKey { round, group_of, attempt, member: *member, scrutineer: *scrutineer }, entered)]
        }
        E::Drafted { .. }
        | E::Opened { .. }
        | E::RosterFixed { .. }
        | E::SelfReviewGiven { .. }
        | E::LeaderReviewGiven { .. }
        | E::PaperIssued { .. }
        | E::PaperReturned { .. }
        | E::ScrutineerReplaced { .. }
        | E::Closed { .. }
        | E::GroupVoided { .. }
        | E::GroupRepeated { .. }
        | E::Tallied { .. }
        | E::CommentModerated { .. }
        | E::GradesDecided { .. }
        | E::Published { .. }
        | E::ResultPublished { .. }
        | E::ResultWithdrawn { .. }
        | E::BranchScored { .. }
        | E::AppealFiled { .. }
        | E::AppealOverdue { .. }
        | E::AppealAnswered { .. }
        | E::Corrected { .. }
        | E::Finalised { .. }
        | E::ReopeningProposed { .. }
        | E::ReopeningDeclined { .. }
        | E::Reopened { .. }
        | E::AnnulmentProposed { .. }
        | E::AnnulmentDeclined { .. }
        | E::Annulled { .. } => vec![],
    }
}
