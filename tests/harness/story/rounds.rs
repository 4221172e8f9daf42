//! Rounds of evaluation: what is known of each, and which command comes next.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{AppealId, BranchId, MemberId, RoundId};
use domain::period::{Grain, Period};
use domain::round::{Fix, GradeGiven, Group, RoundCommand, Rules, Stage};
use domain::world::Command;
use jiff::{Timestamp, ToSpan};

use super::Story;
use super::ballots::Paper;

/// So many peers make a group that is secret, also where some of them are on probation.
const PEERS: usize = 5;

/// A round as the story knows it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub period: Period,
    pub branches: Vec<BranchId>,
    pub rules: Rules,
    pub stage: Stage,
    pub closes_at: Timestamp,
    pub leaders: Vec<MemberId>,
    pub scrutineers: Vec<MemberId>,
    pub reviewed: Vec<MemberId>,
    pub peers: Vec<MemberId>,
    pub papers: BTreeMap<Group, Paper>,
    /// Who reviewed themselves.
    pub own: BTreeSet<MemberId>,
    /// Which leader marked whom.
    pub marked: BTreeSet<(MemberId, MemberId)>,
    pub comments: Vec<(MemberId, MemberId)>,
    pub open_appeals: Vec<(AppealId, MemberId)>,
    pub reopening: bool,
    pub annulment: bool,
}

impl Known {
    fn drafted(branches: &[BranchId], period: Period, rules: Rules) -> Self {
        Self {
            period,
            branches: branches.to_vec(),
            rules,
            stage: Stage::Drafted,
            closes_at: Timestamp::MIN,
            leaders: vec![],
            scrutineers: vec![],
            reviewed: vec![],
            peers: vec![],
            papers: BTreeMap::new(),
            own: BTreeSet::new(),
            marked: BTreeSet::new(),
            comments: vec![],
            open_appeals: vec![],
            reopening: false,
            annulment: false,
        }
    }

    fn is_yearly(&self) -> bool {
        self.period.grain() == Grain::Year
    }

    fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Final | Stage::Annulled)
    }
}

impl Story {
    pub(super) fn of_a_round(&mut self) -> Option<Command> {
        let going_on: Vec<RoundId> =
            self.rounds.iter().filter(|(_, known)| !known.has_ended()).map(|(round, _)| *round).collect();
        if self.chance.percent(if going_on.len() < 8 { 25 } else { 5 }) {
            return self.draft();
        }
        let round = self.chance.one(&going_on)?;
        let known = self.rounds.get(&round)?.clone();
        Some(Command::Round(round, self.step(&known)?))
    }

    fn draft(&mut self) -> Option<Command> {
        let branches = self.some_branches(2);
        let months = i64::try_from(self.chance.below(2) * 3).unwrap_or_default();
        let grain = if self.chance.percent(15) { Grain::Year } else { Grain::Quarter };
        let period = Period::holding(self.today() - months.months(), grain);
        let rules_version = 1 + u32::try_from(self.chance.below(30)).unwrap_or_default() % 4;
        let round = RoundId(self.chance.id());
        Some(Command::Round(round, RoundCommand::Draft { branches, period, rules_version }))
    }

    /// What comes next at its stage, or what somebody asks for instead.
    fn step(&mut self, known: &Known) -> Option<RoundCommand> {
        let turn = self.chance.below(20);
        match known.stage {
            Stage::Drafted if turn < 18 => {
                let hours = 1 + i64::try_from(self.chance.below(90)).unwrap_or_default();
                self.open(known, self.clock.now() + hours.hours(), &[])
            }
            Stage::Opened if turn < 1 => self.replace(known),
            Stage::Opened if turn < 19 => self.give_or_count(known),
            Stage::Closed | Stage::Tallied | Stage::Decided if turn < 2 => Some(self.reopen(known)),
            Stage::Closed if turn < 4 => {
                let (group, closes_at) =
                    (self.chance.one(&[Group::Peer, Group::Public])?, self.clock.now() + 24.hours());
                Some(RoundCommand::RepeatGroup { group, closes_at })
            }
            Stage::Closed if turn < 19 => Some(self.tally(known)),
            Stage::Tallied | Stage::Decided if turn < 5 => self.moderate(known),
            Stage::Tallied if turn < 19 => Some(self.decide(known)),
            Stage::Decided if turn < 7 => Some(self.decide(known)),
            Stage::Decided if turn < 19 => Some(RoundCommand::Publish),
            Stage::Published if turn < 19 => self.after_publication(known, turn),
            Stage::Drafted
            | Stage::Opened
            | Stage::Closed
            | Stage::Tallied
            | Stage::Decided
            | Stage::Published
            | Stage::Final
            | Stage::Annulled => Some(self.annul(known)),
        }
    }

