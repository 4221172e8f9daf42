//! The peers: programs of other event stores for PostgreSQL, from the package registries, on databases of their own in
//! the same cluster. `./dev bench` installs them into `target/peers`; each does the work of `peers/work.mjs` and says what
//! it measured.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use infra::postgres::{Cluster, OWNER_ROLE};
use serde_json::Value;
use sqlx::postgres::PgPoolOptions;
use tokio::process::Command;
use uuid::Uuid;

use crate::Failure;
use crate::field::{EACH, Filling, checked, fill};
use crate::rate::Rate;
use crate::report::beside;

/// How long each measures, in seconds: as long as everything else is measured.
const SECONDS: &str = "4";
/// How long it may take, its start and its last commands included.
const LIMIT: Duration = Duration::from_secs(120);

/// Which member a command is for.
#[derive(Clone, Copy)]
pub enum Whose {
    /// Each in turn.
    Spread,
    /// A tenth for the first.
    Hot,
}

/// One peer.
pub struct Peer {
    /// What it is called, and its version.
    pub name: &'static str,
    program: [&'static str; 2],
    needs: &'static str,
    database: &'static str,
    /// The events of others, as it stores them; and their streams, where it keeps them apart.
    filling: &'static [Filling<'static>],
}

/// All of them.
pub const PEERS: [Peer; 3] = [
    Peer {
        name: "Emmett 0.42 (Node)",
        program: ["node", "emmett.mjs"],
        needs: "node_modules/@event-driven-io/emmett-postgresql",
        database: "bench_emmett",
        filling: &[
            Filling {
                table: "emt_messages",
                columns: "(stream_id, stream_position, transaction_id, message_schema_version, message_id, message_type, \
                          message_data, message_metadata)",
                values: "'filled-' || n / 20, n % 20 + 1, '3'::xid8, '1', md5(n::text)::uuid::text, \
                         'member_badge_checked', 'CHECK'::jsonb, '{}'",
                each: 1,
            },
            Filling {
                table: "emt_streams",
                columns: "(stream_id, stream_position, stream_type, stream_metadata)",
                values: "'filled-' || n / 20, 20, 'member', '{}'",
                each: EACH,
            },
        ],
    },
    Peer {
        name: "message-db 1.3 (Node)",
        program: ["node", "message_db.mjs"],
        needs: "node_modules/@eventide/message-db",
        database: "bench_message_db",
        filling: &[Filling {
            table: "message_store.messages",
            columns: "(stream_name, type, position, data)",
            values: "'filled-' || n / 20, 'member_badge_checked', n % 20, 'CHECK'::jsonb",
            each: 1,
        }],
    },
    Peer {
        name: "eventsourcing 9.5 (Python)",
        program: ["python/bin/python", "eventsourcing_peer.py"],
        needs: "python/bin/python",
        database: "bench_eventsourcing",
        filling: &[Filling {
            table: "application_events",
            columns: "(originator_id, originator_version, topic, state)",
            values: "md5('filled-' || n / 20)::uuid, n % 20 + 1, '__main__:Member.BadgeChecked', convert_to('CHECK', 'UTF8')",
            each: 1,
        }],
    },
];

impl Peer {
    /// What it reached, or why it could not be measured.
    pub async fn run(&self, cluster: &Cluster, in_flight: usize, whose: Whose) -> Result<Rate, String> {
        let told = self.measure(cluster, in_flight, whose).await.map_err(|failure| failure.to_string());
        told.inspect_err(|why| eprintln!("{}: {why}", self.name))
    }

    /// Fills its log with events of others, until there are so many of them; it has run before. Or why that cannot be.
    pub async fn fill(&self, cluster: &Cluster, so_far: u64, size: u64) -> Result<(), String> {
        self.filled(cluster, so_far, size).await.map_err(|failure| failure.to_string())
    }

    async fn filled(&self, cluster: &Cluster, so_far: u64, size: u64) -> Result<(), Failure> {
        let owner = cluster.ensure_database(self.database).await?.owner;
        // Its own functions are found as it finds them.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(owner.options([("search_path", "message_store,public")]))
            .await?;
        for filling in self.filling {
            let values =
                filling.values.replace("CHECK", &checked(Uuid::from_u128(9))["member_badge_checked"].to_string());
            fill(&pool, &Filling { values: &values, ..*filling }, so_far, size).await?;
        }
        pool.close().await;
        Ok(())
    }

    async fn measure(&self, cluster: &Cluster, in_flight: usize, whose: Whose) -> Result<Rate, Failure> {
        let folder = beside("target/peers").canonicalize().map_err(|_| "not installed")?;
        if !folder.join(self.needs).exists() {
            return Err("not installed".into());
        }
        cluster.ensure_database(self.database).await?;
        let [program, script] = self.program;
        let program = if program.contains('/') { folder.join(program) } else { PathBuf::from(program) };
        let whose = match whose {
            Whose::Spread => "spread",
            Whose::Hot => "hot",
        };
        let running = Command::new(program)
            .args([script, &in_flight.to_string(), SECONDS, whose])
            .current_dir(&folder)
            .env("PGHOST", cluster.socket_dir())
            .env("PGPORT", "5432")
            .env("PGUSER", OWNER_ROLE)
            .env("PGDATABASE", self.database)
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(LIMIT, running).await.map_err(|_| "not done in time")??;
        if !output.status.success() {
            return Err(format!("failed: {}", output.status).into());
        }
        let told: Value = serde_json::from_slice(&output.stdout)?;
        let number = |name: &str| told[name].as_u64().ok_or_else(|| Failure::from(format!("no {name} in {told}")));
        let micros = |name: &str| number(name).map(Duration::from_micros);
        Ok(Rate::told(number("done")?, micros("took_micros")?, micros("p99_micros")?))
    }
}
