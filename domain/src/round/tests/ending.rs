//! How a round ends: final with its talks, annulled, or everybody votes anew.

use super::*;
use crate::id::TalkId;
use crate::period::Grain;
use crate::talk::Cause;

/// When appeals are over, the later of the two time limits.
const OVER: &str = "2022-10-19T16:00:00Z";

fn reason() -> Sealed {
    sealed("the box was open")
}

fn reopening(closes_at: &str) -> RoundCommand {
    RoundCommand::Reopen { closes_at: instant(closes_at) }
}

fn propose_reopening() -> RoundCommand {
    RoundCommand::ProposeReopening { reason: reason() }
}

fn propose_annulment() -> RoundCommand {
    RoundCommand::ProposeAnnulment { reason: reason() }
}

const AGAIN: &str = "2022-10-14T16:00:00Z";

fn annulled() -> Play {
    published().does(AFTER, propose_annulment()).does_by("auditor", AFTER, RoundCommand::Annul)
}

/// A published round of leaders alone, in East and with these marks for its first members.
fn published_marks(play: Play, given: &[&str]) -> Play {
    let without = vec![Group::Peer, Group::Public];
    let (closes_at, leaders) = (instant(CLOSES), vec![LI]);
    let open = RoundCommand::Open { closes_at, leaders, scrutineers: vec![], without };
    let play = play.does(DRAFTING, draft(&[EAST], 1)).does(OPENING, open);
    let play = given.iter().zip(1..).fold(play, |play, (mark, number)| {
        play.does(VOTING, leader_review(LI, east(number), &[("duty", mark), ("contests", mark)]))
    });
    let play = play.does(CLOSES, RoundCommand::Close).does(AFTER, tally()).does(AFTER, as_proposed());
    play.does(AFTER, RoundCommand::Publish)
}

/// East with so many members in all.
fn grown(members: u128) -> Play {
    house().and((8..=members).flat_map(|number| joined(east(number), EAST, None)))
}

fn talk(member: MemberId, cause: Cause) -> Happened {
    let (talk, round) = (TalkId::of_round(ROUND, member.0), Some(ROUND));
    of(member, MemberEvent::TalkProposed { talk, cause, round, reason: None, by: None })
}

fn placed_last(member: MemberId, round: RoundId, period: Period) -> Happened {
    of(member, MemberEvent::PlacedLast { round, period })
}

fn finalised() -> Happened {
    in_round(RoundEvent::Finalised { version: 1 })
}

/// Ten of East: the first has the lowest score, all above the limit.
const TEN: [&str; 10] = ["70", "71", "72", "73", "74", "75", "76", "77", "78", "79"];

#[test]
fn a_round_is_final_once_publicity_and_appeals_are_over() {
    let refusal = RoundRefusal::NotYet { round: ROUND, due: moment(OVER) };
    published().asks("2022-10-19T15:59:59Z", RoundCommand::Finalise).then_refused(refusal);
    published().asks(OVER, RoundCommand::Finalise).then([finalised()]);
    decided().asks(OVER, RoundCommand::Finalise).then_refused(wrong_stage(Stage::Decided, Stage::Published));
}

#[test]
fn a_round_with_open_appeals_is_not_final() {
    let file = RoundCommand::FileAppeal { appeal: APPEAL, member: ANA, text: sealed("why") };
    let refusal = RoundRefusal::AppealsOpen { open: 1 };
    published().does(AFTER, file).asks(OVER, RoundCommand::Finalise).then_refused(refusal);
}

#[test]
fn nothing_is_changed_in_a_final_round() {
    let play = published().does(OVER, RoundCommand::Finalise);
    let wrong = || wrong_stage(Stage::Final, Stage::Published);
    play.asks(OVER, RoundCommand::Finalise).then_refused(wrong());
    let correct = RoundCommand::Correct { member: ANA, fixes: vec![Fix::Recompute], reason: reason() };
    play.asks(OVER, correct).then_refused(wrong());
    let ended = || RoundRefusal::Ended { round: ROUND, stage: Stage::Final };
    play.asks(OVER, propose_annulment()).then_refused(ended());
    play.asks(OVER, RoundCommand::Annul).then_refused(ended());
}

#[test]
fn a_score_under_the_limit_proposes_a_talk() {
    let play = published_marks(house(), &["59.99", "60"]);
    play.asks(OVER, RoundCommand::Finalise).then([finalised(), talk(ANA, Cause::ScoreBelow)]);
}

