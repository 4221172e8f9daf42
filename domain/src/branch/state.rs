//! What a branch remembers: enough to decide, nothing for show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::kind::{HandedContactPoint, HandedOutlet};
use super::part::{Charter, Competition, ContactPoint, End, Improvement, Outlet, Training};
use super::{BranchEvent, BranchRefusal};
use crate::grant::{Grant, Grants};
use crate::id::{
    BranchId, CompetitionId, ContactPointId, ImprovementId, InspectionId, MemberId, OutletId, RoundId, StandardId,
    ThemeDayId, TrainingId, VisitId,
};
use crate::ledger::{Ledger, Metric};
use crate::period::Period;
use crate::round::Rules;
use crate::talk::{Step, Talks};
use crate::text::MetricCode;
use crate::world::{Stop, World};

/// A branch 组织: a node of the organisation tree with what it holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    pub(super) charter: Option<Charter>,
    pub(super) subordinates: BTreeSet<BranchId>,
    pub(super) members: BTreeSet<MemberId>,
    pub(super) outlets: BTreeMap<OutletId, Outlet>,
    pub(super) standards: BTreeSet<StandardId>,
    pub(super) inspections: BTreeSet<InspectionId>,
    pub(super) contact_points: BTreeMap<ContactPointId, ContactPoint>,
    pub(super) visits: BTreeSet<VisitId>,
    pub(super) metrics: BTreeMap<MetricCode, Metric>,
    pub(super) ledger: Ledger,
    pub(super) competitions: BTreeMap<CompetitionId, Competition>,
    pub(super) trainings: BTreeMap<TrainingId, Training>,
    pub(super) theme_days: BTreeSet<ThemeDayId>,
    /// Of who came to a theme day, the latest.
    #[serde(default)]
    last_theme_day: BTreeMap<MemberId, Date>,
    pub(super) improvements: BTreeMap<ImprovementId, Improvement>,
    /// The versions of the organisation's rules of evaluation; the top committee's only.
    #[serde(default)]
    rules: Vec<Arc<Rules>>,
    /// The round that covers this branch in a period.
    #[serde(default)]
    claims: BTreeMap<Period, RoundId>,
    #[serde(default)]
    pub(super) talks: Talks,
    #[serde(default)]
    pub(super) grants: Grants,
}

