//! Appeals and corrections: the result stands meanwhile, the old version is kept.

use super::*;

const TUESDAY: &str = "2022-10-11T01:00:00Z";
/// When no appeal is filed any more: midnight after the seventh working day.
const TOO_LATE: &str = "2022-10-19T16:00:00Z";
/// Ten working days after Tuesday, 11 October.
const ANSWER_UNTIL: &str = "2022-10-25T16:00:00Z";

fn file_as(appeal: AppealId, member: MemberId) -> RoundCommand {
    RoundCommand::FileAppeal { appeal, member, text: sealed("the count of politics is wrong") }
}

fn file() -> RoundCommand {
    file_as(APPEAL, ANA)
}

fn answer(upheld: bool, fixes: Vec<Fix>) -> RoundCommand {
    RoundCommand::AnswerAppeal { appeal: APPEAL, upheld, answer: sealed("looked at"), fixes }
}

fn correct(fixes: Vec<Fix>) -> RoundCommand {
    RoundCommand::Correct { member: ANA, fixes, reason: sealed("a slip of the pen") }
}

fn overdue() -> RoundCommand {
    RoundCommand::NoteOverdue { appeal: APPEAL }
}

fn filed() -> Play {
    filed_by("office")
}

fn filed_by(who: &str) -> Play {
    published().does_by(who, TUESDAY, file())
}

/// Politics of all six is excellent: the group has 563/6 and the round 901.5/10.
fn recount() -> Fix {
    let counts = peer_counts([6, 0, 0, 0, 0], [3, 2, 0, 0, 1], [2, 3, 1, 0, 0]);
    Fix::Counts { group: Group::Peer, counts }
}

fn mark(duty: &str) -> Fix {
    Fix::Marks { reviewer: LI, marks: marks(&[("duty", duty), ("contests", "80")]) }
}

#[test]
fn an_appeal_is_filed_against_a_published_result() {
    let (appeal, member, text) = (APPEAL, ANA, sealed("the count of politics is wrong"));
    let answer_until = instant(ANSWER_UNTIL);
    let filed = in_round(RoundEvent::AppealFiled { appeal, member, text, answer_until, by: Some(actor("office")) });
    published().asks(TUESDAY, file()).then([filed]);
    decided().asks(AFTER, file()).then_refused(wrong_stage(Stage::Decided, Stage::Published));
    published().asks(TUESDAY, file_as(APPEAL, LI)).then_refused(RoundRefusal::NotReviewed { member: LI });
}

#[test]
fn an_appeal_a_second_before_midnight_is_in_time_and_at_midnight_it_is_late() {
    let refusal = || RoundRefusal::AppealTooLate { member: ANA, until: moment(TOO_LATE) };
    assert_eq!(published().asks("2022-10-19T15:59:59Z", file()).events().len(), 1);
    published().asks(TOO_LATE, file()).then_refused(refusal());
    published().asks("2022-10-19T16:00:01Z", file()).then_refused(refusal());
    assert_eq!(refusal().facts()[1].1, "2022-10-20T00:00:00+08:00");
}

#[test]
fn one_appeal_at_a_time_and_each_with_its_id() {
    let other = AppealId(Uuid::from_u128(0xAB));
    filed().asks(TUESDAY, file_as(other, ANA)).then_refused(RoundRefusal::AppealOpen { member: ANA, appeal: APPEAL });
    filed().asks(TUESDAY, file_as(APPEAL, BO)).then_refused(RoundRefusal::AppealIdInUse { appeal: APPEAL });
    assert_eq!(filed().asks(TUESDAY, file_as(other, BO)).events().len(), 1);
    let answered = filed().does_by("auditor", TUESDAY, answer(false, vec![]));
    assert_eq!(answered.asks(TUESDAY, file_as(other, ANA)).events().len(), 1);
}

#[test]
fn an_appeal_is_answered_by_another_than_who_decided() {
    let refusal = RoundRefusal::SamePerson { actor: actor("office") };
    filed_by("ana").asks(TUESDAY, answer(false, vec![])).then_refused(refusal);
    let (appeal, member, answered, by) = (APPEAL, ANA, sealed("looked at"), actor("auditor"));
    let event = RoundEvent::AppealAnswered { appeal, member, upheld: false, answer: answered, by };
    filed().asks_by("auditor", TUESDAY, answer(false, vec![])).then([in_round(event)]);
}

