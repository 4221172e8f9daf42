//! Where the log stands.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};

use crate::fault::Result;
use crate::policy::{Action, Resource};
use crate::ports;
use crate::scalar::{DateTime, Position};
use crate::schema::READ;
use crate::session::Session;

/// Where the log stands 日志.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct Log {
    /// The last position.
    position: Position,
    /// When the event at it was recorded; nothing for an empty log.
    recorded_at: Option<DateTime>,
}

/// An event that a projection was told to step over 跳过的事件: decided once, for good.
#[derive(Debug, SimpleObject)]
pub struct RecordedSkip {
    /// Which projection.
    projection: String,
    /// The position of the event.
    position: Position,
    /// Its stored name.
    event_type: String,
    /// Why.
    reason: String,
    /// Who decided.
    decided_by: String,
    /// When.
    decided_at: DateTime,
}

#[ComplexObject]
impl Log {
    /// The events that projections were told to step over 跳过的事件, by projection and position: what is answered
    /// otherwise leaves them out. For those who see the trail of the whole organisation.
    #[graphql(complexity = "READ + 20 * child_complexity")]
    async fn skips(&self, ctx: &Context<'_>) -> Result<Vec<RecordedSkip>> {
        let session = Session::of(ctx);
        session.viewer()?;
        session.allow(Action::SeeTrail, Resource::Organisation).await?;
        let skips = session.reads().skips().await?;
        let shown = |skip: ports::RecordedSkip| RecordedSkip {
            projection: skip.projection,
            position: skip.position.into(),
            event_type: skip.event_type,
            reason: skip.reason,
            decided_by: skip.by,
            decided_at: session.shown(skip.at),
        };
        Ok(skips.into_iter().map(shown).collect())
    }
}

/// The log.
#[derive(Default)]
pub struct LogQuery;

#[Object]
impl LogQuery {
    /// The last position of the log. The one thing that is shown without signing in.
    #[graphql(complexity = "READ + child_complexity")]
    async fn log(&self, ctx: &Context<'_>) -> Result<Option<Log>> {
        let session = Session::of(ctx);
        let head = session.reads().head().await?;
        Ok(Some(Log { position: head.position.into(), recorded_at: head.recorded_at.map(|at| session.shown(at)) }))
    }
}
