//! A member 成员: on the roster of one branch at a time, with displays, commitments, results, contests and honours.
//!
//! # Life
//! Registered, then on the roster until left, perhaps readmitted later; meanwhile transferred, appointed, on probation
//! or formal, on duty or suspended. A merge of branches transfers members without asking them.
//!
//! # Rules
//! - An id is registered once ([`MemberRefusal::AlreadyRegistered`]); who left may come back, from the first day
//!   outside on ([`MemberRefusal::NotLeft`]), and keeps the id; of who left, results, activities and honours of
//!   earlier days are recorded, and nothing of later ones ([`MemberRefusal::Left`]).
//! - Nothing happens before the first day ([`MemberRefusal::BeforeRegistration`]); changes of the roster come in
//!   order of their days ([`MemberRefusal::BeforeLastChange`]) and not before what they rule out
//!   ([`MemberRefusal::ActiveLater`]).
//! - What needs duty does not happen during a suspension ([`MemberRefusal::Suspended`],
//!   [`MemberRefusal::OffDuty`], [`MemberRefusal::SuspendedTillLeaving`]): badge checks, services, new
//!   plaques and commitments, contests, visits.
//! - One of the pair of a standing contact point does not leave ([`MemberRefusal::InContactPoint`]).
//! - Two registrations of one person become one: the other is as if it had never been on the roster
//!   ([`MemberRefusal::Merged`]), and is merged into nothing but another that is registered
//!   ([`MemberRefusal::MergedIntoItself`]). What was recorded under it stays there.
//! - One plaque is shown at a time ([`MemberRefusal::PlaqueStanding`]); leaving takes it down.
//! - A commitment is settled once ([`MemberRefusal::CommitmentSettled`]), as kept only with evidence
//!   ([`MemberRefusal::CommitmentWithoutEvidence`]), as missed only after its last day
//!   ([`MemberRefusal::CommitmentNotYetDue`]).
//! - At most one account acts as a member ([`crate::grant`]).
//!
//! # Not here
//! The person's name, staff number and contact ([`crate::person`]); who may ask (graphql); sums and ranks (projections).

mod command;
mod decide;
mod entry;
mod error;
mod event;
mod kind;
mod state;
#[cfg(test)]
mod tests;

pub use command::*;
pub use error::*;
pub use event::*;
pub use kind::*;
pub use state::*;
