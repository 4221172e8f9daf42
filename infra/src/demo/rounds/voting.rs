//! What people give in a round and how it is counted: self reviews, leaders' marks, ballots of paper.

use std::collections::BTreeMap;

use domain::id::{MemberId, RoundId};
use domain::round::{Answers, Counts, Group, Marks, RoundCommand};
use jiff::civil::Date;

use super::answers::{COMMENTS, SELF_REVIEWS};
use super::cases::Case;
use super::sheet::Sheet;
use super::term::Term;
use crate::demo::draft::{Act, Hour, Timeline};
use crate::demo::draws::Draws;
use crate::demo::money::whole;

/// A leader's comment: whose, of whom.
pub type Comment = (MemberId, MemberId);

/// A vote: of which round, in which days, with what answers.
pub struct Vote<'s, 'a> {
    /// As planned.
    pub sheet: &'s Sheet<'a>,
    /// Which round.
    pub round: RoundId,
    /// The days.
    pub term: Term,
    /// What is said of everybody.
    pub answers: &'s BTreeMap<MemberId, Answers>,
}

impl Vote<'_, '_> {
    /// Nearly everybody looks back at their own quarter.
    pub fn review_selves(&self, timeline: &mut Timeline) {
        let mut draws = Draws::of(self.sheet.setting.seed, &format!("self reviews {}", self.round));
        for (at, listed) in self.sheet.people.iter().enumerate() {
            let (member, text) = (listed.entry.member, (*draws.pick(&SELF_REVIEWS)).to_owned());
            if draws.once_in(6) {
                continue;
            }
            timeline.plan(self.term.day(at), Hour::Day, "self-reviews", |_| {
                let words = [(member.0, ("text", text))];
                Act::round_saying(self.round, words, move |[text]| RoundCommand::GiveSelfReview { member, text })
            });
        }
    }

    /// The leaders mark everybody, some with a comment.
    pub fn mark(&self, timeline: &mut Timeline) -> Vec<Comment> {
        let mut draws = Draws::of(self.sheet.setting.seed, &format!("comments {}", self.round));
        let mut comments = vec![];
        for (at, (member, said)) in self.answers.iter().enumerate() {
            for (leader, marks) in &said.marks {
                let comment = draws.once_in(9).then(|| *draws.pick(&COMMENTS));
                comments.extend(comment.map(|_| (*leader, *member)));
                let again = at == 0 && self.sheet.case == Some(Case::MarkedAgain);
                let first = if again { lower(marks) } else { marks.clone() };
                self.give((*leader, *member), first, comment, (self.term.day(at), Hour::Day), timeline);
                if again {
                    // The last one before the close counts.
                    self.give((*leader, *member), marks.clone(), None, (self.term.closes, Hour::Day), timeline);
                }
            }
        }
        comments
    }

    fn give(
        &self,
        (reviewer, member): Comment,
        marks: Marks,
        comment: Option<&str>,
        (day, hour): (Date, Hour),
        timeline: &mut Timeline,
    ) {
        let words = comment.map(|comment| (member.0, ("comment", comment.to_owned()))).into_iter().collect();
        timeline.plan(day, hour, "leader-reviews", |_| {
            Act::round_reasoning(self.round, words, move |texts| {
                let (marks, comment) = (marks.clone(), texts.into_iter().next());
                RoundCommand::GiveLeaderReview { reviewer, member, marks, comment }
            })
        });
    }

    /// Ballots go out to these peers, one each.
    pub fn issue_to_peers(&self, peers: &[MemberId], timeline: &mut Timeline) {
        for (at, peer) in peers.iter().enumerate() {
            let command = RoundCommand::IssuePaper { group: Group::Peer, to: Some(*peer), count: 1 };
            timeline.plan(self.term.day(at), Hour::Day, "papers", |_| Act::round(self.round, command));
        }
    }

    /// And a pile of them to the public.
    pub fn issue_to_public(&self, timeline: &mut Timeline) {
        let command = RoundCommand::IssuePaper { group: Group::Public, to: None, count: self.sheet.public[0] };
        timeline.plan(self.term.day(0), Hour::Day, "papers", |_| Act::round(self.round, command));
    }

    /// The box of a group is opened.
    pub fn take_back(&self, group: Group, returned: u32, timeline: &mut Timeline) {
        let command = RoundCommand::ReturnPaper { group, returned, blank: 0 };
        timeline.plan(self.term.counted(), Hour::Day, "paper-returns", |_| Act::round(self.round, command));
    }

    /// Both scrutineers count a group, each on their own.
    pub fn count(&self, group: Group, timeline: &mut Timeline) {
        for (at, (member, said)) in self.answers.iter().enumerate() {
            let Some(counts) = said.counts.get(&group) else { continue };
            for (nth, scrutineer) in self.sheet.scrutineers.iter().enumerate() {
                let slip = (at, nth) == (0, 1) && group == Group::Peer && self.sheet.case == Some(Case::Recounts);
                let first = if slip { miscounted(counts) } else { counts.clone() };
                self.enter(group, *member, *scrutineer, first, Hour::Books, timeline);
                if slip {
                    self.enter(group, *member, *scrutineer, counts.clone(), Hour::Boards, timeline);
                }
            }
        }
    }

    fn enter(
        &self,
        group: Group,
        member: MemberId,
        scrutineer: MemberId,
        counts: Counts,
        hour: Hour,
        timeline: &mut Timeline,
    ) {
        let command = RoundCommand::CountPaper { group, member, scrutineer, counts };
        timeline.plan(self.term.counted(), hour, "paper-counts", |_| Act::round(self.round, command));
    }

    /// The round closes once all is counted.
    pub fn close(&self, timeline: &mut Timeline) {
        timeline
            .plan(self.term.counted(), Hour::Close, "round-closes", |_| Act::round(self.round, RoundCommand::Close));
    }
}

/// The marks with a first one of 60.
fn lower(marks: &Marks) -> Marks {
    let mut marks = marks.clone();
    marks.values_mut().take(1).for_each(|mark| *mark = whole(60));
    marks
}

/// One ballot less than there is.
#[must_use]
pub fn miscounted(counts: &Counts) -> Counts {
    let mut counts = counts.clone();
    let grades = counts.values_mut().next().into_iter().flat_map(|count| count.grades.values_mut());
    grades.filter(|count| **count > 0).take(1).for_each(|count| *count -= 1);
    counts
}
