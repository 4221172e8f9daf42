//! The API over one program.

use std::sync::Arc;

use graphql::schema::{Api, Settings};

use crate::app::App;

/// Builds the schema over a program's doors; `introspection` says whether it is told to who asks for it.
#[must_use]
pub fn build(app: &App, introspection: bool) -> Api {
    let settings = Settings { zone: app.zone.clone(), spawn: |task| drop(tokio::spawn(task)), introspection };
    graphql::schema::build(Arc::clone(&app.commands), Arc::clone(&app.reads), settings)
}
