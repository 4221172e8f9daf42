//! One plan for an organisation 评议编组: a round per branch, small ones with their neighbours. What is shown as planned
//! and what is drafted come from here, so that they are the same.
//!
//! # Rules
//! - A branch that a round covers in the period already is left out before the small ones are put together.

use std::collections::BTreeMap;

use domain::id::{BranchId, RoundId};
use domain::period::Period;
use domain::round::plan::{Planned, plan};
use projections::branches::BranchRow;
use projections::claims::ClaimRow;
use projections::members::MemberRow;
use projections::select::Select;
use projections::words::{BranchStanding, MemberStanding};

use crate::fault::Result;
use crate::policy::Scope;
use crate::ports::Moment;
use crate::query::filter::{all_of, equals};
use crate::session::Session;

/// How many rows are read at a time.
const PORTION: usize = 1_000;

/// A plan of the rounds of a period.
#[derive(Debug)]
pub struct Plan {
    /// The rounds, each with its branches, by id.
    pub rounds: Vec<Vec<Planned>>,
    /// The rounds that cover some of the branches already, with these.
    pub claimed: BTreeMap<RoundId, Vec<BranchId>>,
    /// The branches with nobody on duty, which are in no round.
    pub empty: Vec<BranchId>,
}

/// The plan for the standing branches of a scope, as of a moment; a secret group needs more peers than the threshold.
///
/// # Errors
/// [`crate::fault::Fault::Read`].
pub async fn planned(session: &Session, scope: &Scope, period: Period, threshold: u32, at: Moment) -> Result<Plan> {
    let standing = equals("standing", Some(BranchStanding::Standing));
    let mut branches: Vec<BranchRow> = every(session, all_of([scope.condition("branch"), standing]), at).await?;
    branches.sort_by_key(|row| (row.parent, row.branch));
    let mut peers: BTreeMap<BranchId, usize> = BTreeMap::new();
    let on_duty = equals("standing", Some(MemberStanding::OnDuty));
    let members: Vec<MemberRow> = every(session, all_of([scope.condition("branch"), on_duty]), at).await?;
    members.into_iter().for_each(|row| *peers.entry(row.branch).or_default() += 1);
    let held = [scope.condition("branch"), equals("period", Some(period)), equals("released", Some(false))];
    let claims: Vec<ClaimRow> = every(session, all_of(held), at).await?;
    let claims: BTreeMap<BranchId, RoundId> = claims.into_iter().map(|row| (row.branch, row.round)).collect();

    let mut claimed: BTreeMap<RoundId, Vec<BranchId>> = BTreeMap::new();
    let mut open: BTreeMap<BranchId, Planned> = BTreeMap::new();
    let mut in_order = vec![];
    for BranchRow { branch, parent, .. } in branches {
        match claims.get(&branch) {
            Some(round) => claimed.entry(*round).or_default().push(branch),
            None => {
                let planned = Planned { branch, parent, peers: peers.get(&branch).copied().unwrap_or_default() };
                in_order.push(planned);
                open.insert(branch, planned);
            }
        }
    }
    claimed.values_mut().for_each(|branches| branches.sort_unstable());
    let together = |mut group: Vec<BranchId>| {
        group.sort_unstable();
        group.iter().filter_map(|branch| open.get(branch).copied()).collect()
    };
    let rounds = plan(&in_order, threshold).into_iter().map(together).collect();
    let empty = in_order.iter().filter(|planned| planned.peers == 0).map(|planned| planned.branch).collect();
    Ok(Plan { rounds, claimed, empty })
}

async fn every<R: projections::row::Row>(session: &Session, mut select: Select<R>, at: Moment) -> Result<Vec<R>> {
    select.plan.limit = PORTION;
    session.every(select, at.position).await
}
