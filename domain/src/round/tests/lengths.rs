//! What is sealed is as long whatever it says: two sets of answers at random on one roster look alike in the log.

use std::sync::Arc;

use super::*;
use crate::aggregate::Aggregate;
use crate::id::ActorId;
use crate::vault::Vault;
use crate::world::{Context, World};

const AFTER_THE_YEAR: &str = "2023-01-10T01:00:00Z";

/// A vault whose seals are as long as what they hold, and read by anybody.
#[derive(Debug)]
struct Glass;

impl Vault for Glass {
    fn seal(&self, _label: &str, text: &str) -> Sealed {
        Sealed(text.to_owned())
    }

    fn open(&self, sealed: &Sealed) -> Option<String> {
        // What the other vault of these tests sealed is read too.
        Some(sealed.0.split_once('|').map_or(&*sealed.0, |(_, text)| text).to_owned())
    }
}

/// Dice that fall the same way for the same seed: Knuth's multiplier, the high bits.
struct Dice(u64);

impl Dice {
    /// Less than `sides`.
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(sides)).expect("below the sides")
    }

    /// Of one dimension at least, with none, one or two decimals.
    fn marks(&mut self, rules: &Rules) -> Marks {
        let asked = &rules.group(Group::Leader).expect("leaders").dimensions;
        let kept = self.roll(u32::try_from(asked.len()).expect("at most twenty")) as usize;
        let mut given = Marks::new();
        for (at, dimension) in asked.iter().enumerate() {
            if at == kept || self.roll(3) > 0 {
                let (whole, places) = (self.roll(100), ["", ".5", ".05", ".75"][self.roll(4) as usize]);
                given.insert(dimension.code.clone(), amount(&format!("{whole}{places}")));
            }
        }
        given
    }

    /// No more than `most` answers in each dimension; at times too few to count, and all of them the same.
    fn counts(&mut self, rules: &Rules, group: Group, most: u32) -> Counts {
        let asked = &rules.group(group).expect("a group of the rules").dimensions;
        let few = self.roll(4) == 0;
        asked.iter().map(|dimension| (dimension.code.clone(), self.count(rules, if few { 2 } else { most }))).collect()
    }

    fn count(&mut self, rules: &Rules, most: u32) -> Count {
        let sides = u32::try_from(rules.scale.len()).expect("at most twenty");
        let mut count = Count::default();
        for _ballot in 0..most {
            match self.roll(sides + 2) {
                unknown if unknown == sides => count.unknown += 1,
                invalid if invalid > sides => count.invalid += 1,
                grade => *count.grades.entry(rules.scale[grade as usize].grade.clone()).or_default() += 1,
            }
        }
        count
    }
}

/// A round in progress: what it sealed, event by event.
pub(super) struct Course {
    play: Play,
    /// Where it stood once all was given, counted, tallied, decided.
    pub(super) stages: Vec<Play>,
    lengths: Vec<(&'static str, usize)>,
}

impl Course {
    fn does(&mut self, at: &str, command: RoundCommand) {
        let (at, actor, zone) = (instant(at), ActorId("office".to_owned()), Zone::default());
        let context = Context { at, actor, zone, vault: Arc::new(Glass) };
        let decision = Round::decide(ROUND, command, &World::new(&self.play.0), &context).expect("accepted");
        let events = decision.into_events();
        let sealed = events.iter().filter_map(|(_, event)| match event {
            Event::Round(RoundEvent::LeaderReviewGiven { marks, .. }) => Some(("marks", marks.0.len())),
            Event::Round(RoundEvent::PaperCounted { counts, .. }) => Some(("counts", counts.0.len())),
            Event::Round(RoundEvent::Tallied { proposal, .. }) => Some(("proposal", proposal.0.len())),
            Event::Round(RoundEvent::GradesDecided { decided, .. }) => Some(("decided", decided.0.len())),
            _plain => None,
        });
        self.lengths.extend(sealed);
        self.play = self.play.clone().and(events);
    }

    fn stands(&mut self) {
        self.stages.push(self.play.clone());
    }

