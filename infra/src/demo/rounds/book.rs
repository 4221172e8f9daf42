//! What came out of the rounds so far, as the log will have it.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{MemberId, RoundId};
use domain::round::{MemberResult, QuarterResult};
use jiff::civil::Date;

use super::term;

/// A quarterly round that is final.
pub struct Held {
    /// Which.
    pub round: RoundId,
    /// The day on which it became final.
    pub final_on: Date,
    /// Everybody's result, corrections included.
    pub results: BTreeMap<MemberId, MemberResult>,
}

/// The quarterly rounds, by quarter.
#[derive(Default)]
pub struct Book(BTreeMap<i8, Vec<Held>>);

impl Book {
    /// Enters a round.
    pub fn enter(&mut self, quarter: i8, held: Held) {
        self.0.entry(quarter).or_default().push(held);
    }

    /// The round in which somebody was reviewed in a quarter.
    #[must_use]
    pub fn round_of(&self, quarter: i8, member: MemberId) -> Option<&Held> {
        self.0.get(&quarter)?.iter().find(|held| held.results.contains_key(&member))
    }

    /// The rounds in which some people were reviewed.
    #[must_use]
    pub fn rounds_of(&self, members: &[MemberId]) -> Vec<RoundId> {
        let concerns = |held: &&Held| members.iter().any(|member| held.results.contains_key(member));
        let rounds: BTreeSet<RoundId> = self.0.values().flatten().filter(concerns).map(|held| held.round).collect();
        rounds.into_iter().collect()
    }

    /// Somebody's quarters with a score.
    #[must_use]
    pub fn quarters_of(&self, member: MemberId) -> Vec<QuarterResult> {
        let quarters = (1..=4).filter_map(|quarter| self.round_of(quarter, member).map(|held| (quarter, held)));
        let scored = quarters.filter_map(|(quarter, held)| {
            let score = held.results.get(&member)?.score?;
            // Nobody is in two rounds of a quarter, so that days weigh nothing.
            Some(QuarterResult { quarter: term::of(quarter), round: held.round, score, days: 1 })
        });
        scored.collect()
    }
}
