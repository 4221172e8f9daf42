//! Rounds 评议轮次: what each was drafted for, where it stands, and what came in, without a word of what was said.
//!
//! # Invariant
//! Nothing here tells a score, a mark or a count of answers, not even sealed: the proposal stays in the log, where the
//! committee opens it, and is in no row that would hold it again with each change.
//!
//! # Not here
//! Who is on the roster and what came out; appeals.

use std::collections::BTreeMap;

use domain::event::{Event, Fact};
use domain::id::{ActorId, BranchId, MemberId, RoundId};
use domain::period::Period;
use domain::round::{Group, RoundEvent, Rules, Stage, Void};
use domain::text::Sealed;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cell::Json;
use crate::projection::Projection;
use crate::row::row;

/// A group's voting: the latest attempt, and how the ones before ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Voting {
    /// 1, and one more after each repetition.
    pub attempt: u32,
    /// How many ballots were handed out.
    pub issued: u32,
    /// How many came back, once the box was opened.
    pub returned: Option<u32>,
    /// How many of them hold nothing.
    pub blank: u32,
    /// Why it does not count.
    pub void: Option<Void>,
    /// Whose counts stand, once it has closed: the scrutineers of then, whoever replaced them since.
    pub counted_by: Vec<MemberId>,
}

impl Voting {
    /// How many took part, blank ballots as the rules have it; nothing before the box was opened.
    #[must_use]
    pub fn took_part(&self, rules: &Rules) -> Option<u32> {
        let left_out = if rules.blank_takes_part { 0 } else { self.blank };
        self.returned.map(|returned| returned.saturating_sub(left_out))
    }
}

/// What happened to a round that its result says for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The version that came of it; nothing for an annulment.
    pub version: Option<u32>,
    /// Why.
    pub reason: Sealed,
    /// Who asked for it.
    pub proposed_by: ActorId,
    /// Who approved it; nobody yet.
    pub approved_by: Option<ActorId>,
    /// Who declined it or took it back, and why; nobody yet.
    pub declined: Option<(ActorId, Sealed)>,
    /// The position of the event.
    pub position: u64,
}

row! {
    /// A round as its page shows it.
    pub struct RoundRow("rounds") key RoundKey {
        /// Which round.
        round: RoundId,
    } columns {
        /// Its period.
        period: Period,
        /// Where it stands.
        stage: Stage,
        /// The branches it covers.
        branches: Json<Vec<BranchId>>,
        /// The version of the organisation's rules it was drafted for.
        rules_version: i64,
        /// When it was drafted.
        drafted_at: Timestamp,
        /// The rules, once fixed.
        rules: Option<Json<Rules>>,
        /// The groups that review, with what came in.
        voting: Json<BTreeMap<Group, Voting>>,
        /// The attempts that were void, in order: group, attempt, why, eligible, issued, returned.
        voided: Json<Vec<(Group, u32, Void, u32, u32, u32)>>,
        /// How many peers hold a ballot.
        peers: i64,
        /// How many are reviewed.
        reviewed: i64,
        /// The leaders.
        leaders: Json<Vec<MemberId>>,
        /// The scrutineers.
        scrutineers: Json<Vec<MemberId>>,
        /// When it opened.
        opened_at: Option<Timestamp>,
        /// From when on nothing more is given.
        closes_at: Option<Timestamp>,
        /// Its version: 1, and one more after each reopening; 0 before the opening.
        version: i64,
        /// The position of the opening or the last reopening: what was given before it does not count.
        given_from: i64,
        /// The position of the proposal, or of what was decided last; nothing once published.
        proposed_at: Option<i64>,
        /// Who decided the grades.
        decided_by: Option<ActorId>,
        /// When it was published.
        published_at: Option<Timestamp>,
        /// The end of the publicity.
        publicity_until: Option<Timestamp>,
        /// From when on no appeal is filed.
        appeal_until: Option<Timestamp>,
        /// Reopenings and the annulment, asked for and approved.
        notices: Json<Vec<Notice>>,
        /// Of a yearly round, the quarterly ones it was computed from.
        quarters: Json<Vec<RoundId>>,
    } look_up [["period", "stage"], ["stage"]]
}

impl RoundRow {
    /// How many of a group may take part: the leaders, the peers, or whoever of the public was given a ballot.
    #[must_use]
    pub fn eligible(&self, group: Group) -> u32 {
        match group {
            Group::Leader => u32::try_from(self.leaders.0.len()).unwrap_or(u32::MAX),
            Group::Peer => u32::try_from(self.peers).unwrap_or(u32::MAX),
            Group::Public => self.voting.0.get(&group).map_or(0, |voting| voting.issued),
        }
    }

