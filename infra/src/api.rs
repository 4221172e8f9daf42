//! The API over one program.

use std::sync::Arc;

use graphql::schema::{Api, Settings};

use crate::app::App;

/// Builds the schema over a program's doors.
#[must_use]
pub fn build(app: &App) -> Api {
    let settings = Settings { zone: app.zone.clone(), spawn: |task| drop(tokio::spawn(task)) };
    graphql::schema::build(Arc::clone(&app.commands), Arc::clone(&app.reads), settings)
}
