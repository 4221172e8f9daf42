//! The desk and the settling of batches against a database on paper: whatever the schedule, what is accepted or
//! refused is what the recorded states allow.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;

use domain::event::Event;
use domain::id::{ActorId, BranchId, MemberId};
use domain::period::Zone;
use domain::person::Person;
use domain::refusal::Refusal;
use domain::stream::{Position, StreamId};
use domain::vault::NoVault;
use domain::world::{Command, Context, State, States, Stop, World};
use harness::crowd::{close, contest, id, reinstate, rename, suspend, transfer};
use harness::speak::{establish, found_root, person, register};
use infra::log::again::{Fresh, Look};
use infra::log::desk::{Desk, SharedDesk, Step};
use infra::log::gate::Gate;
use infra::log::job::{Ask, CommandKey, Expected, Given, Job, No, Order, Settled};
use infra::log::settle::{Broken, Found, fail, settle};
use proptest::prelude::*;

fn member(number: usize) -> MemberId {
    MemberId(id(&format!("member {number}")))
}

fn branch(number: usize) -> BranchId {
    BranchId(id(&format!("branch {number}")))
}

/// What is asked in these tests. 6 and 7 are after the same staff number, which 8 holds from the start.
fn asked(number: usize) -> (Command, Option<Person>) {
    let command = match number {
        0 => suspend(member(0)),
        1 => reinstate(member(0)),
        2 => transfer(member(0), branch(0)),
        3 => transfer(member(0), branch(1)),
        4 => close(branch(1)),
        5 => rename(branch(0), "一"),
        6 => return (register(member(2), branch(0)), Some(person("N2"))),
        7 => return (register(member(3), branch(1)), Some(person("N2"))),
        8 => return (register(member(4), branch(0)), Some(person("N0"))),
        9 => suspend(member(4)),
        10 => rename(branch(0), "二"),
        11 => contest(member(0), "contest", vec![member(1)]),
        _ => return (register(member(4), branch(1)), Some(person("N4"))),
    };
    (command, None)
}
const ASKED: usize = 13;

fn context() -> Context {
    let at = "2022-12-31T00:00:00Z".parse().unwrap();
    Context { at, actor: ActorId("office".into()), zone: Zone::default(), vault: Arc::new(NoVault) }
}

fn given(number: usize, command_id: String) -> Arc<Given> {
    given_since(number, command_id, None)
}

fn given_since(number: usize, command_id: String, expected: Option<Expected>) -> Arc<Given> {
    let (command, person) = asked(number);
    let key = CommandKey { principal: "office".into(), command_id };
    let order = Order {
        key,
        body: [number as u8; 32],
        metadata: "{}".into(),
        command,
        person,
        expected,
        vault: Arc::new(NoVault),
    };
    Arc::new(Given { order, context: context(), gate: Arc::new(Gate::wide_open()), turn: None })
}

/// The log as the database would hold it.
#[derive(Default)]
struct Paper {
    streams: HashMap<StreamId, (State, Vec<Event>)>,
    outcomes: HashMap<CommandKey, (Vec<u8>, Position)>,
    staff: HashMap<String, uuid::Uuid>,
    head: u64,
}

impl States for Paper {
    fn state(&self, stream: StreamId) -> Option<&State> {
        self.streams.get(&stream).map(|(state, _)| state)
    }
}

impl Paper {
    /// Two branches, and a member in each, the first with the staff number N0.
    fn new() -> Self {
        let mut paper = Self::default();
        let streams = (0..5).map(|number| member(number).into());
        let streams: Vec<StreamId> =
            streams.chain([BranchId::root(), branch(0), branch(1)].map(StreamId::from)).collect();
        for stream in streams {
            paper.streams.insert(stream, (State::before(stream.kind), Vec::new()));
        }
        let root = Some(BranchId::root());
        let begun = [
            found_root(),
            establish(branch(0), root, "零"),
            establish(branch(1), root, "壹"),
            register(member(0), branch(0)),
            register(member(1), branch(1)),
        ];
        for command in begun {
            let events = paper.decide(&command).unwrap();
            paper.append(events);
        }
        paper.staff = HashMap::from([("n0".into(), member(0).0), ("n1".into(), member(1).0)]);
        paper
    }

