//! What the program is told: arguments and environment, in one place. The only reader of the environment.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::grant::Role;
use domain::id::{BranchId, GrantId};
use graphql::scalar::Position as At;
use jiff::civil::Date;

use crate::auth::issued::LONGEST;
use crate::auth::oidc::Signed;

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

/// Whose access tokens sign people in, beside API keys. See docs/sign-in.md.
#[derive(Debug, Clone, Args)]
pub struct Oidc {
    /// The OIDC issuer, exactly as its tokens name it in `iss`, such as https://id.example.
    #[arg(long = "oidc-issuer", env = "SANPING_OIDC_ISSUER", value_name = "URL", requires = "audience")]
    pub issuer: Option<String>,
    /// The audience that a token must be for: what the issuer calls this program.
    #[arg(long = "oidc-audience", env = "SANPING_OIDC_AUDIENCE", requires = "issuer")]
    pub audience: Option<String>,
    /// What its tokens may be signed with.
    #[arg(
        long = "oidc-algorithms",
        env = "SANPING_OIDC_ALGORITHMS",
        value_delimiter = ',',
        default_value = "RS256,ES256,EdDSA"
    )]
    pub algorithms: Vec<Signed>,
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
        /// Whose tokens sign people in.
        #[command(flatten)]
        oidc: Oidc,
        /// Compare each projection with the log about once in so many hours, in the background; 0 for never.
        #[arg(long, env = "SANPING_VERIFY_HOURS", default_value_t = 24)]
        verify_hours: u32,
        /// What is let in.
        #[command(flatten)]
        let_in: LetIn,
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

/// What a server lets in. See docs/graphql.md.
#[derive(Debug, Clone, Args)]
pub struct LetIn {
    /// How long a request may take, in seconds; statements of the database that read for one end by then too.
    #[arg(long, env = "SANPING_REQUEST_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub request_seconds: u64,
    /// How many requests a second one principal may send, or one address that has not signed in; 50 unless given, and without
    /// limit under --dev-sign-in. It is counted in each process for itself.
    #[arg(long, env = "SANPING_REQUESTS_PER_SECOND")]
    pub requests_per_second: Option<NonZeroU32>,
    /// How many of them at once, after a pause; four times as many as a second unless given.
    #[arg(long, env = "SANPING_REQUESTS_AT_ONCE")]
    pub requests_at_once: Option<NonZeroU32>,
    /// Tell the schema to whoever asks for it, and names that are nearly right; --dev-sign-in does so too.
    #[arg(long)]
    pub introspection: bool,
    /// A file of trusted documents: an object of JSON that names each text by the SHA-256 of it.
    #[arg(long, env = "SANPING_TRUSTED_DOCUMENTS")]
    pub trusted_documents: Option<PathBuf>,
    /// Run no other documents for browsers.
    #[arg(long, requires = "trusted_documents")]
    pub trusted_only: bool,
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
