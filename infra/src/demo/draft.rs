//! Commands of the demo in the order of their instants, before their free texts are sealed.

use std::collections::BTreeMap;

use domain::branch::BranchCommand;
use domain::id::{ActorId, BranchId, MemberId, RoundId};
use domain::member::MemberCommand;
use domain::period::Zone;
use domain::person::Person;
use domain::round::RoundCommand;
use domain::text::Sealed;
use domain::world::Command;
use graphql::ports::Asker;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

/// Who loads the demo.
pub const LOADER: &str = "demo";
/// Who confirms what the loader reported.
pub const CONFIRMER: &str = "demo-confirmer";

/// The committee, which decides grades and approves what another asked for.
pub const COMMITTEE: &str = "demo-committee";
/// Who answers appeals: not who decided.
pub const APPEALS: &str = "demo-appeals";
/// What a time limit does by itself.
pub const DEADLINE: &str = "deadline";

/// A free text: the field it goes into, and its words.
pub type Words = (&'static str, String);

type Make = Box<dyn Fn(Vec<Sealed>) -> Command + Send + Sync>;

/// A command without its id.
pub struct Act {
    actor: &'static str,
    words: Vec<(Uuid, Words)>,
    person: Option<Person>,
    make: Make,
}

impl Act {
    fn new(subject: Uuid, words: Vec<Words>, make: Make) -> Self {
        let words = words.into_iter().map(|words| (subject, words)).collect();
        Self { actor: LOADER, words, person: None, make }
    }

    /// A member's, without a free text.
    pub fn member(member: MemberId, command: MemberCommand) -> Self {
        Self::new(member.0, vec![], Box::new(move |_| Command::Member(member, command.clone())))
    }

    /// A branch's, without a free text.
    pub fn branch(branch: BranchId, command: BranchCommand) -> Self {
        Self::new(branch.0, vec![], Box::new(move |_| Command::Branch(branch, command.clone())))
    }

    /// A member's, with free texts.
    pub fn member_saying<const N: usize>(
        member: MemberId,
        words: [Words; N],
        make: impl Fn([Sealed; N]) -> MemberCommand + Send + Sync + 'static,
    ) -> Self {
        Self::new(member.0, words.into(), Box::new(move |texts| Command::Member(member, make(all(texts)))))
    }

    /// The first one's of a team, with a free text under the key of each.
    pub fn team_saying(
        team: &[MemberId],
        words: &Words,
        make: impl Fn(Vec<Sealed>) -> MemberCommand + Send + Sync + 'static,
    ) -> Self {
        let first = team[0];
        let words = team.iter().map(|member| (member.0, words.clone())).collect();
        let make = Box::new(move |texts| Command::Member(first, make(texts)));
        Self { actor: LOADER, words, person: None, make }
    }

    /// A branch's, with free texts.
    pub fn branch_saying<const N: usize>(
        branch: BranchId,
        words: [Words; N],
        make: impl Fn([Sealed; N]) -> BranchCommand + Send + Sync + 'static,
    ) -> Self {
        Self::new(branch.0, words.into(), Box::new(move |texts| Command::Branch(branch, make(all(texts)))))
    }

    /// A round's, without a free text.
    pub fn round(round: RoundId, command: RoundCommand) -> Self {
        Self::new(round.0, vec![], Box::new(move |_| Command::Round(round, command.clone())))
    }

    /// A round's, with free texts, each with the subject under whose key it is.
    pub fn round_saying<const N: usize>(
        round: RoundId,
        words: [(Uuid, Words); N],
        make: impl Fn([Sealed; N]) -> RoundCommand + Send + Sync + 'static,
    ) -> Self {
        Self::round_reasoning(round, words.into(), move |texts| make(all(texts)))
    }

    /// A round's, with as many free texts as it takes.
    pub fn round_reasoning(
        round: RoundId,
        words: Vec<(Uuid, Words)>,
        make: impl Fn(Vec<Sealed>) -> RoundCommand + Send + Sync + 'static,
    ) -> Self {
        let make = Box::new(move |texts| Command::Round(round, make(texts)));
        Self { actor: LOADER, words, person: None, make }
    }

    /// With the person's record beside it.
    pub fn with(self, person: Person) -> Self {
        Self { person: Some(person), ..self }
    }

    /// Asked by somebody else.
    pub fn by(self, actor: &'static str) -> Self {
        Self { actor, ..self }
    }
}

fn all<const N: usize>(texts: Vec<Sealed>) -> [Sealed; N] {
    texts.try_into().expect("as many texts are sealed as were said")
}

/// A command with its id.
pub struct Draft {
    id: String,
    act: Act,
}

impl Draft {
    /// The command's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Who asks.
    #[must_use]
    pub fn asker(&self) -> Asker {
        Asker { actor: ActorId(self.act.actor.into()), command_id: self.id.clone(), correlation: "demo-2022".into() }
    }

    /// The free texts to be sealed, each with the subject under whose key it is.
    #[must_use]
    pub fn words(&self) -> &[(Uuid, Words)] {
        &self.act.words
    }

    /// The person's record beside it.
    #[must_use]
    pub fn person(&self) -> Option<Person> {
        self.act.person.clone()
    }

    /// The command, with its free texts sealed, as many as there are words.
    #[must_use]
    pub fn command(&self, texts: Vec<Sealed>) -> Command {
        (self.act.make)(texts)
    }

    /// The command with its free texts left open, to look at.
    #[must_use]
    pub fn unsealed(&self) -> Command {
        self.command(self.act.words.iter().map(|(_, (_, text))| Sealed(text.clone())).collect())
    }
}

/// Commands of one instant, which may run at once.
pub struct Step {
    /// When they are sent.
    pub at: Timestamp,
    /// What is sent.
    pub drafts: Vec<Draft>,
}

/// The hours of a day at which commands are sent, in order, as minutes after midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hour {
    /// What is done at the top of the tree.
    Top = 480,
    /// One level below.
    Second = 490,
    /// And below that.
    Third = 500,
    /// Who is on the roster.
    Roster = 540,
    /// What outlets there are.
    Outlets = 570,
    /// Plans and bases.
    Plans = 580,
    /// What happens in the course of the day.
    Day = 600,
    /// Results.
    Books = 870,
    /// Competitions.
    Boards = 1020,
    /// The last thing.
    Close = 1080,
}

