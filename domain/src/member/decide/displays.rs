//! Badge, volunteer service and plaque 亮身份.

use jiff::civil::Date;

use super::{Case, in_order, refuse_if};
use crate::id::{BadgeCheckId, PlaqueId, ServiceId};
use crate::member::{Member, MemberEvent, MemberRefusal};
use crate::period::DAY_MINUTES;
use crate::text::Sealed;
use crate::world::{Decision, Stop};

impl Case<'_> {
    /// [`MemberRefusal::BadgeCheckIdInUse`].
    pub(super) fn check_badge(
        &self,
        check: BadgeCheckId,
        on: Date,
        place: Sealed,
        worn: bool,
    ) -> Result<Decision, Stop> {
        let member = self.on_duty_then(on)?;
        refuse_if(member.badge_checks.contains(&check), MemberRefusal::BadgeCheckIdInUse { check })?;
        self.happened(MemberEvent::BadgeChecked { check, on, place, worn })
    }

    /// [`MemberRefusal::ServiceIdInUse`], [`MemberRefusal::ServiceMinutes`]: at most a day.
    pub(super) fn record_service(
        &self,
        service: ServiceId,
        on: Date,
        activity: Sealed,
        minutes: u32,
    ) -> Result<Decision, Stop> {
        let member = self.on_duty_then(on)?;
        refuse_if(member.services.contains(&service), MemberRefusal::ServiceIdInUse { service })?;
        refuse_if(!(1..=DAY_MINUTES).contains(&minutes), MemberRefusal::ServiceMinutes { minutes })?;
        self.happened(MemberEvent::ServiceRecorded { service, on, activity, minutes })
    }

    /// [`MemberRefusal::PlaqueIdInUse`], [`MemberRefusal::PlaqueStanding`].
    pub(super) fn publish_plaque(&self, plaque: PlaqueId, on: Date, duty: Sealed) -> Result<Decision, Stop> {
        let member = self.on_duty_on(on)?;
        if let Some((standing, _)) = member.plaque {
            return Err(MemberRefusal::PlaqueStanding { plaque: standing }.into());
        }
        refuse_if(member.plaques.contains(&plaque), MemberRefusal::PlaqueIdInUse { plaque })?;
        self.happened(MemberEvent::PlaquePublished { plaque, on, duty })
    }

    /// [`MemberRefusal::PlaqueUnknown`], [`MemberRefusal::PlaqueWithdrawn`]; a suspension does not keep it up.
    pub(super) fn withdraw_plaque(&self, plaque: PlaqueId, on: Date, reason: Sealed) -> Result<Decision, Stop> {
        let (member, _) = self.on_roster_on(on)?;
        refuse_if(!member.plaques.contains(&plaque), MemberRefusal::PlaqueUnknown { plaque })?;
        match member.plaque {
            Some((standing, published_on)) if standing == plaque => in_order(published_on, on)?,
            Some(_) | None => return Err(MemberRefusal::PlaqueWithdrawn { plaque }.into()),
        }
        self.happened(MemberEvent::PlaqueWithdrawn { plaque, on, reason })
    }
}

/// The plaque of somebody who goes comes down, where one stands.
pub(super) fn plaque_down(member: &Member, on: Date, reason: &Sealed) -> Option<MemberEvent> {
    member.plaque.map(|(plaque, _)| MemberEvent::PlaqueWithdrawn { plaque, on, reason: reason.clone() })
}
