//! An organisation to write into, and commands that many writers send at once.

use domain::branch::BranchCommand;
use domain::id::{BranchId, ContestId, MemberId, ResultId, TeamId, TrainingId};
use domain::ledger::{Aggregation, Direction, Exactness, Metric, Report, Subjects, Unit};
use domain::member::{Level, MemberCommand, TeamMate};
use domain::period::{Grain, Period};
use domain::stream::Position;
use domain::text::{MetricCode, Sealed, Title};
use domain::world::Command;
use graphql::ports::{Accepted, SendError};
use infra::app::App;
use uuid::Uuid;

use crate::speak::{DAY, establish, found_root, office, person, register};

/// Sends a command of the office.
///
/// # Errors
/// [`SendError`].
pub async fn send(app: &App, id: &str, command: Command) -> Result<Accepted, SendError> {
    app.commands.send(&office(id), command, None).await
}

/// Sends a command that must be accepted.
pub async fn accepted(app: &App, id: &str, command: Command) -> Position {
    send(app, id, command).await.unwrap_or_else(|error| panic!("{id} is accepted: {error}")).position
}

/// Registers a new member of a name made of the id; the staff number too.
///
/// # Errors
/// [`SendError`].
pub async fn enrol(app: &App, id: &str, branch: BranchId) -> Result<(MemberId, Accepted), SendError> {
    let member = MemberId(app.commands.mint(&office(id), "member"));
    let accepted = app.commands.send(&office(id), register(member, branch), Some(person(id))).await?;
    Ok((member, accepted))
}

/// Founds the top committee, a metric `visits` for members, and branches under the committee.
pub async fn organisation(app: &App, branches: usize) -> Vec<BranchId> {
    accepted(app, "root", found_root()).await;
    accepted(app, "metric", define("visits")).await;
    let mut founded = Vec::new();
    for number in 0..branches {
        let id = format!("branch-{number}");
        let branch = BranchId(app.commands.mint(&office(&id), "branch"));
        accepted(app, &id, establish(branch, Some(BranchId::root()), &format!("第{number}支部"))).await;
        founded.push(branch);
    }
    founded
}

/// The ids of the commands that [`organisation`] sends.
#[must_use]
pub fn founding(branches: usize) -> Vec<String> {
    let named = ["root", "metric"].map(str::to_owned).into_iter();
    named.chain((0..branches).map(|number| format!("branch-{number}"))).collect()
}

/// An id that is the same for the same words.
#[must_use]
pub fn id(words: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, words.as_bytes())
}

/// A text as it stands in an event, where sealing is not what is tested.
#[must_use]
pub fn text() -> Sealed {
    Sealed("v1.none.none".into())
}

/// Defines a metric that counts, by month, for members.
#[must_use]
pub fn define(code: &str) -> Command {
    let metric = Metric {
        code: code.parse::<MetricCode>().expect("a code"),
        name: Title::new("name", code).expect("a title"),
        unit: Unit::Times,
        direction: Direction::HigherIsBetter,
        aggregation: Aggregation::Sum,
        grain: Grain::Month,
        subjects: Subjects::Members,
    };
    Command::Branch(BranchId::root(), BranchCommand::DefineMetric(metric))
}

/// Moves a member.
#[must_use]
pub fn transfer(member: MemberId, to: BranchId) -> Command {
    Command::Member(member, MemberCommand::Transfer { to, on: DAY, reason: text() })
}

/// Takes a member off duty.
#[must_use]
pub fn suspend(member: MemberId) -> Command {
    Command::Member(member, MemberCommand::Suspend { on: DAY, reason: text() })
}

/// Puts a member back on duty.
#[must_use]
pub fn reinstate(member: MemberId) -> Command {
    Command::Member(member, MemberCommand::Reinstate { on: DAY, reason: text() })
}

/// Closes a branch.
#[must_use]
pub fn close(branch: BranchId) -> Command {
    Command::Branch(branch, BranchCommand::Close { on: DAY, reason: text() })
}

/// Renames a branch.
#[must_use]
pub fn rename(branch: BranchId, name: &str) -> Command {
    let name = Title::new("name", name).expect("a title");
    Command::Branch(branch, BranchCommand::Rename { name, on: DAY })
}

/// Reports a member's result for a month of 2022.
#[must_use]
pub fn result(member: MemberId, month: i32, value: &str) -> Command {
    Command::Member(
        member,
        MemberCommand::ReportResult(Report {
            result: ResultId(id(&format!("{member} {month}"))),
            metric: "visits".parse().expect("a code"),
            period: Period::month_of(2022, month).expect("a month"),
            value: value.parse().expect("an amount"),
            exactness: Exactness::Exact,
        }),
    )
}

/// Holds a training session in a branch.
#[must_use]
pub fn training(branch: BranchId, words: &str, attendees: Vec<MemberId>) -> Command {
    let training = TrainingId(id(words));
    Command::Branch(branch, BranchCommand::HoldTraining { training, on: DAY, topic: text(), minutes: 340, attendees })
}

/// Places a team in a contest: one event on each member's stream.
#[must_use]
pub fn contest(member: MemberId, words: &str, team_mates: Vec<MemberId>) -> Command {
    let contest = ContestId(id(words));
    let (title, level) = (text(), Level::City);
    let (team, place) = (TeamId(id(words)), 1);
    let team_mates = team_mates.into_iter().map(|member| TeamMate { member, title: text() }).collect();
    Command::Member(member, MemberCommand::PlaceInContest { contest, on: DAY, title, level, place, team, team_mates })
}
