//! After the close: the tally, the decision, publication; everybody votes anew now and then, or all is annulled.

use std::collections::BTreeMap;

use domain::event::Event;
use domain::id::{MemberId, RoundId};
use domain::round::proposal::Proposal;
use domain::round::{Code, GradeGiven, MemberResult, RoundCommand, RoundEvent};
use domain::text::Sealed;
use domain::vault::Vault;
use harness::memory::CodedVault;

use super::opening::{Play, closing};
use super::town::{Town, text};

pub type Results = BTreeMap<MemberId, MemberResult>;

/// The latest version of everybody's published result.
pub fn published(town: &Town, round: RoundId) -> Results {
    let mut results = Results::new();
    for event in of_round(town.log.events(), round) {
        if let RoundEvent::ResultPublished { member, result, .. } = event {
            results.insert(*member, result.clone());
        }
    }
    results
}

/// The events of a round.
pub fn of_round(events: &[(domain::stream::StreamId, Event)], round: RoundId) -> impl Iterator<Item = &RoundEvent> {
    events.iter().filter(move |(stream, _)| *stream == round.into()).filter_map(|(_, event)| match event {
        Event::Round(event) => Some(event),
        Event::Member(_) | Event::Branch(_) => None,
    })
}

pub fn opened(sealed: &Sealed) -> Results {
    let plain = CodedVault.open(sealed).unwrap();
    serde_json::from_str::<Proposal>(&plain).unwrap().results
}

/// Without what the committee adds.
fn as_proposed(mut results: Results) -> Results {
    results.values_mut().for_each(|result| (result.grade, result.reason) = (None, None));
    results
}

impl Play<'_> {
    /// Everything until publication; `rounds` are the quarters of a year. Nothing where the round was annulled.
    pub fn rule(&mut self, rounds: &[RoundId]) -> Option<Results> {
        if self.given.years.is_none() && self.town.chance.percent(8) {
            self.vote_anew();
        }
        let proposal = self.tally(rounds);
        if self.given.years.is_none() && self.town.chance.percent(6) {
            self.vote_anew();
            return self.rule(rounds);
        }
        if self.town.chance.percent(4) {
            self.annul();
            return None;
        }
        if self.town.chance.percent(20) {
            self.decide(&proposal);
        }
        let decided = self.decide(&proposal);
        let told = self.must("office", RoundCommand::Publish);
        super::freeze::check(&self.town.log.events()[self.frozen_from..told.start], &self.given);
        let results = published(self.town, self.given.round);
        assert_eq!(results, decided, "what was decided is what is published");
        assert_eq!(as_proposed(results.clone()), proposal, "what was proposed is what is published");
        Some(results)
    }

    fn tally(&mut self, rounds: &[RoundId]) -> Results {
        let tallied = self.must("office", RoundCommand::Tally { rounds: rounds.to_vec() });
        let sealed = of_round(&self.town.log.events()[tallied], self.given.round).find_map(|event| match event {
            RoundEvent::Tallied { proposal, .. } => Some(proposal),
            _ => None,
        });
        opened(sealed.unwrap())
    }

    /// Everybody votes anew: what was given before counts no more.
    fn vote_anew(&mut self) {
        self.must("office", RoundCommand::ProposeReopening { reason: text("reason") });
        let closes_at = closing(self.town);
        self.must("second", RoundCommand::Reopen { closes_at });
        (self.given.marks, self.given.counts) = (BTreeMap::new(), BTreeMap::new());
        let groups = self.given.groups.clone();
        self.vote(closes_at, &groups);
    }

    fn annul(&mut self) {
        self.must("office", RoundCommand::ProposeAnnulment { reason: text("reason") });
        let end = self.must("second", RoundCommand::Annul).end;
        super::freeze::check(&self.town.log.events()[self.frozen_from..end], &self.given);
    }

    /// Grades as proposed, but for some; a tie across the border of the cap gets the lower grade.
    fn decide(&mut self, proposal: &Results) -> Results {
        let grades: Vec<Code> = self.given.rules.bands.iter().map(|band| band.grade.clone()).collect();
        let mut given = vec![];
        for (member, result) in proposal.iter().filter(|(_, result)| result.score.is_some()) {
            let reason = Some(text("reason"));
            let grade = match result.border_tie {
                true => grades[1].clone(),
                false if self.town.chance.percent(7) => self.town.chance.one(&grades[1..]).unwrap(),
                false => continue,
            };
            given.push(GradeGiven { member: *member, grade, reason });
        }
        let decided = self.must("committee", RoundCommand::DecideGrades { given });
        let sealed = of_round(&self.town.log.events()[decided], self.given.round).find_map(|event| match event {
            RoundEvent::GradesDecided { decided, .. } => Some(decided),
            _ => None,
        });
        opened(sealed.unwrap())
    }
}
