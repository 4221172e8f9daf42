//! Outlets: opening, closing, standards on the wall, 6S inspections.

use jiff::civil::Date;

use super::Scene;
use crate::branch::part::Outlet;
use crate::branch::{Branch, BranchEvent, BranchRefusal, OutletKind, SixS, StandardKind};
use crate::id::{BranchId, InspectionId, OutletId, StandardId};
use crate::text::{Sealed, Title};
use crate::world::{Decision, Stop};

/// An outlet that a branch holds, open on that day.
pub fn open_on(holder: BranchId, state: &Branch, outlet: OutletId, on: Date) -> Result<&Outlet, BranchRefusal> {
    let found = state.outlet(outlet).ok_or(BranchRefusal::UnknownOutlet { branch: holder, outlet })?;
    match found.closed_on {
        Some(on) => Err(BranchRefusal::OutletClosed { outlet, on }),
        None if on < found.opened_on => Err(BranchRefusal::OutletNotYetOpen { outlet, on, opened: found.opened_on }),
        None => Ok(found),
    }
}

/// An outlet that a branch holds and that was open on that day, also one that closed later.
pub fn was_open_on(holder: BranchId, state: &Branch, outlet: OutletId, on: Date) -> Result<&Outlet, BranchRefusal> {
    match state.outlet(outlet) {
        Some(found) if found.opened_on <= on && found.closed_on.is_some_and(|closed| on < closed) => Ok(found),
        Some(_) | None => open_on(holder, state, outlet, on),
    }
}

pub fn open(at: Scene<'_, '_>, outlet: OutletId, kind: OutletKind, name: Title, on: Date) -> Result<Decision, Stop> {
    let branch = at.standing_on(on)?;
    at.fresh(branch.outlets.contains_key(&outlet), outlet.0)?;
    at.happened(BranchEvent::OutletOpened { outlet, kind, name, on })
}

pub fn close(at: Scene<'_, '_>, outlet: OutletId, on: Date, reason: Sealed) -> Result<Decision, Stop> {
    let branch = at.standing_on(on)?;
    let Outlet { kind, latest, ref links, .. } = *open_on(at.id, branch, outlet, on)?;
    // Links made before those who hold an outlet learned of them are known to the branch that keeps the contact point.
    let mut kept = branch.standing_contact_points().filter(|(_, point)| point.links(outlet)).map(|(id, _)| id);
    if let Some(contact_point) = links.first().or_else(|| kept.next()) {
        return Err(BranchRefusal::OutletLinked { outlet, contact_point: *contact_point }.into());
    }
    match on < latest {
        true => Err(BranchRefusal::OutletActiveLater { outlet, on, latest }.into()),
        false => at.happened(BranchEvent::OutletClosed { outlet, kind, on, reason }),
    }
}

pub fn display_standard(
    at: Scene<'_, '_>,
    standard: StandardId,
    outlet: OutletId,
    kind: StandardKind,
    title: Sealed,
    on: Date,
) -> Result<Decision, Stop> {
    let branch = at.standing_on(on)?;
    was_open_on(at.id, branch, outlet, on)?;
    at.fresh(branch.standards.contains(&standard), standard.0)?;
    at.happened(BranchEvent::StandardDisplayed { standard, outlet, kind, title, on })
}

pub fn inspect(
    at: Scene<'_, '_>,
    inspection: InspectionId,
    outlet: OutletId,
    on: Date,
    results: SixS,
    remarks: Option<Sealed>,
) -> Result<Decision, Stop> {
    let branch = at.standing_on(on)?;
    was_open_on(at.id, branch, outlet, on)?;
    at.fresh(branch.inspections.contains(&inspection), inspection.0)?;
    at.happened(BranchEvent::OutletInspected { inspection, outlet, on, results, remarks })
}
