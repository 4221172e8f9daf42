//! Roles granted 授权: at which branch, to whom, what, for which days, by whom, and whether that was withdrawn.
//!
//! # Rules
//! - A row stays for good, so that it can be read who had which right when.
//!
//! # Not here
//! Whether the branch still stands ([`crate::branches`]) and whether today is one of the days: who reads looks at both.

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::grant::Role;
use domain::id::{ActorId, BranchId, GrantId};
use domain::text::Sealed;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::projection::Projection;
use crate::row::row;

row! {
    /// A role that was granted.
    pub struct GrantRow("grants") key GrantKey {
        /// Which grant; the word alone is one of SQL's.
        grant_id: GrantId,
    } columns {
        /// For the subtree of which branch.
        branch: BranchId,
        /// To whom.
        principal: ActorId,
        /// What.
        role: Role,
        /// The first day.
        from_date: Date,
        /// The last day; without end where there is none.
        until_date: Option<Date>,
        /// Whether it stands: it was not withdrawn.
        standing: bool,
        /// Who granted it.
        granted_by: ActorId,
        /// When.
        granted_at: Timestamp,
        /// Who withdrew it.
        withdrawn_by: Option<ActorId>,
        /// When.
        withdrawn_at: Option<Timestamp>,
        /// Why.
        withdrawn_for: Option<Sealed>,
    } look_up [["principal", "standing"], ["branch", "granted_at"], ["granted_at"]]
}

/// What happens to a grant.
#[derive(Debug, Clone)]
pub enum Change {
    /// It was made.
    Granted(Box<GrantRow>),
    /// It was withdrawn: by whom, when, why.
    Withdrawn(ActorId, Timestamp, Sealed),
}

/// The projection.
pub struct Grants;

impl Projection for Grants {
    const NAME: &'static str = "grants";
    const VERSION: u32 = 1;
    type Row = GrantRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(GrantKey, Change)> {
        let change = match &fact.event {
            Event::Branch(event) => of_branch(fact, event),
            Event::Member(_) | Event::Round(_) => None,
        };
        change.map(|(grant_id, change)| (GrantKey { grant_id }, change)).into_iter().collect()
    }

    fn apply(row: Option<GrantRow>, _key: &GrantKey, change: &Change) -> Option<GrantRow> {
        match change {
            Change::Granted(granted) => Some((**granted).clone()),
            Change::Withdrawn(by, at, reason) => Some(GrantRow {
                standing: false,
                withdrawn_by: Some(by.clone()),
                withdrawn_at: Some(*at),
                withdrawn_for: Some(reason.clone()),
                ..row?
            }),
        }
    }
}

fn of_branch(fact: &Fact, event: &BranchEvent) -> Option<(GrantId, Change)> {
    use BranchEvent::*;
    match event {
        RoleGranted { grant, to, role, from, until } => {
            let granted = GrantRow {
                grant_id: *grant,
                branch: BranchId(fact.stream.id),
                principal: to.clone(),
                role: *role,
                from_date: *from,
                until_date: *until,
                standing: true,
                granted_by: fact.actor.clone(),
                granted_at: fact.at,
                withdrawn_by: None,
                withdrawn_at: None,
                withdrawn_for: None,
            };
            Some((*grant, Change::Granted(Box::new(granted))))
        }
        RoleWithdrawn { grant, reason } => {
            Some((*grant, Change::Withdrawn(fact.actor.clone(), fact.at, reason.clone())))
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
        | RulesAdopted { .. } => None,
    }
}
