//! The course of a round 评议轮次: drafted, opened, closed, repeated, final; or voted on anew, or annulled.

use async_graphql::ID;
use domain::round::RoundCommand;
use domain::text::Sealed;

use super::{inputs, mutations};
use crate::door::{Ask, Asked, BranchSubject, Door, Halt, RoundSubject, named};
use crate::input::{self, PeriodInput};
use crate::policy::Action::RunRounds;
use crate::scalar::DateTime;
use crate::words::ReviewGroup;

mutations! {
    /// The course of a round.
    Rounds {
        /// Drafts a round for branches and a quarter or a year under a version of the organisation's rules 起草. Each branch is
        /// in one round of a period.
        draft_round(DraftRoundInput);
        /// Opens a round: rules and roster are fixed 开启.
        open_round(OpenRoundInput);
        /// Closes a round once its time has come and the counts agree 截止. It closes by itself then; this is for whoever does
        /// not want to wait.
        close_round(CloseRoundInput);
        /// Lets somebody else count in a scrutineer's place 更换监票人: what that one counted of the attempts under way is void.
        replace_scrutineer(ReplaceScrutineerInput);
        /// Lets a group that did not count vote again 重评. A second one joins the first until the same close.
        repeat_group(RepeatGroupInput);
        /// Makes a published round final, once publicity and appeals are over 归档. It does so by itself then.
        finalise_round(FinaliseRoundInput);
        /// Asks for everybody to vote anew 提请重评; another is to approve.
        propose_reopening(ProposeReopeningInput);
        /// Approves that, as another: every ballot and mark is void 重启.
        reopen_round(ReopenRoundInput);
        /// Declines that, or takes it back 否决或撤回重评.
        decline_reopening(DeclineReopeningInput);
        /// Asks for a round to be annulled 提请作废; another is to approve.
        propose_annulment(ProposeAnnulmentInput);
        /// Approves that, as another: the branches are free for another round of the period 作废.
        annul_round(AnnulRoundInput);
        /// Declines that, or takes it back 否决或撤回作废.
        decline_annulment(DeclineAnnulmentInput);
    }
}

inputs! {
    /// A round to be drafted.
    DraftRoundInput {
        /// The branches it covers, each once: one, or small neighbours together.
        branches: Vec<ID>,
        /// The quarter, or the year.
        period: PeriodInput,
        /// The version of the organisation's rules.
        rules_version: i64,
    }

    /// A round to be opened.
    OpenRoundInput {
        /// Which round.
        round: ID,
        /// The instant from which nothing more is given.
        closes_at: DateTime,
        /// The leaders who review, from anywhere in the organisation.
        leaders: Vec<ID>,
        /// The two who count the ballots, from outside the branches; none where nobody votes in secret.
        scrutineers: Vec<ID>,
        /// Groups of the rules that are left out of this round, since too few would make them.
        #[graphql(default)]
        without: Vec<ReviewGroup>,
    }

    /// A round to be closed.
    CloseRoundInput {
        /// Which round.
        round: ID,
    }

    /// A scrutineer who is replaced.
    ReplaceScrutineerInput {
        /// Which round.
        round: ID,
        /// Who counts until now.
        from: ID,
        /// Who counts from now on, from outside the round.
        to: ID,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// A group that votes again.
    RepeatGroupInput {
        /// Which round.
        round: ID,
        /// Which group.
        group: ReviewGroup,
        /// The instant from which nothing more is given.
        closes_at: DateTime,
    }

    /// A round to be made final.
    FinaliseRoundInput {
        /// Which round.
        round: ID,
    }

    /// Why everybody should vote anew.
    ProposeReopeningInput {
        /// Which round.
        round: ID,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// A reopening to be approved.
    ReopenRoundInput {
        /// Which round.
        round: ID,
        /// The instant from which nothing more is given.
        closes_at: DateTime,
    }

    /// Why a reopening is declined.
    DeclineReopeningInput {
        /// Which round.
        round: ID,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// Why a round should be annulled.
    ProposeAnnulmentInput {
        /// Which round.
        round: ID,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// An annulment to be approved.
    AnnulRoundInput {
        /// Which round.
        round: ID,
    }

    /// Why an annulment is declined.
    DeclineAnnulmentInput {
        /// Which round.
        round: ID,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }
}

/// The round, and why something is asked of it, sealed under the round's own key.
async fn with_reason(door: &Door<'_>, round: &ID, reason: &str) -> Result<(RoundSubject, Sealed), Halt> {
    let round = door.round("round", round, RunRounds).await?;
    let reason = door.seal(round.id().0, "reason", reason).await?;
    Ok((round, reason))
}

impl Ask for DraftRoundInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let mut covered: Vec<BranchSubject> = Vec::with_capacity(self.branches.len());
        for branch in &self.branches {
            covered.push(door.branch("branches", branch, RunRounds).await?);
        }
        if covered.is_empty() {
            // Over nothing is over the whole organisation; that it covers nothing is then refused.
            door.organisation(RunRounds).await?;
        }
        let branches = covered.iter().map(|branch| branch.id()).collect();
        let (period, rules_version) = (self.period.read()?, input::count("rulesVersion", self.rules_version)?);
        Ok(door.new_round(&covered).asks(RoundCommand::Draft { branches, period, rules_version }))
    }
}

impl Ask for OpenRoundInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let round = door.round("round", &self.round, RunRounds).await?;
        let leaders = input::ids("leaders", &self.leaders)?;
        let scrutineers = input::ids("scrutineers", &self.scrutineers)?;
        let without = self.without.into_iter().map(Into::into).collect();
        let closes_at = self.closes_at.0.timestamp();
        Ok(round.asks(RoundCommand::Open { closes_at, leaders, scrutineers, without }))
    }
}

