//! Rules that cannot make a score are refused with all their faults; what was adopted is there in versions.

use super::faults::{CALENDAR_MAX, Fault, Faults, METRICS_MAX, check};
use super::*;
use crate::branch::{BranchCommand, BranchRefusal};

fn adopt(rules: Rules) -> Command {
    Command::Branch(BranchId::root(), BranchCommand::AdoptRules(Box::new(rules)))
}

fn faults_of(change: impl FnOnce(&mut Rules)) -> Vec<Fault> {
    let mut rules = Preset::Default.rules();
    change(&mut rules);
    check(&rules).expect_err("faults").0
}

#[test]
fn every_preset_can_make_a_score() {
    for preset in Preset::ALL {
        assert_eq!(check(&preset.rules()), Ok(()), "{preset:?}");
    }
}

#[test]
fn rules_are_adopted_in_versions() {
    let rules = Preset::ThreeGrades.rules();
    house().0.when(adopt(rules.clone())).then([adopted(3, rules)]);
    house().0.when(adopt(Preset::Renormalise.rules())).then_nothing();
}

#[test]
fn only_the_top_committee_adopts_rules() {
    let command = BranchCommand::AdoptRules(Box::new(Preset::Default.rules()));
    house().0.when(Command::Branch(EAST, command)).then_refused(BranchRefusal::RulesAtRoot { branch: EAST });
}

#[test]
fn all_the_faults_are_told_at_once() {
    let mut rules = Preset::Default.rules();
    rules.groups[0].weight_percent = amount("50");
    rules.threshold = 2;
    rules.publicity_days = 0;
    let faults = Faults(vec![Fault::Weights { sum: amount("110") }, Fault::Threshold { threshold: 2 }, Fault::Days]);
    house().0.when(adopt(rules)).then_refused(RoundRefusal::RulesUnfit { faults });
}

#[test]
fn groups_are_there_once_and_weigh_100_together() {
    let twice = |rules: &mut Rules| rules.groups[1].group = Group::Leader;
    assert_eq!(faults_of(twice), [Fault::Groups]);
    let none = |rules: &mut Rules| rules.groups.clear();
    assert_eq!(faults_of(none), [Fault::Groups, Fault::Weights { sum: Amount::ZERO }]);
    let nothing = |rules: &mut Rules| {
        rules.groups[0].weight_percent = Amount::ZERO;
        rules.groups[1].weight_percent = amount("70");
    };
    assert_eq!(faults_of(nothing), [Fault::Weights { sum: amount("100") }]);
}

#[test]
fn a_group_is_asked_something_and_each_thing_once() {
    let fault = [Fault::Dimensions { group: Group::Peer }];
    assert_eq!(faults_of(|rules| rules.groups[1].dimensions.clear()), fault);
    assert_eq!(faults_of(|rules| rules.groups[1].dimensions[0].code = code("part")), fault);
    assert_eq!(faults_of(|rules| rules.groups[1].dimensions[0].weight = Amount::ZERO), fault);
    let many = |rules: &mut Rules| {
        let dimension = rules.groups[1].dimensions[0].clone();
        let numbered = |number| Dimension { code: code(&format!("d{number}")), ..dimension.clone() };
        rules.groups[1].dimensions = (0..21).map(numbered).collect();
    };
    assert_eq!(faults_of(many), fault);
}

#[test]
fn grades_fall_from_at_most_100_to_at_least_0() {
    assert_eq!(faults_of(|rules| rules.scale[0].points = amount("100.01")), [Fault::Scale]);
    assert_eq!(faults_of(|rules| rules.scale[3].points = amount("-1")), [Fault::Scale]);
    assert_eq!(faults_of(|rules| rules.scale[1].points = amount("100")), [Fault::Scale]);
    let unknown = Fault::BandGrade { grade: code("best") };
    let best = Fault::CapGrade { grade: code("excellent") };
    assert_eq!(faults_of(|rules| rules.bands[0].grade = code("best")), [unknown, best]);
}

#[test]
fn bands_fall_to_0() {
    assert_eq!(faults_of(|rules| rules.bands[3].from = amount("1")), [Fault::Bands]);
    assert_eq!(faults_of(|rules| rules.bands[1].from = amount("90")), [Fault::Bands]);
    assert_eq!(faults_of(|rules| rules.bands.swap(1, 2)), [Fault::Bands], "out of order");
    assert_eq!(faults_of(|rules| rules.bands[2].grade = code("qualified")), [Fault::Bands]);
    let none = |rules: &mut Rules| (rules.bands, rules.cap) = (vec![], None);
    assert_eq!(faults_of(none), [Fault::Bands]);
}

