//! Who looks, and what they may: for whoever proved who they are, the roles granted to them that are of today, and the member
//! their account acts as.
//!
//! # Rules
//! - A role counts from its first day to its last one, by today's date in the organisation's zone, unless it was withdrawn.
//! - It is for the subtree of its branch in the tree of today: it goes where the branch goes, and ends with it.
//! - An account that is linked with two members acts as neither: whoever linked it the second time did not see the first.
//! - Whoever proved who they are is nobody any more once the proof has run out.
//!
//! # Not here
//! What a role may do ([`crate::policy`]).

use std::sync::Arc;

use domain::id::{ActorId, BranchId, MemberId};
use domain::stream::Position;
use futures_util::future::try_join;
use jiff::civil::Date;
use projections::accounts::AccountRow;
use projections::cell::ColumnType;
use projections::grants::GrantRow;
use projections::members::MemberRow;
use projections::select::{Condition, Select};
use projections::words::{MemberStanding, SubjectKind};
use uuid::Uuid;

use super::Session;
use crate::fault::{Fault, Result};
use crate::policy::{Action, Resource, Scope, Standing, Verdict, policy};
use crate::viewer::{Held, Role, SignedIn, Viewer};

/// How many grants of one principal are read at a time.
const PORTION: usize = 100;

/// Whether a role that was granted counts on a day, as far as its own days and its withdrawal say.
#[must_use]
pub fn counts_on(row: &GrantRow, today: Date) -> bool {
    row.standing && row.from_date <= today && row.until_date.is_none_or(|until| today <= until)
}

impl Session {
    /// The id of who is signed in; nobody is, once the proof has run out.
    ///
    /// # Errors
    /// [`Fault::Unauthenticated`].
    pub fn signed_in(&self) -> Result<&ActorId> {
        match &self.who {
            Some(SignedIn::Proved(principal)) if principal.until.is_some_and(|until| until <= self.reads.now()) => {
                Err(Fault::Unauthenticated)
            }
            Some(who) => Ok(who.id()),
            None => Err(Fault::Unauthenticated),
        }
    }

    /// Who looks, with what they hold today.
    ///
    /// # Errors
    /// [`Fault::Unauthenticated`], [`Fault::Read`].
    pub async fn viewer(&self) -> Result<Arc<Viewer>> {
        let id = self.signed_in()?;
        let mut known = self.viewer.lock().await;
        if let Some(viewer) = known.as_ref() {
            return Ok(Arc::clone(viewer));
        }
        let viewer = match &self.who {
            Some(SignedIn::Told(viewer)) => viewer.clone(),
            Some(SignedIn::Proved(_)) | None => self.today_of(id).await?,
        };
        Ok(Arc::clone(known.insert(Arc::new(viewer))))
    }

    /// The member who looks, if it is one.
    ///
    /// # Errors
    /// As [`Session::viewer`].
    pub async fn myself(&self) -> Result<Option<MemberId>> {
        Ok(self.viewer().await?.member)
    }

    /// Today's date in the organisation's zone.
    #[must_use]
    pub fn today(&self) -> jiff::civil::Date {
        self.zone.date_at(self.reads.now())
    }

    /// Who somebody is today.
    async fn today_of(&self, id: &ActorId) -> Result<Viewer> {
        let now = self.pin(None, None).await?.position;
        let of_principal = Select::<GrantRow>::first(PORTION)
            .only(Condition::Equals("principal", id.to_cell()))
            .only(Condition::Equals("standing", true.to_cell()));
        let of_account = Select::<AccountRow>::first(2).only(Condition::Equals("account", id.to_cell()));
        let (grants, accounts) = try_join(self.every(of_principal, now), self.rows(&of_account, now)).await?;
        let member = match &accounts[..] {
            [account] => Some(account.member),
            _none_or_several => None,
        };
        let today = self.today();
        let mut held: Vec<Held> = grants.iter().filter(|row| counts_on(row, today)).map(held).collect();
        if held.iter().any(|held| held.scope.is_some()) {
            let tree = self.tree(now).await?;
            held.retain(|held| held.scope.is_none_or(|branch| tree.stands(branch)));
        }
        held.extend(member.map(|_| Held { role: Role::Member, scope: None, from: None, until: None }));
        Ok(Viewer { id: id.clone(), held, member })
    }

    /// Who looks, with what the policy needs to know.
    ///
    /// # Errors
    /// [`Fault::Unauthenticated`], [`Fault::Read`].
    pub async fn standing(&self) -> Result<Arc<Standing>> {
        let viewer = self.viewer().await?;
        if !Standing::needs_tree(&viewer) {
            return Ok(Arc::new(Standing { viewer, home: None, tree: Arc::default() }));
        }
        let mut known = self.standing.lock().await;
        if let Some(standing) = known.as_ref() {
            return Ok(Arc::clone(standing));
        }
        let now = self.pin(None, None).await?.position;
        let tree = self.tree(now).await?;
        let home = match viewer.member {
            Some(member) => self.member(member, now).await?.filter(is_on_roster).map(|row| row.branch),
            None => None,
        };
        let standing = Arc::new(Standing { viewer, home, tree });
        *known = Some(Arc::clone(&standing));
        Ok(standing)
    }

    /// What the policy says.
    ///
    /// # Errors
    /// As [`Session::standing`].
    pub async fn verdict(&self, action: Action, resource: Resource) -> Result<Verdict> {
        Ok(policy(&*self.standing().await?, action, resource))
    }

    /// Goes on only where the policy allows.
    ///
    /// # Errors
    /// [`Fault::Denied`], and as [`Session::standing`].
    pub async fn allow(&self, action: Action, resource: Resource) -> Result<()> {
        match self.verdict(action, resource).await? {
            Verdict::Allow => Ok(()),
            Verdict::Deny | Verdict::Mask => Err(Fault::denied(action, resource)),
        }
    }

    /// The same; where it does not go on, what was asked for is recorded instead of what the policy was asked about.
    ///
    /// # Errors
    /// As [`Session::allow`].
    pub async fn allow_asked(&self, action: Action, resource: Resource, asked: (SubjectKind, Uuid)) -> Result<()> {
        match self.allow(action, resource).await {
            Err(Fault::Denied(_)) => Err(Fault::tried(action, asked)),
            allowed => allowed,
        }
    }

    /// The branches a list is made of, see [`Scope::of`]; `within` is taken as of `at`.
    ///
    /// # Errors
    /// As [`Scope::of`] and [`Session::standing`].
    pub async fn scope(&self, action: Action, within: Option<BranchId>, at: Position) -> Result<Scope> {
        let standing = self.standing().await?;
        let whole = policy(&standing, action, Resource::Organisation) == Verdict::Allow;
        // Under the top committee is everything: no list of branches makes it faster to read.
        let within = within.filter(|branch| !(whole && *branch == BranchId::root()));
        let tree = match within {
            Some(_) => self.tree(at).await?,
            None => Arc::clone(&standing.tree),
        };
        Scope::of(&standing, &tree, action, within)
    }
}

fn held(row: &GrantRow) -> Held {
    // The top committee's subtree is everything, also what belongs to no branch.
    let scope = Some(row.branch).filter(|branch| *branch != BranchId::root());
    Held { role: row.role.into(), scope, from: Some(row.from_date), until: row.until_date }
}

/// Whoever left, or is registered elsewhere, has no home: the row keeps the last branch.
fn is_on_roster(row: &MemberRow) -> bool {
    match row.standing {
        MemberStanding::OnDuty | MemberStanding::Suspended => true,
        MemberStanding::Left | MemberStanding::Merged => false,
    }
}