impl Ask for CloseRoundInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        Ok(door.round("round", &self.round, RunRounds).await?.asks(RoundCommand::Close))
    }
}

impl Ask for ReplaceScrutineerInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let (round, reason) = with_reason(door, &self.round, &self.reason).await?;
        let (from, to) = (named("from", &self.from)?, named("to", &self.to)?);
        Ok(round.asks(RoundCommand::ReplaceScrutineer { from, to, reason }))
    }
}

impl Ask for RepeatGroupInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let round = door.round("round", &self.round, RunRounds).await?;
        let closes_at = self.closes_at.0.timestamp();
        Ok(round.asks(RoundCommand::RepeatGroup { group: self.group.into(), closes_at }))
    }
}

impl Ask for FinaliseRoundInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        Ok(door.round("round", &self.round, RunRounds).await?.asks(RoundCommand::Finalise))
    }
}

impl Ask for ProposeReopeningInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let (round, reason) = with_reason(door, &self.round, &self.reason).await?;
        Ok(round.asks(RoundCommand::ProposeReopening { reason }))
    }
}

impl Ask for ReopenRoundInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let round = door.round("round", &self.round, RunRounds).await?;
        Ok(round.asks(RoundCommand::Reopen { closes_at: self.closes_at.0.timestamp() }))
    }
}

impl Ask for ProposeAnnulmentInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let (round, reason) = with_reason(door, &self.round, &self.reason).await?;
        Ok(round.asks(RoundCommand::ProposeAnnulment { reason }))
    }
}

impl Ask for AnnulRoundInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        Ok(door.round("round", &self.round, RunRounds).await?.asks(RoundCommand::Annul))
    }
}

impl Ask for DeclineReopeningInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let (round, reason) = with_reason(door, &self.round, &self.reason).await?;
        Ok(round.asks(RoundCommand::DeclineReopening { reason }))
    }
}

impl Ask for DeclineAnnulmentInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let (round, reason) = with_reason(door, &self.round, &self.reason).await?;
        Ok(round.asks(RoundCommand::DeclineAnnulment { reason }))
    }
}
