//! What the committee works on between the close and publication. Each look is recorded before it is answered.
//!
//! # Rules
//! - Only as of now: what was counted before a reopening stays sealed.
//! - Whoever looks reaches every branch that the round covers.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::id::{MemberId, RoundId};
use domain::round::proposal::Proposal;
use domain::round::{RoundEvent, Stage};
use futures_util::future::try_join_all;
use projections::cell::{Cell, Column, ColumnType, Kind};
use projections::leader_reviews::LeaderReviewRow;
use projections::rounds::{RoundKey, RoundRow};
use projections::select::{Condition, Select};
use projections::words::SubjectKind;

use super::super::filter::all_of;
use super::super::subject::Subject;
use super::covered::{of_round, person, resource_of};
use super::explanation::Explanation;
use super::sealed;
use crate::fault::{Fault, Result};
use crate::input;
use crate::look::{What, record};
use crate::page::{Connection, Page, When, weight};
use crate::policy::{Action, Resource};
use crate::ports::Moment;
use crate::scalar::Position;
use crate::schema::READ;
use crate::session::Session;
use crate::words::RoundStage;

/// What the committee sees of a round before publication 审定稿.
#[derive(SimpleObject)]
pub struct RoundProposal {
    /// Where the round stands: counted, or decided.
    stage: RoundStage,
    /// Its version.
    version: i64,
    /// Everybody's result with how it came about, by id.
    #[graphql(complexity = "child_complexity")]
    results: Connection<ProposedResult>,
}

/// A person's result before publication.
#[derive(Debug, Clone, SimpleObject)]
pub struct ProposedResult {
    /// Whose.
    member: Subject,
    /// The branch at the opening.
    branch: Option<Subject>,
    /// How it came about; the grade is null before it was decided.
    explanation: Explanation,
}

/// A leader's comment to be looked at before it is shown 待审评语.
#[derive(Debug, Clone, SimpleObject)]
pub struct CommentUnderReview {
    /// Of whom.
    member: Subject,
    /// The leader.
    reviewer: Subject,
    /// What was said; null where its key is destroyed.
    comment: Option<String>,
    /// Whether it was released; null where nobody looked at it yet.
    released: Option<bool>,
    /// What was said of it.
    reason: Option<String>,
}

/// What the committee works on.
#[derive(Default)]
pub struct ProposalQuery;

