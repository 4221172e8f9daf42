//! Scores of published rounds, as a board ranks them: of a member the result, of a branch the mean of its members.
//!
//! # Rules
//! - Only what is published: the round's own events tell a score no earlier.
//! - Where somebody was moved within a period and two rounds reviewed them, the one published last stands on the board,
//!   of those that have a score; a correction does not change which. The mean weighed by days is the year's affair.
//! - An annulled round's scores leave the board, and the one published before stands again.
//! - Equal scores share a rank, unless the rules of all the rounds on the board part them: by the leaders' group in a
//!   quarter, by the comparisons in a year ([`Scored::tie`]).

use domain::amount::Amount;
use domain::event::{Event, Fact};
use domain::id::{BranchId, RoundId};
use domain::ledger::ROUND_SCORE;
use domain::period::Period;
use domain::round::{MemberResult, RoundEvent, TieRule};
use domain::stream::StreamKind;
use domain::text::MetricCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The code under which standings hold round scores; no metric can be defined under it.
#[must_use]
pub fn round_score() -> MetricCode {
    ROUND_SCORE.parse().expect("the code is small letters and an underscore")
}

/// What a round published of a subject, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// Which round.
    pub round: RoundId,
    /// The position at which it was first published.
    pub position: u64,
    /// The score; nothing where it is incomplete, or the mean of too few.
    pub score: Option<Amount>,
    /// What may part it from an equal one.
    pub tie: Option<Amount>,
}

/// The score that stands among those of one period: the last published that is one.
#[must_use]
pub fn standing(scores: &[Scored]) -> Option<&Scored> {
    scores.iter().filter(|scored| scored.score.is_some()).max_by_key(|scored| scored.position)
}

/// What a fact says of a subject's score.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Member or branch.
    pub kind: StreamKind,
    /// Which one.
    pub subject: Uuid,
    /// The round's period.
    pub period: Period,
    /// The round.
    pub round: RoundId,
    /// What it published; nothing where that is taken back.
    pub scored: Option<Scored>,
}

/// What a fact says of scores; nothing for a fact about something else.
#[must_use]
pub fn said(fact: &Fact) -> Vec<Said> {
    match &fact.event {
        Event::Round(event) => of_round(fact, event),
        Event::Member(_) | Event::Branch(_) => vec![],
    }
}

fn of_round(fact: &Fact, event: &RoundEvent) -> Vec<Said> {
    use RoundEvent as E;
    let round = RoundId(fact.stream.id);
    let scored = |score: Option<Amount>, tie: Option<Amount>| {
        let position = fact.position.0;
        Some(Scored { round, position, score, tie })
    };
    let of_branch = |branch: &BranchId, period: Period, scored: Option<Scored>| {
        let (kind, subject) = (StreamKind::Branch, branch.0);
        Said { kind, subject, period, round, scored }
    };
    match event {
        E::ResultPublished { member, period, result, .. } => {
            let (kind, subject, period) = (StreamKind::Member, member.0, *period);
            vec![Said { kind, subject, period, round, scored: scored(result.score, tie(result)) }]
        }
        E::ResultWithdrawn { member, period, .. } => {
            let (kind, subject, period) = (StreamKind::Member, member.0, *period);
            vec![Said { kind, subject, period, round, scored: None }]
        }
        E::BranchScored { branch, period, score, .. } => vec![of_branch(branch, *period, scored(*score, None))],
        E::Annulled { branches, period, .. } => {
            branches.iter().map(|branch| of_branch(branch, *period, None)).collect()
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
        | E::AppealFiled { .. }
        | E::AppealOverdue { .. }
        | E::AppealAnswered { .. }
        | E::Corrected { .. }
        | E::Finalised { .. }
        | E::ReopeningProposed { .. }
        | E::ReopeningDeclined { .. }
        | E::Reopened { .. }
        | E::AnnulmentProposed { .. }
        | E::AnnulmentDeclined { .. } => vec![],
    }
}

/// A result has one key at most: the leaders' score in a quarter, the comparisons in a year.
fn tie(result: &MemberResult) -> Option<Amount> {
    result.tie_key(TieRule::LeaderScore).or_else(|| result.tie_key(TieRule::Performance))
}
