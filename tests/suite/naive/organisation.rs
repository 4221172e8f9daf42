//! Branches and their tree.

use std::collections::BTreeSet;

use domain::branch::{BranchEvent, OutletKind};
use domain::id::{BranchId, MemberId};
use projections::branches::BranchRow;
use projections::contact_points::ContactPointRow;
use projections::outlets::OutletRow;
use projections::words::{BranchStanding, ContactPointStanding, MemberStanding, OutletStanding};

use super::trainings::Session;
use super::{Naive, count};

/// What all branches hold together.
struct Holds {
    /// The branch of everybody on a roster.
    homes: Vec<BranchId>,
    outlets: Vec<OutletRow>,
    points: Vec<ContactPointRow>,
    sessions: Vec<Session>,
}

impl Naive<'_> {
    /// Every branch, those that ended included.
    pub fn branch_rows(self) -> Vec<BranchRow> {
        let is_there =
            |member: &MemberId| matches!(self.standing_of(*member), MemberStanding::OnDuty | MemberStanding::Suspended);
        let on_roster = self.members().into_iter().filter(is_there);
        let holds = Holds {
            homes: on_roster.map(|member| self.branch_of(member)).collect(),
            outlets: self.outlet_rows(),
            points: self.contact_point_rows(),
            sessions: self.sessions(),
        };
        self.branches().into_iter().map(|branch| self.branch_row(branch, &holds)).collect()
    }

    fn branch_row(self, branch: BranchId, holds: &Holds) -> BranchRow {
        let events = self.at(branch);
        let founded = events.iter().find_map(|event| match event {
            BranchEvent::Established { kind, name, on, .. } => Some((*kind, name.clone(), *on)),
            _ => None,
        });
        let (kind, first_name, established_on) = founded.unwrap();
        let renamed = events.iter().rev().find_map(|event| match event {
            BranchEvent::Renamed { name, .. } => Some(name.clone()),
            _ => None,
        });
        let end = self.end_of(branch);
        let ended_on = events.iter().find_map(|event| match event {
            BranchEvent::Merged { on, .. } | BranchEvent::Closed { on, .. } => Some(*on),
            _ => None,
        });
        let held = |kind: OutletKind| {
            count(&holds.outlets, |outlet| {
                outlet.branch == branch && outlet.kind == kind && outlet.standing == OutletStanding::Open
            })
        };
        let sessions: Vec<_> = holds.sessions.iter().filter(|session| session.branch == branch).collect();
        let happened = |what: fn(&BranchEvent) -> bool| count(&events, |event| what(event));
        BranchRow {
            branch,
            kind,
            parent: self.parent_of(branch),
            name: renamed.unwrap_or(first_name),
            standing: end.map_or(BranchStanding::Standing, |(standing, _)| standing),
            merged_into: end.and_then(|(_, into)| into),
            established_on,
            ended_on,
            members: count(&holds.homes, |home| **home == branch),
            outlets_financial: held(OutletKind::Financial),
            stations_delivery: held(OutletKind::Delivery),
            contact_points: count(&holds.points, |point| {
                point.branch == branch && point.standing == ContactPointStanding::Standing
            }),
            standards_displayed: happened(|event| matches!(event, BranchEvent::StandardDisplayed { .. })),
            inspections: happened(|event| matches!(event, BranchEvent::OutletInspected { .. })),
            trainings: sessions.len() as i64,
            training_minutes: sessions.iter().map(|session| session.minutes).sum(),
            attendances: sessions.iter().map(|session| session.came.len() as i64).sum(),
            theme_days: happened(|event| matches!(event, BranchEvent::ThemeDayHeld { .. })),
            improvements_reported: happened(|event| matches!(event, BranchEvent::ImprovementReported { .. })),
            improvements_confirmed: happened(|event| matches!(event, BranchEvent::ImprovementConfirmed { .. })),
            subordinates: below(&events).len() as i64,
        }
    }

    /// The branch above, also of one that ended.
    fn parent_of(self, branch: BranchId) -> Option<BranchId> {
        let above = |event: &&BranchEvent| match event {
            BranchEvent::Established { parent, .. } => Some(*parent),
            BranchEvent::Moved { to, .. } => Some(Some(*to)),
            _ => None,
        };
        self.at(branch).iter().rev().find_map(above).flatten()
    }

    /// The branch that one is under for whoever looks at it: the one that took it over, or the one above.
    pub fn above(self, branch: BranchId) -> Option<BranchId> {
        self.end_of(branch).and_then(|(_, into)| into).or_else(|| self.parent_of(branch))
    }

    fn end_of(self, branch: BranchId) -> Option<(BranchStanding, Option<BranchId>)> {
        self.at(branch).into_iter().find_map(|event| match event {
            BranchEvent::Merged { into, .. } => Some((BranchStanding::Merged, Some(*into))),
            BranchEvent::Closed { .. } => Some((BranchStanding::Closed, None)),
            _ => None,
        })
    }

    /// A branch and everything below it, as the tree stood.
    pub fn subtree(self, top: BranchId) -> BTreeSet<BranchId> {
        let mut found = BTreeSet::from([top]);
        loop {
            let below = |branch: &BranchId| self.parent_of(*branch).is_some_and(|parent| found.contains(&parent));
            let more: BTreeSet<BranchId> = self.branches().into_iter().filter(below).collect();
            if more.is_subset(&found) {
                return found;
            }
            found.extend(more);
        }
    }
}

/// Who came under a branch and did not depart since, as the branch itself was told.
fn below(events: &[&BranchEvent]) -> BTreeSet<BranchId> {
    let mut found = BTreeSet::new();
    for event in events {
        match event {
            BranchEvent::SubordinateJoined { branch, .. } => _ = found.insert(*branch),
            BranchEvent::SubordinateDeparted { branch, .. } => _ = found.remove(branch),
            _ => {}
        }
    }
    found
}
