//! Who may see or do what: one function, one table.
//!
//! | action | member | secretary | leader | office | auditor | integration |
//! |---|---|---|---|---|---|---|
//! | `SeeMetrics`: the catalogue of metrics, the rules of evaluation | any | any | any | any | any | any |
//! | `SeeBranches`: branches, outlets, contact points, sessions, competitions | home | scope | scope | scope | scope | scope |
//! | `SeeBoards`: leaderboards and ranks | home | scope | scope | scope | scope | scope |
//! | `SeeRoster`: who belongs to a branch, with post and standing | home | scope | scope | scope | scope | scope |
//! | `SeeMember`: a member's counts, records, results, attendance | own | scope | scope | scope | scope | – |
//! | `SeeName`: name and staff number | home | scope | scope | scope | scope | – (null) |
//! | `SeeContact` | own | scope | scope | scope | scope | – (null) |
//! | `SeeText`: free text | own | scope | scope | scope | – (null) | – (null) |
//! | `SeeReport`: the year's figures of the whole organisation | – | any | any | any | any | any |
//! | `SeeTrail`: events, who gave them, and why | own | scope | scope | scope | scope | – |
//! | `KeepCommitments`: make and evidence a commitment | own | scope | – | scope | – | – |
//! | `KeepRoster`: register, amend, appoint, transfer, suspend, … | – | scope | – | scope | – | – |
//! | `KeepDisplays`: badges, services, plaques, standards, 6S, contact points | – | scope | – | scope | – | – |
//! | `KeepOutlets`: open and close outlets | – | scope | – | scope | – | – |
//! | `KeepRecords`: training, theme days, contests, honours, improvements | – | scope | – | scope | – | – |
//! | `ReportResults`: report and correct results | – | scope | – | scope | – | scope |
//! | `SetTargets`: plans and bases | – | – | – | scope | – | – |
//! | `RunCompetitions`: announce and conclude | – | – | – | scope | – | – |
//! | `ShapeOrganisation`: branches, metrics, rules of evaluation | – | – | – | scope | – | – |
//! | `SeeRounds`: rounds, their rules, rosters and turnout | home | scope | scope | scope | scope | scope |
//! | `SeeResults`: published results, appeals, talks | own | scope | scope | scope | scope | – |
//! | `SeeProposal`: what a freeze hides, from the tally on | – | – | – | scope | – | – |
//! | `SeeReads`: who read scores, comments, appeals and exports | – | – | – | scope | scope | – |
//! | `TakePart`: review, count, appeal, as oneself | own | own | own | own | – | – |
//! | `KeepBallots`: hand out and take back paper | – | scope | – | scope | – | – |
//! | `RunRounds`: draft, open, close, tally, decide, publish, answer, end | – | – | – | scope | – | – |
//! | `KeepTalks`: propose, approve, hold, follow up, close | – | scope | scope | scope | – | – |
//! | `SeeGrants`: who has which role, and who acts as whom | – | – | – | scope | scope | – |
//! | `GrantRoles`: grant and withdraw roles, link and unlink accounts | – | – | – | scope | – | – |
//!
//! *own*: the viewer's own member. *home*: own, and the subtree of the viewer's own branch. *scope*: the subtree that the
//! role is held for, the whole organisation where none is named; what belongs to no branch needs the latter.
//! *any*: anywhere. Each role reaches for itself, several as far as the farthest. Names, contacts and free text out of reach are null;
//! everything else out of reach is an error. Without a viewer there is only the position of the log.
//!
//! # Rules
//! - Facts are as of the moment asked for, rights as of now: what is looked at is placed by the branch it had then,
//!   in the tree of today.
//! - What does not exist and what is out of reach are answered alike.
//! - A round is seen by whoever reaches one of its branches or takes part in it; people and results in it are placed by
//!   their branch at the opening. What concerns a round as a whole takes reach over all its branches.
//! - A competition is seen by whoever reaches its branch or one that competes in it; its board shows what they reach.
//! - A command that names branches or members beside its subject needs reach over all of them. Attendees are the
//!   exception: whoever holds a session or theme day records who came, from wherever they came. So are the leaders and
//!   scrutineers of a round, who come from outside its branches, and whoever holds a talk.
//! - Whoever takes part in a round does so as their own member; its roster says in what. What a leader gave and a
//!   scrutineer counted is told to themselves before publication, and to nobody else.
//! - Nobody grants a role to themselves: the domain refuses that, whoever asks.
//! - The integration account finds a member by staff number, for imports, though it is shown none.

mod said;

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::id::{BranchId, MemberId};
use projections::cell::Cell;
use projections::select::Condition;

use crate::fault::{Fault, Result};
use crate::tree::Tree;
use crate::viewer::{Held, Role, Viewer};

