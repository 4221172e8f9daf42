//! What facts say of plans and results, the same for members and branches: named once, folded by several.

use domain::amount::Amount;
use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::ResultId;
use domain::ledger::{Aggregation, Direction, Exactness};
use domain::member::MemberEvent;
use domain::period::Period;
use domain::text::MetricCode;

/// What a fact says of a subject's metric in a period; the subject is the fact's stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// In which metric.
    pub metric: MetricCode,
    /// Which way is better; of a withdrawal nothing.
    pub direction: Option<Direction>,
    /// For which period.
    pub period: Period,
    /// What it says.
    pub said: Said,
}

/// A target or a result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Said {
    /// The plan and base, replacing those before.
    Target {
        /// Before and after.
        plan: [Option<Amount>; 2],
        /// Before and after.
        base: [Option<Amount>; 2],
    },
    /// The value, replacing the one before where it is a correction.
    Result {
        /// The result.
        result: ResultId,
        /// How the metric adds up.
        aggregation: Aggregation,
        /// What stood before; nothing at the first report.
        before: Option<Reported>,
        /// What stands now.
        after: Reported,
    },
    /// The result is taken back.
    Withdrawn {
        /// The result.
        result: ResultId,
        /// How the metric adds up.
        aggregation: Aggregation,
        /// What stood before.
        before: Reported,
    },
}

/// A reported value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reported {
    /// The value in the metric's unit.
    pub value: Amount,
    /// Counted or a lower bound.
    pub exactness: Exactness,
}

impl Reported {
    /// 1 for a lower bound, else 0.
    #[must_use]
    pub fn at_least(self) -> i64 {
        match self.exactness {
            Exactness::Exact => 0,
            Exactness::AtLeast => 1,
        }
    }
}

/// What a fact says of plans and results; nothing for a fact about something else.
#[must_use]
pub fn entry(fact: &Fact) -> Option<Entry> {
    match &fact.event {
        Event::Member(event) => of_member(event),
        Event::Branch(event) => of_branch(event),
        Event::Round(_) => None,
    }
}

fn entry_of(metric: &MetricCode, direction: Option<Direction>, period: Period, said: Said) -> Option<Entry> {
    Some(Entry { metric: metric.clone(), direction, period, said })
}

fn first(result: ResultId, aggregation: Aggregation, after: Reported) -> Said {
    Said::Result { result, aggregation, before: None, after }
}

fn corrected(result: ResultId, aggregation: Aggregation, before: Reported, after: Reported) -> Said {
    Said::Result { result, aggregation, before: Some(before), after }
}

fn reported(value: Amount, exactness: Exactness) -> Reported {
    Reported { value, exactness }
}

fn of_member(event: &MemberEvent) -> Option<Entry> {
    use MemberEvent::*;
    match event {
        TargetSet { metric, direction, period, plan, base, plan_before, base_before } => entry_of(
            metric,
            Some(*direction),
            *period,
            Said::Target { plan: [*plan_before, *plan], base: [*base_before, *base] },
        ),
        ResultReported { result, metric, aggregation, direction, period, value, exactness } => {
            entry_of(metric, Some(*direction), *period, first(*result, *aggregation, reported(*value, *exactness)))
        }
        ResultCorrected {
            result,
            corrects: _,
            metric,
            aggregation,
            direction,
            period,
            value_before,
            exactness_before,
            value,
            exactness,
            reason: _,
        } => {
            let before = Some(reported(*value_before, *exactness_before));
            let (result, aggregation, after) = (*result, *aggregation, reported(*value, *exactness));
            entry_of(metric, Some(*direction), *period, Said::Result { result, aggregation, before, after })
        }
        ResultWithdrawn { result, metric, aggregation, period, value_before, exactness_before, reason: _ } => {
            let (aggregation, before) = (*aggregation, reported(*value_before, *exactness_before));
            entry_of(metric, None, *period, Said::Withdrawn { result: *result, aggregation, before })
        }
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
        | AccountUnlinked { .. } => None,
    }
}

fn of_branch(event: &BranchEvent) -> Option<Entry> {
    use BranchEvent::*;
    match event {
        TargetSet { metric, direction, period, plan, base, plan_before, base_before } => entry_of(
            metric,
            Some(*direction),
            *period,
            Said::Target { plan: [*plan_before, *plan], base: [*base_before, *base] },
        ),
        ResultReported { result, metric, aggregation, direction, period, value, exactness } => {
            entry_of(metric, Some(*direction), *period, first(*result, *aggregation, reported(*value, *exactness)))
        }
        ResultCorrected {
            result,
            metric,
            aggregation,
            direction,
            period,
            value_before,
            exactness_before,
            value,
            exactness,
            ..
        } => {
            let [before, after] = [(value_before, exactness_before), (value, exactness)].map(|(v, e)| reported(*v, *e));
            entry_of(metric, Some(*direction), *period, corrected(*result, *aggregation, before, after))
        }
        ResultWithdrawn { result, metric, aggregation, period, value_before, exactness_before, reason: _ } => {
            let before = reported(*value_before, *exactness_before);
            entry_of(metric, None, *period, Said::Withdrawn { result: *result, aggregation: *aggregation, before })
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
        | MetricDefined { .. }
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
        | RoleWithdrawn { .. } => None,
    }
}
