//! The real server on a clock that is told the time, to be killed between any two steps.
//!
//! `stage SOCKET-FOLDER DATABASE KEY-FILE INSTANT`. It says `open http://host:port`; each line it hears is an instant to
//! move its clock to, answered with `at`.
#![expect(clippy::print_stdout, reason = "what it prints is its purpose")]

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use domain::period::Zone;
use infra::app::{App, Settings};
use infra::auth::SignIn;
use infra::clock::Clock;
use infra::http::{self, Doors};
use infra::keys::MasterKey;
use infra::postgres::APP_ROLE;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [socket, database, key, at] = arguments[..] else { panic!("stage SOCKET-FOLDER DATABASE KEY-FILE INSTANT") };
    let database = PgConnectOptions::new_without_pgpass().socket(socket).username(APP_ROLE).database(database);
    let key = MasterKey::load_or_create(Path::new(key)).expect("the key can be read");
    let clock = Arc::new(Clock::simulated(at.parse().expect("an instant")));
    let settings = Settings { database, key, clock: Arc::clone(&clock), zone: Zone::default(), connections: 16 };
    let mut app = App::start(settings).await.expect("the program starts");
    app.keep_deadlines();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    println!("open http://{}", listener.local_addr().expect("it listens"));
    let doors = Doors::of(&app, SignIn::Development);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            clock.advance_to(line.trim().parse().expect("an instant"));
            println!("at {line}");
        }
    });
    http::run(listener, doors, std::future::pending()).await.expect("it serves until it is killed");
}
