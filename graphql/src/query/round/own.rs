//! What a leader gave and what a scrutineer counted, read back by themselves before publication 本人评议、本人计票.
//!
//! # Rules
//! - Only one's own, only of a round in which one is named, from the opening to publication; each look is recorded.
//! - What counts now is shown: what was given before a reopening stays sealed, and so do the ballots of a void group.

use std::sync::Arc;

use async_graphql::SimpleObject;
use domain::id::{MemberId, RoundId};
use domain::round::{Code, Counts, Group, GroupRule, Marks, RoundEvent, Rules, Stage};
use futures_util::future::try_join_all;
use projections::cell::ColumnType;
use projections::leader_reviews::LeaderReviewRow;
use projections::paper_counts::PaperCountRow;
use projections::rounds::{RoundKey, RoundRow};

use super::explanation::{GradeCount, grade_counts};
use super::rules::plain;
use super::sealed::{opened, told, unreadable};
use crate::fault::Result;
use crate::look::{What, record_once};
use crate::page::weight;
use crate::policy::{Action, Resource, Verdict};
use crate::ports::Moment;
use crate::scalar::{DateTime, Decimal};
use crate::session::Session;
use crate::words::ReviewGroup;

/// What a leader gave somebody 本人评议, as the leader reads it back before publication.
#[derive(Debug, Clone, SimpleObject)]
pub struct OwnReview {
    /// The marks, in the order of the rules; a dimension without one is left out.
    #[graphql(complexity = "weight(Some(5), child_complexity)")]
    marks: Vec<OwnMark>,
    /// The comment; null where none was given, and where its key is destroyed.
    comment: Option<String>,
    /// When it was given, the last time: this one counts.
    given_at: DateTime,
    /// How often it was given in all, also before a reopening.
    times: i64,
}

/// A mark in a dimension.
#[derive(Debug, Clone, SimpleObject)]
pub struct OwnMark {
    /// The code of the dimension.
    dimension: String,
    /// How it is asked.
    title: String,
    /// The mark, 0 to 100.
    mark: Decimal,
}

/// What a scrutineer counted on somebody in one group 本人计票, as the scrutineer reads it back before publication.
#[derive(Debug, Clone, SimpleObject)]
pub struct OwnCount {
    /// Which group.
    group: ReviewGroup,
    /// Which of its attempts: the latest.
    attempt: i64,
    /// The answers, in the order of the rules.
    #[graphql(complexity = "weight(Some(5), child_complexity)")]
    dimensions: Vec<OwnDimensionCount>,
    /// When it was entered, the last time: this one counts.
    entered_at: DateTime,
    /// How often it was entered.
    times: i64,
}

/// What was counted in a dimension.
#[derive(Debug, Clone, SimpleObject)]
pub struct OwnDimensionCount {
    /// The code of the dimension.
    dimension: String,
    /// How it is asked.
    title: String,
    /// How many ballots gave each grade, best first.
    #[graphql(complexity = "weight(Some(5), child_complexity)")]
    grades: Vec<GradeCount>,
    /// How many said they do not know 不了解.
    unknown: u32,
    /// How many are over-marked or unreadable 废票.
    invalid: u32,
}

/// A round that runs, as of now, in which the viewer is named.
struct Named {
    row: RoundRow,
    rules: Arc<Rules>,
    me: MemberId,
    now: Moment,
}

/// What the viewer gave a member as one of the round's leaders.
///
/// # Errors
/// [`crate::fault::Fault::Read`].
pub async fn own_review(session: &Session, round: RoundId, member: MemberId) -> Result<Option<OwnReview>> {
    let Some(named) = named(session, round, |row| &row.leaders.0).await? else { return Ok(None) };
    let common = [("round", round.to_cell()), ("reviewer", named.me.to_cell())];
    let reviews: Vec<LeaderReviewRow> =
        session.among(&common, ("member", member.to_cell()), named.now.position).await?;
    let Some(review) = reviews.into_iter().find(|review| review.position >= named.row.given_from) else {
        return Ok(None);
    };
    record_once(session, round, What::OwnReview, named.now).await?;
    let told = told(session, review.position).await?;
    let RoundEvent::LeaderReviewGiven { marks, comment, .. } = told else { return Err(unreadable()) };
    let marks: Marks = serde_json::from_str(&opened(session, &marks).await?).map_err(|_| unreadable())?;
    let comment = match comment {
        Some(comment) => session.opened(&comment).await?,
        None => None,
    };
    let marks = in_order(&named.rules, Group::Leader, marks);
    let marks = marks.map(|(dimension, title, mark)| OwnMark { dimension, title, mark: plain(mark) }).collect();
    Ok(Some(OwnReview { marks, comment, given_at: session.shown(review.given_at), times: review.times }))
}

