//! The SQL of a batch. Runs unchanged on plain PostgreSQL and where schemas are sharded: the head row is taken by an
//! `UPDATE`, batches go in by `INSERT … SELECT … FROM log_head CROSS JOIN unnest(…)`, ids and times are made here.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::event::Event;
use domain::stream::{Position, StreamId};
use domain::world::State;
use jiff::Timestamp;
use sqlx::postgres::PgConnection;
use sqlx::{Executor, Row};

use super::job::{Ask, CommandKey, Job};
use super::settle::Found;
use crate::clock::{random, random_id};
use crate::sqltype::SqlInstant;

/// Takes the head row in one round trip. Simple protocol answers in text, so the instant comes as microseconds.
const TAKE_HEAD: &str = "begin; update log_head set position = position \
     returning position, (extract(epoch from recorded_at) * 1000000)::bigint";
/// How long a batch waits for a side row, the head row in its hands.
const SIDE_ROW_PATIENCE: &str = "set local lock_timeout = '500ms'";

/// Begins, takes the head row, and says where the log ends and when its last event was recorded.
pub(super) async fn take_head(connection: &mut PgConnection) -> Result<(Position, Timestamp), sqlx::Error> {
    let taken = connection.fetch_one(TAKE_HEAD).await?;
    let last = Timestamp::from_microsecond(taken.try_get(1)?).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok((Position(taken.try_get::<i64, _>(0)?.unsigned_abs()), last))
}

/// Moves the head row and commits.
pub(super) async fn move_head(connection: &mut PgConnection, to: Position, at: Timestamp) -> Result<(), sqlx::Error> {
    // Numbers and an instant of our own making: nothing to escape.
    let moved = format!("update log_head set position = {to}, recorded_at = '{at}'; commit");
    connection.execute(moved.as_str()).await.map(drop)
}

