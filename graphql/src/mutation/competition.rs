//! Competitions 竞赛: who competes in what metric, for which period.

use async_graphql::ID;
use domain::branch::BranchCommand;
use domain::id::CompetitionId;

use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt, named};
use crate::input::{self, PeriodInput};
use crate::policy::Action::RunCompetitions;
use crate::words::{Competitors, RankedBy};

mutations! {
    /// Competitions.
    Competitions {
        /// Announces a competition within a branch's subtree 公布竞赛.
        announce_competition(AnnounceCompetitionInput);
        /// Concludes a competition whose period is over; its board then stays as it stands 竞赛结束.
        conclude_competition(ConcludeCompetitionInput);
    }
}

inputs! {
    /// A competition to be announced.
    AnnounceCompetitionInput {
        /// The branch whose subtree competes.
        branch: ID,
        /// Its title, at most 120 characters.
        title: String,
        /// The code of the metric compared.
        metric: String,
        /// The whole time it runs.
        period: PeriodInput,
        /// Who competes.
        competitors: Competitors,
        /// By what they are ranked.
        ranked_by: RankedBy,
    }

    /// A competition to be concluded.
    ConcludeCompetitionInput {
        /// The branch that announced it.
        branch: ID,
        /// Which competition.
        competition: ID,
    }
}

impl Ask for AnnounceCompetitionInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, RunCompetitions).await?;
        let competition: CompetitionId = door.mint("competition");
        let command = BranchCommand::AnnounceCompetition {
            competition,
            title: input::title("title", &self.title)?,
            metric: input::metric(&self.metric)?,
            period: self.period.read()?,
            competitors: self.competitors.into(),
            ranked_by: self.ranked_by.into(),
        };
        Ok(branch.asks(command).naming(competition.0))
    }
}

impl Ask for ConcludeCompetitionInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, RunCompetitions).await?;
        let competition: CompetitionId = named("competition", &self.competition)?;
        Ok(branch.asks(BranchCommand::ConcludeCompetition { competition }).naming(competition.0))
    }
}
