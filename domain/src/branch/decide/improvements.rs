//! Service improvements: one reports, another confirms.

use jiff::civil::Date;

use super::Scene;
use crate::branch::{BranchEvent, BranchRefusal};
use crate::id::ImprovementId;
use crate::text::Sealed;
use crate::world::{Decision, Stop};

pub fn report(
    at: Scene<'_, '_>,
    improvement: ImprovementId,
    on: Date,
    what: Sealed,
    evidence: Sealed,
    effect: Sealed,
) -> Result<Decision, Stop> {
    let branch = at.standing_on(on)?;
    at.fresh(branch.improvements.contains_key(&improvement), improvement.0)?;
    let by = at.context.actor.clone();
    at.happened(BranchEvent::ImprovementReported { improvement, on, what, evidence, effect, by })
}

pub fn confirm(
    at: Scene<'_, '_>,
    improvement: ImprovementId,
    on: Date,
    note: Option<Sealed>,
) -> Result<Decision, Stop> {
    // Another confirms it, also after the branch that reported it ended.
    let branch = at.ever_established()?;
    at.context.past(on)?;
    let unknown = BranchRefusal::UnknownImprovement { branch: at.id, improvement };
    let reported = branch.improvements.get(&improvement).ok_or(unknown)?;
    if reported.confirmed {
        return Err(BranchRefusal::ImprovementConfirmed { improvement }.into());
    }
    if reported.by == at.context.actor {
        return Err(BranchRefusal::ImprovementOwnConfirmation { improvement }.into());
    }
    if on < reported.on {
        return Err(BranchRefusal::ImprovementNotYetReported { improvement, on, reported: reported.on }.into());
    }
    at.happened(BranchEvent::ImprovementConfirmed { improvement, on, note, by: at.context.actor.clone() })
}
