//! The one place where the domain's aggregates meet cqrs-es and postgres-es.
//!
//! What the framework loads comes from postgres-es's event repository; commits go through the appender. States are loaded in
//! portions by a statement of our own: the repository reads a stream as a whole. Not used of the libraries,
//! for what was measured or read in their source: snapshots and aggregate stores (events applied twice), queries and
//! views (dispatched after the commit, errors swallowed), `stream_all_events` and replay (no global order; a read
//! error ends them early with `Ok`).

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventRepository, PersistenceError, SerializedEvent};
use cqrs_es::{DomainEvent, EventEnvelope};
use domain::aggregate::Aggregate;
use domain::event::{DecodeError, Event, Payload, stored_type};
use domain::refusal::Refusal;
use domain::stream::StreamId;
use domain::world::{Command, Context, State, States, Stop, World};
use futures_util::TryStreamExt;
use postgres_es::PostgresEventRepository;
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, Row};

use crate::fold::kinds;

/// Any of our aggregates as cqrs-es sees it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct Hosted<A: Aggregate> {
    /// The aggregate.
    pub aggregate: A,
    #[serde(skip)]
    stream: Option<StreamId>,
}

impl<A: Aggregate> Hosted<A> {
    /// The aggregate of a stream before its first event.
    #[must_use]
    pub fn before(stream: StreamId) -> Self {
        Self { aggregate: A::default(), stream: Some(stream) }
    }
}

/// Any of our events as cqrs-es sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct StoredEvent<E: Payload>(pub E);

/// What a hosted aggregate needs besides itself: the other states a decision reads, and the context.
pub struct Surroundings {
    /// States of other streams, taken at their word: this door names the version of its own stream alone.
    pub states: HashMap<StreamId, State>,
    /// The context of the decision.
    pub context: Context,
}

/// Why a hosted aggregate does not handle a command.
#[derive(Debug, PartialEq, Eq)]
pub enum HostedError {
    /// A rule was broken.
    Refused(Refusal),
    /// The command spans other streams; the executor takes it.
    SpansStreams(StreamId),
    /// A state is missing from the surroundings.
    Needs(StreamId),
    /// The command is for another aggregate than the one it was given to.
    Elsewhere(StreamId),
}

impl fmt::Display for HostedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::SpansStreams(stream) => write!(f, "the command also writes {stream}; send it to the executor"),
            Self::Elsewhere(stream) => write!(f, "the command is for {stream}; give it to that aggregate"),
            Self::Needs(stream) => write!(f, "the state of {stream} is missing from the surroundings"),
        }
    }
}

impl std::error::Error for HostedError {}

impl<E: Payload> DomainEvent for StoredEvent<E> {
    fn event_type(&self) -> String {
        self.0.name().to_owned()
    }

    fn event_version(&self) -> String {
        E::version(self.0.name()).to_string()
    }
}

impl States for Surroundings {
    fn state(&self, stream: StreamId) -> Option<&State> {
        self.states.get(&stream)
    }
}

/// The surroundings with the aggregate itself in its place: what was loaded counts, not what was said of it.
struct Around<'a> {
    own: (StreamId, State),
    others: &'a Surroundings,
}

impl States for Around<'_> {
    fn state(&self, stream: StreamId) -> Option<&State> {
        if stream == self.own.0 { Some(&self.own.1) } else { self.others.state(stream) }
    }
}

impl<A: Aggregate> cqrs_es::Aggregate for Hosted<A> {
    const TYPE: &'static str = A::KIND.name();
    type Command = Command;
    type Event = StoredEvent<A::Event>;
    type Error = HostedError;
    type Services = Surroundings;