#[test]
fn an_appeal_is_answered_by_another_than_who_filed_it() {
    let refusal = RoundRefusal::SamePerson { actor: actor("auditor") };
    filed_by("auditor").asks_by("auditor", TUESDAY, answer(false, vec![])).then_refused(refusal);
}

#[test]
fn what_an_appeal_asks_for_is_not_put_right_beside_it() {
    let refusal = RoundRefusal::AppealOpen { member: ANA, appeal: APPEAL };
    filed().asks_by("board", TUESDAY, correct(vec![recount()])).then_refused(refusal);
    let other = RoundCommand::Correct { member: BO, fixes: vec![mark("1")], reason: sealed("a slip of the pen") };
    assert_eq!(filed().asks_by("board", TUESDAY, other).events().len(), 3);
    let answered = filed().does_by("auditor", TUESDAY, answer(false, vec![]));
    assert_eq!(answered.asks_by("board", TUESDAY, correct(vec![recount()])).events().len(), 3);
}

#[test]
fn who_put_the_result_right_does_not_answer_either() {
    let play = published().does_by("auditor", TUESDAY, correct(vec![recount()])).does(TUESDAY, file());
    let refusal = RoundRefusal::SamePerson { actor: actor("auditor") };
    play.asks_by("auditor", TUESDAY, answer(false, vec![])).then_refused(refusal);
    assert_eq!(play.asks_by("board", TUESDAY, answer(false, vec![])).events().len(), 1);
    // Nor who put it right before another did.
    let play = published().does_by("auditor", TUESDAY, correct(vec![recount()]));
    let play = play.does_by("board", TUESDAY, correct(vec![mark("100")])).does(TUESDAY, file());
    for who in ["auditor", "board"] {
        let refusal = RoundRefusal::SamePerson { actor: actor(who) };
        play.asks_by(who, TUESDAY, answer(false, vec![])).then_refused(refusal);
    }
}

#[test]
fn who_decided_first_does_not_answer_though_another_decided_anew() {
    let play = decided().does_by("second", AFTER, as_proposed()).does(AFTER, RoundCommand::Publish);
    let play = play.does_by("ana", TUESDAY, file());
    for who in ["office", "second"] {
        let refusal = RoundRefusal::SamePerson { actor: actor(who) };
        play.asks_by(who, TUESDAY, answer(false, vec![])).then_refused(refusal);
    }
}

#[test]
fn an_upheld_appeal_makes_a_new_version_of_the_result() {
    let play = filed();
    let events = play.asks_by("auditor", TUESDAY, answer(true, vec![recount()])).events();
    let (appeal, member, by) = (APPEAL, ANA, actor("auditor"));
    let (branch, period, version) = (EAST, q3(), 2);
    let reason = sealed("looked at");
    let result = play.clone().and(events.clone()).published(ANA);
    assert_eq!((result.score, result.grade.clone()), (score("90.15"), Some(code("excellent"))));
    let answered = RoundEvent::AppealAnswered { appeal, member, upheld: true, answer: reason.clone(), by: by.clone() };
    let put_right = vec![PutRight::Counts { group: Group::Peer }];
    let corrected = RoundEvent::Corrected { member, version, appeal: Some(appeal), reason, by, put_right };
    let published =
        RoundEvent::ResultPublished { member, branch, period, version, result, score_before: score("89.65") };
    // (90.15 + 6 × 89.65) ÷ 7
    let scored = RoundEvent::BranchScored { branch, period, score: score("89.72"), persons: 7 };
    assert_eq!(events, [answered, corrected, published, scored].map(in_round));
}

#[test]
fn an_upheld_appeal_puts_something_right_and_a_refused_one_nothing() {
    let play = filed();
    let wrong = |upheld, fixes| play.asks_by("auditor", TUESDAY, answer(upheld, fixes));
    wrong(true, vec![]).then_refused(RoundRefusal::FixesUnfit { given: 0 });
    wrong(false, vec![recount()]).then_refused(RoundRefusal::FixesUnfit { given: 1 });
    wrong(true, vec![recount(), recount()]).then_refused(RoundRefusal::FixesUnfit { given: 2 });
}

