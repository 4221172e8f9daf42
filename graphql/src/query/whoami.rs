//! Who is signed in, and as what.

use std::sync::Arc;

use async_graphql::{Context, Object};

use super::branch::Branch;
use super::member::Member;
use crate::fault::Result;
use crate::ports::Moment;
use crate::scalar::Date;
use crate::schema::READ;
use crate::session::Session;
use crate::viewer::{self, Viewer};
use crate::words::Role;

/// Who is signed in.
pub struct Whoami {
    viewer: Arc<Viewer>,
    at: Moment,
}

/// A role as it is held.
pub struct HeldRole {
    held: viewer::Held,
    at: Moment,
}

/// Who is signed in.
#[derive(Default)]
pub struct WhoamiQuery;

#[Object]
impl WhoamiQuery {
    /// Who is signed in 当前用户, with or without a role.
    #[graphql(complexity = "READ + child_complexity")]
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<Whoami>> {
        let session = Session::of(ctx);
        let viewer = session.viewer().await?;
        Ok(Some(Whoami { viewer, at: session.pin(None, None).await? }))
    }
}

/// Who is signed in 当前用户.
#[Object(name = "Viewer")]
impl Whoami {
    /// The opaque id that events name as the actor.
    async fn id(&self) -> &str {
        &self.viewer.id.0
    }

    /// The roles held today.
    #[graphql(complexity = "10 * child_complexity")]
    async fn roles(&self) -> Vec<HeldRole> {
        self.viewer.held.iter().map(|held| HeldRole { held: *held, at: self.at }).collect()
    }

    /// The member this is; null for somebody who is not one.
    async fn member(&self, ctx: &Context<'_>) -> Result<Option<Member>> {
        match self.viewer.member {
            Some(member) => Member::find(Session::of(ctx), member, self.at).await,
            None => Ok(None),
        }
    }
}

/// A role as it is held 角色.
#[Object]
impl HeldRole {
    /// The role.
    async fn role(&self) -> Role {
        self.held.role.into()
    }

    /// The branch for whose subtree it is; null for the whole organisation, and for the role of a member.
    async fn branch(&self, ctx: &Context<'_>) -> Result<Option<Branch>> {
        Branch::linked(Session::of(ctx), self.held.scope, self.at).await
    }

    /// The first day, of a role that was granted.
    async fn from(&self) -> Option<Date> {
        self.held.from.map(Into::into)
    }

    /// The last day of a role that was granted for a time.
    async fn until(&self) -> Option<Date> {
        self.held.until.map(Into::into)
    }
}
