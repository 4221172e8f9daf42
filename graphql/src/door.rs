//! The way in of a command: who asks under which id, may they, what is meant; then one command is sent.
//!
//! # Invariants
//! - A command cannot be sent without the policy: what is sent is made of a [`MemberSubject`], a [`BranchSubject`] or a
//!   [`RoundSubject`], and only the door makes those, after asking.
//! - A refusal is data; only an accident is an error.

mod accounts;
mod each;
mod planning;
mod rounds;
mod sight;
mod year;

use std::future::Future;
use std::str::FromStr;
use std::sync::Arc;

use async_graphql::{Context, ID};
use domain::branch::BranchCommand;
use domain::id::{ActorId, BranchId, MemberId};
use domain::member::MemberCommand;
use domain::person::Person;
use domain::stream::Position;
use domain::text::Sealed;
use domain::world::Command;
use futures_util::future::try_join_all;
use uuid::Uuid;

use crate::fault::{Fault, Result};
use crate::policy::{Action, Resource, Verdict};
use crate::ports::{Accepted, Asker, Commands, SendError};
use crate::refusal::{Outcome, Refusal};
use crate::session::Session;
use crate::{input, scalar};

pub use each::{AskEach, Part, through_each};
pub use planning::PlannedRound;
pub use rounds::RoundSubject;
use sight::Sight;

/// Why a command stops at the door.
#[derive(Debug)]
pub enum Halt {
    /// Refused, by the door or by a rule.
    Refused(Refusal),
    /// No answer.
    Fault(Fault),
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<domain::refusal::Refusal> for Halt {
    fn from(refusal: domain::refusal::Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<SendError> for Halt {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Refused(refusal) => refusal.into(),
            SendError::IdReused { command_id } => Refusal::id_reused(&command_id).into(),
            SendError::Contended { attempts } => Refusal::contended(attempts).into(),
            SendError::NewerBuild { stream, event, build } => {
                Refusal::newer_build(stream, &event, build.as_deref()).into()
            }
            SendError::Moved { stream, since, position } => Refusal::moved(stream, since, position).into(),
            SendError::NewerType { event, build } => Refusal::newer_type(&event, &build).into(),
            SendError::KeyGone { subject } => Refusal::key_gone(subject).into(),
            SendError::Failed(failure) => Self::Fault(failure.into()),
        }
    }
}

/// The ids a command comes under.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    /// The command's own.
    pub command: Option<String>,
    /// That of what it is part of.
    pub correlation: Option<String>,
    /// The position as of which what it is to was read, where it counts on that.
    pub unchanged_since: Option<scalar::Position>,
}

/// What comes under ids.
pub trait Under {
    /// The ids it comes under.
    fn ids(&self) -> Ids;
}

/// An input that asks for one command.
pub trait Ask: Under {
    /// Says what is meant, having asked the policy.
    fn put(self, door: &Door<'_>) -> impl Future<Output = Result<Asked, Halt>> + Send;
}

/// A command that may be sent.
#[derive(Debug)]
pub struct Asked {
    command: Command,
    person: Option<Person>,
    id: Uuid,
}

impl Asked {
    /// The answer names this id instead of the subject's: that of the new thing.
    #[must_use]
    pub fn naming(self, id: Uuid) -> Self {
        Self { id, ..self }
    }

    /// The person's record goes beside the log.
    #[must_use]
    pub fn with(self, person: Person) -> Self {
        Self { person: Some(person), ..self }
    }
}

/// A member that the asker may act on.
#[derive(Debug, Clone, Copy)]
pub struct MemberSubject(MemberId);

impl MemberSubject {
    /// Which member.
    #[must_use]
    pub fn id(self) -> MemberId {
        self.0
    }

    /// A command to it.
    #[must_use]
    pub fn asks(self, command: MemberCommand) -> Asked {
        Asked { command: Command::Member(self.0, command), person: None, id: self.0.0 }
    }
}

/// A branch that the asker may act on.
#[derive(Debug, Clone, Copy)]
pub struct BranchSubject(BranchId);

impl BranchSubject {
    /// Which branch.
    #[must_use]
    pub fn id(self) -> BranchId {
        self.0
    }

