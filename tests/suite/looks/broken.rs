//! Whatever is changed in the records is found: any column of any entry, one that is gone, one too many, two that changed places.

use harness::ground::Ground;
use infra::looks::verify::{self, Noted, Verified};
use sqlx::{Connection, PgPool};

use super::{of_every_form, superuser, verified};

/// What makes something else of each column.
fn another(column: &str) -> &'static str {
    match column {
        "number" => "number + 1000",
        "at" => "at + interval '1 microsecond'",
        "viewer" => "viewer || 'x'",
        "what" => "what || 'x'",
        "subject_kind" => "case when subject_kind = 'branch' then 'member' else 'branch' end",
        "subjects" => "subjects || array['00000000-0000-0000-0000-000000000001'::uuid]",
        "as_of" => "as_of + 1",
        "denied" => "coalesce(denied, 0) + 1",
        "purpose" => "case when purpose = 'duty' then null else 'duty' end",
        "reference" => "coalesce(reference, '') || '1'",
        "hash" => "set_byte(hash, 31, get_byte(hash, 31) # 1)",
        other => panic!("how is {other} changed?"),
    }
}

/// What is found once this was done to the records by somebody whom no wall stops; afterwards they are as before.
async fn after(pool: &PgPool, done: &str, noted: &[Noted]) -> Verified {
    let mut connection = pool.acquire().await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    let free = "set local session_replication_role = replica; alter table reads drop constraint reads_of_a_kind; \
                alter table reads drop constraint reads_referred; alter table reads drop constraint reads_number;";
    sqlx::raw_sql(&format!("{free} {done}")).execute(&mut *transaction).await.unwrap();
    let found = verify::run(&mut transaction, noted).await.unwrap();
    transaction.rollback().await.unwrap();
    found
}

async fn written() -> (Ground, PgPool, i64) {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    for look in of_every_form() {
        app.reads.record(&[look]).await.unwrap();
    }
    app.stop().await;
    let pool = superuser(&ground).await;
    let found = verified(&pool, &[]).await;
    assert_eq!(found.found, None);
    (ground, pool, found.entries)
}

#[tokio::test]
async fn any_column_of_any_entry_is_held_by_the_chain() {
    let (_ground, pool, entries) = written().await;
    let columns: Vec<String> =
        sqlx::query_scalar("select column_name::text from information_schema.columns where table_name = 'reads'")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(columns.len(), 11);
    for number in 1..=entries {
        for column in &columns {
            let changed = format!("update reads set {column} = {} where number = {number}", another(column));
            let found = after(&pool, &changed, &[]).await.found.unwrap_or_else(|| panic!("{changed} is not found"));
            assert_eq!(found.number, number, "{changed}: {}", found.what);
        }
    }
    assert_eq!(verified(&pool, &[]).await.found, None, "and each was put back");
}

#[tokio::test]
async fn entries_that_are_gone_changed_places_or_were_put_in_are_found() {
    let (_ground, pool, entries) = written().await;
    for number in 1..=entries {
        let gone = after(&pool, &format!("delete from reads where number = {number}"), &[]).await.found.unwrap();
        assert_eq!((gone.number, gone.what), (number, "the entry is missing"));
        let closed = format!(
            "delete from reads where number = {number}; update reads set number = number - 1 where number > {number}; \
             update reads_head set number = number - 1"
        );
        assert_eq!(after(&pool, &closed, &[]).await.found.unwrap().number, number.min(entries - 1), "{closed}");
    }
    for number in 1..entries {
        let swapped = format!(
            "update reads set number = case number when {number} then {number} + 1 else {number} end \
             where number in ({number}, {number} + 1)"
        );
        assert_eq!(after(&pool, &swapped, &[]).await.found.unwrap().number, number);
    }
    let more = format!(
        "insert into reads select {entries} + 1, at, viewer, what, subject_kind, subjects, as_of, denied, purpose, \
                        reference, hash from reads where number = {entries}"
    );
    let stray = after(&pool, &more, &[]).await.found.unwrap();
    assert_eq!((stray.number, stray.what), (entries + 1, "the entry stands beyond the head"));
    let another = "update reads_head set hash = sha256('')";
    assert_eq!(after(&pool, another, &[]).await.found.unwrap().what, "the head is another than the last entry");
}

#[tokio::test]
async fn a_head_that_was_noted_shows_what_the_chain_alone_does_not() {
    let (_ground, pool, entries) = written().await;
    let noted = Noted { number: entries, hash: verified(&pool, &[]).await.hash };
    let cut = "delete from reads where number > 3; update reads_head set number = 3, hash = (select hash from reads where number = 3)";
    assert_eq!(after(&pool, cut, &[]).await.found, None, "a chain that was cut short is whole in itself");
    let found = after(&pool, cut, std::slice::from_ref(&noted)).await.found.unwrap();
    assert_eq!((found.number, found.what), (entries, "the entry that was noted is missing"));
    let earlier: String =
        sqlx::query_scalar("select encode(hash, 'hex') from reads where number = 2").fetch_one(&pool).await.unwrap();
    let both = [Noted { number: 2, hash: earlier.to_uppercase().to_lowercase() }, noted.clone()];
    assert_eq!(verified(&pool, &both).await.found, None);
    let other = Noted { number: 2, hash: noted.hash };
    assert_eq!(verified(&pool, &[other]).await.found.unwrap().what, "the entry is not the one that was noted");
}
