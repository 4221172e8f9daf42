//! The close: at its time, once both counts agree; void groups, and their repetition.

use super::*;

fn peers_back(back: u32, blank: u32) -> Play {
    let play = (1..=7).fold(opened(), |play, number| play.does(VOTING, to_peer(east(number))));
    let play = play.does(VOTING, to_public(8)).does(CLOSES, returned(Group::Public, 8, 0));
    all_counted(play, Group::Public, &example_public()).does(CLOSES, returned(Group::Peer, back, blank))
}

fn voided(cause: Void, returned: u32) -> [Happened; 2] {
    let (group, attempt, eligible, issued) = (Group::Peer, 1, 7, 7);
    [
        in_round(RoundEvent::Closed { closed_at: instant(CLOSES) }),
        in_round(RoundEvent::GroupVoided { group, attempt, cause, eligible, issued, returned }),
    ]
}

const SECOND_CLOSE: &str = "2022-10-14T16:00:00Z";

fn repeat() -> RoundCommand {
    RoundCommand::RepeatGroup { group: Group::Peer, closes_at: instant(SECOND_CLOSE) }
}

fn repeated() -> Play {
    peers_back(3, 0).does(CLOSES, RoundCommand::Close).does(AFTER, repeat())
}

#[test]
fn a_round_closes_at_its_time_and_no_sooner() {
    let refusal = RoundRefusal::NotYet { round: ROUND, due: moment(CLOSES) };
    before_close(1).asks("2022-09-30T15:59:59.999999Z", RoundCommand::Close).then_refused(refusal);
    let closed = in_round(RoundEvent::Closed { closed_at: instant(CLOSES) });
    before_close(1).asks(CLOSES, RoundCommand::Close).then([closed.clone()]);
    before_close(1).asks("2022-10-08T03:00:00Z", RoundCommand::Close).then([closed]);
}

#[test]
fn a_round_closes_once() {
    closed().asks(AFTER, RoundCommand::Close).then_refused(wrong_stage(Stage::Closed, Stage::Opened));
}

#[test]
fn what_came_back_of_issued_ballots_is_said_before_the_close() {
    let refusal = RoundRefusal::NothingReturned { group: Group::Peer };
    issued(opened()).asks(CLOSES, RoundCommand::Close).then_refused(refusal);
}

#[test]
fn both_scrutineers_count_everybody_before_the_close() {
    let play = peers_back(7, 0).does(CLOSES, counted_by(SU, Group::Peer, ANA, example_peers()));
    let persons = Persons((1..=7).map(|number| (Group::Peer, east(number))).collect());
    let refusal = RoundRefusal::CountMissing { persons };
    play.asks(CLOSES, RoundCommand::Close).then_refused(refusal);
}

#[test]
fn a_difference_between_the_counts_is_settled_before_the_close() {
    let other = peer_counts([4, 2, 0, 0, 0], [3, 2, 0, 0, 1], [3, 2, 1, 0, 0]);
    let play = before_close(1).does(CLOSES, counted_by(TAN, Group::Peer, BO, other));
    let refusal = |persons| RoundRefusal::CountsDiffer { persons: Persons(persons) };
    play.asks(CLOSES, RoundCommand::Close).then_refused(refusal(vec![(Group::Peer, BO)]));
    // All of them are named at once, of both groups.
    let also = play.clone().does(CLOSES, counted_by(SU, Group::Public, ANA, public_counts([4, 3, 0, 1, 0])));
    let both = vec![(Group::Peer, BO), (Group::Public, ANA)];
    also.asks(CLOSES, RoundCommand::Close).then_refused(refusal(both));
    let settled = play.does(CLOSES, counted_by(TAN, Group::Peer, BO, example_peers()));
    assert_eq!(settled.asks(CLOSES, RoundCommand::Close).events().len(), 1);
}

#[test]
fn a_grade_that_nobody_gave_makes_no_difference() {
    let mut counts = example_peers();
    counts.values_mut().for_each(|count| _ = count.grades.remove(&code("not_qualified")));
    let play = before_close(1).does(CLOSES, counted_by(TAN, Group::Peer, BO, counts));
    assert_eq!(play.asks(CLOSES, RoundCommand::Close).events().len(), 1);
}