#[test]
fn a_cap_is_a_share_of_the_best_grade_with_one_below_it() {
    let cap = |grade: &str, numerator, denominator| Some(Cap { grade: code(grade), numerator, denominator });
    let other = Fault::CapGrade { grade: code("qualified") };
    assert_eq!(faults_of(|rules| rules.cap = cap("qualified", 1, 3)), [other]);
    assert_eq!(faults_of(|rules| rules.cap = cap("excellent", 0, 3)), [Fault::CapShare]);
    assert_eq!(faults_of(|rules| rules.cap = cap("excellent", 4, 3)), [Fault::CapShare]);
    let alone = |rules: &mut Rules| rules.bands = vec![Band { grade: code("excellent"), from: Amount::ZERO }];
    assert_eq!(faults_of(alone), [Fault::CapGrade { grade: code("excellent") }]);
}

#[test]
fn a_turnout_can_be_reached() {
    let turnout = |numerator, denominator, or_equal| Turnout { numerator, denominator, or_equal };
    for wrong in [turnout(1, 1, false), turnout(2, 1, true), turnout(0, 0, true), turnout(0, 0, false)] {
        assert_eq!(faults_of(|rules| rules.turnout = wrong), [Fault::Turnout], "{wrong:?}");
    }
    let two_thirds = turnout(2, 3, true);
    assert_eq!([3, 4, 5].map(|taken_part| two_thirds.reached(taken_part, 6)), [false, true, true]);
    assert!(!turnout(0, 1, true).reached(0, 6), "nobody is never enough");
}

#[test]
fn counting_keeps_answers_secret_and_something_to_count() {
    assert_eq!(faults_of(|rules| rules.trim_from = Some(2)), [Fault::Trimming { from: 2 }]);
    assert_eq!(faults_of(|rules| rules.ties = vec![TieRule::Performance; 2]), [Fault::Ties]);
    assert_eq!(faults_of(|rules| rules.threshold = 2), [Fault::Threshold { threshold: 2 }]);
}

#[test]
fn times_talks_years_and_calendars_are_within_reason() {
    assert_eq!(faults_of(|rules| rules.appeal_days = 367), [Fault::Days]);
    assert_eq!(faults_of(|rules| rules.talks.below = amount("101")), [Fault::Talks]);
    assert_eq!(faults_of(|rules| rules.talks.last_one_in = Some(1)), [Fault::Talks]);
    assert_eq!(faults_of(|rules| rules.year.reviews_percent = amount("41")), [Fault::Year]);
    assert_eq!(faults_of(|rules| rules.year.least_quarters = 5), [Fault::Year]);
    let weight = |rules: &mut Rules| _ = rules.year.metric_weights.insert(code("premium"), Amount::ZERO);
    assert_eq!(faults_of(weight), [Fault::MetricWeight { metric: code("premium") }]);
    let many = |rules: &mut Rules| {
        rules.year.metric_weights = (0..=METRICS_MAX).map(|at| (code(&format!("m{at}")), Amount::ONE)).collect();
    };
    assert_eq!(faults_of(many), [Fault::MetricWeights { given: METRICS_MAX + 1 }]);
    assert_eq!(faults_of(|rules| rules.calendar.off = vec![MARCH, MARCH]), [Fault::Calendar]);
    let long = |rules: &mut Rules| {
        let days = std::iter::successors(Some(MARCH), |day| day.tomorrow().ok());
        rules.calendar.off = days.take(CALENDAR_MAX + 1).collect();
    };
    assert_eq!(faults_of(long), [Fault::Calendar]);
}

#[test]
fn working_days_leave_out_weekends_and_days_off_but_for_those_that_are_worked() {
    let saturday = date(2022, 10, 8);
    let calendar = Calendar { off: vec![date(2022, 10, 10)], worked: vec![saturday] };
    assert_eq!(calendar.after(date(2022, 10, 7), 0), Some(date(2022, 10, 7)));
    assert_eq!(calendar.after(date(2022, 10, 7), 1), Some(saturday));
    assert_eq!(calendar.after(date(2022, 10, 7), 2), Some(date(2022, 10, 11)));
    assert_eq!(calendar.after(Date::MAX, 1), None);
}

#[test]
fn every_fault_speaks_both_languages() {
    let grade = || code("g");
    let faults = [
        Fault::Groups,
        Fault::Weights { sum: amount("1") },
        Fault::Dimensions { group: Group::Peer },
        Fault::Scale,
        Fault::BandGrade { grade: grade() },
        Fault::Bands,
        Fault::Turnout,
        Fault::Threshold { threshold: 2 },
        Fault::Trimming { from: 2 },
        Fault::Ties,
        Fault::CapGrade { grade: grade() },
        Fault::CapShare,
        Fault::Days,
        Fault::Talks,
        Fault::Year,
        Fault::MetricWeight { metric: grade() },
        Fault::MetricWeights { given: 9 },
        Fault::Calendar,
    ];
    let mut told = std::collections::BTreeSet::new();
    for fault in faults {
        let (english, chinese) = (fault.to_string(), format!("{fault:#}"));
        assert!(
            english.is_ascii() && !chinese.replace('g', "").contains(|c: char| c.is_ascii_alphabetic()),
            "{chinese}"
        );
        assert!(told.insert(english) && told.insert(chinese));
    }
}
