//! `sanping import FILE|-`: the commands of a file, one JSON object a line, through the API's own door.
//!
//! # Rules
//! - Lines are decided in the file's order ([`crate::turn`]), thousands of them under way at once.
//! - Each line's outcome is a line of its own on standard output, in the file's order.
//! - A line that is no command, or is refused by a rule, stops nobody. An accident does, and a state that passes: no line after
//!   it is decided any more, what was under way is told, and the same file is imported again.
//! - What was recorded before is answered as replayed: a file may be imported as often as one likes.
//! - Where an outcome cannot be written, no further line is taken.
//! - It waits for the folds: whoever reads meanwhile, and servers beside it, are not left far behind. Once all of them have
//!   stopped there is nobody to wait for, and it ends as by an accident.
//!
//! # Not here
//! What a command means, who may give it, how texts are sealed: all that is the API's.

mod ask;
mod line;
mod outcome;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use domain::stream::Position;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use graphql::schema::Api;
use graphql::viewer::Viewer;
use sqlx::PgPool;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Receiver;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::place::open_beside;
use super::progress::Told;
use super::{Failure, is_unheard, say, told};
use crate::auth;
use crate::clock::{Clock, random_id};
use crate::config::Place;
use crate::fold::engine::standings;
use crate::log::reader;
use crate::reads::serving::Serving;
use crate::turn::Queue;
use ask::Mutations;
use line::{Line, Text};
use outcome::{Outcome, Tally};

/// The exit code of an import of which some lines were refused or are no commands.
pub const SOME_REFUSED: u8 = 5;

/// How many lines may be under way at once, and of how many bytes altogether.
const AT_ONCE: usize = 4_000;
/// How many may be on the way to their decision: fewer than there are connections beside a server.
const BEFORE_DECISION: usize = 6;
const BYTES_AT_ONCE: usize = 64 << 20;
/// How many events the folds may be behind while lines are taken: fewer than a server that is ready may be.
const BEHIND: u64 = 20_000;
const _: () = assert!(BEHIND + (AT_ONCE as u64) < crate::http::FAR);

/// What is imported, and for whom.
pub struct Import {
    /// The file; `-` for standard input.
    pub file: PathBuf,
    /// Who asks, as the development sign-in names a viewer.
    pub viewer: String,
    /// Whether a line may name a viewer of its own.
    pub viewers_in_lines: bool,
    /// What all commands are part of; an id of its own unless given.
    pub correlation: Option<String>,
}

/// Imports a file.
///
/// # Errors
/// What is missing or wrong, and what to do. What came of single lines is no error.
pub async fn run(place: &Place, import: Import) -> Result<ExitCode, Failure> {
    let viewer = auth::named(&import.viewer).map_err(|said| format!("--viewer: {said}"))?;
    let correlation = match import.correlation {
        Some(given) => given,
        None => format!("import-{}", random_id(Clock::System.now())),
    };
    let (lines, of) = (line::lines(&import.file)?, line::count(&import.file));
    let opened = open_beside(place, place.allow_owner).await?;
    let mut app = opened.start(Arc::new(Clock::System)).await?;
    app.executor.append_in_bulk();
    let work = Work {
        api: crate::api::build(&app, false),
        mutations: Mutations::all(),
        viewer,
        viewers_in_lines: import.viewers_in_lines,
        correlation,
    };
    let (begun, _) = reader::head(&app.pool).await?;
    let folds = Folds { begun, head: app.executor.head(), places: app.places(), pool: app.pool.clone() };
    let tally = work.all(lines, of, folds, app.broken()).await;
    app.stop().await;
    opened.close().await?;
    let (tally, unread) = tally?;
    eprintln!("import: {tally}; correlation {}", work.correlation);
    match unread {
        Some(error) => Err(error),
        None => Ok(tally.exit_code()),
    }
}

/// How far what is recorded is folded.
struct Folds {
    /// Where the log ended before the import.
    begun: Position,
    head: watch::Receiver<Position>,
    places: watch::Receiver<Serving>,
    pool: PgPool,
}

impl Folds {
    fn are_behind(&self) -> bool {
        self.places.borrow().common().0 + BEHIND < self.head.borrow().0.max(self.begun.0)
    }

    fn go_on(&self) -> bool {
        self.places.borrow().some_go_on()
    }

    /// What is told where none goes on.
    async fn all_stopped(&self) -> Failure {
        let standings = match standings(&self.pool).await {
            Ok(standings) => standings,
            Err(error) => return error.into(),
        };
        let stopped = standings.iter().filter_map(|standing| {
            let (at, cause) = standing.stopped.as_ref()?;
            Some(format!("{} before {at} ({cause})", standing.name))
        });
        let stopped: Vec<String> = stopped.collect();
        format!(
            "every projection has stopped, more than {BEHIND} events behind: {}; see to that (`sanping projections status`), \
             then import the same file again",
            stopped.join(", ")
        )
        .into()
    }
}

