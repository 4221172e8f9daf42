//! Where the log stands.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};

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
    /// The origin of the log 日志起源: a position means one event under one origin. Another one begins when a restore has
    /// lost what was acknowledged.
    origin: ID,
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

/// An origin of the log 日志起源, as it was recorded.
#[derive(Debug, SimpleObject)]
pub struct LogOrigin {
    /// The origin. The same one again where the log went on elsewhere and nothing was lost.
    origin: ID,
    /// The position it began after: what was accepted after that under the origin before is lost.
    after_position: Position,
    /// When that was recorded.
    began_at: DateTime,
    /// Why.
    reason: String,
    /// Who said so.
    decided_by: String,
}

/// A fold whose rows serve 投影.
#[derive(Debug, SimpleObject)]
pub struct ServingFold {
    /// Its name.
    name: String,
    /// The version of the fold. A cursor from before another version began to serve is refused (`page.fold_changed`).
    version: i32,
    /// The generation of its rows: another with each rebuild.
    generation: i64,
    /// The position up to which the rows were built when they began to serve; "0" for the first.
    since: Position,
}

#[ComplexObject]
impl Log {
    /// The origins of the log 日志起源, in order. For those who see the trail of the whole organisation.
    #[graphql(complexity = "READ + 20 * child_complexity")]
    async fn origins(&self, ctx: &Context<'_>) -> Result<Vec<LogOrigin>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        session.allow(Action::SeeTrail, Resource::Organisation).await?;
        let origins = session.reads().origins().await?;
        let shown = |origin: ports::LogOrigin| LogOrigin {
            origin: origin.id.into(),
            after_position: origin.after.into(),
            began_at: session.shown(origin.at),
            reason: origin.reason,
            decided_by: origin.by,
        };
        Ok(origins.into_iter().map(shown).collect())
    }

    /// The folds whose rows serve 投影, by name. For whoever has a role.
    #[graphql(complexity = "READ + 30 * child_complexity")]
    async fn folds(&self, ctx: &Context<'_>) -> Result<Vec<ServingFold>> {
        let session = Session::of(ctx);
        session.allow(Action::SeeMetrics, Resource::Organisation).await?;
        let shown = |ports::ServingFold { name, version, generation, since }| {
            let since = Position::from(since);
            ServingFold { name, version, generation, since }
        };
        Ok(session.reads().folds().await?.into_iter().map(shown).collect())
    }

    /// The events that projections were told to step over 跳过的事件, by projection and position: what is answered
    /// otherwise leaves them out. For those who see the trail of the whole organisation.
    #[graphql(complexity = "READ + 20 * child_complexity")]
    async fn skips(&self, ctx: &Context<'_>) -> Result<Vec<RecordedSkip>> {
        let session = Session::of(ctx);
        session.signed_in()?;
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
    /// The last position of the log, and its origin. The one thing that is shown without signing in.
    #[graphql(complexity = "READ + child_complexity")]
    async fn log(&self, ctx: &Context<'_>) -> Result<Option<Log>> {
        let session = Session::of(ctx);
        let head = session.reads().head().await?;
        let recorded_at = head.recorded_at.map(|at| session.shown(at));
        Ok(Some(Log { position: head.position.into(), origin: session.reads().origin().into(), recorded_at }))
    }
}
