//! Competitions 竞赛: who competes, in what, ranked by what.
//!
//! # Rules
//! - The board of a concluded competition is read as of `concluded_at`, so a later correction does not move it.
//!
//! # Not here
//! Ranks ([`crate::leaderboard`]).

use domain::branch::{BranchEvent, Competitors, RankedBy};
use domain::event::{Event, Fact};
use domain::id::{BranchId, CompetitionId};
use domain::member::MemberEvent;
use domain::period::Period;
use domain::text::{MetricCode, Title};

use crate::projection::Projection;
use crate::row::row;

row! {
    /// A competition.
    pub struct CompetitionRow("competitions") key CompetitionKey {
        /// Which competition.
        competition: CompetitionId,
    } columns {
        /// The branch whose subtree competes.
        branch: BranchId,
        /// Its title.
        title: Title,
        /// What is compared.
        metric: MetricCode,
        /// The whole time it runs.
        period: Period,
        /// Who competes.
        competitors: Competitors,
        /// By what they are ranked.
        ranked_by: RankedBy,
        /// The position at which it was announced.
        announced_at: i64,
        /// The position at which it was concluded.
        concluded_at: Option<i64>,
    } look_up [["branch"], ["metric", "period"]]
}

/// What happens to a competition's row.
#[derive(Debug, Clone)]
pub enum Change {
    /// It was announced.
    Announced(CompetitionRow),
    /// It was concluded at that position.
    Concluded(i64),
}

/// The projection.
pub struct Competitions;

impl Projection for Competitions {
    const NAME: &'static str = "competitions";
    const VERSION: u32 = 1;
    type Row = CompetitionRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(CompetitionKey, Change)> {
        match &fact.event {
            Event::Member(event) => of_member(event),
            Event::Branch(event) => of_branch(fact, event),
            Event::Round(_) => vec![],
        }
    }

    fn apply(row: Option<CompetitionRow>, _key: &CompetitionKey, change: &Change) -> Option<CompetitionRow> {
        match change {
            Change::Announced(row) => Some(row.clone()),
            Change::Concluded(at) => row.map(|row| CompetitionRow { concluded_at: Some(*at), ..row }),
        }
    }
}

fn of_member(event: &MemberEvent) -> Vec<(CompetitionKey, Change)> {
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

fn of_branch(fact: &Fact, event: &BranchEvent) -> Vec<(CompetitionKey, Change)> {
    use BranchEvent::*;
    let at = fact.position.0 as i64;
    match event {
        CompetitionAnnounced { competition, title, metric, period, competitors, ranked_by } => {
            let row = CompetitionRow {
                competition: *competition,
                branch: BranchId(fact.stream.id),
                title: title.clone(),
                metric: metric.clone(),
                period: *period,
                competitors: *competitors,
                ranked_by: *ranked_by,
                announced_at: at,
                concluded_at: None,
            };
            vec![(CompetitionKey { competition: *competition }, Change::Announced(row))]
        }
        CompetitionConcluded { competition } => {
            vec![(CompetitionKey { competition: *competition }, Change::Concluded(at))]
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
        | TargetSet { .. }
        | ResultReported { .. }
        | ResultCorrected { .. }
        | ResultWithdrawn { .. }
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
