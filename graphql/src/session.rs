//! One request: the position it is pinned to, who looks, and what it reads in batches.
//!
//! # Rules
//! - The first read without `asOf` pins the position; the others of the same request read as of the same one, unless
//!   they ask for `atLeast` a later one.
//! - Rights are as of now, whatever moment is asked for. A subscription looks at them anew with each answer.

mod rights;
mod together;
pub use self::rights::counts_on;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::{Context, Name, Value};
use domain::event::Fact;
use domain::id::{MemberId, RoundId};
use domain::period::Zone;
use domain::stream::Position;
use domain::text::Sealed;
use futures_util::lock::{Mutex, MutexGuard};
use jiff::Timestamp;
use projections::branches::BranchRow;
use projections::cell::Cell;
use projections::members::{MemberKey, MemberRow};
use projections::row::Row;
use projections::select::Select;
use uuid::Uuid;

use crate::fault::{Fault, Result, other_origin};
use crate::loader::{Among, Loaders, RowAt, loaders};
use crate::look::{Looks, What, seen};
use crate::page::{Page, When};
use crate::policy::{Action, Resource, Standing, Verdict};
use crate::ports::{AsOf, Moment, PersonRecord, ReadError, Reads};
use crate::purpose::Why;
use crate::scalar::DateTime;
use crate::schema::Settings;
use crate::tree::Tree;
use crate::viewer::{SignedIn, Viewer};

/// One request.
pub struct Session {
    who: Option<SignedIn>,
    zone: Zone,
    reads: Arc<dyn Reads>,
    loaders: Loaders,
    pinned: Mutex<Option<Moment>>,
    viewer: Mutex<Option<Arc<Viewer>>>,
    standing: Mutex<Option<Arc<Standing>>>,
    trees: Mutex<HashMap<Position, Arc<Tree>>>,
    looked: Mutex<HashSet<(RoundId, What)>>,
    looks: std::sync::Mutex<Looks>,
    why: Option<Why>,
    moments: Mutex<HashMap<Position, Moment>>,
    follows: AtomicBool,
    to_nothing: AtomicBool,
}

impl Session {
    /// A request of whoever is signed in, if somebody is.
    #[must_use]
    pub fn new(who: Option<SignedIn>, reads: Arc<dyn Reads>, settings: &Settings) -> Self {
        let loaders = loaders(Arc::clone(&reads), settings.spawn);
        let (pinned, viewer, standing, trees, moments, looked) = Default::default();
        let (follows, to_nothing) = Default::default();
        let (zone, looks, why) = (settings.zone.clone(), Default::default(), None);
        Self {
            who,
            zone,
            reads,
            loaders,
            pinned,
            viewer,
            standing,
            trees,
            moments,
            looked,
            looks,
            why,
            follows,
            to_nothing,
        }
    }

    /// The same, that says why it reads.
    #[must_use]
    pub fn because(self, why: Option<Why>) -> Self {
        Self { why, ..self }
    }

    /// Why it reads, where it says so.
    #[must_use]
    pub fn why(&self) -> Option<&Why> {
        self.why.as_ref()
    }

