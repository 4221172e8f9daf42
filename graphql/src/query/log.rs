//! Where the log stands.

use async_graphql::{Context, Object, SimpleObject};

use crate::fault::Result;
use crate::scalar::{DateTime, Position};
use crate::schema::READ;
use crate::session::Session;

/// Where the log stands 日志.
#[derive(Debug, SimpleObject)]
pub struct Log {
    /// The last position.
    position: Position,
    /// When the event at it was recorded; nothing for an empty log.
    recorded_at: Option<DateTime>,
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
