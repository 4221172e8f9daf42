//! The committee's decision: as proposed, or with a reason.

use super::yearly::{north, northern_year};
use super::*;

const JANUARY: &str = "2023-01-10T01:00:00Z";

fn given(member: MemberId, grade: &str, reason: Option<&str>) -> GradeGiven {
    GradeGiven { member, grade: code(grade), reason: reason.map(sealed) }
}

fn decide(given: Vec<GradeGiven>) -> RoundCommand {
    RoundCommand::DecideGrades { given }
}

#[test]
fn a_decision_comes_after_the_tally() {
    closed().asks(AFTER, as_proposed()).then_refused(wrong_stage(Stage::Closed, Stage::Tallied));
    published().asks(AFTER, as_proposed()).then_refused(wrong_stage(Stage::Published, Stage::Tallied));
}

#[test]
fn a_decision_is_in_the_log_only_sealed() {
    let events = tallied().asks(AFTER, as_proposed()).events();
    let [(_, Event::Round(RoundEvent::GradesDecided { version: 1, decided, by }))] = &events[..] else {
        panic!("a decision, but was {events:?}");
    };
    assert!(decided.0.starts_with("decided|"));
    assert_eq!(*by, actor("office"));
}

#[test]
fn grades_are_as_proposed_unless_given_otherwise() {
    let other = vec![given(ANA, "excellent", Some("led the rescue in July"))];
    let play = tallied().does(AFTER, decide(other));
    let (ana, bo) = (play.proposed(ANA), play.proposed(BO));
    assert_eq!((ana.proposed, ana.grade), (Some(code("qualified")), Some(code("excellent"))));
    assert_eq!(ana.reason, Some(sealed("led the rescue in July")));
    assert_eq!((bo.grade, bo.reason), (Some(code("qualified")), None));
}

#[test]
fn a_grade_other_than_proposed_has_a_reason() {
    let refusal = RoundRefusal::WithoutReason { member: ANA };
    tallied().asks(AFTER, decide(vec![given(ANA, "excellent", None)])).then_refused(refusal);
    assert_eq!(tallied().asks(AFTER, decide(vec![given(ANA, "qualified", None)])).events().len(), 1);
}

#[test]
fn each_grade_is_decided_once() {
    let twice = vec![given(ANA, "qualified", None), given(ANA, "excellent", Some("why"))];
    tallied().asks(AFTER, decide(twice)).then_refused(RoundRefusal::DecidedTwice { member: ANA });
}

#[test]
fn a_grade_is_one_of_the_bands_and_for_somebody_reviewed() {
    let refusal = RoundRefusal::UnknownGrade { grade: code("superb") };
    tallied().asks(AFTER, decide(vec![given(ANA, "superb", Some("why"))])).then_refused(refusal);
    let refusal = RoundRefusal::NotReviewed { member: LI };
    tallied().asks(AFTER, decide(vec![given(LI, "qualified", None)])).then_refused(refusal);
}

#[test]
fn without_a_score_there_is_no_grade() {
    let play = opened().does(CLOSES, RoundCommand::Close).does(AFTER, tally());
    let refusal = RoundRefusal::NoScore { member: ANA };
    play.asks(AFTER, decide(vec![given(ANA, "qualified", Some("why"))])).then_refused(refusal);
    assert_eq!(play.does(AFTER, as_proposed()).proposed(ANA).grade, None);
}

#[test]
fn a_decision_is_taken_back_by_another_until_publication() {
    let play = decided().does_by("auditor", AFTER, decide(vec![given(ANA, "excellent", Some("why"))]));
    assert_eq!(play.proposed(ANA).grade, Some(code("excellent")));
    let again = play.does(AFTER, as_proposed());
    assert_eq!(again.proposed(ANA).grade, Some(code("qualified")));
}

#[test]
fn a_quarter_has_no_cap() {
    let all = (1..=7).map(|number| given(east(number), "excellent", Some("a good quarter"))).collect();
    assert_eq!(tallied().asks(AFTER, decide(all)).events().len(), 1);
}

#[test]
fn a_tie_across_the_border_of_the_cap_is_decided_with_a_reason() {
    let branch = BranchId(Uuid::from_u128(0x14));
    let refusal = |number| RoundRefusal::TieUndecided { branch, member: north(number) };
    northern_year().asks(JANUARY, as_proposed()).then_refused(refusal(4));
    let one = vec![given(north(4), "excellent", Some("more service"))];
    northern_year().asks(JANUARY, decide(one.clone())).then_refused(refusal(5));
    let bare = vec![one[0].clone(), given(north(5), "qualified", None)];
    northern_year().asks(JANUARY, decide(bare)).then_refused(RoundRefusal::WithoutReason { member: north(5) });
    let both = vec![one[0].clone(), given(north(5), "qualified", Some("less service"))];
    assert_eq!(northern_year().asks(JANUARY, decide(both)).events().len(), 1);
}

#[test]
fn no_branch_has_more_excellent_than_places() {
    let branch = BranchId(Uuid::from_u128(0x14));
    let both = [4, 5].map(|number| given(north(number), "excellent", Some("both did well"))).to_vec();
    let refusal = RoundRefusal::CapExceeded { branch, places: 4, given: 5 };
    northern_year().asks(JANUARY, decide(both)).then_refused(refusal);
}
