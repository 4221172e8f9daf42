//! Reviews with a name, until the close; comments are moderated before they are shown.

use super::*;

fn self_review() -> RoundCommand {
    RoundCommand::GiveSelfReview { member: ANA, text: sealed("kept my word") }
}

fn duty(mark: &str) -> RoundCommand {
    leader_review(LI, ANA, &[("duty", mark)])
}

fn commented(comment: Option<&str>) -> RoundCommand {
    let (marks, comment) = (marks(&[("duty", "90")]), comment.map(sealed));
    RoundCommand::GiveLeaderReview { reviewer: LI, member: ANA, marks, comment }
}

fn moderate(released: bool, reason: Option<&str>) -> RoundCommand {
    RoundCommand::ModerateComment { reviewer: LI, member: ANA, released, reason: reason.map(sealed) }
}

#[test]
fn everybody_on_the_roster_reviews_themselves() {
    let text = sealed("kept my word");
    opened().asks(VOTING, self_review()).then([in_round(RoundEvent::SelfReviewGiven { member: ANA, text })]);
    let other = RoundCommand::GiveSelfReview { member: LI, text: sealed("me too") };
    opened().asks(VOTING, other).then_refused(RoundRefusal::NotReviewed { member: LI });
}

#[test]
fn who_is_on_probation_reviews_themselves_too() {
    let play = house().and(joined(east(8), EAST, Some(date(2023, 3, 1))));
    let play = play.does(DRAFTING, draft(&[EAST], 1)).does(OPENING, open());
    let command = RoundCommand::GiveSelfReview { member: east(8), text: sealed("learned much") };
    assert_eq!(play.asks(VOTING, command).events().len(), 1);
}

#[test]
fn a_self_review_is_given_where_the_rules_ask_for_it() {
    let rules = Rules { self_review: false, ..Preset::Default.rules() };
    let play = house_under(rules).does(DRAFTING, draft(&[EAST], 3)).does(OPENING, open());
    play.asks(VOTING, self_review()).then_refused(RoundRefusal::NoSelfReview { round: ROUND });
}

#[test]
fn a_self_review_weighs_nothing() {
    assert_eq!(opened().does(VOTING, self_review()).round(), opened().round());
}

#[test]
fn what_is_given_a_second_before_the_close_counts_and_at_its_very_instant_is_late() {
    let late = || RoundRefusal::TimeOver { round: ROUND, closed_at: moment(CLOSES) };
    for command in [duty("90"), self_review(), to_peer(ANA), to_public(1)] {
        assert_eq!(opened().asks("2022-09-30T15:59:59Z", command.clone()).events().len(), 1);
        opened().asks(CLOSES, command.clone()).then_refused(late());
        opened().asks("2022-09-30T16:00:01Z", command).then_refused(late());
    }
    assert_eq!(late().facts()[1].1, "2022-10-01T00:00:00+08:00");
}

#[test]
fn nothing_is_given_before_the_opening_and_after_the_close() {
    let drafted = house().does(DRAFTING, draft(&[EAST], 1));
    drafted.asks(VOTING, duty("90")).then_refused(wrong_stage(Stage::Drafted, Stage::Opened));
    closed().asks(AFTER, self_review()).then_refused(wrong_stage(Stage::Closed, Stage::Opened));
}

#[test]
fn a_leaders_marks_are_in_the_log_only_sealed() {
    let events = opened().asks(VOTING, commented(Some("steady"))).events();
    let Event::Round(RoundEvent::LeaderReviewGiven { marks, comment, reviewer: LI, member: ANA }) = &events[0].1 else {
        panic!("a review, but was {events:?}");
    };
    assert_eq!(marks.0, format!("marks {LI} {ANA}|{{\"duty\":\"90\"}}"));
    assert_eq!(*comment, Some(sealed("steady")));
}

#[test]
fn only_leaders_of_the_round_mark() {
    let review = leader_review(SU, ANA, &[("duty", "90")]);
    opened().asks(VOTING, review).then_refused(RoundRefusal::NotALeader { member: SU });
}

