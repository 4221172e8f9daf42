//! What something is about: a member, a branch, an outlet, a contact point, a round.

use async_graphql::{Context, Enum, ID, Object};
use domain::id::{BranchId, ContactPointId, MemberId, OutletId, RoundId};
use projections::branches::{BranchKey, BranchRow};
use projections::contact_points::{ContactPointKey, ContactPointRow};
use projections::outlets::{OutletKey, OutletRow};
use projections::rounds::{RoundKey, RoundRow};
use uuid::Uuid;

use super::branch::Branch;
use super::contact_point::ContactPoint;
use super::member::Member;
use super::outlet::Outlet;
use super::round::Round;
use crate::fault::Result;
use crate::policy::{Action, Resource};
use crate::ports::Moment;
use crate::session::Session;

/// What a subject is 对象类别.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "projections::words::SubjectKind")]
pub enum SubjectKind {
    /// 成员
    Member,
    /// 组织
    Branch,
    /// 网点、揽投部
    Outlet,
    /// 联系点
    ContactPoint,
    /// 评议轮次
    Round,
}

impl From<domain::stream::StreamKind> for SubjectKind {
    fn from(kind: domain::stream::StreamKind) -> Self {
        match kind {
            domain::stream::StreamKind::Member => Self::Member,
            domain::stream::StreamKind::Branch => Self::Branch,
            domain::stream::StreamKind::Round => Self::Round,
        }
    }
}

/// What something is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Subject {
    kind: SubjectKind,
    id: Uuid,
    at: Moment,
}

impl Subject {
    /// A subject, as of a moment.
    #[must_use]
    pub fn new(kind: impl Into<SubjectKind>, id: Uuid, at: Moment) -> Self {
        Self { kind: kind.into(), id, at }
    }

    /// The same as of another moment.
    #[must_use]
    pub fn as_of(self, at: Moment) -> Self {
        Self { at, ..self }
    }

    /// A branch.
    #[must_use]
    pub fn of_branch(branch: BranchId, at: Moment) -> Self {
        Self::new(SubjectKind::Branch, branch.0, at)
    }

    /// A round.
    #[must_use]
    pub fn of_round(round: RoundId, at: Moment) -> Self {
        Self::new(SubjectKind::Round, round.0, at)
    }

    /// A member.
    #[must_use]
    pub fn of_member(member: MemberId, at: Moment) -> Self {
        Self::new(SubjectKind::Member, member.0, at)
    }

    /// What the policy is to be asked about; the organisation where there is no such subject, so that only those who
    /// see everything learn that.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Read`].
    pub async fn resource(&self, session: &Session) -> Result<Resource> {
        let at = self.at.position;
        let branch = match self.kind {
            SubjectKind::Member => {
                let member = MemberId(self.id);
                let row = session.member(member, at).await?;
                return Ok(row.map_or(Resource::Organisation, |row| Resource::Member(member, row.branch)));
            }
            SubjectKind::Branch => Some(BranchId(self.id)),
            SubjectKind::Outlet => outlet(session, self.id, self.at).await?.map(|row| row.branch),
            SubjectKind::ContactPoint => contact_point(session, self.id, self.at).await?.map(|row| row.branch),
            SubjectKind::Round => match round(session, self.id, self.at).await? {
                Some(row) => whole(session, &row).await?,
                None => None,
            },
        };
        Ok(branch.map_or(Resource::Organisation, Resource::Branch))
    }
}

async fn outlet(session: &Session, id: Uuid, at: Moment) -> Result<Option<OutletRow>> {
    session.row(&OutletKey { outlet: OutletId(id) }, at.position).await
}

async fn round(session: &Session, id: Uuid, at: Moment) -> Result<Option<RoundRow>> {
    session.row(&RoundKey { round: RoundId(id) }, at.position).await
}

/// The branch over all that a round covers: only who reaches that one sees what concerns the round as a whole.
///
/// # Errors
/// [`crate::fault::Fault::Read`].
pub async fn whole(session: &Session, round: &RoundRow) -> Result<Option<BranchId>> {
    let today = session.pin(None, None).await?.position;
    Ok(session.tree(today).await?.above_all(&round.branches.0))
}

async fn contact_point(session: &Session, id: Uuid, at: Moment) -> Result<Option<ContactPointRow>> {
    session.row(&ContactPointKey { contact_point: ContactPointId(id) }, at.position).await
}

/// What something is about 对象.
#[Object]
impl Subject {
    /// The id of what this is: not one of its own, since it is no node.
    async fn of(&self) -> ID {
        self.id.into()
    }

    /// What it is.
    async fn kind(&self) -> SubjectKind {
        self.kind
    }

    /// Its name; null for a contact point, for a round, for a person who was erased, and for a person your roles do not reach. The
    /// names of branches and outlets are shown with whatever names them.
    async fn name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let session = Session::of(ctx);
        match self.kind {
            SubjectKind::Member => {
                let person = session.person(Action::SeeName, MemberId(self.id), self.at.position).await?;
                Ok(person.map(|person| person.name))
            }
            SubjectKind::Branch => {
                let key = BranchKey { branch: BranchId(self.id) };
                let row = session.row::<BranchRow>(&key, self.at.position).await?;
                Ok(row.map(|row| row.name.to_string()))
            }
            SubjectKind::Outlet => Ok(outlet(session, self.id, self.at).await?.map(|row| row.name.to_string())),
            SubjectKind::ContactPoint | SubjectKind::Round => Ok(None),
        }
    }

    /// The member, where it is one.
    async fn member(&self, ctx: &Context<'_>) -> Result<Option<Member>> {
        match self.kind {
            SubjectKind::Member => Member::find(Session::of(ctx), MemberId(self.id), self.at).await,
            SubjectKind::Branch | SubjectKind::Outlet | SubjectKind::ContactPoint | SubjectKind::Round => Ok(None),
        }
    }

    /// The branch, where it is one.
    async fn branch(&self, ctx: &Context<'_>) -> Result<Option<Branch>> {
        match self.kind {
            SubjectKind::Branch => Branch::find(Session::of(ctx), BranchId(self.id), self.at).await,
            SubjectKind::Member | SubjectKind::Outlet | SubjectKind::ContactPoint | SubjectKind::Round => Ok(None),
        }
    }

    /// The outlet, where it is one.
    async fn outlet(&self, ctx: &Context<'_>) -> Result<Option<Outlet>> {
        match self.kind {
            SubjectKind::Outlet => Outlet::find(Session::of(ctx), OutletId(self.id), self.at).await,
            SubjectKind::Member | SubjectKind::Branch | SubjectKind::ContactPoint | SubjectKind::Round => Ok(None),
        }
    }

    /// The contact point, where it is one.
    async fn contact_point(&self, ctx: &Context<'_>) -> Result<Option<ContactPoint>> {
        match self.kind {
            SubjectKind::ContactPoint => ContactPoint::find(Session::of(ctx), ContactPointId(self.id), self.at).await,
            SubjectKind::Member | SubjectKind::Branch | SubjectKind::Outlet | SubjectKind::Round => Ok(None),
        }
    }

    /// The round, where it is one.
    async fn round(&self, ctx: &Context<'_>) -> Result<Option<Round>> {
        match self.kind {
            SubjectKind::Round => Round::find(Session::of(ctx), RoundId(self.id), self.at).await,
            SubjectKind::Member | SubjectKind::Branch | SubjectKind::Outlet | SubjectKind::ContactPoint => Ok(None),
        }
    }
}