impl Branch {
    /// The branch, standing: established, neither closed nor merged.
    ///
    /// # Errors
    /// [`BranchRefusal::Unknown`], [`BranchRefusal::Closed`], [`BranchRefusal::Merged`].
    pub fn require_standing<'a>(world: &World<'a>, branch: BranchId) -> Result<&'a Self, Stop> {
        Self::chartered(world, branch).map(|(state, _)| state)
    }

    /// Refuses to put somebody on the roster of the branch on that day: it stands, and was established by then.
    ///
    /// # Errors
    /// Those of [`Self::require_standing`], [`BranchRefusal::BeforeEstablished`].
    pub fn require_joinable(world: &World<'_>, branch: BranchId, on: Date) -> Result<(), Stop> {
        let (_, charter) = Self::chartered(world, branch)?;
        charter.refuse_before(branch, on).map_err(Stop::from)
    }

    /// The branch with its charter, standing.
    pub(super) fn chartered<'a>(world: &World<'a>, branch: BranchId) -> Result<(&'a Self, &'a Charter), Stop> {
        let state = world.branch(branch)?;
        let charter = state.charter.as_ref().ok_or(BranchRefusal::Unknown { branch })?;
        match charter.end {
            None => Ok((state, charter)),
            Some(End::Closed { on }) => Err(BranchRefusal::Closed { branch, on }.into()),
            Some(End::Merged { into }) => Err(BranchRefusal::Merged { branch, into }.into()),
        }
    }

    /// Whether it was ever established, standing or not.
    #[must_use]
    pub fn is_established(&self) -> bool {
        self.charter.is_some()
    }

    /// The first day, once established.
    #[must_use]
    pub fn established_on(&self) -> Option<Date> {
        self.charter.as_ref().map(|charter| charter.established)
    }

    /// The branch it was merged into, if it ended so.
    pub(super) fn merged_into(&self) -> Option<BranchId> {
        self.charter.as_ref().and_then(|charter| match charter.end {
            Some(End::Merged { into }) => Some(into),
            Some(End::Closed { .. }) | None => None,
        })
    }

    /// The branch above; none for the top committee.
    #[must_use]
    pub fn parent(&self) -> Option<BranchId> {
        self.charter.as_ref().and_then(|charter| charter.parent)
    }

    /// The members on its roster.
    #[must_use]
    pub fn members(&self) -> &BTreeSet<MemberId> {
        &self.members
    }

    /// The latest day on which the member is recorded at a training or a theme day that it held.
    #[must_use]
    pub fn latest_attendance(&self, member: MemberId) -> Option<Date> {
        let attended = self.trainings.values().filter(|training| training.attendees.contains(&member));
        attended.map(|training| training.on).max().max(self.last_theme_day.get(&member).copied())
    }

    /// An outlet it holds, standing or closed.
    #[must_use]
    pub fn outlet(&self, outlet: OutletId) -> Option<&Outlet> {
        self.outlets.get(&outlet)
    }

    /// A metric it defined; only the top committee defines any.
    #[must_use]
    pub fn metric(&self, metric: &MetricCode) -> Option<&Metric> {
        self.metrics.get(metric)
    }

    /// A version of the rules of evaluation it adopted: 1, 2, 3 …
    #[must_use]
    pub fn rules(&self, version: u32) -> Option<&Rules> {
        self.rules.get((version as usize).checked_sub(1)?).map(AsRef::as_ref)
    }

    /// The latest rules of evaluation it adopted.
    #[must_use]
    pub fn latest_rules(&self) -> Option<&Rules> {
        self.rules.last().map(AsRef::as_ref)
    }

    /// How many versions of rules it adopted.
    #[must_use]
    pub fn rules_versions(&self) -> u32 {
        u32::try_from(self.rules.len()).unwrap_or(u32::MAX)
    }

    /// The round that covers it in a period.
    #[must_use]
    pub fn claim(&self, period: Period) -> Option<RoundId> {
        self.claims.get(&period).copied()
    }

    /// Whether it stands: established, neither closed nor merged.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.charter.as_ref().is_some_and(|charter| charter.end.is_none())
    }

    /// Its outlets that are not closed.
    pub(super) fn standing_outlets(&self) -> impl Iterator<Item = (&OutletId, &Outlet)> {
        self.outlets.iter().filter(|(_, outlet)| outlet.closed_on.is_none())
    }

    /// Its contact points that have not ended.
    pub(super) fn standing_contact_points(&self) -> impl Iterator<Item = (&ContactPointId, &ContactPoint)> {
        self.contact_points.iter().filter(|(_, contact_point)| contact_point.ended_on.is_none())
    }

    /// The aggregate's `apply`.
    pub(super) fn take(&mut self, event: &BranchEvent) {
        if let Some(on) = business_date(event) {
            self.amend(|charter| charter.enter(on));
        }
        self.take_in(event);
    }

    fn take_in(&mut self, event: &BranchEvent) {
        use BranchEvent as E;
        match event {
            E::Established { parent, name, on, .. } => self.charter = Some(Charter::new(*parent, name, *on)),
            E::Renamed { name, on, .. } => self.amend(|charter| charter.rename(name, *on)),
            E::Moved { to, on, .. } => self.amend(|charter| charter.go_under(*to, *on)),
            E::Merged { into, .. } => self.hand_over(*into),
            E::Absorbed { members, outlets, contact_points, on, .. } => {
                self.absorb(members, outlets, contact_points, *on);
            }
            E::Closed { on, .. } => self.amend(|charter| charter.end = Some(End::Closed { on: *on })),
            E::SubordinateJoined { branch, .. } => keep(&mut self.subordinates, *branch),
            E::SubordinateDeparted { branch, .. } => forget(&mut self.subordinates, *branch),
            E::MemberJoined { member, .. } => keep(&mut self.members, *member),
            E::MemberDeparted { member, .. } => forget(&mut self.members, *member),
            E::OutletOpened { outlet, kind, name, on } => {
                put(&mut self.outlets, *outlet, Outlet::new(*kind, name, *on));
            }
            E::OutletClosed { outlet, on, .. } => change(&mut self.outlets, outlet, |outlet| outlet.close(*on)),
            E::StandardDisplayed { standard, outlet, on, .. } => self.display(*standard, outlet, *on),
            E::OutletInspected { inspection, outlet, on, .. } => self.inspect(*inspection, outlet, *on),
            E::ContactPointAssigned { contact_point: id, cadres, outlet, station, from, until, holders } => {
                let assigned = ContactPoint::new(*cadres, *outlet, *station, *from, *until);
                put(&mut self.contact_points, *id, assigned.held_by(*holders));
            }
            E::ContactPointVisited { visit, contact_point, on, .. } => self.visit(*visit, contact_point, *on),
            E::ContactPointEnded { contact_point, on, .. } => self.end_contact_point(*contact_point, *on),
            E::OutletLinked { outlet, contact_point, from } => self.link(outlet, *contact_point, *from),
            E::OutletReleased { outlet, contact_point, on } => self.release(outlet, *contact_point, *on),
            E::MetricDefined { metric } => put(&mut self.metrics, metric.code.clone(), metric.clone()),
            E::TargetSet { metric, period, plan, base, .. } => {
                self.ledger.remember_target(metric, *period, *plan, *base);
            }
            E::ResultReported { result, metric, period, value, exactness, .. }
            | E::ResultCorrected { result, metric, period, value, exactness, .. } => {
                self.ledger.remember_result(*result, metric, *period, *value, *exactness);
            }
            E::ResultWithdrawn { metric, period, .. } => self.ledger.forget_result(metric, *period),
            E::CompetitionAnnounced { competition, period, .. } => {
                put(&mut self.competitions, *competition, Competition::new(*period));
            }
            E::CompetitionConcluded { competition } => self.conclude(competition),
            E::TrainingHeld { training, on, minutes, attendees, .. } => {
                put(&mut self.trainings, *training, Training::new(*on, *minutes, attendees));
            }
            E::AttendanceCorrected { training, added, removed, .. } => {
                change(&mut self.trainings, training, |training| training.correct(added, removed));
            }
            E::ThemeDayHeld { theme_day, on, attendees, .. } => self.meet(*theme_day, *on, attendees),
            E::RulesAdopted { rules, .. } => self.rules.push(Arc::new(rules.clone())),
            E::PeriodClaimed { round, period } => put(&mut self.claims, *period, *round),
            E::PeriodReleased { period, .. } => _ = self.claims.remove(period),
            E::TalkProposed { talk, round, by, .. } => self.talks.propose(*talk, *round, by.clone()),
            E::TalkApproved { talk, .. } => self.talks.step(*talk, Step::Approved, None),
            E::TalkDeclined { talk, .. } => self.talks.step(*talk, Step::Declined, None),
            E::TalkHeld { talk, on, follow_up_on, .. } => self.talks.hold(*talk, *on, *follow_up_on),
            E::TalkFollowUpCalled { talk, .. } => self.talks.call(*talk),
            E::TalkFollowedUp { talk, on, .. } => self.talks.step(*talk, Step::FollowedUp, Some(*on)),
            E::TalkClosed { talk, on } => self.talks.step(*talk, Step::Closed, Some(*on)),
            E::RoleGranted { grant, to, role, from, until } => {
                self.grants.grant(*grant, Grant::new(to, *role, *from, *until));
            }
            E::RoleWithdrawn { grant, .. } => self.grants.withdraw(*grant),
            E::ImprovementReported { improvement, on, by, .. } => {
                put(&mut self.improvements, *improvement, Improvement::new(*on, by));
            }
            E::ImprovementConfirmed { improvement, .. } => {
                change(&mut self.improvements, improvement, |improvement| improvement.confirmed = true);
            }
        }
    }

    fn amend(&mut self, change: impl FnOnce(&mut Charter)) {
        if let Some(charter) = &mut self.charter {
            change(charter);
        }
    }

    fn display(&mut self, standard: StandardId, outlet: &OutletId, on: Date) {
        self.standards.insert(standard);
        change(&mut self.outlets, outlet, |outlet| outlet.enter(on));
    }

    fn inspect(&mut self, inspection: InspectionId, outlet: &OutletId, on: Date) {
        self.inspections.insert(inspection);
        change(&mut self.outlets, outlet, |outlet| outlet.enter(on));
    }

    fn visit(&mut self, visit: VisitId, contact_point: &ContactPointId, on: Date) {
        self.visits.insert(visit);
        change(&mut self.contact_points, contact_point, |point| point.enter(on));
    }

    fn conclude(&mut self, competition: &CompetitionId) {
        change(&mut self.competitions, competition, |competition| competition.concluded = true);
    }

    fn meet(&mut self, theme_day: ThemeDayId, on: Date, attendees: &[MemberId]) {
        self.theme_days.insert(theme_day);
        for member in attendees {
            let last = self.last_theme_day.entry(*member).or_insert(on);
            *last = (*last).max(on);
        }
    }

    fn end_contact_point(&mut self, contact_point: ContactPointId, on: Date) {
        change(&mut self.contact_points, &contact_point, |point| point.ended_on = Some(on));
    }

    fn link(&mut self, outlet: &OutletId, contact_point: ContactPointId, from: Date) {
        change(&mut self.outlets, outlet, |outlet| outlet.link(contact_point, from));
    }

    fn release(&mut self, outlet: &OutletId, contact_point: ContactPointId, on: Date) {
        change(&mut self.outlets, outlet, |outlet| outlet.release(contact_point, on));
    }

    /// What stands goes to the other branch; what was closed or ended stays as history.
    fn hand_over(&mut self, into: BranchId) {
        self.amend(|charter| charter.end = Some(End::Merged { into }));
        self.members.clear();
        self.outlets.retain(|_, outlet| outlet.closed_on.is_some());
        self.contact_points.retain(|_, point| point.ended_on.is_some());
    }

    fn absorb(&mut self, members: &[MemberId], outlets: &[HandedOutlet], points: &[HandedContactPoint], on: Date) {
        self.members.extend(members);
        for handed in outlets {
            self.outlets.insert(handed.outlet, Outlet::handed(handed, on));
        }
        for handed in points {
            self.contact_points.insert(handed.contact_point, ContactPoint::handed(handed, on));
        }
    }
}

