//! Claims 占期: which round covers a branch in a period, and which one did before it was annulled.
//!
//! # Rules
//! - A branch has at most one claim on a period that is not released.
//! - A released claim stays, so that the page of a branch shows its annulled rounds too.
//!
//! # Not here
//! The rounds themselves ([`crate::rounds`]).

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::{BranchId, RoundId};
use domain::period::Period;

use crate::projection::Projection;
use crate::row::row;

row! {
    /// That a round covers a branch in a period.
    pub struct ClaimRow("claims") key ClaimKey {
        /// The branch.
        branch: BranchId,
        /// The period.
        period: Period,
        /// The round.
        round: RoundId,
    } columns {
        /// Whether the round was annulled, so that the period is free for another.
        released: bool,
    } look_up [["round"], ["period", "released"]]
}

/// What happens to a claim: whether it was released.
#[derive(Debug, Clone)]
pub struct Change {
    released: bool,
}

/// The projection.
pub struct Claims;

impl Projection for Claims {
    const NAME: &'static str = "claims";
    const VERSION: u32 = 1;
    type Row = ClaimRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(ClaimKey, Change)> {
        match &fact.event {
            Event::Branch(event) => of_branch(BranchId(fact.stream.id), event),
            Event::Member(_) | Event::Round(_) => vec![],
        }
    }

    fn apply(_row: Option<ClaimRow>, key: &ClaimKey, change: &Change) -> Option<ClaimRow> {
        let ClaimKey { branch, period, round } = *key;
        Some(ClaimRow { branch, period, round, released: change.released })
    }
}

fn of_branch(branch: BranchId, event: &BranchEvent) -> Vec<(ClaimKey, Change)> {
    use BranchEvent::*;
    let one = |round, period, released| vec![(ClaimKey { branch, period, round }, Change { released })];
    match event {
        PeriodClaimed { round, period } => one(*round, *period, false),
        PeriodReleased { round, period } => one(*round, *period, true),
        Established { .. }
        | Renamed { .. }
        | Moved { .. }
        | Merged { .. }
        | Absorbed { .. }
        | Closed { .. }
        | SubordinateJoined { .. }
        | SubordinateDeparted { .. }
        | MemberJoined { .. }
        | MemberDeparted { .. }
        | OutletOpened { .. }
        | OutletClosed { .. }
        | OutletLinked { .. }
        | OutletReleased { .. }
        | StandardDisplayed { .. }
        | OutletInspected { .. }
        | ContactPointAssigned { .. }
        | ContactPointVisited { .. }
        | ContactPointEnded { .. }
        | MetricDefined { .. }
        | TargetSet { .. }
        | ResultReported { .. }
        | ResultCorrected { .. }
        | ResultWithdrawn { .. }
        | CompetitionAnnounced { .. }
        | CompetitionConcluded { .. }
        | TrainingHeld { .. }
        | AttendanceCorrected { .. }
        | ThemeDayHeld { .. }
        | ImprovementReported { .. }
        | ImprovementConfirmed { .. }
        | RulesAdopted { .. }
        | TalkProposed { .. }
        | TalkApproved { .. }
        | TalkDeclined { .. }
        | TalkHeld { .. }
        | TalkFollowUpCalled { .. }
        | TalkFollowedUp { .. }
        | TalkClosed { .. }
        | RoleGranted { .. }
        | RoleWithdrawn { .. } => vec![],
    }
}