    /// Whose counts of a group's latest attempt stand: those of the scrutineers, or of those when it closed.
    #[must_use]
    pub fn counting(&self, group: Group) -> &[MemberId] {
        match self.voting.0.get(&group) {
            Some(voting) if !voting.counted_by.is_empty() => &voting.counted_by,
            Some(_) | None => &self.scrutineers.0,
        }
    }

    /// Whether its results are in the open: published or final, and not annulled since.
    #[must_use]
    pub fn is_published(&self) -> bool {
        match self.stage {
            Stage::Published | Stage::Final => true,
            Stage::Drafted | Stage::Opened | Stage::Closed | Stage::Tallied | Stage::Decided | Stage::Annulled => false,
        }
    }
}

/// What happens to a round's row: the event itself, with where and when it was recorded.
#[derive(Debug, Clone)]
pub struct Change {
    event: RoundEvent,
    position: u64,
    at: Timestamp,
}

/// The projection.
pub struct Rounds;

impl Projection for Rounds {
    const NAME: &'static str = "rounds";
    const VERSION: u32 = 3;
    type Row = RoundRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(RoundKey, Change)> {
        match &fact.event {
            Event::Round(event) if concerns(event) => {
                let change = Change { event: event.clone(), position: fact.position.0, at: fact.at };
                vec![(RoundKey { round: RoundId(fact.stream.id) }, change)]
            }
            Event::Round(_) | Event::Member(_) | Event::Branch(_) => vec![],
        }
    }

    fn apply(row: Option<RoundRow>, key: &RoundKey, change: &Change) -> Option<RoundRow> {
        if let RoundEvent::Drafted { branches, period, rules_version } = &change.event {
            return Some(drafted(key.round, branches, *period, *rules_version, change.at));
        }
        let mut row = row?;
        take(&mut row, change);
        Some(row)
    }
}

/// Whether an event is about the round as a whole.
fn concerns(event: &RoundEvent) -> bool {
    use RoundEvent as E;
    match event {
        E::Drafted { .. }
        | E::Opened { .. }
        | E::RosterFixed { .. }
        | E::PaperIssued { .. }
        | E::PaperReturned { .. }
        | E::ScrutineerReplaced { .. }
        | E::Closed { .. }
        | E::GroupVoided { .. }
        | E::GroupRepeated { .. }
        | E::Tallied { .. }
        | E::GradesDecided { .. }
        | E::Published { .. }
        | E::Finalised { .. }
        | E::ReopeningProposed { .. }
        | E::ReopeningDeclined { .. }
        | E::Reopened { .. }
        | E::AnnulmentProposed { .. }
        | E::AnnulmentDeclined { .. }
        | E::Annulled { .. } => true,
        E::SelfReviewGiven { .. }
        | E::LeaderReviewGiven { .. }
        | E::PaperCounted { .. }
        | E::CommentModerated { .. }
        | E::ResultPublished { .. }
        | E::ResultWithdrawn { .. }
        | E::BranchScored { .. }
        | E::AppealFiled { .. }
        | E::AppealOverdue { .. }
        | E::AppealAnswered { .. }
        | E::Corrected { .. } => false,
    }
}

fn drafted(round: RoundId, branches: &[BranchId], period: Period, rules_version: u32, at: Timestamp) -> RoundRow {
    RoundRow {
        round,
        period,
        stage: Stage::Drafted,
        branches: Json(branches.to_vec()),
        rules_version: i64::from(rules_version),
        drafted_at: at,
        rules: None,
        voting: Json::default(),
        voided: Json::default(),
        peers: 0,
        reviewed: 0,
        leaders: Json::default(),
        scrutineers: Json::default(),
        opened_at: None,
        closes_at: None,
        version: 0,
        given_from: 0,
        proposed_at: None,
        decided_by: None,
        published_at: None,
        publicity_until: None,
        appeal_until: None,
        notices: Json::default(),
        quarters: Json::default(),
    }
}

fn first(attempt: u32) -> Voting {
    Voting { attempt, issued: 0, returned: None, blank: 0, void: None, counted_by: vec![] }
}

