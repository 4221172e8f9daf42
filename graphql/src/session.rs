//! One request: the position it is pinned to, who looks, and what it reads in batches.
//!
//! # Rules
//! - The first read without `asOf` pins the position; the others of the same request read as of the same one, unless
//!   they ask for `atLeast` a later one.
//! - Rights are as of now, whatever moment is asked for. A subscription looks at them anew with each answer.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest};
use async_graphql::{Context, Request, ServerResult};
use domain::id::{BranchId, MemberId};
use domain::stream::Position;
use domain::text::Sealed;
use futures_util::lock::Mutex;
use projections::branches::BranchRow;
use projections::members::{MemberKey, MemberRow};
use projections::row::Row;
use projections::select::Select;

use crate::fault::{Fault, Result};
use crate::loader::{Loaders, RowAt, Spawn, loaders};
use crate::policy::{Action, Resource, Scope, Standing, Verdict, policy};
use crate::ports::{AsOf, Moment, PersonRecord, Reads};
use crate::tree::Tree;
use crate::viewer::Viewer;

/// One request.
pub struct Session {
    reads: Arc<dyn Reads>,
    loaders: Loaders,
    pinned: Mutex<Option<Moment>>,
    standing: Mutex<Option<Arc<Standing>>>,
    trees: Mutex<HashMap<Position, Arc<Tree>>>,
}

impl Session {
    /// A request over these reads.
    #[must_use]
    pub fn new(reads: Arc<dyn Reads>, spawn: Spawn) -> Self {
        let loaders = loaders(Arc::clone(&reads), spawn);
        Self { reads, loaders, pinned: Mutex::default(), standing: Mutex::default(), trees: Mutex::default() }
    }

