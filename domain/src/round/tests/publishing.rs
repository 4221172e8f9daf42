//! Publication: results come into the open, and the time limits begin.

use super::*;

#[test]
fn what_was_decided_is_published_with_its_time_limits() {
    let events = decided().asks(AFTER, RoundCommand::Publish).events();
    // Five and seven working days after Monday, 10 October: the ends of the 17th and of the 19th.
    let (publicity_until, appeal_until) = (instant("2022-10-17T16:00:00Z"), instant("2022-10-19T16:00:00Z"));
    assert_eq!(events[0], in_round(RoundEvent::Published { version: 1, publicity_until, appeal_until }));
    assert_eq!(events.len(), 9);
    // The mean over the seven, rounded once.
    let scored = RoundEvent::BranchScored { branch: EAST, period: q3(), score: score("89.65"), persons: 7 };
    assert_eq!(events[8], in_round(scored));
    let (branch, period, version, score_before) = (EAST, q3(), 1, None);
    let results = decided().proposal().results;
    for ((member, result), event) in results.into_iter().zip(&events[1..]) {
        let published = RoundEvent::ResultPublished { member, branch, period, version, result, score_before };
        assert_eq!(*event, in_round(published));
    }
}

#[test]
fn the_time_limits_count_working_days_of_the_calendar() {
    let calendar = Calendar { off: vec![date(2022, 10, 11)], worked: vec![date(2022, 10, 15)] };
    let rules = Rules { calendar, ..Preset::Default.rules() };
    let play = house_under(rules).does(DRAFTING, draft(&[EAST], 3)).does(OPENING, open());
    let play = play.does(CLOSES, RoundCommand::Close).does(AFTER, tally()).does(AFTER, as_proposed());
    let play = play.does(AFTER, RoundCommand::Publish);
    // 12, 13, 14, the worked Saturday 15, and Monday 17.
    assert_eq!(play.round().until.expect("time limits").publicity, instant("2022-10-17T16:00:00Z"));
}

#[test]
fn only_what_was_decided_is_published() {
    tallied().asks(AFTER, RoundCommand::Publish).then_refused(wrong_stage(Stage::Tallied, Stage::Decided));
    published().asks(AFTER, RoundCommand::Publish).then_refused(wrong_stage(Stage::Published, Stage::Decided));
}

#[test]
fn incomplete_results_are_published_as_such() {
    let play = opened().does(CLOSES, RoundCommand::Close).does(AFTER, tally()).does(AFTER, as_proposed());
    let result = play.does(AFTER, RoundCommand::Publish).published(ANA);
    assert_eq!((result.score, result.grade, result.exact), (None, None, None));
}

#[test]
fn nothing_sealed_is_kept_once_it_is_published() {
    assert!(decided().round().proposal().is_some());
    assert_eq!(published().round().proposal(), None);
}

#[test]
fn a_state_survives_being_stored() {
    for play in [opened(), closed(), decided(), published()] {
        let stored = serde_json::to_string(play.round()).expect("a plain tree");
        assert_eq!(serde_json::from_str::<Round>(&stored).expect("what was stored"), *play.round());
    }
}
