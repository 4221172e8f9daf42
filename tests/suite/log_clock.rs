//! A machine whose clock is wrong pins the time of nothing: it does not serve.

use std::sync::Arc;
use std::time::Duration;

use domain::period::Zone;
use harness::ground::Ground;
use infra::app::{App, Settings};
use infra::clock::Clock;

/// From now on the database's clock is so far from this machine's.
async fn set_apart(ground: &Ground, seconds: i32) {
    let owner = ground.owner().await;
    let sql = format!(
        "create or replace function clock_timestamp() returns timestamptz language sql \
         as $$ select pg_catalog.clock_timestamp() + interval '{seconds}s' $$"
    );
    sqlx::raw_sql(&sql).execute(&owner).await.unwrap();
}

/// A program over a database whose clock is so far from this machine's.
async fn start(ground: &Ground, seconds: i32, clock: Clock) -> Result<App, String> {
    set_apart(ground, seconds).await;
    // What this schema has comes before what PostgreSQL brings.
    let database = ground.endpoints.app.clone().options([("search_path", "public,pg_catalog")]);
    let (key, clock, zone) = (ground.key.clone(), Arc::new(clock), Zone::default());
    App::start(Settings { database, key, clock, zone, connections: 32 }).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_machine_whose_clock_is_far_from_the_databases_does_not_serve() {
    let ground = Ground::fresh().await;
    for seconds in [-3_600, 3_600] {
        let Err(told) = start(&ground, seconds, Clock::System).await else { panic!("{seconds} s apart, it serves") };
        assert!(told.contains("this machine's clock says") && told.contains("Set the clock that is wrong"), "{told}");
    }
    start(&ground, 20, Clock::System).await.expect("a little apart is nothing").stop().await;
    let simulated = Clock::simulated("2022-01-01T00:00:00Z".parse().unwrap());
    start(&ground, 0, simulated).await.expect("a clock that is set by hand is meant to differ").stop().await;
}

#[tokio::test]
async fn a_program_whose_clock_comes_apart_from_the_databases_ends() {
    let ground = Ground::fresh().await;
    let mut app = start(&ground, 0, Clock::System).await.expect("it begins together");
    let stays = tokio::time::timeout(Duration::from_secs(3), app.broken()).await;
    assert!(stays.is_err(), "{stays:?}");
    set_apart(&ground, -3_600).await;
    let ended = tokio::time::timeout(Duration::from_secs(60), app.broken()).await;
    assert_eq!(ended, Ok("a task in the background"));
    app.stop().await;
}