#[test]
fn only_an_open_appeal_is_answered() {
    let refusal = RoundRefusal::UnknownAppeal { appeal: APPEAL };
    published().asks_by("auditor", TUESDAY, answer(false, vec![])).then_refused(refusal);
    let answered = filed().does_by("auditor", TUESDAY, answer(false, vec![]));
    let refusal = RoundRefusal::AppealAnswered { appeal: APPEAL };
    answered.asks_by("auditor", TUESDAY, answer(false, vec![])).then_refused(refusal);
}

#[test]
fn an_appeal_that_waits_too_long_is_noted_once_and_still_answered() {
    let refusal = RoundRefusal::NotYet { round: ROUND, due: moment(ANSWER_UNTIL) };
    filed().asks("2022-10-25T15:59:59Z", overdue()).then_refused(refusal);
    let (appeal, member, answer_until) = (APPEAL, ANA, instant(ANSWER_UNTIL));
    let noted = in_round(RoundEvent::AppealOverdue { appeal, member, answer_until });
    filed().asks(ANSWER_UNTIL, overdue()).then([noted.clone()]);
    let late = filed().and([noted]);
    late.asks(ANSWER_UNTIL, overdue()).then_refused(RoundRefusal::AlreadyOverdue { appeal });
    assert_eq!(late.asks_by("auditor", ANSWER_UNTIL, answer(false, vec![])).events().len(), 1);
}

#[test]
fn a_correction_changes_something_of_somebody_reviewed() {
    let nothing = || RoundRefusal::NothingCorrected { member: ANA };
    for fixes in [
        vec![],
        vec![mark("90")],
        vec![Fix::Recompute],
        vec![Fix::Counts { group: Group::Peer, counts: example_peers() }],
    ] {
        published().asks(TUESDAY, correct(fixes)).then_refused(nothing());
    }
    let command = RoundCommand::Correct { member: LI, fixes: vec![mark("1")], reason: sealed("why") };
    published().asks(TUESDAY, command).then_refused(RoundRefusal::NotReviewed { member: LI });
    decided().asks(AFTER, correct(vec![recount()])).then_refused(wrong_stage(Stage::Decided, Stage::Published));
}

#[test]
fn the_grade_follows_the_score_unless_it_was_decided_otherwise() {
    let play = published().does(TUESDAY, correct(vec![mark("10")]));
    assert_eq!((play.published(ANA).score, play.published(ANA).grade), (score("81.65"), Some(code("qualified"))));
    let grade = code("basically_qualified");
    let given = vec![GradeGiven { member: ANA, grade: grade.clone(), reason: Some(sealed("why")) }];
    let play = tallied().does(AFTER, RoundCommand::DecideGrades { given }).does(AFTER, RoundCommand::Publish);
    let result = play.does(TUESDAY, correct(vec![recount()])).published(ANA);
    assert_eq!(
        (result.proposed, result.grade, result.reason),
        (Some(code("excellent")), Some(grade), Some(sealed("why")))
    );
}

#[test]
fn a_grade_is_put_right_with_its_reason() {
    let result = published().does(TUESDAY, correct(vec![Fix::Grade { grade: code("excellent") }])).published(ANA);
    assert_eq!((result.score, result.grade), (score("89.65"), Some(code("excellent"))));
    assert_eq!(result.reason, Some(sealed("a slip of the pen")));
    let refusal = RoundRefusal::UnknownGrade { grade: code("superb") };
    published().asks(TUESDAY, correct(vec![Fix::Grade { grade: code("superb") }])).then_refused(refusal);
}

#[test]
fn what_is_put_right_keeps_the_rules_of_reviews_and_counts() {
    let refused = |fix: Fix| published().asks(TUESDAY, correct(vec![fix]));
    let too_many = peer_counts([7, 0, 0, 0, 0], [0; 5], [0; 5]);
    let dimension = code("politics");
    refused(Fix::Counts { group: Group::Peer, counts: too_many }).then_refused(RoundRefusal::CountsExceedBallots {
        member: ANA,
        dimension,
        counted: 7,
        most: 6,
    });
    let other = Fix::Marks { reviewer: BO, marks: marks(&[("duty", "90")]) };
    refused(other).then_refused(RoundRefusal::NotALeader { member: BO });
    refused(mark("101")).then_refused(RoundRefusal::MarkOutOfRange { dimension: code("duty"), mark: amount("101") });
}

