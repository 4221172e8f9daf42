//! What a member remembers: enough to decide the next command, and no more.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::entry::{Entry, Membership, Stint};
use super::{MemberEvent, MemberRefusal, Post};
use crate::id::{
    ActorId, BadgeCheckId, BranchId, CommitmentId, ContactPointId, ContestId, HonourId, MemberId, PlaqueId, ServiceId,
};
use crate::ledger::Ledger;
use crate::period::Period;
use crate::talk::{Step, Talks};
use crate::world::{Stop, World};

/// A member 成员.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Member {
    standing: Standing,
    /// The times on the roster before the last one, in order.
    #[serde(default)]
    earlier: Vec<Stint>,
    pub(super) badge_checks: BTreeSet<BadgeCheckId>,
    pub(super) services: BTreeSet<ServiceId>,
    /// Every plaque there ever was.
    pub(super) plaques: BTreeSet<PlaqueId>,
    /// The plaque that is shown, and since when.
    pub(super) plaque: Option<(PlaqueId, Date)>,
    pub(super) commitments: BTreeMap<CommitmentId, Commitment>,
    pub(super) contests: BTreeSet<ContestId>,
    pub(super) honours: BTreeSet<HonourId>,
    /// The standing contact points the member is paired for.
    #[serde(default)]
    pub(super) contact_points: BTreeSet<ContactPointId>,
    pub(super) ledger: Ledger,
    #[serde(default)]
    pub(super) talks: Talks,
    /// The account that acts as the member.
    #[serde(default)]
    pub(super) account: Option<ActorId>,
    /// The quarters in whose final round the member was in the last part.
    #[serde(default)]
    placed_last: BTreeSet<Period>,
    /// The latest day of anything recorded of the member.
    #[serde(default)]
    pub(super) latest: Option<Date>,
    /// The latest day of what only a member on duty does.
    #[serde(default)]
    pub(super) latest_on_duty: Option<Date>,
}

/// Where somebody stands with the organisation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
enum Standing {
    /// Not registered.
    #[default]
    Unregistered,
    /// On the roster 在册.
    OnRoster(Entry),
    /// Gone; the entry as it was on the last day.
    Left { entry: Entry, on: Date },
    /// Another registration of somebody 重复登记; the last entry it had.
    Merged { entry: Entry, into: MemberId },
}

/// A commitment 承诺.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Commitment {
    /// Not settled, with the last day to keep it.
    Open { made_on: Date, due: Date, evidenced: bool },
    /// Kept or missed.
    Settled { on: Date },
}

