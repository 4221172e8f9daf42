//! A programme at random: commands that mostly make sense, one after the other, from a seed.
//!
//! It remembers just enough of what was accepted to name things that exist. Some of what it says is refused all the
//! same: a day too early, a suspended member. That is meant.

mod ballots;
mod branches;
mod first_rounds;
mod members;
mod rights;
mod rounds;
mod talks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::amount::Amount;
use domain::branch::{BranchCommand, OutletKind};
use domain::id::{
    BranchId, CommitmentId, CompetitionId, ContactPointId, ImprovementId, MemberId, OutletId, PlaqueId, ResultId,
    RoundId, TalkId, TrainingId,
};
use domain::ledger::{Aggregation, Direction, Metric, Subjects, Unit};
use domain::member::{MemberCommand, Post};
use domain::period::{Grain, Period, Zone};
use domain::round::Rules;
use domain::text::{Sealed, Title};
use domain::world::Command;
use futures_util::future::join_all;
use graphql::ports::{Commands, SendError};
use infra::clock::Clock;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};

use self::rights::Rights;
use self::rounds::Known;
use self::talks::Talk;
use crate::chance::Chance;
use crate::speak::{establish, found_root, person, said_by};

/// How many commands are under way at once.
const WAVE: usize = 6;
/// Who asks, in turn: what takes two is done by two of them.
const ACTORS: [&str; 3] = ["office", "left", "right"];
/// Days until a talk is followed up, by every version of the rules.
const FOLLOW_UP_DAYS: u32 = 2;

/// Whose figures: a member's or a branch's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Member(MemberId),
    Branch(BranchId),
}

/// What is known of the story so far.
pub struct Story {
    chance: Chance,
    clock: Arc<Clock>,
    number: u64,
    branches: BTreeMap<BranchId, BranchId>,
    members: BTreeMap<MemberId, BranchId>,
    left: Vec<MemberId>,
    cadres: BTreeSet<MemberId>,
    suspended: BTreeSet<MemberId>,
    probation: BTreeSet<MemberId>,
    plaques: BTreeMap<MemberId, PlaqueId>,
    commitments: Vec<(MemberId, CommitmentId)>,
    results: BTreeMap<(Subject, String, Period), ResultId>,
    outlets: BTreeMap<OutletId, (BranchId, OutletKind)>,
    points: BTreeMap<ContactPointId, (BranchId, [MemberId; 2], [OutletId; 2])>,
    trainings: BTreeMap<TrainingId, (BranchId, BTreeSet<MemberId>)>,
    competitions: Vec<(BranchId, CompetitionId)>,
    improvements: Vec<(BranchId, ImprovementId)>,
    metrics: Vec<Metric>,
    rules: Vec<Rules>,
    rounds: BTreeMap<RoundId, Known>,
    talks: BTreeMap<TalkId, Talk>,
    rights: Rights,
    /// Accepted and refused so far.
    pub answers: (usize, usize),
}

/// The clock a story starts at.
#[must_use]
pub fn first_day() -> Timestamp {
    "2022-03-01T01:00:00Z".parse().expect("an instant")
}

impl Story {
    /// The story of a seed, on a simulated clock that it moves.
    #[must_use]
    pub fn of(seed: u64, clock: Arc<Clock>) -> Self {
        Self {
            chance: Chance::of(seed),
            clock,
            number: 0,
            branches: BTreeMap::new(),
            members: BTreeMap::new(),
            left: vec![],
            cadres: BTreeSet::new(),
            suspended: BTreeSet::new(),
            probation: BTreeSet::new(),
            plaques: BTreeMap::new(),
            commitments: vec![],
            results: BTreeMap::new(),
            outlets: BTreeMap::new(),
            points: BTreeMap::new(),
            trainings: BTreeMap::new(),
            competitions: vec![],
            improvements: vec![],
            metrics: metrics(),
            rules: first_rounds::rules(),
            rounds: BTreeMap::new(),
            talks: BTreeMap::new(),
            rights: Rights::of(seed),
            answers: (0, 0),
        }
    }

    /// Founds branches, metrics and a roster, and plays the first rounds.
    pub async fn found(&mut self, commands: &dyn Commands) {
        self.send(commands, vec![found_root()]).await;
        for metric in self.metrics.clone() {
            self.send(commands, vec![Command::Branch(BranchId::root(), BranchCommand::DefineMetric(metric))]).await;
        }
        for _ in 0..6 {
            let founded = self.found_branch();
            self.send(commands, founded.into_iter().collect()).await;
        }
        for _ in 0..24 {
            let registered = self.register();
            self.send(commands, registered.into_iter().collect()).await;
        }
        self.first_rounds(commands).await;
    }

    /// Sends so many commands more.
    pub async fn go_on(&mut self, commands: &dyn Commands, count: usize) {
        let mut sent = 0;
        while sent < count {
            let hours = i64::try_from(self.chance.below(48)).unwrap_or_default();
            self.clock.advance_to(self.clock.now() + hours.hours());
            let wave: Vec<Command> = (0..WAVE * 2).filter_map(|_| self.next()).take(WAVE).collect();
            sent += wave.len();
            self.send(commands, wave).await;
            self.rights(commands).await;
        }
    }

