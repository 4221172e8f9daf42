//! The organisation tree: founding, names, places, mergers, ends.

use jiff::civil::Date;
use uuid::Uuid;

use super::Scene;
use crate::branch::part::{Charter, ContactPoint, Outlet};
use crate::branch::{Branch, BranchEvent, BranchKind, BranchRefusal};
use crate::id::{BranchId, ContactPointId};
use crate::member::MemberEvent;
use crate::text::{Sealed, Title};
use crate::world::{Decision, Stop};

pub fn establish(
    at: Scene<'_, '_>,
    kind: BranchKind,
    parent: Option<BranchId>,
    name: Title,
    on: Date,
) -> Result<Decision, Stop> {
    let is_root = at.id == BranchId::root();
    if at.world.branch(at.id)?.is_established() {
        return Err(BranchRefusal::AlreadyEstablished { branch: at.id }.into());
    }
    match parent {
        None if !is_root => return Err(BranchRefusal::NeedsParent { branch: at.id }.into()),
        Some(parent) if is_root => return Err(BranchRefusal::RootUnderAnother { parent }.into()),
        None => {
            at.context.past(on)?;
        }
        Some(parent) => {
            at.chartered_on(parent, on)?;
        }
    }
    let founded = Decision::nothing().branch(at.id, BranchEvent::Established { kind, parent, name, on });
    Ok(match parent {
        None => founded,
        Some(parent) => founded.branch(parent, BranchEvent::SubordinateJoined { branch: at.id, on: Some(on) }),
    })
}

pub fn rename(at: Scene<'_, '_>, name: Title, on: Date) -> Result<Decision, Stop> {
    let (_, charter) = at.chartered_on(at.id, on)?;
    if charter.name == name {
        return Ok(Decision::nothing());
    }
    at.not_before(on, charter.name_since)?;
    at.happened(BranchEvent::Renamed { name_before: charter.name.clone(), name, on })
}

pub fn go_under(at: Scene<'_, '_>, to: BranchId, on: Date, reason: Sealed) -> Result<Decision, Stop> {
    let (_, charter) = at.chartered_on(at.id, on)?;
    let from = superior(at, charter)?;
    if from == to {
        return Ok(Decision::nothing());
    }
    refuse_ring(at, to)?;
    at.chartered_on(to, on)?;
    at.not_before(on, charter.parent_since)?;
    at.world.branch(from)?;
    Ok(Decision::nothing()
        .branch(at.id, BranchEvent::Moved { from, to, on, reason })
        .branch(from, BranchEvent::SubordinateDeparted { branch: at.id, on: Some(on) })
        .branch(to, BranchEvent::SubordinateJoined { branch: at.id, on: Some(on) }))
}

pub fn merge(at: Scene<'_, '_>, into: BranchId, on: Date, reason: Sealed) -> Result<Decision, Stop> {
    let (branch, charter) = at.chartered_on(at.id, on)?;
    let parent = superior(at, charter)?;
    if into == at.id {
        return Err(BranchRefusal::IntoItself { branch: at.id }.into());
    }
    let (target, _) = at.chartered_on(into, on)?;
    refuse_subordinates(at, branch)?;
    at.not_before(on, charter.latest)?;
    refuse_collisions(branch, target, into)?;
    at.world.branch(parent)?;
    let absorbed = BranchEvent::Absorbed {
        from: at.id,
        on,
        members: branch.members.iter().copied().collect(),
        outlets: branch.standing_outlets().map(|(id, outlet)| Outlet::hand(outlet, *id)).collect(),
        contact_points: branch.standing_contact_points().map(|(id, point)| ContactPoint::hand(point, *id)).collect(),
    };
    let merged = Decision::nothing()
        .branch(at.id, BranchEvent::Merged { into, on, reason: reason.clone() })
        .branch(parent, BranchEvent::SubordinateDeparted { branch: at.id, on: Some(on) })
        .branch(into, absorbed);
    let merged = links(branch, on).fold(merged, |merged, linked| merged.branch(into, linked));
    // All are asked for before the first missing one stops the decision, so that one load can bring them all.
    let read: Vec<_> = branch.members.iter().map(|member| at.world.member(*member).map(|_| *member)).collect();
    read.into_iter().try_fold(merged, |merged, member| {
        let transferred = MemberEvent::Transferred { from: at.id, to: into, on, reason: reason.clone() };
        Ok(merged.member(member?, transferred))
    })
}

