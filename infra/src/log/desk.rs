//! The desk of one process: the states commands are decided on, and the queue of decided ones.
//!
//! # Invariants
//! - A decision, its provisional states and its place in the queue come under one lock, so that the queue's order is
//!   the order of decisions.
//! - Every state belongs to a lineage. When an append that wrote it fails, the lineage is broken, the state goes back
//!   to what is confirmed under a new lineage, and jobs decided on the old one are settled as stale.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard};

use domain::stream::StreamId;
use domain::world::{Decision, State, States};
use lru::LruCache;
use tokio::sync::oneshot;

use super::job::{Ask, Given, Job, No, Read, Settled, Write};
use super::verdict::{Verdict, Versions};
use crate::turn::Turn;

/// What a decision led to.
pub enum Step {
    /// These states are missing.
    Load(Vec<StreamId>),
    /// It is not its turn yet.
    Turn(Arc<Turn>),
    /// These types of events have not been asked about yet.
    Ask(Vec<Cow<'static, str>>),
    /// The job is queued; a refusal is to be answered once it is confirmed.
    Queued(oneshot::Receiver<Settled>, Option<No>),
    /// The desk is closed.
    Closed,
}

struct Entry {
    confirmed: Arc<State>,
    confirmed_version: u64,
    current: Arc<State>,
    version: u64,
    lineage: u64,
    pending: u32,
    /// More was accepted than `confirmed` holds, since jobs decided after it were still pending.
    behind: bool,
    stale: bool,
}

/// States and queue.
pub struct Desk {
    entries: LruCache<StreamId, Entry>,
    queue: VecDeque<(Job, oneshot::Sender<Settled>)>,
    /// How many jobs were ever queued.
    queued: u64,
    lineages: u64,
    closed: bool,
}

/// The desk as the executor and the appender of one process share it.
#[derive(Clone)]
pub struct SharedDesk(Arc<Mutex<Desk>>);

impl SharedDesk {
    /// A desk to share.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        Self(Arc::new(Mutex::new(desk)))
    }

    /// The desk. Where a rule panicked on it, it starts afresh: what waits fails, and states are loaded again.
    pub fn lock(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().unwrap_or_else(|poisoned| {
            tracing::error!("a command panicked while it was decided; the states of this process are loaded again");
            self.0.clear_poison();
            let mut desk = poisoned.into_inner();
            desk.forget();
            desk
        })
    }
}

struct Cached<'a>(&'a LruCache<StreamId, Entry>);

impl States for Cached<'_> {
    fn state(&self, stream: StreamId) -> Option<&State> {
        self.0.peek(&stream).filter(|entry| !entry.stale).map(|entry| &*entry.current)
    }
}

impl Versions for Cached<'_> {
    fn version(&self, stream: StreamId) -> Option<u64> {
        self.0.peek(&stream).filter(|entry| !entry.stale).map(|entry| entry.version)
    }
}

