//! The listener: takes connections, and lets nobody keep one for nothing.
//!
//! # Rules
//! - The head of a request has a time to come in ([`Listening::head`]), also that of the next one on a connection that is kept: who
//!   sends a byte now and then is cut off. Its body has as long as the request may take.
//! - So many connections are open at a time ([`Listening::most`]); who comes beyond waits. Each is a file of the process, and the
//!   database's are to stay possible.
//!
//! # Why not the stock listener
//! It has neither of both: it sets no timer, without which the library below watches no time.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::{CONNECTIONS, Doors, router};

/// The files that a program needs besides the connections of its clients: those to its database above all.
const OTHER_FILES: u64 = 100;
/// How long nobody is taken after the machine had no room for somebody.
const BREATH: Duration = Duration::from_secs(1);

/// What a listener takes.
#[derive(Debug, Clone, Copy)]
pub struct Listening {
    /// How long the head of a request may take: longer than proxies keep a connection that lies idle, lest they send a request
    /// into one that is being closed.
    pub head: Duration,
    /// The most connections open at a time, those of subscribers aside.
    pub most: usize,
}

impl Listening {
    /// Those of a program that serves: as many as this process may have files, less what it needs otherwise.
    #[must_use]
    pub fn usual() -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let free = files.saturating_sub(OTHER_FILES + CONNECTIONS as u64);
        Self { head: Duration::from_secs(75), most: usize::try_from(free.clamp(64, 10_000)).unwrap_or(64) }
    }
}

/// Serves until `shutdown` is done; requests under way are finished first.
///
/// # Errors
/// None: what goes wrong with a connection is that one's affair.
pub async fn run(
    listener: TcpListener,
    doors: Doors,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let Listening { head, most } = doors.listening;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head);
    let (router, places) = (router(doors), Arc::new(Semaphore::new(most)));
    let (stop, stopped) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, from, place) = tokio::select! {
            taken = take(&listener, &places) => taken,
            () = &mut shutdown => break,
        };
        let inner = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(from));
            inner.call(request)
        });
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let mut stopped = stopped.clone();
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let ended = loop {
                tokio::select! {
                    ended = connection.as_mut() => break ended,
                    Ok(()) = stopped.changed() => connection.as_mut().graceful_shutdown(),
                }
            };
            if let Err(error) = ended {
                tracing::debug!(error = &error as &dyn std::error::Error, "a connection ended badly");
            }
            drop((place, stopped));
        });
    }
    drop((listener, stopped));
    stop.send_replace(());
    // Each connection has a receiver.
    stop.closed().await;
    Ok(())
}

/// The next connection, and its place.
async fn take(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, from)) => return (stream, from, place),
            // Who went away before being taken is nobody's accident.
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "no connection can be taken; tried again in a second"
                );
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}