    fn decide(&self, command: &Command) -> Result<Vec<(StreamId, Event)>, Refusal> {
        match command.decide(&World::new(self), &context()) {
            Ok(decision) => Ok(decision.into_events()),
            Err(Stop::Refused(refusal)) => Err(refusal),
            Err(Stop::Needs(stream)) => panic!("{stream} is on paper"),
        }
    }

    /// The same, of a command that may count on a version.
    fn right(&self, order: &Order) -> Result<Vec<(StreamId, Event)>, No> {
        let now = self.version(order.command.stream());
        match order.expected {
            Some(Expected { since, version }) if version != now => Err(No::Moved(since, now)),
            Some(_) | None => self.decide(&order.command).map_err(No::Rule),
        }
    }

    fn version(&self, stream: StreamId) -> u64 {
        self.streams[&stream].1.len() as u64
    }

    fn append(&mut self, events: Vec<(StreamId, Event)>) {
        for (stream, event) in events {
            let (state, log) = self.streams.get_mut(&stream).unwrap();
            state.apply(&event);
            log.push(event);
            self.head += 1;
        }
    }

    fn found(&self) -> Found {
        let versions = self.streams.iter().map(|(stream, (_, log))| (*stream, log.len() as u64));
        Found {
            head: Position(self.head),
            versions: versions.collect(),
            outcomes: self.outcomes.clone(),
            staff: self.staff.clone(),
        }
    }

    /// Loads as the program does: on from what is known.
    fn load(&self, stream: StreamId, known: Option<(Arc<State>, u64)>) -> (Arc<State>, u64) {
        let (mut state, version) = known.unwrap_or_else(|| (Arc::new(State::before(stream.kind)), 0));
        let log = &self.streams[&stream].1;
        for event in &log[version as usize..] {
            Arc::make_mut(&mut state).apply(event);
        }
        (state, log.len() as u64)
    }
}

/// One program, and the paper it writes on.
struct Play {
    paper: Paper,
    desk: Desk,
    broken: Broken,
    /// What was asked and how it would be refused, in the order of the queue.
    waiting: VecDeque<(Arc<Given>, Option<No>)>,
    loading: VecDeque<(StreamId, Arc<State>, u64)>,
    strangers: usize,
    counted: BTreeMap<&'static str, u32>,
}

impl Play {
    fn new() -> Self {
        // Fewer states than streams, so that they are evicted all the time.
        let desk = Desk::new(NonZeroUsize::new(4).unwrap());
        Self {
            paper: Paper::new(),
            desk,
            broken: Broken::default(),
            waiting: VecDeque::new(),
            loading: VecDeque::new(),
            strangers: 0,
            counted: BTreeMap::new(),
        }
    }

    fn decide(&mut self, given: Arc<Given>) {
        for _ in 0..20 {
            match self.desk.decide(&given) {
                Step::Load(streams) => {
                    assert!(!streams.is_empty(), "what is to be loaded is named");
                    for stream in streams {
                        let (state, version) = self.paper.load(stream, self.desk.known(stream));
                        self.desk.loaded(stream, state, version);
                    }
                }
                Step::Queued(_, refusal) => return self.waiting.push_back((given, refusal)),
                Step::Turn(_) | Step::Ask(_) | Step::Closed => {
                    panic!("the gate is wide open, and nobody closed the desk")
                }
            }
        }
        panic!("loading comes to an end");
    }

    fn batch(&mut self, most: usize) -> Vec<Job> {
        self.desk.take(most, 5).0
    }

    /// Settles a batch as the appender does, and checks each answer against the paper. Answers how each job was
    /// settled as it was decided, and the states that were loaded to decide the stale ones again.
    fn settle(&mut self, jobs: &[Job]) -> (Vec<Settled>, Fresh) {
        let mut found = self.paper.found();
        let settled = settle(jobs, &mut found, &mut self.broken.lines);
        let waiting: Vec<_> = self.waiting.drain(..jobs.len()).collect();
        for ((job, settled), (given, refusal)) in jobs.iter().zip(&settled).zip(&waiting) {
            self.check(job, &given.order, refusal.clone(), settled);
        }
        let mut fresh = Fresh::default();
        for ((job, _), (given, _)) in jobs.iter().zip(&settled).zip(&waiting).filter(|((_, s), _)| is_stale(s)) {
            let (again, accepted) = loop {
                match fresh.look_again(given, &mut found) {
                    Look::Needs(streams) => {
                        assert!(!streams.is_empty(), "what is to be loaded is named");
                        for stream in streams {
                            let (state, version) = self.paper.load(stream, self.desk.known(stream));
                            fresh.put(stream, state, version);
                        }
                    }
                    Look::Settled(again, accepted) => break (again, accepted),
                }
            };
            assert!(!is_stale(&again), "under the head lock everything is settled");
            self.check(accepted.as_deref().unwrap_or(job), &given.order, None, &again);
        }
        (settled, fresh)
    }