impl Desk {
    /// A desk that keeps the states of about `capacity` streams.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self { entries: LruCache::new(capacity), queue: VecDeque::new(), queued: 0, lineages: 0, closed: false }
    }

    /// Decides a command on the present states and queues what it leads to.
    pub fn decide(&mut self, given: &Arc<Given>) -> Step {
        if self.closed {
            return Step::Closed;
        }
        if let Some(turn) = given.turn.as_ref().filter(|turn| !turn.may_decide()) {
            return Step::Turn(Arc::clone(turn));
        }
        let Verdict { decision, refusal, streams } = match Verdict::on(&Cached(&self.entries), given) {
            Ok(verdict) => verdict,
            Err(missing) => return Step::Load(missing),
        };
        let closed = given.gate.closed(decision.events().iter().map(|(_, event)| event));
        if !closed.is_empty() {
            return Step::Ask(closed);
        }
        let reads = streams.into_iter().filter_map(|stream| self.looked_at(stream)).collect();
        let ask = match refusal {
            Some(_) => Ask::Confirm,
            None => Ask::Record { writes: self.provisionally(decision), person: given.order.side_row() },
        };
        let (answer, waiting) = oneshot::channel();
        let link = given.turn.as_ref().map(|turn| turn.link(|| self.next_lineage()));
        self.enqueue(given.job(reads, ask, link), answer);
        Step::Queued(waiting, refusal)
    }

    /// The streams that a command's decision is missing.
    #[must_use]
    pub fn missing(&self, given: &Given) -> Vec<StreamId> {
        Verdict::on(&Cached(&self.entries), given).err().unwrap_or_default()
    }

    fn looked_at(&mut self, stream: StreamId) -> Option<Read> {
        self.entries.get(&stream).map(|entry| Read { stream, version: entry.version, lineage: entry.lineage })
    }

    /// Queues a job that was decided elsewhere; a closed desk drops it.
    pub fn push(&mut self, job: Job, answer: oneshot::Sender<Settled>) {
        if !self.closed {
            self.enqueue(job, answer);
        }
    }

    fn enqueue(&mut self, job: Job, answer: oneshot::Sender<Settled>) {
        self.queue.push_back((job, answer));
        self.queued += 1;
    }

    /// Takes no more jobs.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Whether no job waits and none will come.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.closed && self.queue.is_empty()
    }

    /// How many jobs wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Drops every state and every job that waits. What is being appended is settled as before: its lineages are gone.
    pub fn forget(&mut self) {
        self.entries.clear();
        self.queue.drain(..).filter_map(|(job, _)| job.link).for_each(|link| link.breaks(true));
    }

    fn provisionally(&mut self, decision: Decision) -> Vec<Write> {
        let mut touched = HashSet::new();
        let mut writes = Vec::with_capacity(decision.events().len());
        for (stream, event) in decision.into_events() {
            let entry = self
                .entries
                .get_mut(&stream)
                .expect("decide() has just found every written stream, and only loaded() evicts");
            Arc::make_mut(&mut entry.current).apply(&event);
            entry.version += 1;
            entry.pending += u32::from(touched.insert(stream));
            writes.push(Write::new(stream, entry.version, event));
        }
        writes
    }

    /// What is known and confirmed of a stream that must be loaded, and up to which version.
    #[must_use]
    pub fn known(&self, stream: StreamId) -> Option<(Arc<State>, u64)> {
        self.entries.peek(&stream).map(|entry| (Arc::clone(&entry.confirmed), entry.confirmed_version))
    }

    /// Takes a recorded state in, unless as much is known or the stream is being written.
    pub fn loaded(&mut self, stream: StreamId, state: Arc<State>, version: u64) {
        let is_news = |entry: &Entry| entry.stale || (entry.pending == 0 && entry.confirmed_version < version);
        if self.entries.peek(&stream).is_some_and(|entry| !is_news(entry)) {
            return;
        }
        let lineage = self.next_lineage();
        let (confirmed, current) = (Arc::clone(&state), state);
        let (pending, behind, stale) = (0, false, false);
        let entry = Entry { confirmed, confirmed_version: version, current, version, lineage, pending, behind, stale };
        if let Some((evicted, entry)) = self.entries.push(stream, entry).filter(|(evicted, _)| *evicted != stream)
            && entry.pending > 0
        {
            self.entries.resize(self.entries.cap().saturating_add(1));
            self.entries.push(evicted, entry);
        }
    }

    /// The jobs that wait, up to these numbers of jobs and events, at least one.
    pub fn take(&mut self, most_jobs: usize, most_events: usize) -> (Vec<Job>, Vec<oneshot::Sender<Settled>>) {
        let mut events = 0;
        let mut jobs = Vec::new();
        let mut answers = Vec::new();
        while let Some((job, _)) = self.queue.front() {
            events += job.writes().len();
            if jobs.len() >= most_jobs || (!jobs.is_empty() && events > most_events) {
                break;
            }
            let (job, answer) = self.queue.pop_front().expect("the front was just looked at");
            jobs.push(job);
            answers.push(answer);
        }
        (jobs, answers)
    }

    /// Takes in how a batch was settled; answers how many jobs were ever queued, and how many of them taken. What is
    /// queued from now on is decided on no line that the batch has broken.
    pub fn settled(&mut self, jobs: &[Job], settled: &[Settled]) -> (u64, u64) {
        for (job, settled) in jobs.iter().zip(settled) {
            // Under this lock, so that no line is decided on what stands without those before it.
            if let (Some(link), Settled::Stale(_) | Settled::Failed(_)) = (&job.link, settled) {
                link.breaks(matches!(settled, Settled::Failed(_)));
            }
            if let Settled::Stale(streams) = settled {
                for read in job.reads.iter().filter(|read| streams.contains(&read.stream)) {
                    self.mark_stale(read);
                }
            }
            for read in job.written() {
                match settled {
                    Settled::Accepted(_) => self.confirm(read),
                    _ => self.fall_back(read),
                }
            }
        }
        (self.queued, self.queued - self.queue.len() as u64)
    }

    fn confirm(&mut self, read: &Read) {
        let Some(entry) = self.entries.peek_mut(&read.stream).filter(|entry| entry.lineage == read.lineage) else {
            return;
        };
        entry.pending -= 1;
        entry.behind = entry.pending > 0;
        if !entry.behind {
            entry.confirmed = Arc::clone(&entry.current);
            entry.confirmed_version = entry.version;
        }
    }

    fn fall_back(&mut self, read: &Read) {
        let lineage = self.next_lineage();
        if let Some(entry) = self.entries.peek_mut(&read.stream).filter(|entry| entry.lineage == read.lineage) {
            entry.current = Arc::clone(&entry.confirmed);
            entry.version = entry.confirmed_version;
            (entry.lineage, entry.pending) = (lineage, 0);
            entry.stale |= std::mem::take(&mut entry.behind);
        }
    }

    fn mark_stale(&mut self, read: &Read) {
        // A job may be stale because of a broken lineage alone: then the entry has moved on already.
        if let Some(entry) = self.entries.peek_mut(&read.stream).filter(|entry| entry.lineage == read.lineage) {
            entry.stale = true;
        }
    }

    fn next_lineage(&mut self) -> u64 {
        self.lineages += 1;
        self.lineages
    }
}
