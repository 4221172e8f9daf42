//! How a branch refuses.

use jiff::civil::Date;

use crate::id::BranchId;
use crate::refusal::refusals;

refusals! {
    /// Why a command to a branch is refused.
    pub enum BranchRefusal {
        /// No such branch.
        Unknown { branch: BranchId } = "branch.unknown", "there is no branch {branch}", "没有 branch {branch}";
        /// It ended.
        Closed { branch: BranchId, on: Date } = "branch.closed", "the branch {branch} was closed on {on}", "组织 {branch} 已于 {on} 撤销";
        /// It is part of another.
        Merged { branch: BranchId, into: BranchId } = "branch.merged", "the branch {branch} is part of {into}", "组织 {branch} 已并入 {into}";
    }
}
