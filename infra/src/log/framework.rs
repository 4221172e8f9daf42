//! Our log as a `cqrs_es::EventStore`: loads through postgres-es, commits through the appender.
//!
//! Metadata of a commit may name `actor`, `command_id` and `correlation`; where it does not, the commit is recorded
//! under the principal `cqrs-es` and an id of its own.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use cqrs_es::{AggregateContext, AggregateError, EventEnvelope, EventStore};
use domain::aggregate::Aggregate;
use domain::stream::StreamId;
use uuid::Uuid;

use super::executor::Executor;
use super::hosted::{Hosted, HostedError, StoredEvent};
use super::job::{Ask, CommandKey, Read, Settled, Write};
use super::metadata::metadata;
use crate::clock::{random, random_id};

/// The store of one kind of aggregate.
pub struct LogStore<A> {
    executor: Arc<Executor>,
    aggregate: PhantomData<fn() -> A>,
}

impl<A: Aggregate> LogStore<A> {
    /// A store over the executor of this process.
    #[must_use]
    pub fn new(executor: Arc<Executor>) -> Self {
        Self { executor, aggregate: PhantomData }
    }

    fn stream(id: &str) -> Result<StreamId, AggregateError<HostedError>> {
        let id = Uuid::try_parse(id).map_err(|error| AggregateError::UnexpectedError(Box::new(error)))?;
        Ok(StreamId { kind: A::KIND, id })
    }
}

/// A loaded aggregate and the version it was loaded at.
pub struct Loaded<A: Aggregate> {
    stream: StreamId,
    version: u64,
    aggregate: Hosted<A>,
}

impl<A: Aggregate> AggregateContext<Hosted<A>> for Loaded<A> {
    fn aggregate(&mut self) -> &mut Hosted<A> {
        &mut self.aggregate
    }
}

impl<A: Aggregate> EventStore<Hosted<A>> for LogStore<A> {
    type AC = Loaded<A>;

    async fn load_events(&self, id: &str) -> Result<Vec<EventEnvelope<Hosted<A>>>, AggregateError<HostedError>> {
        Ok(self.executor.loader().events::<A>(Self::stream(id)?).await?)
    }

    async fn load_aggregate(&self, id: &str) -> Result<Loaded<A>, AggregateError<HostedError>> {
        let stream = Self::stream(id)?;
        let (mut aggregate, mut version) = (Hosted::<A>::before(stream), 0);
        for envelope in self.load_events(id).await? {
            aggregate.aggregate.apply(&envelope.payload.0);
            version = envelope.sequence as u64;
        }
        Ok(Loaded { stream, version, aggregate })
    }

    async fn commit(
        &self,
        events: Vec<StoredEvent<A::Event>>,
        context: Loaded<A>,
        extra: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<Hosted<A>>>, AggregateError<HostedError>> {
        let Loaded { stream, version, .. } = context;
        let own = |name: &str| extra.get(name).cloned();
        let key = CommandKey {
            principal: own("actor").unwrap_or_else(|| "cqrs-es".to_owned()),
            command_id: own("command_id").unwrap_or_else(|| random_id(self.executor.now()).to_string()),
        };
        let correlation = own("correlation").unwrap_or_else(|| key.command_id.clone());
        let metadata = metadata(&key, &correlation, self.executor.is_simulated(), None);
        let writes: Vec<Write> = (version + 1..)
            .zip(&events)
            .map(|(sequence, event)| Write::new(stream, sequence, event.0.clone().into()))
            .collect();
        let reads = vec![Read { stream, version, lineage: Read::RECORDED }];
        let body = random();
        let settled = self
            .executor
            .append(key, body, metadata, reads, Ask::Record { writes, person: None })
            .await
            .map_err(|error| AggregateError::UnexpectedError(Box::new(error)))?;
        match settled {
            // The body is random, so what is replayed is this very commit, whose first answer was lost.
            Settled::Accepted(_) | Settled::Replayed(_) => {}
            Settled::Stale(_) | Settled::IdReused => {
                return Err(AggregateError::AggregateConflict);
            }
            Settled::Failed(error) => return Err(AggregateError::DatabaseConnectionError(Box::new(error))),
            Settled::Confirmed | Settled::Refused(_) | Settled::StaffNumberTaken => {
                return Err(AggregateError::UnexpectedError("a commit cannot be settled so".into()));
            }
        }
        let envelope = |(sequence, payload)| EventEnvelope {
            aggregate_id: stream.id.to_string(),
            sequence: usize::try_from(sequence).unwrap_or(usize::MAX),
            payload,
            metadata: extra.clone(),
        };
        Ok((version + 1..).zip(events).map(envelope).collect())
    }
}
