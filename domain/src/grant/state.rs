//! The roles that were granted at a branch.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{GrantRefusal, Role};
use crate::id::{ActorId, GrantId};

/// Who was granted what, and for which days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// To whom.
    pub to: ActorId,
    /// What.
    pub role: Role,
    /// The first day.
    pub from: Date,
    /// The last day; without end where there is none.
    pub until: Option<Date>,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

impl Grant {
    /// One that stands.
    #[must_use]
    pub fn new(to: &ActorId, role: Role, from: Date, until: Option<Date>) -> Self {
        Self { to: to.clone(), role, from, until, withdrawn: false }
    }

    /// Whether both are of the same role of the same principal and share a day.
    fn meets(&self, other: &Self) -> bool {
        let begins_before_the_end_of = |one: &Self, two: &Self| two.until.is_none_or(|until| one.from <= until);
        (&self.to, self.role) == (&other.to, other.role)
            && begins_before_the_end_of(self, other)
            && begins_before_the_end_of(other, self)
    }
}

/// The grants at a branch, those that were withdrawn too.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(BTreeMap<GrantId, Grant>);

impl Grants {
    /// Refuses an id in use, and a role that stands for some of the days.
    ///
    /// # Errors
    /// [`GrantRefusal::IdInUse`], [`GrantRefusal::Standing`].
    pub fn takes(&self, grant: GrantId, new: &Grant) -> Result<(), GrantRefusal> {
        if self.0.contains_key(&grant) {
            return Err(GrantRefusal::IdInUse { grant });
        }
        match self.0.iter().find(|(_, held)| !held.withdrawn && held.meets(new)) {
            Some((grant, held)) => {
                Err(GrantRefusal::Standing { grant: *grant, principal: held.to.clone(), role: held.role })
            }
            None => Ok(()),
        }
    }

    /// Refuses one that is not there to be withdrawn.
    ///
    /// # Errors
    /// [`GrantRefusal::Unknown`], [`GrantRefusal::Withdrawn`].
    pub fn stands(&self, grant: GrantId) -> Result<(), GrantRefusal> {
        match self.0.get(&grant) {
            None => Err(GrantRefusal::Unknown { grant }),
            Some(Grant { withdrawn: true, .. }) => Err(GrantRefusal::Withdrawn { grant }),
            Some(_) => Ok(()),
        }
    }

    /// Remembers one.
    pub fn grant(&mut self, grant: GrantId, new: Grant) {
        self.0.insert(grant, new);
    }

    /// Remembers that one was withdrawn.
    pub fn withdraw(&mut self, grant: GrantId) {
        if let Some(held) = self.0.get_mut(&grant) {
            held.withdrawn = true;
        }
    }
}