#[test]
fn who_has_no_score_is_not_called() {
    let play = published_marks(house(), &["90"]);
    play.asks(OVER, RoundCommand::Finalise).then([finalised()]);
}

#[test]
fn nobody_is_called_who_has_left_since() {
    let play = published_marks(house(), &["50"]).and(left(ANA, EAST, date(2022, 10, 12)));
    play.asks(OVER, RoundCommand::Finalise).then([finalised()]);
}

#[test]
fn the_last_tenth_is_noted_and_called_the_second_time_in_a_row() {
    let play = published_marks(grown(10), &TEN);
    let noted = placed_last(ANA, ROUND, q3());
    play.asks(OVER, RoundCommand::Finalise).then([finalised(), noted.clone()]);
    let before = placed_last(ANA, OTHER, "2022-Q2".parse().expect("a quarter"));
    let twice = play.clone().and([before]);
    twice.asks(OVER, RoundCommand::Finalise).then([finalised(), noted.clone(), talk(ANA, Cause::LastTwice)]);
    let long_ago = placed_last(ANA, OTHER, "2022-Q1".parse().expect("a quarter"));
    play.and([long_ago]).asks(OVER, RoundCommand::Finalise).then([finalised(), noted]);
}

#[test]
fn the_order_in_which_two_quarters_become_final_does_not_matter() {
    let after = placed_last(ANA, OTHER, Period::holding(date(2022, 10, 1), Grain::Quarter));
    let play = published_marks(grown(10), &TEN).and([after]);
    let noted = placed_last(ANA, ROUND, q3());
    play.asks(OVER, RoundCommand::Finalise).then([finalised(), noted, talk(ANA, Cause::LastTwice)]);
}

#[test]
fn there_is_a_last_tenth_of_ten_ranked_or_more() {
    let play = published_marks(grown(10), &TEN[..9]);
    play.asks(OVER, RoundCommand::Finalise).then([finalised()]);
}

#[test]
fn who_shares_the_last_place_is_in_the_last_tenth_unless_everybody_does() {
    let mut tied = TEN;
    tied[1] = "70";
    let play = published_marks(grown(10), &tied);
    let noted = [placed_last(ANA, ROUND, q3()), placed_last(BO, ROUND, q3())];
    play.asks(OVER, RoundCommand::Finalise).then([finalised()].into_iter().chain(noted));
    let play = published_marks(grown(10), &["80"; 10]);
    play.asks(OVER, RoundCommand::Finalise).then([finalised()]);
}

#[test]
fn a_branch_whose_mean_is_under_the_limit_is_called_if_enough_make_it() {
    let branch_talk = |count: usize| {
        let play = published_marks(house(), &["50"; 7][..count]);
        play.asks(OVER, RoundCommand::Finalise)
            .events()
            .into_iter()
            .filter(|(stream, _)| *stream == EAST.into())
            .collect()
    };
    let (talk, cause, round) = (TalkId::of_round(ROUND, EAST.0), Cause::ScoreBelow, Some(ROUND));
    let proposed = BranchEvent::TalkProposed { talk, cause, round, reason: None, by: None };
    let (four, five): (Vec<Happened>, Vec<Happened>) = (branch_talk(4), branch_talk(5));
    assert_eq!((four, five), (vec![], vec![at(EAST, proposed)]));
}

#[test]
fn a_branch_that_ended_is_not_called() {
    let merged = at(EAST, BranchEvent::Merged { into: WEST, on: date(2022, 10, 1), reason: sealed("one office") });
    let play = published_marks(house(), &["50"; 5]).and([merged]);
    let events = play.asks(OVER, RoundCommand::Finalise).events();
    assert!(events.iter().all(|(stream, _)| *stream != EAST.into()));
}