/// Brings states up to what is recorded, this transaction included. A stream that holds an event this build cannot
/// read is left out.
pub(super) async fn catch_up(
    connection: &mut PgConnection,
    mut known: HashMap<StreamId, (Arc<State>, u64)>,
) -> Result<HashMap<StreamId, (Arc<State>, u64)>, sqlx::Error> {
    let streams: Vec<StreamId> = known.keys().copied().collect();
    let kinds: Vec<&str> = streams.iter().map(|stream| stream.kind.name()).collect();
    let ids: Vec<String> = streams.iter().map(|stream| stream.id.to_string()).collect();
    let versions: Vec<i64> = streams.iter().map(|stream| known[stream].1.cast_signed()).collect();
    let rows = crate::sql::query(
        "select k.place, e.sequence, e.payload::text \
         from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality as k(kind, id, version, place) \
         join events e on e.aggregate_type = k.kind and e.aggregate_id = k.id and e.sequence > k.version \
         order by k.place, e.sequence",
    )
    .bind(kinds)
    .bind(ids)
    .bind(versions)
    .fetch_all(connection)
    .await?;
    for row in rows {
        let stream = streams[row.try_get::<i64, _>(0)?.unsigned_abs() as usize - 1];
        let Some((state, version)) = known.get_mut(&stream) else { continue };
        let applied =
            Event::decode(stream.kind, row.try_get(2)?).map_err(|error| error.to_string()).and_then(|event| {
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

/// What the log holds about these jobs, in one snapshot.
pub(super) async fn look(connection: &mut PgConnection, jobs: &[Job]) -> Result<Found, sqlx::Error> {
    let streams: BTreeSet<StreamId> = jobs.iter().flat_map(|job| job.reads.iter().map(|read| read.stream)).collect();
    let kinds: Vec<&str> = streams.iter().map(|stream| stream.kind.name()).collect();
    let ids: Vec<String> = streams.iter().map(|stream| stream.id.to_string()).collect();
    let principals: Vec<&str> = jobs.iter().map(|job| job.key.principal.as_str()).collect();
    let commands: Vec<&str> = jobs.iter().map(|job| job.key.command_id.as_str()).collect();
    let numbers: Vec<String> = jobs.iter().filter_map(staff_key).collect();
    let rows = crate::sql::query(
        "select 1, s.kind, s.id, (select e.sequence from events e where e.aggregate_type = s.kind and \
         e.aggregate_id = s.id order by e.sequence desc limit 1), null::bytea \
         from unnest($1::text[], $2::text[]) as s(kind, id) \
         union all \
         select 2, c.principal, c.command_id, c.position, c.body_hash \
         from unnest($3::text[], $4::text[]) as k(principal, command_id) \
         join commands c on c.principal = k.principal and c.command_id = k.command_id \
         union all \
         select 3, p.staff_key, p.member::text, null, null from people p where p.staff_key = any($5)",
    )
    .bind(kinds)
    .bind(ids)
    .bind(principals)
    .bind(commands)
    .bind(numbers)
    .fetch_all(connection)
    .await?;
    let by_name: HashMap<(&str, String), StreamId> =
        streams.iter().map(|stream| ((stream.kind.name(), stream.id.to_string()), *stream)).collect();
    let mut found = Found::default();
    for row in rows {
        let (first, second): (String, String) = (row.try_get(1)?, row.try_get(2)?);
        match row.try_get::<i32, _>(0)? {
            1 => {
                let version = row.try_get::<Option<i64>, _>(3)?.unwrap_or_default().unsigned_abs();
                if let Some(stream) = by_name.get(&(first.as_str(), second)) {
                    found.versions.insert(*stream, version);
                }
            }
            2 => {
                let outcome = (row.try_get(4)?, Position(row.try_get::<i64, _>(3)?.unsigned_abs()));
                found.outcomes.insert(CommandKey { principal: first, command_id: second }, outcome);
            }
            _ => {
                let holder = second.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
                found.staff.insert(first, holder);
            }
        }
    }
    Ok(found)
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

/// Appends the events of accepted jobs from the head on.
pub(super) async fn insert_events(
    connection: &mut PgConnection,
    accepted: &[(&Job, Position)],
    head: Position,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let writes: Vec<_> =
        accepted.iter().flat_map(|(job, _)| job.writes().iter().map(|write| (write, &*job.metadata))).collect();
    let kinds: Vec<&str> = writes.iter().map(|(write, _)| write.stream.kind.name()).collect();
    let ids: Vec<String> = writes.iter().map(|(write, _)| write.stream.id.to_string()).collect();
    let sequences: Vec<i64> = writes.iter().map(|(write, _)| write.sequence.cast_signed()).collect();
    let types: Vec<&str> = writes.iter().map(|(write, _)| write.event.name()).collect();
    let payloads: Vec<String> = writes.iter().map(|(write, _)| write.event.encode()).collect();
    let metadata: Vec<&str> = writes.iter().map(|(_, metadata)| *metadata).collect();
    let positions: Vec<i64> = (1..=writes.len() as u64).map(|offset| (head.0 + offset).cast_signed()).collect();
    let event_ids: Vec<uuid::Uuid> = writes.iter().map(|_| random_id(at)).collect();
    let salts: Vec<Vec<u8>> = writes.iter().map(|_| random::<32>().to_vec()).collect();
    crate::sql::query(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, \
         position, event_id, recorded_at, salt) \
         select w.kind, w.id, w.sequence, w.type, '1', w.payload::json, w.metadata::json, w.position, w.event_id, $10, w.salt \
         from log_head cross join unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], \
         $7::bigint[], $8::uuid[], $9::bytea[]) \
         as w(kind, id, sequence, type, payload, metadata, position, event_id, salt)",
    )
    .bind(kinds)
    .bind(ids)
    .bind(sequences)
    .bind(types)
    .bind(payloads)
    .bind(metadata)
    .bind(positions)
    .bind(event_ids)
    .bind(salts)
    .bind(SqlInstant(at))
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
