//! The real server, on ports of its own over a fresh database.

use std::sync::Arc;
use std::time::Duration;

use infra::app::App;
use infra::auth::SignIn;
use infra::auth::issuer::Trusted;
use infra::clock::Clock;
use infra::http::{self, Doors};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::ground::Ground;

/// By which time answers that came to nothing are told apart here: thousands of refusals are not waited for.
const STEP: Duration = Duration::from_millis(1);

/// A program and the doors open to it.
pub struct Server {
    /// The database under it.
    pub ground: Ground,
    /// The program.
    pub app: App,
    clock: Arc<Clock>,
    doors: Vec<(oneshot::Sender<()>, JoinHandle<std::io::Result<()>>)>,
}

impl Server {
    /// A program over a fresh database, on a clock that stands until it is moved.
    pub async fn start(at: Timestamp) -> Self {
        Self::over(Ground::fresh().await, Arc::new(Clock::simulated(at))).await
    }

    /// A program over a database of a test's own.
    pub async fn over(ground: Ground, clock: Arc<Clock>) -> Self {
        let app = ground.app_at(Arc::clone(&clock)).await;
        Self { ground, app, clock, doors: vec![] }
    }

    /// From now on the program does what is due by itself.
    pub fn keep_deadlines(&mut self) {
        self.app.keep_deadlines();
    }

    /// Opens a door; answers its address, `http://host:port`.
    pub async fn open(&mut self, sign_in: SignIn) -> String {
        self.open_as(Doors { step: STEP, ..Doors::of(&self.app, sign_in) }).await
    }

    /// The same to whoever has a token of an issuer, too.
    pub async fn open_to(&mut self, sign_in: SignIn, trusted: Trusted) -> String {
        let auth = Arc::new(self.app.auth(sign_in, Some(trusted)));
        self.open_as(Doors { auth, ..Doors::of(&self.app, sign_in) }).await
    }

    /// Opens a door made by the test.
    pub async fn open_as(&mut self, doors: Doors) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = format!("http://{}", listener.local_addr().expect("it listens"));
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            // A dropped sender says the same.
            let _told = stopped.await;
        };
        self.doors.push((stop, tokio::spawn(http::run(listener, doors, stopped))));
        address
    }

    /// The present instant of the program.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves its clock forward.
    pub fn advance_to(&self, at: Timestamp) {
        self.clock.advance_to(at);
    }

    /// Closes the doors, lets what is under way end, and stops the program.
    pub async fn stop(self) {
        for (stop, serving) in self.doors {
            drop(stop);
            serving.await.expect("the server does not panic").expect("the server ends well");
        }
        self.app.stop().await;
    }
}
