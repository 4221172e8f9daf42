//! What came up in the rounds that were played: a proof over cases that never happen would prove nothing.

use std::collections::BTreeMap;

use domain::round::{Basis, Gap, GroupResult, MemberResult, RoundEvent, Rules};

use super::given::Given;
use super::ruling::Results;

/// How often each kind of case came up.
#[derive(Debug, Default)]
pub struct Seen(BTreeMap<&'static str, usize>);

const KINDS: [&str; 23] = [
    "a leader from outside",
    "a leader who is reviewed",
    "a rank parted by a tie rule",
    "a shared rank",
    "a tie across the border of the cap",
    "an appeal refused",
    "an appeal upheld",
    "annulled",
    "comparisons capped at 100",
    "corrected counts",
    "corrected year",
    "everybody votes anew",
    "gap: below the threshold",
    "gap: no answer",
    "gap: surplus",
    "gap: turnout",
    "made whole by the other groups",
    "no place under the cap",
    "on probation",
    "suspended",
    "trimmed",
    "two branches in one quarter",
    "voted again",
];

impl Seen {
    fn note(&mut self, kind: &'static str, is: bool) {
        *self.0.entry(kind).or_default() += usize::from(is);
    }

    /// Fails with the kinds that never came up.
    pub fn check(&self) {
        let missing: Vec<_> = KINDS.iter().filter(|kind| self.0.get(*kind).is_none_or(|times| *times == 0)).collect();
        assert!(missing.is_empty(), "never came up: {missing:?} of {:?}", self.0);
    }

    /// What a round was like.
    pub fn events<'e>(&mut self, events: impl Iterator<Item = &'e RoundEvent>) {
        for event in events {
            match event {
                RoundEvent::GroupRepeated { .. } => self.note("voted again", true),
                RoundEvent::Reopened { .. } => self.note("everybody votes anew", true),
                RoundEvent::Annulled { .. } => self.note("annulled", true),
                RoundEvent::AppealAnswered { upheld, .. } => {
                    self.note(if *upheld { "an appeal upheld" } else { "an appeal refused" }, true);
                }
                RoundEvent::RosterFixed { people, leaders, suspended, .. } => {
                    let within =
                        leaders.iter().filter(|leader| people.iter().any(|one| one.member == **leader)).count();
                    self.note("a leader who is reviewed", within > 0);
                    self.note("a leader from outside", within < leaders.len());
                    self.note("on probation", people.iter().any(|person| person.on_probation));
                    self.note("suspended", !suspended.is_empty());
                }
                RoundEvent::ResultPublished { version: 2.., result, .. } => match &result.basis {
                    Basis::Reviews { groups } => {
                        let counted = groups.iter().any(|group| group.group.is_secret() && group.score.is_some());
                        self.note("corrected counts", counted);
                    }
                    Basis::Year { .. } => self.note("corrected year", true),
                },
                _ => {}
            }
        }
    }

    /// What its results are like.
    pub fn results(&mut self, given: &Given, results: &Results) {
        for result in results.values() {
            let own_key =
                |result: &MemberResult| given.rules.ties.iter().map(|rule| result.tie_key(*rule)).collect::<Vec<_>>();
            let same = results.values().filter(|other| result.score.is_some() && other.score == result.score);
            let (mut alike, mut parted) = (0, 0);
            same.for_each(|other| if own_key(other) == own_key(result) { alike += 1 } else { parted += 1 });
            self.note("a shared rank", alike > 1);
            self.note("a rank parted by a tie rule", parted > 0);
            self.result(&given.rules, result);
        }
    }

    fn result(&mut self, rules: &Rules, result: &MemberResult) {
        self.note("a tie across the border of the cap", result.border_tie);
        match &result.basis {
            Basis::Reviews { groups } => self.groups(groups, result),
            Basis::Year { quarters, comparisons, .. } => {
                let twice = quarters.windows(2).any(|two| two[0].quarter == two[1].quarter);
                self.note("two branches in one quarter", twice);
                let hundred = domain::round::fraction::Fraction::whole(100);
                self.note("comparisons capped at 100", comparisons.iter().any(|metric| metric.completion > hundred));
                let band = result.score.and_then(|score| rules.band(score));
                self.note("no place under the cap", !result.border_tie && band != result.proposed.as_ref());
            }
        }
    }

    fn groups(&mut self, groups: &[GroupResult], result: &MemberResult) {
        let missing = groups.iter().any(|group| group.gap.is_some());
        self.note("made whole by the other groups", missing && result.score.is_some());
        self.note("trimmed", groups.iter().flat_map(|group| &group.dimensions).any(|dimension| dimension.trimmed));
        for gap in groups.iter().filter_map(|group| group.gap) {
            let kind = match gap {
                Gap::NoAnswer => "gap: no answer",
                Gap::Turnout => "gap: turnout",
                Gap::Surplus => "gap: surplus",
                Gap::BelowThreshold => "gap: below the threshold",
            };
            self.note(kind, true);
        }
    }
}
