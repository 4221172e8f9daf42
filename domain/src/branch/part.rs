//! The parts of what a branch remembers.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::BranchRefusal;
use super::kind::{HandedContactPoint, HandedOutlet, OutletKind};
use crate::id::{ActorId, BranchId, ContactPointId, MemberId, OutletId};
use crate::period::Period;
use crate::text::Title;

/// How a branch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum End {
    Closed { on: Date },
    Merged { into: BranchId },
}

/// What was laid down about a branch, from its founding on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Charter {
    pub established: Date,
    pub name: Title,
    pub name_since: Date,
    pub parent: Option<BranchId>,
    pub parent_since: Date,
    /// The latest business date of anything recorded at the branch.
    pub latest: Date,
    pub end: Option<End>,
}

impl Charter {
    pub fn new(parent: Option<BranchId>, name: &Title, on: Date) -> Self {
        let name = name.clone();
        Self { established: on, name, name_since: on, parent, parent_since: on, latest: on, end: None }
    }

    pub fn rename(&mut self, name: &Title, on: Date) {
        (self.name, self.name_since) = (name.clone(), on);
    }

    /// What is recorded after the end leaves the day of the end as the latest.
    pub fn enter(&mut self, on: Date) {
        if self.end.is_none() {
            self.latest = self.latest.max(on);
        }
    }

    /// The day of its end, once it ended: nothing it recorded before is later.
    pub fn ended_on(&self) -> Option<Date> {
        self.end.map(|_| self.latest)
    }

    pub fn refuse_before(&self, branch: BranchId, on: Date) -> Result<(), BranchRefusal> {
        let established = self.established;
        match on < established {
            true => Err(BranchRefusal::BeforeEstablished { branch, on, established }),
            false => Ok(()),
        }
    }

    pub fn go_under(&mut self, parent: BranchId, on: Date) {
        (self.parent, self.parent_since) = (Some(parent), on);
    }
}

/// An outlet as its branch remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlet {
    /// Its kind.
    pub kind: OutletKind,
    /// Its name.
    pub name: Title,
    /// Its first day, before a merger too.
    pub opened_on: Date,
    /// The first day without it, once closed.
    pub closed_on: Option<Date>,
    /// The standing contact points it belongs to, whichever branch keeps them.
    #[serde(default)]
    pub(super) links: BTreeSet<ContactPointId>,
    pub(super) latest: Date,
}

impl Outlet {
    pub(super) fn new(kind: OutletKind, name: &Title, on: Date) -> Self {
        Self { kind, name: name.clone(), opened_on: on, closed_on: None, links: BTreeSet::new(), latest: on }
    }

    pub(super) fn handed(handed: &HandedOutlet, on: Date) -> Self {
        Self { latest: on, ..Self::new(handed.kind, &handed.name, handed.opened_on) }
    }

    pub(super) fn hand(&self, outlet: OutletId) -> HandedOutlet {
        HandedOutlet { outlet, kind: self.kind, name: self.name.clone(), opened_on: self.opened_on }
    }

    pub(super) fn enter(&mut self, on: Date) {
        self.latest = self.latest.max(on);
    }

    pub(super) fn close(&mut self, on: Date) {
        self.closed_on = Some(on);
    }

    pub(super) fn link(&mut self, contact_point: ContactPointId, from: Date) {
        self.links.insert(contact_point);
        self.enter(from);
    }

    pub(super) fn release(&mut self, contact_point: ContactPointId, on: Date) {
        self.links.remove(&contact_point);
        self.enter(on);
    }
}

/// A contact point as its branch remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ContactPoint {
    pub cadres: [MemberId; 2],
    pub outlet: OutletId,
    pub station: OutletId,
    pub from: Date,
    pub until: Option<Date>,
    pub ended_on: Option<Date>,
    pub latest: Date,
    /// Who held the outlet and the station on the first day; unknown of what was assigned before that was recorded.
    #[serde(default)]
    pub holders: Option<[BranchId; 2]>,
}

impl ContactPoint {
    pub fn new(cadres: [MemberId; 2], outlet: OutletId, station: OutletId, from: Date, until: Option<Date>) -> Self {
        Self { cadres, outlet, station, from, until, ended_on: None, latest: from, holders: None }
    }

    pub fn held_by(self, holders: Option<[BranchId; 2]>) -> Self {
        Self { holders, ..self }
    }

    pub fn handed(handed: &HandedContactPoint, on: Date) -> Self {
        let HandedContactPoint { cadres, outlet, station, from, until, holders, .. } = *handed;
        Self { latest: on, holders, ..Self::new(cadres, outlet, station, from, until) }
    }

    pub fn hand(&self, contact_point: ContactPointId) -> HandedContactPoint {
        let Self { cadres, outlet, station, from, until, holders, .. } = *self;
        HandedContactPoint { contact_point, cadres, outlet, station, from, until, holders }
    }

    /// Its outlet and its station, each with the branch that held it on the first day, if known.
    pub fn places(&self) -> [(OutletId, Option<BranchId>); 2] {
        let [outlet_at, station_at] = self.holders.map_or([None, None], |holders| holders.map(Some));
        [(self.outlet, outlet_at), (self.station, station_at)]
    }

    pub fn links(&self, outlet: OutletId) -> bool {
        self.outlet == outlet || self.station == outlet
    }

    pub fn enter(&mut self, on: Date) {
        self.latest = self.latest.max(on);
    }
}

/// A competition: when it runs, and whether its boards are settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Competition {
    pub period: Period,
    pub concluded: bool,
}

impl Competition {
    pub fn new(period: Period) -> Self {
        Self { period, concluded: false }
    }
}

/// A training session and who attended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Training {
    pub on: Date,
    pub minutes: u32,
    pub attendees: BTreeSet<MemberId>,
}

impl Training {
    pub fn new(on: Date, minutes: u32, attendees: &[MemberId]) -> Self {
        Self { on, minutes, attendees: attendees.iter().copied().collect() }
    }

    pub fn correct(&mut self, added: &[MemberId], removed: &[MemberId]) {
        for member in removed {
            self.attendees.remove(member);
        }
        self.attendees.extend(added);
    }
}

/// An improvement: by whom it was reported, and whether somebody confirmed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Improvement {
    pub on: Date,
    pub by: ActorId,
    pub confirmed: bool,
}

impl Improvement {
    pub fn new(on: Date, by: &ActorId) -> Self {
        Self { on, by: by.clone(), confirmed: false }
    }
}
