//! What a branch does 支部活动: training, theme days, improvements.

use async_graphql::ID;
use domain::branch::BranchCommand;
use domain::id::{ImprovementId, ThemeDayId, TrainingId};

use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt, named};
use crate::input;
use crate::policy::Action::KeepRecords;
use crate::scalar::Date;

mutations! {
    /// What a branch does.
    Activities {
        /// Records a training session with who attended 培训.
        hold_training(HoldTrainingInput);
        /// Corrects the attendance of a session 更正出勤.
        correct_attendance(CorrectAttendanceInput);
        /// Records a theme day 主题党日.
        hold_theme_day(HoldThemeDayInput);
        /// Reports a service improvement 比作风.
        report_improvement(ReportImprovementInput);
        /// Confirms an improvement that somebody else reported 确认.
        confirm_improvement(ConfirmImprovementInput);
    }
}

inputs! {
    /// A training session.
    HoldTrainingInput {
        /// The branch that held it.
        branch: ID,
        /// The day.
        on: Date,
        /// What it was about; free text.
        topic: String,
        /// How long it was, in minutes.
        minutes: i64,
        /// The members who attended, each once; of any branch.
        attendees: Vec<ID>,
    }

    /// A correction of attendance.
    CorrectAttendanceInput {
        /// The branch that held the session.
        branch: ID,
        /// Which session.
        training: ID,
        /// Who attended too.
        added: Vec<ID>,
        /// Who did not attend.
        removed: Vec<ID>,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// A theme day.
    HoldThemeDayInput {
        /// The branch that held it.
        branch: ID,
        /// The day.
        on: Date,
        /// What it was about; free text.
        topic: String,
        /// The members who took part, each once.
        attendees: Vec<ID>,
    }

    /// A service improvement.
    ReportImprovementInput {
        /// The branch that improved something.
        branch: ID,
        /// The day.
        on: Date,
        /// What was improved; free text.
        what: String,
        /// What shows it; free text.
        evidence: String,
        /// What it brought; free text.
        effect: String,
    }

    /// The confirmation of an improvement.
    ConfirmImprovementInput {
        /// The branch that reported it.
        branch: ID,
        /// Which improvement.
        improvement: ID,
        /// The day.
        on: Date,
        /// What is said about it; free text.
        note: Option<String>,
    }
}

impl Ask for HoldTrainingInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepRecords).await?;
        let training: TrainingId = door.mint("training");
        let (on, minutes) = (self.on.read("on")?, input::count("minutes", self.minutes)?);
        let attendees = input::ids("attendees", &self.attendees)?;
        let topic = door.seal(branch.id().0, "topic", &self.topic).await?;
        let command = BranchCommand::HoldTraining { training, on, topic, minutes, attendees };
        Ok(branch.asks(command).naming(training.0))
    }
}

impl Ask for CorrectAttendanceInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepRecords).await?;
        let training: TrainingId = named("training", &self.training)?;
        let (added, removed) = (input::ids("added", &self.added)?, input::ids("removed", &self.removed)?);
        let reason = door.seal(branch.id().0, "reason", &self.reason).await?;
        let command = BranchCommand::CorrectAttendance { training, added, removed, reason };
        Ok(branch.asks(command).naming(training.0))
    }
}

impl Ask for HoldThemeDayInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepRecords).await?;
        let theme_day: ThemeDayId = door.mint("themeDay");
        let (on, attendees) = (self.on.read("on")?, input::ids("attendees", &self.attendees)?);
        let topic = door.seal(branch.id().0, "topic", &self.topic).await?;
        let command = BranchCommand::HoldThemeDay { theme_day, on, topic, attendees };
        Ok(branch.asks(command).naming(theme_day.0))
    }
}

impl Ask for ReportImprovementInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepRecords).await?;
        let improvement: ImprovementId = door.mint("improvement");
        let on = self.on.read("on")?;
        let what = door.seal(branch.id().0, "what", &self.what).await?;
        let evidence = door.seal(branch.id().0, "evidence", &self.evidence).await?;
        let effect = door.seal(branch.id().0, "effect", &self.effect).await?;
        let command = BranchCommand::ReportImprovement { improvement, on, what, evidence, effect };
        Ok(branch.asks(command).naming(improvement.0))
    }
}

impl Ask for ConfirmImprovementInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepRecords).await?;
        let improvement: ImprovementId = named("improvement", &self.improvement)?;
        let on = self.on.read("on")?;
        let note = door.seal_some(branch.id().0, "note", self.note.as_deref()).await?;
        let command = BranchCommand::ConfirmImprovement { improvement, on, note };
        Ok(branch.asks(command).naming(improvement.0))
    }
}
