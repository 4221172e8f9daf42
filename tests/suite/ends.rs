//! Parts that end or vanish under a program that serves: it ends with an error, or heals.

use std::sync::Arc;
use std::time::Duration;

use domain::period::Zone;
use graphql::ports::SendError;
use harness::audit::{audit, recorded};
use harness::crowd::{enrol, founding, organisation, reinstate, send, suspend};
use harness::ground::Ground;
use harness::program;
use harness::wait::until;
use harness::way::Way;
use harness::writer::address;
use infra::app::{App, Settings};
use infra::auth::SignIn;
use infra::cli::place;
use infra::cli::serve::{self, Asked};
use infra::clock::Clock;
use infra::config::Place;
use infra::http::Doors;
use infra::postgres::APP_ROLE;
use infra::reach::{Reach, found_no_room, is_full, is_out_of_reach};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_appender_ends_by_itself_ends_with_an_error() {
    let (ground, data) = (Ground::fresh().await, program::data());
    let (socket, database) = address(&ground.endpoints.app);
    let place = Place {
        database_url: Some(format!("postgres://{APP_ROLE}@localhost/{database}?host={}", socket.display())),
        data: Some(data.path().to_owned()),
        pg_bin: None,
        key_file: None,
        allow_owner: false,
        pooler: None,
        zone: "Asia/Shanghai".to_owned(),
    };
    let opened = place::open(&place, false).await.unwrap();
    let app = opened.start(Arc::new(Clock::System)).await.unwrap();
    let (executor, listener) = (Arc::clone(&app.executor), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let doors = Doors::of(&app, SignIn::Closed);
    let serving = tokio::time::timeout(
        Duration::from_secs(20),
        serve::run(opened, app, listener, doors, Asked::heard().unwrap()),
    );
    let (ended, ()) = tokio::join!(serving, executor.stop());
    let told = ended.expect("it does not serve on").unwrap_err().to_string();
    assert!(told.contains("the appender has ended by itself"), "{told}");
}

/// How the application's role reaches a database by a way.
fn by(way: &Way, database: &str) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(way.port).ssl_mode(PgSslMode::Disable);
    options.username(APP_ROLE).database(database)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_without_a_free_connection_is_no_database_that_is_lost() {
    let ground = Ground::fresh().await;
    let (socket, database) = address(&ground.endpoints.app);
    let way = Way::to(&socket).await;
    let reach = Reach::of(by(&way, &database));
    let room = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(200));
    let pool = room.connect_with(by(&way, &database)).await.unwrap();
    let held = pool.acquire().await.unwrap();
    let asked = async || reach.soon(pool.acquire()).await.map(drop).unwrap_err();
    let full = asked().await;
    assert!(found_no_room(&full) && !is_out_of_reach(&full), "{full:?}");
    // The same pool, when there is nobody who could make it another connection.
    way.cut();
    until("the loss", Duration::from_secs(60), async || is_out_of_reach(&asked().await).then_some(())).await;
    way.restore();
    until("its end", Duration::from_secs(60), async || found_no_room(&asked().await).then_some(())).await;
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_vanishes_is_told_in_bounded_time_and_comes_back() {
    let ground = Ground::fresh().await;
    let (socket, database) = address(&ground.endpoints.app);
    let way = Way::to(&socket).await;
    let settings = Settings {
        database: by(&way, &database),
        key: ground.key.clone(),
        clock: Arc::new(Clock::System),
        zone: Zone::default(),
        connections: 16,
    };
    let app = App::start(settings).await.unwrap();
    let branch = organisation(&app, 1).await[0];
    let (member, _) = enrol(&app, "m", branch).await.unwrap();

    way.cut();
    let asked = tokio::time::timeout(Duration::from_secs(60), send(&app, "meanwhile", suspend(member))).await;
    let answered = asked.expect("who asks is answered in bounded time");
    assert!(matches!(answered, Err(SendError::Failed(_))), "{answered:?}");

    way.restore();
    let suspended = until("an accepted command", Duration::from_secs(60), async || {
        send(&app, "meanwhile", suspend(member)).await.ok()
    });
    suspended.await;
    let last = send(&app, "after", reinstate(member)).await.unwrap().position;
    let read = until("the folds", Duration::from_secs(60), async || app.reads.pin(None, Some(last)).await.ok()).await;
    assert_eq!(read.position, last);
    let pool = ground.pool().await;
    let ids = [founding(1), ["m", "meanwhile", "after"].map(str::to_owned).to_vec()].concat();
    audit(&pool, &recorded(&pool, &ids).await).await;
    tokio::time::timeout(Duration::from_secs(60), app.stop()).await.expect("it stops in bounded time");
}

#[tokio::test]
async fn a_database_that_takes_no_more_connections_is_told_as_that() {
    let ground = Ground::fresh().await;
    let none = "do $$ begin execute format('alter database %I connection limit 0', current_database()); end $$";
    sqlx::raw_sql(none).execute(&ground.owner().await).await.unwrap();
    let refused = Reach::default().connect(&ground.endpoints.app).await.expect_err("it takes none");
    assert!(is_full(&refused) && is_out_of_reach(&refused), "{refused}");
}
