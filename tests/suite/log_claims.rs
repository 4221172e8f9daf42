//! One round for a branch and a period, whoever drafts another at the same instant. Three walls, one behind the other:
//! the rule on what is recorded, the versions a draft was decided on, the key of the streams in PostgreSQL.

use std::collections::BTreeMap;

use cqrs_es::{AggregateError, EventStore};
use domain::branch::{Branch, BranchCommand, BranchEvent};
use domain::event::{Event, Fact};
use domain::id::{BranchId, RoundId};
use domain::period::Period;
use domain::round::{Preset, RoundCommand};
use domain::stream::Position;
use domain::world::Command;
use futures_util::future::{join, join_all};
use graphql::ports::SendError;
use harness::audit::head;
use harness::crowd::{accepted, id, organisation, send};
use harness::ground::Ground;
use infra::app::App;
use infra::log::framework::LogStore;
use infra::log::hosted::StoredEvent;
use infra::log::reader;
use sqlx::PgPool;

const REPETITIONS: i32 = 60;

/// An organisation with rules to draft rounds under.
async fn ruled(app: &App, branches: usize) -> Vec<BranchId> {
    let branches = organisation(app, branches).await;
    let adopt = BranchCommand::AdoptRules(Box::new(Preset::Default.rules()));
    accepted(app, "rules", Command::Branch(BranchId::root(), adopt)).await;
    branches
}

/// The so manyth quarter from 2010 on.
fn quarter(number: i32) -> Period {
    Period::quarter_of(2010 + number / 4, number % 4 + 1).unwrap()
}

fn round(name: &str) -> RoundId {
    RoundId(id(name))
}

/// Drafts a round of that name; the refusal's code, or that it was accepted.
async fn draft(app: &App, name: &str, branches: &[BranchId], period: Period) -> &'static str {
    let draft = RoundCommand::Draft { branches: branches.to_vec(), period, rules_version: 1 };
    match send(app, name, Command::Round(round(name), draft)).await {
        Ok(_) => "accepted",
        Err(SendError::Refused(refusal)) => refusal.code(),
        Err(error) => panic!("neither accepted nor refused: {error}"),
    }
}

/// Which rounds claimed what, as the log alone tells.
async fn claims(app: &App) -> BTreeMap<(BranchId, Period), Vec<RoundId>> {
    let mut claims = BTreeMap::<_, Vec<RoundId>>::new();
    let claimed = |fact: Fact| match fact.event {
        Event::Branch(BranchEvent::PeriodClaimed { round, period }) => {
            Some(((BranchId(fact.stream.id), period), round))
        }
        _other => None,
    };
    let facts = reader::after(&app.pool, Position(0), 10_000).await.unwrap();
    for (place, round) in facts.into_iter().filter_map(claimed) {
        claims.entry(place).or_default().push(round);
    }
    claims
}

#[tokio::test(flavor = "multi_thread")]
async fn of_drafts_at_the_same_instant_by_two_programs_one_is_accepted_and_the_others_leave_nothing() {
    let ground = Ground::fresh().await;
    let apps = [ground.app().await, ground.app().await];
    let branches = ruled(&apps[0], 2).await;
    let mut won = [0, 0];
    for number in 0..REPETITIONS {
        // Two in one program, so that two stand in one batch, and two in the other; some cover a branch more.
        let ask = |side: usize| {
            let (apps, branches) = (&apps, &branches);
            async move {
                let covered = if side == 0 || side == 2 { &branches[..1] } else { &branches[..] };
                draft(&apps[side / 2], &format!("round-{number}-{side}"), covered, quarter(number)).await
            }
        };
        let answers = join_all([2, 0, 1, 3].map(ask)).await;
        let accepted = answers.iter().filter(|answer| **answer == "accepted").count();
        let refused = answers.iter().filter(|answer| **answer == "round.period_claimed").count();
        assert_eq!((accepted, refused), (1, 3), "{number}: {answers:?}");
        let winner = [2, 0, 1, 3][answers.iter().position(|answer| *answer == "accepted").unwrap()];
        won[winner / 2] += 1;
    }
    let claims = claims(&apps[0]).await;
    assert!(claims.values().all(|rounds| rounds.len() == 1), "{claims:?}");
    let of_first = claims.iter().filter(|((branch, _), _)| *branch == branches[0]);
    assert_eq!(of_first.count(), usize::try_from(REPETITIONS).unwrap());
    // The second branch is claimed where the round that covers both won, and nowhere else: nothing is half done.
    for ((branch, period), rounds) in &claims {
        assert_eq!(claims[&(branches[0], *period)], *rounds, "{branch} {period}");
    }
    let drafted: i64 = sqlx::query_scalar("select count(*) from events where event_type = 'round_drafted'")
        .fetch_one(&apps[0].pool)
        .await
        .unwrap();
    assert_eq!(drafted, i64::from(REPETITIONS), "and of those refused there is no round");
    assert!(won.iter().all(|won| *won > 0), "each program wins at times: {won:?}");
    for app in apps {
        app.stop().await;
    }
}

