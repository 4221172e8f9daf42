//! A long log, filled by the owner from what a short one holds: for memory and rates, not for rules.

use sqlx::PgPool;

/// Appends what the log holds so many times more, each time on streams of its own. Positions, sequences and instants stay
/// as a log has them; what payloads name is what the first ones named. Answers the new head.
///
/// # Panics
/// When the database refuses.
pub async fn lengthen(owner: &PgPool, times: u32) -> u64 {
    let mut transaction = owner.begin().await.expect("the database can be reached");
    let (head, at): (i64, String) = sqlx::query_as("select position, recorded_at::text from log_head for update")
        .fetch_one(&mut *transaction)
        .await
        .expect("the log has a head");
    for time in 1..=i64::from(times) {
        sqlx::query(
            "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, \
             position, event_id, recorded_at, salt) \
             select aggregate_type, md5(aggregate_id || '/' || $1)::uuid::text, sequence, event_type, event_version, \
             payload, metadata, position + $1 * $2, gen_random_uuid(), $3::timestamptz, salt \
             from events where position <= $2 order by position",
        )
        .bind(time)
        .bind(head)
        .bind(&at)
        .execute(&mut *transaction)
        .await
        .expect("what the log holds fits the log");
    }
    let long = head * (i64::from(times) + 1);
    sqlx::query("update log_head set position = $1")
        .bind(long)
        .execute(&mut *transaction)
        .await
        .expect("the head goes forward");
    transaction.commit().await.expect("the log grows");
    sqlx::query("analyze events").execute(owner).await.expect("the owner may analyze");
    long.unsigned_abs()
}
