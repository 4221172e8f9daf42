//! Contact points: two cadres look after one financial outlet and one delivery station.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Scene, outlets};
use crate::branch::part::ContactPoint;
use crate::branch::{Branch, BranchEvent, BranchRefusal, OutletAt, OutletKind};
use crate::id::{BranchId, ContactPointId, MemberId, OutletId, VisitId};
use crate::member::{Member, MemberEvent, Post};
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
    let places = one_of_each(at, outlets, from)?;
    let ([outlet, station], holders) = (places.map(|place| place.outlet), Some(places.map(|place| place.branch)));
    let assigned = BranchEvent::ContactPointAssigned { contact_point, cadres, outlet, station, from, until, holders };
    let linked = places.into_iter().fold(Decision::nothing().branch(at.id, assigned), |decision, place| {
        decision.branch(place.branch, BranchEvent::OutletLinked { outlet: place.outlet, contact_point, from })
    });
    Ok(cadres.into_iter().fold(linked, |decision, member| {
        decision.member(member, MemberEvent::ContactPointTaken { contact_point, from })
    }))
}

/// Two different members who were cadres and on duty on that day.
fn pair(at: Scene<'_, '_>, named: &[MemberId], from: Date) -> Result<[MemberId; 2], Stop> {
    let &[one, other] = named else {
        return Err(BranchRefusal::ContactPointNeedsTwoCadres { given: named.len() }.into());
    };
    let mut cadres = BTreeSet::new();
    for member in [one, other] {
        if Member::require_on_duty(at.world, member, from)?.post_on(from) == Some(Post::Cadre) {
            cadres.insert(member);
        }
    }
    match cadres.len() {
        2 => Ok([one, other]),
        given => Err(BranchRefusal::ContactPointNeedsTwoCadres { given }.into()),
    }
}

/// The financial outlet and the delivery station, each open where it is said to be.
fn one_of_each(at: Scene<'_, '_>, named: &[OutletAt], from: Date) -> Result<[OutletAt; 2], Stop> {
    let (mut financial, mut delivery) = (Vec::new(), Vec::new());
    for place in named {
        let holder = Branch::require_standing(at.world, place.branch)?;
        match outlets::open_on(place.branch, holder, place.outlet, from)?.kind {
            OutletKind::Financial => financial.push(*place),
            OutletKind::Delivery => delivery.push(*place),
        }
    }
    match (&financial[..], &delivery[..]) {
        ([outlet], [station]) => Ok([*outlet, *station]),
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
    let Some((_, then)) = found.places().into_iter().find(|(place, _)| *place == outlet) else {
        return Err(BranchRefusal::NotItsOutlet { contact_point, outlet }.into());
    };
    if let Some((holder, state)) = holder_now(at, outlet, then)? {
        outlets::was_open_on(holder, state, outlet, on)?;
    }
    if !at.world.member(by)?.was_on_roster_on(on) {
        return Err(BranchRefusal::VisitorNotOnRoster { member: by, on }.into());
    }
    Member::require_on_duty_then(at.world, by, on)?;
    at.fresh(branch.visits.contains(&visit), visit.0)?;
    Ok(Decision::nothing()
        .branch(at.id, BranchEvent::ContactPointVisited { visit, contact_point, by, outlet, on, note })
        .member(by, MemberEvent::ContactPointVisited { contact_point, visit, on }))
}

pub fn end(at: Scene<'_, '_>, contact_point: ContactPointId, on: Date, reason: Sealed) -> Result<Decision, Stop> {
    let branch = at.standing_on(on)?;
    let point = standing(at, branch, contact_point, on)?;
    if on < point.latest {
        return Err(BranchRefusal::ContactPointActiveLater { contact_point, on, latest: point.latest }.into());
    }
    let (cadres, outlet, station) = (Some(point.cadres), Some(point.outlet), Some(point.station));
    let ended = BranchEvent::ContactPointEnded { contact_point, on, reason, cadres, outlet, station };
    let decision = released(at, contact_point, point, on, Decision::nothing().branch(at.id, ended))?;
    point.cadres.into_iter().try_fold(decision, |decision, member| {
        Ok(match at.world.member(member)?.is_paired_for(contact_point) {
            true => decision.member(member, MemberEvent::ContactPointGivenUp { contact_point, on }),
            false => decision,
        })
    })
}

/// Those who hold the outlet and the station learn of the end, where they learned of the beginning.
fn released(
    at: Scene<'_, '_>,
    contact_point: ContactPointId,
    point: &ContactPoint,
    on: Date,
    ended: Decision,
) -> Result<Decision, Stop> {
    point.places().into_iter().try_fold(ended, |decision, (outlet, then)| {
        let held = holder_now(at, outlet, then)?
            .filter(|(_, state)| state.outlet(outlet).is_some_and(|outlet| outlet.links.contains(&contact_point)));
        Ok(match held {
            Some((holder, _)) => decision.branch(holder, BranchEvent::OutletReleased { outlet, contact_point, on }),
            None => decision,
        })
    })
}

/// The branch that holds an outlet now: who held it then, or whom that was merged into. Where nobody knows who held it
/// then, only the branch itself is asked.
fn holder_now<'a>(
    at: Scene<'_, 'a>,
    outlet: OutletId,
    then: Option<BranchId>,
) -> Result<Option<(BranchId, &'a Branch)>, Stop> {
    let mut next = Some(then.unwrap_or(at.id));
    while let Some(holder) = next {
        let state = at.world.branch(holder)?;
        if state.outlet(outlet).is_some() {
            return Ok(Some((holder, state)));
        }
        next = state.merged_into();
    }
    Ok(None)
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
