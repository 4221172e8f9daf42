//! The tally: computed once from what was sealed, and sealed again.

use super::*;

#[test]
fn the_proposal_is_in_the_log_only_sealed() {
    let events = closed().asks(AFTER, tally()).events();
    let [(_, Event::Round(RoundEvent::Tallied { version: 1, proposal, rounds }))] = &events[..] else {
        panic!("a tally, but was {events:?}");
    };
    assert!(proposal.0.starts_with("proposal|") && rounds.is_empty());
    assert_eq!(tallied().proposal().results.len(), 7);
}

#[test]
fn a_tally_comes_after_the_close_and_once() {
    before_close(1).asks(CLOSES, tally()).then_refused(wrong_stage(Stage::Opened, Stage::Closed));
    tallied().asks(AFTER, tally()).then_refused(wrong_stage(Stage::Tallied, Stage::Closed));
}

#[test]
fn a_quarterly_round_is_made_of_no_other_round() {
    let command = RoundCommand::Tally { rounds: vec![OTHER] };
    closed().asks(AFTER, command).then_refused(RoundRefusal::TallyRounds { round: ROUND });
}

#[test]
fn what_another_key_sealed_cannot_be_opened() {
    let play = closed().and([in_round(RoundEvent::LeaderReviewGiven {
        reviewer: LI,
        member: ANA,
        marks: sealed("under another key"),
        comment: None,
    })]);
    play.asks(AFTER, tally()).then_refused(RoundRefusal::CannotOpen { round: ROUND });
}

#[test]
fn the_ballots_of_a_void_group_stay_closed() {
    let play = issued(opened()).does(CLOSES, returned(Group::Peer, 3, 0)).does(CLOSES, returned(Group::Public, 4, 0));
    let play = play.does(CLOSES, counted_by(SU, Group::Peer, ANA, peer_counts([3, 0, 0, 0, 0], [0; 5], [0; 5])));
    let play = play.does(CLOSES, RoundCommand::Close).does(AFTER, tally());
    let Basis::Reviews { groups } = play.proposed(ANA).basis else { panic!("of reviews") };
    let shown: Vec<_> = groups.iter().map(|group| (group.gap, group.dimensions.len())).collect();
    assert_eq!(shown, [(Some(Gap::NoAnswer), 0), (Some(Gap::Turnout), 0), (Some(Gap::Turnout), 0)]);
}

#[test]
fn a_round_of_the_groups_that_are_left_weighs_them_to_the_whole() {
    let without = vec![Group::Peer, Group::Public];
    let (closes_at, leaders) = (instant(CLOSES), vec![LI, MA]);
    let open = RoundCommand::Open { closes_at, leaders, scrutineers: vec![], without };
    let play = marked(house().does(DRAFTING, draft(&[EAST], 1)).does(OPENING, open), ANA);
    let play = play.does(CLOSES, RoundCommand::Close).does(AFTER, tally());
    assert_eq!(play.proposed(ANA).score, score("87.5"));
    assert_eq!(play.proposed(BO).score, None);
}

/// What is in the log from the opening to publication, in plain words; the seals themselves aside.
fn plain(event: &RoundEvent) -> String {
    let mut value = serde_json::to_value(event).expect("a plain tree");
    let fields = value.as_object_mut().and_then(|outer| outer.values_mut().next()).expect("an object of fields");
    for name in ["marks", "counts", "proposal", "decided", "rules"] {
        fields.as_object_mut().expect("fields").remove(name);
    }
    value.to_string()
}

#[test]
fn no_event_before_publication_shows_a_mark_a_count_or_a_score() {
    let mut play = house().does(DRAFTING, draft(&[EAST], 1)).does(OPENING, open());
    let mut seen = vec![];
    let mut step = |at: &str, command: RoundCommand| {
        let events = play.asks(at, command).events();
        seen.extend(events.iter().map(|(_, event)| event.clone()));
        play = play.clone().and(events);
    };
    for number in 1..=7 {
        step(VOTING, leader_review(LI, east(number), &[("duty", "77.77"), ("contests", "66.66")]));
        step(VOTING, to_peer(east(number)));
    }
    step(VOTING, to_public(8));
    step(CLOSES, returned(Group::Peer, 7, 0));
    step(CLOSES, returned(Group::Public, 8, 0));
    for number in 1..=7 {
        for scrutineer in [SU, TAN] {
            step(CLOSES, counted_by(scrutineer, Group::Peer, east(number), example_peers()));
            step(CLOSES, counted_by(scrutineer, Group::Public, east(number), example_public()));
        }
    }
    step(CLOSES, RoundCommand::Close);
    step(AFTER, tally());
    step(AFTER, as_proposed());
    for event in &seen {
        let Event::Round(event) = event else { panic!("a round's, but was {event:?}") };
        let plain = plain(event);
        for told in ["77.77", "66.66", "excellent", "qualified", "mean", "score", "exact"] {
            assert!(!plain.contains(told), "{told} in {plain}");
        }
    }
    assert_eq!(seen.len(), 7 * 2 + 1 + 2 + 28 + 3);
}

#[test]
fn what_is_sealed_is_as_long_whatever_it_says() {
    use crate::vault::Vault;
    #[derive(Debug)]
    struct Length;
    impl Vault for Length {
        fn seal(&self, _label: &str, text: &str) -> Sealed {
            Sealed(text.len().to_string())
        }
        fn open(&self, _sealed: &Sealed) -> Option<String> {
            None
        }
    }
    let play = opened();
    let length = |given: &[(&str, &str)]| {
        let vault = std::sync::Arc::new(Length);
        let (at, actor, zone) = (instant(VOTING), actor("office"), Zone::default());
        let context = crate::world::Context { at, actor, zone, vault };
        let command = Command::Round(ROUND, leader_review(LI, ANA, given));
        let decision = command.decide(&crate::world::World::new(&play.0), &context).expect("accepted");
        match &decision.events()[0].1 {
            Event::Round(RoundEvent::LeaderReviewGiven { marks, .. }) => marks.0.clone(),
            other => panic!("a review, but was {other:?}"),
        }
    };
    assert_eq!(length(&[("duty", "1")]), "512");
    assert_eq!(length(&[("duty", "99.99"), ("contests", "99.99")]), "512");
}
