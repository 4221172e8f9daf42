//! Evaluation rounds 评议轮次: who is reviewed by whom under which rules, what was counted, and what it makes.
//!
//! # Life
//! drafted -> opened -> closed -> tallied -> decided -> published -> final; a void group votes again after the close,
//! and everybody does after a reopening. Annulled from anywhere before final.
//!
//! # Rules
//! - Rules and roster are fixed at the opening; what happens to people and branches later changes no result.
//! - Nobody reviews themselves ([`RoundRefusal::OwnReview`]); nothing is given past the close ([`RoundRefusal::TimeOver`]).
//! - The box is opened at the close and no sooner; two count apart and must agree ([`RoundRefusal::CountsDiffer`]).
//! - A score lacking a group is incomplete, never 0; a secret group below the threshold is left out whole ([`score`]).
//! - The committee's grade is a fact of its own, with a reason where it differs ([`RoundRefusal::WithoutReason`]).
//! - Who decided does not answer the appeal; reopening and annulment need a second person
//!   ([`RoundRefusal::SamePerson`]).
//!
//! # Invariant
//! From the opening to publication no event shows a score, a mark or a count: they are sealed under the round's key.
//!
//! # Not here
//! Boards and pages (projections); who may ask (graphql); sealing (infra).

mod command;
mod decide;
mod error;
mod event;
pub mod faults;
pub mod fraction;
mod kind;
pub mod plan;
mod preset;
pub mod proposal;
mod result;
mod rules;
pub mod score;
mod state;
#[cfg(test)]
mod tests;
pub mod whatif;
mod widest;
pub mod year;

pub use command::*;
pub use decide::{BRANCHES_MAX, LEADERS_MAX, MARKS_MAX, PEOPLE_MAX};
pub use error::*;
pub use event::*;
pub use kind::*;
pub use preset::Preset;
pub use result::*;
pub use rules::*;
pub use state::{Draft, Opening, Roster, Round};
