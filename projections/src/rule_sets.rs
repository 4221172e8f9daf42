//! Sets of rules 评议规则: every version that the organisation adopted, kept for good.
//!
//! # Not here
//! The rules of a round, which are its own from the opening on ([`crate::rounds`]); presets (domain).

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::ActorId;
use domain::round::Rules;
use jiff::Timestamp;

use crate::cell::Json;
use crate::projection::Projection;
use crate::row::row;

row! {
    /// A version of the organisation's rules.
    pub struct RuleSetRow("rule_sets") key RuleSetKey {
        /// 1, 2, 3 …
        version: i64,
    } columns {
        /// The rules.
        rules: Json<Rules>,
        /// Who adopted them.
        adopted_by: ActorId,
        /// When.
        adopted_at: Timestamp,
        /// The position of the event.
        position: i64,
    } look_up []
}

/// The projection.
pub struct RuleSets;

impl Projection for RuleSets {
    const NAME: &'static str = "rule_sets";
    const VERSION: u32 = 1;
    type Row = RuleSetRow;
    type Change = RuleSetRow;

    fn changes(fact: &Fact) -> Vec<(RuleSetKey, RuleSetRow)> {
        match &fact.event {
            Event::Branch(event) => of_branch(event, fact),
            Event::Member(_) | Event::Round(_) => vec![],
        }
    }

    fn apply(_row: Option<RuleSetRow>, _key: &RuleSetKey, change: &RuleSetRow) -> Option<RuleSetRow> {
        Some(change.clone())
    }
}

fn of_branch(event: &BranchEvent, fact: &Fact) -> Vec<(RuleSetKey, RuleSetRow)> {
    use BranchEvent::*;
    match event {
        RulesAdopted { version, rules } => {
            let version = i64::from(*version);
            let row = RuleSetRow {
                version,
                rules: Json(rules.clone()),
                adopted_by: fact.actor.clone(),
                adopted_at: fact.at,
                position: fact.position.0 as i64,
            };
            vec![(RuleSetKey { version }, row)]
        }
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
        | PeriodClaimed { .. }
        | PeriodReleased { .. }
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
