//! Who sees what of a round: by the branches it covers, and by taking part in it.

use domain::id::{BranchId, MemberId, RoundId};
use domain::period::Period;
use domain::round::Stage;
use projections::cell::{Cell, ColumnType};
use projections::claims::ClaimRow;
use projections::round_people::RoundPersonRow;
use projections::rounds::RoundRow;
use projections::select::{Condition, Select};

use super::super::filter::{all_of, equals};
use crate::fault::{Fault, Result};
use crate::policy::{Action, Resource, Verdict};
use crate::ports::Moment;
use crate::session::Session;

/// How many rows are read at a time.
const PORTION: usize = 1_000;

/// The condition to be of a round.
pub fn of_round(round: &RoundRow) -> Option<Condition> {
    equals("round", Some(round.round))
}

/// A person of a round, read together with the others of it.
pub async fn person(session: &Session, round: RoundId, member: MemberId, at: Moment) -> Result<Option<RoundPersonRow>> {
    let (common, one) = ([("round", round.to_cell())], ("member", member.to_cell()));
    Ok(session.among(&common, one, at.position).await?.into_iter().next())
}

/// A person in a round, read together with the other rounds of theirs.
pub async fn place(session: &Session, round: RoundId, member: MemberId, at: Moment) -> Result<Option<RoundPersonRow>> {
    let (common, one) = ([("member", member.to_cell())], ("round", round.to_cell()));
    Ok(session.among(&common, one, at.position).await?.into_iter().next())
}

/// What the policy is to be asked about a person of a round: their branch at the opening; of whoever had none, the branch
/// of the moment.
pub async fn resource_of(session: &Session, person: &RoundPersonRow, at: Moment) -> Result<Resource> {
    let branch = match person.branch {
        Some(branch) => Some(branch),
        None => session.member(person.member, at.position).await?.map(|row| row.branch),
    };
    Ok(branch.map_or(Resource::Organisation, |branch| Resource::Member(person.member, branch)))
}

/// Whether the viewer sees a round: reaches one of its branches, or takes part in it.
pub async fn sees(session: &Session, row: &RoundRow, at: Moment) -> Result<bool> {
    Ok(reaches(session, Action::SeeRounds, row).await? || takes_part(session, Action::TakePart, row, at).await?)
}

/// Whether the viewer reads the texts of a round as a whole.
pub async fn sees_texts(session: &Session, row: &RoundRow, at: Moment) -> Result<bool> {
    Ok(reaches(session, Action::SeeText, row).await? || takes_part(session, Action::SeeText, row, at).await?)
}

async fn reaches(session: &Session, action: Action, row: &RoundRow) -> Result<bool> {
    for branch in &row.branches.0 {
        if session.verdict(action, Resource::Branch(*branch)).await? == Verdict::Allow {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the viewer is one of the round's leaders or scrutineers: they need to know whom to mark and to count.
pub async fn is_named(session: &Session, row: &RoundRow) -> Result<bool> {
    let me = session.myself().await?;
    Ok(me.is_some_and(|me| row.leaders.0.contains(&me) || row.scrutineers.0.contains(&me)))
}

async fn takes_part(session: &Session, action: Action, row: &RoundRow, at: Moment) -> Result<bool> {
    let (Some(me), Some(branch)) = (session.myself().await?, row.branches.0.first()) else { return Ok(false) };
    match is_named(session, row).await? || place(session, row.round, me, at).await?.is_some() {
        true => Ok(session.verdict(action, Resource::Member(me, *branch)).await? == Verdict::Allow),
        false => Ok(false),
    }
}

/// The condition that keeps a list of rounds to those in reach; nothing for the whole organisation.
pub async fn in_reach(
    session: &Session,
    within: Option<BranchId>,
    period: Option<Period>,
    at: Moment,
) -> Result<Option<Condition>> {
    let scope = match session.scope(Action::SeeRounds, within, at.position).await {
        Err(Fault::Denied(_)) if within.is_none() && session.myself().await?.is_some() => None,
        scope => Some(scope?),
    };
    let mut rounds: Vec<Cell> = vec![];
    if let Some(scope) = scope {
        if scope.branches().is_none() {
            return Ok(None);
        }
        let claims: Vec<ClaimRow> =
            every(session, all_of([scope.condition("branch"), equals("period", period)]), at).await?;
        rounds.extend(claims.into_iter().map(|row| Cell::Uuid(row.round.0)));
    }
    if let (None, Some(me)) = (within, session.myself().await?) {
        let own: Vec<RoundPersonRow> = every(session, all_of([equals("member", Some(me))]), at).await?;
        rounds.extend(own.into_iter().map(|row| Cell::Uuid(row.round.0)));
        // Who counts is on no roster: the rounds that are open are looked through.
        let open: Vec<RoundRow> = every(session, all_of([equals("stage", Some(Stage::Opened))]), at).await?;
        let counts = open.into_iter().filter(|row| row.scrutineers.0.contains(&me));
        rounds.extend(counts.map(|row| Cell::Uuid(row.round.0)));
    }
    rounds.sort_unstable();
    rounds.dedup();
    Ok(Some(Condition::OneOf("round", rounds)))
}

/// The condition that keeps a list of people of a round to those in reach; nothing for the whole organisation. Whoever
/// reaches nobody else is left with themselves.
pub async fn people_in_reach(session: &Session, action: Action, at: Moment) -> Result<Option<Condition>> {
    match (session.scope(action, None, at.position).await, session.myself().await?) {
        (Err(Fault::Denied(_)), Some(me)) => {
            // In no branch in particular: one's own reach does not ask for it.
            session.allow(action, Resource::Member(me, BranchId::root())).await?;
            Ok(equals("member", Some(me)))
        }
        (scope, _) => Ok(scope?.condition("branch")),
    }
}

/// All rows of a selection, read together with what is asked for other rounds.
pub async fn every<R: projections::row::Row>(session: &Session, mut select: Select<R>, at: Moment) -> Result<Vec<R>> {
    select.plan.limit = PORTION;
    session.every_together(select, at.position).await
}
