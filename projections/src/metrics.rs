//! Metrics 指标, as the top committee defined them.
//!
//! # Not here
//! Plans and results ([`crate::results`], [`crate::standings`]).

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::BranchId;
use domain::ledger::{Aggregation, Direction, Subjects, Unit};
use domain::member::MemberEvent;
use domain::period::Grain;
use domain::text::{MetricCode, Title};

use crate::projection::Projection;
use crate::row::row;

row! {
    /// A metric.
    pub struct MetricRow("metrics") key MetricKey {
        /// Its code.
        code: MetricCode,
    } columns {
        /// What people call it.
        name: Title,
        /// Its unit.
        unit: Unit,
        /// Which way is better.
        direction: Direction,
        /// How shorter periods make the figure of a longer one.
        aggregation: Aggregation,
        /// The period one result is for.
        grain: Grain,
        /// For whom it is kept.
        subjects: Subjects,
        /// The branch that defined it.
        branch: BranchId,
    } look_up []
}

/// What happens to a metric's row.
#[derive(Debug, Clone)]
pub enum Change {
    /// It was defined.
    Defined(MetricRow),
}

/// The projection.
pub struct Metrics;

impl Projection for Metrics {
    const NAME: &'static str = "metrics";
    const VERSION: u32 = 1;
    type Row = MetricRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(MetricKey, Change)> {
        match &fact.event {
            Event::Member(event) => of_member(event),
            Event::Branch(event) => of_branch(BranchId(fact.stream.id), event),
            Event::Round(_) => vec![],
        }
    }

    fn apply(_row: Option<MetricRow>, _key: &MetricKey, change: &Change) -> Option<MetricRow> {
        let Change::Defined(row) = change;
        Some(row.clone())
    }
}

fn of_member(event: &MemberEvent) -> Vec<(MetricKey, Change)> {
    use MemberEvent::*;
    match event {
        Registered { .. }
        | Readmitted { .. }
        | PersonAmended { .. }
        | Appointed { .. }
        | Transferred { .. }
        | ProbationEnded { .. }
        | Suspended { .. }
        | Reinstated { .. }
        | Left { .. }
        | BadgeChecked { .. }
        | ServiceRecorded { .. }
        | PlaquePublished { .. }
        | PlaqueWithdrawn { .. }
        | CommitmentMade { .. }
        | CommitmentEvidenced { .. }
        | CommitmentSettled { .. }
        | TargetSet { .. }
        | ResultReported { .. }
        | ResultCorrected { .. }
        | ResultWithdrawn { .. }
        | ContestPlaced { .. }
        | ContactPointTaken { .. }
        | ContactPointVisited { .. }
        | ContactPointGivenUp { .. }
        | HonourGranted { .. }
        | PlacedLast { .. }
        | TalkProposed { .. }
        | TalkApproved { .. }
        | TalkDeclined { .. }
        | TalkHeld { .. }
        | TalkFollowUpCalled { .. }
        | TalkFollowedUp { .. }
        | TalkClosed { .. }
        | Merged { .. }
        | Absorbed { .. }
        | AccountLinked { .. }
        | AccountUnlinked { .. } => vec![],
    }
}

fn of_branch(branch: BranchId, event: &BranchEvent) -> Vec<(MetricKey, Change)> {
    use BranchEvent::*;
    match event {
        MetricDefined { metric } => {
            let row = MetricRow {
                code: metric.code.clone(),
                name: metric.name.clone(),
                unit: metric.unit,
                direction: metric.direction,
                aggregation: metric.aggregation,
                grain: metric.grain,
                subjects: metric.subjects,
                branch,
            };
            vec![(MetricKey { code: metric.code.clone() }, Change::Defined(row))]
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
        | StandardDisplayed { .. }
        | OutletInspected { .. }
        | ContactPointAssigned { .. }
        | ContactPointVisited { .. }
        | ContactPointEnded { .. }
        | OutletLinked { .. }
        | OutletReleased { .. }
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
