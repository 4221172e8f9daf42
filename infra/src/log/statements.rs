//! The SQL of a batch. Runs unchanged on plain PostgreSQL and where schemas are sharded: the head row is taken by an
//! `UPDATE`, batches go in by `INSERT … SELECT … FROM log_head CROSS JOIN unnest(…)`, ids and times are made here.
//!
//! # Invariant
//! What is answered while the head row is held fits what the system keeps for a reader that has stopped, about 200 kB:
//! a session that waits for its client to read holds its rows for as long as that takes ([`crate::held`]).

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::event::Event;
use domain::stream::{Position, StreamId};
use domain::world::State;
use jiff::Timestamp;
use sqlx::postgres::PgConnection;
use sqlx::{Executor, Row};

use super::job::{Ask, Job};
use super::settle::{Found, assumed};
use crate::clock::{id_of, random_bytes};
use crate::reach::Reach;
use crate::sqltype::SqlInstant;

/// Takes the head row in one round trip. Simple protocol answers in text, so the instant comes as microseconds.
const TAKE_HEAD: &str = "begin; update log_head set position = position \
     returning position, (extract(epoch from recorded_at) * 1000000)::bigint, origin::text";
/// How much is asked for in one piece; a row of the answer has at most 120 bytes.
const PIECE: usize = 500;
/// How many events are caught up with under the head lock, and how many bytes of them. Who is further behind loads first.
const MOST_MISSED: i64 = 500;
const MOST_BYTES: i64 = 65_536;
/// How long a batch waits for a side row, the head row in its hands.
const SIDE_ROW_PATIENCE: &str = "set local lock_timeout = '500ms'";

/// Begins, takes the head row, and says where the log ends and when its last event was recorded.
pub(super) async fn take_head(
    connection: &mut PgConnection,
    reach: &Reach,
) -> Result<(Position, Timestamp), sqlx::Error> {
    let taken = connection.fetch_one(TAKE_HEAD).await?;
    let origin =
        taken.try_get::<&str, _>(2)?.parse().map_err(|error: uuid::Error| sqlx::Error::Decode(error.into()))?;
    reach.same_origin(origin)?;
    let last = Timestamp::from_microsecond(taken.try_get(1)?).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok((Position(taken.try_get::<i64, _>(0)?.unsigned_abs()), last))
}

/// Moves the head row and commits.
pub(super) async fn move_head(connection: &mut PgConnection, to: Position, at: Timestamp) -> Result<(), sqlx::Error> {
    // Numbers and an instant of our own making: nothing to escape.
    let moved = format!("update log_head set position = {to}, recorded_at = '{at}'; commit");
    connection.execute(moved.as_str()).await.map(drop)
}

/// Brings states up to what is recorded, this transaction included. Left out are a stream that holds an event this build
/// cannot read, and those with which the answer would be long.
///
/// # Errors
/// The database's.
pub async fn catch_up(
    connection: &mut PgConnection,
    mut known: HashMap<StreamId, (Arc<State>, u64)>,
) -> Result<HashMap<StreamId, (Arc<State>, u64)>, sqlx::Error> {
    let streams: Vec<StreamId> = known.keys().copied().collect();
    let kinds: Vec<&str> = streams.iter().map(|stream| stream.kind.name()).collect();
    let ids: Vec<String> = streams.iter().map(|stream| stream.id.to_string()).collect();
    let versions: Vec<i64> = streams.iter().map(|stream| known[stream].1.cast_signed()).collect();
    let rows = crate::sql::query(
        "with missing as materialized (select k.place, k.version, e.sequence, e.event_version, e.payload \
           from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality as k(kind, id, version, place) \
           cross join lateral (select e.sequence, e.event_version, e.payload::text as payload from events e \
             where e.aggregate_type = k.kind and e.aggregate_id = k.id and e.sequence > k.version order by e.sequence limit $4 + 1) e), \
         sized as (select place, sum(count(*)) over w <= $4 and sum(sum(octet_length(payload))) over w <= $5 as short \
           from missing group by place window w as (order by place)) \
         select m.place, m.sequence, case when s.short then m.payload end, m.event_version \
         from missing m join sized s using (place) where s.short or m.sequence = m.version + 1 order by m.place, m.sequence",
    )
    .bind(kinds)
    .bind(ids)
    .bind(versions)
    .bind(MOST_MISSED)
    .bind(MOST_BYTES)
    .fetch_all(connection)
    .await?;
    for row in rows {
        let stream = streams[row.try_get::<i64, _>(0)?.unsigned_abs() as usize - 1];
        let Some(payload) = row.try_get::<Option<&str>, _>(2)? else {
            known.remove(&stream);
            continue;
        };
        let Some((state, version)) = known.get_mut(&stream) else { continue };
        let decoded = Event::decode(stream.kind, row.try_get(3)?, payload).map_err(|error| error.to_string());
        let applied = decoded.and_then(|event| {
            // A state that panics over an event must not end the appender.
            let applied = catch_unwind(AssertUnwindSafe(|| Arc::make_mut(state).apply(&event)));
            applied.map_err(|_panic| "it panics".to_owned())
        });
        match applied {
            Ok(()) => *version = row.try_get::<i64, _>(1)?.unsigned_abs(),
            Err(error) => {
                tracing::warn!(%stream, error, "the stream holds an event that this build cannot read");
                known.remove(&stream);
            }
        }
    }
    Ok(known)
}

