//! Roles granted 授权 and accounts linked 账号: what somebody who signs in may come as.
//!
//! # Life
//! A role is granted for the subtree of a branch and for a time, and is over after its last day or withdrawn. An account is
//! linked with a member, then acts as that member, until it is unlinked.
//!
//! # Rules
//! - Nobody grants a role to themselves ([`GrantRefusal::Own`]), nor links their own account with anybody
//!   ([`GrantRefusal::OwnAccount`]).
//! - A principal is 1 to 64 printable ASCII characters ([`GrantRefusal::BadPrincipal`]) and not what the program itself acts
//!   as ([`GrantRefusal::Reserved`]).
//! - The same role is not granted twice for the same days ([`GrantRefusal::Standing`]), nor withdrawn twice
//!   ([`GrantRefusal::Withdrawn`]).
//! - A role is granted at a branch that stands; at the top committee also before it is founded, or nobody could found it.
//! - A member has at most one account ([`GrantRefusal::HasAccount`]).
//!
//! # Not here
//! What a role may do, and that of a branch that ended nothing is left (graphql); whether an account is another member's as
//! well: that is looked at where it is linked, and where it happens all the same it acts as neither.

mod error;
mod role;
mod state;

pub use error::*;
pub use role::*;
pub use state::*;
