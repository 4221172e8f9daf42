//! One test per rule of a round; here the branches and people they happen to, and a quarter played step by step.

mod appealing;
mod closing;
mod deciding;
mod ending;
mod lengths;
mod opening;
mod paper;
mod planning;
mod publishing;
mod reports;
mod reviewing;
mod rules;
mod tallying;
mod toil;
mod whatif;
mod worked;
mod yearly;

use jiff::civil::{Date, date};
use uuid::Uuid;

use super::*;
use crate::amount::Amount;
use crate::branch::{BranchEvent, BranchKind};
use crate::event::Event;
use crate::id::{ActorId, AppealId, BranchId, MemberId, RoundId};
use crate::member::{MemberEvent, Post};
use crate::period::{Moment, Period, Zone};
use crate::stream::StreamId;
use crate::testing::{Given, Outcome, given};
use crate::text::{Sealed, Title};
use crate::world::{Command, State, States};

type Happened = (StreamId, Event);

const EAST: BranchId = BranchId(Uuid::from_u128(0xE));
const WEST: BranchId = BranchId(Uuid::from_u128(0xF));
/// Leaders, of the top committee.
const LI: MemberId = MemberId(Uuid::from_u128(0xA1));
const MA: MemberId = MemberId(Uuid::from_u128(0xA2));
/// Scrutineers, of the top committee.
const SU: MemberId = MemberId(Uuid::from_u128(0xA3));
const TAN: MemberId = MemberId(Uuid::from_u128(0xA4));
/// The first of East.
const ANA: MemberId = east(1);
const BO: MemberId = east(2);
const NOBODY: MemberId = MemberId(Uuid::from_u128(0xA9));
const ROUND: RoundId = RoundId(Uuid::from_u128(0x91));
const OTHER: RoundId = RoundId(Uuid::from_u128(0x92));
const APPEAL: AppealId = AppealId(Uuid::from_u128(0xAA));

const MARCH: Date = date(2022, 3, 1);
const DRAFTING: &str = "2022-07-01T01:00:00Z";
const OPENING: &str = "2022-09-26T01:00:00Z";
const VOTING: &str = "2022-09-27T01:00:00Z";
/// Midnight of the organisation's zone.
const CLOSES: &str = "2022-09-30T16:00:00Z";
/// A Monday.
const AFTER: &str = "2022-10-10T01:00:00Z";

/// The so manyth of East; the branch has seven formal members.
const fn east(number: u128) -> MemberId {
    MemberId(Uuid::from_u128(0xE00 + number))
}

/// The so manyth of West; the branch has four.
const fn west(number: u128) -> MemberId {
    MemberId(Uuid::from_u128(0xF00 + number))
}

fn moment(instant: &str) -> Moment {
    Moment::new(instant.parse().expect("an instant"), &Zone::default())
}

fn instant(text: &str) -> jiff::Timestamp {
    text.parse().expect("an instant")
}

fn q3() -> Period {
    "2022-Q3".parse().expect("a quarter")
}

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

fn code(text: &str) -> Code {
    text.parse().expect("a code")
}

fn sealed(text: &str) -> Sealed {
    Sealed(text.to_owned())
}

fn actor(name: &str) -> ActorId {
    ActorId(name.to_owned())
}

fn at(branch: BranchId, event: BranchEvent) -> Happened {
    (branch.into(), event.into())
}

fn of(member: MemberId, event: MemberEvent) -> Happened {
    (member.into(), event.into())
}

fn in_round(event: RoundEvent) -> Happened {
    (ROUND.into(), event.into())
}

fn established(branch: BranchId, parent: Option<BranchId>) -> Happened {
    let name = Title::new("name", "Branch").expect("a plain title");
    at(branch, BranchEvent::Established { kind: BranchKind::Branch, parent, name, on: date(2021, 1, 1) })
}

fn joined(member: MemberId, branch: BranchId, probation_until: Option<Date>) -> [Happened; 2] {
    let event = MemberEvent::Registered { branch, post: Post::Staff, on: MARCH, probation_until };
    [of(member, event), at(branch, BranchEvent::MemberJoined { member, on: MARCH })]
}

fn moved(member: MemberId, from: BranchId, to: BranchId, on: Date) -> [Happened; 3] {
    [
        of(member, MemberEvent::Transferred { from, to, on, reason: sealed("nearer home") }),
        at(from, BranchEvent::MemberDeparted { member, on }),
        at(to, BranchEvent::MemberJoined { member, on }),
    ]
}

