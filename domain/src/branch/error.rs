//! How a branch refuses.

use crate::id::BranchId;
use crate::refusal::refusals;

refusals! {
    /// Why a command to a branch is refused.
    pub enum BranchRefusal {
        /// No such branch.
        Unknown { branch: BranchId } = "branch.unknown", "there is no branch {branch}", "没有 branch {branch}";
    }
}
