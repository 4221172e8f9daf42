//! Reviews with a name: one's own 自评 and the leaders' 领导点评, as far as they are shown.
//!
//! # Rules
//! - What was given before a reopening is not shown: it does not count.
//! - A leader's comment is shown once it was released, and not before publication.

use async_graphql::{Context, Object, SimpleObject};
use projections::cell::ColumnType;
use projections::leader_reviews::LeaderReviewRow;
use projections::round_people::{Given, RoundPersonRow};
use projections::rounds::RoundRow;
use projections::select::{Condition, Select};

use super::super::subject::Subject;
use super::covered::every;
use crate::fault::Result;
use crate::policy::Resource;
use crate::ports::Moment;
use crate::scalar::DateTime;
use crate::session::Session;

/// What somebody said of themselves 自评; it is shown and weighs nothing.
#[derive(Debug, Clone, SimpleObject)]
pub struct SelfReview {
    /// What they said, the last time; free text, null where your roles do not reach.
    text: Option<String>,
    /// When, the last time.
    given_at: DateTime,
    /// How often; the last one is the one shown.
    times: u64,
}

/// Those of what was given that count: given since the opening or the last reopening.
pub fn counting<'g>(row: &RoundRow, given: &'g [Given]) -> impl DoubleEndedIterator<Item = &'g Given> {
    let from = u64::try_from(row.given_from).unwrap_or_default();
    given.iter().filter(move |given| given.position >= from)
}

/// The review somebody gave of themselves, if one counts.
///
/// # Errors
/// As [`Session::standing`].
pub async fn self_review(
    session: &Session,
    row: &RoundRow,
    person: &RoundPersonRow,
    about: Resource,
) -> Result<Option<SelfReview>> {
    let Some(last) = counting(row, &person.self_reviewed.0).last() else { return Ok(None) };
    let text = session.text(person.self_review.as_ref(), about).await?;
    let times = counting(row, &person.self_reviewed.0).count() as u64;
    Ok(Some(SelfReview { text, given_at: session.shown(last.at), times }))
}

/// A leader's review of a person 领导点评, without its marks.
#[derive(Debug, Clone)]
pub struct LeaderReview {
    review: LeaderReviewRow,
    given: Vec<Given>,
    published: bool,
    about: Resource,
    at: Moment,
}

/// The leaders' reviews of a person that count. The policy was asked for the person's results.
///
/// # Errors
/// [`crate::fault::Fault::Read`].
pub async fn leader_reviews(
    session: &Session,
    row: &RoundRow,
    person: &RoundPersonRow,
    about: Resource,
    at: Moment,
) -> Result<Vec<LeaderReview>> {
    let select = Select::first(0)
        .only(Condition::Equals("round", row.round.to_cell()))
        .only(Condition::Equals("member", person.member.to_cell()))
        .only(Condition::From("position", row.given_from.to_cell()));
    let reviews: Vec<LeaderReviewRow> = every(session, select, at).await?;
    let shown = |review: LeaderReviewRow| {
        let given = counting(row, &review.given.0).copied().collect();
        LeaderReview { review, given, published: row.is_published(), about, at }
    };
    Ok(reviews.into_iter().map(shown).collect())
}

impl LeaderReview {
    /// Whether its comment may be shown: released, of a published round.
    fn is_shown(&self) -> bool {
        self.published && self.review.released == Some(true)
    }
}

/// A leader's review of a person 领导点评; the marks are part of the published result.
#[Object]
impl LeaderReview {
    /// The leader.
    async fn reviewer(&self) -> Subject {
        Subject::of_member(self.review.reviewer, self.at)
    }

    /// When it was given first.
    async fn first_given_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.given.first().map(|given| Session::of(ctx).shown(given.at))
    }

    /// When it was given last: this is the one that counts.
    async fn last_given_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.given.last().map(|given| Session::of(ctx).shown(given.at))
    }

    /// How often it was given; the last one counts.
    async fn times(&self) -> u64 {
        self.given.len() as u64
    }

    /// Whether the last one has a comment.
    async fn has_comment(&self) -> bool {
        self.review.comment.is_some()
    }

    /// Whether the comment was released 公开 or withheld 不公开; null before publication, and where nobody looked at it.
    async fn released(&self) -> Option<bool> {
        self.review.released.filter(|_| self.published)
    }

    /// Why it is withheld; free text, null before publication and where your roles do not reach.
    async fn withheld_reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let reason = self.review.moderation.as_ref().filter(|_| self.published && self.review.released == Some(false));
        Session::of(ctx).text(reason, self.about).await
    }

    /// What the leader said; free text, null unless it was released, before publication, and where your roles do not reach.
    async fn comment(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Session::of(ctx).text(self.review.comment.as_ref().filter(|_| self.is_shown()), self.about).await
    }
}