/// What somebody wants to see or do; the rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table of the module says what each one is")]
pub enum Action {
    SeeMetrics,
    SeeBranches,
    SeeBoards,
    SeeRoster,
    SeeMember,
    SeeName,
    SeeContact,
    SeeText,
    SeeReport,
    SeeTrail,
    KeepCommitments,
    KeepRoster,
    KeepDisplays,
    KeepOutlets,
    KeepRecords,
    ReportResults,
    SetTargets,
    RunCompetitions,
    ShapeOrganisation,
    SeeRounds,
    SeeResults,
    SeeProposal,
    SeeReads,
    TakePart,
    KeepBallots,
    RunRounds,
    KeepTalks,
    SeeGrants,
    GrantRoles,
}

impl Action {
    /// Every action, in the order of the table.
    pub const ALL: [Self; 29] = [
        Self::SeeMetrics,
        Self::SeeBranches,
        Self::SeeBoards,
        Self::SeeRoster,
        Self::SeeMember,
        Self::SeeName,
        Self::SeeContact,
        Self::SeeText,
        Self::SeeReport,
        Self::SeeTrail,
        Self::KeepCommitments,
        Self::KeepRoster,
        Self::KeepDisplays,
        Self::KeepOutlets,
        Self::KeepRecords,
        Self::ReportResults,
        Self::SetTargets,
        Self::RunCompetitions,
        Self::ShapeOrganisation,
        Self::SeeRounds,
        Self::SeeResults,
        Self::SeeProposal,
        Self::SeeReads,
        Self::TakePart,
        Self::KeepBallots,
        Self::RunRounds,
        Self::KeepTalks,
        Self::SeeGrants,
        Self::GrantRoles,
    ];
}

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// The organisation as a whole: what belongs to no single branch.
    Organisation,
    /// A branch and what is under it.
    Branch(BranchId),
    /// A member, in a branch.
    Member(MemberId, BranchId),
}

/// What the policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Allow,
    /// No; an error.
    Deny,
    /// Not this part: shown as null.
    Mask,
}

/// A viewer with what the policy needs to know beside: all as of now.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Who looks.
    pub viewer: Arc<Viewer>,
    /// The viewer's own branch, where the viewer is a member who has not left.
    pub home: Option<BranchId>,
    /// The organisation tree; empty where [`Standing::needs_tree`] says no.
    pub tree: Arc<Tree>,
}

impl Standing {
    /// Whether the tree matters for this viewer: not for one whose roles are for the whole organisation.
    #[must_use]
    pub fn needs_tree(viewer: &Viewer) -> bool {
        viewer.held.iter().any(|held| held.scope.is_some() || held.role == Role::Member)
    }
}

/// How far a role reaches in an action; the cells of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Nowhere,
    Own,
    Home,
    Scope,
    Anywhere,
}

/// The table.
fn reach(role: Role, action: Action) -> Reach {
    use Action::*;
    match role {
        Role::Member => match action {
            SeeMetrics => Reach::Anywhere,
            SeeBranches | SeeBoards | SeeRoster | SeeName | SeeRounds => Reach::Home,
            SeeMember | SeeContact | SeeText | SeeTrail | KeepCommitments => Reach::Own,
            SeeResults | TakePart => Reach::Own,
            SeeProposal | SeeReads | KeepBallots | RunRounds | KeepTalks => Reach::Nowhere,
            SeeReport | KeepRoster | KeepDisplays | KeepOutlets | KeepRecords => Reach::Nowhere,
            ReportResults | SetTargets | RunCompetitions | ShapeOrganisation => Reach::Nowhere,
            SeeGrants | GrantRoles => Reach::Nowhere,
        },
        Role::BranchSecretary => match action {
            SeeMetrics | SeeReport => Reach::Anywhere,
            SetTargets | RunCompetitions | ShapeOrganisation | SeeProposal | SeeReads | RunRounds => Reach::Nowhere,
            SeeGrants | GrantRoles => Reach::Nowhere,
            TakePart => Reach::Own,
            SeeRounds | SeeResults | KeepBallots | KeepTalks => Reach::Scope,
            SeeBranches | SeeBoards | SeeRoster | SeeMember | SeeName | SeeContact | SeeText => Reach::Scope,
            SeeTrail | KeepCommitments | KeepRoster | KeepDisplays | KeepOutlets | KeepRecords => Reach::Scope,
            ReportResults => Reach::Scope,
        },
        Role::Leader => match action {
            SeeMetrics | SeeReport => Reach::Anywhere,
            action if sees(action) => Reach::Scope,
            KeepTalks => Reach::Scope,
            TakePart => Reach::Own,
            _writes => Reach::Nowhere,
        },
        Role::Office => match action {
            SeeMetrics | SeeReport => Reach::Anywhere,
            TakePart => Reach::Own,
            _all => Reach::Scope,
        },
        Role::Auditor => match action {
            SeeMetrics | SeeReport => Reach::Anywhere,
            SeeText => Reach::Nowhere,
            SeeReads | SeeGrants => Reach::Scope,
            action if sees(action) => Reach::Scope,
            _writes => Reach::Nowhere,
        },
        Role::Integration => match action {
            SeeMetrics | SeeReport => Reach::Anywhere,
            SeeBranches | SeeBoards | SeeRoster | SeeRounds | ReportResults => Reach::Scope,
            _other => Reach::Nowhere,
        },
    }
}

