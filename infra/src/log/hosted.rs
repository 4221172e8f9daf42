//! The one place where the domain's aggregates meet cqrs-es and postgres-es.
//!
//! Loading goes through postgres-es's event repository; committing through the appender. Not used of the libraries,
//! for what was measured or read in their source: snapshots and aggregate stores (events applied twice), queries and
//! views (dispatched after the commit, errors swallowed), `stream_all_events` and replay (no global order; a read
//! error ends them early with `Ok`).

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventRepository, PersistenceError};
use cqrs_es::{DomainEvent, EventEnvelope};
use domain::aggregate::Aggregate;
use domain::branch::Branch;
use domain::event::{Event, Payload};
use domain::member::Member;
use domain::refusal::Refusal;
use domain::round::Round;
use domain::stream::{StreamId, StreamKind};
use domain::world::{Command, Context, State, States, Stop, World};
use postgres_es::PostgresEventRepository;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::reader::stored_name;
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
        "1".to_owned()
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

/// Reads the states of streams through postgres-es.
pub struct Loader {
    pool: PgPool,
    repository: PostgresEventRepository,
}

impl Loader {
    /// A loader over a pool.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { repository: PostgresEventRepository::new(pool.clone()), pool }
    }

    /// The state of a stream and its version, going on from what is known.
    ///
    /// # Errors
    /// The database's, or an event this build cannot read.
    pub async fn load(
        &self,
        stream: StreamId,
        known: Option<(Arc<State>, u64)>,
    ) -> Result<(Arc<State>, u64), PersistenceError> {
        match stream.kind {
            StreamKind::Member => self.load_as::<Member>(stream, known).await,
            StreamKind::Branch => self.load_as::<Branch>(stream, known).await,
            StreamKind::Round => self.load_as::<Round>(stream, known).await,
        }
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
        events.into_iter().map(EventEnvelope::try_from).collect()
    }

    /// The first event of a stream, after a version, whose type this build does not know, and the first build that does.
    ///
    /// # Errors
    /// The database's.
    pub async fn unknown_type(
        &self,
        stream: StreamId,
        version: u64,
    ) -> Result<Option<(String, Option<String>)>, sqlx::Error> {
        let sql = "select payload::text from events where aggregate_type = $1 and aggregate_id = $2 and sequence > $3 \
                   order by sequence";
        let (kind, id) = (stream.kind.name(), stream.id.to_string());
        let query = crate::sql::query_scalar(sql).bind(kind).bind(id).bind(version.cast_signed());
        let payloads: Vec<String> = query.fetch_all(&self.pool).await?;
        let mut names = payloads.iter().filter_map(|payload| stored_name(payload));
        let Some(name) = names.find(|name| !Event::names(stream.kind).contains(&name.as_str())) else {
            return Ok(None);
        };
        let build = kinds::readers(&self.pool, kind, &name).await?.build_for("");
        Ok(Some((name, build)))
    }

    async fn load_as<A: Aggregate>(
        &self,
        stream: StreamId,
        known: Option<(Arc<State>, u64)>,
    ) -> Result<(Arc<State>, u64), PersistenceError> {
        let (mut state, mut version) = known.unwrap_or_else(|| (Arc::new(State::before(stream.kind)), 0));
        let id = stream.id.to_string();
        let from = usize::try_from(version).unwrap_or(usize::MAX);
        let events = self.repository.get_last_events::<Hosted<A>>(&id, from).await?;
        for stored in events {
            let event: A::Event = serde_json::from_value(stored.payload)?;
            // It copies what others hold too, so only once there is news.
            Arc::make_mut(&mut state).apply(&event.into());
            version = stored.sequence as u64;
        }
        Ok((state, version))
    }
}
