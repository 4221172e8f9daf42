//! Scores of published rounds, found by looking for what each round said last of a subject, and when first.

use std::collections::{BTreeMap, BTreeSet};

use domain::amount::Amount;
use domain::event::{Event, Fact};
use domain::id::RoundId;
use domain::ledger::Direction;
use domain::period::Period;
use domain::round::{Basis, Group, MemberResult, RoundEvent};
use domain::stream::StreamKind;
use projections::cell::Json;
use projections::scores::Scored;
use projections::standings::{Parts, StandingRow};
use rust_decimal::Decimal;

use super::Naive;
use super::ledger::Subject;

type Key = (Subject, Period);

/// What a fact publishes of a subject: score and tie key.
fn published(fact: &Fact) -> Option<(Key, [Option<Amount>; 2])> {
    match &fact.event {
        Event::Round(RoundEvent::ResultPublished { member, period, result, .. }) => {
            Some((((StreamKind::Member, member.0), *period), [result.score, tie(result)]))
        }
        Event::Round(RoundEvent::BranchScored { branch, period, score, .. }) => {
            Some((((StreamKind::Branch, branch.0), *period), [*score, None]))
        }
        _ => None,
    }
}

fn tie(result: &MemberResult) -> Option<Amount> {
    let exact = match &result.basis {
        Basis::Reviews { groups } => groups.iter().find(|of| of.group == Group::Leader)?.score.clone(),
        Basis::Year { performance, .. } => performance.clone(),
    };
    exact?.rounded()
}

/// Whether a fact takes back what its round published of a subject.
fn takes_back(fact: &Fact, (subject, of): Key) -> bool {
    match &fact.event {
        Event::Round(RoundEvent::ResultWithdrawn { member, period, .. }) => {
            subject == (StreamKind::Member, member.0) && *period == of
        }
        Event::Round(RoundEvent::Annulled { branches, period, .. }) => {
            branches.iter().any(|branch| subject == (StreamKind::Branch, branch.0)) && *period == of
        }
        _ => false,
    }
}

impl Naive<'_> {
    /// The standing of every subject and period of which a round's score stands.
    pub fn score_rows(self) -> Vec<StandingRow> {
        let mut rounds: BTreeMap<Key, BTreeSet<RoundId>> = BTreeMap::new();
        for fact in self.facts() {
            if let Some((key, _)) = published(fact) {
                rounds.entry(key).or_default().insert(RoundId(fact.stream.id));
            }
        }
        rounds.into_iter().filter_map(|(key, rounds)| self.score_row(key, rounds)).collect()
    }

    /// Of a subject and a period, from the rounds that ever published a score of it.
    fn score_row(self, key: Key, rounds: BTreeSet<RoundId>) -> Option<StandingRow> {
        let mut scores: Vec<Scored> = rounds.into_iter().filter_map(|round| self.scored(key, round)).collect();
        scores.sort_by_key(|scored| scored.position);
        let last = scores.iter().rev().find(|scored| scored.score.is_some());
        let ((subject_kind, subject), period) = key;
        (!scores.is_empty()).then(|| StandingRow {
            subject_kind,
            metric: "round_score".parse().unwrap(),
            period,
            subject,
            value: last.and_then(|scored| scored.score).map(Amount::decimal),
            direction: Direction::HigherIsBetter,
            aggregation: None,
            weighted_sum: Decimal::ZERO,
            days: 0,
            last_period: None,
            results: scores.len() as i64,
            at_least: 0,
            plan: None,
            base: None,
            completion: None,
            growth: None,
            over_plan: None,
            parts: Parts::default(),
            tie_key: last.and_then(|scored| scored.tie),
            scores: Json(scores.clone()),
        })
    }

    /// What a round has said of a subject since it last took something back.
    fn scored(self, key: Key, round: RoundId) -> Option<Scored> {
        let own: Vec<&Fact> = self.facts_on(round.into()).collect();
        let since = own.iter().rposition(|fact| takes_back(fact, key)).map_or(0, |at| at + 1);
        let said = |fact: &&&Fact| published(fact).is_some_and(|(of, _)| of == key);
        let first = own[since..].iter().find(said)?;
        let (_, [score, tie]) = published(own[since..].iter().rfind(said)?)?;
        Some(Scored { round, position: first.position.0, score, tie })
    }
}
