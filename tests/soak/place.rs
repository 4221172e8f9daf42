//! Where it happens: one PostgreSQL, and several programs over one database in it.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use harness::chance::Chance;
use harness::client::Api;
use harness::program::Running;
use infra::migrate;
use infra::postgres::{APP_ROLE, Binaries, Cluster, Endpoints, Options, Search};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::Failure;

const DATABASE: &str = "soak";
/// How often a program is started before that is given up.
const STARTS: u32 = 5;
/// How often PostgreSQL is opened again before it is given up.
const OPENINGS: u32 = 5;

/// The programs, as whoever writes sees them.
pub type Doors = watch::Receiver<Vec<Api>>;

/// The PostgreSQL and its database.
pub struct Ground {
    binaries: Binaries,
    cluster: Mutex<Option<Cluster>>,
    /// How often PostgreSQL went away or came back, or sessions were ended.
    disturbances: AtomicU64,
    /// How the database is reached.
    pub endpoints: Endpoints,
    /// Removed last, once nobody writes into it.
    folder: TempDir,
}

impl Ground {
    /// A fresh cluster with a migrated database.
    pub async fn open(folder: TempDir) -> Result<Arc<Self>, Failure> {
        let binaries = Binaries::find(&Search::default(), folder.path())?;
        let cluster = Cluster::open(folder.path(), &binaries, options()).await?;
        let endpoints = cluster.ensure_database(DATABASE).await?;
        migrate::run(&endpoints.owner, APP_ROLE).await?;
        let cluster = Mutex::new(Some(cluster));
        Ok(Arc::new(Self { binaries, cluster, disturbances: AtomicU64::new(0), endpoints, folder }))
    }

    /// Sessions were ended, or PostgreSQL goes or comes.
    pub fn disturb(&self) {
        self.disturbances.fetch_add(1, Ordering::Relaxed);
    }

    /// How often until now.
    pub fn disturbances(&self) -> u64 {
        self.disturbances.load(Ordering::Relaxed)
    }

    /// Whether something happened since there were so many, or PostgreSQL is away.
    pub fn was_disturbed_since(&self, before: u64) -> bool {
        self.disturbances() != before || self.cluster().is_none()
    }

    /// The arguments of a program over this database.
    pub fn arguments(&self, asked: &[&str]) -> Vec<String> {
        let socket = self.endpoints.app.get_socket().map_or_else(String::new, |socket| socket.display().to_string());
        let url = format!("postgres://{APP_ROLE}@localhost/{DATABASE}?host={socket}");
        asked.iter().copied().chain(["--database-url", url.as_str()]).map(str::to_owned).collect()
    }

    /// The folder of the key file.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a program and leaves it running.
    pub fn start(&self, asked: &[&str]) -> Running {
        let arguments = self.arguments(asked);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Running::start(self.folder(), &arguments)
    }

    /// PostgreSQL is killed, or asked to stop, and opened again.
    pub async fn restart(&self, killed: bool) -> Result<(), Failure> {
        let cluster = self.cluster().take().ok_or("PostgreSQL is not running")?;
        self.disturb();
        if killed {
            signal("-9", cluster.server_pid().unsigned_abs())?;
            cluster.exited().await;
            drop(cluster);
        } else {
            cluster.stop().await?;
        }
        for opening in 1.. {
            match Cluster::open(self.folder(), &self.binaries, options()).await {
                Ok(cluster) => {
                    self.disturb();
                    *self.cluster() = Some(cluster);
                    break;
                }
                Err(error) if opening == OPENINGS => return Err(error.into()),
                Err(error) => eprintln!("PostgreSQL is opened again: {error}"),
            }
        }
        Ok(())
    }

    /// Stops PostgreSQL.
    pub async fn close(&self) -> Result<(), Failure> {
        let cluster = self.cluster().take();
        match cluster {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }

    fn cluster(&self) -> MutexGuard<'_, Option<Cluster>> {
        self.cluster.lock().expect("no holder of the cluster panics")
    }
}

fn options() -> Options {
    Options { max_connections: 200, shared_buffers_mib: 128 }
}

fn signal(signal: &str, pid: u32) -> Result<(), Failure> {
    let sent = Command::new("kill").args([signal, &pid.to_string()]).status()?;
    if sent.success() { Ok(()) } else { Err(format!("{pid} cannot be told {signal}").into()) }
}

/// The programs that serve. The first is left alone, so that something runs for long.
pub struct Programs {
    ground: Arc<Ground>,
    running: Vec<Running>,
    doors: watch::Sender<Vec<Api>>,
}

impl Programs {
    /// So many of them.
    pub async fn start(ground: &Arc<Ground>, count: usize) -> Result<Self, Failure> {
        let mut programs = Self { ground: Arc::clone(ground), running: vec![], doors: watch::channel(Vec::new()).0 };
        for _ in 0..count {
            let (program, door) = Self::one(Arc::clone(ground)).await?;
            programs.running.push(program);
            programs.doors.send_modify(|doors| doors.push(door));
        }
        Ok(programs)
    }

    /// Where they listen.
    pub fn doors(&self) -> Doors {
        self.doors.subscribe()
    }

    /// The process id of the one that is left alone.
    pub fn left_alone(&self) -> u32 {
        self.running[0].pid()
    }

    async fn one(ground: Arc<Ground>) -> Result<(Running, Api), Failure> {
        let started = tokio::task::spawn_blocking(move || {
            let asked = ["serve", "--dev-sign-in", "--verify-hours", "0", "--listen", "127.0.0.1:0"];
            // A session that is ended while a program starts ends it; whoever watches over programs starts another one.
            for _ in 0..STARTS {
                let program = ground.start(&asked);
                if let Some(line) = program.says("serving on ") {
                    return Ok((program, Api::at(line.rsplit(' ').next().unwrap_or_default())));
                }
                eprintln!("a program is started again: {:?}", program.last_words());
            }
            Err(Failure::from("no program starts"))
        });
        started.await?
    }

    /// One of them is killed, or asked to stop, and another one takes its place.
    pub async fn replace(&mut self, chance: &mut Chance, killed: bool) -> Result<(), Failure> {
        let at = self.any(chance);
        let old = self.running.swap_remove(at);
        if killed {
            old.kill()
        } else {
            old.stop()
        }
        let (program, door) = Self::one(Arc::clone(&self.ground)).await?;
        self.running.push(program);
        self.doors.send_modify(|doors| {
            doors.swap_remove(at);
            doors.push(door);
        });
        Ok(())
    }

    /// One of them is stopped in its tracks for a time.
    pub async fn pause(&mut self, chance: &mut Chance, time: std::time::Duration) -> Result<(), Failure> {
        let pid = self.running[self.any(chance)].pid();
        signal("-STOP", pid)?;
        tokio::time::sleep(time).await;
        signal("-CONT", pid)
    }

    /// Any of the others.
    fn any(&self, chance: &mut Chance) -> usize {
        1 + usize::try_from(chance.below(self.running.len() as u64 - 1)).unwrap_or_default()
    }

    /// Whoever has ended without being asked to.
    pub fn fallen(&mut self) -> Result<(), Failure> {
        match self.running.iter_mut().find_map(Running::ended) {
            None => Ok(()),
            Some(how) => Err(format!("a program ended by itself: {how}").into()),
        }
    }

    /// Asks them all to stop.
    pub fn stop(self) {
        self.running.into_iter().for_each(Running::stop);
    }
}