#[test]
fn counts_beyond_what_is_now_said_to_have_come_back_are_counted_again() {
    let play = before_close(1).does(CLOSES, returned(Group::Public, 7, 0));
    let persons = Persons((1..=7).map(|number| (Group::Public, east(number))).collect());
    let refusal = RoundRefusal::CountStale { persons };
    play.asks(CLOSES, RoundCommand::Close).then_refused(refusal);
}

#[test]
fn a_group_is_void_unless_more_than_half_took_part() {
    peers_back(3, 0).asks(CLOSES, RoundCommand::Close).then(voided(Void::Turnout, 3));
    let four =
        all_counted(peers_back(4, 0), Group::Peer, &peer_counts([4, 0, 0, 0, 0], [4, 0, 0, 0, 0], [4, 0, 0, 0, 0]));
    assert_eq!(four.asks(CLOSES, RoundCommand::Close).events().len(), 1);
}

#[test]
fn a_group_in_which_nobody_holds_a_ballot_is_void() {
    let (attempt, cause) = (1, Void::Turnout);
    let void =
        |group, eligible| in_round(RoundEvent::GroupVoided { group, attempt, cause, eligible, issued: 0, returned: 0 });
    let closed = in_round(RoundEvent::Closed { closed_at: instant(CLOSES) });
    opened().asks(CLOSES, RoundCommand::Close).then([closed, void(Group::Peer, 7), void(Group::Public, 0)]);
}

#[test]
fn a_group_is_void_where_more_came_back_than_were_issued() {
    peers_back(8, 0).asks(CLOSES, RoundCommand::Close).then(voided(Void::Surplus, 8));
}

#[test]
fn a_blank_ballot_takes_part_unless_the_rules_say_otherwise() {
    let blank = |rules_version| {
        let rules = Rules { blank_takes_part: false, ..Preset::Default.rules() };
        let play = house_under(rules).does(DRAFTING, draft(&[EAST], rules_version));
        let play = play.does(OPENING, open_without(&[Group::Leader, Group::Public]));
        let play = (1..=7).fold(play, |play, number| play.does(VOTING, to_peer(east(number))));
        let play = play.does(CLOSES, returned(Group::Peer, 4, 1));
        let three = peer_counts([3, 0, 0, 0, 0], [3, 0, 0, 0, 0], [3, 0, 0, 0, 0]);
        all_counted(play, Group::Peer, &three).asks(CLOSES, RoundCommand::Close).events().len()
    };
    assert_eq!((blank(1), blank(3)), (1, 2));
}

#[test]
fn a_void_group_votes_again_with_new_ballots() {
    let (group, attempt, closes_at) = (Group::Peer, 2, instant(SECOND_CLOSE));
    let play = peers_back(3, 0).does(CLOSES, RoundCommand::Close);
    play.asks(AFTER, repeat()).then([in_round(RoundEvent::GroupRepeated { group, attempt, closes_at })]);
    let issue = RoundEvent::PaperIssued { group, attempt, to: Some(ANA), count: 1 };
    repeated().asks(AFTER, to_peer(ANA)).then([in_round(issue)]);
}

#[test]
fn only_a_void_group_votes_again_and_only_after_the_close() {
    let again = |group| RoundCommand::RepeatGroup { group, closes_at: instant(SECOND_CLOSE) };
    closed().asks(AFTER, repeat()).then_refused(RoundRefusal::NotVoid { group: Group::Peer });
    let play = peers_back(3, 0).does(CLOSES, RoundCommand::Close);
    play.asks(AFTER, again(Group::Leader)).then_refused(RoundRefusal::NotVoid { group: Group::Leader });
    let soon = RoundCommand::RepeatGroup { group: Group::Peer, closes_at: instant(AFTER) };
    play.asks(AFTER, soon).then_refused(RoundRefusal::ClosesTooSoon { closes_at: moment(AFTER) });
    repeated().asks(AFTER, repeat()).then_refused(wrong_stage(Stage::Opened, Stage::Closed));
}