#[test]
fn nobody_reviews_themselves() {
    let command = RoundCommand::Open {
        closes_at: instant(CLOSES),
        leaders: vec![ANA, LI],
        scrutineers: vec![SU, TAN],
        without: vec![],
    };
    let play = house().does(DRAFTING, draft(&[EAST], 1)).does(OPENING, command);
    let review = leader_review(ANA, ANA, &[("duty", "100")]);
    play.asks(VOTING, review).then_refused(RoundRefusal::OwnReview { member: ANA });
    assert_eq!(play.asks(VOTING, leader_review(ANA, BO, &[("duty", "90")])).events().len(), 1);
}

#[test]
fn who_is_not_on_the_roster_is_not_reviewed() {
    for member in [NOBODY, west(1), LI] {
        let review = leader_review(MA, member, &[("duty", "90")]);
        opened().asks(VOTING, review).then_refused(RoundRefusal::NotReviewed { member });
    }
}

#[test]
fn a_mark_is_between_0_and_100_with_two_decimals_at_most() {
    for wrong in ["-0.01", "100.01", "101", "89.645"] {
        let refusal = RoundRefusal::MarkOutOfRange { dimension: code("duty"), mark: amount(wrong) };
        opened().asks(VOTING, duty(wrong)).then_refused(refusal);
    }
    for right in ["0", "100", "99.99"] {
        assert_eq!(opened().asks(VOTING, duty(right)).events().len(), 1);
    }
}

#[test]
fn a_review_marks_what_leaders_are_asked() {
    let (group, dimension) = (Group::Leader, code("politics"));
    let refusal = RoundRefusal::UnknownDimension { group, dimension };
    opened().asks(VOTING, leader_review(LI, ANA, &[("politics", "90")])).then_refused(refusal);
    opened().asks(VOTING, leader_review(LI, ANA, &[])).then_refused(RoundRefusal::NoMark { member: ANA });
}

#[test]
fn no_leader_marks_where_the_group_was_left_out() {
    let play = house().does(DRAFTING, draft(&[EAST], 1)).does(OPENING, open_without(&[Group::Leader]));
    play.asks(VOTING, duty("90")).then_refused(RoundRefusal::NoSuchGroup { group: Group::Leader });
}

#[test]
fn the_last_review_before_the_close_counts() {
    let play = marked(opened(), ANA).does(VOTING, leader_review(LI, ANA, &[("duty", "10")]));
    let marks = &play.round().sheets[&ANA].marks;
    assert_eq!(marks.len(), 2);
    assert!(marks[&LI].0.ends_with("{\"duty\":\"10\"}"));
}

#[test]
fn a_comment_is_shown_once_it_was_looked_at() {
    let play = opened().does(VOTING, commented(Some("steady")));
    play.asks(VOTING, moderate(true, None)).then_refused(wrong_stage(Stage::Opened, Stage::Tallied));
    let (reviewer, member) = (LI, ANA);
    let moderated = |released, reason| RoundEvent::CommentModerated { reviewer, member, released, reason };
    let play = closed_with(commented(Some("steady")));
    play.asks(AFTER, moderate(true, None)).then([in_round(moderated(true, None))]);
    let reason = Some(sealed("names a customer"));
    play.asks(AFTER, moderate(false, Some("names a customer"))).then([in_round(moderated(false, reason))]);
    play.asks(AFTER, moderate(false, None)).then_refused(RoundRefusal::WithoutReason { member });
}

/// A round of leaders alone, closed after one review.
fn closed_with(review: RoundCommand) -> Play {
    let without = vec![Group::Peer, Group::Public];
    let (closes_at, leaders) = (instant(CLOSES), vec![LI, MA]);
    let open = RoundCommand::Open { closes_at, leaders, scrutineers: vec![], without };
    let play = house().does(DRAFTING, draft(&[EAST], 1)).does(OPENING, open);
    play.does(VOTING, review).does(CLOSES, RoundCommand::Close)
}

#[test]
fn only_a_comment_that_was_left_is_looked_at() {
    let refusal = || RoundRefusal::UnknownComment { reviewer: LI, member: ANA };
    closed_with(duty("90")).asks(AFTER, moderate(true, None)).then_refused(refusal());
    let play = opened().does(VOTING, commented(Some("steady"))).does(VOTING, commented(None));
    assert!(play.round().sheets[&ANA].comments.is_empty(), "the last review counts whole");
}
