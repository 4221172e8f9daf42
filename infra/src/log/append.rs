//! The appender: one task per process that commits what waits, a batch at a time.
//!
//! # The SQL of a batch
//! `update log_head` takes the head row; one statement reads versions, outcomes and staff numbers; one inserts all
//! events, one the outcomes; the head moves and all is committed. Ids, salts and times are made here.
//!
//! # Failures
//! After an error the connection is given up and the same batch is settled again on a new one: what had been committed
//! after all is found in `commands` and answered as accepted. A batch that the database refuses for its content is
//! settled job by job, so that one bad job fails alone.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use domain::stream::{Position, StreamId};
use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Executor, Row};
use tokio::sync::{Notify, watch};

use super::desk::SharedDesk;
use super::job::{Ask, CommandKey, Job, Settled};
use super::settle::{Found, fail, settle};
use crate::clock::{Clock, random, random_id};
use crate::sqltype::SqlInstant;

const MOST_JOBS: usize = 1_000;
const MOST_EVENTS: usize = 5_000;
const ATTEMPTS: u32 = 8;
/// Takes the head row in one round trip. Simple protocol answers in text, so the instant comes as microseconds.
const TAKE_HEAD: &str = "begin; update log_head set position = position \
     returning position, (extract(epoch from recorded_at) * 1000000)::bigint";

/// How long a batch waits for a side row, the head row in its hands.
const SIDE_ROW_PATIENCE: &str = "set local lock_timeout = '500ms'";

/// The appender's share of a process.
pub struct Appender {
    /// How to connect.
    pub options: PgConnectOptions,
    /// Where jobs wait.
    pub desk: SharedDesk,
    /// Rung when a job is queued.
    pub bell: Arc<Notify>,
    /// Told of every new head.
    pub head: watch::Sender<Position>,
    /// The time of recording.
    pub clock: Arc<Clock>,
}

impl Drop for Appender {
    /// However it ends, nobody is left waiting for it.
    fn drop(&mut self) {
        let mut desk = self.desk.lock();
        desk.close();
        desk.forget();
    }
}

impl Appender {
    /// Commits batches until the desk is closed and empty.
    pub async fn run(self) {
        let mut connection = None;
        let mut broken = HashSet::new();
        loop {
            let (jobs, done) = {
                let mut desk = self.desk.lock();
                (desk.take(MOST_JOBS, MOST_EVENTS), desk.is_done())
            };
            if jobs.is_empty() {
                if done {
                    return;
                }
                self.bell.notified().await;
                continue;
            }
            let settled = self.settle_with_retries(&mut connection, &jobs, &mut broken).await;
            let last = settled.iter().filter_map(|settled| match settled {
                // A batch that was committed without our knowing is found in `commands` and counts as replayed.
                Settled::Accepted(position) | Settled::Replayed(position) => Some(*position),
                _ => None,
            });
            if let Some(position) = last.max() {
                self.head.send_if_modified(|head| std::mem::replace(head, position.max(*head)) < position);
            }
            if self.desk.lock().settled(&jobs, &settled) {
                broken.clear();
            }
            for (job, settled) in jobs.into_iter().zip(settled) {
                // A caller that went away does not need the answer; the command stands.
                let _gone = job.answer.send(settled);
            }
        }
    }

    async fn settle_with_retries(
        &self,
        connection: &mut Option<PgConnection>,
        jobs: &[Job],
        broken: &mut HashSet<u64>,
    ) -> Vec<Settled> {
        for attempt in 1.. {
            let mut lines = broken.clone();
            let Fault { error, about_content } = match self.commit(connection, jobs, &mut lines).await {
                Ok(settled) => {
                    *broken = lines;
                    return settled;
                }
                Err(fault) => fault,
            };
            *connection = None;
            if about_content && jobs.len() > 1 {
                return self.settle_one_by_one(connection, jobs, broken).await;
            }
            if attempt >= ATTEMPTS || about_content {
                tracing::error!(error = &error as &dyn std::error::Error, jobs = jobs.len(), "append failed");
                return fail(jobs, error, broken);
            }
            tracing::warn!(error = %error, attempt, "append is tried again on a new connection");
            tokio::time::sleep(Duration::from_millis(50 << attempt.min(6))).await;
        }
        unreachable!("the loop ends by returning")
    }

    async fn settle_one_by_one(
        &self,
        connection: &mut Option<PgConnection>,
        jobs: &[Job],
        broken: &mut HashSet<u64>,
    ) -> Vec<Settled> {
        let mut settled = Vec::with_capacity(jobs.len());
        for job in jobs {
            settled.extend(Box::pin(self.settle_with_retries(connection, std::slice::from_ref(job), broken)).await);
        }
        settled
    }