    fn check(&mut self, job: &Job, order: &Order, refusal: Option<No>, settled: &Settled) {
        let recorded = self.paper.outcomes.get(&job.key).cloned();
        let holder = order.person.as_ref().and_then(|person| self.paper.staff.get(&person.staff_number.key()));
        let right = self.paper.right(order);
        match settled {
            Settled::Replayed(position) => assert_eq!(recorded, Some((order.body.to_vec(), *position))),
            Settled::IdReused => assert!(recorded.is_some_and(|(body, _)| body != order.body)),
            Settled::Confirmed => {
                assert_eq!((recorded, refusal), (None, right.err()), "refused as the recorded states have it");
            }
            Settled::Refused(refusal) => {
                assert_eq!((recorded, Some(refusal.clone())), (None, right.err()), "refused as it is recorded");
            }
            Settled::StaffNumberTaken => {
                let Command::Member(member, _) = order.command else { panic!("a branch has no staff number") };
                assert!(recorded.is_none() && right.is_ok());
                assert!(holder.is_some_and(|holder| *holder != member.0));
            }
            Settled::Accepted(position) => {
                assert_eq!(recorded, None);
                let written: Vec<_> = job.writes().iter().map(|write| (write.stream, write.event.clone())).collect();
                assert_eq!(right.as_ref(), Ok(&written), "accepted as the recorded states have it");
                self.paper.append(written);
                assert_eq!(position.0, self.paper.head, "dense");
                self.paper.outcomes.insert(job.key.clone(), (job.body.to_vec(), *position));
                if let Ask::Record { person: Some((member, person)), .. } = &job.ask {
                    assert!(self.paper.staff.insert(person.staff_number.key(), member.0).is_none());
                }
            }
            Settled::Stale(streams) => assert!(!streams.is_empty()),
            Settled::Failed(error) => panic!("nothing failed: {error}"),
        }
        *self.counted.entry(name(settled)).or_default() += 1;
    }

    fn tell(&mut self, jobs: &[Job], (settled, fresh): (Vec<Settled>, Fresh)) {
        let (queued, taken) = self.desk.settled(jobs, &settled);
        self.broken.forget(queued, taken);
        fresh.into_states().for_each(|(stream, state, version)| self.desk.loaded(stream, state, version));
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Ask { number, id } => self.decide(given(number, format!("id-{id}"))),
            Act::AskSince { number, id } => {
                let version = self.paper.version(asked(number).0.stream());
                let expected = Expected { since: Position(self.paper.head), version };
                self.decide(given_since(number, format!("id-{id}"), Some(expected)));
            }
            Act::Settle { most } => {
                let jobs = self.batch(most);
                let settled = self.settle(&jobs);
                self.tell(&jobs, settled);
            }
            Act::Lose { most } => {
                let jobs = self.batch(most);
                self.waiting.drain(..jobs.len());
                let settled = fail(&jobs, &Arc::new(sqlx::Error::WorkerCrashed), &mut self.broken.lines);
                self.tell(&jobs, (settled, Fresh::default()));
            }
            Act::Blur { most } => {
                let jobs = self.batch(most);
                let before = self.broken.clone();
                self.settle(&jobs);
                self.broken = before;
                let again = settle(&jobs, &mut self.paper.found(), &mut self.broken.lines);
                assert!(!again.iter().any(|settled| matches!(settled, Settled::Accepted(_))), "appended twice");
                self.tell(&jobs, (again, Fresh::default()));
            }
            Act::Stranger { number } => {
                if let Ok(events) = self.paper.decide(&asked(number).0)
                    && asked(number).1.is_none()
                {
                    self.strangers += 1;
                    self.paper.append(events);
                }
            }
            Act::Load { number } => {
                let streams = [member(0).into(), branch(0).into(), branch(1).into(), member(4).into()];
                let stream: StreamId = streams[number];
                let (state, version) = self.paper.load(stream, self.desk.known(stream));
                self.loading.push_back((stream, state, version));
            }
            Act::Loaded => {
                if let Some((stream, state, version)) = self.loading.pop_front() {
                    self.desk.loaded(stream, state, version);
                }
            }
        }
    }

    /// Lets everything that waits be settled; then each command finds its answer without a second look at the latest
    /// the second time, for nothing is stale for ever.
    fn end(&mut self) {
        while !self.waiting.is_empty() {
            self.act(Act::Settle { most: 9 });
        }
        for number in 0..ASKED {
            let answered = (0..2).any(|attempt| {
                self.decide(given(number, format!("last-{number}-{attempt}")));
                let jobs = self.batch(9);
                let settled = self.settle(&jobs);
                let stale = is_stale(&settled.0[0]);
                self.tell(&jobs, settled);
                !stale
            });
            assert!(answered, "command {number} is answered once nobody disturbs");
        }
    }
}

