//! One server process, and the thread that is its parent.
//!
//! Life: [`ServerProcess::spawn`] starts a thread, the thread starts the server, waits for its end
//! and tells it. On Linux the death of a parent *thread* is what signals the child, so that thread
//! lives exactly as long as the server.
//!
//! Invariant: a signal goes to the child only while it has not been reaped, so never to a stranger
//! that got its process id.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::sync::watch;

const POLL: Duration = Duration::from_millis(5);

/// A server that was started here.
#[derive(Debug)]
pub(super) struct ServerProcess {
    pid: Pid,
    child: Arc<Mutex<Option<Child>>>,
    exit: watch::Receiver<Option<ExitStatus>>,
}

impl ServerProcess {
    /// Starts `command` from a thread of its own.
    pub(super) fn spawn(command: Command) -> io::Result<Self> {
        let (started, start) = mpsc::channel();
        let (exited, exit) = watch::channel(None);
        let child = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&child);
        thread::Builder::new().name("postgres".to_owned()).spawn(move || parent(command, &slot, &started, &exited))?;
        let pid = start.recv().unwrap_or_else(|_| Err(io::Error::other("the starting thread died")))?;
        Ok(Self { pid, child, exit })
    }

    /// The server's process id.
    pub(super) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// How the server ended, once it has.
    pub(super) fn exit_status(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// A receiver that is told when the server ends.
    pub(super) fn watch_exit(&self) -> watch::Receiver<Option<ExitStatus>> {
        self.exit.clone()
    }

    /// Sends a signal, unless the server has ended.
    pub(super) fn signal(&self, signal: Signal) {
        if held(&self.child).is_some() {
            // It has not been reaped, so the id is still its own; that it just ended is fine.
            let _ = kill_process(self.pid, signal);
        }
    }

    /// Waits for the end, at most so long. Blocks the thread.
    pub(super) fn wait(&self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        while self.exit_status().is_none() && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        self.exit_status()
    }
}

/// The parent's whole life: start, tell, wait, reap, tell.
fn parent(
    mut command: Command,
    slot: &Mutex<Option<Child>>,
    started: &mpsc::Sender<io::Result<Pid>>,
    exited: &watch::Sender<Option<ExitStatus>>,
) {
    let pid = match command.spawn() {
        Ok(child) => {
            let pid = Pid::from_child(&child);
            *held(slot) = Some(child);
            pid
        }
        Err(error) => {
            // The receiver waits for this one message.
            let _ = started.send(Err(error));
            return;
        }
    };
    let _ = started.send(Ok(pid));
    // Waits without reaping: the id stays taken until the lock is held.
    while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {}
    let mut slot = held(slot);
    let status = slot.take().and_then(|mut child| child.wait().ok());
    drop(slot);
    exited.send_replace(Some(status.unwrap_or_default()));
}

fn held(slot: &Mutex<Option<Child>>) -> MutexGuard<'_, Option<Child>> {
    // No code panics while it holds the lock, and the value is whole at every moment.
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes `command` receive `signal` when the thread that starts it ends, however it ends.
/// It is set after the change of user, which would clear it. Elsewhere than on Linux this does
/// nothing: a server left behind is found and stopped by the next start.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the standard library offers no other way to set a parent-death signal in the child")]
pub(super) fn end_with_parent(command: &mut Command, signal: Signal) {
    use std::os::unix::process::CommandExt;

    let parent = rustix::process::getpid();
    let in_child = move || {
        rustix::process::set_parent_process_death_signal(Some(signal))?;
        // The parent may have died before the signal was asked for.
        if rustix::process::getppid() == Some(parent) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. The closure makes two
    // bare system calls, and neither allocates nor takes a lock.
    unsafe {
        command.pre_exec(in_child);
    }
}

/// Does nothing: this system has no such signal.
#[cfg(not(target_os = "linux"))]
pub(super) fn end_with_parent(_command: &mut Command, _signal: Signal) {}
