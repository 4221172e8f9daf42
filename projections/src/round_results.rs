//! Versions of a result 结果版本: the first publication and every correction, each kept whole.
//!
//! # Rules
//! - A correction is a fact of its own just before the version it leads to: between the two, the version has no result.
//!
//! # Not here
//! Which version stands ([`crate::round_people`]); appeals ([`crate::appeals`]).

use domain::amount::Amount;
use domain::event::{Event, Fact};
use domain::id::{ActorId, AppealId, BranchId, MemberId, RoundId};
use domain::period::Period;
use domain::round::{MemberResult, PutRight, RoundEvent};
use domain::text::Sealed;
use jiff::Timestamp;

use crate::cell::Json;
use crate::projection::Projection;
use crate::row::row;

row! {
    /// A version of a person's result.
    pub struct RoundResultRow("round_results") key RoundResultKey {
        /// The round.
        round: RoundId,
        /// The person.
        member: MemberId,
        /// 1, and one more after each correction.
        version: i64,
    } columns {
        /// The result.
        result: Option<Json<MemberResult>>,
        /// The branch at the opening.
        branch: Option<BranchId>,
        /// The round's period.
        period: Option<Period>,
        /// The score of the version before.
        score_before: Option<Amount>,
        /// When it was published.
        published_at: Option<Timestamp>,
        /// The position at which it was published.
        position: Option<i64>,
        /// The appeal that a correction follows from.
        appeal: Option<AppealId>,
        /// Why it was corrected.
        reason: Option<Sealed>,
        /// Who corrected it.
        corrected_by: Option<ActorId>,
        /// What was put right.
        put_right: Json<Vec<PutRight>>,
    } look_up [["member"]]
}

/// What happens to a version.
#[derive(Debug, Clone)]
pub enum Change {
    /// It replaces the one before.
    Corrects {
        /// The appeal it follows from.
        appeal: Option<AppealId>,
        /// Why.
        reason: Sealed,
        /// By whom.
        by: ActorId,
        /// What is put right.
        put_right: Vec<PutRight>,
    },
    /// It is published.
    Published {
        /// The result.
        result: Box<MemberResult>,
        /// The branch.
        branch: BranchId,
        /// The period.
        period: Period,
        /// The score before.
        score_before: Option<Amount>,
        /// When.
        at: Timestamp,
        /// At which position.
        position: u64,
    },
}

/// The projection.
pub struct RoundResults;

impl Projection for RoundResults {
    const NAME: &'static str = "round_results";
    const VERSION: u32 = 2;
    type Row = RoundResultRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(RoundResultKey, Change)> {
        match &fact.event {
            Event::Round(event) => of_round(RoundId(fact.stream.id), event, fact),
            Event::Member(_) | Event::Branch(_) => vec![],
        }
    }

    fn apply(row: Option<RoundResultRow>, key: &RoundResultKey, change: &Change) -> Option<RoundResultRow> {
        let mut row = row.unwrap_or_else(|| unpublished(key));
        match change {
            Change::Corrects { appeal, reason, by, put_right } => {
                row.put_right.0.clone_from(put_right);
                (row.appeal, row.reason, row.corrected_by) = (*appeal, Some(reason.clone()), Some(by.clone()));
            }
            Change::Published { result, branch, period, score_before, at, position } => {
                row.result = Some(Json((**result).clone()));
                (row.branch, row.period, row.score_before) = (Some(*branch), Some(*period), *score_before);
                (row.published_at, row.position) = (Some(*at), Some(*position as i64));
            }
        }
        Some(row)
    }
}

fn unpublished(key: &RoundResultKey) -> RoundResultRow {
    RoundResultRow {
        round: key.round,
        member: key.member,
        version: key.version,
        result: None,
        branch: None,
        period: None,
        score_before: None,
        published_at: None,
        position: None,
        appeal: None,
        reason: None,
        corrected_by: None,
        put_right: Json::default(),
    }
}

fn of_round(round: RoundId, event: &RoundEvent, fact: &Fact) -> Vec<(RoundResultKey, Change)> {
    use RoundEvent as E;
    let one = |member: MemberId, version: u32, change| {
        vec![(RoundResultKey { round, member, version: i64::from(version) }, change)]
    };
    match event {
        E::Corrected { member, version, appeal, reason, by, put_right } => {
            let (appeal, reason, by, put_right) = (*appeal, reason.clone(), by.clone(), put_right.clone());
            let change = Change::Corrects { appeal, reason, by, put_right };
            one(*member, *version, change)
        }
        E::ResultPublished { member, branch, period, version, result, score_before } => {
            let (result, branch, period) = (Box::new(result.clone()), *branch, *period);
            let (score_before, at, position) = (*score_before, fact.at, fact.position.0);
            one(*member, *version, Change::Published { result, branch, period, score_before, at, position })
        }
        E::Drafted { .. }
        | E::Opened { .. }
        | E::RosterFixed { .. }
        | E::SelfReviewGiven { .. }
        | E::LeaderReviewGiven { .. }
        | E::PaperIssued { .. }
        | E::PaperReturned { .. }
        | E::PaperCounted { .. }
        | E::ScrutineerReplaced { .. }
        | E::Closed { .. }
        | E::GroupVoided { .. }
        | E::GroupRepeated { .. }
        | E::Tallied { .. }
        | E::CommentModerated { .. }
        | E::GradesDecided { .. }
        | E::Published { .. }
        | E::ResultWithdrawn { .. }
        | E::BranchScored { .. }
        | E::AppealFiled { .. }
        | E::AppealOverdue { .. }
        | E::AppealAnswered { .. }
        | E::Finalised { .. }
        | E::ReopeningProposed { .. }
        | E::ReopeningDeclined { .. }
        | E::Reopened { .. }
        | E::AnnulmentProposed { .. }
        | E::AnnulmentDeclined { .. }
        | E::Annulled { .. } => vec![],
    }
}