/// The day on which the event is said to have happened, where it has one.
fn business_date(event: &BranchEvent) -> Option<Date> {
    use BranchEvent as E;
    match event {
        E::Established { on, .. }
        | E::Renamed { on, .. }
        | E::Moved { on, .. }
        | E::Merged { on, .. }
        | E::Absorbed { on, .. }
        | E::Closed { on, .. }
        | E::MemberJoined { on, .. }
        | E::MemberDeparted { on, .. }
        | E::OutletOpened { on, .. }
        | E::OutletClosed { on, .. }
        | E::StandardDisplayed { on, .. }
        | E::OutletInspected { on, .. }
        | E::ContactPointAssigned { from: on, .. }
        | E::ContactPointVisited { on, .. }
        | E::ContactPointEnded { on, .. }
        | E::OutletLinked { from: on, .. }
        | E::OutletReleased { on, .. }
        | E::TrainingHeld { on, .. }
        | E::ThemeDayHeld { on, .. }
        | E::ImprovementReported { on, .. }
        | E::ImprovementConfirmed { on, .. }
        | E::TalkHeld { on, .. } => Some(*on),
        E::SubordinateJoined { on, .. } | E::SubordinateDeparted { on, .. } => *on,
        E::MetricDefined { .. }
        | E::TargetSet { .. }
        | E::ResultReported { .. }
        | E::ResultCorrected { .. }
        | E::ResultWithdrawn { .. }
        | E::CompetitionAnnounced { .. }
        | E::CompetitionConcluded { .. }
        | E::AttendanceCorrected { .. }
        | E::RulesAdopted { .. }
        | E::PeriodClaimed { .. }
        | E::PeriodReleased { .. }
        | E::TalkProposed { .. }
        | E::TalkApproved { .. }
        | E::TalkDeclined { .. }
        | E::TalkFollowUpCalled { .. }
        | E::TalkFollowedUp { .. }
        | E::TalkClosed { .. }
        | E::RoleGranted { .. }
        | E::RoleWithdrawn { .. } => None,
    }
}

fn keep<T: Ord>(set: &mut BTreeSet<T>, item: T) {
    set.insert(item);
}

fn forget<T: Ord>(set: &mut BTreeSet<T>, item: T) {
    set.remove(&item);
}

fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V) {
    map.insert(key, value);
}

fn change<K: Ord, V>(map: &mut BTreeMap<K, V>, key: &K, change: impl FnOnce(&mut V)) {
    if let Some(value) = map.get_mut(key) {
        change(value);
    }
}
