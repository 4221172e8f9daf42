//! Drafting claims the period; opening fixes rules and roster.

use super::*;
use crate::branch::BranchRefusal;
use crate::member::MemberRefusal;

fn claimed(branch: BranchId, round: RoundId) -> Happened {
    at(branch, BranchEvent::PeriodClaimed { round, period: q3() })
}

fn drafted_for(branches: &[BranchId]) -> Play {
    house().does(DRAFTING, draft(branches, 1))
}

fn drafted() -> Play {
    drafted_for(&[EAST])
}

fn opening(leaders: &[MemberId], scrutineers: &[MemberId], without: &[Group]) -> RoundCommand {
    let (leaders, scrutineers) = (leaders.to_vec(), scrutineers.to_vec());
    RoundCommand::Open { closes_at: instant(CLOSES), leaders, scrutineers, without: without.to_vec() }
}

fn rostered(member: MemberId, branch: BranchId) -> Rostered {
    Rostered { member, branch, since: MARCH, on_probation: false }
}

/// East with two more: one on probation, one suspended.
fn with_others() -> Play {
    drafted()
        .and(joined(east(8), EAST, Some(date(2023, 3, 1))))
        .and(joined(east(9), EAST, None))
        .and([suspended(east(9), date(2022, 9, 1))])
}

#[test]
fn a_draft_claims_the_period_of_each_branch() {
    let (branches, period) = (vec![EAST, WEST], q3());
    house().asks(DRAFTING, draft(&[EAST, WEST], 1)).then([
        in_round(RoundEvent::Drafted { branches, period, rules_version: 1 }),
        claimed(EAST, ROUND),
        claimed(WEST, ROUND),
    ]);
}

#[test]
fn a_branch_has_one_round_in_a_period() {
    let refusal = RoundRefusal::PeriodClaimed { branch: EAST, period: q3(), round: ROUND };
    drafted().asks_of(OTHER, DRAFTING, "office", draft(&[WEST, EAST], 1)).then_refused(refusal);
}

#[test]
fn a_year_and_its_quarters_are_claimed_apart() {
    let year = RoundCommand::Draft { branches: vec![EAST], period: "2022".parse().expect("a year"), rules_version: 1 };
    assert_eq!(drafted().asks_of(OTHER, DRAFTING, "office", year).events().len(), 2);
}

#[test]
fn a_round_is_drafted_once() {
    drafted().asks(DRAFTING, draft(&[WEST], 1)).then_refused(RoundRefusal::AlreadyDrafted { round: ROUND });
}

#[test]
fn nothing_is_asked_of_a_round_that_is_not_drafted() {
    house().asks(OPENING, open()).then_refused(RoundRefusal::Unknown { round: ROUND });
    house().asks(OPENING, RoundCommand::Annul).then_refused(RoundRefusal::Unknown { round: ROUND });
}

#[test]
fn a_round_is_for_a_quarter_or_a_year() {
    let period: Period = "2022-08".parse().expect("a month");
    let command = RoundCommand::Draft { branches: vec![EAST], period, rules_version: 1 };
    house().asks(DRAFTING, command).then_refused(RoundRefusal::WrongPeriod { period });
}

#[test]
fn a_round_covers_one_to_fifty_branches_each_once() {
    let refusal = |given| RoundRefusal::Branches { given, max: BRANCHES_MAX };
    house().asks(DRAFTING, draft(&[], 1)).then_refused(refusal(0));
    house().asks(DRAFTING, draft(&[EAST, EAST], 1)).then_refused(refusal(2));
    let many: Vec<BranchId> = (0..51).map(|number| BranchId(Uuid::from_u128(number))).collect();
    house().asks(DRAFTING, draft(&many, 1)).then_refused(refusal(51));
}

#[test]
fn a_draft_is_for_rules_that_were_adopted() {
    for version in [0, 3, u32::MAX] {
        house().asks(DRAFTING, draft(&[EAST], version)).then_refused(RoundRefusal::UnknownRules { version });
    }
}

