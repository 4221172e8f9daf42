//! Folds of the log into rows, purely: what dashboards and auditors read.
//!
//! A projection says which rows a fact changes and how; the engine (infra) owns everything else: order, exactly
//! once, the range of positions in which each row held, rebuild, verification.
//!
//! # Invariants
//! - A fold names every event; there is no catch-all arm.
//! - A fold looks at one row at a time and at nothing else: no other row, no clock, no store.
//! - No row holds a person's name, staff number or contact; free text stays sealed.
//! - Raising `VERSION` is the only way to change what a fold makes of the past.
//!
//! # Not here
//! SQL and checkpoints (infra), who may see what (graphql), names of persons (joined at read time).

pub mod attendance;
pub mod audit_trail;
pub mod branches;
pub mod cell;
pub mod competitions;
pub mod contact_points;
pub mod dues;
mod item;
pub mod leaderboard;
pub mod ledger;
pub mod member_years;
pub mod members;
pub mod memory;
pub mod metrics;
pub mod outlets;
mod parts;
pub mod projection;
pub mod records;
pub mod report;
pub mod results;
pub mod rounds;
pub mod row;
pub mod select;
pub mod spells;
pub mod standings;
mod told;
pub mod totals;
pub mod trainings;
pub mod words;

/// Names every projection once: calls `$visit!` with their types, separated by commas.
///
/// ```
/// macro_rules! names {
///     ($($projection:ty),*) => { [$(<$projection as projections::projection::Projection>::NAME),*] };
/// }
/// assert!(projections::each_projection!(names).contains(&"standings"));
/// ```
#[macro_export]
macro_rules! each_projection {
    ($visit:ident) => {
        $visit!(
            $crate::branches::Branches,
            $crate::members::Members,
            $crate::outlets::Outlets,
            $crate::spells::Spells,
            $crate::contact_points::ContactPoints,
            $crate::trainings::Trainings,
            $crate::attendance::Attendance,
            $crate::records::Records,
            $crate::metrics::Metrics,
            $crate::results::Results,
            $crate::standings::Standings,
            $crate::competitions::Competitions,
            $crate::totals::Totals,
            $crate::member_years::MemberYears,
            $crate::rounds::Rounds,
            $crate::dues::Dues,
            $crate::audit_trail::AuditTrail
        )
    };
}
