//! What is given in a round and what is counted.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::MemberId;
use domain::round::{Count, Counts, Group, Marks, RoundCommand, Stage};
use jiff::Timestamp;

use super::Story;
use super::rounds::Known;

/// A group's voting as the story knows it: the latest attempt.
#[derive(Debug, Clone, Default)]
pub(super) struct Paper {
    closed: bool,
    pub issued: u32,
    to: BTreeSet<MemberId>,
    /// How many came back, and how many of them blank.
    returned: Option<(u32, u32)>,
    /// On whom, by whom.
    counts: BTreeMap<(MemberId, MemberId), Counts>,
}

impl Paper {
    /// More came back than were issued: these ballots are never looked at.
    fn is_surplus(&self) -> bool {
        self.returned.is_some_and(|(returned, _)| returned > self.issued)
    }

    /// The most answers on somebody.
    fn most(&self, member: MemberId) -> u32 {
        let (returned, blank) = self.returned.unwrap_or_default();
        returned.saturating_sub(blank).min(self.issued - u32::from(self.to.contains(&member)))
    }
}

impl Known {
    pub(super) fn close(&mut self) {
        self.stage = Stage::Closed;
        self.papers.values_mut().for_each(|paper| paper.closed = true);
    }

    pub(super) fn vote_again(&mut self, groups: &[Group], closes_at: Timestamp) {
        (self.stage, self.closes_at) = (Stage::Opened, closes_at);
        self.papers.extend(groups.iter().map(|group| (*group, Paper::default())));
    }

    /// What somebody counted of the attempts under way is void.
    pub(super) fn forget_counts_of(&mut self, scrutineer: MemberId) {
        for paper in self.papers.values_mut().filter(|paper| !paper.closed) {
            paper.counts.retain(|(_, by), _| *by != scrutineer);
        }
    }

    pub(super) fn remember_given(&mut self, command: &RoundCommand) {
        use RoundCommand as C;
        match command {
            C::GiveSelfReview { member, .. } => _ = self.own.insert(*member),
            C::GiveLeaderReview { reviewer, member, comment, .. } => {
                self.marked.insert((*reviewer, *member));
                self.comments.retain(|known| *known != (*reviewer, *member));
                self.comments.extend(comment.iter().map(|_| (*reviewer, *member)));
            }
            C::IssuePaper { group, to, count } => {
                if let Some(paper) = self.papers.get_mut(group) {
                    paper.issued += count;
                    paper.to.extend(to);
                }
            }
            C::ReturnPaper { group, returned, blank } => {
                if let Some(paper) = self.papers.get_mut(group) {
                    paper.returned = Some((*returned, *blank));
                }
            }
            C::CountPaper { group, member, scrutineer, counts } => {
                if let Some(paper) = self.papers.get_mut(group) {
                    paper.counts.insert((*member, *scrutineer), counts.clone());
                }
            }
            C::ReplaceScrutineer { .. }
            | C::Draft { .. }
            | C::Open { .. }
            | C::Close
            | C::RepeatGroup { .. }
            | C::Tally { .. }
            | C::ModerateComment { .. }
            | C::DecideGrades { .. }
            | C::Publish
            | C::FileAppeal { .. }
            | C::NoteOverdue { .. }
            | C::AnswerAppeal { .. }
            | C::Correct { .. }
            | C::Finalise
            | C::ProposeReopening { .. }
            | C::Reopen { .. }
            | C::DeclineReopening { .. }
            | C::ProposeAnnulment { .. }
            | C::Annul
            | C::DeclineAnnulment { .. } => {}
        }
    }
}

impl Story {
    /// Everything that may be given still: reviews, marks, ballots.
    pub(super) fn left_to_give(&mut self, known: &Known) -> Vec<RoundCommand> {
        let mut left = vec![];
        if known.papers.values().all(|paper| !paper.closed) {
            let own: Vec<MemberId> = known.reviewed.iter().filter(|who| !known.own.contains(who)).copied().collect();
            left.extend(own.into_iter().map(|member| RoundCommand::GiveSelfReview { member, text: self.text() }));
        }
        for (group, paper) in known.papers.iter().filter(|(_, paper)| !paper.closed) {
            match group {
                Group::Leader => self.add_marks_left(known, &mut left),
                Group::Peer => {
                    let without = known.peers.iter().filter(|peer| !paper.to.contains(peer));
                    let issue = |peer: &MemberId| RoundCommand::IssuePaper { group: *group, to: Some(*peer), count: 1 };
                    left.extend(without.map(issue));
                }
                Group::Public if paper.issued == 0 => {
                    let count = 5 + u32::try_from(self.chance.below(4)).unwrap_or_default();
                    left.push(RoundCommand::IssuePaper { group: *group, to: None, count });
                }
                Group::Public => {}
            }
        }
        left
    }

