//! Counted paper: one ballot each, counted by two from the close on, never more answers than ballots.

use super::*;

fn peer_count(scrutineer: MemberId, member: MemberId, counts: Counts) -> RoundCommand {
    counted_by(scrutineer, Group::Peer, member, counts)
}

/// Seven peers' ballots are out and in the box, at the time of the close.
fn at_the_box() -> Play {
    issued(opened()).does(CLOSES, returned(Group::Peer, 7, 0)).does(CLOSES, returned(Group::Public, 8, 0))
}

#[test]
fn a_peer_takes_one_ballot() {
    let (group, to) = (Group::Peer, Some(ANA));
    opened().asks(VOTING, to_peer(ANA)).then([in_round(RoundEvent::PaperIssued { group, attempt: 1, to, count: 1 })]);
    let play = opened().does(VOTING, to_peer(ANA));
    play.asks(VOTING, to_peer(ANA)).then_refused(RoundRefusal::PaperTaken { member: ANA });
}

#[test]
fn only_peers_of_the_round_take_a_peers_ballot() {
    for member in [LI, west(1), NOBODY] {
        opened().asks(VOTING, to_peer(member)).then_refused(RoundRefusal::NotAPeer { member });
    }
}

#[test]
fn a_peers_ballot_names_the_peer_and_the_publics_nobody() {
    let issue = |group, to, count| RoundCommand::IssuePaper { group, to, count };
    for (group, to, count) in [
        (Group::Peer, None, 1),
        (Group::Peer, Some(ANA), 2),
        (Group::Peer, Some(ANA), 0),
        (Group::Public, Some(ANA), 1),
        (Group::Public, None, 0),
        (Group::Public, None, 100_001),
    ] {
        let refusal = RoundRefusal::PaperRecipient { group, count };
        opened().asks(VOTING, issue(group, to, count)).then_refused(refusal);
    }
}

#[test]
fn the_publics_ballots_are_bounded() {
    let play = opened().does(VOTING, to_public(100_000)).does(VOTING, to_public(100_000));
    let refusal = RoundRefusal::PaperRecipient { group: Group::Public, count: 1 };
    play.asks(VOTING, to_public(1)).then_refused(refusal);
}

#[test]
fn leaders_mark_and_do_not_vote_on_paper() {
    let refusal = || RoundRefusal::NoPaper { group: Group::Leader };
    let issue = RoundCommand::IssuePaper { group: Group::Leader, to: Some(LI), count: 1 };
    opened().asks(VOTING, issue).then_refused(refusal());
    opened().asks(CLOSES, returned(Group::Leader, 1, 0)).then_refused(refusal());
}

#[test]
fn there_is_no_paper_for_a_group_that_was_left_out() {
    let play = house().does(DRAFTING, draft(&[EAST], 1)).does(OPENING, open_without(&[Group::Public]));
    play.asks(VOTING, to_public(8)).then_refused(RoundRefusal::NoSuchGroup { group: Group::Public });
}

#[test]
fn the_box_is_opened_at_the_close_and_no_sooner() {
    let refusal = || RoundRefusal::NotYet { round: ROUND, due: moment(CLOSES) };
    let play = issued(opened());
    play.asks("2022-09-30T15:59:59Z", returned(Group::Peer, 7, 0)).then_refused(refusal());
    let early = peer_count(SU, ANA, example_peers());
    play.asks("2022-09-30T15:59:59Z", early).then_refused(refusal());
    let (group, attempt) = (Group::Peer, 1);
    let back = RoundEvent::PaperReturned { group, attempt, returned: 7, blank: 1 };
    play.asks(CLOSES, returned(Group::Peer, 7, 1)).then([in_round(back)]);
}

#[test]
fn no_more_are_blank_than_came_back() {
    let refusal = RoundRefusal::BlankBeyondReturned { returned: 3, blank: 4 };
    issued(opened()).asks(CLOSES, returned(Group::Peer, 3, 4)).then_refused(refusal);
}