#[test]
fn a_correction_says_what_is_put_right() {
    let fixes = vec![recount(), mark("100"), Fix::Grade { grade: code("qualified") }, Fix::Recompute];
    let events = published().asks(TUESDAY, correct(fixes)).events();
    let Event::Round(RoundEvent::Corrected { put_right, .. }) = &events[0].1 else {
        panic!("a correction, but was {events:?}");
    };
    let (counts, marks) = (PutRight::Counts { group: Group::Peer }, PutRight::Marks { reviewer: LI });
    assert_eq!(*put_right, [counts, marks, PutRight::Grade, PutRight::Recompute]);
}

#[test]
fn a_second_correction_starts_from_the_first() {
    let play = published().does(TUESDAY, correct(vec![recount()])).does(TUESDAY, correct(vec![mark("100")]));
    // Duty 92.5 and contests 87.5 make 90: 36 + 28.15 + 27, where the plain members' group would make 27.65.
    assert_eq!(play.published(ANA).score, score("91.15"));
    let events = play.asks(TUESDAY, correct(vec![mark("90")])).events();
    let Event::Round(RoundEvent::ResultPublished { version, score_before, .. }) = &events[1].1 else {
        panic!("a result, but was {events:?}");
    };
    assert_eq!((*version, *score_before), (4, score("91.15")));
}

/// The quarter without valid answers of peers on Ana.
fn without_peers() -> Play {
    let silent = peer_counts([4, 0, 0, 0, 2], [6, 0, 0, 0, 0], [6, 0, 0, 0, 0]);
    let play = counted(before_close(2), Group::Peer, ANA, &silent);
    let play = play.does(CLOSES, RoundCommand::Close).does(AFTER, tally()).does(AFTER, as_proposed());
    play.does(AFTER, RoundCommand::Publish)
}

fn peer_gap(play: &Play) -> Option<Gap> {
    match play.published(ANA).basis {
        Basis::Reviews { groups } => groups[1].gap,
        Basis::Year { .. } => None,
    }
}

#[test]
fn a_group_that_did_not_count_stays_as_it_was_unless_it_is_put_right() {
    let play = without_peers();
    assert_eq!((peer_gap(&play), play.published(ANA).score), (Some(Gap::BelowThreshold), score("88.57")));
    play.asks(TUESDAY, correct(vec![mark("90")])).then_refused(RoundRefusal::NothingCorrected { member: ANA });
    let marked = play.clone().does(TUESDAY, correct(vec![mark("100")]));
    assert_eq!(peer_gap(&marked), Some(Gap::BelowThreshold));
    let counted = play.does(TUESDAY, correct(vec![Fix::Counts { group: Group::Peer, counts: example_peers() }]));
    assert_eq!((peer_gap(&counted), counted.published(ANA).score), (None, score("89.65")));
}

#[test]
fn marks_that_made_no_group_count_once_the_missing_ones_are_there() {
    let play = opened().does(VOTING, leader_review(LI, ANA, &[("duty", "90")]));
    let play = play.does(CLOSES, RoundCommand::Close).does(AFTER, tally()).does(AFTER, as_proposed());
    let play = play.does(AFTER, RoundCommand::Publish);
    let fix = Fix::Marks { reviewer: MA, marks: marks(&[("contests", "80")]) };
    let Basis::Reviews { groups } = play.does(TUESDAY, correct(vec![fix])).published(ANA).basis else {
        panic!("of reviews");
    };
    assert_eq!(groups[0].score.as_ref().map(ToString::to_string), Some("85".to_owned()));
}

#[test]
fn an_answer_after_its_time_is_late_also_where_nobody_noted_it() {
    let play = filed();
    let answer_until = play.round().appeals[&APPEAL].answer_until;
    let late = answer_until.to_string();
    let events = play.asks_by("auditor", &late, answer(false, vec![])).events();
    let overdue = RoundEvent::AppealOverdue { appeal: APPEAL, member: ANA, answer_until };
    assert_eq!((events.len(), &events[0]), (2, &in_round(overdue.clone())));
    let noted = play.does(&late, RoundCommand::NoteOverdue { appeal: APPEAL });
    assert_eq!(noted.asks_by("auditor", &late, answer(false, vec![])).events().len(), 1, "once");
}
