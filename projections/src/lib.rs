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

pub mod accounts;
pub mod appeals;
pub mod attendance;
pub mod audit_trail;
pub mod branches;
pub mod bundle;
pub mod cell;
pub mod claims;
pub mod competitions;
pub mod contact_points;
pub mod dues;
pub mod explanation;
pub mod fairness;
pub mod grants;
mod item;
pub mod leader_reviews;
pub mod leaderboard;
pub mod ledger;
pub mod member_years;
pub mod members;
pub mod memory;
pub mod metrics;
pub mod moves;
pub mod outlets;
pub mod paper_counts;
mod parts;
pub mod projection;
pub mod records;
pub mod report;
pub mod results;
pub mod round_people;
pub mod round_results;
pub mod rounds;
pub mod row;
pub mod rule_sets;
pub mod scores;
pub mod select;
pub mod spells;
pub mod standings;
pub mod talks;
pub mod tally;
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
            $crate::rule_sets::RuleSets,
            $crate::claims::Claims,
            $crate::rounds::Rounds,
            $crate::round_people::RoundPeople,
            $crate::leader_reviews::LeaderReviews,
            $crate::paper_counts::PaperCounts,
            $crate::round_results::RoundResults,
            $crate::appeals::Appeals,
            $crate::talks::Talks,
            $crate::dues::Dues,
            $crate::grants::Grants,
            $crate::accounts::Accounts,
            $crate::audit_trail::AuditTrail
        )
    };
}