    /// Opens it without what has too few peers, and without some more.
    pub(super) fn open(&mut self, known: &Known, closes_at: Timestamp, without: &[Group]) -> Option<RoundCommand> {
        let (mut leaders, mut scrutineers, mut without) = (vec![], vec![], without.to_vec());
        if !known.is_yearly() {
            let people = self.on_duty_of(&known.branches);
            let everybody = self.members.keys().filter(|member| !self.suspended.contains(member)).copied();
            let others: Vec<MemberId> = everybody.filter(|member| !people.contains(member)).collect();
            let chosen = self.chance.some(&others, 3);
            let (counting, leading) = chosen.split_at_checked(2)?;
            leaders.extend_from_slice(leading);
            if self.chance.percent(20) {
                leaders.extend(self.chance.one(&people));
            }
            let few = people.iter().filter(|member| !leaders.contains(member)).count() < PEERS;
            if few && !without.contains(&Group::Peer) {
                without.push(Group::Peer);
            }
            if without == [Group::Peer] && self.chance.percent(60) {
                without.push(Group::Public);
            }
            if without.len() < 2 {
                scrutineers.extend_from_slice(counting);
            }
        }
        Some(RoundCommand::Open { closes_at, leaders, scrutineers, without })
    }

    fn on_duty_of(&self, branches: &[BranchId]) -> Vec<MemberId> {
        let own = self.members.iter().filter(|(_, branch)| branches.contains(branch)).map(|(member, _)| *member);
        own.filter(|member| !self.suspended.contains(member)).collect()
    }

    fn give_or_count(&mut self, known: &Known) -> Option<RoundCommand> {
        if self.clock.now() < known.closes_at {
            let left = self.left_to_give(known);
            return self.chance.one(&left);
        }
        let left = self.left_to_count(known);
        match left.is_empty() || self.chance.percent(4) {
            true => Some(RoundCommand::Close),
            false => self.chance.one(&left),
        }
    }

    /// Somebody else counts, mostly one from outside the round.
    fn replace(&mut self, known: &Known) -> Option<RoundCommand> {
        let from = self.chance.one(&known.scrutineers)?;
        let everybody: Vec<MemberId> = self.members.keys().copied().collect();
        let to = self.chance.one(&everybody)?;
        Some(RoundCommand::ReplaceScrutineer { from, to, reason: self.text() })
    }

    fn reopen(&mut self, known: &Known) -> RoundCommand {
        match known.reopening {
            true if self.chance.percent(40) => RoundCommand::DeclineReopening { reason: self.text() },
            true => RoundCommand::Reopen { closes_at: self.clock.now() + 24.hours() },
            false => RoundCommand::ProposeReopening { reason: self.text() },
        }
    }

    fn annul(&mut self, known: &Known) -> RoundCommand {
        match known.annulment {
            true if self.chance.percent(40) => RoundCommand::DeclineAnnulment { reason: self.text() },
            true => RoundCommand::Annul,
            false => RoundCommand::ProposeAnnulment { reason: self.text() },
        }
    }

    /// A year is made of every quarter that is final.
    pub(super) fn tally(&self, known: &Known) -> RoundCommand {
        let of_year = |other: &Known| !other.is_yearly() && other.period.year() == known.period.year();
        let quarters = self.rounds.iter().filter(|(_, other)| of_year(other) && other.stage == Stage::Final);
        let rounds = quarters.filter(|_| known.is_yearly()).map(|(round, _)| *round).collect();
        RoundCommand::Tally { rounds }
    }

    fn moderate(&mut self, known: &Known) -> Option<RoundCommand> {
        let (reviewer, member) = self.chance.one(&known.comments)?;
        let (released, reason) = (self.chance.percent(60), Some(self.text()));
        Some(RoundCommand::ModerateComment { reviewer, member, released, reason })
    }

    fn decide(&mut self, known: &Known) -> RoundCommand {
        let mut given = vec![];
        if self.chance.percent(40)
            && let Some((member, grade)) = self.chance.one(&known.reviewed).zip(self.a_grade(known))
        {
            given.push(GradeGiven { member, grade, reason: Some(self.text()) });
        }
        RoundCommand::DecideGrades { given }
    }

    fn a_grade(&mut self, known: &Known) -> Option<domain::round::Code> {
        self.chance.one(&known.rules.bands).map(|band| band.grade)
    }

    fn after_publication(&mut self, known: &Known, turn: u64) -> Option<RoundCommand> {
        let member = self.chance.one(&known.reviewed)?;
        match turn {
            0..5 => Some(RoundCommand::FileAppeal { appeal: AppealId(self.chance.id()), member, text: self.text() }),
            5..11 => {
                let (appeal, member) = self.chance.one(&known.open_appeals)?;
                Some(self.answer(known, appeal, member))
            }
            11 => self.chance.one(&known.open_appeals).map(|(appeal, _)| RoundCommand::NoteOverdue { appeal }),
            12..15 => {
                let (fixes, reason) = (self.fixes(known, member), self.text());
                Some(RoundCommand::Correct { member, fixes, reason })
            }
            _ => Some(RoundCommand::Finalise),
        }
    }

