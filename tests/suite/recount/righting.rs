//! After publication: appeals upheld and refused, corrections with and without one, and the end.

use domain::id::{AppealId, MemberId, ResultId};
use domain::ledger::Correction;
use domain::member::MemberCommand;
use domain::refusal::Refusal;
use domain::round::{Fix, Group, RoundCommand, RoundRefusal};
use domain::world::Command;

use super::opening::Play;
use super::rules::hundredths;
use super::ruling::published;
use super::town::{Town, text};

/// What a correction may be refused for, where it was put together at random.
fn is_meant(refusal: &Refusal) -> bool {
    use RoundRefusal as R;
    let Refusal::Round(refusal) = refusal else { return false };
    matches!(
        refusal,
        R::NothingCorrected { .. }
            | R::NoScore { .. }
            | R::CapExceeded { .. }
            | R::TieUndecided { .. }
            | R::NothingReturned { .. }
    )
}

impl Play<'_> {
    /// Some appeals, some corrections.
    pub fn put_right(&mut self) {
        let reviewed = self.given.reviewed();
        let many = usize::try_from(self.town.chance.below(5)).unwrap();
        for member in self.town.chance.some(&reviewed, many) {
            self.town.log.pass(1);
            match self.town.chance.percent(60) {
                true => self.appeal(member),
                false => self.correct(member),
            }
        }
    }

    fn appeal(&mut self, member: MemberId) {
        let appeal = AppealId(self.town.chance.id());
        self.must("member", RoundCommand::FileAppeal { appeal, member, text: text("why") });
        let fixes = if self.town.chance.percent(60) { self.fixes(member) } else { vec![] };
        let (upheld, answer) = (!fixes.is_empty(), text("because"));
        let upheld = RoundCommand::AnswerAppeal { appeal, upheld, answer: answer.clone(), fixes: fixes.clone() };
        if !self.attempt("judge", upheld, member, &fixes) {
            self.must("judge", RoundCommand::AnswerAppeal { appeal, upheld: false, answer, fixes: vec![] });
        }
    }

    fn correct(&mut self, member: MemberId) {
        let fixes = self.fixes(member);
        let corrected = RoundCommand::Correct { member, fixes: fixes.clone(), reason: text("a slip") };
        self.attempt("office", corrected, member, &fixes);
    }

    /// Whether it was accepted; then it is written down as given.
    fn attempt(&mut self, actor: &str, command: RoundCommand, member: MemberId, fixes: &[Fix]) -> bool {
        let command = self.command(command);
        let before = published(self.town, self.given.round)[&member].score;
        match self.town.ask(actor, &command) {
            Ok(_) => fixes.iter().for_each(|fix| self.write_down(member, fix)),
            Err(refusal) => {
                assert!(is_meant(&refusal), "{command:?} is refused: {refusal}");
                return false;
            }
        }
        let after = published(self.town, self.given.round);
        if after[&member].score != before {
            self.corrected.push((member, self.given.bundle(), after));
        }
        true
    }

    fn write_down(&mut self, member: MemberId, fix: &Fix) {
        match fix {
            Fix::Counts { group, counts } => {
                self.given.counts.entry(member).or_default().insert(*group, counts.clone());
            }
            Fix::Marks { reviewer, marks } => {
                self.given.marks.entry(member).or_default().insert(*reviewer, marks.clone());
            }
            Fix::Grade { .. } => {}
            Fix::Recompute => {
                let year = super::year::year_of(self.town, &self.given, member);
                self.given.years.as_mut().unwrap().insert(member, year);
            }
        }
    }

    /// One or two things that are put right, each once.
    fn fixes(&mut self, member: MemberId) -> Vec<Fix> {
        let mut kinds = self.given.groups.clone();
        kinds.retain(|group| group.is_secret() || self.given.leaders.iter().any(|leader| *leader != member));
        let mut fixes: Vec<Fix> = vec![];
        let many = usize::try_from(self.town.chance.within(1, 2)).unwrap();
        for group in self.town.chance.some(&kinds, many) {
            fixes.push(self.fix(group, member));
        }
        if self.given.years.is_some() && self.town.chance.percent(80) {
            fixes.push(Fix::Recompute);
        }
        if fixes.is_empty() || self.town.chance.percent(10) {
            let band = self.town.chance.one(&self.given.rules.bands).unwrap();
            fixes.push(Fix::Grade { grade: band.grade });
        }
        fixes
    }

    fn fix(&mut self, group: Group, member: MemberId) -> Fix {
        if group.is_secret() {
            return Fix::Counts { group, counts: self.some_counts(group, member) };
        }
        let others: Vec<MemberId> = self.given.leaders.iter().copied().filter(|leader| *leader != member).collect();
        Fix::Marks { reviewer: self.town.chance.one(&others).unwrap(), marks: self.some_marks() }
    }

    /// Final, once the time of appeals is over.
    pub fn finish(&mut self) {
        self.town.log.pass(24 * 20);
        self.must("clerk", RoundCommand::Finalise);
    }
}

/// A few results of the year are corrected.
pub fn correct_results(town: &mut Town) {
    let mut reported = vec![];
    for (member, person) in &town.people {
        reported.extend(person.reported.iter().map(|(cell, (result, _))| (*member, *cell, *result)));
    }
    for (member, cell, corrects) in town.chance.some(&reported, 6) {
        let (result, value) = (ResultId(town.chance.id()), town.chance.within(0, 20_000));
        let exactness = domain::ledger::Exactness::Exact;
        let correction = Correction { result, corrects, value: hundredths(value), exactness };
        let asked = Command::Member(member, MemberCommand::CorrectResult(correction, text("a slip")));
        if town.ask("office", &asked).is_ok() {
            town.people.get_mut(&member).unwrap().reported.insert(cell, (result, value));
        }
    }
}
