//! What others read of a member, and how a state is kept.

use super::*;
use crate::stream::StreamKind;
use crate::world::{State, States};

fn state(given: &Given) -> &Member {
    match given.state(ANA.into()) {
        Some(State::Member(member)) => member,
        other => panic!("a member, but was {other:?}"),
    }
}

#[test]
fn who_is_not_registered_is_nowhere() {
    let member = Member::default();
    assert_eq!((member.branch(), member.post(), member.registered_on(), member.left_on()), (None, None, None, None));
    assert!(!member.is_formal());
    assert!(!member.was_on_roster_on(MAY));
}

#[test]
fn a_member_is_where_the_last_transfer_led() {
    let house = house().and([
        of(ANA, MemberEvent::Transferred { from: EAST, to: WEST, on: APRIL, reason: text("nearer home") }),
        of(ANA, MemberEvent::Appointed { post: Post::Cadre, on: MAY }),
    ]);
    let member = state(&house);
    assert_eq!((member.branch(), member.post()), (Some(WEST), Some(Post::Cadre)));
    assert_eq!((member.registered_on(), member.left_on()), (Some(MARCH), None));
}

#[test]
fn a_member_is_on_the_roster_from_the_first_day_to_the_one_before_leaving() {
    let house = house().and(left(MAY));
    let member = state(&house);
    let days = [date(2022, 2, 28), MARCH, date(2022, 4, 30), MAY, JUNE];
    assert_eq!(days.map(|day| member.was_on_roster_on(day)), [false, true, true, false, false]);
    assert_eq!((member.branch(), member.left_on(), member.post()), (None, Some(MAY), Some(Post::Staff)));
}

#[test]
fn a_member_is_formal_unless_on_probation() {
    assert!(state(&house()).is_formal());
    let event = MemberEvent::Registered { branch: EAST, post: Post::Staff, on: MARCH, probation_until: Some(JUNE) };
    let probation = empty_house().and([of(ANA, event)]);
    assert!(!state(&probation).is_formal());
    assert!(state(&probation.and([of(ANA, MemberEvent::ProbationEnded { on: MAY })])).is_formal());
}

#[test]
fn leaving_takes_the_plaque_down() {
    let plaque = crate::id::PlaqueId(Uuid::from_u128(3));
    let house = house().and([of(ANA, MemberEvent::PlaquePublished { plaque, on: APRIL, duty: text("counter") })]);
    assert_eq!(state(&house).plaque, Some((plaque, APRIL)));
    assert_eq!(state(&house.and(left(MAY))).plaque, None);
}

#[test]
fn what_a_decision_read_is_recorded() {
    let (house, context) = (house(), crate::period::Zone::default());
    let context = Context {
        at: "2022-12-31T12:00:00Z".parse().expect("an instant"),
        actor: crate::id::ActorId("office".to_owned()),
        zone: context,
    };
    let world = World::new(&house);
    let command = ana(MemberCommand::Transfer { to: WEST, on: APRIL, reason: text("nearer home") });
    let decision = command.decide(&world, &context).expect("accepted");
    let written = decision.events().iter().map(|(stream, _)| *stream).collect();
    assert_eq!(world.reads(), written);
}

#[test]
fn a_state_survives_being_stored() {
    let mut member = state(&house()).clone();
    let mut golden: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/member"))
        .expect("the golden folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    golden.sort();
    assert!(golden.len() >= Event::names(StreamKind::Member).len());
    for path in golden.iter().rev() {
        let text = std::fs::read_to_string(path).expect("a text");
        let Event::Member(event) = Event::decode(StreamKind::Member, &text).expect("an event") else {
            panic!("a member's event: {text}");
        };
        member.remember(&event);
        let stored = serde_json::to_string(&member).expect("a plain tree");
        assert_eq!(serde_json::from_str::<Member>(&stored).expect("what was stored"), member);
    }
}