fn is_stale(settled: &Settled) -> bool {
    matches!(settled, Settled::Stale(_))
}

fn name(settled: &Settled) -> &'static str {
    match settled {
        Settled::Accepted(_) => "accepted",
        Settled::Replayed(_) => "replayed",
        Settled::IdReused => "id reused",
        Settled::Confirmed => "confirmed",
        Settled::Stale(_) => "stale",
        Settled::Refused(No::Rule(_)) => "refused",
        Settled::Refused(No::Moved(..)) => "moved on",
        Settled::StaffNumberTaken => "staff number taken",
        Settled::Failed(_) => "failed",
    }
}

/// What can happen to a program.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// A command comes in; an id may have been used before.
    Ask { number: usize, id: usize },
    /// One that counts on what is recorded of its stream when it comes in.
    AskSince { number: usize, id: usize },
    /// A batch is committed.
    Settle { most: usize },
    /// The connection is lost before a batch is committed.
    Lose { most: usize },
    /// The connection is lost after the commit, and the batch is tried again.
    Blur { most: usize },
    /// Another program appends.
    Stranger { number: usize },
    /// Somebody begins to load a state.
    Load { number: usize },
    /// And has it, perhaps much later.
    Loaded,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        12 => (0..ASKED, 0..60usize).prop_map(|(number, id)| Act::Ask { number, id }),
        6 => (0..ASKED, 0..60usize).prop_map(|(number, id)| Act::AskSince { number, id }),
        5 => (1..6usize).prop_map(|most| Act::Settle { most }),
        1 => (1..4usize).prop_map(|most| Act::Lose { most }),
        1 => (1..4usize).prop_map(|most| Act::Blur { most }),
        3 => (0..ASKED).prop_map(|number| Act::Stranger { number }),
        1 => (0..4usize).prop_map(|number| Act::Load { number }),
        1 => Just(Act::Loaded),
    ];
    proptest::collection::vec(act, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_schedule_answers_are_what_the_recorded_states_allow(acts in acts()) {
        let mut play = Play::new();
        for act in acts {
            play.act(act);
        }
        play.end();
    }
}

/// Runs acts and says how the last one was settled.
fn last_settled(acts: &[Act]) -> Vec<&'static str> {
    let mut play = Play::new();
    let (last, before) = acts.split_last().unwrap();
    before.iter().for_each(|act| play.act(*act));
    play.counted.clear();
    play.act(*last);
    play.counted.into_keys().collect()
}

const TAKEN: Act = Act::Ask { number: 8, id: 0 };

#[test]
fn what_was_decided_on_a_registration_that_failed_is_neither_accepted_nor_refused() {
    let one = Act::Settle { most: 1 };
    let (suspension, second) = (Act::Ask { number: 9, id: 1 }, Act::Ask { number: 12, id: 2 });
    assert_eq!(last_settled(&[TAKEN, one]), ["staff number taken"]);
    // On what is recorded there is nobody to suspend, and the second registration is the first.
    for (behind, answer) in [(suspension, "refused"), (second, "accepted")] {
        assert_eq!(last_settled(&[TAKEN, behind, one, one]), [answer, "stale"], "in a later batch");
        let all = Act::Settle { most: 9 };
        assert_eq!(last_settled(&[TAKEN, behind, all]), [answer, "staff number taken", "stale"], "in the same batch");
        assert_eq!(last_settled(&[TAKEN, behind, Act::Lose { most: 1 }, one]), [answer, "stale"], "after an accident");
    }
}