    /// What it has looked at.
    pub fn looks(&self) -> std::sync::MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The request a resolver works for.
    #[must_use]
    pub fn of<'a>(ctx: &Context<'a>) -> &'a Arc<Self> {
        ctx.data_unchecked()
    }

    /// An instant as the API shows it.
    #[must_use]
    pub fn shown(&self, at: Timestamp) -> DateTime {
        DateTime::in_zone(at, &self.zone)
    }

    /// The instant at which a business date begins.
    #[must_use]
    pub fn start_of(&self, day: jiff::civil::Date) -> Timestamp {
        self.zone.start_of(day)
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

    /// The moment of a position that many rows of a page go on from: looked up once.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn pin_at(&self, position: Position) -> Result<Moment> {
        let mut moments = self.moments.lock().await;
        if let Some(moment) = moments.get(&position) {
            return Ok(*moment);
        }
        let moment = self.reads.pin(Some(AsOf::Position(position)), None).await?;
        moments.insert(position, moment);
        Ok(moment)
    }

    /// From now on it goes from moment to moment: when it looks says nothing about what it is sent.
    pub fn follow(&self) {
        self.follows.store(true, Ordering::Relaxed);
    }

    /// Whether it goes from moment to moment.
    #[must_use]
    pub fn follows(&self) -> bool {
        self.follows.load(Ordering::Relaxed)
    }

    /// Something that was asked for comes to nothing: a command is refused, or a list has nobody in it. How long it took is not
    /// to be told.
    pub fn comes_to_nothing(&self) {
        self.to_nothing.store(true, Ordering::Relaxed);
    }

    /// Whether something came to nothing since this was last asked.
    pub fn came_to_nothing(&self) -> bool {
        self.to_nothing.swap(false, Ordering::Relaxed)
    }

    /// What every answer says of the log: its origin, and the position that was read as of where no other moment was asked
    /// for.
    pub async fn told(&self) -> Value {
        let pinned = self.pinned.lock().await.filter(|_| !self.follows());
        let position = pinned.map(|moment| moment.position.to_string());
        let position = position.map(|position| (Name::new("position"), position.into()));
        let origin = (Name::new("origin"), self.reads.origin().to_string().into());
        Value::Object([origin].into_iter().chain(position).collect())
    }

    /// The moment a root field reads as of.
    ///
    /// # Errors
    /// `position.other_origin`, [`Fault::Read`].
    pub async fn pin_for(&self, when: When) -> Result<Moment> {
        self.under_origin(&when.origins)?;
        self.pin(when.as_of, when.at_least).await
    }

    /// The moment a page of a root field reads as of: that of the page before it, unless another one is asked for.
    ///
    /// # Errors
    /// `position.other_origin`, [`Fault::Read`].
    pub async fn pin_page(&self, page: &Page, when: When) -> Result<Moment> {
        self.under_origin(&when.origins)?;
        self.pin(page.as_of(when.as_of), when.at_least).await
    }

    /// Goes on only where positions were given under no other origin of the log than the one it has.
    ///
    /// # Errors
    /// `position.other_origin`.
    pub fn under_origin(&self, given: &[Option<Uuid>]) -> Result<()> {
        let own = self.reads.origin();
        match given.iter().flatten().find(|given| **given != own) {
            Some(given) => Err(Fault::Bad(Box::new(other_origin(*given, own)))),
            None => Ok(()),
        }
    }

    /// Goes on to a later moment, with today's rights looked at anew: the next answer of a subscription.
    pub async fn move_to(&self, moment: Moment) {
        *self.pinned.lock().await = Some(moment);
        *self.viewer.lock().await = None;
        *self.standing.lock().await = None;
        self.trees.lock().await.clear();
        self.moments.lock().await.clear();
        self.looked.lock().await.clear();
        if self.follows() {
            self.looks().forget();
        }
    }

    /// Goes on to where the projections are, as a request that comes now: for one of many commands.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn begin_anew(&self) -> Result<()> {
        let moment = self.reads.pin(None, None).await?;
        self.move_to(moment).await;
        Ok(())
    }

    /// At what of which rounds a look was recorded for this answer.
    pub async fn looked(&self) -> MutexGuard<'_, HashSet<(RoundId, What)>> {
        self.looked.lock().await
    }

    /// A position that the log has got to.
    ///
    /// # Errors
    /// `position.beyond_head`, [`Fault::Read`].
    pub async fn recorded(&self, asked: Position) -> Result<Position> {
        let head = self.reads.head().await?.position;
        match asked <= head {
            true => Ok(asked),
            false => Err(ReadError::BeyondHead { asked, head }.into()),
        }
    }

    /// Goes on to the end of the log, for a command to something recorded a moment ago.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn catch_up(&self) -> Result<Moment> {
        let head = self.reads.head().await?.position;
        let moment = self.reads.pin(None, Some(head)).await?;
        self.move_to(moment).await;
        Ok(moment)
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

    /// The rows that have this cell in a column and these in others, read together with those that have another cell in
    /// that column.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn among<R: Row>(
        &self,
        common: &[(&'static str, Cell)],
        (column, cell): (&'static str, Cell),
        at: Position,
    ) -> Result<Vec<R>> {
        let among = Among::<R>::new(common, column, cell, at);
        Ok(self.loaders.load_one(among).await?.unwrap_or_default())
    }

    /// A member's row.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn member(&self, member: MemberId, at: Position) -> Result<Option<MemberRow>> {
        self.row(&MemberKey { member }, at).await
    }

    /// A person's record; nothing for one that was erased, or where the policy masks it. A record has no past: it is
    /// today's, so the policy is asked for the member's branch then and for that of today. A member is looked up only
    /// for a viewer whose roles do not reach everybody.
    ///
    /// # Errors
    /// As [`Session::standing`].
    pub async fn person(&self, action: Action, member: MemberId, at: Position) -> Result<Option<PersonRecord>> {
        if self.verdict(action, Resource::Organisation).await? != Verdict::Allow {
            let now = self.pin(None, None).await?.position;
            for at in [at, now] {
                let Some(row) = self.member(member, at).await? else { return Ok(None) };
                if self.verdict(action, Resource::Member(member, row.branch)).await? != Verdict::Allow {
                    return Ok(None);
                }
            }
        }
        Ok(self.loaders.load_one(member).await?)
    }

    /// An event of the log. Ask the policy first.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn fact(&self, position: Position) -> Result<Option<Fact>> {
        Ok(self.loaders.load_one(position).await?)
    }

    /// What is sealed, opened; nothing where its key is destroyed. Ask the policy first.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn opened(&self, sealed: &Sealed) -> Result<Option<String>> {
        Ok(self.loaders.load_one(sealed.clone()).await?)
    }

    /// A free text, opened; nothing where its key is destroyed or the policy masks it.
    ///
    /// # Errors
    /// As [`Session::standing`].
    pub async fn text(&self, sealed: Option<&Sealed>, about: Resource) -> Result<Option<String>> {
        let Some(sealed) = sealed else { return Ok(None) };
        match self.verdict(Action::SeeText, about).await? {
            Verdict::Allow => {
                if let Resource::Member(..) = about {
                    self.note(What::Texts, seen(about), self.pin(None, None).await?);
                }
                self.opened(sealed).await
            }
            Verdict::Deny | Verdict::Mask => Ok(None),
        }
    }
}
