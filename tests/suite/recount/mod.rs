//! The tally against an implementation that shares nothing with it: `examples/recount`, in Python, with fractions.
//!
//! Rounds at random are driven through the commands until they are published and put right. Each is recounted twice:
//! from what was really given, written down apart, and from what was published. Both must lead to the published
//! results, to the last digit.

mod compare;
mod freeze;
mod given;
mod opening;
mod published;
pub mod python;
mod righting;
mod rules;
mod ruling;
mod seen;
mod town;
mod voting;
mod year;

use domain::event::Event;
use domain::id::{BranchId, RoundId};
use domain::period::{Grain, Period};
use jiff::civil::date;

use compare::Expected;
use given::Given;
use opening::Play;
use published::published;
use python::Recounter;
use ruling::Results;
use seen::Seen;
use town::Town;

/// Rounds to be played, unless the environment asks for more.
const ROUNDS: usize = 300;

/// A number that the environment gives.
fn asked(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a test is told by the environment to go on for longer")]
    let given = std::env::var(name).ok();
    given.map(|number| number.parse().expect("a number"))
}

/// The recounts that are under way.
struct Trial {
    seed: u64,
    recounter: Recounter,
    expected: Vec<Expected>,
    rounds: usize,
    seen: Seen,
}

/// `RECOUNT_ROUNDS` asks for more of them, `RECOUNT_SEED` for another beginning, such as the seed of a failure.
#[test]
fn random_rounds_are_recounted_by_another_program_to_the_last_digit() {
    let wanted = asked("RECOUNT_ROUNDS").map_or(ROUNDS, |rounds| usize::try_from(rounds).unwrap());
    let seed = asked("RECOUNT_SEED").unwrap_or(1);
    let mut trial = Trial { seed, recounter: Recounter::start(), expected: vec![], rounds: 0, seen: Seen::default() };
    while trial.rounds < wanted {
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| trial.play_year()));
        assert!(ended.is_ok(), "the year of seed {} ended so; see above", trial.seed);
        trial.seed += 1;
    }
    let answers = trial.recounter.answers();
    assert_eq!(answers.len(), trial.expected.len(), "each bundle is answered");
    trial.expected.iter().zip(&answers).for_each(|(expected, answer)| expected.meet(answer));
    if wanted >= ROUNDS {
        trial.seen.check();
    }
}

impl Trial {
    /// Four quarters and a year of an organisation.
    fn play_year(&mut self) {
        let mut town = Town::founded(self.seed);
        for number in 1..=4 {
            let quarter = Period::quarter_of(2022, number).unwrap();
            let wait = i32::try_from(town.chance.below(100)).unwrap();
            town.log.move_to_day(quarter.first_day().saturating_add(jiff::Span::new().days(wait)));
            for branches in parts(&mut town) {
                self.play_quarter(&mut town, &branches, quarter);
            }
        }
        town.log.move_to_day(date(2023, 1, 9));
        town.report_year();
        for branches in parts(&mut town) {
            self.play_yearly(&mut town, &branches);
        }
        self.seen.events(town.log.events().iter().filter_map(|(_, event)| match event {
            Event::Round(event) => Some(event),
            Event::Member(_) | Event::Branch(_) => None,
        }));
    }

    fn play_quarter(&mut self, town: &mut Town, branches: &[BranchId], quarter: Period) {
        let rules = rules::some_rules(&mut town.chance);
        town.adopt(&rules);
        for _ in 0..town.chance.below(14) {
            town.log.pass(20);
            town.stir();
        }
        let Some(mut play) = Play::open(town, branches, quarter) else { return };
        let Some(results) = play.rule(&[]) else {
            // Annulled: the branches may have another one.
            return self.play_quarter(town, branches, quarter);
        };
        self.recount(&play, results, "as published");
        play.put_right();
        self.recount(&play, ruling::published(play.town, play.given.round), "as corrected");
        play.finish();
        let given = play.given;
        town.quarters.push(given);
        self.rounds += 1;
    }

    fn play_yearly(&mut self, town: &mut Town, branches: &[BranchId]) {
        let rounds: Vec<RoundId> = town.quarters.iter().map(|given| given.round).collect();
        let Some(mut play) = Play::open_year(town, branches, &rounds) else { return };
        let Some(results) = play.rule(&rounds) else { return };
        self.recount(&play, results, "as published");
        righting::correct_results(play.town);
        play.put_right();
        self.recount(&play, ruling::published(play.town, play.given.round), "as corrected");
        if play.town.chance.percent(60) {
            play.finish();
        }
        self.rounds += 1;
    }

    /// Hands in what was given, and what was published.
    fn recount(&mut self, play: &Play<'_>, results: Results, when: &str) {
        let first = when == "as published";
        self.seen.results(&play.given, &results);
        let Given { round, rules, period, .. } = &play.given;
        let with_grades = first || period.grain() == Grain::Quarter;
        for (what, bundle) in [("given", play.given.bundle()), ("published", published(&play.town.log, *round))] {
            self.recounter.hand_in(&bundle);
            self.expected.push(Expected {
                label: format!("seed {}, round {round}, {what} {when}", self.seed),
                bundle,
                rules: rules.clone(),
                results: results.clone(),
                from_outside: what == "published",
                with_grades,
                only: None,
            });
        }
        // The one whose score was put right, with the grade proposed among the others as they stood then.
        for (member, bundle, results) in &play.corrected {
            self.recounter.hand_in(bundle);
            let label = format!("seed {}, round {round}, {member} put right", self.seed);
            let (bundle, rules, results) = (bundle.clone(), rules.clone(), results.clone());
            let (from_outside, with_grades, only) = (false, true, Some(*member));
            self.expected.push(Expected { label, bundle, rules, results, from_outside, with_grades, only });
        }
    }
}

/// The branches in one to three rounds.
fn parts(town: &mut Town) -> Vec<Vec<BranchId>> {
    let mut parts = [vec![], vec![], vec![]];
    let many = if town.chance.percent(50) { 1 } else { 3 };
    for branch in town.branches.clone() {
        parts[usize::try_from(town.chance.below(many)).unwrap()].push(branch);
    }
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}
