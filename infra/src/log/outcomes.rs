//! The outcomes of commands held against the events, in one ordered pass beside them.
//!
//! # Rules
//! - The events of a command stand one after the other, and it has one outcome: with the position of the last of them, and
//!   their number. An outcome of no events says nothing that could be held against the log.
//! - The server sorts the outcomes once and keeps them aside (`with hold`), so that no snapshot is held for as long as a long
//!   log takes; behind a pooler in transaction mode it is held.
//!
//! # Memory
//! A few thousand outcomes.

use std::borrow::Cow;
use std::collections::VecDeque;

use domain::stream::Position;
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

use super::reader::Stored;
use crate::sql::pooled;

/// How many outcomes are fetched at a time.
const FETCHED: &str = "fetch 2000 from outcomes";

/// What is wrong, and where.
type Fault = (Position, String);

/// An outcome as it is kept: the principal, the command's id, the position, and how many events.
type Outcome = (String, String, i64, i32);

/// Whose command an event came of.
#[derive(Deserialize)]
struct Whose<'a> {
    #[serde(borrow)]
    actor: Cow<'a, str>,
    #[serde(borrow)]
    command_id: Cow<'a, str>,
}

/// The events of one command so far.
struct Run {
    actor: String,
    command_id: String,
    last: Position,
    events: u64,
}

/// The outcomes that were not met yet.
pub struct Outcomes {
    connection: PgConnection,
    fetched: VecDeque<Outcome>,
    run: Option<Run>,
}

impl Outcomes {
    /// Those of all commands up to a position.
    ///
    /// # Errors
    /// The database's.
    pub async fn upto(database: &PgConnectOptions, upto: Position) -> Result<Self, sqlx::Error> {
        let mut connection = database.connect().await?;
        let begin = "begin; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; \
                     set local enable_seqscan = on";
        connection.execute(begin).await?;
        let declare = format!(
            "declare outcomes cursor with hold for select principal, command_id, position, events from commands \
             where events > 0 and position <= {upto} order by position"
        );
        connection.execute(declare.as_str()).await?;
        if !pooled() {
            connection.execute("commit").await?;
        }
        Ok(Self { connection, fetched: VecDeque::new(), run: None })
    }

    /// Takes the next event in.
    ///
    /// # Errors
    /// The database's.
    pub async fn event(&mut self, stored: &Stored<'_>, faults: &mut Vec<Fault>) -> Result<(), sqlx::Error> {
        let Ok(Whose { actor, command_id }) = serde_json::from_str(stored.metadata) else {
            faults.push((stored.position, "its metadata name no command".to_owned()));
            return Ok(());
        };
        if let Some(run) = self.run.as_mut().filter(|run| run.actor == actor && run.command_id == command_id) {
            (run.last, run.events) = (stored.position, run.events + 1);
            return Ok(());
        }
        let [actor, command_id] = [actor, command_id].map(Cow::into_owned);
        let next = Run { actor, command_id, last: stored.position, events: 1 };
        match self.run.replace(next) {
            Some(done) => self.done(&done, faults).await,
            None => Ok(()),
        }
    }

    /// The end of what is read. The last command may go on after it, unless that is the end of the log.
    ///
    /// # Errors
    /// The database's.
    pub async fn end(mut self, is_whole: bool, faults: &mut Vec<Fault>) -> Result<(), sqlx::Error> {
        if let Some(run) = self.run.take() {
            let goes_on = !is_whole && self.peek().await?.is_none_or(|(.., position, _)| at(*position) < run.last);
            if !goes_on {
                self.done(&run, faults).await?;
            }
        }
        while let Some(outcome) = self.peek().await?.cloned() {
            faults.push(alone(&outcome));
            self.fetched.pop_front();
        }
        self.connection.close().await
    }

    /// Holds a command's events against its outcome; those before it that are no command's end are wrong.
    async fn done(&mut self, run: &Run, faults: &mut Vec<Fault>) -> Result<(), sqlx::Error> {
        let Run { actor, command_id, last, events } = run;
        while let Some(outcome) = self.peek().await?.cloned() {
            if at(outcome.2) > *last {
                break;
            }
            self.fetched.pop_front();
            if at(outcome.2) < *last || outcome.0 != *actor || outcome.1 != *command_id {
                faults.push(alone(&outcome));
                continue;
            }
            let said = u64::from(outcome.3.unsigned_abs());
            if said != *events {
                let wrong =
                    format!("the outcome of command {command_id} of {actor} says {said} events, there are {events}");
                faults.push((*last, wrong));
            }
            return Ok(());
        }
        faults.push((*last, format!("command {command_id} of {actor} ends here and has no such outcome")));
        Ok(())
    }

    async fn peek(&mut self) -> Result<Option<&Outcome>, sqlx::Error> {
        if self.fetched.is_empty() {
            self.fetched = crate::sql::query_as(FETCHED).fetch_all(&mut self.connection).await?.into();
        }
        Ok(self.fetched.front())
    }
}

fn at(position: i64) -> Position {
    Position(position.unsigned_abs())
}

fn alone((principal, command_id, position, _): &Outcome) -> Fault {
    (at(*position), format!("an outcome says that command {command_id} of {principal} ends here, and it does not"))
}
