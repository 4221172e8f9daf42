//! What a branch remembers and shows to other deciders.

use super::*;
use crate::period::TimeRefusal;
use crate::refusal::Refusal;
use crate::testing::given;
use crate::world::{Context, State, States, Stop, World};

fn state(given: &Given, id: BranchId) -> Branch {
    match given.state(id.into()) {
        Some(State::Branch(branch)) => branch.clone(),
        other => panic!("{id} is not remembered as a branch: {other:?}"),
    }
}

#[test]
fn a_branch_shows_its_place_its_roster_and_its_outlets() {
    let (world, nobody_asked) = (with_outlets(), Branch::default());
    let east = state(&world, EAST);
    assert!(east.is_established() && !nobody_asked.is_established());
    assert_eq!((east.parent(), east.established_on()), (Some(root()), Some(FOUNDED)));
    assert!(east.members().contains(&ANA) && !east.members().contains(&CY));
    assert_eq!(east.members().iter().copied().collect::<Vec<_>>(), [ANA, BO]);
    assert_eq!(east.outlet(BANK).map(|outlet| (outlet.kind, outlet.opened_on)), Some((OutletKind::Financial, MARCH)));
    assert_eq!(east.outlet(STATION), None);
}

#[test]
fn a_branch_that_was_merged_holds_nobody_and_nothing_that_stands() {
    let merged = state(&with_outlets().and(assigned(None)).and([east_merged()]), EAST);
    assert!(merged.members().is_empty());
    assert_eq!(merged.outlet(BANK), None);
    assert!(merged.is_established());
}

#[test]
fn a_branch_survives_being_stored() {
    let east = state(&with_outlets().and(assigned(Some(TODAY))), EAST);
    let stored = serde_json::to_string(&east).expect("a plain tree");
    assert_eq!(serde_json::from_str::<Branch>(&stored).expect("what was just written"), east);
}

#[test]
fn every_stream_that_is_written_was_read() {
    let given = with_outlets().and(assigned(None));
    let context = Context {
        at: "2022-12-31T12:00:00Z".parse().expect("an instant"),
        actor: ActorId("office".to_owned()),
        zone: crate::period::Zone::default(),
        vault: std::sync::Arc::new(crate::testing::OpenVault),
    };
    for command in [
        BranchCommand::Merge { into: WEST, on: JUNE, reason: reason() },
        BranchCommand::Move { to: WEST, on: JUNE, reason: reason() },
    ] {
        let world = World::new(&given);
        let decision = east(command).decide(&world, &context).expect("accepted");
        for (stream, event) in decision.events() {
            assert!(world.reads().contains(stream), "{} is written unread", event.name());
        }
    }
    let world = World::new(&given);
    let unloaded = BranchCommand::Move { to: NOWHERE, on: JUNE, reason: reason() };
    assert_eq!(east(unloaded).decide(&world, &context), Err(Stop::Needs(NOWHERE.into())));
}

#[test]
fn a_day_beyond_the_calendar_is_refused() {
    let date = jiff::civil::date(1999, 12, 31);
    tree()
        .when(east(BranchCommand::Rename { name: title("Past"), on: date }))
        .then_refused(TimeRefusal::OutOfRange { date });
}

#[test]
fn refusals_speak_both_languages_and_carry_their_facts() {
    let refusal = Refusal::from(BranchRefusal::HasMembers { branch: EAST, count: 2 });
    assert_eq!(refusal.code(), "branch.has_members");
    assert!(refusal.to_string().contains("has 2 members; transfer them first"));
    assert!(refusal.chinese().contains("还有 2 名成员"));
    assert_eq!(refusal.facts(), [("branch", EAST.to_string()), ("count", "2".to_owned())]);
    let mut codes = BranchRefusal::CODES.to_vec();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), BranchRefusal::CODES.len(), "a code is used twice");
}

#[test]
fn an_empty_world_has_no_branch() {
    given([])
        .when(east(BranchCommand::Close { on: JUNE, reason: reason() }))
        .then_refused(BranchRefusal::Unknown { branch: EAST });
}
