//! Leaders' reviews 领导点评: who reviewed whom, when first and last, how often, and what becomes of the comment.
//!
//! # Rules
//! - The last review counts and its comment is the one there is; a comment that is given anew is to be looked at anew.
//! - What was given before a reopening does not count ([`crate::rounds::RoundRow::given_from`]).
//!
//! # Invariant
//! No mark is here, not even sealed.

use domain::event::{Event, Fact};
use domain::id::{MemberId, RoundId};
use domain::round::RoundEvent;
use domain::text::Sealed;
use jiff::Timestamp;

use crate::projection::Projection;
use crate::row::row;

row! {
    /// A leader's review of a person.
    pub struct LeaderReviewRow("leader_reviews") key LeaderReviewKey {
        /// The round.
        round: RoundId,
        /// The person reviewed.
        member: MemberId,
        /// The leader.
        reviewer: MemberId,
    } columns {
        /// When it was given first.
        first_given_at: Timestamp,
        /// When it was given last: this is the one that counts.
        given_at: Timestamp,
        /// The position of the last one.
        position: i64,
        /// How often it was given.
        times: i64,
        /// The comment of the last one.
        comment: Option<Sealed>,
        /// Whether the comment is shown after publication; nothing before it was looked at.
        released: Option<bool>,
        /// Why it is withheld, or what was said of it.
        moderation: Option<Sealed>,
        /// When it was looked at.
        moderated_at: Option<Timestamp>,
    } look_up [["reviewer"]]
}

/// What happens to a review.
#[derive(Debug, Clone)]
pub enum Change {
    /// It was given.
    Given {
        /// When.
        at: Timestamp,
        /// At which position.
        position: u64,
        /// The comment.
        comment: Option<Sealed>,
    },
    /// Its comment was looked at.
    Moderated {
        /// Whether it is shown.
        released: bool,
        /// Why not.
        reason: Option<Sealed>,
        /// When.
        at: Timestamp,
    },
}

/// The projection.
pub struct LeaderReviews;

impl Projection for LeaderReviews {
    const NAME: &'static str = "leader_reviews";
    const VERSION: u32 = 2;
    type Row = LeaderReviewRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(LeaderReviewKey, Change)> {
        match &fact.event {
            Event::Round(event) => of_round(RoundId(fact.stream.id), event, fact),
            Event::Member(_) | Event::Branch(_) => vec![],
        }
    }

    fn apply(row: Option<LeaderReviewRow>, key: &LeaderReviewKey, change: &Change) -> Option<LeaderReviewRow> {
        match change {
            Change::Given { at, position, comment } => Some(LeaderReviewRow {
                round: key.round,
                member: key.member,
                reviewer: key.reviewer,
                first_given_at: row.as_ref().map_or(*at, |row| row.first_given_at),
                given_at: *at,
                position: *position as i64,
                times: row.map_or(0, |row| row.times) + 1,
                comment: comment.clone(),
                released: None,
                moderation: None,
                moderated_at: None,
            }),
            Change::Moderated { released, reason, at } => row.map(|row| LeaderReviewRow {
                released: Some(*released),
                moderation: reason.clone(),
                moderated_at: Some(*at),
                ..row
            }),
        }
    }
}

fn of_round(round: RoundId, event: &RoundEvent, fact: &Fact) -> Vec<(LeaderReviewKey, Change)> {
    use RoundEvent as E;
    match event {
        E::LeaderReviewGiven { reviewer, member, comment, .. } => {
            let (at, position, comment) = (fact.at, fact.position.0, comment.clone());
            let key = LeaderReviewKey { round, member: *member, reviewer: *reviewer };
            vec![(key, Change::Given { at, position, comment })]
        }
        E::CommentModerated { reviewer, member, released, reason } => {
            let key = LeaderReviewKey { round, member: *member, reviewer: *reviewer };
            let change = Change::Moderated { released: *released, reason: reason.clone(), at: fact.at };
            vec![(key, change)]
        }
        E::Drafted { .. }
        | E::Opened { .. }
        | E::RosterFixed { .. }
        | E::SelfReviewGiven { .. }
        | E::PaperIssued { .. }
        | E::PaperReturned { .. }
        | E::PaperCounted { .. }
        | E::ScrutineerReplaced { .. }
        | E::Closed { .. }
        | E::GroupVoided { .. }
        | E::GroupRepeated { .. }
        | E::Tallied { .. }
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
