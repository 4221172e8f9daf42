//! A large round: 500 people and 20,000 events; how long a command on it takes, beside one on a member.

use std::sync::Arc;

use domain::amount::Amount;
use domain::branch::BranchCommand;
use domain::id::{BranchId, MemberId, RoundId};
use domain::member::Member;
use domain::period::{Grain, Period, Zone};
use domain::round::{Group, Preset, RoundCommand};
use domain::stream::StreamKind;
use domain::world::{Command, State};
use graphql::ports::Commands;
use harness::speak::office;
use infra::postgres::Cluster;
use jiff::ToSpan;
use tokio::task::JoinSet;

use crate::Failure;
use crate::ours::Ours;
use crate::rate::Rate;
use crate::table::Table;

/// How many people are reviewed.
const PEOPLE: usize = 500;
/// How many leaders review each of them, and how often, so that the round has 20,000 events.
const LEADERS: usize = 5;
const TIMES: usize = 8;
/// How many reviews are under way at once while the round is filled.
const AT_ONCE: usize = 32;

/// Fills the round and measures.
pub async fn measure(cluster: &Cluster) -> Result<Table, Failure> {
    let ours = Ours::start(cluster, "bench_round").await?;
    let round = Round::open(&ours).await?;
    round.fill().await?;
    ours.caught_up().await?;
    let on_round = round.reviewed_again().await?;
    let on_members = ours.spread(1).await?;
    let title = format!("A round of {PEOPLE} people with {} events, one command at a time", PEOPLE * LEADERS * TIMES);
    let mut table = Table::new(&title, &["commands on", "commands /s", "p99 ms", "round : this"]);
    for (name, rate) in [("the round", &on_round), ("members", &on_members)] {
        table.row(vec![name.into(), rate.per_second().to_string(), rate.p99_millis(), on_round.ratio(rate)]);
    }
    ours.stop().await;
    Ok(table)
}

/// A round under way.
pub struct Round {
    id: RoundId,
    commands: Arc<dyn Commands>,
    leaders: Arc<Vec<MemberId>>,
    people: Arc<Vec<MemberId>>,
}

impl Round {
    /// Over as many branches as have the people, with leaders and scrutineers from another one.
    pub async fn open(ours: &Ours) -> Result<Self, Failure> {
        let commands: Arc<dyn Commands> = ours.app.commands.clone();
        let (mut branches, mut people, mut others) = (vec![], vec![], vec![]);
        for member in ours.members().iter() {
            let branch = branch_of(ours, *member).await?;
            match branches.contains(&branch) || branches.len() < 10 {
                true => people.push(*member),
                false => others.push(*member),
            }
            if people.last() == Some(member) && !branches.contains(&branch) {
                branches.push(branch);
            }
        }
        people.truncate(PEOPLE);
        let (leaders, rest) = others.split_at(LEADERS);
        let rules = BranchCommand::AdoptRules(Box::new(Preset::Default.rules()));
        commands.send(&office("rules"), Command::Branch(BranchId::root(), rules), None).await?;
        let id = RoundId(commands.mint(&office("round"), "round"));
        let now = ours.app.executor.now();
        let period = Period::holding(Zone::default().date_at(now), Grain::Quarter);
        let draft = RoundCommand::Draft { branches, period, rules_version: 1 };
        commands.send(&office("draft"), Command::Round(id, draft), None).await?;
        let (leaders, scrutineers) = (leaders.to_vec(), rest[..2].to_vec());
        let without: Vec<Group> = vec![];
        let open = RoundCommand::Open { closes_at: now + 48.hours(), leaders: leaders.clone(), scrutineers, without };
        commands.send(&office("open"), Command::Round(id, open), None).await?;
        Ok(Self { id, commands, leaders: Arc::new(leaders), people: Arc::new(people) })
    }

    /// Its leaders review until it has its events.
    pub async fn fill(&self) -> Result<(), Failure> {
        let mut tasks = JoinSet::new();
        for start in 0..AT_ONCE {
            let (commands, id) = (Arc::clone(&self.commands), self.id);
            let (leaders, people) = (Arc::clone(&self.leaders), Arc::clone(&self.people));
            tasks.spawn(async move {
                for number in (start..PEOPLE * LEADERS * TIMES).step_by(AT_ONCE) {
                    let command = review(id, &leaders, &people, number)?;
                    commands.send(&office(&format!("fill-{number}")), command, None).await?;
                }
                Ok::<_, Failure>(())
            });
        }
        while let Some(filled) = tasks.join_next().await {
            filled??;
        }
        Ok(())
    }

    /// Which round.
    pub fn id(&self) -> RoundId {
        self.id
    }

    async fn reviewed_again(&self) -> Result<Rate, Failure> {
        let (commands, id) = (Arc::clone(&self.commands), self.id);
        let (leaders, people) = (Arc::clone(&self.leaders), Arc::clone(&self.people));
        Rate::of(1, move |number| {
            let (commands, leaders, people) = (Arc::clone(&commands), Arc::clone(&leaders), Arc::clone(&people));
            async move {
                let command = review(id, &leaders, &people, usize::try_from(number)?)?;
                commands.send(&office(&format!("again-{number}")), command, None).await?;
                Ok(())
            }
        })
        .await
    }
}

async fn branch_of(ours: &Ours, member: MemberId) -> Result<BranchId, Failure> {
    let (state, _) = ours.app.executor.loader().load(member.into(), None).await?;
    match state.as_ref() {
        State::Member(member) => Member::branch(member).ok_or_else(|| "a member on the roster".into()),
        State::Branch(_) | State::Round(_) => Err(format!("{} is no {}", member, StreamKind::Member.name()).into()),
    }
}

fn review(id: RoundId, leaders: &[MemberId], people: &[MemberId], number: usize) -> Result<Command, Failure> {
    let (reviewer, member) = (leaders[number % leaders.len()], people[number / leaders.len() % people.len()]);
    let mark = |mark: usize| mark.to_string().parse::<Amount>();
    let marks = [("duty".parse()?, mark(60 + number % 40)?), ("contests".parse()?, mark(60 + number % 37)?)].into();
    Ok(Command::Round(id, RoundCommand::GiveLeaderReview { reviewer, member, marks, comment: None }))
}
