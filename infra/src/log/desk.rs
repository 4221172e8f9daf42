//! The desk of one process: the states commands are decided on, and the queue of decided ones.
//!
//! # Invariants
//! - A decision, its provisional states and its place in the queue come under one lock, so that the queue's order is
//!   the order of decisions.
//! - Every state belongs to a lineage. When an append that wrote it fails, the lineage is broken, the state goes back
//!   to what is confirmed under a new lineage, and jobs decided on the old one are settled as stale.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;

use domain::person::Person;
use domain::refusal::Refusal;
use domain::stream::StreamId;
use domain::world::{Command, Context, Decision, State, States, Stop, World};
use lru::LruCache;
use tokio::sync::oneshot;

use super::job::{Ask, CommandKey, Job, Read, Settled, Write};

/// A command to be decided.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its identity.
    pub key: CommandKey,
    /// The keyed hash of its body.
    pub body: [u8; 32],
    /// The event metadata as JSON.
    pub metadata: Arc<str>,
    /// The command.
    pub command: Command,
    /// The person's record that goes with it.
    pub person: Option<Person>,
}

/// What a decision led to.
pub enum Step {
    /// A state is missing.
    Load(StreamId),
    /// The job is queued; a refusal is to be answered once it is confirmed.
    Queued(oneshot::Receiver<Settled>, Option<Refusal>),
}

struct Entry {
    confirmed: Arc<State>,
    confirmed_version: u64,
    current: Arc<State>,
    version: u64,
    lineage: u64,
    pending: u32,
    stale: bool,
}

/// States and queue.
pub struct Desk {
    entries: LruCache<StreamId, Entry>,
    queue: VecDeque<Job>,
    lineages: u64,
    /// No more jobs are to be queued.
    pub closed: bool,
}

struct Cached<'a>(&'a LruCache<StreamId, Entry>);

impl States for Cached<'_> {
    fn state(&self, stream: StreamId) -> Option<&State> {
        self.0.peek(&stream).filter(|entry| !entry.stale).map(|entry| &*entry.current)
    }
}

impl Desk {
    /// A desk that keeps the states of about `capacity` streams.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self { entries: LruCache::new(capacity), queue: VecDeque::new(), lineages: 0, closed: false }
    }

    /// Decides a command on the present states and queues what it leads to.
    pub fn decide(&mut self, order: &Order, context: &Context) -> Step {
        let (decided, reads) = {
            let cached = Cached(&self.entries);
            let world = World::new(&cached);
            let decided = order.command.decide(&world, context);
            (decided, world.reads())
        };
        let (ask, refusal) = match decided {
            Err(Stop::Needs(stream)) => return Step::Load(stream),
            Err(Stop::Refused(refusal)) => (Decision::nothing(), Some(refusal)),
            Ok(decision) => (decision, None),
        };
        let written = ask.events().iter().map(|(stream, _)| *stream);
        let streams: BTreeSet<StreamId> = reads.into_iter().chain(written).collect();
        let mut looked_at = Vec::with_capacity(streams.len());
        for stream in streams {
            match self.entries.get(&stream).filter(|entry| !entry.stale) {
                Some(entry) => looked_at.push(Read { stream, version: entry.version, lineage: entry.lineage }),
                None => return Step::Load(stream),
            }
        }
        let ask = match refusal {
            Some(_) => Ask::Confirm,
            None => Ask::Record { writes: self.provisionally(ask), person: person_of(order) },
        };
        let (answer, waiting) = oneshot::channel();
        let (key, body, metadata) = (order.key.clone(), order.body, Arc::clone(&order.metadata));
        self.queue.push_back(Job { key, body, metadata, reads: looked_at, ask, answer });
        Step::Queued(waiting, refusal)
    }

    /// Queues a job that was decided elsewhere.
    pub fn push(&mut self, job: Job) {
        self.queue.push_back(job);
    }

    fn provisionally(&mut self, decision: Decision) -> Vec<Write> {
        let mut touched = HashSet::new();
        let mut writes = Vec::with_capacity(decision.events().len());
        for (stream, event) in decision.into_events() {
            let entry = self.entries.get_mut(&stream).expect("every written stream was looked at above");
            Arc::make_mut(&mut entry.current).apply(&event);
            entry.version += 1;
            entry.pending += u32::from(touched.insert(stream));
            writes.push(Write { stream, sequence: entry.version, event });
        }
        writes
    }

    /// What is known and confirmed of a stream that must be loaded, and up to which version.
    #[must_use]
    pub fn known(&self, stream: StreamId) -> Option<(Arc<State>, u64)> {
        self.entries.peek(&stream).map(|entry| (Arc::clone(&entry.confirmed), entry.confirmed_version))
    }

    /// Takes a loaded state in, unless somebody was faster.
    pub fn loaded(&mut self, stream: StreamId, state: Arc<State>, version: u64) {
        if self.entries.peek(&stream).is_some_and(|entry| !entry.stale) {
            return;
        }
        let lineage = self.next_lineage();
        let (confirmed, current) = (Arc::clone(&state), state);
        let entry =
            Entry { confirmed, confirmed_version: version, current, version, lineage, pending: 0, stale: false };
        if let Some((evicted, entry)) = self.entries.push(stream, entry).filter(|(evicted, _)| *evicted != stream)
            && entry.pending > 0
        {
            self.entries.resize(self.entries.cap().saturating_add(1));
            self.entries.push(evicted, entry);
        }
    }

    /// The jobs that wait, up to these numbers of jobs and events, at least one.
    pub fn take(&mut self, most_jobs: usize, most_events: usize) -> Vec<Job> {
        let mut events = 0;
        let mut jobs = Vec::new();
        while let Some(job) = self.queue.front() {
            events += job.writes().len();
            if jobs.len() >= most_jobs || (!jobs.is_empty() && events > most_events) {
                break;
            }
            jobs.extend(self.queue.pop_front());
        }
        jobs
    }

    /// Takes in how a batch was settled; answers whether nothing decided before is left in the queue.
    pub fn settled(&mut self, jobs: &[Job], settled: &[Settled]) -> bool {
        for (job, settled) in jobs.iter().zip(settled) {
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
        self.queue.is_empty()
    }

    fn confirm(&mut self, read: &Read) {
        let Some(entry) = self.entries.peek_mut(&read.stream).filter(|entry| entry.lineage == read.lineage) else {
            return;
        };
        entry.pending -= 1;
        if entry.pending == 0 {
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

fn person_of(order: &Order) -> Option<(domain::id::MemberId, Person)> {
    match (&order.command, &order.person) {
        (Command::Member(member, _), Some(person)) => Some((*member, person.clone())),
        (Command::Member(..) | Command::Branch(..), _) => None,
    }
}