#[test]
fn a_reopening_takes_two() {
    let (reason, by) = (reason(), actor("office"));
    let proposed = RoundEvent::ReopeningProposed { reason: reason.clone(), by: by.clone() };
    tallied().asks(AFTER, propose_reopening()).then([in_round(proposed)]);
    let play = tallied().does(AFTER, propose_reopening());
    play.asks(AFTER, propose_reopening()).then_refused(RoundRefusal::AlreadyProposed { round: ROUND });
    play.asks(AFTER, reopening(AGAIN)).then_refused(RoundRefusal::SamePerson { actor: by.clone() });
    tallied().asks(AFTER, reopening(AGAIN)).then_refused(RoundRefusal::NotProposed { round: ROUND });
    let (version, proposed_by, by, closes_at) = (2, by, actor("auditor"), instant(AGAIN));
    let reopened = RoundEvent::Reopened { version, reason, proposed_by, by, closes_at };
    play.asks_by("auditor", AFTER, reopening(AGAIN)).then([in_round(reopened)]);
    let soon = RoundRefusal::ClosesTooSoon { closes_at: moment(AFTER) };
    play.asks_by("auditor", AFTER, reopening(AFTER)).then_refused(soon);
}

#[test]
fn a_round_is_reopened_between_its_close_and_publication() {
    for play in [closed(), tallied(), decided()] {
        assert_eq!(play.asks(AFTER, propose_reopening()).events().len(), 1);
    }
    opened().asks(VOTING, propose_reopening()).then_refused(wrong_stage(Stage::Opened, Stage::Closed));
    published().asks(AFTER, propose_reopening()).then_refused(wrong_stage(Stage::Published, Stage::Closed));
}

#[test]
fn after_a_reopening_everybody_votes_anew() {
    let play = decided().does(AFTER, propose_reopening()).does_by("auditor", AFTER, reopening(AGAIN));
    let round = play.round();
    assert!(round.sheets.is_empty() && round.proposal().is_none() && round.decided_by.is_empty());
    assert_eq!(round.ballots.values().map(|ballot| (ballot.attempt, ballot.issued)).collect::<Vec<_>>(), [(2, 0); 3]);
    let issue = RoundEvent::PaperIssued { group: Group::Peer, attempt: 2, to: Some(ANA), count: 1 };
    play.asks(AFTER, to_peer(ANA)).then([in_round(issue)]);
    assert_eq!(play.asks(AFTER, leader_review(LI, ANA, &[("duty", "80")])).events().len(), 1);
    let again = play.does(AGAIN, RoundCommand::Close).does(AGAIN, tally());
    let Basis::Reviews { groups } = again.proposed(ANA).basis else { panic!("of reviews") };
    assert_eq!(groups[0].gap, Some(Gap::NoAnswer), "the first marks are void");
    let play = again.does(AGAIN, propose_reopening());
    let version = |play: &Play| play.round().version;
    assert_eq!(version(&play.does_by("auditor", AGAIN, reopening("2022-10-21T16:00:00Z"))), 3);
}

#[test]
fn an_annulment_takes_two() {
    let by = actor("office");
    let proposed = RoundEvent::AnnulmentProposed { reason: reason(), by: by.clone() };
    opened().asks(VOTING, propose_annulment()).then([in_round(proposed)]);
    let play = opened().does(VOTING, propose_annulment());
    play.asks(VOTING, propose_annulment()).then_refused(RoundRefusal::AlreadyProposed { round: ROUND });
    play.asks(VOTING, RoundCommand::Annul).then_refused(RoundRefusal::SamePerson { actor: by });
    opened().asks(VOTING, RoundCommand::Annul).then_refused(RoundRefusal::NotProposed { round: ROUND });
}

#[test]
fn what_was_asked_for_is_declined_by_another_or_taken_back() {
    let decline = || RoundCommand::DeclineAnnulment { reason: sealed("no ground") };
    let play = published().does(AFTER, propose_annulment());
    for who in ["office", "auditor"] {
        let (reason, proposed_by, by) = (sealed("no ground"), actor("office"), actor(who));
        let declined = RoundEvent::AnnulmentDeclined { reason, proposed_by, by };
        play.asks_by(who, AFTER, decline()).then([in_round(declined)]);
    }
    let play = play.does(AFTER, decline());
    let none = || RoundRefusal::NotProposed { round: ROUND };
    play.asks(AFTER, decline()).then_refused(none());
    play.asks_by("auditor", AFTER, RoundCommand::Annul).then_refused(none());
    let again = |reason: &str| RoundCommand::DeclineReopening { reason: sealed(reason) };
    let play = decided().does(AFTER, propose_reopening());
    let (reason, proposed_by, by) = (sealed("no ground"), actor("office"), actor("auditor"));
    let declined = RoundEvent::ReopeningDeclined { reason, proposed_by, by };
    play.asks_by("auditor", AFTER, again("no ground")).then([in_round(declined)]);
    let play = play.does(AFTER, again("no ground"));
    play.asks_by("auditor", AFTER, reopening(AGAIN)).then_refused(none());
    play.asks(AFTER, again("no ground")).then_refused(none());
}