fn claimed(name: &str, period: Period) -> BranchEvent {
    BranchEvent::PeriodClaimed { round: round(name), period }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_no_rule_was_asked_about_is_refused_by_the_version_it_was_made_on() {
    let ground = Ground::fresh().await;
    let apps = [ground.app().await, ground.app().await];
    let branch = ruled(&apps[0], 1).await[0];
    let stream = branch.to_string();
    for number in 0..20 {
        let store = |app: &App| LogStore::<Branch>::new(app.executor.clone());
        let stores = [store(&apps[0]), store(&apps[1])];
        let (one, other) = (stores[0].load_aggregate(&stream).await, stores[1].load_aggregate(&stream).await);
        // Written past the rule: no decision stands between the store and these.
        let events = |side: &str| vec![StoredEvent(claimed(&format!("round-{number}-{side}"), quarter(number)))];
        let under = |side: &str| [("command_id".to_owned(), format!("claim-{number}-{side}"))].into();
        let first = stores[0].commit(events("one"), one.unwrap(), under("one"));
        let second = stores[1].commit(events("other"), other.unwrap(), under("other"));
        let answers = join(first, second).await;
        match answers {
            (Ok(_), Err(AggregateError::AggregateConflict)) | (Err(AggregateError::AggregateConflict), Ok(_)) => {}
            (one, other) => panic!("{number}: {:?} {:?}", one.err(), other.err()),
        }
    }
    assert!(claims(&apps[0]).await.values().all(|rounds| rounds.len() == 1));
    for app in apps {
        app.stop().await;
    }
}

/// Writes a draft and its claim with bare SQL at the version it was decided on, the head row left aside.
async fn written(pool: &PgPool, name: &str, branch: BranchId, sequence: i64, position: i64) -> Result<(), sqlx::Error> {
    let claim: Event = claimed(name, quarter(0)).into();
    let draft = r#"{"round_drafted":{}}"#.to_owned();
    let mut both = pool.begin().await?;
    for (kind, stream, sequence, event, payload, position) in [
        ("round", round(name).to_string(), 1, "round_drafted", draft, position),
        ("branch", branch.to_string(), sequence, claim.name(), claim.encode(), position + 1),
    ] {
        sqlx::query(
            "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, \
             position, event_id, recorded_at, salt) values ($1, $2, $3, $4, '1', $5::json, '{}', $6, \
             gen_random_uuid(), now(), sha256(random()::text::bytea))",
        )
        .bind(kind)
        .bind(stream)
        .bind(sequence)
        .bind(event)
        .bind(payload)
        .bind(position)
        .execute(&mut *both)
        .await?;
    }
    both.commit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_written_past_every_program_is_refused_by_the_key_of_the_streams() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branches = ruled(&app, 12).await;
    let end = head(&app).await.0.cast_signed();
    app.stop().await;
    let pool = ground.pool().await;
    for (number, branch) in (0_i64..).zip(&branches) {
        // Places of their own in the log, so that nothing but the version of the branch stands in the way of either.
        let (one, other) = (format!("round-{number}-one"), format!("round-{number}-other"));
        let places = [end + 1 + number * 4, end + 3 + number * 4];
        let both = join(written(&pool, &one, *branch, 2, places[0]), written(&pool, &other, *branch, 2, places[1]));
        let (one_written, other_written) = both.await;
        let refused = match (&one_written, &other_written) {
            (Ok(()), Err(refused)) => (refused, &other),
            (Err(refused), Ok(())) => (refused, &one),
            both => panic!("{number}: {both:?}"),
        };
        let (sqlx::Error::Database(error), loser) = refused else { panic!("{number}: {refused:?}") };
        assert_eq!((error.code().as_deref(), error.constraint()), (Some("23505"), Some("events_stream")));
        let left: i64 = sqlx::query_scalar("select count(*) from events where aggregate_id = $1")
            .bind(round(loser).to_string())
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(left, 0, "its round is not there either");
    }
}