/// The commands of the year by instant.
pub struct Timeline {
    zone: Zone,
    steps: BTreeMap<Timestamp, Vec<Draft>>,
    numbers: BTreeMap<&'static str, u32>,
}

impl Timeline {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { zone: Zone::default(), steps: BTreeMap::new(), numbers: BTreeMap::new() }
    }

    /// Adds the next command of a kind. It is made of an id for the thing it is about, which is answered.
    pub fn plan(&mut self, day: Date, hour: Hour, kind: &'static str, act: impl FnOnce(Uuid) -> Act) -> Uuid {
        let number = self.numbers.entry(kind).or_default();
        *number += 1;
        let (thing, id) = (id_of(kind, *number), format!("demo-2022/{kind}/{number}"));
        let at = self.zone.start_of(day) + (hour as i64).minutes();
        self.steps.entry(at).or_default().push(Draft { id, act: act(thing) });
        thing
    }

    /// What is planned so far, in order, with its free texts left open.
    pub fn commands(&self) -> impl Iterator<Item = Command> {
        self.steps.values().flatten().map(Draft::unsealed)
    }

    /// The steps in order.
    #[must_use]
    pub fn into_steps(self) -> Vec<Step> {
        self.steps.into_iter().map(|(at, drafts)| Step { at, drafts }).collect()
    }
}

/// The id of the n-th thing of a kind.
#[must_use]
pub fn id_of(kind: &str, number: u32) -> Uuid {
    let space = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"urn:sanping:demo:2022");
    Uuid::new_v5(&space, format!("{kind}/{number}").as_bytes())
}
