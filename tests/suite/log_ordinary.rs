//! The ordinary batch in one round trip: which batches go that way, and that nothing is recorded where the log is not as
//! the batch takes it to be.

use std::collections::HashMap;
use std::sync::Arc;

use domain::id::BranchId;
use domain::stream::StreamId;
use domain::world::State;
use graphql::ports::SendError;
use harness::audit::{audit, head, recorded};
use harness::crowd::{accepted, enrol, founding, organisation, reinstate, rename, send, suspend};
use harness::ground::Ground;
use infra::log::origin;
use infra::log::statements::catch_up;
use sqlx::PgPool;
use uuid::Uuid;

/// An append of one event on the top committee's stream at this version, under this command and time.
async fn append(
    pool: &PgPool,
    version: i64,
    command: &str,
    moment: &str,
    under: Uuid,
) -> Result<Option<i64>, sqlx::Error> {
    let sql = "select append_under($3::text::timestamptz, array['branch'], array[$4], array[$1], array['office'], array[$2], \
               array[decode(repeat('00', 32), 'hex')], array[1::bigint], array[1], array['branch'], array[$4], \
               array[$1 + 1], array['branch_renamed'], array['{}'], array['{}'], array[gen_random_uuid()], \
               array[decode(repeat('01', 32), 'hex')], $5)";
    let root = BranchId::root().to_string();
    sqlx::query_scalar(sql).bind(version).bind(command).bind(moment).bind(root).bind(under).fetch_one(pool).await
}

/// How many events and outcomes there are, and the head with its time.
async fn contents(pool: &PgPool) -> (i64, i64, i64, String) {
    let sql = "select (select count(*) from events), (select count(*) from commands), position, recorded_at::text \
               from log_head";
    sqlx::query_as(sql).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn where_the_log_is_not_as_the_batch_takes_it_to_be_nothing_is_recorded() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    organisation(&app, 1).await;
    app.stop().await;
    let pool = ground.pool().await;
    let before = contents(&pool).await;
    let sql = "select max(sequence) from events where aggregate_id = $1";
    let version: i64 = sqlx::query_scalar(sql).bind(BranchId::root().to_string()).fetch_one(&pool).await.unwrap();
    let under = origin::id(&mut pool.acquire().await.unwrap()).await.unwrap();
    let soon = "2100-01-01T00:00:00Z";
    for (version, command) in [(version - 1, "new"), (version + 1, "new"), (0, "new"), (version, "metric")] {
        assert_eq!(append(&pool, version, command, soon, under).await.unwrap(), None, "{version} {command}");
        assert_eq!(contents(&pool).await, before);
    }
    assert_eq!(append(&pool, version, "new", soon, Uuid::from_u128(7)).await.unwrap(), None, "another log");
    assert_eq!(contents(&pool).await, before);
    // A clock that is behind the head does not take it back.
    let recorded = append(&pool, version, "new", "1999-01-01T00:00:00Z", under).await.unwrap();
    assert_eq!(recorded, Some(before.2), "where the log ended before");
    assert_eq!(contents(&pool).await, (before.0 + 1, before.1 + 1, before.2 + 1, before.3));
    let sql = "select e.position = h.position and e.recorded_at = h.recorded_at and c.position = h.position \
               from log_head h, events e, commands c where c.command_id = 'new' and e.sequence = $1 and e.aggregate_id = $2";
    let together: Vec<bool> =
        sqlx::query_scalar(sql).bind(version + 1).bind(BranchId::root().to_string()).fetch_all(&pool).await.unwrap();
    assert_eq!(together, [true]);
}

#[tokio::test]
async fn what_needs_no_record_goes_the_short_way_and_registrations_the_long_one() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let (member, _) = enrol(&app, "m", branch).await.unwrap();
    let owner = ground.owner().await;
    let put = async |sql: &str| _ = sqlx::raw_sql(sql).execute(&owner).await.unwrap();
    put("revoke execute on function append_under from public").await;
    enrol(&app, "other", branch).await.expect("a registration goes the long way");
    let end = head(&app).await;
    let refused = send(&app, "suspend", suspend(member)).await;
    assert!(matches!(refused, Err(SendError::Failed(_))), "no short way, no answer: {refused:?}");
    assert_eq!(head(&app).await, end);
    put("grant execute on function append_under to public").await;
    accepted(&app, "suspend", suspend(member)).await;
    assert!(send(&app, "suspend", suspend(member)).await.unwrap().replayed);
    accepted(&app, "reinstate", reinstate(member)).await;
    let ids = [founding(1), ["m", "other", "suspend", "reinstate"].map(str::to_owned).to_vec()].concat();
    audit(&owner, &recorded(&owner, &ids).await).await;
    app.stop().await;
}

#[tokio::test]
async fn under_the_head_lock_only_so_much_is_caught_up_with() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branches = organisation(&app, 4).await;
    let [few, many, wide, none] = [0, 1, 2, 3].map(|number| StreamId::from(branches[number]));
    accepted(&app, "few", rename(branches[0], "一")).await;
    app.stop().await;
    let owner = ground.owner().await;
    let add = async |stream: StreamId, count: i64, name: String| {
        let sql = "with h as (update log_head set position = position + $2 returning position - $2 as position) \
                   insert into events select 'branch', $1, (select max(sequence) from events where aggregate_id = $1) + n, \
                   'branch_renamed', '1', json_build_object('branch_renamed', json_build_object('name_before', 'n', 'name', $3, 'on', '2022-01-01')), \
                   '{}', h.position + n, gen_random_uuid(), now(), decode(repeat('01', 32), 'hex') \
                   from h, generate_series(1, $2) n";
        sqlx::query(sql).bind(stream.id.to_string()).bind(count).bind(name).execute(&owner).await.unwrap();
    };
    add(many, 600, "名".into()).await;
    add(wide, 1, "名".repeat(30_000)).await;
    let known = |streams: &[StreamId]| -> HashMap<_, _> {
        streams.iter().map(|stream| (*stream, (Arc::new(State::before(stream.kind)), 0))).collect()
    };
    let mut connection = owner.acquire().await.unwrap();
    let caught_up = catch_up(&mut connection, known(&[few])).await.unwrap();
    assert_eq!(caught_up[&few].1, 2, "its founding and its new name");
    for stream in [many, wide] {
        assert!(catch_up(&mut connection, known(&[stream])).await.unwrap().is_empty(), "{stream} is loaded elsewhere");
    }
    let caught_up = catch_up(&mut connection, known(&[few, many, wide, none])).await.unwrap();
    assert!(!caught_up.contains_key(&many) && !caught_up.contains_key(&wide));
}