/// What the branch that takes over learns of the outlets handed to it.
fn links(branch: &Branch, from: Date) -> impl Iterator<Item = BranchEvent> {
    branch.standing_outlets().flat_map(move |(outlet, held)| {
        let linked = |contact_point: &ContactPointId| (*outlet, *contact_point);
        held.links.iter().map(linked).map(move |(outlet, contact_point)| BranchEvent::OutletLinked {
            outlet,
            contact_point,
            from,
        })
    })
}

pub fn close(at: Scene<'_, '_>, on: Date, reason: Sealed) -> Result<Decision, Stop> {
    let (state, charter) = at.chartered_on(at.id, on)?;
    let (branch, parent) = (at.id, superior(at, charter)?);
    refuse_subordinates(at, state)?;
    let refuse_any = |count: usize, refusal: fn(BranchId, usize) -> BranchRefusal| match count {
        0 => Ok(()),
        count => Err(refusal(branch, count)),
    };
    refuse_any(state.members.len(), |branch, count| BranchRefusal::HasMembers { branch, count })?;
    let points = state.standing_contact_points().count();
    refuse_any(points, |branch, count| BranchRefusal::HasContactPoints { branch, count })?;
    let outlets = state.standing_outlets().count();
    refuse_any(outlets, |branch, count| BranchRefusal::HasOutlets { branch, count })?;
    at.not_before(on, charter.latest)?;
    at.world.branch(parent)?;
    Ok(Decision::nothing()
        .branch(branch, BranchEvent::Closed { on, reason })
        .branch(parent, BranchEvent::SubordinateDeparted { branch, on: Some(on) }))
}

/// The branch above; the top committee, which has none, stays where it is.
fn superior(at: Scene<'_, '_>, charter: &Charter) -> Result<BranchId, BranchRefusal> {
    charter.parent.ok_or(BranchRefusal::RootStays { branch: at.id })
}

/// Every branch on the way up is read, so two moves at once cannot close a ring between them.
fn refuse_ring(at: Scene<'_, '_>, to: BranchId) -> Result<(), Stop> {
    let mut next = Some(to);
    while let Some(above) = next {
        if above == at.id {
            return Err(BranchRefusal::UnderItself { branch: at.id, to }.into());
        }
        next = at.world.branch(above)?.parent();
    }
    Ok(())
}

fn refuse_subordinates(at: Scene<'_, '_>, branch: &Branch) -> Result<(), BranchRefusal> {
    match branch.subordinates.first() {
        None => Ok(()),
        Some(first) => {
            let count = branch.subordinates.len();
            Err(BranchRefusal::HasSubordinates { branch: at.id, count, first: *first })
        }
    }
}

/// What is handed over must not meet an outlet or contact point of the same id.
fn refuse_collisions(branch: &Branch, target: &Branch, into: BranchId) -> Result<(), BranchRefusal> {
    let outlets = branch.standing_outlets().map(|(id, _)| *id).filter(|id| target.outlets.contains_key(id));
    let points = branch.standing_contact_points().map(|(id, _)| *id);
    let points = points.filter(|id| target.contact_points.contains_key(id));
    let collision: Option<Uuid> = outlets.map(|id| id.0).chain(points.map(|id| id.0)).next();
    match collision {
        Some(id) => Err(BranchRefusal::HandedIdInUse { into, id }),
        None => Ok(()),
    }
}
