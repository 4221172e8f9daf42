//! The people of a round 评议人员: who is reviewed, who reviews, what each gave and got, and the published result.
//!
//! # Rules
//! - The roster is that of the opening; nothing that happens to people later changes it.
//! - What was given last is kept with its position: what was given before a reopening does not count, which whoever
//!   reads tells by [`crate::rounds::RoundRow::given_from`]. What is given again is counted, so that no row grows with it.
//!
//! # Invariant
//! Before publication nothing here tells a score, a mark or a count of answers.
//!
//! # Not here
//! Earlier versions of a result ([`crate::round_results`]), single reviews ([`crate::leader_reviews`]).

use std::collections::BTreeMap;

use domain::amount::Amount;
use domain::event::{Event, Fact};
use domain::id::{BranchId, MemberId, RoundId};
use domain::period::Period;
use domain::round::{Code, Group, MemberResult, Rostered, RoundEvent};
use domain::text::Sealed;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::cell::Json;
use crate::projection::Projection;
use crate::row::row;

row! {
    /// A person in a round.
    pub struct RoundPersonRow("round_people") key RoundPersonKey {
        /// The round.
        round: RoundId,
        /// The person.
        member: MemberId,
    } columns {
        /// The branch at the opening; nothing for a leader from elsewhere, and for whoever was suspended.
        branch: Option<BranchId>,
        /// The first day in that branch.
        since: Option<Date>,
        /// On probation at the opening: takes part, is not graded.
        on_probation: bool,
        /// Whether the person is reviewed.
        is_reviewed: bool,
        /// Whether the person marks as a leader.
        is_leader: bool,
        /// Whether the person holds a ballot as a peer.
        is_peer: bool,
        /// Whether the person was suspended at the opening.
        is_suspended: bool,
        /// What the person said of themselves, the last time.
        self_review: Option<Sealed>,
        /// When the person did, the last time.
        self_reviewed_at: Option<Timestamp>,
        /// The position of that.
        self_reviewed_position: Option<i64>,
        /// How often the person did.
        self_reviewed_times: i64,
        /// The position at which each leader reviewed the person, the last time.
        reviewed_by: Json<BTreeMap<MemberId, u64>>,
        /// The latest attempt of the peers for which the person took a ballot.
        paper_attempt: Option<i64>,
        /// The version of the published result.
        version: Option<i64>,
        /// The round's period, once a result is published.
        period: Option<Period>,
        /// The score.
        score: Option<Amount>,
        /// The grade that the score proposes.
        proposed: Option<Code>,
        /// The grade decided.
        grade: Option<Code>,
        /// Why it differs.
        reason: Option<Sealed>,
        /// The published result.
        result: Option<Json<MemberResult>>,
        /// When it was published first.
        published_at: Option<Timestamp>,
    } look_up [["member"], ["round", "branch"]]
}

/// What happens to a person in a round.
#[derive(Debug, Clone)]
pub enum Change {
    /// The person is on the roster.
    Rostered(Rostered),
    /// The person marks.
    Leads,
    /// The person holds a ballot.
    IsPeer,
    /// The person was suspended.
    Suspended,
    /// The person reviewed themselves.
    SelfReviewed {
        /// What was said.
        text: Sealed,
        /// When.
        at: Timestamp,
        /// At which position.
        position: u64,
    },
    /// A leader reviewed the person, at a position.
    Reviewed(MemberId, u64),
    /// The person took a ballot.
    TookPaper(u32),
    /// A result was published or corrected.
    Published {
        /// The round's period.
        period: Period,
        /// The version.
        version: u32,
        /// The result.
        result: Box<MemberResult>,
        /// When.
        at: Timestamp,
    },
    /// The published result was taken back.
    Withdrawn,
}

/// The projection.
pub struct RoundPeople;

impl Projection for RoundPeople {
    const NAME: &'static str = "round_people";
    const VERSION: u32 = 2;
    type Row = RoundPersonRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(RoundPersonKey, Change)> {
        match &fact.event {
            Event::Round(event) => {
                let round = RoundId(fact.stream.id);
                let changes = of_round(event, fact.position.0, fact.at);
                changes.into_iter().map(|(member, change)| (RoundPersonKey { round, member }, change)).collect()
            }
            Event::Member(_) | Event::Branch(_) => vec![],
        }
    }