/// What the viewer counted on a member as one of the round's scrutineers, of each secret group.
///
/// # Errors
/// [`crate::fault::Fault::Read`].
pub async fn own_counts(session: &Session, round: RoundId, member: MemberId) -> Result<Option<Vec<OwnCount>>> {
    let Some(named) = named(session, round, |row| &row.scrutineers.0).await? else { return Ok(None) };
    let common = [("round", round.to_cell()), ("scrutineer", named.me.to_cell())];
    let counts: Vec<PaperCountRow> = session.among(&common, ("member", member.to_cell()), named.now.position).await?;
    let standing = counts.into_iter().filter(|count| {
        let voting = named.row.voting.0.get(&count.group_of);
        voting.is_some_and(|voting| voting.void.is_none() && i64::from(voting.attempt) == count.attempt)
    });
    let standing: Vec<PaperCountRow> = standing.collect();
    if !standing.is_empty() {
        record_once(session, round, What::OwnCounts, named.now).await?;
    }
    try_join_all(standing.into_iter().map(|count| own_count(session, &named.rules, count))).await.map(Some)
}

async fn own_count(session: &Session, rules: &Rules, row: PaperCountRow) -> Result<OwnCount> {
    let told = told(session, row.position).await?;
    let RoundEvent::PaperCounted { counts, .. } = told else { return Err(unreadable()) };
    let counts: Counts = serde_json::from_str(&opened(session, &counts).await?).map_err(|_| unreadable())?;
    let counted = in_order(rules, row.group_of, counts).map(|(dimension, title, count)| {
        let grades = grade_counts(rules, &count);
        OwnDimensionCount { dimension, title, grades, unknown: count.unknown, invalid: count.invalid }
    });
    Ok(OwnCount {
        group: row.group_of.into(),
        attempt: row.attempt,
        dimensions: counted.collect(),
        entered_at: session.shown(row.entered_at),
        times: row.times,
    })
}

/// The round as it is now, where it is between opening and publication and the viewer's own member is one of those.
async fn named(
    session: &Session,
    round: RoundId,
    those: impl Fn(&RoundRow) -> &Vec<MemberId> + Send,
) -> Result<Option<Named>> {
    let Some(me) = session.myself().await? else { return Ok(None) };
    let now = session.pin(None, None).await?;
    let Some(row) = session.row::<RoundRow>(&RoundKey { round }, now.position).await? else { return Ok(None) };
    let (Some(rules), Some(branch)) = (&row.rules, row.branches.0.first()) else { return Ok(None) };
    let runs = match row.stage {
        Stage::Opened | Stage::Closed | Stage::Tallied | Stage::Decided => true,
        Stage::Drafted | Stage::Published | Stage::Final | Stage::Annulled => false,
    };
    let may = session.verdict(Action::TakePart, Resource::Member(me, *branch)).await? == Verdict::Allow;
    let rules = Arc::new(rules.0.clone());
    Ok((runs && may && those(&row).contains(&me)).then_some(Named { row, rules, me, now }))
}

/// What was given in each dimension that a group is asked, in the order of the rules, with how it is asked.
fn in_order<T>(
    rules: &Rules,
    group: Group,
    mut given: std::collections::BTreeMap<Code, T>,
) -> impl Iterator<Item = (String, String, T)> {
    let asked = rules.group(group).map(|rule: &GroupRule| rule.dimensions.clone()).unwrap_or_default();
    asked.into_iter().filter_map(move |dimension| {
        let given = given.remove(&dimension.code)?;
        Some((dimension.code.to_string(), dimension.title.to_string(), given))
    })
}
