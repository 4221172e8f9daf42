//! Reminder talks 提醒谈话 with members and branches.

use async_graphql::{ID, InputObject, OneofObject};
use domain::branch::BranchCommand;
use domain::id::{MemberId, TalkId};
use domain::member::MemberCommand;
use uuid::Uuid;

use super::{inputs, mutations};
use crate::door::{Ask, Asked, BranchSubject, Door, Halt, MemberSubject, named};
use crate::input;
use crate::policy::Action::KeepTalks;
use crate::scalar::Date;

mutations! {
    /// Reminder talks.
    Talks {
        /// Asks for a reminder talk 提请谈话; another is to approve. Rounds propose talks by themselves, as their rules have it.
        propose_talk(ProposeTalkInput);
        /// Approves a talk 批准.
        approve_talk(ApproveTalkInput);
        /// Declines a talk 否决.
        decline_talk(DeclineTalkInput);
        /// Records that an approved talk was held 谈话.
        hold_talk(HoldTalkInput);
        /// Records the follow-up of a talk 回访, on its day or later.
        follow_up_talk(FollowUpTalkInput);
        /// Closes a talk that was followed up 办结.
        close_talk(CloseTalkInput);
    }
}

/// With whom a talk is: exactly one of the two.
#[derive(Debug, Clone, OneofObject)]
pub enum TalkWithInput {
    /// A member.
    Member(ID),
    /// A branch.
    Branch(ID),
}

/// With whom a talk was held: exactly one of the two.
#[derive(Debug, Clone, OneofObject)]
pub enum TalkHeldWithInput {
    /// The member.
    Member(ID),
    /// The branch, and who came.
    Branch(BranchTalkInput),
}

/// A talk with a branch.
#[derive(Debug, Clone, InputObject)]
pub struct BranchTalkInput {
    /// Which branch.
    pub branch: ID,
    /// Who came: 1 to 100 members, from anywhere in the organisation, each once.
    pub attendees: Vec<ID>,
}

inputs! {
    /// A talk to be asked for.
    ProposeTalkInput {
        /// With whom.
        with: TalkWithInput,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// A talk to be approved.
    ApproveTalkInput {
        /// With whom.
        with: TalkWithInput,
        /// Which talk.
        talk: ID,
    }

    /// A talk to be declined.
    DeclineTalkInput {
        /// With whom.
        with: TalkWithInput,
        /// Which talk.
        talk: ID,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// A talk that was held.
    HoldTalkInput {
        /// With whom.
        with: TalkHeldWithInput,
        /// Which talk.
        talk: ID,
        /// The day.
        on: Date,
        /// Who held it: a member on duty, from anywhere in the organisation.
        by: ID,
        /// What was said 谈话记录; free text, at most 4,000 characters.
        record: String,
    }

    /// The follow-up of a talk.
    FollowUpTalkInput {
        /// With whom.
        with: TalkWithInput,
        /// Which talk.
        talk: ID,
        /// The day.
        on: Date,
        /// What was found; free text, at most 4,000 characters.
        note: String,
    }

    /// A talk to be closed.
    CloseTalkInput {
        /// With whom.
        with: TalkWithInput,
        /// Which talk.
        talk: ID,
        /// The day.
        on: Date,
    }
}

/// With whom a talk is, where the asker keeps talks.
#[derive(Debug, Clone, Copy)]
enum With {
    Member(MemberSubject),
    Branch(BranchSubject),
}

impl With {
    async fn member(door: &Door<'_>, given: &ID) -> Result<Self, Halt> {
        let member = door.member("with.member", given, KeepTalks).await?;
        door.not_ones_own(member.id()).await?;
        Ok(Self::Member(member))
    }

    async fn branch(door: &Door<'_>, given: &ID) -> Result<Self, Halt> {
        door.branch("with.branch", given, KeepTalks).await.map(Self::Branch)
    }

    async fn of(door: &Door<'_>, given: &TalkWithInput) -> Result<Self, Halt> {
        match given {
            TalkWithInput::Member(member) => Self::member(door, member).await,
            TalkWithInput::Branch(branch) => Self::branch(door, branch).await,
        }
    }

    /// Whose key what is said is sealed under.
    fn id(self) -> Uuid {
        match self {
            Self::Member(member) => member.id().0,
            Self::Branch(branch) => branch.id().0,
        }
    }

    fn asks(self, talk: TalkId, to_member: MemberCommand, to_branch: BranchCommand) -> Asked {
        match self {
            Self::Member(member) => member.asks(to_member).naming(talk.0),
            Self::Branch(branch) => branch.asks(to_branch).naming(talk.0),
        }
    }
}

impl Ask for ProposeTalkInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let with = With::of(door, &self.with).await?;
        let talk: TalkId = door.mint("talk");
        let reason = door.seal(with.id(), "reason", &self.reason).await?;
        let of_branch = BranchCommand::ProposeTalk { talk, reason: reason.clone() };
        Ok(with.asks(talk, MemberCommand::ProposeTalk { talk, reason }, of_branch))
    }
}

impl Ask for ApproveTalkInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let with = With::of(door, &self.with).await?;
        let talk: TalkId = named("talk", &self.talk)?;
        Ok(with.asks(talk, MemberCommand::ApproveTalk { talk }, BranchCommand::ApproveTalk { talk }))
    }
}

impl Ask for DeclineTalkInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let with = With::of(door, &self.with).await?;
        let talk: TalkId = named("talk", &self.talk)?;
        let reason = door.seal(with.id(), "reason", &self.reason).await?;
        let of_branch = BranchCommand::DeclineTalk { talk, reason: reason.clone() };
        Ok(with.asks(talk, MemberCommand::DeclineTalk { talk, reason }, of_branch))
    }
}

impl Ask for HoldTalkInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let (with, attendees) = match &self.with {
            TalkHeldWithInput::Member(member) => (With::member(door, member).await?, vec![]),
            TalkHeldWithInput::Branch(held) => {
                (With::branch(door, &held.branch).await?, input::ids("with.attendees", &held.attendees)?)
            }
        };
        let talk: TalkId = named("talk", &self.talk)?;
        let (on, by): (_, MemberId) = (self.on.read("on")?, named("by", &self.by)?);
        let record = door.seal(with.id(), "record", &self.record).await?;
        let of_branch = BranchCommand::HoldTalk { talk, on, by, attendees, record: record.clone() };
        Ok(with.asks(talk, MemberCommand::HoldTalk { talk, on, by, record }, of_branch))
    }
}

impl Ask for FollowUpTalkInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let with = With::of(door, &self.with).await?;
        let talk: TalkId = named("talk", &self.talk)?;
        let on = self.on.read("on")?;
        let note = door.seal(with.id(), "note", &self.note).await?;
        let of_branch = BranchCommand::FollowUpTalk { talk, on, note: note.clone() };
        Ok(with.asks(talk, MemberCommand::FollowUpTalk { talk, on, note }, of_branch))
    }
}

impl Ask for CloseTalkInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let with = With::of(door, &self.with).await?;
        let talk: TalkId = named("talk", &self.talk)?;
        let on = self.on.read("on")?;
        Ok(with.asks(talk, MemberCommand::CloseTalk { talk, on }, BranchCommand::CloseTalk { talk, on }))
    }
}
