//! What came in from each group, and what happened to the round as a whole.

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::id::{ActorId, MemberId, RoundId};
use domain::round::Group;
use domain::round::fraction::Fraction;
use futures_util::future::try_join_all;
use projections::cell::ColumnType;
use projections::paper_counts::PaperCountRow;
use projections::rounds::{RoundRow, Voting};
use projections::select::{Condition, Select};

use super::super::subject::Subject;
use super::Round;
use crate::fault::Result;
use crate::ports::Moment;
use crate::scalar::Position;
use crate::session::Session;
use crate::words::{ReviewGroup, VoidCause};

/// A group's voting 参评情况: its latest attempt.
#[derive(Debug, Clone)]
pub struct GroupVoting {
    round: domain::id::RoundId,
    group: Group,
    voting: Voting,
    eligible: u32,
    took_part: Option<u32>,
    reviewed: i64,
    scrutineers: Vec<MemberId>,
    at: Moment,
}

/// The groups of a round.
pub fn voting_of(row: &RoundRow, at: Moment) -> Vec<GroupVoting> {
    let took_part = |voting: &Voting| row.rules.as_ref().and_then(|rules| voting.took_part(&rules.0));
    let of = |(group, voting): (&Group, &Voting)| GroupVoting {
        round: row.round,
        group: *group,
        voting: voting.clone(),
        eligible: row.eligible(*group),
        took_part: took_part(voting),
        reviewed: row.reviewed,
        scrutineers: row.counting(*group).to_vec(),
        at,
    };
    row.voting.0.iter().map(of).collect()
}

/// How far a scrutineer is.
#[derive(Debug, Clone, SimpleObject)]
pub struct CountProgress {
    /// Who counts.
    scrutineer: Subject,
    /// On how many people a count was entered.
    entered: u64,
    /// On how many it is to be.
    of: i64,
}

/// A group's voting 参评情况: its latest attempt.
#[Object]
impl GroupVoting {
    /// Which group.
    async fn group(&self) -> ReviewGroup {
        self.group.into()
    }

    /// 1, and one more after each repetition or reopening.
    async fn attempt(&self) -> u32 {
        self.voting.attempt
    }

    /// How many may take part: the leaders, the peers, or whoever of the public was given a ballot.
    async fn eligible(&self) -> u32 {
        self.eligible
    }

    /// How many ballots were handed out; null for the leaders, who have none.
    async fn issued(&self) -> Option<u32> {
        self.group.is_secret().then_some(self.voting.issued)
    }

    /// How many came back; null before the box was opened.
    async fn returned(&self) -> Option<u32> {
        self.voting.returned
    }

    /// How many of them hold nothing at all; null before the box was opened.
    async fn blank(&self) -> Option<u32> {
        self.voting.returned.map(|_| self.voting.blank)
    }

    /// How many took part, as the rules count blank ballots; null before the box was opened.
    async fn took_part(&self) -> Option<u32> {
        self.took_part
    }

    /// The turnout 参评率: how many of the eligible took part, as an exact fraction such as `5/6`.
    async fn turnout(&self) -> Option<String> {
        let taken_part = Fraction::whole(self.took_part?.into());
        taken_part.over(&Fraction::whole(self.eligible.into())).map(|share| share.to_string())
    }

    /// Why the group does not count; null where it does.
    async fn void_cause(&self) -> Option<VoidCause> {
        self.voting.void.map(Into::into)
    }

    /// How far each scrutineer is with the counts, not what they are; none for the leaders.
    #[graphql(complexity = "crate::page::weight(Some(10), child_complexity)")]
    async fn counting(&self, ctx: &Context<'_>) -> Result<Option<Vec<CountProgress>>> {
        let session = Session::of(ctx);
        let progress = self.scrutineers.iter().filter(|_| self.group.is_secret()).map(|scrutineer| async move {
            let select = Select::<PaperCountRow>::first(0)
                .only(Condition::Equals("round", self.round.to_cell()))
                .only(Condition::Equals("group_of", self.group.to_cell()))
                .only(Condition::Equals("attempt", i64::from(self.voting.attempt).to_cell()))
                .only(Condition::Equals("scrutineer", scrutineer.to_cell()));
            let entered = session.count_together(&select.plan, self.at.position).await?;
            let scrutineer = Subject::of_member(*scrutineer, self.at);
            Ok(CountProgress { scrutineer, entered, of: self.reviewed })
        });
        try_join_all(progress).await.map(Some)
    }
}