#[test]
fn a_branch_that_ended_is_not_drafted_for() {
    let merged = at(EAST, BranchEvent::Merged { into: WEST, on: date(2022, 6, 1), reason: sealed("one office") });
    let refusal = BranchRefusal::Merged { branch: EAST, into: WEST };
    house().and([merged]).asks(DRAFTING, draft(&[EAST], 1)).then_refused(refusal);
}

#[test]
fn a_branch_merged_since_the_draft_is_not_opened_for() {
    let merged = at(EAST, BranchEvent::Merged { into: WEST, on: date(2022, 8, 1), reason: sealed("one office") });
    let refusal = BranchRefusal::Merged { branch: EAST, into: WEST };
    drafted().and([merged]).asks(OPENING, open()).then_refused(refusal);
}

#[test]
fn the_opening_fixes_rules_groups_and_roster() {
    let rules = Preset::Default.rules();
    let people: Vec<Rostered> = (1..=7).map(|number| rostered(east(number), EAST)).collect();
    let peers = people.iter().map(|person| person.member).collect();
    let (groups, closes_at, scrutineers) = (Group::ALL.to_vec(), instant(CLOSES), vec![SU, TAN]);
    drafted().asks(OPENING, open()).then([
        in_round(RoundEvent::Opened { rules, groups, closes_at, scrutineers }),
        in_round(RoundEvent::RosterFixed { people, leaders: vec![LI, MA], peers, suspended: vec![] }),
    ]);
}

#[test]
fn the_rules_are_those_of_the_draft_whatever_was_adopted_since() {
    let play = drafted().and([adopted(3, Preset::ThreeGrades.rules())]).does(OPENING, open());
    assert_eq!(play.round().opening.as_ref().expect("open").rules, Preset::Default.rules());
}

#[test]
fn who_is_on_probation_reviews_and_is_not_reviewed() {
    let play = with_others().does(OPENING, open());
    let roster = play.round().roster();
    assert!(roster.peers.contains(&east(8)) && roster.reviews(east(8)).is_none());
    let review = leader_review(LI, east(8), &[("duty", "90")]);
    play.asks(VOTING, review).then_refused(RoundRefusal::NotReviewed { member: east(8) });
}

#[test]
fn who_is_suspended_neither_reviews_nor_is_reviewed_and_is_named() {
    let events = with_others().asks(OPENING, open()).events();
    let Event::Round(RoundEvent::RosterFixed { people, peers, suspended, .. }) = &events[1].1 else {
        panic!("the roster, but was {events:?}");
    };
    assert_eq!(*suspended, [east(9)]);
    assert!(!peers.contains(&east(9)) && people.iter().all(|person| person.member != east(9)));
}

#[test]
fn a_leader_of_the_branch_is_reviewed_and_is_no_peer() {
    let play = drafted().does(OPENING, opening(&[ANA, LI], &[SU, TAN], &[]));
    let roster = play.round().roster();
    assert!(roster.reviews(ANA).is_some() && !roster.peers.contains(&ANA));
    play.asks(VOTING, to_peer(ANA)).then_refused(RoundRefusal::NotAPeer { member: ANA });
}

#[test]
fn a_round_does_not_open_before_its_period() {
    let begins = date(2022, 7, 1);
    let early = house().does("2022-06-20T01:00:00Z", draft(&[EAST], 1));
    let refusal = RoundRefusal::PeriodNotBegun { period: q3(), begins };
    early.asks("2022-06-30T15:59:59Z", open()).then_refused(refusal);
    assert_eq!(early.asks("2022-06-30T16:00:00Z", open()).events().len(), 2);
}

#[test]
fn a_close_is_to_come_and_within_two_years() {
    let open_until = |closes_at: &str| match open() {
        RoundCommand::Open { leaders, scrutineers, without, .. } => {
            RoundCommand::Open { closes_at: instant(closes_at), leaders, scrutineers, without }
        }
        other => other,
    };
    for wrong in [OPENING, DRAFTING, "2024-10-01T01:00:00Z", "9999-12-30T22:00:00Z"] {
        let refusal = RoundRefusal::ClosesTooSoon { closes_at: moment(wrong) };
        drafted().asks(OPENING, open_until(wrong)).then_refused(refusal);
    }
    assert_eq!(drafted().asks(OPENING, open_until("2022-09-26T01:00:01Z")).events().len(), 2);
}

