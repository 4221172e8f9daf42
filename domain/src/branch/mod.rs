//! Branches: the organisation tree, and what each of its nodes holds and does.
//!
//! # Life
//! established -> standing (renamed, moved) -> closed or merged into another. A merger hands members, standing outlets
//! and contact points over; closing needs an empty branch.
//!
//! # Rules
//! - The top committee stays and has none above ([`BranchRefusal::RootStays`]); nobody stands under themselves
//!   ([`BranchRefusal::UnderItself`]).
//! - Only a standing branch acts ([`BranchRefusal::Closed`], [`BranchRefusal::Merged`]); results and attendance can
//!   be corrected afterwards too.
//! - A contact point is two cadres, one financial outlet and one delivery station
//!   ([`BranchRefusal::ContactPointNeedsTwoCadres`], [`BranchRefusal::ContactPointNeedsOneOfEach`]), whoever holds them.
//!   It is told to those who hold the two and to the cadres: the outlet stays open ([`BranchRefusal::OutletLinked`]).
//! - Who attended was on the roster that day ([`BranchRefusal::AttendeeNotOnRoster`]), and is counted once.
//! - Nobody confirms an improvement of their own ([`BranchRefusal::ImprovementOwnConfirmation`]).
//! - Roles are granted at a branch, for its subtree ([`crate::grant`]); what is granted goes where the branch goes.
//! - Metrics are defined at the top, for everybody ([`BranchRefusal::MetricsAtRoot`]).
//!
//! # Invariant
//! A standing branch is under a standing one, up to the top committee; a branch that ended holds nobody and nothing.
//!
//! # Not here
//! Boards and sums (projections); what a member does ([`crate::member`]); who may ask (graphql).

mod command;
mod decide;
mod error;
mod event;
mod kind;
mod part;
mod state;
#[cfg(test)]
mod tests;

pub use command::*;
pub use decide::{ATTENDEES_MAX, TRAINING_MINUTES_MAX, metric};
pub use error::*;
pub use event::*;
pub use kind::*;
pub use part::Outlet;
pub use state::*;
