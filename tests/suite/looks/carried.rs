//! What was recorded before there was a chain is carried into it.

use harness::ground::Ground;

use super::{look, verified};

#[tokio::test]
async fn what_was_recorded_before_the_chain_is_its_beginning() {
    let ground = Ground::fresh().await;
    let owner = ground.owner().await;
    let before = format!(
        "drop table reads, reads_head; drop function refuse_reads_step_back; {} \
         insert into reads values \
         ('00000000-0000-0000-0000-00000000000b', '2022-07-01 10:00:00.000001+08', '办公室', 'proposal', 'round', \
          '00000000-0000-0000-0000-000000000007', 12), \
         ('00000000-0000-0000-0000-00000000000a', '2022-07-01 10:00:00.000001+08', 'lead', 'own_review', 'round', \
          '00000000-0000-0000-0000-000000000007', 11), \
         ('00000000-0000-0000-0000-00000000000c', '2022-06-30 10:00:00+08', 'office', 'comments', 'round', \
          '00000000-0000-0000-0000-000000000008', 10);",
        include_str!("../../../infra/sql/0007_reads.sql")
    );
    sqlx::raw_sql(&before).execute(&owner).await.unwrap();
    sqlx::raw_sql(include_str!("../../../infra/sql/0018_reads_chained.sql")).execute(&owner).await.unwrap();
    let grants = "grant select, insert on reads to sanping_app; grant select, update (number, at, hash) on reads_head to sanping_app";
    sqlx::raw_sql(grants).execute(&owner).await.unwrap();
    let carried: Vec<(i64, String, String, i64)> =
        sqlx::query_as("select number, viewer, what, as_of from reads order by number")
            .fetch_all(&owner)
            .await
            .unwrap();
    let expected = [(1, "office", "comments", 10), (2, "lead", "own_review", 11), (3, "办公室", "proposal", 12)];
    assert_eq!(carried, expected.map(|(number, who, what, at)| (number, who.to_owned(), what.to_owned(), at)));
    assert_eq!(verified(&owner, &[]).await.found, None);
    let app = ground.app().await;
    app.reads.record(&[look("office", "results", &[7])]).await.unwrap();
    let found = verified(&owner, &[]).await;
    assert_eq!((found.entries, found.found), (4, None), "and goes on");
    app.stop().await;
}
