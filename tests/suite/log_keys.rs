//! The key file belongs to its database: lost, another one, or a database from before fingerprints were kept.

use std::fs;
use std::path::Path;
use std::process::Output;

use harness::ground::Ground;
use harness::program;
use infra::keys::{KeyError, Keyring, MasterKey, bound};
use infra::postgres::Endpoints;
use sqlx::PgConnection;

async fn connection(endpoints: &Endpoints) -> PgConnection {
    sqlx::ConnectOptions::connect(&endpoints.app).await.unwrap()
}

/// A database of which some text is sealed, with no word of its key.
async fn from_before() -> Ground {
    let ground = Ground::fresh().await;
    let ring = Keyring::new(ground.key.clone(), ground.pool().await);
    ring.seal(&[uuid::Uuid::from_u128(1)], &[], "秘密").await.unwrap();
    ground
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn the_first_key_of_a_database_stays_its_key() {
    let ground = Ground::fresh().await;
    let mut connection = connection(&ground.endpoints).await;
    for _ in 0..2 {
        bound::hold(&ground.key, &mut connection).await.unwrap();
    }
    let other = bound::hold(&MasterKey::generate(), &mut connection).await;
    assert!(matches!(other, Err(KeyError::OtherKey)), "{other:?}");
    let kept: Vec<u8> =
        sqlx::query_scalar("select fingerprint from master_key").fetch_one(&mut connection).await.unwrap();
    assert_eq!(kept, ground.key.hash("fingerprint", &[b"sanping"]));
    for change in ["update master_key set fingerprint = fingerprint", "delete from master_key"] {
        let refused = sqlx::query(change).execute(&mut connection).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "42501", "{change}");
    }
}

#[tokio::test]
async fn a_database_from_before_fingerprints_takes_the_key_that_opens_its_texts() {
    let ground = from_before().await;
    let mut connection = connection(&ground.endpoints).await;
    let other = bound::hold(&MasterKey::generate(), &mut connection).await;
    assert!(matches!(other, Err(KeyError::OtherKey)), "{other:?}");
    let left: i64 = sqlx::query_scalar("select count(*) from master_key").fetch_one(&mut connection).await.unwrap();
    assert_eq!(left, 0, "a key that opens nothing is not taken");
    ground.app().await.stop().await;
    let left: i64 = sqlx::query_scalar("select count(*) from master_key").fetch_one(&mut connection).await.unwrap();
    assert_eq!(left, 1, "the first start takes its key");
}

#[tokio::test]
async fn no_key_file_is_made_for_a_database_that_was_used_with_one() {
    let folder = program::data();
    let file = |name: &str| folder.path().join(name);
    let used = Ground::fresh().await;
    let key = bound::open(&file("first"), &used.endpoints.app).await.unwrap();
    bound::hold(&key, &mut connection(&used.endpoints).await).await.unwrap();
    let again = bound::open(&file("first"), &used.endpoints.app).await.unwrap();
    assert_eq!(again.hash("same", &[]), key.hash("same", &[]));
    for ground in [used, from_before().await] {
        let lost = bound::open(&file("lost"), &ground.endpoints.app).await;
        assert!(matches!(&lost, Err(KeyError::Lost { path }) if path.ends_with("lost")), "{lost:?}");
        assert!(!file("lost").exists());
    }
}

fn refused(data: &Path, words: &str) {
    let output = program::run(data, &["report", "2022"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains(words), "{}", told(&output));
}

#[test]
fn a_data_folder_without_its_key_file_is_refused_until_the_file_is_back() {
    let data = program::data();
    let path = data.path();
    let (key, aside) = (path.join("keys/master.key"), path.join("aside"));
    assert!(program::answer(path, &["report", "2022"]).contains("2022"));
    fs::rename(&key, &aside).unwrap();
    refused(path, "put the file back from its backup");
    assert!(!key.exists());
    MasterKey::load_or_create(&key).unwrap();
    refused(path, "another key than the one this database was first used with");
    fs::rename(&aside, &key).unwrap();
    assert!(program::answer(path, &["report", "2022"]).contains("2022"));
}