    /// A command to it.
    #[must_use]
    pub fn asks(self, command: BranchCommand) -> Asked {
        Asked { command: Command::Branch(self.0, command), person: None, id: self.0.0 }
    }
}

/// The door, held open for one command.
pub struct Door<'a> {
    commands: &'a dyn Commands,
    session: &'a Session,
    asker: Asker,
    since: Option<Position>,
}

impl Door<'_> {
    /// The id of the new thing a command names.
    #[must_use]
    pub fn mint<T: From<Minted>>(&self, label: &str) -> T {
        Minted(self.commands.mint(&self.asker, label)).into()
    }

    /// A free text, sealed under its subject's key; `field` names it in a refusal.
    ///
    /// # Errors
    /// `text.*`.
    pub async fn seal(&self, subject: Uuid, field: &str, text: &str) -> Result<Sealed, Halt> {
        Ok(self.commands.seal(&self.asker, subject, field, text).await?)
    }

    /// A free text that may be left out.
    ///
    /// # Errors
    /// As [`Door::seal`].
    pub async fn seal_some(&self, subject: Uuid, field: &str, text: Option<&str>) -> Result<Option<Sealed>, Halt> {
        match text {
            Some(text) => self.seal(subject, field, text).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same for each of these, under a key of their own, so that erasing one takes it from nobody else.
    ///
    /// # Errors
    /// As [`Door::seal`].
    pub async fn seal_each(&self, subjects: &[MemberSubject], field: &str, text: &str) -> Result<Vec<Sealed>, Halt> {
        let subjects: Vec<Uuid> = subjects.iter().map(|subject| subject.0.0).collect();
        Ok(self.commands.seal_each(&self.asker, &subjects, field, text).await?)
    }

    /// The member an input names, where the asker may do this to them.
    ///
    /// # Errors
    /// `input.bad_id`, `policy.denied`.
    pub async fn member(&self, field: &str, given: &ID, action: Action) -> Result<MemberSubject, Halt> {
        let member: MemberId = input::id(field, given)?;
        self.reaches_each(&[member], action).await?;
        Ok(MemberSubject(member))
    }

    /// The members an input names, where the asker may do this to each of them; they are looked up together.
    ///
    /// # Errors
    /// `input.bad_id`, `policy.denied`.
    pub async fn members(&self, field: &str, given: &[ID], action: Action) -> Result<Vec<MemberSubject>, Halt> {
        let members = given.iter().map(|given| input::id(field, given)).collect::<Result<Vec<MemberId>, _>>()?;
        self.reaches_each(&members, action).await?;
        Ok(members.into_iter().map(MemberSubject).collect())
    }

    /// Goes on only where the asker may do this to each of these.
    async fn reaches_each(&self, members: &[MemberId], action: Action) -> Result<(), Halt> {
        if self.reaches_all(action).await? {
            return Ok(());
        }
        for sight in Sight::BOTH {
            let at = self.at(sight).await?.position;
            let reached = members.iter().map(async |member| match self.session.member(*member, at).await? {
                Some(row) => self.allows(action, Resource::Member(*member, row.branch)).await,
                // An unknown member is nowhere, hence out of reach of whoever does not reach everywhere.
                None => Ok(false),
            });
            if try_join_all(reached).await?.into_iter().all(|reached| reached) {
                return Ok(());
            }
        }
        Err(denied(action))
    }

    /// The branch an input names, where the asker may do this to it.
    ///
    /// # Errors
    /// `input.bad_id`, `policy.denied`.
    pub async fn branch(&self, field: &str, given: &ID, action: Action) -> Result<BranchSubject, Halt> {
        let branch: BranchId = input::id(field, given)?;
        if self.reaches_all(action).await? {
            return Ok(BranchSubject(branch));
        }
        for sight in Sight::BOTH {
            self.at(sight).await?;
            if self.allows(action, Resource::Branch(branch)).await? {
                return Ok(BranchSubject(branch));
            }
        }
        Err(denied(action))
    }

    /// The top committee, where the asker may do this to the organisation as a whole.
    ///
    /// # Errors
    /// `policy.denied`.
    pub async fn organisation(&self, action: Action) -> Result<BranchSubject, Halt> {
        match self.reaches_all(action).await? {
            true => Ok(BranchSubject(BranchId::root())),
            false => Err(denied(action)),
        }
    }

    /// A member that does not exist yet, in a branch the asker reaches.
    #[must_use]
    pub fn new_member(&self, _into: BranchSubject) -> MemberSubject {
        MemberSubject(MemberId(self.commands.mint(&self.asker, "member")))
    }

    /// A branch that does not exist yet, under one the asker reaches.
    #[must_use]
    pub fn new_branch(&self, _under: BranchSubject) -> BranchSubject {
        BranchSubject(BranchId(self.commands.mint(&self.asker, "branch")))
    }

    async fn reaches_all(&self, action: Action) -> Result<bool> {
        self.allows(action, Resource::Organisation).await
    }

    async fn allows(&self, action: Action, resource: Resource) -> Result<bool> {
        Ok(self.session.verdict(action, resource).await? == Verdict::Allow)
    }
}

fn denied(action: Action) -> Halt {
    Refusal::denied(action).into()
}

/// An id fresh from the mint, on its way to being one of the domain's.
pub struct Minted(Uuid);

macro_rules! minted {
    ($($id:ident),* $(,)?) => {$(
        impl From<Minted> for domain::id::$id {
            fn from(minted: Minted) -> Self {
                Self(minted.0)
            }
        }
    )*};
}

minted! {
    OutletId, StandardId, InspectionId, ContactPointId, VisitId, BadgeCheckId, ServiceId, PlaqueId, CommitmentId,
    ResultId, CompetitionId, TrainingId, ThemeDayId, ContestId, TeamId, HonourId, ImprovementId, AppealId, TalkId,
    GrantId,
}

/// Takes a command through the door and answers with what came of it.
///
/// # Errors
/// [`Fault::Unauthenticated`], or an accident. Everything else is a refusal in the payload.
pub async fn through<A: Ask>(ctx: &Context<'_>, ask: A) -> Result<Outcome> {
    let ids = ask.ids();
    let commands = ctx.data_unchecked::<Arc<dyn Commands>>().as_ref();
    let command_id = ids.command.clone().unwrap_or_else(|| commands.fresh_command_id());
    let put = async {
        let door = Door::open(ctx, &command_id, ids).await?;
        let asked = ask.put(&door).await?;
        door.send(asked).await
    };
    match put.await {
        Ok((id, accepted)) => Ok(Outcome::accepted(command_id, id, accepted)),
        Err(Halt::Refused(refusal)) => Ok(Outcome::refused(Session::of(ctx), command_id, refusal)),
        Err(Halt::Fault(fault)) => Err(fault),
    }
}

impl<'a> Door<'a> {
    /// The door for a command under these ids.
    async fn open(ctx: &Context<'a>, command_id: &str, ids: Ids) -> Result<Self, Halt> {
        let (session, commands) = (Session::of(ctx), ctx.data_unchecked::<Arc<dyn Commands>>().as_ref());
        let asker = asker(session.signed_in()?, command_id, ids.correlation)?;
        let since = match ids.unchanged_since {
            Some(given) => Some(read_at(session, given).await.map_err(Fault::refusal).map_err(either)?),
            None => None,
        };
        Ok(Self { commands, session, asker, since })
    }

    async fn send(&self, asked: Asked) -> Result<(Uuid, Accepted), Halt> {
        let Asked { command, person, id } = asked;
        Ok((id, self.commands.send_since(&self.asker, command, person, self.since).await?))
    }
}

/// The position as of which something was read: of this log, and not beyond its end.
async fn read_at(session: &Session, given: scalar::Position) -> Result<Position> {
    session.under_origin(&[given.1])?;
    session.recorded(given.0).await
}

fn either(refusal: Result<Refusal, Fault>) -> Halt {
    refusal.map_or_else(Halt::Fault, Halt::Refused)
}

fn asker(actor: &ActorId, command_id: &str, correlation: Option<String>) -> Result<Asker, Refusal> {
    let command_id = input::command_id("commandId", command_id)?.to_owned();
    let correlation = input::command_id("correlationId", correlation.as_deref().unwrap_or(&command_id))?.to_owned();
    Ok(Asker { actor: actor.clone(), command_id, correlation })
}

/// The id that an input names.
///
/// # Errors
/// `input.bad_id`, naming `field`.
pub fn named<T: FromStr>(field: &str, given: &ID) -> Result<T, Halt> {
    Ok(input::id(field, given)?)
}
