//! What a round remembers: enough to decide and to count.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::RoundEvent;
use super::kind::{Group, Rostered, Stage, Void};
use super::result::MemberResult;
use super::rules::Rules;
use crate::id::{ActorId, AppealId, BranchId, MemberId, RoundId};
use crate::period::Period;
use crate::text::Sealed;

/// An evaluation round 评议轮次.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Round {
    pub(super) draft: Option<Draft>,
    pub(super) opening: Option<Arc<Opening>>,
    pub(super) roster: Arc<Roster>,
    pub(super) stage: Option<Stage>,
    /// 1, and one more after each reopening.
    pub(super) version: u32,
    pub(super) closes_at: Option<Timestamp>,
    pub(super) ballots: BTreeMap<Group, Ballot>,
    /// What was said of each person.
    pub(super) sheets: BTreeMap<MemberId, Arc<Sheet>>,
    pub(super) proposal: Option<Arc<Sealed>>,
    /// Of a yearly round, the quarterly ones it was computed from.
    pub(super) rounds: Vec<RoundId>,
    /// What the committee decided, until it is published.
    pub(super) decided: Option<Arc<Sealed>>,
    /// Everybody who decided, also before another did anew.
    pub(super) decided_by: BTreeSet<ActorId>,
    pub(super) until: Option<Until>,
    pub(super) results: BTreeMap<MemberId, Arc<Published>>,
    pub(super) appeals: BTreeMap<AppealId, Appeal>,
    pub(super) reopening: Option<Proposed>,
    pub(super) annulment: Option<Proposed>,
    /// Scrutineers who were replaced.
    pub(super) replaced: BTreeSet<MemberId>,
}

/// What a round was drafted for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The branches.
    pub branches: Vec<BranchId>,
    /// The period.
    pub period: Period,
    /// The version of the organisation's rules.
    pub rules_version: u32,
}

/// What was fixed at the opening.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// The rules.
    pub rules: Rules,
    /// Who counts.
    pub scrutineers: Vec<MemberId>,
}

/// Who is reviewed and who reviews, as of the opening.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Roster {
    /// Who belongs to the branches.
    pub people: Vec<Rostered>,
    /// The leaders.
    pub leaders: Vec<MemberId>,
    /// The peers.
    pub peers: BTreeSet<MemberId>,
}

impl Roster {
    /// Who is reviewed.
    pub fn reviewed(&self) -> impl Iterator<Item = &Rostered> {
        self.people.iter().filter(|person| !person.on_probation)
    }

    /// The entry of somebody who is reviewed.
    #[must_use]
    pub fn reviews(&self, member: MemberId) -> Option<&Rostered> {
        self.reviewed().find(|person| person.member == member)
    }
}

/// A group's voting: the latest attempt.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Ballot {
    pub attempt: u32,
    pub closed: bool,
    pub void: Option<Void>,
    pub issued: u32,
    pub issued_to: BTreeSet<MemberId>,
    pub returned: Option<Returned>,
}

/// How many ballots came back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Returned {
    pub returned: u32,
    pub blank: u32,
}

/// What was said of a person; sealed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sheet {
    pub marks: BTreeMap<MemberId, Sealed>,
    /// Whose comments there are.
    pub comments: BTreeSet<MemberId>,
    pub counts: BTreeMap<Group, BTreeMap<MemberId, Sealed>>,
}

/// The time limits of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Until {
    pub publicity: Timestamp,
    pub appeal: Timestamp,
}

impl Sheet {
    /// The last one counts, with a comment or without.
    fn review(&mut self, reviewer: MemberId, marks: Sealed, commented: bool) {
        self.marks.insert(reviewer, marks);
        match commented {
            true => _ = self.comments.insert(reviewer),
            false => _ = self.comments.remove(&reviewer),
        }
    }
}

/// A published result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Published {
    pub version: u32,
    pub result: MemberResult,
    /// Everybody who put it right.
    pub corrected_by: BTreeSet<ActorId>,
}

/// An appeal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Appeal {
    pub member: MemberId,
    pub answer_until: Timestamp,
    pub overdue: bool,
    pub answered: bool,
    /// Whoever filed it, where that was said.
    pub by: Option<ActorId>,
}

impl Appeal {
    fn filed(member: MemberId, answer_until: Timestamp, by: Option<ActorId>) -> Self {
        Self { member, answer_until, overdue: false, answered: false, by }
    }
}

/// What somebody asked for and another is to approve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Proposed {
    pub reason: Sealed,
    pub by: ActorId,
}

