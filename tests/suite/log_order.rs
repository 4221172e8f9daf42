//! Many writers at once: no hole, no reordering, every acknowledged command once, no refusal on a stale state.

use std::sync::Arc;

use domain::event::Fact;
use domain::id::{BranchId, MemberId};
use domain::stream::{Position, StreamId};
use futures_util::future::{join_all, try_join_all};
use graphql::ports::SendError;
use harness::audit::{Acknowledged, Follower, audit, head, recorded};
use harness::crowd::{
    accepted, contest, enrol, founding, organisation, reinstate, result, send, suspend, training, transfer,
};
use harness::ground::Ground;
use infra::app::App;
use infra::clock::Clock;
use infra::log::reader;
use jiff::Timestamp;
use tokio::sync::watch;

const WRITERS: usize = 64;
const ROUNDS: i32 = 2;

/// What all writers write about.
struct Place {
    branches: Vec<BranchId>,
    crew: Vec<MemberId>,
    begun: Acknowledged,
}

async fn place(app: &App) -> Place {
    let branches = organisation(app, 5).await;
    let mut crew = Vec::new();
    for number in 0..4 {
        crew.push(enrol(app, &format!("crew-{number}"), branches[0]).await.unwrap().0);
    }
    let names: Vec<String> = founding(5).into_iter().chain((0..4).map(|number| format!("crew-{number}"))).collect();
    let begun = recorded(&app.pool, &names).await;
    Place { branches, crew, begun }
}

/// A registration, then transfers over three streams, results, contests over four, trainings that read five.
async fn write(app: &App, number: usize, place: &Place) -> Acknowledged {
    let branch = |step: usize| place.branches[(number + step) % place.branches.len()];
    let id = |what: &str, round: i32| format!("writer-{number}-{what}-{round}");
    let mut acknowledged = Acknowledged::new();
    let name = id("enrol", 0);
    let (member, enrolled) = enrol(app, &name, branch(0)).await.unwrap();
    acknowledged.insert(name, enrolled.position);
    for round in 1..=ROUNDS {
        let attendees = [vec![member], place.crew.clone()].concat();
        let step = round.unsigned_abs() as usize;
        let commands = [
            ("transfer", transfer(member, branch(step))),
            ("result", result(member, 3 + round, "12")),
            ("contest", contest(member, &id("contest", round), place.crew[1..].to_vec())),
            ("training", training(branch(step), &id("training", round), attendees)),
        ];
        for (what, command) in commands {
            let name = id(what, round);
            let position = accepted(app, &name, command).await;
            acknowledged.insert(name, position);
        }
    }
    acknowledged
}

/// Lets the writers loose on one database through these programs, while a reader follows.
async fn storm(ground: &Ground, apps: &[App], place: &Place) -> Acknowledged {
    let (end, ended) = watch::channel(false);
    let follower = tokio::spawn(Follower::default().follow(ground.pool().await, ended));
    let writers = (0..WRITERS).map(|number| write(&apps[number % apps.len()], number, place));
    let written = join_all(writers).await;
    end.send_replace(true);
    let followed = follower.await.unwrap();
    let mut acknowledged = place.begun.clone();
    acknowledged.extend(written.into_iter().flatten());
    assert_eq!(acknowledged.len(), place.begun.len() + WRITERS * (1 + 4 * ROUNDS.unsigned_abs() as usize));
    let audited = audit(&apps[0].pool, &acknowledged).await;
    assert_eq!(followed.position, audited.position, "the reader got to the end");
    assert_eq!(followed.seen, audited.seen, "the reader saw on the way what is there at the end");
    acknowledged
}

