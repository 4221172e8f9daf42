//! The roster of a round 名册: who is reviewed, who reviews, and what each gave and got.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use domain::id::{MemberId, RoundId};
use projections::round_people::RoundPersonRow;
use projections::rounds::RoundRow;
use projections::select::{Condition, Select};

use super::super::filter::equals;
use super::super::lineage::Opened;
use super::super::subject::Subject;
use super::super::trail::Event;
use super::Round;
use super::covered::{is_named, of_round, people_in_reach, resource_of};
use super::own::{OwnCount, OwnReview, own_counts, own_review};
use super::result::RoundResult;
use super::review::{LeaderReview, SelfReview, leader_reviews, self_review};
use crate::fault::Result;
use crate::global::Global;
use crate::page::{Connection, weight};
use crate::policy::{Action, Resource, Verdict};
use crate::ports::Moment;
use crate::scalar::Date;
use crate::session::Session;

/// What it weighs to open what is sealed.
const SEALED: usize = 5;

/// The condition to be on the roster as far as the viewer sees it.
///
/// # Errors
/// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
pub async fn on_roster(session: &Session, round: &Round) -> Result<Option<Condition>> {
    match is_named(session, &round.row).await? {
        true => Ok(None),
        false => people_in_reach(session, Action::SeeRoster, round.at).await,
    }
}

/// A person on the roster of a round 名册, as of the opening.
#[derive(Debug, Clone)]
pub struct RosterEntry {
    round: Arc<RoundRow>,
    person: RoundPersonRow,
    at: Moment,
}

impl RosterEntry {
    /// A person of a round; the policy was asked for the roster.
    #[must_use]
    pub fn new(round: Arc<RoundRow>, person: RoundPersonRow, at: Moment) -> Self {
        Self { round, person, at }
    }

    /// A person on the roster of a round, where the roster shows them to the viewer.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
    pub async fn find(session: &Session, round: RoundId, member: MemberId, at: Moment) -> Result<Option<Self>> {
        let Some(round) = Round::find(session, round, at).await? else { return Ok(None) };
        let of_person = [of_round(&round.row), equals("member", Some(member)), on_roster(session, &round).await?];
        let select = of_person.into_iter().flatten().fold(Select::<RoundPersonRow>::first(1), Select::only);
        let person = session.rows(&select, at.position).await?.into_iter().next();
        Ok(person.map(|person| Self::new(round.row, person, at)))
    }

    /// What the policy places the person by, where the viewer may see what is theirs.
    async fn own(&self, session: &Session) -> Result<Resource> {
        let resource = resource_of(session, &self.person, self.at).await?;
        session.allow(Action::SeeResults, resource).await?;
        Ok(resource)
    }
}

/// A person on the roster of a round 名册, as of the opening.
#[Object]
impl RosterEntry {
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&self.person, (self.person.round, self.person.member), self.at).events(ctx, first, after).await
    }

    /// The id.
    pub(crate) async fn id(&self) -> ID {
        Global::RosterEntry(self.person.round, self.person.member).id()
    }

    /// Who.
    async fn member(&self) -> Subject {
        Subject::of_member(self.person.member, self.at)
    }

    /// The branch at the opening; null for a leader from elsewhere, and for whoever was suspended.
    async fn branch(&self) -> Option<Subject> {
        self.person.branch.map(|branch| Subject::of_branch(branch, self.at))
    }

    /// The first day in that branch.
    async fn since(&self) -> Option<Date> {
        self.person.since.map(Into::into)
    }

    /// Whether the person was on probation 预备期: takes part, is not graded.
    async fn on_probation(&self) -> bool {
        self.person.on_probation
    }

    /// Whether the person is reviewed.
    async fn reviewed(&self) -> bool {
        self.person.is_reviewed
    }

    /// Whether the person marks as a leader.
    async fn leader(&self) -> bool {
        self.person.is_leader
    }

    /// Whether the person holds a ballot as a peer.
    async fn peer(&self) -> bool {
        self.person.is_peer
    }

    /// Whether the person was suspended, and takes no part.
    async fn suspended(&self) -> bool {
        self.person.is_suspended
    }

    /// Whether the person took the ballot of the peers' latest attempt.
    async fn took_paper(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        self.own(Session::of(ctx)).await?;
        let attempt = self.round.voting.0.get(&domain::round::Group::Peer).map(|voting| i64::from(voting.attempt));
        Ok(Some(attempt.is_some() && self.person.paper_attempt == attempt))
    }

    /// What the person said of themselves 自评; null where nothing was said that counts.
    async fn self_review(&self, ctx: &Context<'_>) -> Result<Option<SelfReview>> {
        let session = Session::of(ctx);
        let about = self.own(session).await?;
        self_review(session, &self.round, &self.person, about).await
    }

    /// From how many leaders a review was received that counts.
    async fn reviews_received(&self, ctx: &Context<'_>) -> Result<Option<u64>> {
        self.own(Session::of(ctx)).await?;
        let from = u64::try_from(self.round.given_from).unwrap_or_default();
        Ok(Some(self.person.reviewed_by.0.values().filter(|position| **position >= from).count() as u64))
    }

    /// What you, a leader of the round, gave the person 本人评议: the marks and the comment that count now, whatever moment
    /// is asked for. Null for everybody else, where nothing counts, before the opening and from publication on, when the
    /// result tells. Each look is recorded.
    #[graphql(complexity = "SEALED + child_complexity")]
    async fn own_review(&self, ctx: &Context<'_>) -> Result<Option<OwnReview>> {
        own_review(Session::of(ctx), self.round.round, self.person.member).await
    }

    /// What you, a scrutineer of the round, counted on the person 本人计票: of each secret group the count that counts now,
    /// whatever moment is asked for, not the other scrutineer's. Null for everybody else, before the opening and from
    /// publication on, when the result tells. Each look is recorded.
    #[graphql(complexity = "SEALED + weight(Some(2), child_complexity)")]
    async fn own_counts(&self, ctx: &Context<'_>) -> Result<Option<Vec<OwnCount>>> {
        own_counts(Session::of(ctx), self.round.round, self.person.member).await
    }

    /// The leaders' reviews of the person 领导点评, without their marks.
    #[graphql(complexity = "weight(Some(10), child_complexity)")]
    async fn leader_reviews(&self, ctx: &Context<'_>) -> Result<Option<Vec<LeaderReview>>> {
        let session = Session::of(ctx);
        let about = self.own(session).await?;
        leader_reviews(session, &self.round, &self.person, about, self.at).await.map(Some)
    }

    /// The published result; null before publication, for whoever is not reviewed, and where your roles do not reach.
    async fn result(&self, ctx: &Context<'_>) -> Result<Option<RoundResult>> {
        let session = Session::of(ctx);
        let resource = resource_of(session, &self.person, self.at).await?;
        let reached = session.verdict(Action::SeeResults, resource).await? == Verdict::Allow;
        let published = reached && self.round.is_published() && self.person.version.is_some();
        let result = published.then(|| RoundResult::new(Arc::clone(&self.round), self.person.clone(), self.at));
        Ok(result.inspect(|result| result.note(session)))
    }
}