#[test]
fn a_round_opens_once() {
    opened().asks(OPENING, open()).then_refused(wrong_stage(Stage::Opened, Stage::Drafted));
}

#[test]
fn a_round_has_somebody_to_review() {
    let empty = BranchId(Uuid::from_u128(0x7));
    let play = house().and([established(empty, Some(BranchId::root()))]).does(DRAFTING, draft(&[empty], 1));
    play.asks(OPENING, open()).then_refused(RoundRefusal::NobodyToReview { round: ROUND });
    let play = play.and(joined(east(8), empty, Some(date(2023, 3, 1))));
    play.asks(OPENING, open()).then_refused(RoundRefusal::NobodyToReview { round: ROUND });
}

#[test]
fn a_round_takes_two_thousand_people() {
    let many = (0..=2_000_u128).map(|number| {
        at(WEST, BranchEvent::MemberJoined { member: MemberId(Uuid::from_u128(0x10_000 + number)), on: MARCH })
    });
    let refusal = RoundRefusal::TooMany { count: 2_005, max: PEOPLE_MAX };
    drafted_for(&[WEST]).and(many).asks(OPENING, open()).then_refused(refusal);
}

#[test]
fn leaders_are_named_where_the_rules_ask_them() {
    let refusal = RoundRefusal::NoLeader { round: ROUND };
    drafted().asks(OPENING, opening(&[], &[SU, TAN], &[])).then_refused(refusal);
    let refusal = RoundRefusal::NoSuchGroup { group: Group::Leader };
    drafted().asks(OPENING, opening(&[LI], &[SU, TAN], &[Group::Leader])).then_refused(refusal);
    assert_eq!(drafted().asks(OPENING, open_without(&[Group::Leader])).events().len(), 2);
}

#[test]
fn a_leader_is_named_once() {
    let refusal = |given| RoundRefusal::Leaders { given, max: LEADERS_MAX };
    drafted().asks(OPENING, opening(&[LI, LI], &[SU, TAN], &[])).then_refused(refusal(2));
    let many: Vec<MemberId> = (0..101).map(|number| MemberId(Uuid::from_u128(number))).collect();
    drafted().asks(OPENING, opening(&many, &[SU, TAN], &[])).then_refused(refusal(101));
}

#[test]
fn a_leader_is_on_duty() {
    let play = drafted().and([suspended(LI, date(2022, 9, 1))]);
    let refusal = MemberRefusal::Suspended { member: LI, on: date(2022, 9, 26), since: date(2022, 9, 1) };
    play.asks(OPENING, open()).then_refused(refusal);
}

#[test]
fn a_leader_who_is_reviewed_is_not_the_only_one() {
    let refusal = RoundRefusal::NobodyMarks { member: ANA };
    drafted().asks(OPENING, opening(&[ANA], &[SU, TAN], &[])).then_refused(refusal);
}

#[test]
fn a_group_of_four_is_too_few_to_be_secret() {
    let refusal = RoundRefusal::TooFew { group: Group::Peer, eligible: 3, threshold: 5 };
    drafted_for(&[WEST]).asks(OPENING, open()).then_refused(refusal);
}

#[test]
fn five_are_too_few_and_six_are_enough_since_nobody_votes_on_themselves() {
    let five = drafted_for(&[WEST]).and(joined(west(5), WEST, None));
    let refusal = RoundRefusal::TooFew { group: Group::Peer, eligible: 4, threshold: 5 };
    five.asks(OPENING, open()).then_refused(refusal);
    assert_eq!(five.and(joined(west(6), WEST, None)).asks(OPENING, open()).events().len(), 2);
}

