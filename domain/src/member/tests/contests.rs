//! Contests and honours.

use super::*;
use crate::id::{ContestId, HonourId, TeamId};

const CONTEST: ContestId = ContestId(Uuid::from_u128(6));
const TEAM: TeamId = TeamId(Uuid::from_u128(60));
const HONOUR: HonourId = HonourId(Uuid::from_u128(7));

/// The title under a member's own key.
fn own(member: MemberId) -> Sealed {
    Sealed(format!("compliance for {member}"))
}

fn place(place: u32, team_mates: &[MemberId]) -> Command {
    ana(MemberCommand::PlaceInContest {
        contest: CONTEST,
        on: MAY,
        title: own(ANA),
        level: Level::Provincial,
        place,
        team: TEAM,
        team_mates: team_mates.iter().map(|member| TeamMate { member: *member, title: own(*member) }).collect(),
    })
}

fn placed(member: MemberId, place: u32, team_size: u32) -> Happened {
    let (title, level, team) = (own(member), Level::Provincial, (team_size > 1).then_some(TEAM));
    of(member, MemberEvent::ContestPlaced { contest: CONTEST, on: MAY, title, level, place, team_size, team })
}

fn grant() -> Command {
    let (title, body) = (text("model worker"), text("the city"));
    ana(MemberCommand::GrantHonour { honour: HONOUR, on: MAY, title, level: Level::City, body })
}

fn granted() -> Happened {
    let (title, body) = (text("model worker"), text("the city"));
    of(ANA, MemberEvent::HonourGranted { honour: HONOUR, on: MAY, title, level: Level::City, body })
}

fn full_house() -> Given {
    house().and(registered(BO, WEST)).and(registered(CHU, EAST))
}

#[test]
fn one_alone_takes_a_place_in_a_team_of_one() {
    house().when(place(1, &[])).then([placed(ANA, 1, 1)]);
}

#[test]
fn the_whole_team_takes_the_place_from_any_branch() {
    full_house().when(place(3, &[BO, CHU])).then([placed(ANA, 3, 3), placed(BO, 3, 3), placed(CHU, 3, 3)]);
}

#[test]
fn a_place_is_one_to_a_thousand() {
    house().when(place(1_000, &[])).then([placed(ANA, 1_000, 1)]);
    for out in [0, 1_001] {
        house().when(place(out, &[])).then_refused(MemberRefusal::PlaceOutOfRange { place: out });
    }
}

#[test]
fn a_place_is_taken_on_a_day_that_has_come() {
    house()
        .at("2022-04-30T15:59:59Z")
        .when(place(1, &[]))
        .then_refused(TimeRefusal::InTheFuture { date: MAY, today: date(2022, 4, 30) });
}

#[test]
fn a_team_has_at_most_a_hundred_members() {
    let mates: Vec<MemberId> = (1_000..1_100).map(|id| MemberId(Uuid::from_u128(id))).collect();
    full_house().when(place(1, &mates)).then_refused(MemberRefusal::TeamTooLarge { given: 101, most: 100 });
    full_house().when(place(1, &mates[1..])).then_refused(MemberRefusal::Unknown { member: mates[1] });
}

#[test]
fn one_load_brings_the_whole_team() {
    let (house, context) = (house(), context());
    let world = World::new(&house);
    assert_eq!(place(1, &[BO, CHU]).decide(&world, &context), Err(Stop::Needs(BO.into())));
    assert_eq!(world.reads(), [ANA.into(), BO.into(), CHU.into()].into());
}

#[test]
fn nobody_stands_twice_in_a_team() {
    full_house().when(place(3, &[BO, BO])).then_refused(MemberRefusal::TeamMateTwice { member: BO });
    full_house().when(place(3, &[ANA])).then_refused(MemberRefusal::TeamMateTwice { member: ANA });
}

#[test]
fn every_team_mate_is_on_the_roster_that_day() {
    house().when(place(3, &[BO])).then_refused(MemberRefusal::Unknown { member: BO });
    let gone = of(BO, MemberEvent::Left { branch: WEST, on: APRIL, reason: text("moved away") });
    full_house().and([gone]).when(place(3, &[BO])).then_refused(MemberRefusal::Left { member: BO, on: APRIL });
    let since = of(BO, MemberEvent::Left { branch: WEST, on: JUNE, reason: text("moved away") });
    full_house().and([since]).when(place(3, &[BO])).then([placed(ANA, 3, 2), placed(BO, 3, 2)]);
    let late = MemberEvent::Registered { branch: WEST, post: Post::Staff, on: JUNE, probation_until: None };
    house().and([of(BO, late)]).when(place(3, &[BO])).then_refused(MemberRefusal::BeforeRegistration {
        member: BO,
        on: MAY,
        registered: JUNE,
    });
}

#[test]
fn the_whole_team_is_on_duty() {
    let off = |member| of(member, MemberEvent::Suspended { on: APRIL, reason: text("inquiry") });
    for member in [ANA, BO] {
        full_house().and([off(member)]).when(place(3, &[BO])).then_refused(MemberRefusal::Suspended {
            member,
            on: MAY,
            since: APRIL,
        });
    }
}

#[test]
fn a_member_takes_one_place_in_a_contest() {
    for member in [ANA, BO] {
        full_house()
            .and([placed(member, 1, 1)])
            .when(place(3, &[BO]))
            .then_refused(MemberRefusal::AlreadyPlaced { member, contest: CONTEST });
    }
}

#[test]
fn an_honour_is_granted_once() {
    house().when(grant()).then([granted()]);
    house().and([granted()]).when(grant()).then_refused(MemberRefusal::HonourIdInUse { honour: HONOUR });
}

#[test]
fn an_honour_is_granted_also_during_a_suspension_but_not_for_a_day_after_leaving() {
    house().and([suspended(APRIL)]).when(grant()).then([granted()]);
    house().and(left(JUNE)).when(grant()).then([granted()]);
    house().and(left(APRIL)).when(grant()).then_refused(MemberRefusal::Left { member: ANA, on: APRIL });
}
