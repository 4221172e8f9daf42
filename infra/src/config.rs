//! What the program is told: arguments and environment, in one place. The only reader of the environment.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use graphql::scalar::Position as At;

/// Sanping 三评: evaluation you can replay and prove.
#[derive(Debug, Parser)]
#[command(name = "sanping", version = crate::fold::kinds::build(), about, disable_help_subcommand = true)]
pub struct Arguments {
    /// Where the data is.
    #[command(flatten)]
    pub place: Place,
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// Where the data is: a database of one's own, or a folder with a private PostgreSQL.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// A database of one's own, as postgres://user@host/name; else a private PostgreSQL runs in --data.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The folder of the private PostgreSQL and the key file: ./.sanping, as root /var/lib/sanping, unless given.
    #[arg(long, global = true, env = "SANPING_DATA")]
    pub data: Option<PathBuf>,
    /// The folder of PostgreSQL's server programs, where they are not found by themselves.
    #[arg(long, global = true, env = "PG_BIN")]
    pub pg_bin: Option<PathBuf>,
    /// The file of the master key; keys/master.key in --data unless given. Back it up apart from the database.
    #[arg(long, global = true, env = "SANPING_KEY_FILE")]
    pub key_file: Option<PathBuf>,
    /// Write as the owner of the log, where the database offers one role only: the triggers are the only wall, and what
    /// another role is to serve later is not granted to it.
    #[arg(long, global = true)]
    pub allow_owner: bool,
    /// What stands before the database of one's own: a pooler that gives each transaction another session, such as PgBouncer in
    /// transaction mode. See docs/processes.md.
    #[arg(long, global = true, env = "SANPING_POOLER")]
    pub pooler: Option<Pooler>,
    /// The organisation's time zone, by its IANA name.
    #[arg(long, global = true, env = "SANPING_ZONE", default_value = "Asia/Shanghai")]
    pub zone: String,
}

/// The poolers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pooler {
    /// A session of the server for each transaction.
    Transaction,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Load the year 2022 of an invented programme and serve it on loopback.
    Demo {
        /// The port on 127.0.0.1.
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Load, say so, and end without serving.
        #[arg(long)]
        load_only: bool,
    },
    /// Serve the API.
    Serve {
        /// The address to listen on.
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Take everybody at their word (header X-Sanping-Viewer), on loopback only. For development.
        #[arg(long)]
        dev_sign_in: bool,
        /// Compare each projection with the log about once in so many hours, in the background; 0 for never.
        #[arg(long, env = "SANPING_VERIFY_HOURS", default_value_t = 24)]
        verify_hours: u32,
    },
    /// Send the commands of a file, one JSON object a line; what came of each is a line on standard output. Exit code 5 when
    /// some were refused or are no commands. The format: docs/import.md.
    Import {
        /// The file; - for standard input.
        file: PathBuf,
        /// Who asks, such as "id=ana; roles=office". The id is who answers for every command.
        #[arg(long)]
        viewer: String,
        /// Believe lines that name a viewer of their own.
        #[arg(long)]
        viewers_in_lines: bool,
        /// The id of what all the commands are part of; one is made and told unless given.
        #[arg(long)]
        correlation: Option<String>,
    },
    /// Apply what is missing of the schema, as the role that owns the database.
    Migrate {
        /// The role that serves.
        #[arg(long, default_value = "sanping_app")]
        app_role: String,
    },
    /// The log itself.
    Log {
        /// What to do with it.
        #[command(subcommand)]
        action: LogAction,
    },
    /// Where the projections are, rebuild them, verify them against the log.
    Projections {
        /// What to do with them.
        #[command(subcommand)]
        action: ProjectionsAction,
    },
    /// The year's report.
    Report {
        /// Which year.
        year: i32,
        /// As of a position of the log, as 1234 or 1234@ORIGIN.
        #[arg(long, conflicts_with = "as_of")]
        position: Option<At>,
        /// As of an instant, such as 2022-06-30T23:59:59+08:00.
        #[arg(long)]
        as_of: Option<String>,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Print a checked-in description.
    Schema {
        /// Which.
        what: SchemaOf,
    },
}

/// What can be done with the log.
#[derive(Debug, Subcommand)]
pub enum LogAction {
    /// Read and decode all of it, and print a digest of what is stored. Exit code 4 when something is wrong with it.
    Replay {
        /// Up to this position only, as 1234 or 1234@ORIGIN.
        #[arg(long)]
        upto: Option<At>,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Record, as the owner, that the database was restored: a new origin of the log begins, so that what is accepted from now
    /// on is not taken for what was lost. Nobody serves from a database restored to a point in time before that is done.
    Restored {
        /// What happened, and what is known to be lost.
        #[arg(long)]
        reason: String,
        /// Who says so.
        #[arg(long)]
        by: String,
        /// Everything acknowledged is there, as after a failover to a synchronous standby: the origin stays.
        #[arg(long)]
        nothing_lost: bool,
    },
}

/// What can be done with projections.
#[derive(Debug, Subcommand)]
pub enum ProjectionsAction {
    /// Position, lag, state and cause of each.
    Status {
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Build beside, catch up, and let the new rows serve.
    Rebuild {
        /// Which one.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        name: Option<String>,
        /// Every one.
        #[arg(long)]
        all: bool,
    },
    /// Record that a projection steps over the event it has stopped before, for good: live and whenever it is rebuilt.
    #[command(allow_missing_positional = true)]
    Skip {
        /// Which one.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        name: Option<String>,
        /// Every one that has stopped before that event.
        #[arg(long)]
        all: bool,
        /// The position of the event.
        position: u64,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Who decided.
        #[arg(long)]
        by: String,
    },
    /// Refold the log and compare it with the rows, and record what was found where the role may. Exit code 4 when something
    /// differs.
    Verify {
        /// Which one; every one unless named.
        name: Option<String>,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
}

/// The descriptions there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The GraphQL schema.
    Graphql,
    /// The catalogue of stored events: a JSON Schema, draft 2020-12, with each type under its stored name.
    Events,
    /// Examples of each stored event, as Markdown.
    Examples,
}

/// `$PATH`, where server programs may be.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn search_path() -> Option<OsString> {
    std::env::var_os("PATH")
}

/// What is logged: `$SANPING_LOG` in the syntax of `tracing`'s filters, warnings unless given.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn log_filter() -> String {
    std::env::var("SANPING_LOG").unwrap_or_else(|_| "warn,infra=info".to_owned())
}