    async fn commit(
        &self,
        connection: &mut Option<PgConnection>,
        jobs: &[Job],
        broken: &mut HashSet<u64>,
    ) -> Result<Vec<Settled>, Fault> {
        let connection = match connection {
            Some(connection) => connection,
            None => connection.insert(self.options.connect().await?),
        };
        if jobs.iter().all(|job| matches!(job.ask, Ask::Confirm)) {
            let mut found = look(connection, jobs).await?;
            return Ok(settle(jobs, &mut found, broken));
        }
        let taken = connection.fetch_one(TAKE_HEAD).await?;
        let head = Position(taken.try_get::<i64, _>(0)?.unsigned_abs());
        let last = Timestamp::from_microsecond(taken.try_get(1)?).map_err(|error| sqlx::Error::Decode(error.into()))?;
        let at = self.clock.now().max(last);
        let mut found = Found { head, ..look(connection, jobs).await? };
        let settled = settle(jobs, &mut found, broken);
        if !settled.iter().any(|settled| matches!(settled, Settled::Accepted(_))) {
            connection.execute("rollback").await?;
            return Ok(settled);
        }
        let accepted: Vec<(&Job, Position)> = jobs
            .iter()
            .zip(&settled)
            .filter_map(|(job, settled)| match settled {
                Settled::Accepted(position) => Some((job, *position)),
                _ => None,
            })
            .collect();
        if found.head > head {
            insert_events(connection, &accepted, head, at).await?;
        }
        insert_outcomes(connection, &accepted, at).await?;
        keep_people(connection, &accepted).await?;
        // Numbers and an instant of our own making: nothing to escape.
        let moved = format!("update log_head set position = {}, recorded_at = '{at}'; commit", found.head);
        connection.execute(moved.as_str()).await?;
        Ok(settled)
    }
}

/// Why a batch was not committed.
struct Fault {
    error: sqlx::Error,
    /// One of the jobs is to blame; the others may do without it.
    about_content: bool,
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self { about_content: is_about_content(&error), error }
    }
}

/// Whether the database refuses what was sent, as opposed to being out of reach or in conflict.
fn is_about_content(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| ["22", "23", "42", "54"].iter().any(|class| code.starts_with(class)))
        }
        sqlx::Error::Encode(_) => true,
        _ => false,
    }
}

async fn look(connection: &mut PgConnection, jobs: &[Job]) -> Result<Found, sqlx::Error> {
    let streams: BTreeSet<StreamId> = jobs.iter().flat_map(|job| job.reads.iter().map(|read| read.stream)).collect();
    let kinds: Vec<&str> = streams.iter().map(|stream| stream.kind.name()).collect();
    let ids: Vec<String> = streams.iter().map(|stream| stream.id.to_string()).collect();
    let principals: Vec<&str> = jobs.iter().map(|job| job.key.principal.as_str()).collect();
    let commands: Vec<&str> = jobs.iter().map(|job| job.key.command_id.as_str()).collect();
    let numbers: Vec<&str> = jobs.iter().filter_map(person).map(|(_, person)| person.staff_number.as_str()).collect();
    let rows = sqlx::query(
        "select 1, s.kind, s.id, (select e.sequence from events e where e.aggregate_type = s.kind and \
         e.aggregate_id = s.id order by e.sequence desc limit 1), null::bytea \
         from unnest($1::text[], $2::text[]) as s(kind, id) \
         union all \
         select 2, c.principal, c.command_id, c.position, c.body_hash \
         from unnest($3::text[], $4::text[]) as k(principal, command_id) \
         join commands c on c.principal = k.principal and c.command_id = k.command_id \
         union all \
         select 3, p.staff_number, p.member::text, null, null from people p where p.staff_number = any($5)",
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

fn person(job: &Job) -> Option<&(domain::id::MemberId, domain::person::Person)> {
    match &job.ask {
        Ask::Record { person, .. } => person.as_ref(),
        Ask::Confirm => None,
    }
}

async fn insert_events(
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
    sqlx::query(
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

async fn insert_outcomes(
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
    sqlx::query(
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
async fn keep_people(connection: &mut PgConnection, accepted: &[(&Job, Position)]) -> Result<(), Fault> {
    let people: Vec<_> = accepted.iter().filter_map(|(job, _)| person(job)).collect();
    if people.is_empty() {
        return Ok(());
    }
    connection.execute(SIDE_ROW_PATIENCE).await?;
    for (member, person) in people {
        let kept = sqlx::query(
            "insert into people (member, staff_number, name, contact) values ($1, $2, $3, $4) on conflict (member) \
             do update set staff_number = excluded.staff_number, name = excluded.name, contact = excluded.contact",
        )
        .bind(member.0)
        .bind(person.staff_number.as_str())
        .bind(person.name.as_str())
        .bind(person.contact.as_deref())
        .execute(&mut *connection)
        .await;
        kept.map_err(|error| Fault { about_content: is_about_content(&error) || is_held(&error), error })?;
    }
    Ok(())
}

/// Whether another session holds the row.
fn is_held(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("55P03"))
}
