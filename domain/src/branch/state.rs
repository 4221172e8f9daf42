//! What a branch remembers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{BranchEvent, BranchRefusal};
use crate::id::{BranchId, MemberId};
use crate::ledger::Metric;
use crate::text::MetricCode;
use crate::world::{Stop, World};

/// A branch 组织.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    standing: Standing,
    members: BTreeSet<MemberId>,
    metrics: BTreeMap<MetricCode, Metric>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
enum Standing {
    #[default]
    Unknown,
    Stands,
    Closed(Date),
    Merged(BranchId),
}

impl Branch {
    /// A branch that stands.
    ///
    /// # Errors
    /// [`BranchRefusal::Unknown`], [`BranchRefusal::Closed`], [`BranchRefusal::Merged`]; [`Stop::Needs`].
    pub fn require_standing<'a>(world: &World<'a>, branch: BranchId) -> Result<&'a Self, Stop> {
        let state = world.branch(branch)?;
        match state.standing {
            Standing::Unknown => Err(BranchRefusal::Unknown { branch }.into()),
            Standing::Stands => Ok(state),
            Standing::Closed(on) => Err(BranchRefusal::Closed { branch, on }.into()),
            Standing::Merged(into) => Err(BranchRefusal::Merged { branch, into }.into()),
        }
    }

    /// A metric the top committee defined.
    #[must_use]
    pub fn metric(&self, code: &MetricCode) -> Option<&Metric> {
        self.metrics.get(code)
    }

    /// Whether a member is on the roster.
    #[must_use]
    pub fn has_member(&self, member: MemberId) -> bool {
        self.members.contains(&member)
    }

    pub(super) fn remember(&mut self, event: &BranchEvent) {
        match event {
            BranchEvent::Established { .. } => self.standing = Standing::Stands,
            BranchEvent::Closed { on, .. } => self.standing = Standing::Closed(*on),
            BranchEvent::Merged { into, .. } => self.standing = Standing::Merged(*into),
            BranchEvent::MemberJoined { member, .. } => _ = self.members.insert(*member),
            BranchEvent::MemberDeparted { member, .. } => _ = self.members.remove(member),
            BranchEvent::MetricDefined { metric } => _ = self.metrics.insert(metric.code.clone(), metric.clone()),
            _other => {}
        }
    }
}