    /// The request a resolver works for.
    #[must_use]
    pub fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        ctx.data_unchecked()
    }

    /// What can be read.
    #[must_use]
    pub fn reads(&self) -> &Arc<dyn Reads> {
        &self.reads
    }

    /// The moment to read as of: the one asked for, or the request's own.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn pin(&self, as_of: Option<AsOf>, at_least: Option<Position>) -> Result<Moment> {
        if as_of.is_some() {
            return Ok(self.reads.pin(as_of, at_least).await?);
        }
        let mut pinned = self.pinned.lock().await;
        match *pinned {
            Some(moment) if at_least.is_none_or(|least| least <= moment.position) => Ok(moment),
            _earlier => {
                let moment = self.reads.pin(None, at_least).await?;
                Ok(*pinned.insert(moment))
            }
        }
    }

    /// Goes on to a later moment, with today's rights looked at anew: the next answer of a subscription.
    pub async fn move_to(&self, moment: Moment) {
        *self.pinned.lock().await = Some(moment);
        *self.standing.lock().await = None;
        self.trees.lock().await.clear();
    }

    /// Who looks, with what the policy needs to know.
    ///
    /// # Errors
    /// [`Fault::Unauthenticated`], [`Fault::Read`].
    pub async fn standing(&self, ctx: &Context<'_>) -> Result<Arc<Standing>> {
        let viewer = ctx.data_opt::<Viewer>().ok_or(Fault::Unauthenticated)?;
        if !Standing::needs_tree(viewer) {
            return Ok(Arc::new(Standing { viewer: viewer.clone(), home: None, tree: Arc::default() }));
        }
        let mut known = self.standing.lock().await;
        if let Some(standing) = known.as_ref() {
            return Ok(Arc::clone(standing));
        }
        let now = self.pin(None, None).await?.position;
        let tree = self.tree(now).await?;
        let home = match viewer.member {
            Some(member) => self.member(member, now).await?.map(|row| row.branch),
            None => None,
        };
        let standing = Arc::new(Standing { viewer: viewer.clone(), home, tree });
        *known = Some(Arc::clone(&standing));
        Ok(standing)
    }

    /// What the policy says.
    ///
    /// # Errors
    /// As [`Session::standing`].
    pub async fn verdict(&self, ctx: &Context<'_>, action: Action, resource: Resource) -> Result<Verdict> {
        Ok(policy(&*self.standing(ctx).await?, action, resource))
    }

    /// Goes on only where the policy allows.
    ///
    /// # Errors
    /// [`Fault::Denied`], and as [`Session::standing`].
    pub async fn allow(&self, ctx: &Context<'_>, action: Action, resource: Resource) -> Result<()> {
        match self.verdict(ctx, action, resource).await? {
            Verdict::Allow => Ok(()),
            Verdict::Deny | Verdict::Mask => Err(Fault::Denied),
        }
    }

    /// The branches a list is made of, see [`Scope::of`]; `within` is taken as of `at`.
    ///
    /// # Errors
    /// As [`Scope::of`] and [`Session::standing`].
    pub async fn scope(
        &self,
        ctx: &Context<'_>,
        action: Action,
        within: Option<BranchId>,
        at: Position,
    ) -> Result<Scope> {
        let standing = self.standing(ctx).await?;
        let tree = match within {
            Some(_) => self.tree(at).await?,
            None => Arc::clone(&standing.tree),
        };
        Scope::of(&standing, &tree, action, within)
    }

    /// The organisation tree as of a position.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn tree(&self, at: Position) -> Result<Arc<Tree>> {
        let mut trees = self.trees.lock().await;
        if let Some(tree) = trees.get(&at) {
            return Ok(Arc::clone(tree));
        }
        let tree = Arc::new(Tree::of(&self.every::<BranchRow>(Select::first(1_000), at).await?));
        trees.insert(at, Arc::clone(&tree));
        Ok(tree)
    }

    /// Rows as of a position.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn rows<R: Row>(&self, select: &Select<R>, at: Position) -> Result<Vec<R>> {
        Ok(self.reads.rows(select, at).await?)
    }

    /// Every row of a selection, read in portions of its limit.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn every<R: Row>(&self, mut select: Select<R>, at: Position) -> Result<Vec<R>> {
        let mut all = Vec::new();
        loop {
            let rows = self.rows(&select, at).await?;
            let (more, place) = (rows.len() >= select.plan.limit, rows.last().map(|row| select.place(row)));
            all.extend(rows);
            match more {
                true => select = select.after(place),
                false => return Ok(all),
            }
        }
    }

    /// A row by its key, read together with others. For tables with a key of one column.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn row<R: Row>(&self, key: &R::Key, at: Position) -> Result<Option<R>> {
        Ok(self.loaders.load_one(RowAt::<R>::new(key, at)).await?)
    }

    /// A member's row.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn member(&self, member: MemberId, at: Position) -> Result<Option<MemberRow>> {
        self.row(&MemberKey { member }, at).await
    }

    /// A person's record; nothing for one that was erased. Ask the policy first.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn person(&self, member: MemberId) -> Result<Option<PersonRecord>> {
        Ok(self.loaders.load_one(member).await?)
    }

    /// A free text, opened; nothing where its key is destroyed or the policy masks it.
    ///
    /// # Errors
    /// As [`Session::standing`].
    pub async fn text(&self, ctx: &Context<'_>, sealed: Option<&Sealed>, about: Resource) -> Result<Option<String>> {
        let Some(sealed) = sealed else { return Ok(None) };
        match self.verdict(ctx, Action::SeeText, about).await? {
            Verdict::Allow => Ok(self.loaders.load_one(sealed.clone()).await?),
            Verdict::Deny | Verdict::Mask => Ok(None),
        }
    }
}

/// Gives every request its session.
pub struct Sessions {
    /// What requests read.
    pub reads: Arc<dyn Reads>,
    /// How they run batches.
    pub spawn: Spawn,
}

impl ExtensionFactory for Sessions {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self { reads: Arc::clone(&self.reads), spawn: self.spawn })
    }
}

#[async_trait::async_trait]
impl Extension for Sessions {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        next.run(ctx, request.data(Session::new(Arc::clone(&self.reads), self.spawn))).await
    }
}