    async fn send(&mut self, commands: &dyn Commands, wave: Vec<Command>) {
        let sent: Vec<_> = wave
            .iter()
            .map(|command| {
                self.number += 1;
                let actor = ACTORS[usize::try_from(self.number % 3).unwrap_or_default()];
                let person = match command {
                    Command::Member(_, MemberCommand::Register { .. }) => Some(person(&format!("S{}", self.number))),
                    _ => None,
                };
                (said_by(actor, &format!("c{}", self.number)), person)
            })
            .collect();
        let answers = wave
            .iter()
            .zip(&sent)
            .map(|(command, (asker, person))| commands.send(asker, command.clone(), person.clone()));
        for (command, answer) in wave.iter().zip(join_all(answers).await) {
            match answer {
                Ok(_) => {
                    self.answers.0 += 1;
                    self.remember(command);
                }
                Err(SendError::Refused(_)) => self.answers.1 += 1,
                Err(failed) => panic!("{command:?} failed: {failed:?}"),
            }
        }
    }

    fn next(&mut self) -> Option<Command> {
        match self.chance.below(100) {
            0..43 => self.of_a_member(),
            43..82 => self.of_a_branch(),
            82..92 => self.of_a_round(),
            92..96 => self.of_a_talk(),
            _ => self.of_a_result(),
        }
    }

    fn remember(&mut self, command: &Command) {
        match command {
            Command::Member(member, command) => self.remember_of_member(*member, command),
            Command::Branch(branch, command) => self.remember_of_branch(*branch, command),
            Command::Round(round, command) => self.remember_of_round(*round, command),
        }
    }

    fn today(&self) -> Date {
        Zone::default().date_at(self.clock.now())
    }

    /// A day not long ago.
    fn lately(&mut self) -> Date {
        let back = i64::try_from(self.chance.below(12)).unwrap_or_default();
        if self.chance.percent(70) { self.today() } else { self.today() - back.days() }
    }

    fn text(&mut self) -> Sealed {
        Sealed(format!("sealed-{}", self.chance.below(1_000)))
    }

    fn title(&mut self) -> Title {
        Title::new("name", &format!("第{}处·𠮷", self.chance.below(90))).expect("a title")
    }

    fn a_member(&mut self) -> Option<MemberId> {
        let members: Vec<_> = self.members.keys().copied().collect();
        self.chance.one(&members)
    }

    /// Any branch that stands, the top committee seldom.
    fn a_branch(&mut self) -> Option<BranchId> {
        let branches: Vec<_> = self.branches.keys().copied().collect();
        if self.chance.percent(8) { Some(BranchId::root()) } else { self.chance.one(&branches) }
    }

    /// One or more branches, the top committee among them.
    fn some_branches(&mut self, most: usize) -> Vec<BranchId> {
        let branches: Vec<_> = self.branches.keys().copied().chain([BranchId::root()]).collect();
        let wanted = 1 + usize::try_from(self.chance.below(most as u64)).unwrap_or_default();
        self.chance.some(&branches, wanted)
    }

    fn some_members(&mut self, most: usize) -> Vec<MemberId> {
        let members: Vec<_> = self.members.keys().copied().collect();
        self.chance.some(&members, most)
    }

    /// Few different ones, so that there are ties.
    fn an_amount(&mut self, metric: &Metric) -> Amount {
        let tenths = self.chance.below(12) * 5;
        let text = match metric.unit.decimals() {
            0 => format!("{tenths}"),
            _ => format!("{tenths}.{}5", self.chance.below(2) * 5),
        };
        text.parse().expect("an amount")
    }

    /// A metric and one of its periods that are over.
    fn a_period(&mut self, kept_for: Subjects) -> Option<(Metric, Period)> {
        let mine = |metric: &&Metric| metric.subjects == kept_for || metric.subjects == Subjects::Both;
        let metrics: Vec<Metric> = self.metrics.iter().filter(mine).cloned().collect();
        let metric = self.chance.one(&metrics)?;
        let back = i64::try_from(1 + self.chance.below(2)).unwrap_or(1);
        let months = match metric.grain {
            Grain::Month => back,
            Grain::Quarter => 3 * back,
            Grain::Year => 12,
        };
        let grain = metric.grain;
        Some((metric, Period::holding(self.today() - months.months(), grain)))
    }

    fn register(&mut self) -> Option<Command> {
        let branch = self.a_branch()?;
        let post = if self.chance.percent(60) { Post::Cadre } else { Post::Staff };
        let on = if self.chance.percent(70) { date(2021, 6, 1) } else { self.lately() };
        let probation_until = self.chance.percent(40).then(|| on + 1.year());
        let member = MemberId(self.chance.id());
        Some(Command::Member(member, MemberCommand::Register { branch, post, on, probation_until }))
    }

    fn found_branch(&mut self) -> Option<Command> {
        let branch = BranchId(self.chance.id());
        let parent = self.a_branch().unwrap_or(BranchId::root());
        let name = self.title();
        Some(establish(branch, Some(parent), name.as_str()))
    }

    /// More chance, for whoever checks.
    pub fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }
}

fn metrics() -> Vec<Metric> {
    let metric = |code: &str, unit, direction, aggregation, grain, subjects| Metric {
        code: code.parse().expect("a code"),
        name: Title::new("name", code).expect("a title"),
        unit,
        direction,
        aggregation,
        grain,
        subjects,
    };
    let (higher, lower) = (Direction::HigherIsBetter, Direction::LowerIsBetter);
    vec![
        metric("premium", Unit::Yuan, higher, Aggregation::Sum, Grain::Month, Subjects::Both),
        metric("balance", Unit::Yuan, higher, Aggregation::DailyMean, Grain::Month, Subjects::Members),
        metric("complaints", Unit::Times, lower, Aggregation::Last, Grain::Quarter, Subjects::Both),
        metric("parcels", Unit::Pieces, higher, Aggregation::Sum, Grain::Year, Subjects::Branches),
        metric("balance_branch", Unit::Yuan, lower, Aggregation::DailyMean, Grain::Month, Subjects::Branches),
    ]
}
