//! How the folds are told of: lag in events and seconds, rate, state, projections of other builds, metrics, readiness.

use std::time::Duration;

use harness::client::Api;
use harness::server::Server;
use harness::wait::until;
use infra::auth::SignIn;
use infra::fold::bulk;
use infra::fold::lag::{self, State};
use infra::fold::rebuild::Quiet;
use infra::fold::registry;
use infra::fold::skips::{self, Skip};
use infra::http::FAR;
use projections::members::Members;
use sqlx::PgPool;
use uuid::Uuid;

use crate::told::{Told, smuggle, smuggle_unwritable, told};

/// For how long an event of a minute and a half ago may have waited by the time somebody looks.
const WAITED: std::ops::Range<u64> = 90..900;

/// The figure of a line.
fn figure(text: &str, line: &str) -> u64 {
    let found = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("{line} is in {text}")).parse().unwrap()
}

#[tokio::test]
async fn what_is_behind_and_why_is_told_to_people_and_to_machines() {
    let told = told(41, 30).await;
    let head = told.caught_up().await;
    // A minute and a half ago, by the database's clock: that of the story stands in 2022.
    let sql = "update log_head set recorded_at = now() - interval '90 seconds'";
    sqlx::query(sql).execute(&told.ground.owner().await).await.unwrap();
    let poison = smuggle_unwritable(&told.ground).await;
    let sql = "insert into projections (name, version, generation, checkpoint, epoch) values ('forgotten', 1, 1, 3, 1)";
    sqlx::query(sql).execute(&told.app.pool).await.unwrap();
    let Told { ground, app, clock, .. } = told;
    let pool = ground.pool().await;
    until("the stop", Duration::from_secs(20), async || {
        let overview = lag::look(&pool).await.unwrap();
        let settled = |it: &lag::Watched| it.events == 0 || matches!(it.state, State::Stopped | State::Unknown);
        overview.projections.iter().all(settled).then_some(())
    })
    .await;

    let crept = async {
        for _ in 0..40 {
            let sql = "update projections set checkpoint = checkpoint + 1 where name = 'forgotten'";
            sqlx::query(sql).execute(&pool).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let (overview, ()) = tokio::join!(lag::measure(&pool), crept);
    let overview = overview.unwrap();
    let of = |name: &str| overview.projections.iter().find(|it| it.standing.name == name).unwrap();
    assert_eq!(overview.head, poison);
    let (branches, members, forgotten) = (of("branches"), of("members"), of("forgotten"));
    assert_eq!((branches.state, branches.events, branches.rate), (State::Stopped, 1, Some(0)));
    assert!(WAITED.contains(&branches.seconds), "{}", branches.seconds);
    assert_eq!((members.state, members.events, members.seconds), (State::Current, 0, 0));
    assert_eq!((forgotten.state, forgotten.events), (State::Unknown, poison.0 - forgotten.standing.checkpoint.0));
    assert!(forgotten.rate.is_some_and(|rate| (1..=40).contains(&rate)), "{:?}", forgotten.rate);

    app.stop().await;
    let mut server = Server::over(ground, clock).await;
    let api = Api::at(&server.open(SignIn::Development).await);
    let (status, text) = api.get("/metrics", &[]).await.unwrap();
    assert_eq!(status, 200);
    assert_eq!(figure(&text, "sanping_log_head"), poison.0);
    let of = |name: &str, projection: &str| {
        figure(&text, &format!("sanping_projection_{name}{{projection=\"{projection}\"}}"))
    };
    assert_eq!((of("checkpoint", "branches"), of("checkpoint", "members")), (head.0, poison.0));
    assert_eq!((of("stopped", "branches"), of("stopped", "members")), (1, 0));
    assert_eq!((of("lag_events", "branches"), of("lag_events", "members")), (1, 0));
    assert!(WAITED.contains(&of("lag_seconds", "branches")), "{text}");
    assert_eq!(of("lag_seconds", "members"), 0);

    let skip = Skip { projection: "branches", position: poison, reason: "cannot be stored", by: "Zhang" };
    skips::decide(&pool, &skip).await.unwrap();
    until("the skip in the figures", Duration::from_secs(20), async || {
        let (_, text) = api.get("/metrics", &[]).await.unwrap();
        let of = |name: &str| figure(&text, &format!("sanping_projection_{name}{{projection=\"branches\"}}"));
        ([of("skips"), of("stopped"), of("lag_events")] == [1, 0, 0]).then_some(())
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_program_whose_folds_are_far_behind_is_not_ready() {
    let told = told(42, 10).await;
    let at = told.caught_up().await;
    let Told { ground, app, clock, .. } = told;
    app.stop().await;
    let owner = ground.owner().await;
    let mut server = Server::over(ground, clock).await;
    let api = Api::at(&server.open(SignIn::Development).await);
    until("readiness", Duration::from_secs(20), async || {
        (api.get("/readyz", &[]).await.unwrap().0 == 200).then_some(())
    })
    .await;
    for (further, expected) in [(FAR, 200), (1, 503)] {
        let sql = "update log_head set position = position + $1";
        sqlx::query(sql).bind(further.cast_signed()).execute(&owner).await.unwrap();
        let (status, said) = api.get("/readyz", &[]).await.unwrap();
        assert_eq!(status, expected, "{said}, folded to {at}");
    }
    assert_eq!(api.get("/livez", &[]).await.unwrap().0, 200);
    server.stop().await;
}

/// What was found of each projection, in the order of finding.
async fn found(pool: &PgPool, projection: &str) -> Vec<(i64, Option<String>)> {
    let sql = "select differing, first from verifications where projection = $1 order by at";
    sqlx::query_as(sql).bind(projection).fetch_all(pool).await.unwrap()
}

#[tokio::test]
async fn projections_are_verified_in_the_background_by_one_process_and_a_difference_is_told() {
    let mut told = told(43, 20).await;
    let head = told.caught_up().await;
    let mut other = told.ground.app_at(std::sync::Arc::clone(&told.clock)).await;
    let pool = told.ground.pool().await;
    let every = Duration::from_secs(3);
    told.app.keep_verifying(every);
    until("a round", Duration::from_secs(60), async || {
        let overview = lag::look(&pool).await.unwrap();
        overview.projections.iter().all(|it| it.verified == Some((head, 0))).then_some(())
    })
    .await;
    let holder: Uuid = sqlx::query_scalar("select holder from jobs").fetch_one(&pool).await.unwrap();
    other.keep_verifying(every);
    sqlx::query("update members_g1 set branch = gen_random_uuid()").execute(&pool).await.unwrap();
    until("the difference", Duration::from_secs(60), async || {
        let last = found(&pool, "members").await.pop().unwrap();
        (last.0 > 0 && last.1.is_some_and(|first| first.contains("member="))).then_some(())
    })
    .await;
    let still: Uuid = sqlx::query_scalar("select holder from jobs").fetch_one(&pool).await.unwrap();
    assert_eq!(still, holder, "one process does it");

    // It vanishes; the other takes over once the lease has run out.
    told.app.stop().await;
    sqlx::query("update jobs set lease_until = now() - interval '1 second'").execute(&pool).await.unwrap();
    let so_far = found(&pool, "outlets").await.len();
    until("the other", Duration::from_secs(60), async || (found(&pool, "outlets").await.len() > so_far).then_some(()))
        .await;
    other.stop().await;

    let Told { ground, clock, .. } = told;
    let mut server = Server::over(ground, clock).await;
    let api = Api::at(&server.open(SignIn::Development).await);
    let metrics = async || {
        let (_, text) = api.get("/metrics", &[]).await.unwrap();
        move |name: &str, projection: &str| {
            figure(&text, &format!("sanping_projection_{name}{{projection=\"{projection}\"}}"))
        }
    };
    until("its workers", Duration::from_secs(20), async || {
        (metrics().await("worked_on", "members") == 1).then_some(())
    })
    .await;
    let of = metrics().await;
    assert_eq!((of("verified_position", "members"), of("verified_position", "outlets")), (head.0, head.0));
    assert!(of("differences", "members") > 0 && of("differences", "outlets") == 0);
    // What differed is gone with the rows: the new ones are told of when they are verified.
    bulk::alone::<Members>(&pool, &Quiet).await.unwrap();
    let of = metrics().await;
    assert_eq!((of("differences", "members"), of("verified_position", "members")), (0, 0));
    assert!(of("replaced_differences", "members") > 0 && of("replaced_differences", "outlets") == 0);
    assert_eq!(of("building", "members"), 0);
    let sql = "insert into projection_builds values ('members', 9, 1, 0, gen_random_uuid(), now() + interval '1 hour')";
    sqlx::query(sql).execute(&pool).await.unwrap();
    assert_eq!(metrics().await("building", "members"), 1);
    server.stop().await;
}

#[tokio::test]
async fn what_was_found_of_rows_that_serve_no_more_is_not_told_of_those_that_do() {
    let told = told(43, 30).await;
    told.caught_up().await;
    let pool = told.ground.pool().await;
    let members = registry::named(Some("members")).unwrap().swap_remove(0);
    let change = "update members_g1 set services = services + 1 where ctid = (select ctid from members_g1 limit 1)";
    sqlx::query(change).execute(&pool).await.unwrap();
    let found = members.verify(&pool, &Quiet).await.unwrap();
    assert_eq!(found.differing, 1);
    // Whoever verified was held up, and the rows were replaced meanwhile.
    members.rebuild(&pool, &Quiet).await.unwrap();
    infra::fold::watch::record(&pool, "members", &found).await.unwrap();
    let recorded = "select count(*) from verifications";
    assert_eq!(sqlx::query_scalar::<_, i64>(recorded).fetch_one(&pool).await.unwrap(), 0);
    let found = members.verify(&pool, &Quiet).await.unwrap();
    assert_eq!(found.differing, 0);
    infra::fold::watch::record(&pool, "members", &found).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>(recorded).fetch_one(&pool).await.unwrap(), 1);
    told.app.stop().await;
}

#[tokio::test]
async fn a_program_whose_folds_have_all_stopped_is_ready_where_they_stand_when_it_starts_again() {
    let told = told(47, 30).await;
    told.caught_up().await;
    let Told { ground, app, clock, .. } = told;
    let head = smuggle(&ground, "member", &Uuid::from_u128(0xABCD).to_string(), "{\"what_nobody_knows\":{}}").await;
    let pool = ground.pool().await;
    let stopped = async || {
        until("all to stop", Duration::from_secs(20), async || {
            let overview = lag::look(&pool).await.unwrap();
            overview.projections.iter().all(|it| it.state == State::Stopped).then_some(())
        })
        .await;
    };
    stopped().await;
    app.stop().await;
    let mut server = Server::over(ground, clock).await;
    let api = Api::at(&server.open(SignIn::Development).await);
    let ready = until("readiness", Duration::from_secs(20), async || {
        let (status, text) = api.get("/readyz", &[]).await.unwrap();
        (status == 200).then_some(text)
    })
    .await;
    assert_eq!(ready, format!("ready at {}\n", head.0 - 1));
    server.stop().await;
}
