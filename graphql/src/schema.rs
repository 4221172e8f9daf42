//! The schema: queries, mutations, subscriptions, and how much one request may ask for.

use std::sync::Arc;

use async_graphql::Schema;
use domain::period::Zone;

use crate::loader::Spawn;
use crate::mutation::Mutation;
use crate::ports::{Commands, Reads};
use crate::query::Query;
use crate::sessions::Sessions;
use crate::subscription::Feed;

/// The API.
pub type Api = Schema<Query, Mutation, Feed>;

/// How deep a request may nest: enough for the introspection of usual tools, not for walking in circles.
pub const DEPTH: usize = 20;
/// How much a request may ask for: each field weighs 1, a list its page times one row, a root
/// field [`READ`] more.
pub const COMPLEXITY: usize = 50_000;
/// What a root field weighs by itself: it reads, however little is asked of it.
pub const READ: usize = 50;
/// How deep a request's text may nest.
pub const RECURSION: usize = 32;
/// How many directives a field may have.
pub const DIRECTIVES: usize = 8;

/// What the API shares between requests.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The organisation's zone.
    pub zone: Zone,
    /// Runs a future beside a request.
    pub spawn: Spawn,
    /// Whether the schema is told, and names that are nearly right are.
    pub introspection: bool,
}

/// The API over these ports.
///
/// Who asks is found in the data of a request, or of its connection: a [`crate::viewer::Principal`], or a
/// [`crate::viewer::Viewer`]; without either only the position of the log is shown.
#[must_use]
pub fn build(commands: Arc<dyn Commands>, reads: Arc<dyn Reads>, settings: Settings) -> Api {
    let builder = match settings.introspection {
        true => builder(),
        false => builder().disable_introspection().disable_suggestions(),
    };
    builder.data(commands).extension(Sessions::new(reads, settings)).finish()
}

/// The schema in the schema definition language, as it is checked in.
#[must_use]
pub fn sdl() -> String {
    builder().finish().sdl()
}

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, Feed> {
    Schema::build(Query::default(), Mutation::default(), Feed)
        .limit_depth(DEPTH)
        .limit_complexity(COMPLEXITY)
        .limit_recursive_depth(RECURSION)
        .limit_directives(DIRECTIVES)
}