fn left(member: MemberId, branch: BranchId, on: Date) -> [Happened; 2] {
    [
        of(member, MemberEvent::Left { branch, on, reason: sealed("moved away") }),
        at(branch, BranchEvent::MemberDeparted { member, on }),
    ]
}

fn suspended(member: MemberId, on: Date) -> Happened {
    of(member, MemberEvent::Suspended { on, reason: sealed("inquiry") })
}

fn adopted(version: u32, rules: Rules) -> Happened {
    at(BranchId::root(), BranchEvent::RulesAdopted { version, rules })
}

/// Leaders and scrutineers at the top, seven in East, four in West; version 1 of the rules are the defaults, version 2
/// gives the weight of a missing group to the others.
fn house() -> Play {
    let root = BranchId::root();
    let top = [LI, MA, SU, TAN].into_iter().flat_map(|member| joined(member, root, None));
    let seven = (1..=7).flat_map(|number| joined(east(number), EAST, None));
    let four = (1..=4).flat_map(|number| joined(west(number), WEST, None));
    let rules = [adopted(1, Preset::Default.rules()), adopted(2, Preset::Renormalise.rules())];
    let tree = given([established(root, None), established(EAST, Some(root)), established(WEST, Some(root))]);
    Play(tree.and(top).and(seven).and(four).and(rules))
}

/// The house with other rules as version 3.
fn house_under(rules: Rules) -> Play {
    house().and([adopted(3, rules)])
}

/// What happens, one command after the other.
#[derive(Clone)]
struct Play(Given);

impl Play {
    fn and(self, events: impl IntoIterator<Item = Happened>) -> Self {
        Self(self.0.and(events))
    }

    /// Asks for something at an instant, of a round.
    fn asks_of(&self, round: RoundId, at: &str, by: &str, command: RoundCommand) -> Outcome {
        self.0.clone().at(at).by(by).when(Command::Round(round, command))
    }

    fn asks(&self, at: &str, command: RoundCommand) -> Outcome {
        self.asks_of(ROUND, at, "office", command)
    }

    fn asks_by(&self, by: &str, at: &str, command: RoundCommand) -> Outcome {
        self.asks_of(ROUND, at, by, command)
    }

    /// Asks, is not refused, and goes on from there.
    fn does(self, at: &str, command: RoundCommand) -> Self {
        self.does_by("office", at, command)
    }

    fn does_by(self, by: &str, at: &str, command: RoundCommand) -> Self {
        let events = self.asks_by(by, at, command).events();
        self.and(events)
    }

    fn round(&self) -> &Round {
        match self.0.state(ROUND.into()) {
            Some(State::Round(round)) => round,
            other => panic!("a round, but was {other:?}"),
        }
    }

    /// The proposal or decision, opened.
    fn proposal(&self) -> proposal::Proposal {
        let (_, plain) = self.round().proposal().expect("a proposal").0.split_once('|').expect("label|text");
        serde_json::from_str(plain).expect("a proposal")
    }

    fn proposed(&self, member: MemberId) -> MemberResult {
        self.proposal().results.remove(&member).expect("a result")
    }

    fn published(&self, member: MemberId) -> MemberResult {
        self.round().result(member).expect("a published result").clone()
    }
}

fn draft(branches: &[BranchId], rules_version: u32) -> RoundCommand {
    RoundCommand::Draft { branches: branches.to_vec(), period: q3(), rules_version }
}

fn open_without(without: &[Group]) -> RoundCommand {
    let leaders = if without.contains(&Group::Leader) { vec![] } else { vec![LI, MA] };
    RoundCommand::Open { closes_at: instant(CLOSES), leaders, scrutineers: vec![SU, TAN], without: without.to_vec() }
}

fn open() -> RoundCommand {
    open_without(&[])
}

/// East's quarter, open under a version of the rules.
fn opened_under(rules_version: u32) -> Play {
    house().does(DRAFTING, draft(&[EAST], rules_version)).does(OPENING, open())
}

fn opened() -> Play {
    opened_under(1)
}

fn marks(marks: &[(&str, &str)]) -> Marks {
    marks.iter().map(|(dimension, mark)| (code(dimension), amount(mark))).collect()
}

