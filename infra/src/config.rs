//! What the program is told: arguments and environment, in one place. The only reader of the environment.
//!
//! # Invariant
//! A setting is declared once, here or in [`serving`]: its name, its variable, what it is unless given, its unit, what it
//! means. `--help`, docs/configuration.md ([`page`]) and the doctor ([`read`]) are made of that.

pub mod page;
pub mod read;
pub mod serving;

pub use serving::{LetIn, Oidc, Sampling, Serving, Traces};

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::grant::Role;
use domain::id::{BranchId, GrantId};
use graphql::scalar::Position as At;
use jiff::civil::Date;

use crate::auth::issued::LONGEST;
use crate::cli::reads::ReadsAction;

/// Sanping 三评: evaluation you can replay and prove.
#[derive(Debug, Parser)]
#[command(name = "sanping", version = crate::fold::kinds::build(), about, disable_help_subcommand = true)]
pub struct Arguments {
    /// Where the data is.
    #[command(flatten)]
    pub place: Place,
    /// What is told on the way.
    #[command(flatten)]
    pub telling: Telling,
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// Where the data is: a database of one's own, or a folder with a private PostgreSQL.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// A database of one's own, as postgres://user@host/name; else a private PostgreSQL runs in --data.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// The folder of the private PostgreSQL and the key file: ./.sanping, as root /var/lib/sanping, unless given.
    #[arg(long, global = true, env = "SANPING_DATA", value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// The folder of PostgreSQL's server programs, where they are not found by themselves.
    #[arg(long, global = true, env = "PG_BIN", value_name = "FOLDER")]
    pub pg_bin: Option<PathBuf>,
    /// The file of the master key; keys/master.key in --data unless given. Back it up apart from the database.
    #[arg(long, global = true, env = "SANPING_KEY_FILE", value_name = "FILE")]
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

/// What the program tells on standard error.
#[derive(Debug, Clone, Args)]
pub struct Telling {
    /// What is told, in the syntax of tracing's filters, such as info or warn,infra=debug.
    #[arg(long, global = true, env = "SANPING_LOG", value_name = "FILTER", default_value = "warn,infra=info")]
    pub log: String,
    /// How it is written: lines for people, or an object of JSON a line for machines. Neither holds names or statements.
    #[arg(long, global = true, env = "SANPING_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// The ways of writing what is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
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
        /// What the server is told.
        #[command(flatten)]
        serving: Serving,
    },
    /// Say what is wrong: of the settings that a server would have, the database, its schema and rights, the key, the folds,
    /// the machine. Changes nothing. Exit code 4 where something keeps a server from serving, or from being trusted.
    Doctor {
        /// What the server would be told.
        #[command(flatten)]
        serving: Serving,
        /// For machines.
        #[arg(long)]
        json: bool,
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
    /// The API keys that programs sign in with: make one, list them, revoke one. See docs/sign-in.md.
    Keys {
        /// What to do with them.
        #[command(subcommand)]
        action: KeysAction,
    },
    /// Print the id under which a subject of an OIDC issuer signs in, such as to grant it a role.
    Principal {
        /// The issuer, as in --oidc-issuer.
        #[arg(long)]
        issuer: String,
        /// The subject, as its tokens have it in `sub`.
        #[arg(long)]
        subject: String,
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
    /// Who read individual scores, comments, appeals and exports. See docs/reads.md.
    Reads {
        /// What to do with the records.
        #[command(subcommand)]
        action: ReadsAction,
    },
    /// Who may come as what: how an organisation gets its first administrator. See docs/first-round.md.
    Roles {
        /// What to do.
        #[command(subcommand)]
        action: RolesAction,
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

/// What can be done with API keys.
#[derive(Debug, Subcommand)]
pub enum KeysAction {
    /// Make a key and print it. It is shown this once: only a hash of it is kept.
    Create {
        /// Whom it signs in: an id of the caller's choosing, at most 64 printable ASCII characters. Two keys of one id may
        /// hold at a time, so that one replaces the other.
        #[arg(long)]
        principal: String,
        /// For how many days it holds.
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..=i64::from(LONGEST)))]
        days: u16,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Whose keys there are, since when, and whether they hold.
    List {
        /// Those of one principal.
        #[arg(long)]
        principal: Option<String>,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key: from now on it signs nobody in, and nothing brings it back.
    Revoke {
        /// The key's id, as `keys list` shows it.
        id: String,
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
        /// For machines.
        #[arg(long)]
        json: bool,
    },
}

/// What an operator can do with roles.
#[derive(Debug, Subcommand)]
pub enum RolesAction {
    /// Grant somebody a role, for the subtree of a branch and for a time.
    Grant {
        /// To whom: the id under which they sign in.
        #[arg(long)]
        to: String,
        /// Which role: branch_secretary, leader, office, auditor or integration.
        #[arg(long)]
        role: Role,
        /// For the subtree of this branch; the whole organisation unless given, also before it is founded.
        #[arg(long)]
        branch: Option<BranchId>,
        /// The first day, such as 2026-01-01; today unless given.
        #[arg(long)]
        from: Option<Date>,
        /// The last day; without end unless given.
        #[arg(long)]
        until: Option<Date>,
        /// Who decides: an id, not a person's name. It stands in the log as operator-ID.
        #[arg(long)]
        by: String,
    },
    /// Withdraw a role at once.
    Withdraw {
        /// Which grant, as `roles list` names it.
        grant: GrantId,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Who decides: an id, not a person's name.
        #[arg(long)]
        by: String,
    },
    /// Tell every role that was granted, and how it stands today.
    List {
        /// Only those of this principal.
        #[arg(long)]
        of: Option<String>,
        /// For machines.
        #[arg(long)]
        json: bool,
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
    /// Build beside, catch up, and let the new rows serve. Exit code 0 also where what served before differed: it is told.
    Rebuild {
        /// Which one.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        name: Option<String>,
        /// Every one.
        #[arg(long)]
        all: bool,
        /// For machines: a line for each.
        #[arg(long)]
        json: bool,
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
        /// For machines: a line for each.
        #[arg(long)]
        json: bool,
    },
    /// Refold the log and compare it with the rows, and record what was found where the role may. Exit code 4 when something
    /// differs, else 1 when one cannot be verified.
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

/// The folder of what systemd hands over (`LoadCredential=`), where it does.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn credentials() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

/// `$PATH`, where server programs may be.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn search_path() -> Option<OsString> {
    std::env::var_os("PATH")
}