#[test]
fn counts_are_in_the_log_only_sealed() {
    let events = at_the_box().asks(CLOSES, peer_count(SU, ANA, example_peers())).events();
    let Event::Round(RoundEvent::PaperCounted { counts, attempt: 1, .. }) = &events[0].1 else {
        panic!("a count, but was {events:?}");
    };
    let (label, plain) = counts.0.split_once('|').expect("label|text");
    assert_eq!(label, format!("counts peer 1 {ANA} {SU}"));
    let read: Counts = serde_json::from_str(plain).expect("counts");
    assert_eq!(read[&code("part")], count([2, 3, 1, 0, 0]).tidy());
}

#[test]
fn only_scrutineers_count() {
    for scrutineer in [LI, ANA, NOBODY] {
        let refusal = RoundRefusal::NotAScrutineer { member: scrutineer };
        at_the_box().asks(CLOSES, peer_count(scrutineer, ANA, example_peers())).then_refused(refusal);
    }
}

#[test]
fn only_who_is_reviewed_is_counted() {
    let refusal = RoundRefusal::NotReviewed { member: west(1) };
    at_the_box().asks(CLOSES, peer_count(SU, west(1), example_peers())).then_refused(refusal);
}

#[test]
fn what_came_back_is_said_before_it_is_counted() {
    let refusal = RoundRefusal::NothingReturned { group: Group::Peer };
    issued(opened()).asks(CLOSES, peer_count(SU, ANA, example_peers())).then_refused(refusal);
}

#[test]
fn a_count_is_for_every_dimension_in_grades_of_the_rules() {
    let group = Group::Peer;
    let mut short = example_peers();
    short.remove(&code("part"));
    let refusal = RoundRefusal::DimensionMissing { group, dimension: code("part") };
    at_the_box().asks(CLOSES, peer_count(SU, ANA, short)).then_refused(refusal);
    let mut long = example_peers();
    long.insert(code("service"), Count::default());
    let refusal = RoundRefusal::UnknownDimension { group, dimension: code("service") };
    at_the_box().asks(CLOSES, peer_count(SU, ANA, long)).then_refused(refusal);
    let mut other = example_peers();
    other.insert(code("part"), Count { grades: [(code("superb"), 1)].into(), ..Count::default() });
    let refusal = RoundRefusal::UnknownGrade { grade: code("superb") };
    at_the_box().asks(CLOSES, peer_count(SU, ANA, other)).then_refused(refusal);
}

#[test]
fn no_more_is_counted_than_came_back() {
    let dimension = code("service");
    let refusal = |counted, most| {
        let dimension = dimension.clone();
        RoundRefusal::CountsExceedBallots { member: ANA, dimension, counted, most }
    };
    let public = |counts| counted_by(SU, Group::Public, ANA, public_counts(counts));
    at_the_box().asks(CLOSES, public([5, 2, 0, 1, 1])).then_refused(refusal(9, 8));
    let blank = at_the_box().does(CLOSES, returned(Group::Public, 8, 2));
    blank.asks(CLOSES, public([5, 2, 0, 0, 0])).then_refused(refusal(7, 6));
    let huge = public([u32::MAX; 5]);
    at_the_box().asks(CLOSES, huge).then_refused(refusal(5 * u64::from(u32::MAX), 8));
}

#[test]
fn nobodys_own_ballot_is_counted_on_them() {
    let (dimension, counts) = (code("politics"), peer_counts([7, 0, 0, 0, 0], [0; 5], [0; 5]));
    let refusal = RoundRefusal::CountsExceedBallots { member: ANA, dimension, counted: 7, most: 6 };
    at_the_box().asks(CLOSES, peer_count(SU, ANA, counts)).then_refused(refusal);
}

#[test]
fn a_count_is_entered_again_until_the_close() {
    let play = counted(at_the_box(), Group::Peer, ANA, &example_peers());
    let play = counted(play, Group::Peer, ANA, &peer_counts([6, 0, 0, 0, 0], [6, 0, 0, 0, 0], [6, 0, 0, 0, 0]));
    let counts = &play.round().sheets[&ANA].counts[&Group::Peer];
    assert_eq!(counts.len(), 2);
    assert!(counts[&SU].0.contains("\"excellent\":6"));
}

