//! A long log without the years it takes: real events as patterns, copied by SQL into streams of their own, with dense
//! positions, right sequences, an outcome for each command, and an instant that never goes back.

use domain::stream::{StreamId, StreamKind};
use sqlx::{Executor, PgPool};
use uuid::Uuid;

use crate::Failure;

/// How many events each member of the filling has.
const EVENTS: u64 = 20;
/// How many members have their events at the same time.
const AT_ONCE: u64 = 1_000;
/// How many events one statement adds.
const PORTION: u64 = 1_000_000;

/// The stream of a member of the filling.
pub async fn stream(pool: &PgPool, number: u64) -> Result<StreamId, Failure> {
    let id: Uuid =
        sqlx::query_scalar("select md5('filled-' || $1)::uuid").bind(number.to_string()).fetch_one(pool).await?;
    Ok(StreamId { kind: StreamKind::Member, id })
}

/// Adds events until the log has so many; answers how many members of the filling there are. `base` is how long the log
/// was before the first was added.
pub async fn up_to(owner: &PgPool, base: u64, size: u64) -> Result<u64, Failure> {
    owner.execute(PATTERNS).await?;
    let mut connection = owner.acquire().await?;
    loop {
        let (head, filled): (i64, i64) = sqlx::query_as("select position, filled from log_head cross join filling")
            .fetch_one(&mut *connection)
            .await?;
        let (head, filled) = (head.unsigned_abs(), filled.unsigned_abs());
        if head >= size {
            // Those that have all their events; the first of them in a log too short for that.
            return Ok((filled / (AT_ONCE * EVENTS)).max(1) * AT_ONCE);
        }
        let more = PORTION.min(size - head);
        eprintln!("the log has {head} of {size} events, {base} of them by commands");
        let added = ADD
            .replace("$head", &head.to_string())
            .replace("$filled", &filled.to_string())
            .replace("$more", &more.to_string())
            .replace("$events", &EVENTS.to_string())
            .replace("$streams", &AT_ONCE.to_string());
        connection.execute(added.as_str()).await?;
    }
}

/// The first registration and the first check there are, with what differs from event to event.
const PATTERNS: &str = "
create table if not exists filling as
select 0::bigint as filled, r.payload::text as registered, r.metadata::text as registered_by,
    r.metadata ->> 'command_id' as registered_id,
    c.payload::text as checked, c.payload #>> '{member_badge_checked,check}' as check_id, c.metadata::text as checked_by,
    c.metadata ->> 'command_id' as checked_id
from (select payload, metadata from events where event_type = 'member_registered' order by position limit 1) r
cross join (select payload, metadata from events where event_type = 'member_badge_checked' order by position limit 1) c";

/// Whatever is folded is taken to have got there: the rows of the filling are left out of every projection.
const ADD: &str = "
begin;
set local synchronous_commit = off;
insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, position,
    event_id, recorded_at, salt)
select 'member', md5('filled-' || stream)::uuid::text, sequence,
    case sequence when 1 then 'member_registered' else 'member_badge_checked' end, '1',
    (case sequence when 1 then registered else replace(checked, check_id, md5(nth::text)::uuid::text) end)::json,
    (case sequence when 1 then replace(registered_by, registered_id, 'filled-' || nth)
        else replace(checked_by, checked_id, 'filled-' || nth) end)::json,
    $head + n, gen_random_uuid(), recorded_at + n * interval '1 microsecond', sha256(nth::text::bytea)
from (select n, $filled + n as nth, ($filled + n - 1) / ($streams * $events) * $streams + ($filled + n - 1) % $streams as stream,
    ($filled + n - 1) / $streams % $events + 1 as sequence from generate_series(1, $more) n) one
cross join filling cross join log_head;
insert into commands (principal, command_id, body_hash, position, events, recorded_at)
select 'office', 'filled-' || ($filled + n), sha256(n::text::bytea), $head + n, 1,
    recorded_at + n * interval '1 microsecond'
from generate_series(1, $more) n cross join log_head;
update filling set filled = filled + $more;
update log_head set position = position + $more, recorded_at = recorded_at + $more * interval '1 microsecond';
update projections set checkpoint = $head + $more, epoch = epoch + 1;
commit";
