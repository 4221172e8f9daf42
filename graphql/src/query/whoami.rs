//! Who is signed in, and as what.

use async_graphql::{Context, Object};

use super::branch::Branch;
use super::member::Member;
use crate::fault::Result;
use crate::ports::Moment;
use crate::schema::READ;
use crate::session::Session;
use crate::viewer::Viewer;
use crate::words::Role;

/// Who is signed in.
pub struct Whoami {
    viewer: Viewer,
    at: Moment,
}

/// Who is signed in.
#[derive(Default)]
pub struct WhoamiQuery;

#[Object]
impl WhoamiQuery {
    /// Who is signed in 当前用户.
    #[graphql(complexity = "READ + child_complexity")]
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<Whoami>> {
        let session = Session::of(ctx);
        let viewer = session.viewer()?.clone();
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

    /// The roles held.
    async fn roles(&self) -> Vec<Role> {
        self.viewer.roles.iter().copied().map(Role::from).collect()
    }

    /// The member this is; null for somebody who is not one.
    async fn member(&self, ctx: &Context<'_>) -> Result<Option<Member>> {
        match self.viewer.member {
            Some(member) => Member::find(Session::of(ctx), member, self.at).await,
            None => Ok(None),
        }
    }

    /// The branch whose subtree the roles are for; null for the whole organisation.
    async fn scope(&self, ctx: &Context<'_>) -> Result<Option<Branch>> {
        Branch::linked(Session::of(ctx), self.viewer.scope, self.at).await
    }
}