    fn proposal(&self) -> proposal::Proposal {
        serde_json::from_str(&self.play.round().proposal.as_ref().expect("a proposal").0).expect("a proposal")
    }
}

/// East's quarter with answers at random, up to the decision.
pub(super) fn sealed_at_random(rules: &Rules, seed: u64) -> Course {
    let mut dice = Dice(seed);
    let play = issued(house_under(rules.clone()).does(DRAFTING, draft(&[EAST], 3)).does(OPENING, open()));
    let mut course = Course { play, stages: vec![], lengths: vec![] };
    for number in 1..=7 {
        // Who was marked by whom is seen by everybody.
        for reviewer in [LI, MA].into_iter().take(if number == 3 { 1 } else { 2 }) {
            let (member, marks) = (east(number), dice.marks(rules));
            course.does(VOTING, RoundCommand::GiveLeaderReview { reviewer, member, marks, comment: None });
        }
    }
    course.stands();
    course.does(CLOSES, returned(Group::Peer, 7, 0));
    course.does(CLOSES, returned(Group::Public, 8, 0));
    for (number, group, most) in (1..=7).flat_map(|number| [(number, Group::Peer, 6), (number, Group::Public, 8)]) {
        let counts = dice.counts(rules, group, most);
        for scrutineer in [SU, TAN] {
            course.does(CLOSES, counted_by(scrutineer, group, east(number), counts.clone()));
        }
    }
    course.stands();
    course.does(CLOSES, RoundCommand::Close);
    course.does(AFTER, tally());
    course.stands();
    let grades = course.proposal().results.into_iter().filter(|(_, result)| result.score.is_some());
    let grades = grades.map(|(member, _)| GradeGiven {
        member,
        grade: rules.bands[dice.roll(u32::try_from(rules.bands.len()).expect("few")) as usize].grade.clone(),
        reason: Some(sealed(&"r".repeat(dice.roll(500) as usize))),
    });
    course.does(AFTER, RoundCommand::DecideGrades { given: grades.collect() });
    course.stands();
    course
}

/// Twenty dimensions in each group, twenty grades, codes and decimals as long as they may be.
fn widest_rules() -> Rules {
    let long = |letter: &str, number: usize| code(&format!("{}{number:02}", letter.repeat(62)));
    let mut rules = Preset::Default.rules();
    for group in &mut rules.groups {
        let title = group.dimensions[0].title.clone();
        let dimension = |number| Dimension { code: long("d", number), title: title.clone(), weight: amount("99.9999") };
        group.dimensions = (0..20).map(dimension).collect();
    }
    let title = rules.scale[0].title.clone();
    let points = |number: usize| amount(&format!("{}.{:04}", 99 - number, 9_999 - number));
    let grade = |number| GradeRule { grade: long("g", number), title: title.clone(), points: points(number) };
    rules.scale = (0..20).map(grade).collect();
    rules.bands =
        rules.scale.iter().take(2).map(|rule| Band { grade: rule.grade.clone(), from: rule.points }).collect();
    rules.bands[1].from = Amount::ZERO;
    Rules { cap: None, threshold: 3, ..rules }
}

#[test]
fn two_sets_of_answers_at_random_on_one_roster_seal_to_equal_lengths() {
    let trimmed = Rules { trim_from: Some(4), ..Preset::Renormalise.rules() };
    for (rules, seeds) in [(Preset::Default.rules(), 1..40), (trimmed, 1..10), (widest_rules(), 1..6)] {
        let expected = sealed_at_random(&rules, 0).lengths;
        assert_eq!(expected.len(), 13 + 28 + 2);
        for seed in seeds {
            assert_eq!(sealed_at_random(&rules, seed).lengths, expected, "seed {seed}");
        }
    }
}

#[test]
fn nothing_computed_at_random_is_wider_than_the_widest() {
    let mut seen = vec![];
    for (rules, seed) in [(Preset::Default.rules(), 7), (Preset::Renormalise.rules(), 8), (widest_rules(), 9)] {
        let course = sealed_at_random(&rules, seed);
        let round = course.play.round();
        let (plain, widest) = (widest::length(&course.proposal()), widest::proposal(round, &rules, &course.proposal()));
        assert!(plain <= widest, "{plain} of {widest}");
        seen.push((plain, widest));
    }
    // Not so wide either that the log would feel it.
    assert!(seen[0].1 < 4 * seen[0].0, "{seen:?}");
}

#[test]
fn reasons_beyond_what_is_kept_for_them_tell_that_much_was_written_and_nothing_else() {
    let mut course = sealed_at_random(&Preset::Renormalise.rules(), 3);
    let kept = course.lengths.pop().expect("a decision");
    let results = course.proposal().results;
    let (member, _) = results.into_iter().find(|(_, result)| result.score.is_some()).expect("somebody with a score");
    for (length, same) in [(0, true), (5_000, true), (40_000, false)] {
        let reason = Some(sealed(&"r".repeat(length)));
        let given = vec![GradeGiven { member, grade: code("qualified"), reason }];
        course.does(AFTER, RoundCommand::DecideGrades { given });
        assert_eq!(course.lengths.pop() == Some(kept), same, "{length}");
    }
}

#[test]
fn the_grades_of_a_year_seal_to_equal_lengths() {
    let mut course = Course { play: super::yearly::northern_year(), stages: vec![], lengths: vec![] };
    let given = |number, grade: &str| {
        let (member, reason) = (super::yearly::north(number), Some(sealed("because")));
        GradeGiven { member, grade: code(grade), reason }
    };
    let least = (6..=14).map(|number| given(number, "basically_qualified"));
    for more in [vec![], least.collect()] {
        let tied = [given(4, "excellent"), given(5, if more.is_empty() { "qualified" } else { "not_qualified" })];
        course.does(AFTER_THE_YEAR, RoundCommand::DecideGrades { given: tied.into_iter().chain(more).collect() });
    }
    let [one, other] = course.lengths[..] else { panic!("two decisions: {:?}", course.lengths) };
    assert_eq!(one, other);
}
