//! Votes: leaders mark, ballots go out and come back, two count them, and the round closes.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::MemberId;
use domain::refusal::Refusal;
use domain::round::{Code, Count, Counts, Group, Marks, RoundCommand, RoundEvent, RoundRefusal};
use harness::chance::Chance;
use jiff::Timestamp;

use super::given::Paper;
use super::opening::{Play, closing};
use super::rules::hundredths;
use super::town::text;

impl Play<'_> {
    /// Everything of one vote, until it is closed; these groups vote.
    pub fn vote(&mut self, closes_at: Timestamp, groups: &[Group]) {
        if groups.contains(&Group::Leader) {
            self.mark_everybody();
        }
        let secret: Vec<Group> = groups.iter().copied().filter(|group| group.is_secret()).collect();
        for group in &secret {
            self.issue(*group);
        }
        // What happens to people now changes no result.
        for _ in 0..self.town.chance.below(4) {
            self.town.stir();
        }
        self.town.log.move_to(closes_at);
        for group in secret {
            self.take_back(group);
            // Some count at once, also what turns out to be void.
            if self.given.papers[&group].returned > 0 && self.town.chance.percent(25) {
                self.count_everybody(group);
            }
        }
        self.close();
    }

    fn mark_everybody(&mut self) {
        for (leader, member) in self.pairs() {
            let sure = if self.style == 3 { 40 } else { 92 };
            if leader == member || !self.town.chance.percent(sure) {
                continue;
            }
            self.mark(leader, member);
            if self.town.chance.percent(10) {
                self.mark(leader, member);
            }
        }
    }

    fn pairs(&self) -> Vec<(MemberId, MemberId)> {
        let reviewed = self.given.reviewed();
        self.given.leaders.iter().flat_map(|leader| reviewed.iter().map(move |member| (*leader, *member))).collect()
    }

    fn mark(&mut self, reviewer: MemberId, member: MemberId) {
        let marks = self.some_marks();
        let comment = self.town.chance.percent(20).then(|| text("a comment"));
        self.must("leader", RoundCommand::GiveLeaderReview { reviewer, member, marks: marks.clone(), comment });
        self.given.marks.entry(member).or_default().insert(reviewer, marks);
    }

    /// Marks in some of the dimensions, one at least.
    pub fn some_marks(&mut self) -> Marks {
        let dimensions = self.dimensions(Group::Leader);
        let style = self.style;
        let chance = &mut self.town.chance;
        let mut marked: Vec<Code> = dimensions.iter().filter(|_| chance.percent(93)).cloned().collect();
        if marked.is_empty() {
            marked.extend(chance.one(&dimensions));
        }
        marked.into_iter().map(|dimension| (dimension, mark(chance, style))).collect()
    }

    fn dimensions(&self, group: Group) -> Vec<Code> {
        let rule = self.given.rules.group(group).unwrap();
        rule.dimensions.iter().map(|dimension| dimension.code.clone()).collect()
    }

    fn issue(&mut self, group: Group) {
        let mut paper = Paper::default();
        if group == Group::Peer {
            let all = self.given.peers.len();
            let sure = self.town.chance.one(&[100, 100, 95, 60]).unwrap();
            let peers = self.town.chance.some(&self.given.peers.clone(), all);
            for peer in peers.into_iter().filter(|_| self.town.chance.percent(sure)).collect::<Vec<_>>() {
                self.must("office", RoundCommand::IssuePaper { group, to: Some(peer), count: 1 });
                paper.issued_to.insert(peer);
            }
            (paper.eligible, paper.issued) = (all, u64::try_from(paper.issued_to.len()).unwrap());
        } else {
            for _ in 0..self.town.chance.one(&[1, 1, 2, 3, 0]).unwrap() {
                let most = self.town.chance.one(&[12, 40]).unwrap();
                let count = u32::try_from(self.town.chance.within(1, most)).unwrap();
                self.must("office", RoundCommand::IssuePaper { group, to: None, count });
                paper.issued += u64::from(count);
            }
            paper.eligible = usize::try_from(paper.issued).unwrap();
        }
        self.given.papers.insert(group, paper);
    }

    fn take_back(&mut self, group: Group) {
        let paper = self.given.papers.get_mut(&group).unwrap();
        if paper.issued == 0 {
            return;
        }
        let chance = &mut self.town.chance;
        paper.returned = match chance.below(10) {
            0 => paper.issued + chance.within(1, 3),
            1 => chance.within(0, paper.issued / 2),
            2 => paper.issued.div_ceil(2),
            3..=5 => paper.issued - chance.below(paper.issued.div_ceil(5)),
            _ => paper.issued,
        };
        paper.blank = if chance.percent(30) { chance.within(0, paper.returned / 3) } else { 0 };
        let (returned, blank) = (u32::try_from(paper.returned).unwrap(), u32::try_from(paper.blank).unwrap());
        self.must("office", RoundCommand::ReturnPaper { group, returned, blank });
    }

    /// Closes; what is still missing is counted first, and what differs is settled.
    fn close(&mut self) {
        let closed = loop {
            let command = self.command(RoundCommand::Close);
            match self.town.ask("office", &command) {
                Ok(events) => break events,
                Err(Refusal::Round(RoundRefusal::CountMissing { persons })) => {
                    let groups: BTreeSet<Group> = persons.0.iter().map(|(group, _)| *group).collect();
                    groups.into_iter().for_each(|group| self.count_everybody(group));
                }
                Err(Refusal::Round(RoundRefusal::CountsDiffer { persons })) => {
                    persons.0.into_iter().for_each(|(group, member)| self.settle(group, member));
                }
                Err(refusal) => panic!("the close is refused: {refusal}"),
            }
        };
        let events = &self.town.log.events()[closed];
        let voided = events.iter().filter_map(|(_, event)| match event.clone().try_into() {
            Ok(RoundEvent::GroupVoided { group, .. }) => Some(group),
            Ok(_) | Err(_) => None,
        });
        let voided: Vec<Group> = voided.collect();
        for group in voided {
            if self.town.chance.percent(60) {
                self.repeat(group);
            }
        }
    }

    fn repeat(&mut self, group: Group) {
        let closes_at = closing(self.town);
        self.must("office", RoundCommand::RepeatGroup { group, closes_at });
        self.given.counts.values_mut().for_each(|counts| _ = counts.remove(&group));
        self.vote(closes_at, &[group]);
    }

    fn count_everybody(&mut self, group: Group) {
        let scrutineers = self.given.scrutineers.clone();
        for member in self.given.reviewed() {
            let counts = self.some_counts(group, member);
            self.count(group, member, scrutineers[0], counts.clone());
            let differs = self.town.chance.percent(2);
            let other = if differs { self.some_counts(group, member) } else { counts.clone() };
            self.count(group, member, scrutineers[1], other);
            self.given.counts.entry(member).or_default().insert(group, counts);
        }
    }

    /// The second scrutineer counts again, and finds what the first one found.
    fn settle(&mut self, group: Group, member: MemberId) {
        let counts = self.given.counts[&member][&group].clone();
        self.count(group, member, self.given.scrutineers[1], counts);
    }

    fn count(&mut self, group: Group, member: MemberId, scrutineer: MemberId, counts: Counts) {
        self.must("scrutineer", RoundCommand::CountPaper { group, member, scrutineer, counts });
    }

    /// Counts on a person in every dimension, never more than there can be.
    pub fn some_counts(&mut self, group: Group, member: MemberId) -> Counts {
        let most = self.given.most(group, member);
        let grades: Vec<Code> = self.given.rules.scale.iter().map(|rule| rule.grade.clone()).collect();
        let dimensions = self.dimensions(group);
        let (style, chance) = (self.style, &mut self.town.chance);
        let dull = if style == 3 { 40 } else { 4 };
        dimensions.into_iter().map(|dimension| (dimension, counted(chance, &grades, most, style, dull))).collect()
    }
}

fn mark(chance: &mut Chance, style: u64) -> domain::amount::Amount {
    match style {
        1 => hundredths(7391),
        2 => hundredths(chance.within(8_800, 10_000)),
        _ if chance.percent(40) => hundredths(chance.within(0, 100) * 100),
        _ => hundredths(chance.within(0, 10_000)),
    }
}

fn counted(chance: &mut Chance, grades: &[Code], ballots: u64, style: u64, dull: u64) -> Count {
    let mut count = Count::default();
    let mut of_grade: BTreeMap<Code, u32> = BTreeMap::new();
    for _ in 0..ballots {
        match (style, chance.below(100)) {
            (1, _) => *of_grade.entry(grades[0].clone()).or_default() += 1,
            (_, drawn) if drawn < dull => {}
            (_, drawn) if drawn < dull + 6 => count.unknown += 1,
            (_, drawn) if drawn < dull + 9 => count.invalid += 1,
            (2, drawn) if drawn < 80 => *of_grade.entry(grades[0].clone()).or_default() += 1,
            _ => *of_grade.entry(chance.one(grades).unwrap()).or_default() += 1,
        }
    }
    count.grades = of_grade;
    count
}
