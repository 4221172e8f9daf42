//! Rules of evaluation: adopted at the top, for everybody, in versions.

use super::Scene;
use crate::branch::{BranchEvent, BranchRefusal};
use crate::id::BranchId;
use crate::round::faults::check;
use crate::round::{RoundRefusal, Rules};
use crate::world::{Decision, Stop};

pub fn adopt(at: Scene<'_, '_>, rules: Rules) -> Result<Decision, Stop> {
    let branch = at.standing()?;
    if at.id != BranchId::root() {
        return Err(BranchRefusal::RulesAtRoot { branch: at.id }.into());
    }
    check(&rules).map_err(|faults| RoundRefusal::RulesUnfit { faults })?;
    match branch.latest_rules() == Some(&rules) {
        true => Ok(Decision::nothing()),
        false => at.happened(BranchEvent::RulesAdopted { version: branch.rules_versions() + 1, rules }),
    }
}
