//! Contact points 联系点: a pair of cadres, one financial outlet, one delivery station, and the visits.

use async_graphql::{ID, InputObject};
use domain::branch::{BranchCommand, OutletAt};
use domain::id::{ContactPointId, VisitId};

use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt, MemberSubject, named};
use crate::input;
use crate::policy::Action::KeepDisplays;
use crate::scalar::Date;

mutations! {
    /// Contact points.
    ContactPoints {
        /// Links exactly two cadres with exactly one financial outlet and one delivery station 联系点.
        /// Until it is ended, the outlet and the station stay open, and neither cadre leaves.
        assign_contact_point(AssignContactPointInput);
        /// Records a visit by one of the pair 走访.
        visit_contact_point(VisitContactPointInput);
        /// Ends a contact point.
        end_contact_point(EndContactPointInput);
    }
}

/// An outlet, and the branch that holds it.
#[derive(Debug, Clone, InputObject)]
pub struct OutletAtInput {
    /// The branch that holds it.
    pub branch: ID,
    /// The outlet.
    pub outlet: ID,
}

inputs! {
    /// A contact point to be assigned.
    AssignContactPointInput {
        /// The branch that keeps it.
        branch: ID,
        /// The pair of cadres: exactly two.
        cadres: Vec<ID>,
        /// Exactly one financial outlet and one delivery station.
        outlets: Vec<OutletAtInput>,
        /// The first day.
        from: Date,
        /// The last day, if agreed.
        until: Option<Date>,
    }

    /// A visit.
    VisitContactPointInput {
        /// The branch that keeps the contact point.
        branch: ID,
        /// Which contact point.
        contact_point: ID,
        /// Which of the pair.
        by: ID,
        /// The outlet or the station.
        outlet: ID,
        /// The day.
        on: Date,
        /// What was found; free text.
        note: String,
    }

    /// The end of a contact point.
    EndContactPointInput {
        /// The branch that keeps it.
        branch: ID,
        /// Which contact point.
        contact_point: ID,
        /// The first day without it.
        on: Date,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }
}

impl Ask for AssignContactPointInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepDisplays).await?;
        let contact_point: ContactPointId = door.mint("contactPoint");
        let cadres = door.members("cadres", &self.cadres, KeepDisplays).await?;
        let cadres = cadres.into_iter().map(MemberSubject::id).collect();
        let mut outlets = Vec::with_capacity(self.outlets.len());
        for at in &self.outlets {
            let holder = door.branch("outlets.branch", &at.branch, KeepDisplays).await?.id();
            outlets.push(OutletAt { branch: holder, outlet: named("outlets.outlet", &at.outlet)? });
        }
        let (from, until) = (self.from.read("from")?, input::date("until", self.until.as_ref())?);
        let command = BranchCommand::AssignContactPoint { contact_point, cadres, outlets, from, until };
        Ok(branch.asks(command).naming(contact_point.0))
    }
}

impl Ask for VisitContactPointInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepDisplays).await?;
        let visit: VisitId = door.mint("visit");
        let contact_point = named("contactPoint", &self.contact_point)?;
        let (by, outlet, on) = (named("by", &self.by)?, named("outlet", &self.outlet)?, self.on.read("on")?);
        let note = door.seal(branch.id().0, "note", &self.note).await?;
        let command = BranchCommand::VisitContactPoint { visit, contact_point, by, outlet, on, note };
        Ok(branch.asks(command).naming(visit.0))
    }
}

impl Ask for EndContactPointInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepDisplays).await?;
        let contact_point: ContactPointId = named("contactPoint", &self.contact_point)?;
        let on = self.on.read("on")?;
        let reason = door.seal(branch.id().0, "reason", &self.reason).await?;
        let command = BranchCommand::EndContactPoint { contact_point, on, reason };
        Ok(branch.asks(command).naming(contact_point.0))
    }
}