fn leader_review(reviewer: MemberId, member: MemberId, given: &[(&str, &str)]) -> RoundCommand {
    RoundCommand::GiveLeaderReview { reviewer, member, marks: marks(given), comment: None }
}

/// The marks of the worked example.
fn marked(play: Play, member: MemberId) -> Play {
    play.does(VOTING, leader_review(LI, member, &[("duty", "90"), ("contests", "80")]))
        .does(VOTING, leader_review(MA, member, &[("duty", "85"), ("contests", "95")]))
}

fn to_peer(member: MemberId) -> RoundCommand {
    RoundCommand::IssuePaper { group: Group::Peer, to: Some(member), count: 1 }
}

fn to_public(count: u32) -> RoundCommand {
    RoundCommand::IssuePaper { group: Group::Public, to: None, count }
}

/// Excellent, qualified, basically qualified, not qualified, and "do not know".
fn count([excellent, qualified, basically, not, unknown]: [u32; 5]) -> Count {
    let named = [
        ("excellent", excellent),
        ("qualified", qualified),
        ("basically_qualified", basically),
        ("not_qualified", not),
    ];
    let grades = named.into_iter().map(|(grade, count)| (code(grade), count)).collect();
    Count { grades, unknown, invalid: 0 }
}

fn peer_counts(politics: [u32; 5], discipline: [u32; 5], part: [u32; 5]) -> Counts {
    let counts = [("politics", politics), ("discipline", discipline), ("part", part)];
    counts.into_iter().map(|(dimension, counts)| (code(dimension), count(counts))).collect()
}

fn public_counts(service: [u32; 5]) -> Counts {
    [(code("service"), count(service))].into()
}

/// The members' answers of the worked example.
fn example_peers() -> Counts {
    peer_counts([4, 2, 0, 0, 0], [3, 2, 0, 0, 1], [2, 3, 1, 0, 0])
}

/// The public's answers of the worked example.
fn example_public() -> Counts {
    public_counts([5, 2, 0, 1, 0])
}

fn counted_by(scrutineer: MemberId, group: Group, member: MemberId, counts: Counts) -> RoundCommand {
    RoundCommand::CountPaper { group, member, scrutineer, counts }
}

/// Both scrutineers count the same.
fn counted(play: Play, group: Group, member: MemberId, counts: &Counts) -> Play {
    play.does(CLOSES, counted_by(SU, group, member, counts.clone()))
        .does(CLOSES, counted_by(TAN, group, member, counts.clone()))
}

fn returned(group: Group, returned: u32, blank: u32) -> RoundCommand {
    RoundCommand::ReturnPaper { group, returned, blank }
}

/// Everybody of East holds a ballot, and so do eight of the public.
fn issued(play: Play) -> Play {
    (1..=7).fold(play, |play, number| play.does(VOTING, to_peer(east(number)))).does(VOTING, to_public(8))
}

/// Everybody of East is counted as in the worked example.
fn all_counted(play: Play, group: Group, counts: &Counts) -> Play {
    (1..=7).fold(play, |play, number| counted(play, group, east(number), counts))
}

/// The worked example, for everybody, up to the close.
fn before_close(rules_version: u32) -> Play {
    let play = issued((1..=7).fold(opened_under(rules_version), |play, number| marked(play, east(number))));
    let play = play.does(CLOSES, returned(Group::Peer, 7, 0)).does(CLOSES, returned(Group::Public, 8, 0));
    all_counted(all_counted(play, Group::Peer, &example_peers()), Group::Public, &example_public())
}

fn closed() -> Play {
    before_close(1).does(CLOSES, RoundCommand::Close)
}

fn tally() -> RoundCommand {
    RoundCommand::Tally { rounds: vec![] }
}

fn tallied() -> Play {
    closed().does(AFTER, tally())
}

fn as_proposed() -> RoundCommand {
    RoundCommand::DecideGrades { given: vec![] }
}

fn decided() -> Play {
    tallied().does(AFTER, as_proposed())
}

fn published() -> Play {
    decided().does(AFTER, RoundCommand::Publish)
}

fn wrong_stage(stage: Stage, needed: Stage) -> RoundRefusal {
    RoundRefusal::WrongStage { round: ROUND, stage, needed }
}

fn score(text: &str) -> Option<Amount> {
    Some(amount(text))
}
