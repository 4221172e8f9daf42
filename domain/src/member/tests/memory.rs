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
fn every_stream_a_member_is_moved_on_is_read_too() {
    let (house, reason) = (house(), text("why"));
    for command in [
        MemberCommand::Transfer { to: WEST, on: APRIL, reason: reason.clone() },
        MemberCommand::Leave { on: APRIL, reason },
    ] {
        let world = World::new(&house);
        let decision = ana(command).decide(&world, &context()).expect("accepted");
        let (read, mut written) = (world.reads(), decision.events().iter().map(|(stream, _)| *stream));
        assert!(written.all(|stream| read.contains(&stream)), "{read:?}");
    }
}

#[test]
fn others_ask_who_is_on_duty_now_or_was_then() {
    let require = |house: &Given, on| {
        let world = World::new(house);
        (Member::require_on_duty(&world, ANA, on).err(), Member::require_on_duty_then(&world, ANA, on).err())
    };
    assert_eq!(require(&house(), MARCH), (None, None));
    let off = house().and([suspended(APRIL)]);
    assert_eq!(require(&off, MARCH), (None, None));
    let refusal = MemberRefusal::Suspended { member: ANA, on: MAY, since: APRIL };
    let refused: Option<Stop> = Some(refusal.into());
    assert_eq!(require(&off, MAY), (refused.clone(), refused));
    let back = off.and([reinstated(JUNE)]);
    let refusal = MemberRefusal::OffDuty { member: ANA, on: MAY, back: JUNE };
    let refused: Option<Stop> = Some(refusal.into());
    assert_eq!(require(&back, MAY), (refused.clone(), refused));
    assert_eq!(require(&back, JUNE), (None, None));
    let gone: Option<Stop> = Some(MemberRefusal::Left { member: ANA, on: MAY }.into());
    assert_eq!(require(&house().and(left(MAY)), APRIL), (gone.clone(), None));
    assert_eq!(require(&house().and(left(MAY)), MAY), (gone.clone(), gone));
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
        let Event::Member(event) = Event::decode(StreamKind::Member, "1", &text).expect("an event") else {
            panic!("a member's event: {text}");
        };
        member.remember(&event);
        let stored = serde_json::to_string(&member).expect("a plain tree");
        assert_eq!(serde_json::from_str::<Member>(&stored).expect("what was stored"), member);
    }
}
