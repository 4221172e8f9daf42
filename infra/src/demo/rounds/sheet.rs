//! A quarterly round as it is planned: who is in it, what is said of whom, what comes out.

use std::collections::BTreeMap;

use domain::id::{BranchId, MemberId};
use domain::round::score::{Playing, score};
use domain::round::{Answers, Count, Counts, Group, GroupRule, MemberResult};

use super::answers::{counts, marks};
use super::cases::{self, Case};
use super::levels::level;
use super::setting::{Listed, Setting};
use super::term::Term;
use crate::demo::draws::Draws;
use crate::demo::people::Line;

/// Up to how many people a round always has ballots.
const SMALL: usize = 12;
/// One branch in so many votes on paper in a quarter.
const ROTATION: usize = 4;

/// A round.
pub struct Sheet<'a> {
    /// Where.
    pub setting: &'a Setting<'a>,
    /// Of which quarter.
    pub quarter: i8,
    /// The branches.
    pub branches: Vec<BranchId>,
    /// Who is there.
    pub people: Vec<Listed>,
    /// The leaders, from elsewhere.
    pub leaders: Vec<MemberId>,
    /// The scrutineers, from elsewhere; none where there is nothing to count.
    pub scrutineers: Vec<MemberId>,
    /// What happens besides the ordinary.
    pub case: Option<Case>,
    /// The ballots of the public: handed out, and back.
    pub public: [u32; 2],
}

/// The rounds of a quarter.
#[must_use]
pub fn of_quarter<'a>(setting: &'a Setting<'a>, quarter: i8) -> Vec<Sheet<'a>> {
    let day = Term::of_quarter(quarter).opens;
    let mut seen: BTreeMap<bool, usize> = BTreeMap::new();
    let sheet = |(number, branches): (usize, Vec<BranchId>)| {
        let people = setting.roster(&branches, day);
        let ballots = people.len() <= SMALL || (number + quarter.unsigned_abs() as usize).is_multiple_of(ROTATION);
        let nth = seen.entry(ballots).or_default();
        let case = cases::of(quarter, ballots, *nth);
        *nth += 1;
        let lead = setting.elsewhere(&branches, day, Some(Line::Office));
        let leaders: Vec<MemberId> =
            (0..if ballots { 2 } else { 1 }).map(|at| lead[(number * 2 + at) % lead.len()]).collect();
        let count = setting.elsewhere(&branches, day, None).into_iter().filter(|member| !leaders.contains(member));
        let scrutineers = count.skip(number).step_by(7).take(if ballots { 2 } else { 0 }).collect();
        let issued = Draws::of(setting.seed, &format!("public {quarter} {number}")).between(24, 40) as u32;
        let public = [issued, issued - issued / 9];
        Sheet { setting, quarter, branches, people, leaders, scrutineers, case, public }
    };
    setting.rounds(day).into_iter().enumerate().map(sheet).collect()
}

impl Sheet<'_> {
    /// Whether there is something to count.
    #[must_use]
    pub fn has_ballots(&self) -> bool {
        !self.scrutineers.is_empty()
    }

    /// Who is reviewed.
    pub fn reviewed(&self) -> impl Iterator<Item = &Listed> {
        self.people.iter().filter(|listed| !listed.entry.on_probation)
    }

    /// The peers who take a ballot and bring it back: all in a small round, else nearly all.
    #[must_use]
    pub fn voters(&self) -> Vec<MemberId> {
        let small = self.people.len() <= SMALL;
        let comes = |listed: &&Listed| small || !(listed.at + self.quarter.unsigned_abs() as usize).is_multiple_of(9);
        self.people.iter().filter(comes).map(|listed| listed.entry.member).collect()
    }

    /// What is said of everybody; the attempt tells apart what is said again.
    #[must_use]
    pub fn answers(&self, attempt: u32) -> BTreeMap<MemberId, Answers> {
        let of = |(place, listed): (usize, &Listed)| (listed.entry.member, self.said_of(place, listed, attempt));
        self.reviewed().enumerate().map(of).collect()
    }

    fn said_of(&self, place: usize, listed: &Listed, attempt: u32) -> Answers {
        let Setting { people, seed, rules, .. } = self.setting;
        let level = level(people, *seed, listed.at, self.quarter);
        let mut draws = Draws::of(*seed, &format!("said {} {} {attempt}", listed.at, self.quarter));
        let marks = self.leaders.iter().map(|leader| (*leader, marks(level, &mut draws))).collect();
        let mut said = Answers { marks, counts: BTreeMap::new() };
        let secret = rules.groups.iter().filter(|rule| rule.group.is_secret() && self.has_ballots());
        for rule in secret {
            said.counts.insert(rule.group, counts(rules, rule, level, self.ballots(rule), &mut draws));
        }
        if self.case == Some(Case::Unsure) && place == 3 {
            said.counts.entry(Group::Peer).and_modify(leave_unsure);
        }
        said
    }

    /// How many ballots speak of a person: nobody's own does.
    fn ballots(&self, rule: &GroupRule) -> u32 {
        match rule.group {
            Group::Peer => self.voters().len() as u32 - 1,
            Group::Public | Group::Leader => self.public[1],
        }
    }

    /// The groups in play.
    #[must_use]
    pub fn playing(&self) -> Playing {
        let plays = |group: &Group| self.has_ballots() || *group == Group::Leader;
        Group::ALL.into_iter().filter(plays).map(|group| (group, None)).collect()
    }

    /// What answers make of a person.
    #[must_use]
    pub fn result(&self, answers: &Answers) -> MemberResult {
        score(&self.setting.rules, &self.playing(), answers)
    }
}

/// In one dimension all but four say that they do not know.
fn leave_unsure(counts: &mut Counts) {
    if let Some(count) = counts.values_mut().next_back() {
        let ballots = count.ballots() as u32;
        let best = count.grades.keys().next().cloned();
        let grades = best.into_iter().map(|grade| (grade, 4)).collect();
        *count = Count { grades, unknown: ballots - 4, invalid: 0 };
    }
}