#[test]
fn nothing_is_issued_returned_or_counted_after_the_close() {
    let refusal = || wrong_stage(Stage::Closed, Stage::Opened);
    closed().asks(AFTER, to_peer(ANA)).then_refused(refusal());
    closed().asks(AFTER, returned(Group::Peer, 7, 0)).then_refused(refusal());
    closed().asks(AFTER, peer_count(SU, ANA, example_peers())).then_refused(refusal());
}

fn replace(from: MemberId, to: MemberId) -> RoundCommand {
    RoundCommand::ReplaceScrutineer { from, to, reason: sealed("fell ill") }
}

#[test]
fn somebody_else_counts_in_a_scrutineers_place() {
    let play = at_the_box().and(joined(NOBODY, BranchId::root(), None));
    let (from, to, reason, by) = (SU, NOBODY, sealed("fell ill"), actor("office"));
    let replaced = RoundEvent::ScrutineerReplaced { from, to, reason, by };
    play.asks(CLOSES, replace(SU, NOBODY)).then([in_round(replaced)]);
    let play = all_counted(all_counted(play, Group::Peer, &example_peers()), Group::Public, &example_public());
    let play = play.does(CLOSES, replace(SU, NOBODY));
    play.asks(CLOSES, replace(TAN, SU)).then_refused(RoundRefusal::ScrutineerReplaced { member: SU });
    let refusal = RoundRefusal::NotAScrutineer { member: SU };
    play.asks(CLOSES, peer_count(SU, ANA, example_peers())).then_refused(refusal);
    // What the one before counted is void.
    let everybody = |group| (1..=7).map(move |number| (group, east(number)));
    let persons = Persons(everybody(Group::Peer).chain(everybody(Group::Public)).collect());
    play.asks(CLOSES, RoundCommand::Close).then_refused(RoundRefusal::CountMissing { persons });
    let count = |play: Play, group, counts: &Counts| {
        (1..=7).fold(play, |play, number| play.does(CLOSES, counted_by(NOBODY, group, east(number), counts.clone())))
    };
    let play = count(count(play, Group::Peer, &example_peers()), Group::Public, &example_public());
    assert_eq!(play.asks(CLOSES, RoundCommand::Close).events().len(), 1);
}

#[test]
fn what_was_counted_of_an_attempt_that_has_ended_stands_without_its_scrutineer() {
    let play = issued(opened()).does(CLOSES, returned(Group::Peer, 3, 0)).does(CLOSES, returned(Group::Public, 8, 0));
    let play = all_counted(play, Group::Public, &example_public()).does(CLOSES, RoundCommand::Close);
    let play = play.and(joined(NOBODY, BranchId::root(), None)).does(AFTER, replace(SU, NOBODY));
    let play = play.does(AFTER, tally());
    let Basis::Reviews { groups } = play.proposed(ANA).basis else { panic!("of reviews") };
    assert_eq!(groups[2].score.as_ref().map(ToString::to_string), Some("90".to_owned()), "the public's");
}

#[test]
fn who_counts_in_anothers_place_could_have_been_named_at_the_opening() {
    let play = at_the_box();
    play.asks(CLOSES, replace(LI, NOBODY)).then_refused(RoundRefusal::NotAScrutineer { member: LI });
    play.asks(CLOSES, replace(SU, TAN)).then_refused(RoundRefusal::ScrutineerAlready { member: TAN });
    for member in [LI, ANA] {
        play.asks(CLOSES, replace(SU, member)).then_refused(RoundRefusal::ScrutineerReviews { member });
    }
    let away = crate::member::MemberRefusal::Suspended { member: west(1), on: date(2022, 10, 1), since: MARCH };
    play.clone().and([suspended(west(1), MARCH)]).asks(CLOSES, replace(SU, west(1))).then_refused(away);
    assert_eq!(play.asks(CLOSES, replace(SU, west(2))).events().len(), 1);
    tallied().asks(AFTER, replace(SU, west(2))).then_refused(wrong_stage(Stage::Tallied, Stage::Opened));
}
