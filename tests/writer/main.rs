//! A program that writes numbered commands and says which were acknowledged, to be killed in the middle.
//!
//! `writer database SOCKET-FOLDER DATABASE KEY-FILE NAME COUNT`, or `writer data FOLDER KEY-FILE NAME COUNT`, which
//! runs a PostgreSQL of its own. `writer idle SOCKET-FOLDER DATABASE KEY-FILE` writes nothing and only folds. `writer deadly
//! SOCKET-FOLDER DATABASE POSITION` folds members and outlets, and dies where the members meet that event. It says `server
//! PID`, `ack ID POSITION`, and `end`.
#![expect(clippy::print_stdout, reason = "what it prints is its purpose")]

mod deadly;

use std::path::Path;
use std::sync::Arc;

use domain::id::BranchId;
use domain::period::Zone;
use domain::stream::Position;
use futures_util::{StreamExt, stream};
use harness::crowd::{accepted, enrol, organisation, transfer};
use harness::writer::{AT_ONCE, BRANCHES, DATABASE, options};
use infra::app::{App, Settings};
use infra::clock::Clock;
use infra::keys::MasterKey;
use infra::migrate;
use infra::postgres::{APP_ROLE, Binaries, Cluster, Search};
use sqlx::postgres::PgConnectOptions;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["database", socket, database, key, name, count] => {
            let address = PgConnectOptions::new_without_pgpass().socket(socket).username(APP_ROLE).database(database);
            write(address, key, name, count.parse().expect("a count")).await;
        }
        ["data", folder, key, name, count] => {
            let binaries = Binaries::find(&Search::default(), Path::new(folder)).expect("PostgreSQL is installed");
            let cluster = Cluster::open(Path::new(folder), &binaries, options()).await.expect("it starts");
            println!("server {}", cluster.server_pid());
            let endpoints = cluster.ensure_database(DATABASE).await.expect("the database can be made");
            migrate::run(&endpoints.owner, APP_ROLE).await.expect("it can be migrated");
            write(endpoints.app, key, name, count.parse().expect("a count")).await;
            cluster.stop().await.expect("the server stops");
        }
        ["idle", socket, database, key] => {
            let address = PgConnectOptions::new_without_pgpass().socket(socket).username(APP_ROLE).database(database);
            let _app = program(address, key).await;
            std::future::pending().await
        }
        ["deadly", socket, database, position] => {
            let address = PgConnectOptions::new_without_pgpass().socket(socket).username(APP_ROLE).database(database);
            deadly::fold(address, Position(position.parse().expect("a position"))).await;
        }
        _ => panic!("writer database|data|idle|deadly …"),
    }
    println!("end");
}

async fn write(database: PgConnectOptions, key: &str, name: &str, count: usize) {
    let app = program(database, key).await;
    let branches = organisation(&app, BRANCHES).await;
    let numbers = stream::iter(0..count).map(|number| one(&app, &branches, format!("{name}-{number}")));
    numbers.buffer_unordered(AT_ONCE).collect::<()>().await;
    app.stop().await;
}

async fn program(database: PgConnectOptions, key: &str) -> App {
    let key = MasterKey::load_or_create(Path::new(key)).expect("the key can be read");
    let settings = Settings { database, key, clock: Arc::new(Clock::System), zone: Zone::default(), connections: 8 };
    App::start(settings).await.expect("the program starts")
}

/// A registration and a transfer, each said as soon as it is acknowledged.
async fn one(app: &App, branches: &[BranchId], id: String) {
    let (member, enrolled) = enrol(app, &id, branches[0]).await.expect("it is accepted");
    println!("ack {id} {}", enrolled.position);
    let moved = format!("{id}-moved");
    let position = accepted(app, &moved, transfer(member, branches[1])).await;
    println!("ack {moved} {position}");
}