/// What the log holds about these jobs: asked for is what differs from what they take it to hold.
pub(super) async fn look(connection: &mut PgConnection, jobs: &[Job]) -> Result<Found, sqlx::Error> {
    let mut found = assumed(jobs);
    let mut streams: Vec<(StreamId, u64)> =
        found.versions.iter().map(|(stream, version)| (*stream, *version)).collect();
    streams.sort_unstable();
    let pieces = streams.len().max(jobs.len()).div_ceil(PIECE);
    for number in 0..pieces {
        look_at(connection, piece(&streams, number), piece(jobs, number), &mut found).await?;
    }
    Ok(found)
}

fn piece<T>(all: &[T], number: usize) -> &[T] {
    let from = all.len().min(number * PIECE);
    &all[from..all.len().min(from + PIECE)]
}

async fn look_at(
    connection: &mut PgConnection,
    streams: &[(StreamId, u64)],
    jobs: &[Job],
    found: &mut Found,
) -> Result<(), sqlx::Error> {
    let kinds: Vec<&str> = streams.iter().map(|(stream, _)| stream.kind.name()).collect();
    let ids: Vec<String> = streams.iter().map(|(stream, _)| stream.id.to_string()).collect();
    let versions: Vec<i64> = streams.iter().map(|(_, version)| version.cast_signed()).collect();
    let principals: Vec<&str> = jobs.iter().map(|job| job.key.principal.as_str()).collect();
    let commands: Vec<&str> = jobs.iter().map(|job| job.key.command_id.as_str()).collect();
    let numbers: Vec<String> = jobs.iter().filter_map(staff_key).collect();
    let rows = crate::sql::query(
        "select 1, s.place, e.sequence, null::bytea, null::text, null::uuid \
         from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality as s(kind, id, version, place) \
         cross join lateral (select coalesce((select e.sequence from events e where e.aggregate_type = s.kind and \
           e.aggregate_id = s.id order by e.sequence desc limit 1), 0) as sequence) e where e.sequence <> s.version \
         union all \
         select 2, k.place, c.position, c.body_hash, null, null \
         from unnest($4::text[], $5::text[]) with ordinality as k(principal, command_id, place) \
         cross join lateral (select c.position, c.body_hash from commands c where c.principal = k.principal and \
           c.command_id = k.command_id limit 1) c \
         union all \
         select 3, null, null, null, p.staff_key, p.member from people p where p.staff_key = any($6)",
    )
    .bind(kinds)
    .bind(ids)
    .bind(versions)
    .bind(principals)
    .bind(commands)
    .bind(numbers)
    .fetch_all(connection)
    .await?;
    for row in rows {
        let place = || Ok::<_, sqlx::Error>(row.try_get::<i64, _>(1)?.unsigned_abs() as usize - 1);
        let number = || Ok::<_, sqlx::Error>(row.try_get::<i64, _>(2)?.unsigned_abs());
        match row.try_get::<i32, _>(0)? {
            1 => _ = found.versions.insert(streams[place()?].0, number()?),
            2 => _ = found.outcomes.insert(jobs[place()?].key.clone(), (row.try_get(3)?, Position(number()?))),
            _ => _ = found.staff.insert(row.try_get(4)?, row.try_get(5)?),
        }
    }
    Ok(())
}

/// A job that is refused now may be accepted when it is decided again, so the order counts, not what it led to.
fn staff_key(job: &Job) -> Option<String> {
    let given = job.given.as_ref().and_then(|given| given.order.person.as_ref());
    given.or(person(job).map(|(_, person)| person)).map(|person| person.staff_number.key())
}

fn person(job: &Job) -> Option<&(domain::id::MemberId, domain::person::Person)> {
    match &job.ask {
        Ask::Record { person, .. } => person.as_ref(),
        Ask::Confirm => None,
    }
}

/// How many bytes of chance an event's id takes, and its salt.
const ID: usize = 10;
const SALT: usize = 32;

/// What jobs write, as columns.
pub(super) struct Written<'j> {
    pub kinds: Vec<&'static str>,
    pub ids: Vec<String>,
    pub sequences: Vec<i64>,
    pub types: Vec<&'static str>,
    pub versions: Vec<String>,
    pub payloads: Vec<&'j str>,
    pub metadata: Vec<&'j str>,
    pub event_ids: Vec<uuid::Uuid>,
    pub salts: Vec<Vec<u8>>,
}