#[test]
fn while_a_group_votes_again_everything_else_stays_closed() {
    let refusal = || wrong_stage(Stage::Closed, Stage::Opened);
    repeated().asks(AFTER, leader_review(LI, ANA, &[("duty", "1")])).then_refused(refusal());
    repeated().asks(AFTER, to_public(1)).then_refused(refusal());
    repeated().asks(SECOND_CLOSE, returned(Group::Public, 8, 0)).then_refused(refusal());
    let own = RoundCommand::GiveSelfReview { member: ANA, text: sealed("later thoughts") };
    repeated().asks(AFTER, own).then_refused(refusal());
}

#[test]
fn a_repeated_group_counts_by_its_own_ballots_alone() {
    let play = (1..=7).fold(repeated(), |play, number| play.does(AFTER, to_peer(east(number))));
    let play = play.does(SECOND_CLOSE, returned(Group::Peer, 7, 0));
    let counts = peer_counts([6, 0, 0, 0, 0], [6, 0, 0, 0, 0], [6, 0, 0, 0, 0]);
    let play = (1..=7).fold(play, |play, number| {
        play.does(SECOND_CLOSE, counted_by(SU, Group::Peer, east(number), counts.clone()))
            .does(SECOND_CLOSE, counted_by(TAN, Group::Peer, east(number), counts.clone()))
    });
    let closed_at = instant(SECOND_CLOSE);
    play.asks(SECOND_CLOSE, RoundCommand::Close).then([in_round(RoundEvent::Closed { closed_at })]);
}

#[test]
fn a_count_of_the_attempt_before_is_none_of_this_one() {
    let play =
        all_counted(peers_back(3, 0), Group::Peer, &peer_counts([3, 0, 0, 0, 0], [3, 0, 0, 0, 0], [3, 0, 0, 0, 0]));
    let play = play.does(CLOSES, RoundCommand::Close).does(AFTER, repeat());
    let play = (1..=7).fold(play, |play, number| play.does(AFTER, to_peer(east(number))));
    let play = play.does(SECOND_CLOSE, returned(Group::Peer, 7, 0));
    let persons = Persons((1..=7).map(|number| (Group::Peer, east(number))).collect());
    let refusal = RoundRefusal::CountMissing { persons };
    play.asks(SECOND_CLOSE, RoundCommand::Close).then_refused(refusal);
}

#[test]
fn a_second_void_group_votes_again_beside_the_first_until_the_same_close() {
    let again = |group, closes_at: &str| RoundCommand::RepeatGroup { group, closes_at: instant(closes_at) };
    let play = opened().does(CLOSES, RoundCommand::Close).does(AFTER, again(Group::Peer, SECOND_CLOSE));
    let joined = RoundEvent::GroupRepeated { group: Group::Public, attempt: 2, closes_at: instant(SECOND_CLOSE) };
    play.asks(AFTER, again(Group::Public, SECOND_CLOSE)).then([in_round(joined)]);
    let refusal = RoundRefusal::ClosesOtherwise { closes_at: moment(SECOND_CLOSE) };
    play.asks(AFTER, again(Group::Public, "2022-10-15T16:00:00Z")).then_refused(refusal);
    let refusal = wrong_stage(Stage::Opened, Stage::Closed);
    play.asks(AFTER, again(Group::Peer, SECOND_CLOSE)).then_refused(refusal);
    // While the first is counted, the second waits for its close.
    let refusal = wrong_stage(Stage::Opened, Stage::Closed);
    play.asks(SECOND_CLOSE, again(Group::Public, "2022-10-20T16:00:00Z")).then_refused(refusal);
    let play = play.does(AFTER, again(Group::Public, SECOND_CLOSE)).does(AFTER, to_peer(ANA)).does(AFTER, to_public(8));
    let round = play.round();
    assert_eq!(
        round.ballots.values().map(|ballot| (ballot.attempt, ballot.closed)).collect::<Vec<_>>(),
        [(1, true), (2, false), (2, false)]
    );
}

#[test]
fn a_sentence_names_twenty_persons_and_how_many_more() {
    let persons = Persons((1..=23).map(|number| (Group::Peer, east(number))).collect());
    let (en, zh) = (persons.to_string(), format!("{persons:#}"));
    assert!(en.starts_with(&format!("peer {}, peer ", east(1))) && en.ends_with(" and 3 more"), "{en}");
    assert!(zh.starts_with(&format!("党员 {}、党员 ", east(1))) && zh.ends_with("等,另有 3 名"), "{zh}");
}
