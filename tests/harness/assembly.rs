//! A branch whose members are reviewed, with whoever it takes: a leader, two scrutineers; and what is said to its round.

use std::collections::BTreeMap;

use domain::branch::BranchCommand;
use domain::id::{BranchId, MemberId, RoundId};
use domain::round::{Count, Counts, Group, Preset, RoundCommand};
use domain::world::Command;
use infra::app::App;
use jiff::Timestamp;

use crate::crowd::{accepted, enrol, id, organisation};

/// The people of a round, and the round.
pub struct Assembly {
    /// The branch.
    pub branch: BranchId,
    /// Its members, six of them.
    pub people: Vec<MemberId>,
    /// A leader, from above.
    pub leader: MemberId,
    /// Two scrutineers, from above.
    pub scrutineers: [MemberId; 2],
    /// The round, of the first quarter of 2022.
    pub round: RoundId,
}

impl Assembly {
    /// Founds an organisation, adopts the default rules and drafts the round.
    pub async fn drafted(app: &App) -> Self {
        let branch = organisation(app, 1).await[0];
        let mut people = Vec::new();
        for number in 0..6 {
            people.push(member(app, &format!("p-{number}"), branch).await);
        }
        let root = BranchId::root();
        let leader = member(app, "l-0", root).await;
        let scrutineers = [member(app, "s-0", root).await, member(app, "s-1", root).await];
        let rules = Command::Branch(root, BranchCommand::AdoptRules(Box::new(Preset::Default.rules())));
        accepted(app, "rules", rules).await;
        let assembly = Self { branch, people, leader, scrutineers, round: RoundId(id("round")) };
        let period = "2022-Q1".parse().expect("a quarter");
        let draft = RoundCommand::Draft { branches: vec![branch], period, rules_version: 1 };
        accepted(app, "draft", assembly.asks(draft)).await;
        assembly
    }

    /// A command to the round.
    #[must_use]
    pub fn asks(&self, command: RoundCommand) -> Command {
        Command::Round(self.round, command)
    }

    /// Opens it for the leader alone.
    #[must_use]
    pub fn open_to_leaders(&self, closes_at: Timestamp) -> Command {
        let (leaders, scrutineers, without) = (vec![self.leader], vec![], vec![Group::Peer, Group::Public]);
        self.asks(RoundCommand::Open { closes_at, leaders, scrutineers, without })
    }

    /// Opens it for every group.
    #[must_use]
    pub fn open(&self, closes_at: Timestamp) -> Command {
        let (leaders, scrutineers) = (vec![self.leader], self.scrutineers.to_vec());
        self.asks(RoundCommand::Open { closes_at, leaders, scrutineers, without: vec![] })
    }

    /// The leader marks somebody alike in everything.
    #[must_use]
    pub fn mark(&self, member: MemberId, mark: &str) -> Command {
        let mark = || mark.parse().expect("a mark");
        let marks = ["duty", "contests"].map(|code| (code.parse().expect("a code"), mark())).into();
        self.asks(RoundCommand::GiveLeaderReview { reviewer: self.leader, member, marks, comment: None })
    }

    /// A scrutineer's count on somebody: so many excellent, the others of `all` qualified, in every dimension.
    #[must_use]
    pub fn count(&self, group: Group, member: MemberId, scrutineer: MemberId, excellent: u32, all: u32) -> Command {
        let dimensions: &[&str] = match group {
            Group::Peer => &["politics", "discipline", "part"],
            Group::Public => &["service"],
            Group::Leader => &[],
        };
        let grades = BTreeMap::from([("excellent", excellent), ("qualified", all - excellent)]);
        let grades = grades.into_iter().map(|(grade, count)| (grade.parse().expect("a code"), count)).collect();
        let count = Count { grades, ..Count::default() };
        let counts: Counts = dimensions.iter().map(|code| (code.parse().expect("a code"), count.clone())).collect();
        self.asks(RoundCommand::CountPaper { group, member, scrutineer, counts })
    }
}

async fn member(app: &App, name: &str, branch: BranchId) -> MemberId {
    enrol(app, name, branch).await.expect("the member is registered").0
}