#[test]
fn a_version_that_a_stranger_has_brought_about_does_not_confirm_a_provisional_state() {
    // Suspend is pending; a stranger renames nothing of the member's but places the member in a contest: same version.
    let pending = Act::Ask { number: 0, id: 0 };
    let again = Act::Ask { number: 0, id: 1 };
    let (one, stranger) = (Act::Settle { most: 1 }, Act::Stranger { number: 11 });
    assert_eq!(last_settled(&[pending, again, one, one]), ["confirmed"], "a second suspension is refused");
    assert_eq!(last_settled(&[pending, again, stranger, one]), ["accepted", "stale"]);
    assert_eq!(last_settled(&[pending, again, stranger, one, one]), ["refused", "stale"], "not on that state");
}

#[test]
fn what_counts_on_a_version_is_not_accepted_on_another_be_it_provisional_or_a_strangers() {
    let (first, since) = (Act::Ask { number: 0, id: 0 }, Act::AskSince { number: 11, id: 1 });
    let (one, stranger) = (Act::Settle { most: 1 }, Act::Stranger { number: 0 });
    assert_eq!(last_settled(&[since, one]), ["accepted"]);
    // Refused for what is pending, and that once it is recorded; accepted after all where it is lost.
    assert_eq!(last_settled(&[first, since, one, one]), ["confirmed"]);
    assert_eq!(last_settled(&[first, since, Act::Lose { most: 1 }, one]), ["accepted", "stale"]);
    assert_eq!(last_settled(&[since, stranger, one]), ["moved on", "stale"]);
    assert_eq!(last_settled(&[since, one, stranger, since, one]), ["replayed"], "what was accepted stays so");
}

#[test]
fn a_commit_whose_answer_was_lost_is_answered_with_its_position_and_not_repeated() {
    let (asked, lost) = (Act::Ask { number: 0, id: 0 }, Act::Blur { most: 9 });
    let repeated = [asked, lost, asked, Act::Settle { most: 9 }];
    assert_eq!(last_settled(&repeated), ["replayed"]);
    let other = [asked, lost, Act::Ask { number: 5, id: 0 }, Act::Settle { most: 9 }];
    assert_eq!(last_settled(&other), ["id reused"]);
}

#[test]
fn a_queue_that_is_never_empty_does_not_keep_what_broke_for_ever() {
    let mut play = Play::new();
    let suspended = Act::Ask { number: 0, id: 1_000 };
    play.act(suspended);
    let mut broke = 0;
    for round in 0..200 {
        // Something waits behind each batch, and each batch is lost with its line.
        play.act(Act::Ask { number: 0, id: round });
        play.act(Act::Lose { most: 1 });
        assert!(!play.waiting.is_empty(), "the queue is never empty");
        broke += usize::from(!play.broken.lines.is_empty());
        assert!(play.broken.lines.len() <= 2, "of round {round}: {:?}", play.broken.lines);
    }
    assert!(broke > 0, "lines do break");
    play.end();
    assert!(play.broken.lines.is_empty(), "nothing waits, and nothing is kept");
}

#[test]
fn a_panic_at_the_desk_loses_what_waits_and_nothing_else() {
    let desk = SharedDesk::new(Desk::new(NonZeroUsize::new(9).unwrap()));
    let paper = Paper::new();
    let streams = [member(0).into(), branch(0).into()];
    let fill = |desk: &mut Desk| {
        for stream in streams {
            let (state, version) = paper.load(stream, desk.known(stream));
            desk.loaded(stream, state, version);
        }
    };
    fill(&mut desk.lock());
    let Step::Queued(mut lost, _) = desk.lock().decide(&given(0, "lost".into())) else {
        panic!("its states are loaded");
    };
    let shared = desk.clone();
    let panicked = std::thread::spawn(move || {
        let _held = shared.lock();
        panic!("a rule that panics, on purpose");
    });
    assert!(panicked.join().is_err());
    let again = desk.lock().decide(&given(0, "again".into()));
    assert!(matches!(again, Step::Load(streams) if streams == [StreamId::from(member(0))]), "states are loaded anew");
    assert_eq!(lost.try_recv().unwrap_err(), tokio::sync::oneshot::error::TryRecvError::Closed, "who waits is told");
    fill(&mut desk.lock());
    assert!(matches!(desk.lock().decide(&given(0, "again".into())), Step::Queued(_, None)));
    assert_eq!(desk.lock().take(9, 9).0.len(), 1);
}