async fn stop(apps: Vec<App>) {
    for app in apps {
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_leave_no_hole_and_a_reader_follows() {
    let ground = Ground::fresh().await;
    let apps = vec![ground.app().await];
    let place = place(&apps[0]).await;
    storm(&ground, &apps, &place).await;
    stop(apps).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_take_turns_on_one_log() {
    let ground = Ground::fresh().await;
    let apps = vec![ground.app().await, ground.app().await];
    let place = place(&apps[0]).await;
    storm(&ground, &apps, &place).await;
    stop(apps).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_sits_idle_in_a_transaction_stalls_nothing() {
    let ground = Ground::fresh().await;
    let apps = vec![ground.app().await, ground.app().await];
    let place = place(&apps[0]).await;
    let pool = ground.pool().await;
    let mut idle = pool.begin().await.unwrap();
    sqlx::raw_sql("create table unrelated (n bigint); insert into unrelated values (1)")
        .execute(&mut *idle)
        .await
        .unwrap();
    let held = sqlx::query("update people set contact = '12' where member = $1")
        .bind(place.crew[0].0)
        .execute(&mut *idle)
        .await
        .unwrap();
    assert_eq!(held.rows_affected(), 1);
    let acknowledged = storm(&ground, &apps, &place).await;
    let last = acknowledged.values().max().copied();
    assert_eq!(apps[1].reads.pin(None, last).await.unwrap().position, last.unwrap(), "the folds go on too");
    idle.rollback().await.unwrap();
    stop(apps).await;
}

/// What a toggle was answered, and between which positions it was decided.
struct Toggle {
    name: String,
    suspends: bool,
    sent_at: Position,
    answered_at: Position,
    /// The position, or the code of the refusal.
    answer: Result<Position, &'static str>,
}

async fn toggle(app: &App, name: String, suspends: bool, member: MemberId) -> Toggle {
    let sent_at = head(app).await;
    let command = if suspends { suspend(member) } else { reinstate(member) };
    let answer = match send(app, &name, command).await {
        Ok(accepted) => Ok(accepted.position),
        Err(SendError::Refused(refusal)) => Err(refusal.code()),
        Err(error) => panic!("{name} is neither accepted nor refused: {error}"),
    };
    Toggle { name, suspends, sent_at, answered_at: head(app).await, answer }
}

/// Whether the member was suspended after each position of the log.
fn suspended(facts: &[Fact], member: MemberId) -> Vec<bool> {
    let mut states = vec![false];
    for fact in facts {
        let before = states[states.len() - 1];
        let name = (fact.stream == StreamId::from(member)).then(|| fact.event.name());
        states.push(match name {
            Some("member_suspended") => true,
            Some("member_reinstated") => false,
            _ => before,
        });
    }
    states
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_accepted_or_refused_on_a_state_that_did_not_hold() {
    let ground = Ground::fresh().await;
    let apps = [ground.app().await, ground.app().await];
    let place = place(&apps[0]).await;
    let member = place.crew[0];
    let writers = (0..24).map(async |writer: usize| {
        let mut toggles = Vec::new();
        for round in 0..8 {
            let name = format!("toggle-{writer}-{round}");
            toggles.push(toggle(&apps[writer % 2], name, (writer / 2 + round).is_multiple_of(2), member).await);
        }
        toggles
    });
    let toggles: Vec<Toggle> = join_all(writers).await.into_iter().flatten().collect();
    let mut acknowledged = place.begun.clone();
    acknowledged.extend(toggles.iter().filter_map(|toggle| Some((toggle.name.clone(), toggle.answer.ok()?))));
    let states = suspended(&audit(&apps[0].pool, &acknowledged).await.seen, member);
    for Toggle { name, suspends, sent_at, answered_at, answer } in &toggles {
        match answer {
            Ok(position) => {
                let before = states[position.0 as usize - 1];
                assert_eq!(before, !suspends, "{name} was accepted at {position} though it changes nothing");
            }
            Err(code) => {
                assert_eq!(*code, if *suspends { "member.already_suspended" } else { "member.not_suspended" });
                let held = &states[sent_at.0 as usize..=answered_at.0 as usize];
                assert!(held.contains(suspends), "{name} was refused between {sent_at} and {answered_at}");
            }
        }
    }
    let count = |accepted| toggles.iter().filter(|toggle| toggle.answer.is_ok() == accepted).count();
    assert!(count(true) > 20 && count(false) > 20, "{} accepted, {} refused", count(true), count(false));
    stop(apps.into()).await;
}

#[tokio::test]
async fn a_clock_that_goes_back_does_not_take_the_log_with_it() {
    let ground = Ground::fresh().await;
    let noon: Timestamp = "2022-06-01T04:00:00Z".parse().unwrap();
    let hour = jiff::SignedDuration::from_hours(1);
    let clock = Arc::new(Clock::simulated(noon));
    let set = |at: Timestamp| match &*clock {
        Clock::Simulated(now) => _ = now.send_replace(at),
        Clock::System => panic!("this clock is set by hand"),
    };
    let app = ground.app_at(Arc::clone(&clock)).await;
    let branch = organisation(&app, 1).await[0];
    let mut ends = vec![head(&app).await];
    for (name, at) in [("back", noon - hour), ("on", noon + hour), ("back again", noon - hour * 24)] {
        set(at);
        enrol(&app, &name.replace(' ', "-"), branch).await.unwrap();
        ends.push(head(&app).await);
    }
    let other = ground.app_at(Arc::new(Clock::simulated(noon - hour * 48))).await;
    enrol(&other, "slow-clock", branch).await.unwrap();
    ends.push(head(&other).await);
    let mut follower = Follower::default();
    follower.step(&app.pool, 100).await;
    let at: Vec<Timestamp> = ends.iter().map(|end| follower.seen[end.0 as usize - 1].at).collect();
    assert_eq!(at, [noon, noon, noon + hour, noon + hour, noon + hour], "recorded under the head's time");
    let instants = [noon - hour, noon, noon + hour * 2, noon + hour];
    let asked = instants.map(|instant| reader::position_at(&app.pool, instant));
    let nothing = Position(0);
    assert_eq!(try_join_all(asked).await.unwrap(), [nothing, ends[1], ends[4], ends[4]], "the last one at or before");
    stop(vec![app, other]).await;
}

#[tokio::test]
async fn reads_beyond_either_end_find_nothing() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let end = organisation(&app, 1).await.len() as u64 + 3;
    for beyond in [end, end + 1, i64::MAX as u64, u64::MAX] {
        assert_eq!(reader::after(&app.pool, Position(beyond), 10).await.unwrap(), [], "after {beyond}");
    }
    assert_eq!(reader::position_at(&app.pool, Timestamp::MIN).await.unwrap(), Position(0));
    assert_eq!(reader::position_at(&app.pool, Timestamp::MAX).await.unwrap(), Position(end));
    app.stop().await;
}