    fn add_marks_left(&mut self, known: &Known, left: &mut Vec<RoundCommand>) {
        for reviewer in known.leaders.iter().copied() {
            let others = known.reviewed.iter().filter(|member| **member != reviewer);
            let unmarked = others.filter(|member| !known.marked.contains(&(reviewer, **member)));
            for member in unmarked.copied() {
                let (marks, comment) = (self.marks(known), self.chance.percent(60).then(|| self.text()));
                left.push(RoundCommand::GiveLeaderReview { reviewer, member, marks, comment });
            }
        }
    }

    /// Marks on every question, or on one.
    pub(super) fn marks(&mut self, known: &Known) -> Marks {
        let questions = known.rules.group(Group::Leader).map(|rule| rule.dimensions.clone()).unwrap_or_default();
        let all = questions.len();
        let asked = if self.chance.percent(10) { 1 } else { all };
        let questions = self.chance.some(&questions, asked);
        let mut mark = || format!("{}", 40 + self.chance.below(13) * 5).parse().expect("a mark");
        questions.into_iter().map(|question| (question.code, mark())).collect()
    }

    /// What is to be counted still: the boxes first, then one scrutineer's count, then the other's until it is the same.
    pub(super) fn left_to_count(&mut self, known: &Known) -> Vec<RoundCommand> {
        let mut left = vec![];
        let voting = known.papers.iter().filter(|(group, paper)| group.is_secret() && !paper.closed);
        for (group, paper) in voting.filter(|(_, paper)| paper.issued > 0 && !paper.is_surplus()) {
            match paper.returned {
                None => left.push(self.take_back(*group, paper.issued)),
                Some(_) => left.extend(known.reviewed.iter().filter_map(|of| self.count_left_on(known, *group, *of))),
            }
        }
        left
    }

    fn take_back(&mut self, group: Group, issued: u32) -> RoundCommand {
        let returned = match self.chance.below(10) {
            0 => issued + 1,
            1 => issued / 2,
            _ => issued,
        };
        let blank = if returned > 4 && self.chance.percent(30) { 1 } else { 0 };
        RoundCommand::ReturnPaper { group, returned, blank }
    }

    fn count_left_on(&mut self, known: &Known, group: Group, member: MemberId) -> Option<RoundCommand> {
        let paper = known.papers.get(&group)?;
        let [one, other] = known.scrutineers[..].try_into().ok()?;
        let (first, second) = (paper.counts.get(&(member, one)), paper.counts.get(&(member, other)));
        let (scrutineer, counts) = match (first, second) {
            (None, _) => (one, self.counts(known, group, member)),
            (Some(first), Some(second)) if first == second => return None,
            (Some(_), None) if self.chance.percent(10) => (other, self.counts(known, group, member)),
            (Some(first), _) => (other, first.clone()),
        };
        Some(RoundCommand::CountPaper { group, member, scrutineer, counts })
    }

    /// Counts of as many answers as there can be.
    pub(super) fn counts(&mut self, known: &Known, group: Group, member: MemberId) -> Counts {
        let most = known.papers.get(&group).map_or(0, |paper| paper.most(member));
        let questions = known.rules.group(group).map(|rule| rule.dimensions.clone()).unwrap_or_default();
        questions.into_iter().map(|question| (question.code, self.count(known, most))).collect()
    }

    fn count(&mut self, known: &Known, most: u32) -> Count {
        let mut count = Count::default();
        for _ in 0..most {
            match self.chance.one(&known.rules.scale).filter(|_| self.chance.percent(93)) {
                Some(rule) => *count.grades.entry(rule.grade).or_default() += 1,
                None => count.unknown += 1,
            }
        }
        count
    }
}