#[test]
fn what_is_asked_for_is_answered_before_the_round_is_published_or_final() {
    let open = || RoundRefusal::ProposalOpen { round: ROUND, by: actor("office") };
    for propose in [propose_reopening(), propose_annulment()] {
        decided().does(AFTER, propose).asks(AFTER, RoundCommand::Publish).then_refused(open());
    }
    let play = published().does(AFTER, propose_annulment());
    play.asks(OVER, RoundCommand::Finalise).then_refused(open());
    let play = play.does_by("auditor", AFTER, RoundCommand::DeclineAnnulment { reason: sealed("no ground") });
    assert_eq!(play.asks(OVER, RoundCommand::Finalise).events().len(), 1);
}

#[test]
fn an_annulment_releases_the_claims() {
    let play = house().does(DRAFTING, draft(&[EAST, WEST], 1)).does(DRAFTING, propose_annulment());
    let (branches, period, reason) = (vec![EAST, WEST], q3(), reason());
    let (proposed_by, by) = (actor("office"), actor("auditor"));
    let released = |branch| at(branch, BranchEvent::PeriodReleased { round: ROUND, period });
    play.asks_by("auditor", DRAFTING, RoundCommand::Annul).then([
        in_round(RoundEvent::Annulled { branches, period, reason, proposed_by, by }),
        released(EAST),
        released(WEST),
    ]);
}

#[test]
fn an_annulled_period_is_drafted_for_again_and_as_another_round() {
    let claimed = RoundRefusal::PeriodClaimed { branch: EAST, period: q3(), round: ROUND };
    published().asks_of(OTHER, AFTER, "office", draft(&[EAST], 1)).then_refused(claimed);
    assert_eq!(annulled().asks_of(OTHER, AFTER, "office", draft(&[EAST], 1)).events().len(), 2);
    annulled().asks(AFTER, draft(&[EAST], 1)).then_refused(RoundRefusal::AlreadyDrafted { round: ROUND });
}

#[test]
fn a_round_whose_branch_was_merged_is_annulled_and_its_period_released() {
    let merged = at(EAST, BranchEvent::Merged { into: WEST, on: date(2022, 8, 1), reason: sealed("one office") });
    let play = house().does(DRAFTING, draft(&[EAST, WEST], 1)).and([merged]).does(OPENING, propose_annulment());
    let play = play.does_by("auditor", OPENING, RoundCommand::Annul);
    assert_eq!(play.asks_of(OTHER, OPENING, "office", draft(&[WEST], 1)).events().len(), 2);
}

#[test]
fn nothing_goes_on_in_an_annulled_round() {
    let ended = || RoundRefusal::Ended { round: ROUND, stage: Stage::Annulled };
    annulled().asks(AFTER, propose_annulment()).then_refused(ended());
    annulled().asks_by("auditor", AFTER, RoundCommand::Annul).then_refused(ended());
    annulled().asks(AFTER, RoundCommand::DeclineAnnulment { reason: reason() }).then_refused(ended());
    annulled().asks(AFTER, RoundCommand::DeclineReopening { reason: reason() }).then_refused(ended());
    annulled().asks(OVER, RoundCommand::Finalise).then_refused(wrong_stage(Stage::Annulled, Stage::Published));
    annulled().asks(AFTER, propose_reopening()).then_refused(wrong_stage(Stage::Annulled, Stage::Closed));
}

#[test]
fn every_stream_that_is_written_was_read() {
    let proposed = published().does(AFTER, propose_annulment());
    let low = published_marks(house(), &["50"; 7]);
    for (play, at, by, command) in [
        (closed(), AFTER, "office", tally()),
        (low, OVER, "office", RoundCommand::Finalise),
        (proposed, AFTER, "auditor", RoundCommand::Annul),
    ] {
        let (at, actor, zone) = (instant(at), actor(by), Zone::default());
        let vault = std::sync::Arc::new(crate::testing::OpenVault);
        let world = crate::world::World::new(&play.0);
        let decision = Command::Round(ROUND, command)
            .decide(&world, &crate::world::Context { at, actor, zone, vault })
            .expect("accepted");
        let read = world.reads();
        assert!(decision.events().iter().all(|(stream, _)| read.contains(stream)), "{read:?}");
    }
}