struct Work {
    api: Api,
    mutations: Mutations,
    viewer: Viewer,
    viewers_in_lines: bool,
    correlation: String,
}

impl Work {
    /// Works all lines off; answers what came of them, and why the file could not be read to its end.
    async fn all(
        &self,
        mut lines: Receiver<std::io::Result<Text>>,
        of: Option<u64>,
        mut folds: Folds,
        broken: impl Future<Output = &'static str>,
    ) -> Result<(Tally, Option<Failure>), Failure> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let (told, queue, mut tally) = (Told::counted("import", of), Queue::default(), Tally::default());
        let room = Arc::new(Semaphore::new(BEFORE_DECISION));
        let mut under_way: FuturesOrdered<BoxFuture<'static, (usize, Option<Outcome>)>> = FuturesOrdered::new();
        let (mut bytes, mut number, mut reading, mut unread) = (0, 0, true, None);
        let mut broken = std::pin::pin!(broken);
        while reading || !under_way.is_empty() {
            let behind = folds.are_behind();
            if behind && reading && !folds.go_on() {
                unread = Some(folds.all_stopped().await);
                reading = tally.stop();
                continue;
            }
            tokio::select! {
                biased;
                Some((length, outcome)) = under_way.next() => {
                    bytes -= length;
                    if let Some(outcome) = outcome {
                        say(&outcome.to_string());
                        reading &= !tally.take(&outcome);
                        if reading && is_unheard() {
                            reading = tally.stop();
                        }
                    }
                    told.so_far(number - under_way.len() as u64);
                }
                what = &mut broken, if reading => {
                    unread = Some(format!("{what} has ended by itself; see the log, then import the same file again").into());
                    reading = tally.stop();
                }
                Ok(()) = folds.places.changed(), if behind => {}
                (room, line) = next(&room, &mut lines),
                    if reading && !behind && under_way.len() < AT_ONCE && bytes < BYTES_AT_ONCE =>
                {
                    let Some(text) = line else { reading = false; continue };
                    let text = match text {
                        Ok(text) => text,
                        Err(error) => {
                            unread = Some(format!("after line {number} the file cannot be read: {error}").into());
                            reading = tally.stop();
                            continue;
                        }
                    };
                    number += 1;
                    let length = text.as_ref().map_or(0, Vec::len);
                    bytes += length;
                    let outcome = self.start(number, &text, &queue, room);
                    under_way.push_back(async move { (length, outcome.await) }.boxed());
                }
                _ = terminate.recv(), if reading => reading = tally.stop(),
                _ = interrupt.recv(), if reading => reading = tally.stop(),
            }
        }
        Ok((tally, unread))
    }

    /// Starts a line; nothing comes of a blank one.
    fn start(
        &self,
        number: u64,
        text: &Text,
        queue: &Queue,
        room: OwnedSemaphorePermit,
    ) -> impl Future<Output = Option<Outcome>> + use<> {
        let asked = Line::read(text).and_then(|line| line.map(|line| self.asked(line)).transpose());
        let begun = match asked {
            Ok(None) => Ok(None),
            Err(wrong) => Err(Outcome::no_command(number, wrong)),
            Ok(Some((line, request))) => {
                let (api, turn) = (self.api.clone(), queue.next(&line.command_id, room));
                let answer = async move { Outcome::of(number, line.command_id, api.execute(request).await) };
                Ok(Some(tokio::spawn(turn.take(answer, Outcome::led_to))))
            }
        };
        async move {
            match begun {
                Ok(None) => None,
                Err(outcome) => Some(outcome),
                Ok(Some(task)) => Some(task.await.unwrap_or_else(|ended| Outcome::accident(number, told(&ended)))),
            }
        }
    }

    fn asked(&self, line: Line) -> Result<(Line, async_graphql::Request), String> {
        let viewer = match &line.viewer {
            None => self.viewer.clone(),
            Some(named) if self.viewers_in_lines => auth::named(named).map_err(|said| format!("viewer: {said}"))?,
            Some(_) => return Err("the line names a viewer; that takes --viewers-in-lines".to_owned()),
        };
        let request = self.mutations.request(&line, &self.correlation)?;
        Ok((line, request.data(viewer)))
    }
}

/// The next line, once there is room for it: in the order of the lines, so that the earliest ones have it.
async fn next(
    room: &Arc<Semaphore>,
    lines: &mut Receiver<std::io::Result<Text>>,
) -> (OwnedSemaphorePermit, Option<std::io::Result<Text>>) {
    let room = Arc::clone(room).acquire_owned().await.expect("nobody closes the room");
    (room, lines.recv().await)
}
