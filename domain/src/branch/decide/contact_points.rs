//! Contact points: two cadres look after one financial outlet and one delivery station.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Scene, outlets};
use crate::branch::part::ContactPoint;
use crate::branch::{Branch, BranchEvent, BranchRefusal, OutletAt, OutletKind};
use crate::id::{ContactPointId, MemberId, OutletId, VisitId};
use crate::member::{Member, Post};
use crate::period::TimeRefusal;
use crate::text::Sealed;
use crate::world::{Decision, Stop, in_range};

pub fn assign(
    at: Scene<'_, '_>,
    contact_point: ContactPointId,
    cadres: &[MemberId],
    outlets: &[OutletAt],
    from: Date,
    until: Option<Date>,
) -> Result<Decision, Stop> {
    let branch = at.standing_on(from)?;
    at.fresh(branch.contact_points.contains_key(&contact_point), contact_point.0)?;
    if let Some(until) = until.map(in_range).transpose()?.filter(|until| *until < from) {
        return Err(TimeRefusal::Reversed { from, until }.into());
    }
    let cadres = pair(at, cadres, from)?;
    let (outlet, station) = one_of_each(at, outlets, from)?;
    at.happened(BranchEvent::ContactPointAssigned { contact_point, cadres, outlet, station, from, until })
}

/// Two different members who are cadres, on duty on that day.
fn pair(at: Scene<'_, '_>, named: &[MemberId], from: Date) -> Result<[MemberId; 2], Stop> {
    let &[one, other] = named else {
        return Err(BranchRefusal::ContactPointNeedsTwoCadres { given: named.len() }.into());
    };
    let mut cadres = BTreeSet::new();
    for member in [one, other] {
        if Member::require_on_duty(at.world, member, from)?.post() == Some(Post::Cadre) {
            cadres.insert(member);
        }
    }
    match cadres.len() {
        2 => Ok([one, other]),
        given => Err(BranchRefusal::ContactPointNeedsTwoCadres { given }.into()),
    }
}

/// The financial outlet and the delivery station, each open where it is said to be.
fn one_of_each(at: Scene<'_, '_>, named: &[OutletAt], from: Date) -> Result<(OutletId, OutletId), Stop> {
    let (mut financial, mut delivery) = (Vec::new(), Vec::new());
    for OutletAt { branch, outlet } in named {
        let holder = Branch::require_standing(at.world, *branch)?;
        match outlets::open_on(*branch, holder, *outlet, from)?.kind {
            OutletKind::Financial => financial.push(*outlet),
            OutletKind::Delivery => delivery.push(*outlet),
        }
    }
    match (&financial[..], &delivery[..]) {
        ([outlet], [station]) => Ok((*outlet, *station)),
        (financial, delivery) => {
            let (financial, delivery) = (financial.len(), delivery.len());
            Err(BranchRefusal::ContactPointNeedsOneOfEach { financial, delivery }.into())
        }
    }
}

pub fn visit(
    at: Scene<'_, '_>,
    visit: VisitId,
    contact_point: ContactPointId,
    by: MemberId,
    outlet: OutletId,
    on: Date,
    note: Sealed,
) -> Result<Decision, Stop> {
    let branch = at.standing_on(on)?;
    let found = standing(at, branch, contact_point, on)?;
    if let Some(until) = found.until.filter(|until| *until < on) {
        return Err(BranchRefusal::ContactPointOver { contact_point, on, until }.into());
    }
    if !found.cadres.contains(&by) {
        return Err(BranchRefusal::NotOfThePair { contact_point, member: by }.into());
    }
    if !found.links(outlet) {
        return Err(BranchRefusal::NotItsOutlet { contact_point, outlet }.into());
    }
    if !at.world.member(by)?.was_on_roster_on(on) {
        return Err(BranchRefusal::VisitorNotOnRoster { member: by, on }.into());
    }
    at.fresh(branch.visits.contains(&visit), visit.0)?;
    at.happened(BranchEvent::ContactPointVisited { visit, contact_point, by, outlet, on, note })
}

pub fn end(at: Scene<'_, '_>, contact_point: ContactPointId, on: Date, reason: Sealed) -> Result<Decision, Stop> {
    let branch = at.standing_on(on)?;
    let latest = standing(at, branch, contact_point, on)?.latest;
    match on < latest {
        true => Err(BranchRefusal::ContactPointActiveLater { contact_point, on, latest }.into()),
        false => at.happened(BranchEvent::ContactPointEnded { contact_point, on, reason }),
    }
}

/// A contact point that has begun by that day and was not ended.
fn standing<'b>(
    at: Scene<'_, '_>,
    branch: &'b Branch,
    contact_point: ContactPointId,
    on: Date,
) -> Result<&'b ContactPoint, BranchRefusal> {
    let found = branch
        .contact_points
        .get(&contact_point)
        .ok_or(BranchRefusal::UnknownContactPoint { branch: at.id, contact_point })?;
    match found.ended_on {
        Some(on) => Err(BranchRefusal::ContactPointEnded { contact_point, on }),
        None if on < found.from => Err(BranchRefusal::ContactPointNotYetBegun { contact_point, on, from: found.from }),
        None => Ok(found),
    }
}