/// How many took part in each group of a round, as of a moment.
pub struct Turnout {
    round: Round,
    voting: Vec<GroupVoting>,
}

/// What a turnout says, as far as its groups show it: no more, lest what is hidden be told by when an answer comes.
pub type Said = Vec<(Group, [u32; 4], [Option<u32>; 2], Option<domain::round::Void>)>;

impl Turnout {
    /// The turnout of a round, where the viewer may see it.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
    pub async fn of(session: &Session, round: RoundId, at: Moment) -> Result<Option<Self>> {
        let round = Round::find(session, round, at).await?;
        Ok(round.map(|round| Self { voting: voting_of(&round.row, at), round }))
    }

    /// What it says.
    #[must_use]
    pub fn said(&self) -> Said {
        let of = |GroupVoting { group, voting, eligible, took_part, .. }: &GroupVoting| {
            let counted = [voting.attempt, *eligible, voting.issued, voting.blank];
            (*group, counted, [voting.returned, *took_part], voting.void)
        };
        self.voting.iter().map(of).collect()
    }
}

/// How many took part in each group of a round 参评情况.
#[Object]
impl Turnout {
    /// The position this is as of.
    async fn position(&self) -> Position {
        self.round.at.position.into()
    }

    /// The origin of the log that the position is of 日志起源.
    async fn origin(&self, ctx: &Context<'_>) -> ID {
        Session::of(ctx).reads().origin().into()
    }

    /// The round.
    async fn round(&self) -> &Round {
        &self.round
    }

    /// The groups that review, each with its latest attempt; none in a yearly round, and before the opening.
    #[graphql(complexity = "crate::page::weight(Some(3), child_complexity)")]
    async fn voting(&self) -> &[GroupVoting] {
        &self.voting
    }
}

/// An attempt of a group that was void 无效评议.
#[derive(Debug, Clone, SimpleObject)]
pub struct VoidedAttempt {
    /// Which group.
    group: ReviewGroup,
    /// Which of its attempts.
    attempt: u32,
    /// Why.
    cause: VoidCause,
    /// How many were eligible.
    eligible: u32,
    /// How many ballots were issued.
    issued: u32,
    /// How many came back.
    returned: u32,
}

/// The attempts of a round that were void.
pub fn voided_of(row: &RoundRow) -> Vec<VoidedAttempt> {
    let of =
        |(group, attempt, cause, eligible, issued, returned): &(Group, u32, domain::round::Void, u32, u32, u32)| {
            let (group, cause) = ((*group).into(), (*cause).into());
            VoidedAttempt { group, attempt: *attempt, cause, eligible: *eligible, issued: *issued, returned: *returned }
        };
    row.voided.0.iter().map(of).collect()
}

/// What happened to a round that its result says for good: a reopening 重启 or the annulment 作废.
#[derive(Debug, Clone, SimpleObject)]
pub struct Notice {
    /// The version that came of a reopening; null for the annulment.
    version: Option<u32>,
    /// Why; free text, null where your roles do not reach.
    reason: Option<String>,
    /// Who asked for it: an opaque id.
    proposed_by: String,
    /// Who approved it: an opaque id; null while nobody has.
    approved_by: Option<String>,
    /// Who declined it or took it back: an opaque id; null while nobody has.
    declined_by: Option<String>,
    /// Why it was declined; free text, null where your roles do not reach.
    declined_for: Option<String>,
    /// The position at which it was asked for.
    position: Position,
}

/// The notices of a round; those that nobody approved only where `pending` are asked for.
///
/// # Errors
/// [`crate::fault::Fault::Read`].
pub async fn notices_of(session: &Session, row: &RoundRow, texts: bool, pending: bool) -> Result<Vec<Notice>> {
    let mut notices = vec![];
    for notice in row.notices.0.iter().filter(|notice| pending || notice.approved_by.is_some()) {
        let reason = if texts { session.opened(&notice.reason).await? } else { None };
        let declined_for = match &notice.declined {
            Some((_, why)) if texts => session.opened(why).await?,
            Some(_) | None => None,
        };
        let shown = |actor: &ActorId| actor.0.clone();
        notices.push(Notice {
            version: notice.version,
            reason,
            proposed_by: shown(&notice.proposed_by),
            approved_by: notice.approved_by.as_ref().map(shown),
            declined_by: notice.declined.as_ref().map(|(by, _)| shown(by)),
            declined_for,
            position: domain::stream::Position(notice.position).into(),
        });
    }
    Ok(notices)
}
