//! Reminder talks 提醒谈话: the same for members and branches.
//!
//! # Life
//! proposed, by a rule or by somebody -> approved by another -> held, with a record -> followed up -> closed; or declined.
//!
//! # Rules
//! - Who proposed it does not approve it ([`TalkRefusal::OwnApproval`]); what a rule proposed anybody approves.
//! - It is held once approved, followed up once held, closed once followed up ([`TalkRefusal::WrongStep`]).
//! - The follow-up is not before its day ([`TalkRefusal::FollowUpNotDue`]); it is called for then, once.
//!
//! # Not here
//! Which results propose one ([`crate::round`]); how many were held (projections: person-times 人次).

mod error;
mod state;

pub use error::*;
pub use state::*;