#[test]
fn a_small_branch_votes_with_its_neighbours_or_without_the_secret_group() {
    assert_eq!(drafted_for(&[EAST, WEST]).does(OPENING, open()).round().roster().people.len(), 11);
    let play = drafted_for(&[WEST]).does(OPENING, open_without(&[Group::Peer]));
    assert_eq!(play.round().ballots.keys().copied().collect::<Vec<_>>(), [Group::Leader, Group::Public]);
    assert!(play.round().roster().peers.is_empty());
}

#[test]
fn some_group_is_left_and_only_groups_of_the_rules_are_left_out() {
    let play = drafted();
    let refusal = RoundRefusal::NoGroup { round: ROUND };
    play.asks(OPENING, opening(&[], &[], &Group::ALL)).then_refused(refusal);
    let rules = Rules { groups: Preset::Default.rules().groups[..1].to_vec(), ..Preset::Default.rules() };
    let play = house_under(rules).does(DRAFTING, draft(&[EAST], 3));
    let refusal = RoundRefusal::NoSuchGroup { group: Group::Public };
    play.asks(OPENING, opening(&[LI], &[], &[Group::Public])).then_refused(refusal);
}

#[test]
fn ballots_are_counted_by_two() {
    for wrong in [&[][..], &[SU], &[SU, SU], &[SU, TAN, MA]] {
        let refusal = RoundRefusal::Scrutineers { given: wrong.len() };
        drafted().asks(OPENING, opening(&[LI], wrong, &[])).then_refused(refusal);
    }
    let without = [Group::Peer, Group::Public];
    let refusal = RoundRefusal::Scrutineers { given: 2 };
    drafted().asks(OPENING, opening(&[LI], &[SU, TAN], &without)).then_refused(refusal);
    assert_eq!(drafted().asks(OPENING, opening(&[LI], &[], &without)).events().len(), 2);
}

#[test]
fn who_counts_takes_no_part() {
    for member in [ANA, LI] {
        let refusal = RoundRefusal::ScrutineerReviews { member };
        drafted().asks(OPENING, opening(&[LI, MA], &[SU, member], &[])).then_refused(refusal);
    }
}

#[test]
fn who_counts_is_on_duty() {
    let refusal = MemberRefusal::Unknown { member: NOBODY };
    drafted().asks(OPENING, opening(&[LI, MA], &[SU, NOBODY], &[])).then_refused(refusal);
}

#[test]
fn what_happens_to_people_and_branches_later_changes_no_result() {
    let before = before_close(1);
    let merged = at(EAST, BranchEvent::Merged { into: WEST, on: date(2022, 9, 30), reason: sealed("one office") });
    let after = before
        .clone()
        .and(moved(ANA, EAST, WEST, date(2022, 9, 28)))
        .and([suspended(BO, date(2022, 9, 29))])
        .and(left(east(3), EAST, date(2022, 9, 29)))
        .and([merged, adopted(3, Preset::ThreeGrades.rules())]);
    let played = |play: Play| {
        let play = play.does(CLOSES, RoundCommand::Close).does(AFTER, tally()).does(AFTER, as_proposed());
        play.does(AFTER, RoundCommand::Publish).round().clone()
    };
    assert_eq!(played(after), played(before));
}

#[test]
fn a_round_keeps_so_many_marks_of_leaders_and_no_more() {
    // 501 reviewed by a hundred leaders in two dimensions.
    let many = (8..=501).flat_map(|number| joined(east(number), EAST, None));
    let leaders: Vec<MemberId> = (1..=100).map(|number| MemberId(Uuid::from_u128(0x1E00 + number))).collect();
    let led = leaders.clone().into_iter().flat_map(|leader| joined(leader, BranchId::root(), None));
    let play = house().and(many).and(led).does(DRAFTING, draft(&[EAST], 1));
    let open = |leaders: &[MemberId]| opening(leaders, &[], &[Group::Peer, Group::Public]);
    let refusal = RoundRefusal::TooManyMarks { people: 501, leaders: 100, dimensions: 2, max: MARKS_MAX };
    play.asks(OPENING, open(&leaders)).then_refused(refusal);
    assert_eq!(play.asks(OPENING, open(&leaders[..99])).events().len(), 2);
}