impl Round {
    /// Where it stands; nothing before the draft.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        self.stage
    }

    /// What it was drafted for.
    #[must_use]
    pub fn draft(&self) -> Option<&Draft> {
        self.draft.as_ref()
    }

    /// The roster, as of the opening; empty before.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Days until a talk that it led to is followed up, once it was opened.
    #[must_use]
    pub fn follow_up_days(&self) -> Option<u32> {
        self.opening.as_ref().map(|opening| opening.rules.talks.follow_up_days)
    }

    /// A person's published result.
    #[must_use]
    pub fn result(&self, member: MemberId) -> Option<&MemberResult> {
        self.results.get(&member).map(|published| &published.result)
    }

    /// The proposal, or what was decided on it, sealed; nothing before the tally and from publication on.
    #[must_use]
    pub fn proposal(&self) -> Option<&Sealed> {
        self.decided.as_deref().or(self.proposal.as_deref())
    }

    pub(super) fn open_appeals(&self) -> impl Iterator<Item = (&AppealId, &Appeal)> {
        self.appeals.iter().filter(|(_, appeal)| !appeal.answered)
    }

    fn sheet(&mut self, member: MemberId) -> &mut Sheet {
        Arc::make_mut(self.sheets.entry(member).or_default())
    }

    fn ballot(&mut self, group: Group, change: impl FnOnce(&mut Ballot)) {
        if let Some(ballot) = self.ballots.get_mut(&group) {
            change(ballot);
        }
    }

    /// Takes an event in.
    pub(super) fn take(&mut self, event: &RoundEvent) {
        use RoundEvent as E;
        match event {
            E::Drafted { branches, period, rules_version } => {
                let (branches, period, rules_version) = (branches.clone(), *period, *rules_version);
                self.draft = Some(Draft { branches, period, rules_version });
                self.stage = Some(Stage::Drafted);
            }
            E::Opened { rules, groups, closes_at, scrutineers } => {
                let opening = Opening { rules: rules.clone(), scrutineers: scrutineers.clone() };
                self.open(opening, groups, *closes_at);
            }
            E::RosterFixed { people, leaders, peers, .. } => {
                let (people, leaders) = (people.clone(), leaders.clone());
                self.roster = Arc::new(Roster { people, leaders, peers: peers.iter().copied().collect() });
            }
            E::SelfReviewGiven { .. } | E::CommentModerated { .. } | E::BranchScored { .. } => {}
            E::LeaderReviewGiven { reviewer, member, marks, comment } => {
                self.sheet(*member).review(*reviewer, marks.clone(), comment.is_some());
            }
            E::PaperIssued { group, to, count, .. } => self.issue(*group, *to, *count),
            E::PaperReturned { group, returned, blank, .. } => {
                let back = Returned { returned: *returned, blank: *blank };
                self.ballot(*group, |ballot| ballot.returned = Some(back));
            }
            E::PaperCounted { group, member, scrutineer, counts, .. } => {
                self.sheet(*member).counts.entry(*group).or_default().insert(*scrutineer, counts.clone());
            }
            E::ScrutineerReplaced { from, to, .. } => self.replace_scrutineer(*from, *to),
            E::Closed { .. } => self.close(),
            E::GroupVoided { group, cause, .. } => self.ballot(*group, |ballot| ballot.void = Some(*cause)),
            E::GroupRepeated { group, attempt, closes_at } => self.repeat(*group, *attempt, *closes_at),
            E::Tallied { proposal, rounds, .. } => {
                (self.proposal, self.rounds) = (Some(Arc::new(proposal.clone())), rounds.clone());
                self.stage = Some(Stage::Tallied);
            }
            E::GradesDecided { decided, by, .. } => {
                self.decided = Some(Arc::new(decided.clone()));
                self.decided_by.insert(by.clone());
                self.stage = Some(Stage::Decided);
            }
            E::Published { publicity_until, appeal_until, .. } => self.publish(*publicity_until, *appeal_until),
            E::ResultPublished { member, version, result, .. } => {
                let before = self.results.get(member);
                let corrected_by = before.map(|published| published.corrected_by.clone()).unwrap_or_default();
                let published = Published { version: *version, result: result.clone(), corrected_by };
                self.results.insert(*member, Arc::new(published));
            }
            E::ResultWithdrawn { member, .. } => _ = self.results.remove(member),
            E::AppealFiled { appeal, member, answer_until, by, .. } => {
                _ = self.appeals.insert(*appeal, Appeal::filed(*member, *answer_until, by.clone()));
            }
            E::AppealOverdue { appeal, .. } => self.appeal(appeal, |appeal| appeal.overdue = true),
            E::AppealAnswered { appeal, .. } => self.appeal(appeal, |appeal| appeal.answered = true),
            E::Corrected { member, by, .. } => {
                if let Some(published) = self.results.get_mut(member) {
                    Arc::make_mut(published).corrected_by.insert(by.clone());
                }
            }
            E::Finalised { .. } => self.stage = Some(Stage::Final),
            E::ReopeningProposed { reason, by } => {
                self.reopening = Some(Proposed { reason: reason.clone(), by: by.clone() });
            }
            E::ReopeningDeclined { .. } => self.reopening = None,
            E::AnnulmentDeclined { .. } => self.annulment = None,
            E::Reopened { version, closes_at, .. } => self.reopen(*version, *closes_at),
            E::AnnulmentProposed { reason, by } => {
                self.annulment = Some(Proposed { reason: reason.clone(), by: by.clone() });
            }
            E::Annulled { .. } => self.stage = Some(Stage::Annulled),
        }
    }

    fn issue(&mut self, group: Group, to: Option<MemberId>, count: u32) {
        self.ballot(group, |ballot| {
            ballot.issued = ballot.issued.saturating_add(count);
            ballot.issued_to.extend(to);
        });
    }

    /// What the one before counted stands only where the attempt has ended.
    fn replace_scrutineer(&mut self, from: MemberId, to: MemberId) {
        if let Some(opening) = &mut self.opening {
            let scrutineers = &mut Arc::make_mut(opening).scrutineers;
            scrutineers.iter_mut().filter(|one| **one == from).for_each(|one| *one = to);
        }
        self.replaced.insert(from);
        let voting: Vec<Group> = self.ballots.iter().filter(|(_, ballot)| !ballot.closed).map(|of| *of.0).collect();
        for sheet in self.sheets.values_mut().filter(|sheet| !sheet.counts.is_empty()) {
            let counts = &mut Arc::make_mut(sheet).counts;
            counts.iter_mut().filter(|(group, _)| voting.contains(group)).for_each(|(_, by)| _ = by.remove(&from));
        }
    }

    fn close(&mut self) {
        self.stage = Some(Stage::Closed);
        self.ballots.values_mut().for_each(|ballot| ballot.closed = true);
    }

    fn repeat(&mut self, group: Group, attempt: u32, closes_at: Timestamp) {
        self.ballot(group, |ballot| *ballot = Ballot { attempt, ..Ballot::default() });
        self.forget_counts(group);
        (self.stage, self.closes_at) = (Some(Stage::Opened), Some(closes_at));
    }

    fn publish(&mut self, publicity: Timestamp, appeal: Timestamp) {
        self.until = Some(Until { publicity, appeal });
        self.stage = Some(Stage::Published);
        // What was sealed until now is in the results.
        (self.proposal, self.decided) = (None, None);
    }

    fn open(&mut self, opening: Opening, groups: &[Group], closes_at: Timestamp) {
        self.opening = Some(Arc::new(opening));
        let first = |group: &Group| (*group, Ballot { attempt: 1, ..Ballot::default() });
        self.ballots = groups.iter().map(first).collect();
        self.version = 1;
        (self.stage, self.closes_at) = (Some(Stage::Opened), Some(closes_at));
    }

    fn appeal(&mut self, appeal: &AppealId, change: impl FnOnce(&mut Appeal)) {
        if let Some(appeal) = self.appeals.get_mut(appeal) {
            change(appeal);
        }
    }

    fn forget_counts(&mut self, group: Group) {
        let counted = self.sheets.values_mut().filter(|sheet| sheet.counts.contains_key(&group));
        counted.for_each(|sheet| _ = Arc::make_mut(sheet).counts.remove(&group));
    }

    /// Every ballot and mark is void; what was counted stays sealed in the log.
    fn reopen(&mut self, version: u32, closes_at: Timestamp) {
        (self.version, self.stage, self.closes_at) = (version, Some(Stage::Opened), Some(closes_at));
        let next = |ballot: &mut Ballot| *ballot = Ballot { attempt: ballot.attempt + 1, ..Ballot::default() };
        self.ballots.values_mut().for_each(next);
        self.sheets.clear();
        (self.proposal, self.decided, self.reopening) = (None, None, None);
        self.decided_by.clear();
    }
}