impl Member {
    /// A member on the roster today who was on it, and on duty, on a day.
    ///
    /// # Errors
    /// [`MemberRefusal::Left`] whenever that was; else as of [`Member::require_on_duty_then`].
    pub fn require_on_duty<'a>(world: &World<'a>, id: MemberId, on: Date) -> Result<&'a Self, Stop> {
        let member = world.member(id)?;
        member.entry(id)?.on_duty_on(id, on)?;
        Ok(member)
    }

    /// A member who was on the roster and on duty on a day, also one who left since.
    ///
    /// # Errors
    /// [`MemberRefusal::Unknown`], [`MemberRefusal::Left`] on or before that day,
    /// [`MemberRefusal::BeforeRegistration`], [`MemberRefusal::Suspended`], [`MemberRefusal::OffDuty`]; [`Stop::Needs`].
    pub fn require_on_duty_then<'a>(world: &World<'a>, id: MemberId, on: Date) -> Result<&'a Self, Stop> {
        let member = world.member(id)?;
        let on_duty = member.entry_on(id, on)?.on_duty_on(id, on);
        if let Err(MemberRefusal::Suspended { on, since, .. }) = on_duty
            && member.is_outside_after(on)
        {
            // Whoever left while suspended is not put on duty again.
            return Err(MemberRefusal::SuspendedTillLeaving { member: id, on, since }.into());
        }
        on_duty?;
        Ok(member)
    }

    /// Whether the time on the roster that holds a day ended.
    fn is_outside_after(&self, day: Date) -> bool {
        self.left_on().is_some() || self.earlier_on(day, day.saturating_add(1.day())).is_some()
    }

    fn earlier_on(&self, from: Date, until: Date) -> Option<&Entry> {
        self.earlier.iter().rev().find(|stint| stint.meets(from, until)).map(|stint| &stint.entry)
    }

    /// The entry of a member who is on the roster.
    pub(super) fn entry(&self, id: MemberId) -> Result<&Entry, MemberRefusal> {
        match &self.standing {
            Standing::Unregistered => Err(MemberRefusal::Unknown { member: id }),
            Standing::OnRoster(entry) => Ok(entry),
            Standing::Left { on, .. } => Err(MemberRefusal::Left { member: id, on: *on }),
            Standing::Merged { into, .. } => Err(MemberRefusal::Merged { member: id, into: *into }),
        }
    }

    /// The entry of a member who had not left by a day; that of the last time where the day is in none.
    pub(super) fn entry_on(&self, id: MemberId, day: Date) -> Result<&Entry, MemberRefusal> {
        self.entry_between(id, day, day.saturating_add(1.day()))
    }

    /// The entry of a member who was there on a day of [`from`, `until`), or had not left by `from`.
    pub(super) fn entry_between(&self, id: MemberId, from: Date, until: Date) -> Result<&Entry, MemberRefusal> {
        match (&self.standing, self.earlier_on(from, until)) {
            (Standing::OnRoster(entry), _) if entry.registered_on < until => Ok(entry),
            (Standing::Left { entry, on }, _) if entry.registered_on < until && from < *on => Ok(entry),
            (Standing::Merged { .. }, _) => self.entry(id),
            (_any, Some(earlier)) => Ok(earlier),
            (Standing::Left { entry, on }, None) if from < *on => Ok(entry),
            (Standing::Unregistered | Standing::OnRoster(_) | Standing::Left { .. }, None) => self.entry(id),
        }
    }

    fn last_entry(&self) -> Option<&Entry> {
        match &self.standing {
            Standing::Unregistered => None,
            Standing::OnRoster(entry) | Standing::Left { entry, .. } | Standing::Merged { entry, .. } => Some(entry),
        }
    }

    /// The branch the member is in; none when not on the roster.
    #[must_use]
    pub fn branch(&self) -> Option<BranchId> {
        match &self.standing {
            Standing::OnRoster(entry) => Some(entry.branch),
            Standing::Unregistered | Standing::Left { .. } | Standing::Merged { .. } => None,
        }
    }

    /// The post; the last one of a member who left.
    #[must_use]
    pub fn post(&self) -> Option<Post> {
        self.last_entry().map(|entry| entry.post)
    }

    /// The post on a day, of a member who was on the roster then.
    #[must_use]
    pub fn post_on(&self, day: Date) -> Option<Post> {
        let then = self.earlier_on(day, day.saturating_add(1.day())).or_else(|| self.last_entry());
        then.map(|entry| entry.post_on(day))
    }

    /// The first day in the organisation, of a member who came back the first one since; none when never registered.
    #[must_use]
    pub fn registered_on(&self) -> Option<Date> {
        self.last_entry().map(|entry| entry.registered_on)
    }

    /// The first day outside, if the member left.
    #[must_use]
    pub fn left_on(&self) -> Option<Date> {
        match &self.standing {
            Standing::Left { on, .. } => Some(*on),
            Standing::Unregistered | Standing::OnRoster(_) | Standing::Merged { .. } => None,
        }
    }

    /// Under which registration the person goes on, of one that was merged.
    #[must_use]
    pub fn merged_into(&self) -> Option<MemberId> {
        match &self.standing {
            Standing::Merged { into, .. } => Some(*into),
            Standing::Unregistered | Standing::OnRoster(_) | Standing::Left { .. } => None,
        }
    }

    /// Whether the member was in the organisation on a day, in whichever branch; one that was merged never was.
    #[must_use]
    pub fn was_on_roster_on(&self, day: Date) -> bool {
        if self.merged_into().is_some() {
            return false;
        }
        let now =
            self.registered_on().is_some_and(|first| first <= day) && self.left_on().is_none_or(|left| day < left);
        now || self.earlier_on(day, day.saturating_add(1.day())).is_some()
    }

    /// Whether the member is one of the pair of a standing contact point, as far as the member's own events tell.
    #[must_use]
    pub fn is_paired_for(&self, contact_point: ContactPointId) -> bool {
        self.contact_points.contains(&contact_point)
    }

    /// Whether the member is formal 正式, not on probation; of a member who left, whether that was so.
    #[must_use]
    pub fn is_formal(&self) -> bool {
        self.last_entry().is_some_and(|entry| matches!(entry.membership, Membership::Formal { .. }))
    }

    /// The first day in the branch the member is in; none when not on the roster.
    #[must_use]
    pub fn in_branch_since(&self) -> Option<Date> {
        match &self.standing {
            Standing::OnRoster(entry) => Some(entry.in_branch_since),
            Standing::Unregistered | Standing::Left { .. } | Standing::Merged { .. } => None,
        }
    }

    /// Whether the member is suspended on a day.
    #[must_use]
    pub fn is_suspended_on(&self, id: MemberId, day: Date) -> bool {
        let on_duty = self.last_entry().map(|entry| entry.on_duty_on(id, day));
        matches!(on_duty, Some(Err(MemberRefusal::Suspended { .. } | MemberRefusal::OffDuty { .. })))
    }

    /// Whether the member was in the last part of a quarter's final round.
    #[must_use]
    pub fn placed_last_in(&self, quarter: Period) -> bool {
        self.placed_last.contains(&quarter)
    }

    /// Plans and results.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Takes an event in.
    pub(super) fn remember(&mut self, event: &MemberEvent) {
        self.note_day(event);
        match event {
            MemberEvent::Registered { branch, post, on, probation_until } => {
                self.standing = Standing::OnRoster(Entry::new(*branch, *post, *on, *probation_until));
            }
            MemberEvent::Readmitted { branch, post, on, probation_until } => {
                self.readmit(Entry::new(*branch, *post, *on, *probation_until));
            }
            MemberEvent::PersonAmended { .. } => {}
            MemberEvent::Appointed { post, on } => {
                self.change(|entry| entry.appoint(*post, *on));
            }
            MemberEvent::Transferred { to, on, .. } => {
                self.change(|entry| (entry.branch, entry.in_branch_since) = (*to, *on));
            }
            MemberEvent::ProbationEnded { on } => {
                self.change(|entry| entry.membership = Membership::Formal { since: *on });
            }
            MemberEvent::Suspended { on, .. } => self.change(|entry| entry.suspend(*on)),
            MemberEvent::Reinstated { on, .. } => self.change(|entry| entry.reinstate(*on)),
            MemberEvent::Left { on, .. } => self.leave(*on),
            MemberEvent::Merged { into, .. } => self.merge(*into),
            MemberEvent::Absorbed { .. } => {}
            MemberEvent::BadgeChecked { check, .. } => _ = self.badge_checks.insert(*check),
            MemberEvent::ServiceRecorded { service, .. } => _ = self.services.insert(*service),
            MemberEvent::PlaquePublished { plaque, on, .. } => {
                self.plaques.insert(*plaque);
                self.plaque = Some((*plaque, *on));
            }
            MemberEvent::PlaqueWithdrawn { .. } => self.plaque = None,
            MemberEvent::CommitmentMade { commitment, on, due, .. } => {
                let made = Commitment::Open { made_on: *on, due: *due, evidenced: false };
                self.commitments.insert(*commitment, made);
            }
            MemberEvent::CommitmentEvidenced { commitment, .. } => self.evidence(*commitment),
            MemberEvent::CommitmentSettled { commitment, on, .. } => {
                self.commitments.insert(*commitment, Commitment::Settled { on: *on });
            }
            MemberEvent::TargetSet { metric, period, plan, base, .. } => {
                self.ledger.remember_target(metric, *period, *plan, *base);
            }
            MemberEvent::ResultReported { result, metric, period, value, exactness, .. }
            | MemberEvent::ResultCorrected { result, metric, period, value, exactness, .. } => {
                self.ledger.remember_result(*result, metric, *period, *value, *exactness);
            }
            MemberEvent::ResultWithdrawn { metric, period, .. } => self.ledger.forget_result(metric, *period),
            MemberEvent::ContestPlaced { contest, .. } => _ = self.contests.insert(*contest),
            MemberEvent::HonourGranted { honour, .. } => _ = self.honours.insert(*honour),
            MemberEvent::ContactPointTaken { contact_point, .. } => _ = self.contact_points.insert(*contact_point),
            MemberEvent::PlacedLast { period, .. } => _ = self.placed_last.insert(*period),
            MemberEvent::TalkProposed { talk, round, by, .. } => self.talks.propose(*talk, *round, by.clone()),
            MemberEvent::TalkApproved { talk, .. } => self.talks.step(*talk, Step::Approved, None),
            MemberEvent::TalkDeclined { talk, .. } => self.talks.step(*talk, Step::Declined, None),
            MemberEvent::TalkHeld { talk, on, follow_up_on, .. } => self.talks.hold(*talk, *on, *follow_up_on),
            MemberEvent::TalkFollowUpCalled { talk, .. } => self.talks.call(*talk),
            MemberEvent::TalkFollowedUp { talk, on, .. } => self.talks.step(*talk, Step::FollowedUp, Some(*on)),
            MemberEvent::TalkClosed { talk, on } => self.talks.step(*talk, Step::Closed, Some(*on)),
            MemberEvent::ContactPointVisited { .. } => {}
            MemberEvent::AccountLinked { account } => self.account = Some(account.clone()),
            MemberEvent::AccountUnlinked { .. } => self.account = None,
            MemberEvent::ContactPointGivenUp { contact_point, .. } => _ = self.contact_points.remove(contact_point),
        }
    }

    /// Keeps the latest day of what members do and are granted; the roster's own days are in its entry.
    fn note_day(&mut self, event: &MemberEvent) {
        use MemberEvent as E;
        let (on, on_duty) = match event {
            E::BadgeChecked { on, .. }
            | E::ServiceRecorded { on, .. }
            | E::PlaquePublished { on, .. }
            | E::CommitmentMade { on, .. }
            | E::ContestPlaced { on, .. }
            | E::ContactPointTaken { from: on, .. }
            | E::ContactPointVisited { on, .. } => (Some(*on), Some(*on)),
            E::PlaqueWithdrawn { on, .. }
            | E::CommitmentEvidenced { on, .. }
            | E::CommitmentSettled { on, .. }
            | E::HonourGranted { on, .. }
            | E::TalkHeld { on, .. }
            | E::ContactPointGivenUp { on, .. } => (Some(*on), None),
            E::Registered { .. }
            | E::Readmitted { .. }
            | E::PersonAmended { .. }
            | E::Appointed { .. }
            | E::Transferred { .. }
            | E::ProbationEnded { .. }
            | E::Suspended { .. }
            | E::Reinstated { .. }
            | E::Left { .. }
            | E::TargetSet { .. }
            | E::ResultReported { .. }
            | E::ResultCorrected { .. }
            | E::ResultWithdrawn { .. }
            | E::PlacedLast { .. }
            | E::TalkProposed { .. }
            | E::TalkApproved { .. }
            | E::TalkDeclined { .. }
            | E::TalkFollowUpCalled { .. }
            | E::TalkFollowedUp { .. }
            | E::TalkClosed { .. }
            | E::Merged { .. }
            | E::Absorbed { .. }
            | E::AccountLinked { .. }
            | E::AccountUnlinked { .. } => (None, None),
        };
        self.latest = self.latest.max(on);
        self.latest_on_duty = self.latest_on_duty.max(on_duty);
    }

    fn change(&mut self, change: impl FnOnce(&mut Entry)) {
        if let Standing::OnRoster(entry) = &mut self.standing {
            change(entry);
        }
    }

    fn leave(&mut self, on: Date) {
        self.standing = match std::mem::take(&mut self.standing) {
            Standing::OnRoster(entry) => Standing::Left { entry, on },
            standing @ (Standing::Unregistered | Standing::Left { .. } | Standing::Merged { .. }) => standing,
        };
        self.plaque = None;
    }

    fn merge(&mut self, into: MemberId) {
        self.standing = match std::mem::take(&mut self.standing) {
            Standing::OnRoster(entry) | Standing::Left { entry, .. } => Standing::Merged { entry, into },
            standing @ (Standing::Unregistered | Standing::Merged { .. }) => standing,
        };
        self.plaque = None;
    }

    fn readmit(&mut self, entry: Entry) {
        if let Standing::Left { entry, on } = std::mem::replace(&mut self.standing, Standing::OnRoster(entry)) {
            self.earlier.push(Stint { entry, left: on });
        }
    }

    fn evidence(&mut self, commitment: CommitmentId) {
        if let Some(Commitment::Open { evidenced, .. }) = self.commitments.get_mut(&commitment) {
            *evidenced = true;
        }
    }
}
