//! Reviews with a name: one's own 自评 and the leaders' 领导点评, as far as they are shown.
//!
//! # Rules
//! - What was given before a reopening is not shown: it does not count.
//! - A leader's comment is shown once it was released, and not before publication.

use async_graphql::{Context, Object, SimpleObject};
use projections::cell::ColumnType;
use projections::leader_reviews::LeaderReviewRow;
use projections::round_people::RoundPersonRow;
use projections::rounds::RoundRow;

use super::super::lineage::Opened;
use super::super::subject::Subject;
use super::super::trail::Event;
use crate::fault::Result;
use crate::page::{Connection, weight};
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
    /// How often in all, also before a reopening; the last one is the one shown.
    times: i64,
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
    let counts = person.self_reviewed_position.is_some_and(|position| position >= row.given_from);
    let Some(last) = person.self_reviewed_at.filter(|_| counts) else { return Ok(None) };
    let text = session.text(person.self_review.as_ref(), about).await?;
    Ok(Some(SelfReview { text, given_at: session.shown(last), times: person.self_reviewed_times }))
}

/// A leader's review of a person 领导点评, without its marks.
#[derive(Debug, Clone)]
pub struct LeaderReview {
    review: LeaderReviewRow,
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
    let (common, one) = ([("round", row.round.to_cell())], ("member", person.member.to_cell()));
    let reviews: Vec<LeaderReviewRow> = session.among(&common, one, at.position).await?;
    let counting = reviews.into_iter().filter(|review| review.position >= row.given_from);
    let published = row.is_published();
    Ok(counting.map(|review| LeaderReview { review, published, about, at }).collect())
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
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&self.review, (self.review.round, self.review.member), self.at).events(ctx, first, after).await
    }

    /// The leader.
    async fn reviewer(&self) -> Subject {
        Subject::of_member(self.review.reviewer, self.at)
    }

    /// When it was given first, also before a reopening.
    async fn first_given_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        Some(Session::of(ctx).shown(self.review.first_given_at))
    }

    /// When it was given last: this is the one that counts.
    async fn last_given_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        Some(Session::of(ctx).shown(self.review.given_at))
    }

    /// How often it was given in all, also before a reopening; the last one counts.
    async fn times(&self) -> i64 {
        self.review.times
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