#[Object]
impl ProposalQuery {
    /// What the committee works on from the tally to publication 审定稿; null at any other time. Each look is recorded.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn round_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The round.")] round: ID,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<RoundProposal>> {
        let session = Session::of(ctx);
        let page = Page::read(ctx, first, after.as_deref())?;
        let after = page.place(&[MEMBER])?;
        let Some((row, at)) = looked_at(session, &round, at_least).await? else { return Ok(None) };
        let proposed_at = match row.stage {
            Stage::Tallied | Stage::Decided => row.proposed_at,
            Stage::Drafted | Stage::Opened | Stage::Closed | Stage::Published | Stage::Final | Stage::Annulled => None,
        };
        let (Some(proposed_at), Some(rules)) = (proposed_at, &row.rules) else { return Ok(None) };
        record(session, row.round, What::Proposal, at).await?;
        let (RoundEvent::Tallied { proposal: sealed, .. } | RoundEvent::GradesDecided { decided: sealed, .. }) =
            sealed::told(session, proposed_at).await?
        else {
            return Err(sealed::unreadable());
        };
        let proposal: Proposal =
            serde_json::from_str(&sealed::opened(session, &sealed).await?).map_err(|_| sealed::unreadable())?;
        let rules = Arc::new(rules.0.clone());
        let follows = |member: &MemberId| after.as_ref().is_none_or(|after| vec![member.to_cell()] > *after);
        let results = proposal.results.into_iter().filter(|(member, _)| follows(member)).take(page.limit + 1);
        let results = results.map(async |(member, result)| {
            let (rules, rules_version, result) = (Arc::clone(&rules), row.rules_version, Arc::new(result));
            let (about, branch) = placed(session, &row, member, at).await?;
            let explanation = Explanation { rules, rules_version, result, about, at };
            let branch = branch.map(|branch| Subject::of_branch(branch, at));
            let member = (vec![member.to_cell()], Subject::of_member(member, at));
            Ok::<_, Fault>((member.0, ProposedResult { member: member.1, branch, explanation }))
        });
        let results = Connection::of(session, &page, at.position, try_join_all(results).await?);
        Ok(Some(RoundProposal { stage: row.stage.into(), version: row.version, results }))
    }

    /// The leaders' comments to be looked at before they are shown 待审评语, from the close to the end of the round; null
    /// at any other time. Each look is recorded.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn round_comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The round.")] round: ID,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<CommentUnderReview>>> {
        let session = Session::of(ctx);
        let page = Page::read(ctx, first, after.as_deref())?;
        let Some((row, at)) = looked_at(session, &round, at_least).await? else { return Ok(None) };
        match row.stage {
            Stage::Closed | Stage::Tallied | Stage::Decided | Stage::Published => {}
            Stage::Drafted | Stage::Opened | Stage::Final | Stage::Annulled => return Ok(None),
        }
        record(session, row.round, What::Comments, at).await?;
        let counts = Condition::From("position", row.given_from.to_cell());
        let select: Select<LeaderReviewRow> = all_of([of_round(&row), Some(counts), Some(Condition::Known("comment"))]);
        let columns = [MEMBER, Column { name: "reviewer", ..MEMBER }];
        let after = page.place(&columns)?.map(|place| [vec![row.round.to_cell()], place].concat());
        let mut select = select.after(after);
        select.plan.limit = page.limit + 1;
        let reviews = session.rows(&select, at.position).await?;
        let comments = reviews.into_iter().map(|review| under_review(session, review, at));
        Ok(Some(Connection::of(session, &page, at.position, try_join_all(comments).await?)))
    }
}

const MEMBER: Column = Column { name: "member", kind: Kind::Uuid, nullable: false };

/// The round as it is now, where the viewer may see what its freeze hides.
async fn looked_at(session: &Session, round: &ID, at_least: Option<Position>) -> Result<Option<(RoundRow, Moment)>> {
    session.signed_in()?;
    let round: RoundId = input::asked(input::id("round", round))?;
    let at = session.pin_for(When::read(None, at_least)).await?;
    let asked = (SubjectKind::Round, round.0);
    let Some(row) = session.row::<RoundRow>(&RoundKey { round }, at.position).await? else {
        return session.allow_asked(Action::SeeProposal, Resource::Organisation, asked).await.map(|()| None);
    };
    for branch in &row.branches.0 {
        session.allow_asked(Action::SeeProposal, Resource::Branch(*branch), asked).await?;
    }
    Ok(Some((row, at)))
}

/// What the policy places a person by, and their branch at the opening.
async fn placed(
    session: &Session,
    row: &RoundRow,
    member: MemberId,
    at: Moment,
) -> Result<(Resource, Option<domain::id::BranchId>)> {
    match person(session, row.round, member, at).await? {
        Some(person) => Ok((resource_of(session, &person, at).await?, person.branch)),
        None => Ok((Resource::Organisation, None)),
    }
}

/// A comment with its place in the list.
async fn under_review(
    session: &Session,
    review: LeaderReviewRow,
    at: Moment,
) -> Result<(Vec<Cell>, CommentUnderReview)> {
    let place = vec![review.member.to_cell(), review.reviewer.to_cell()];
    let comment = match &review.comment {
        Some(comment) => session.opened(comment).await?,
        None => None,
    };
    let reason = match &review.moderation {
        Some(reason) => session.opened(reason).await?,
        None => None,
    };
    let (member, reviewer) = (Subject::of_member(review.member, at), Subject::of_member(review.reviewer, at));
    Ok((place, CommentUnderReview { member, reviewer, comment, released: review.released, reason }))
}