fn take(row: &mut RoundRow, Change { event, position, at }: &Change) {
    use RoundEvent as E;
    match event {
        E::Opened { rules, groups, closes_at, scrutineers } => {
            row.rules = Some(Json(rules.clone()));
            row.voting.0 = groups.iter().map(|group| (*group, first(1))).collect();
            row.scrutineers.0.clone_from(scrutineers);
            (row.stage, row.version, row.given_from) = (Stage::Opened, 1, *position as i64);
            (row.opened_at, row.closes_at) = (Some(*at), Some(*closes_at));
        }
        E::RosterFixed { people, leaders, peers, .. } => {
            row.leaders.0.clone_from(leaders);
            row.peers = peers.len() as i64;
            row.reviewed = people.iter().filter(|person| !person.on_probation).count() as i64;
        }
        E::PaperIssued { group, count, .. } => of_group(row, *group, |voting| voting.issued += count),
        E::PaperReturned { group, returned, blank, .. } => {
            of_group(row, *group, |voting| (voting.returned, voting.blank) = (Some(*returned), *blank));
        }
        E::ScrutineerReplaced { from, to, .. } => {
            row.scrutineers.0.iter_mut().filter(|one| *one == from).for_each(|one| *one = *to);
        }
        E::Closed { .. } => shut(row),
        E::GroupVoided { group, attempt, cause, eligible, issued, returned } => {
            row.voided.0.push((*group, *attempt, *cause, *eligible, *issued, *returned));
            of_group(row, *group, |voting| voting.void = Some(*cause));
        }
        E::GroupRepeated { group, attempt, closes_at } => {
            of_group(row, *group, |voting| *voting = first(*attempt));
            (row.stage, row.closes_at) = (Stage::Opened, Some(*closes_at));
        }
        E::Tallied { rounds, .. } => {
            row.quarters.0.clone_from(rounds);
            (row.stage, row.proposed_at) = (Stage::Tallied, Some(*position as i64));
        }
        E::GradesDecided { by, .. } => {
            let (proposed_at, by) = (Some(*position as i64), Some(by.clone()));
            (row.stage, row.proposed_at, row.decided_by) = (Stage::Decided, proposed_at, by);
        }
        E::Published { publicity_until, appeal_until, .. } => {
            (row.stage, row.proposed_at, row.published_at) = (Stage::Published, None, Some(*at));
            (row.publicity_until, row.appeal_until) = (Some(*publicity_until), Some(*appeal_until));
        }
        E::Finalised { .. } => row.stage = Stage::Final,
        E::ReopeningProposed { reason, by } => ask(row, next(row), reason, by, *position),
        E::ReopeningDeclined { reason, by, .. } => decline(row, next(row), reason, by),
        E::Reopened { version, by, closes_at, .. } => reopen(row, *version, by, *closes_at, *position),
        E::AnnulmentProposed { reason, by } => ask(row, None, reason, by, *position),
        E::AnnulmentDeclined { reason, by, .. } => decline(row, None, reason, by),
        E::Annulled { by, .. } => {
            (row.stage, row.proposed_at) = (Stage::Annulled, None);
            close(row, None, |notice| notice.approved_by = Some(by.clone()));
        }
        E::Drafted { .. }
        | E::SelfReviewGiven { .. }
        | E::LeaderReviewGiven { .. }
        | E::PaperCounted { .. }
        | E::CommentModerated { .. }
        | E::ResultPublished { .. }
        | E::ResultWithdrawn { .. }
        | E::BranchScored { .. }
        | E::AppealFiled { .. }
        | E::AppealOverdue { .. }
        | E::AppealAnswered { .. }
        | E::Corrected { .. } => {}
    }
}

/// What was voted on is counted by those who counted until now.
fn shut(row: &mut RoundRow) {
    row.stage = Stage::Closed;
    let voted = row.voting.0.iter_mut().filter(|(group, voting)| group.is_secret() && voting.counted_by.is_empty());
    voted.for_each(|(_, voting)| voting.counted_by.clone_from(&row.scrutineers.0));
}

fn of_group(row: &mut RoundRow, group: Group, change: impl FnOnce(&mut Voting)) {
    if let Some(voting) = row.voting.0.get_mut(&group) {
        change(voting);
    }
}

/// The version that a reopening would make.
fn next(row: &RoundRow) -> Option<u32> {
    Some(u32::try_from(row.version + 1).unwrap_or(u32::MAX))
}

fn ask(row: &mut RoundRow, version: Option<u32>, reason: &Sealed, by: &ActorId, position: u64) {
    let (reason, proposed_by) = (reason.clone(), by.clone());
    row.notices.0.push(Notice { version, reason, proposed_by, approved_by: None, declined: None, position });
}

fn decline(row: &mut RoundRow, version: Option<u32>, reason: &Sealed, by: &ActorId) {
    close(row, version, |notice| notice.declined = Some((by.clone(), reason.clone())));
}

fn reopen(row: &mut RoundRow, version: u32, by: &ActorId, closes_at: Timestamp, position: u64) {
    (row.stage, row.version, row.closes_at) = (Stage::Opened, i64::from(version), Some(closes_at));
    (row.proposed_at, row.decided_by, row.given_from) = (None, None, position as i64);
    row.voting.0.values_mut().for_each(|voting| *voting = first(voting.attempt + 1));
    close(row, Some(version), |notice| notice.approved_by = Some(by.clone()));
}

/// Closes what was asked for last.
fn close(row: &mut RoundRow, version: Option<u32>, change: impl FnOnce(&mut Notice)) {
    if let Some(notice) = row.notices.0.iter_mut().rev().find(|notice| notice.version == version) {
        change(notice);
    }
}