    async fn handle(
        &mut self,
        command: Command,
        surroundings: &Surroundings,
        sink: &EventSink<Self>,
    ) -> Result<(), HostedError> {
        let own = match &command {
            Command::Member(id, _) => StreamId::from(*id),
            Command::Branch(id, _) => StreamId::from(*id),
            Command::Round(id, _) => StreamId::from(*id),
        };
        if self.stream.is_some_and(|stream| stream != own) {
            return Err(HostedError::Elsewhere(own));
        }
        let around = Around { own: (own, self.aggregate.clone().into()), others: surroundings };
        let decision = command.decide(&World::new(&around), &surroundings.context).map_err(|stop| match stop {
            Stop::Refused(refusal) => HostedError::Refused(refusal),
            Stop::Needs(stream) => HostedError::Needs(stream),
        })?;
        for (stream, event) in decision.into_events() {
            let event = A::Event::try_from(event).map_err(|_| HostedError::SpansStreams(stream))?;
            if stream != own {
                return Err(HostedError::SpansStreams(stream));
            }
            sink.write(StoredEvent(event), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.aggregate.apply(&event.0);
    }
}

/// How many events of a stream are read at once.
pub const PORTION: u64 = 5_000;

/// Reads streams.
pub struct Loader {
    pool: PgPool,
    repository: PostgresEventRepository,
}

/// What is known of a stream: its state, and the version it has.
pub type Known = Option<(Arc<State>, u64)>;

/// A state as far as it was loaded.
#[derive(Debug)]
pub struct Portion {
    /// The state.
    pub state: Arc<State>,
    /// The version it has.
    pub version: u64,
    /// Nothing followed when it was read.
    pub whole: bool,
}

impl Loader {
    /// A loader over a pool.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { repository: PostgresEventRepository::new(pool.clone()), pool }
    }

    /// The state of a stream and its version, going on from what is known, however long that takes.
    ///
    /// # Errors
    /// The database's, or an event this build cannot read.
    pub async fn load(&self, stream: StreamId, mut known: Known) -> Result<(Arc<State>, u64), PersistenceError> {
        loop {
            let Portion { state, version, whole } = self.portion(stream, known).await?;
            if whole {
                return Ok((state, version));
            }
            known = Some((state, version));
        }
    }

    /// The state of a stream at most [`PORTION`] events on from what is known.
    ///
    /// # Errors
    /// As [`Loader::load`].
    pub async fn portion(&self, stream: StreamId, known: Known) -> Result<Portion, PersistenceError> {
        let (mut state, mut version) = known.unwrap_or_else(|| (Arc::new(State::before(stream.kind)), 0));
        let mut rows = crate::sql::query(
            "select sequence, event_version, payload::text from events where aggregate_type = $1 and aggregate_id = $2 and sequence > $3 \
             order by sequence limit $4",
        )
        .bind(stream.kind.name())
        .bind(stream.id.to_string())
        .bind(version.cast_signed())
        .bind(PORTION.cast_signed())
        .fetch(&self.pool);
        let mut read = 0;
        while let Some(row) = rows.try_next().await.map_err(database)? {
            let (stored, payload) = (row.try_get(1).map_err(database)?, row.try_get(2).map_err(database)?);
            let event = Event::decode(stream.kind, stored, payload).map_err(undecodable)?;
            // It copies what others hold too, so only once there is news.
            Arc::make_mut(&mut state).apply(&event);
            version = row.try_get::<i64, _>(0).map_err(database)?.unsigned_abs();
            read += 1;
        }
        Ok(Portion { state, version, whole: read < PORTION })
    }

    /// The states of several streams in one statement, each at most so many events on from what is known that they are
    /// [`PORTION`] altogether; in the order of the streams.
    ///
    /// # Errors
    /// As [`Loader::load`]; which stream cannot be read is not said.
    pub async fn portions(&self, streams: Vec<(StreamId, Known)>) -> Result<Vec<Portion>, PersistenceError> {
        let each = (PORTION / (streams.len() as u64).max(1)).max(1);
        let kinds: Vec<&str> = streams.iter().map(|(stream, _)| stream.kind.name()).collect();
        let ids: Vec<String> = streams.iter().map(|(stream, _)| stream.id.to_string()).collect();
        let after = streams.iter().map(|(_, known)| known.as_ref().map_or(0, |(_, version)| version.cast_signed()));
        let mut rows = crate::sql::query(
            "select s.number, e.sequence, e.event_version, e.payload \
             from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality as s(kind, id, after, number) \
             cross join lateral (select sequence, event_version, payload::text from events \
             where aggregate_type = s.kind and aggregate_id = s.id and sequence > s.after order by sequence limit $4) as e \
             order by s.number, e.sequence",
        )
        .bind(kinds)
        .bind(ids)
        .bind(after.collect::<Vec<i64>>())
        .bind(each.cast_signed())
        .fetch(&self.pool);
        let begun = |(stream, known): &(StreamId, Known)| {
            let (state, version) = known.clone().unwrap_or_else(|| (Arc::new(State::before(stream.kind)), 0));
            (Portion { state, version, whole: true }, 0)
        };
        let mut portions: Vec<(Portion, u64)> = streams.iter().map(begun).collect();
        while let Some(row) = rows.try_next().await.map_err(database)? {
            let Ok(at) = usize::try_from(row.try_get::<i64, _>(0).map_err(database)? - 1) else { continue };
            let ((portion, read), (stream, _)) = (&mut portions[at], &streams[at]);
            let (stored, payload) = (row.try_get(2).map_err(database)?, row.try_get(3).map_err(database)?);
            let event = Event::decode(stream.kind, stored, payload).map_err(undecodable)?;
            Arc::make_mut(&mut portion.state).apply(&event);
            portion.version = row.try_get::<i64, _>(1).map_err(database)?.unsigned_abs();
            *read += 1;
            portion.whole = *read < each;
        }
        Ok(portions.into_iter().map(|(portion, _)| portion).collect())
    }

    /// The events of a stream in order.
    ///
    /// # Errors
    /// As [`Loader::load`].
    pub async fn events<A: Aggregate>(
        &self,
        stream: StreamId,
    ) -> Result<Vec<EventEnvelope<Hosted<A>>>, PersistenceError> {
        let events = self.repository.get_events::<Hosted<A>>(&stream.id.to_string()).await?;
        let envelope = |stored: SerializedEvent| {
            let payload = A::Event::decode(&stored.event_version, &stored.payload.to_string()).map_err(undecodable)?;
            let SerializedEvent { aggregate_id, sequence, metadata, .. } = stored;
            let metadata = serde_json::from_value(metadata)?;
            Ok(EventEnvelope { aggregate_id, sequence, payload: StoredEvent(payload), metadata })
        };
        events.into_iter().map(envelope).collect()
    }

    /// The first event in a portion of a stream whose type this build does not know, and the first build that does.
    ///
    /// # Errors
    /// The database's.
    pub async fn unknown_type(
        &self,
        stream: StreamId,
        version: u64,
    ) -> Result<Option<(String, Option<String>)>, sqlx::Error> {
        let sql = "select event_version, payload::text from events where aggregate_type = $1 and aggregate_id = $2 and sequence > $3 \
                   order by sequence limit $4";
        let (kind, id) = (stream.kind.name(), stream.id.to_string());
        let query =
            crate::sql::query_as(sql).bind(kind).bind(id).bind(version.cast_signed()).bind(PORTION.cast_signed());
        let stored: Vec<(String, String)> = query.fetch_all(&self.pool).await?;
        let mut names = stored.iter().filter_map(|(version, payload)| stored_type(version, payload));
        let known = Event::types(stream.kind);
        let Some(name) = names.find(|name| !known.contains(name)) else {
            return Ok(None);
        };
        let build = kinds::readers(&self.pool, kind, &name).await?.build_for("");
        Ok(Some((name, build)))
    }
}

fn database(error: sqlx::Error) -> PersistenceError {
    PersistenceError::UnknownError(Box::new(error))
}

fn undecodable(error: DecodeError) -> PersistenceError {
    PersistenceError::DeserializationError(Box::new(error))
}
