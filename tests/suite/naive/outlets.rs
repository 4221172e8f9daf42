//! Outlets and contact points.

use domain::branch::{BranchEvent, SixS};
use domain::id::{BranchId, ContactPointId, OutletId};
use jiff::civil::Date;
use projections::contact_points::ContactPointRow;
use projections::outlets::OutletRow;
use projections::words::{ContactPointStanding, OutletStanding};

use super::{Naive, count};

impl Naive<'_> {
    /// Every outlet, the closed ones included.
    pub fn outlet_rows(self) -> Vec<OutletRow> {
        let points = self.contact_point_rows();
        let opened = |(branch, event): (BranchId, &BranchEvent)| match event {
            BranchEvent::OutletOpened { outlet, kind, name, on } => {
                let closed_on = self.closed_on(*outlet);
                let (inspections, latest) = self.inspections(*outlet);
                Some(OutletRow {
                    outlet: *outlet,
                    branch: self.holder_of_outlet(*outlet).unwrap_or(branch),
                    kind: *kind,
                    name: name.clone(),
                    standing: if closed_on.is_some() { OutletStanding::Closed } else { OutletStanding::Open },
                    opened_on: *on,
                    closed_on,
                    standards_displayed: count(
                        self.of_branches(),
                        |(_, event)| matches!(event, BranchEvent::StandardDisplayed { outlet: whose, .. } if whose == outlet),
                    ),
                    inspections,
                    inspected_on: latest.map(|(on, _)| on),
                    sort: latest.map(|(_, six)| six.sort),
                    set_in_order: latest.map(|(_, six)| six.set_in_order),
                    shine: latest.map(|(_, six)| six.shine),
                    standardise: latest.map(|(_, six)| six.standardise),
                    sustain: latest.map(|(_, six)| six.sustain),
                    safety: latest.map(|(_, six)| six.safety),
                    contact_points: count(&points, |point| {
                        let here = point.outlet == *outlet || point.station == *outlet;
                        here && point.standing == ContactPointStanding::Standing
                    }),
                })
            }
            _ => None,
        };
        self.of_branches().filter_map(opened).collect()
    }

    fn closed_on(self, outlet: OutletId) -> Option<Date> {
        self.of_branches().find_map(|(_, event)| match event {
            BranchEvent::OutletClosed { outlet: closed, on, .. } if *closed == outlet => Some(*on),
            _ => None,
        })
    }

    /// How often, and the one with the latest day; of two on one day the one recorded later.
    fn inspections(self, outlet: OutletId) -> (i64, Option<(Date, SixS)>) {
        let mut all = Vec::new();
        for (_, event) in self.of_branches() {
            if let BranchEvent::OutletInspected { outlet: whose, on, results, .. } = event
                && *whose == outlet
            {
                all.push((*on, *results));
            }
        }
        let latest = all.iter().map(|(on, _)| *on).max();
        (all.len() as i64, all.iter().rev().find(|(on, _)| Some(*on) == latest).copied())
    }

    fn holder_of_outlet(self, outlet: OutletId) -> Option<BranchId> {
        let taken_over = |(branch, event): (BranchId, &BranchEvent)| match event {
            BranchEvent::Absorbed { outlets, .. } if outlets.iter().any(|handed| handed.outlet == outlet) => {
                Some(branch)
            }
            _ => None,
        };
        self.of_branches().filter_map(taken_over).last()
    }

    fn holder_of_point(self, point: ContactPointId) -> Option<BranchId> {
        let taken_over = |(branch, event): (BranchId, &BranchEvent)| match event {
            BranchEvent::Absorbed { contact_points, .. }
                if contact_points.iter().any(|handed| handed.contact_point == point) =>
            {
                Some(branch)
            }
            _ => None,
        };
        self.of_branches().filter_map(taken_over).last()
    }

    /// Every contact point, the ended ones included.
    pub fn contact_point_rows(self) -> Vec<ContactPointRow> {
        let mut rows = Vec::new();
        for (branch, event) in self.of_branches() {
            let BranchEvent::ContactPointAssigned { contact_point, cadres, outlet, station, from, until, .. } = event
            else {
                continue;
            };
            let ended_on = self.of_branches().find_map(|(_, event)| match event {
                BranchEvent::ContactPointEnded { contact_point: ended, on, .. } if ended == contact_point => Some(*on),
                _ => None,
            });
            let visit = |(_, event): (BranchId, &BranchEvent)| match event {
                BranchEvent::ContactPointVisited { contact_point: visited, on, .. } if visited == contact_point => {
                    Some(*on)
                }
                _ => None,
            };
            rows.push(ContactPointRow {
                contact_point: *contact_point,
                branch: self.holder_of_point(*contact_point).unwrap_or(branch),
                cadre_a: cadres[0],
                cadre_b: cadres[1],
                outlet: *outlet,
                station: *station,
                standing: match ended_on {
                    Some(_) => ContactPointStanding::Ended,
                    None => ContactPointStanding::Standing,
                },
                assigned_from: *from,
                assigned_until: *until,
                ended_on,
                visits: self.of_branches().filter_map(visit).count() as i64,
                visited_on: self.of_branches().filter_map(visit).max(),
            });
        }
        rows
    }
}
