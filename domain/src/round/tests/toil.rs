//! What a refusal costs follows from what everybody may see: the streams read, the seals opened and how long they are
//! are the same whatever they hold.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::lengths::sealed_at_random;
use super::*;
use crate::aggregate::Aggregate;
use crate::refusal::Refusal;
use crate::vault::Vault;
use crate::world::{Context, Stop, World};

/// A vault that keeps how much it was asked for.
#[derive(Debug, Default)]
struct Meter {
    seals: AtomicUsize,
    opened: AtomicUsize,
    bytes: AtomicUsize,
}

impl Vault for Meter {
    fn seal(&self, _label: &str, text: &str) -> Sealed {
        self.seals.fetch_add(1, Ordering::Relaxed);
        Sealed(text.to_owned())
    }

    fn open(&self, sealed: &Sealed) -> Option<String> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(sealed.0.len(), Ordering::Relaxed);
        Some(sealed.0.clone())
    }
}

/// States that keep what was read of them, in order.
struct Library<'a>(&'a Given, RefCell<Vec<StreamId>>);

impl States for Library<'_> {
    fn state(&self, stream: StreamId) -> Option<&State> {
        self.1.borrow_mut().push(stream);
        self.0.state(stream)
    }
}

/// What a refusal took: its code, seals made, seals opened, their bytes, the streams read.
type Toil = (&'static str, [usize; 3], Vec<StreamId>);

fn toil(play: &Play, at: &str, command: RoundCommand) -> Toil {
    let meter = Arc::new(Meter::default());
    let library = Library(&play.0, RefCell::default());
    let vault: Arc<dyn Vault> = Arc::<Meter>::clone(&meter);
    let context = Context { at: instant(at), actor: actor("office"), zone: Zone::default(), vault };
    let answer = Round::decide(ROUND, command, &World::new(&library), &context);
    let code = match answer {
        Err(Stop::Refused(refusal)) => Refusal::code(&refusal),
        other => panic!("not refused: {other:?}"),
    };
    let spent = [&meter.seals, &meter.opened, &meter.bytes].map(|spent| spent.load(Ordering::Relaxed));
    (code, spent, library.1.into_inner())
}

fn refused(stages: &[Play], odd: Counts) -> Vec<Toil> {
    let [given, counted, tallied, decided] = stages else { panic!("four stages") };
    let counted_otherwise = in_round(RoundEvent::PaperCounted {
        group: Group::Peer,
        attempt: 1,
        member: east(3),
        scrutineer: TAN,
        counts: Sealed(format!("{:<512}", serde_json::to_string(&odd).expect("counts"))),
    });
    let differing = counted.clone().and([counted_otherwise]);
    let decide = |member| RoundCommand::DecideGrades {
        given: vec![GradeGiven { member, grade: code("excellent"), reason: Some(sealed("because")) }],
    };
    let late =
        || RoundCommand::GiveLeaderReview { reviewer: LI, member: ANA, marks: marks(&[("duty", "1")]), comment: None };
    let appeal = || RoundCommand::FileAppeal { appeal: APPEAL, member: ANA, text: sealed("why") };
    vec![
        toil(given, VOTING, RoundCommand::Close),
        toil(given, CLOSES, RoundCommand::Close),
        toil(given, CLOSES, late()),
        toil(given, VOTING, tally()),
        toil(&differing, CLOSES, RoundCommand::Close),
        toil(counted, CLOSES, decide(ANA)),
        toil(counted, CLOSES, RoundCommand::Publish),
        toil(tallied, AFTER, tally()),
        toil(tallied, AFTER, RoundCommand::Publish),
        toil(tallied, AFTER, decide(NOBODY)),
        toil(tallied, AFTER, RoundCommand::Finalise),
        toil(tallied, AFTER, appeal()),
        toil(tallied, AFTER, RoundCommand::Close),
        toil(decided, AFTER, tally()),
        toil(decided, AFTER, RoundCommand::Finalise),
        toil(decided, AFTER, appeal()),
        toil(decided, AFTER, RoundCommand::Correct { member: ANA, fixes: vec![], reason: sealed("why") }),
    ]
}

#[test]
fn a_refusal_takes_as_much_whatever_is_sealed() {
    let rules = Preset::Renormalise.rules();
    let of = |seed| {
        let odd = if seed == 0 {
            peer_counts([1, 0, 0, 0, 0], [0; 5], [0; 5])
        } else {
            peer_counts([0; 5], [0; 5], [0, 0, 2, 2, 1])
        };
        refused(&sealed_at_random(&rules, seed).stages, odd)
    };
    let expected = of(0);
    assert!(expected.iter().any(|(code, ..)| *code == "round.counts_differ"));
    for seed in 1..12 {
        for (one, other) in of(seed).into_iter().zip(&expected) {
            assert_eq!(one, *other, "seed {seed}");
        }
    }
}