fn sees(action: Action) -> bool {
    use Action::*;
    matches!(
        action,
        SeeBranches
            | SeeBoards
            | SeeRoster
            | SeeMember
            | SeeName
            | SeeContact
            | SeeText
            | SeeTrail
            | SeeRounds
            | SeeResults
    )
}

/// Who may see or do what; see the table of the module.
#[must_use]
pub fn policy(standing: &Standing, action: Action, resource: Resource) -> Verdict {
    let reached = |held: &Held| reaches(standing, held, reach(held.role, action), resource);
    match action {
        _any if standing.viewer.held.iter().any(reached) => Verdict::Allow,
        Action::SeeName | Action::SeeContact | Action::SeeText => Verdict::Mask,
        _other => Verdict::Deny,
    }
}

fn reaches(standing: &Standing, held: &Held, reach: Reach, resource: Resource) -> bool {
    let own = matches!(resource, Resource::Member(member, _) if standing.viewer.member == Some(member));
    let under = |top: BranchId| match resource {
        Resource::Organisation => false,
        Resource::Branch(branch) | Resource::Member(_, branch) => standing.tree.is_within(branch, top),
    };
    match reach {
        Reach::Nowhere => false,
        Reach::Own => own,
        Reach::Home => own || standing.home.is_some_and(under),
        Reach::Scope => held.scope.is_none_or(under),
        Reach::Anywhere => true,
    }
}

/// Which branches a list may be made of. Only the policy makes one, so no list is made without asking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    branches: Option<Vec<BranchId>>,
}

impl Scope {
    /// The branches of a list: those within `wanted`, or all the viewer's roles reach.
    ///
    /// # Errors
    /// [`Fault::Denied`] where the wanted branch is out of reach, or nothing is in reach.
    pub fn of(standing: &Standing, tree: &Tree, action: Action, wanted: Option<BranchId>) -> Result<Self> {
        let allows = |resource| policy(standing, action, resource) == Verdict::Allow;
        match wanted {
            Some(branch) if allows(Resource::Branch(branch)) => {
                let within = tree.within(branch).into_iter().filter(|branch| allows(Resource::Branch(*branch)));
                Ok(Self { branches: Some(within.collect()) })
            }
            Some(branch) => Err(Fault::denied(action, Resource::Branch(branch))),
            None if allows(Resource::Organisation) => Ok(Self { branches: None }),
            None => {
                let scopes = standing.viewer.held.iter().filter_map(|held| held.scope);
                let tops = scopes.chain(standing.home);
                let allowed = tops.filter(|top| allows(Resource::Branch(*top)));
                let mut branches: Vec<BranchId> = allowed.flat_map(|top| tree.within(top)).collect();
                branches.sort_unstable();
                branches.dedup();
                (!branches.is_empty())
                    .then_some(Self { branches: Some(branches) })
                    .ok_or(Fault::denied(action, Resource::Organisation))
            }
        }
    }

    /// With all branches above these: a competition announced there is one of these branches too.
    #[must_use]
    pub fn with_above(self, tree: &Tree) -> Self {
        let branches = self.branches.map(|branches| {
            let up: BTreeSet<BranchId> = branches.into_iter().flat_map(|branch| tree.up_from(branch)).collect();
            up.into_iter().collect()
        });
        Self { branches }
    }

    /// Whether a branch is one of these.
    #[must_use]
    pub fn holds(&self, branch: BranchId) -> bool {
        self.branches.as_ref().is_none_or(|branches| branches.contains(&branch))
    }

    /// The condition that keeps a list to these branches; nothing for the whole organisation.
    #[must_use]
    pub fn condition(&self, column: &'static str) -> Option<Condition> {
        let cells = |branches: &Vec<BranchId>| branches.iter().map(|branch| Cell::Uuid(branch.0)).collect();
        self.branches.as_ref().map(|branches| Condition::OneOf(column, cells(branches)))
    }

    /// The branches; nothing for the whole organisation.
    #[must_use]
    pub fn branches(&self) -> Option<&[BranchId]> {
        self.branches.as_deref()
    }
}
