//! Appeals 申诉: against whose result, until when they are answered, and how they were.
//!
//! # Rules
//! - The result stands meanwhile; a correction that follows names the appeal, and the appeal then names its version.
//!
//! # Not here
//! The corrected result ([`crate::round_results`]).

use domain::event::{Event, Fact};
use domain::id::{ActorId, AppealId, MemberId, RoundId};
use domain::round::RoundEvent;
use domain::text::Sealed;
use jiff::Timestamp;

use crate::projection::Projection;
use crate::row::row;

row! {
    /// An appeal.
    pub struct AppealRow("appeals") key AppealKey {
        /// Which appeal.
        appeal: AppealId,
    } columns {
        /// The round.
        round: RoundId,
        /// Whose result.
        member: MemberId,
        /// When it was filed.
        filed_at: Timestamp,
        /// Why.
        text: Sealed,
        /// The instant by which it is to be answered.
        answer_until: Timestamp,
        /// Whether that had passed without an answer.
        overdue: bool,
        /// Whether it was right; nothing before the answer.
        upheld: Option<bool>,
        /// What was answered.
        answer: Option<Sealed>,
        /// By whom.
        answered_by: Option<ActorId>,
        /// When.
        answered_at: Option<Timestamp>,
        /// The version of the result that it led to.
        correction: Option<i64>,
    } look_up [["round", "member"], ["member"]]
}

/// What happens to an appeal.
#[derive(Debug, Clone)]
pub enum Change {
    /// It was filed.
    Filed(Box<AppealRow>),
    /// The time to answer it passed.
    Overdue,
    /// It was answered.
    Answered {
        /// Whether it was right.
        upheld: bool,
        /// What was said.
        answer: Sealed,
        /// By whom.
        by: ActorId,
        /// When.
        at: Timestamp,
    },
    /// It led to this version.
    Corrected(u32),
}

/// The projection.
pub struct Appeals;

impl Projection for Appeals {
    const NAME: &'static str = "appeals";
    const VERSION: u32 = 1;
    type Row = AppealRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(AppealKey, Change)> {
        match &fact.event {
            Event::Round(event) => of_round(RoundId(fact.stream.id), event, fact.at),
            Event::Member(_) | Event::Branch(_) => vec![],
        }
    }

    fn apply(row: Option<AppealRow>, _key: &AppealKey, change: &Change) -> Option<AppealRow> {
        if let Change::Filed(row) = change {
            return Some((**row).clone());
        }
        let mut row = row?;
        match change {
            Change::Filed(_) => {}
            Change::Overdue => row.overdue = true,
            Change::Answered { upheld, answer, by, at } => {
                (row.upheld, row.answer) = (Some(*upheld), Some(answer.clone()));
                (row.answered_by, row.answered_at) = (Some(by.clone()), Some(*at));
            }
            Change::Corrected(version) => row.correction = Some(i64::from(*version)),
        }
        Some(row)
    }
}

fn of_round(round: RoundId, event: &RoundEvent, at: Timestamp) -> Vec<(AppealKey, Change)> {
    use RoundEvent as E;
    let one = |appeal: AppealId, change| vec![(AppealKey { appeal }, change)];
    match event {
        E::AppealFiled { appeal, member, text, answer_until, .. } => {
            let row = AppealRow {
                appeal: *appeal,
                round,
                member: *member,
                filed_at: at,
                text: text.clone(),
                answer_until: *answer_until,
                overdue: false,
                upheld: None,
                answer: None,
                answered_by: None,
                answered_at: None,
                correction: None,
            };
            one(*appeal, Change::Filed(Box::new(row)))
        }
        E::AppealOverdue { appeal, .. } => one(*appeal, Change::Overdue),
        E::AppealAnswered { appeal, upheld, answer, by, .. } => {
            let (upheld, answer, by) = (*upheld, answer.clone(), by.clone());
            one(*appeal, Change::Answered { upheld, answer, by, at })
        }
        E::Corrected { appeal, version, .. } => {
            appeal.iter().flat_map(|appeal| one(*appeal, Change::Corrected(*version))).collect()
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
        | E::ResultPublished { .. }
        | E::ResultWithdrawn { .. }
        | E::BranchScored { .. }
        | E::Finalised { .. }
        | E::ReopeningProposed { .. }
        | E::ReopeningDeclined { .. }
        | E::Reopened { .. }
        | E::AnnulmentProposed { .. }
        | E::AnnulmentDeclined { .. }
        | E::Annulled { .. } => vec![],
    }
}