impl<'j> Written<'j> {
    pub(super) fn by(jobs: impl Iterator<Item = &'j Job>, at: Timestamp) -> Self {
        let writes: Vec<_> = jobs.flat_map(|job| job.writes().iter().map(|write| (write, &*job.metadata))).collect();
        // The system is asked once for all of it.
        let random = random_bytes(writes.len() * (ID + SALT));
        let chances: Vec<(&[u8; ID], &[u8])> =
            random.chunks_exact(ID + SALT).filter_map(<[u8]>::split_first_chunk).collect();
        Self {
            kinds: writes.iter().map(|(write, _)| write.stream.kind.name()).collect(),
            ids: writes.iter().map(|(write, _)| write.stream.id.to_string()).collect(),
            sequences: writes.iter().map(|(write, _)| write.sequence.cast_signed()).collect(),
            types: writes.iter().map(|(write, _)| write.event.name()).collect(),
            versions: writes.iter().map(|(write, _)| write.event.version().to_string()).collect(),
            payloads: writes.iter().map(|(write, _)| write.payload()).collect(),
            metadata: writes.iter().map(|(_, metadata)| *metadata).collect(),
            event_ids: chances.iter().map(|(id, _)| id_of(at, id)).collect(),
            salts: chances.iter().map(|(_, salt)| salt.to_vec()).collect(),
        }
    }
}

/// Appends the events of accepted jobs from the head on.
pub(super) async fn insert_events(
    connection: &mut PgConnection,
    accepted: &[(&Job, Position)],
    head: Position,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let written = Written::by(accepted.iter().map(|(job, _)| *job), at);
    let positions: Vec<i64> = (1..=written.ids.len() as u64).map(|offset| (head.0 + offset).cast_signed()).collect();
    crate::sql::query(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, \
         position, event_id, recorded_at, salt) \
         select w.kind, w.id, w.sequence, w.type, w.version, w.payload::json, w.metadata::json, w.position, w.event_id, $10, w.salt \
         from log_head cross join unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], \
         $7::bigint[], $8::uuid[], $9::bytea[], $11::text[]) \
         as w(kind, id, sequence, type, payload, metadata, position, event_id, salt, version)",
    )
    .bind(written.kinds)
    .bind(written.ids)
    .bind(written.sequences)
    .bind(written.types)
    .bind(written.payloads)
    .bind(written.metadata)
    .bind(positions)
    .bind(written.event_ids)
    .bind(written.salts)
    .bind(SqlInstant(at))
    .bind(written.versions)
    .execute(connection)
    .await
    .map(drop)
}

/// Keeps the outcomes of accepted jobs.
pub(super) async fn insert_outcomes(
    connection: &mut PgConnection,
    accepted: &[(&Job, Position)],
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let principals: Vec<&str> = accepted.iter().map(|(job, _)| job.key.principal.as_str()).collect();
    let commands: Vec<&str> = accepted.iter().map(|(job, _)| job.key.command_id.as_str()).collect();
    let bodies: Vec<&[u8]> = accepted.iter().map(|(job, _)| job.body.as_slice()).collect();
    let positions: Vec<i64> = accepted.iter().map(|(_, position)| position.0.cast_signed()).collect();
    let events: Vec<i32> =
        accepted.iter().map(|(job, _)| i32::try_from(job.writes().len()).unwrap_or(i32::MAX)).collect();
    crate::sql::query(
        "insert into commands (principal, command_id, body_hash, position, events, recorded_at) \
         select c.principal, c.command_id, c.body_hash, c.position, c.events, $6 from log_head cross join \
         unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[], $5::integer[]) \
         as c(principal, command_id, body_hash, position, events)",
    )
    .bind(principals)
    .bind(commands)
    .bind(bodies)
    .bind(positions)
    .bind(events)
    .bind(SqlInstant(at))
    .execute(connection)
    .await
    .map(drop)
}

/// A record that another session holds fails its own command; the head row is not held for it.
pub(super) async fn keep_people(
    connection: &mut PgConnection,
    accepted: &[(&Job, Position)],
) -> Result<(), sqlx::Error> {
    let people: Vec<_> = accepted.iter().filter_map(|(job, _)| person(job)).collect();
    if people.is_empty() {
        return Ok(());
    }
    connection.execute(SIDE_ROW_PATIENCE).await?;
    for (member, person) in people {
        crate::sql::query(
            "insert into people (member, staff_number, name, contact) values ($1, $2, $3, $4) on conflict (member) \
             do update set staff_number = excluded.staff_number, name = excluded.name, contact = excluded.contact",
        )
        .bind(member.0)
        .bind(person.staff_number.as_str())
        .bind(person.name.as_str())
        .bind(person.contact.as_deref())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