    fn answer(&mut self, known: &Known, appeal: AppealId, member: MemberId) -> RoundCommand {
        let (upheld, answer) = (self.chance.percent(50), self.text());
        let fixes = if upheld { self.fixes(known, member) } else { vec![] };
        RoundCommand::AnswerAppeal { appeal, upheld, answer, fixes }
    }

    /// What is put right: mostly what a leader marked.
    pub(super) fn fixes(&mut self, known: &Known, member: MemberId) -> Vec<Fix> {
        if known.is_yearly() {
            return vec![Fix::Recompute];
        }
        let mut fixes = vec![];
        let leaders: Vec<MemberId> = known.leaders.iter().filter(|leader| **leader != member).copied().collect();
        if let Some(reviewer) = self.chance.one(&leaders).filter(|_| self.chance.percent(75)) {
            fixes.push(Fix::Marks { reviewer, marks: self.marks(known) });
        }
        let secret: Vec<Group> = known.papers.keys().copied().filter(|group| group.is_secret()).collect();
        if let Some(group) = self.chance.one(&secret).filter(|_| self.chance.percent(30)) {
            fixes.push(Fix::Counts { group, counts: self.counts(known, group, member) });
        }
        if fixes.is_empty() || self.chance.percent(15) {
            fixes.extend(self.a_grade(known).map(|grade| Fix::Grade { grade }));
        }
        fixes
    }

    pub(super) fn remember_of_round(&mut self, round: RoundId, command: &RoundCommand) {
        use RoundCommand as C;
        if let C::Draft { branches, period, rules_version } = command {
            let at = usize::try_from(*rules_version).unwrap_or_default().saturating_sub(1);
            if let Some(rules) = self.rules.get(at).cloned() {
                self.rounds.insert(round, Known::drafted(branches, *period, rules));
            }
            return;
        }
        let Some(mut known) = self.rounds.remove(&round) else { return };
        match command {
            C::Open { closes_at, leaders, scrutineers, without } => {
                (known.stage, known.closes_at) = (Stage::Opened, *closes_at);
                (known.leaders, known.scrutineers) = (leaders.clone(), scrutineers.clone());
                self.remember_roster(&mut known, without);
            }
            C::Close => known.close(),
            C::RepeatGroup { group, closes_at } => known.vote_again(&[*group], *closes_at),
            C::Reopen { closes_at } => {
                let groups: Vec<Group> = known.papers.keys().copied().collect();
                known.vote_again(&groups, *closes_at);
                (known.own, known.marked, known.comments) = (BTreeSet::new(), BTreeSet::new(), vec![]);
                known.reopening = false;
            }
            C::Tally { .. } => known.stage = Stage::Tallied,
            C::DecideGrades { .. } => known.stage = Stage::Decided,
            C::Publish => known.stage = Stage::Published,
            C::FileAppeal { appeal, member, .. } => known.open_appeals.push((*appeal, *member)),
            C::AnswerAppeal { appeal, .. } => known.open_appeals.retain(|(open, _)| open != appeal),
            C::Finalise => known.stage = Stage::Final,
            C::ProposeReopening { .. } => known.reopening = true,
            C::DeclineReopening { .. } => known.reopening = false,
            C::ProposeAnnulment { .. } => known.annulment = true,
            C::DeclineAnnulment { .. } => known.annulment = false,
            C::ReplaceScrutineer { from, to, .. } => {
                known.scrutineers.iter_mut().filter(|one| *one == from).for_each(|one| *one = *to);
                known.forget_counts_of(*from);
            }
            C::Annul => known.stage = Stage::Annulled,
            C::GiveSelfReview { .. }
            | C::GiveLeaderReview { .. }
            | C::IssuePaper { .. }
            | C::ReturnPaper { .. }
            | C::CountPaper { .. } => known.remember_given(command),
            C::Draft { .. } | C::ModerateComment { .. } | C::NoteOverdue { .. } | C::Correct { .. } => {}
        }
        self.rounds.insert(round, known);
    }

    /// Who is reviewed and who reviews, as far as the story knows its roster.
    fn remember_roster(&self, known: &mut Known, without: &[Group]) {
        let people = self.on_duty_of(&known.branches);
        known.reviewed = people.iter().filter(|member| !self.probation.contains(member)).copied().collect();
        let groups = known.rules.groups.iter().map(|rule| rule.group).filter(|group| !without.contains(group));
        known.papers = groups.filter(|_| !known.is_yearly()).map(|group| (group, Paper::default())).collect();
        if known.papers.contains_key(&Group::Peer) {
            known.peers = people.into_iter().filter(|member| !known.leaders.contains(member)).collect();
        }
    }
}