    fn apply(row: Option<RoundPersonRow>, key: &RoundPersonKey, change: &Change) -> Option<RoundPersonRow> {
        let mut row = match change {
            Change::Rostered(_) | Change::Leads | Change::IsPeer | Change::Suspended => {
                row.unwrap_or_else(|| nobody(key.round, key.member))
            }
            Change::SelfReviewed { .. }
            | Change::Reviewed(..)
            | Change::TookPaper(_)
            | Change::Published { .. }
            | Change::Withdrawn => row?,
        };
        take(&mut row, change);
        Some(row)
    }
}

fn of_round(event: &RoundEvent, position: u64, at: Timestamp) -> Vec<(MemberId, Change)> {
    use RoundEvent as E;
    match event {
        E::RosterFixed { people, leaders, peers, suspended } => {
            let people = people.iter().map(|person| (person.member, Change::Rostered(*person)));
            let leaders = leaders.iter().map(|leader| (*leader, Change::Leads));
            let peers = peers.iter().map(|peer| (*peer, Change::IsPeer));
            let suspended = suspended.iter().map(|member| (*member, Change::Suspended));
            people.chain(leaders).chain(peers).chain(suspended).collect()
        }
        E::SelfReviewGiven { member, text } => {
            vec![(*member, Change::SelfReviewed { text: text.clone(), at, position })]
        }
        E::LeaderReviewGiven { reviewer, member, .. } => vec![(*member, Change::Reviewed(*reviewer, position))],
        E::PaperIssued { group: Group::Peer, attempt, to, .. } => {
            to.iter().map(|member| (*member, Change::TookPaper(*attempt))).collect()
        }
        E::ResultPublished { member, period, version, result, .. } => {
            let (period, version, result) = (*period, *version, Box::new(result.clone()));
            vec![(*member, Change::Published { period, version, result, at })]
        }
        E::ResultWithdrawn { member, .. } => vec![(*member, Change::Withdrawn)],
        E::PaperIssued { group: Group::Leader | Group::Public, .. }
        | E::Drafted { .. }
        | E::Opened { .. }
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

fn take(row: &mut RoundPersonRow, change: &Change) {
    match change {
        Change::Rostered(person) => {
            (row.branch, row.since) = (Some(person.branch), Some(person.since));
            (row.on_probation, row.is_reviewed) = (person.on_probation, !person.on_probation);
        }
        Change::Leads => row.is_leader = true,
        Change::IsPeer => row.is_peer = true,
        Change::Suspended => row.is_suspended = true,
        Change::SelfReviewed { text, at, position } => {
            (row.self_review, row.self_reviewed_at) = (Some(text.clone()), Some(*at));
            row.self_reviewed_position = Some(*position as i64);
            row.self_reviewed_times += 1;
        }
        Change::Reviewed(leader, position) => _ = row.reviewed_by.0.insert(*leader, *position),
        Change::TookPaper(attempt) => row.paper_attempt = Some(i64::from(*attempt)),
        Change::Published { period, version, result, at } => {
            (row.version, row.period) = (Some(i64::from(*version)), Some(*period));
            (row.score, row.reason) = (result.score, result.reason.clone());
            row.proposed.clone_from(&result.proposed);
            row.grade.clone_from(&result.grade);
            row.result = Some(Json((**result).clone()));
            row.published_at = row.published_at.or(Some(*at));
        }
        Change::Withdrawn => {
            (row.version, row.period, row.published_at, row.result) = (None, None, None, None);
            (row.score, row.proposed, row.grade, row.reason) = (None, None, None, None);
        }
    }
}

fn nobody(round: RoundId, member: MemberId) -> RoundPersonRow {
    RoundPersonRow {
        round,
        member,
        branch: None,
        since: None,
        on_probation: false,
        is_reviewed: false,
        is_leader: false,
        is_peer: false,
        is_suspended: false,
        self_review: None,
        self_reviewed_at: None,
        self_reviewed_position: None,
        self_reviewed_times: 0,
        reviewed_by: Json::default(),
        paper_attempt: None,
        version: None,
        period: None,
        score: None,
        proposed: None,
        grade: None,
        reason: None,
        result: None,
        published_at: None,
    }
}
