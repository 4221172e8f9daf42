//! A database that lacks what guards the log, as after a restore that was cut off: it is noticed before anybody serves.

use harness::ground::Ground;
use harness::own::{Own, SUPERUSER};
use infra::migrate;
use infra::postgres::{APP_ROLE, OWNER_ROLE};
use sqlx::Executor;
use sqlx::postgres::PgConnectOptions;

#[tokio::test]
async fn a_database_that_lacks_a_wall_is_neither_migrated_nor_served() {
    for (how, lacks) in [
        ("drop trigger events_stay on events", "trigger events_stay of events"),
        ("alter table commands disable trigger user", "trigger commands_stay of commands"),
        ("alter table commands drop constraint commands_key", "key commands_key of commands"),
        ("alter table subject_keys drop constraint subject_keys_subject", "key subject_keys_subject of subject_keys"),
        ("drop function append_under", "function append_under"),
    ] {
        let ground = Ground::fresh().await;
        ground.owner().await.execute(how).await.unwrap();
        let torn = migrate::run(&ground.endpoints.owner, APP_ROLE).await.unwrap_err().to_string();
        assert!(torn.contains(lacks) && torn.contains("--single-transaction"), "{how}: {torn}");
        let unfit = migrate::check(&ground.endpoints.app, false).await.unwrap_err().to_string();
        assert_eq!(unfit, torn);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_who_migrate_at_once_all_end_well() {
    let own = Own::with("sanping").await;
    let superuser = sqlx::PgPool::connect(&own.url(SUPERUSER, "sanping")).await.unwrap();
    for round in 0..3 {
        let database = format!("fresh_{round}");
        superuser.execute(format!("create database {database} owner {OWNER_ROLE}").as_str()).await.unwrap();
        let owner: PgConnectOptions = own.url(OWNER_ROLE, &database).parse().unwrap();
        let migrating = (0..4).map(|_| migrate::run(&owner, APP_ROLE));
        for migrated in futures_util::future::join_all(migrating).await {
            assert!(migrated.is_ok(), "{migrated:?}");
        }
    }
}
