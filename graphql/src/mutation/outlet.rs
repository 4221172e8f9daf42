//! Outlets 网点: financial outlets and delivery stations, their standards on the wall and their 6S inspections.

use async_graphql::{ID, InputObject};
use domain::branch::{BranchCommand, SixS};
use domain::id::{InspectionId, OutletId, StandardId};

use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt, named};
use crate::input;
use crate::policy::Action::{KeepDisplays, KeepOutlets};
use crate::scalar::Date;
use crate::words::{OutletKind, SixSVerdict, StandardKind};

mutations! {
    /// Outlets.
    Outlets {
        /// Opens an outlet 开设网点.
        open_outlet(OpenOutletInput);
        /// Closes an outlet 撤并网点.
        close_outlet(CloseOutletInput);
        /// Puts a standard up on the wall of an outlet 亮标准.
        display_standard(DisplayStandardInput);
        /// Records a 6S inspection of an outlet 6S 检查.
        inspect_outlet(InspectOutletInput);
    }
}

/// The results of a 6S inspection, one per S.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct SixSInput {
    /// 整理
    pub sort: SixSVerdict,
    /// 整顿
    pub set_in_order: SixSVerdict,
    /// 清扫
    pub shine: SixSVerdict,
    /// 清洁
    pub standardise: SixSVerdict,
    /// 素养
    pub sustain: SixSVerdict,
    /// 安全
    pub safety: SixSVerdict,
}

impl From<SixSInput> for SixS {
    fn from(given: SixSInput) -> Self {
        Self {
            sort: given.sort.into(),
            set_in_order: given.set_in_order.into(),
            shine: given.shine.into(),
            standardise: given.standardise.into(),
            sustain: given.sustain.into(),
            safety: given.safety.into(),
        }
    }
}

inputs! {
    /// An outlet to be opened.
    OpenOutletInput {
        /// The branch that holds it.
        branch: ID,
        /// Financial outlet or delivery station.
        kind: OutletKind,
        /// Its name, at most 120 characters.
        name: String,
        /// The first day.
        on: Date,
    }

    /// An outlet to be closed.
    CloseOutletInput {
        /// The branch that holds it.
        branch: ID,
        /// Which outlet.
        outlet: ID,
        /// The first day without it.
        on: Date,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// A standard to be put up.
    DisplayStandardInput {
        /// The branch that holds the outlet.
        branch: ID,
        /// On the wall of which outlet.
        outlet: ID,
        /// Work standard or process chart.
        kind: StandardKind,
        /// Its title; free text.
        title: String,
        /// The day.
        on: Date,
    }

    /// A 6S inspection.
    InspectOutletInput {
        /// The branch that holds the outlet.
        branch: ID,
        /// Which outlet.
        outlet: ID,
        /// The day.
        on: Date,
        /// The results, one per S.
        results: SixSInput,
        /// What was remarked; free text.
        remarks: Option<String>,
    }
}

impl Ask for OpenOutletInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepOutlets).await?;
        let outlet: OutletId = door.mint("outlet");
        let (name, on) = (input::title("name", &self.name)?, self.on.read("on")?);
        let command = BranchCommand::OpenOutlet { outlet, kind: self.kind.into(), name, on };
        Ok(branch.asks(command).naming(outlet.0))
    }
}

impl Ask for CloseOutletInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepOutlets).await?;
        let outlet: OutletId = named("outlet", &self.outlet)?;
        let on = self.on.read("on")?;
        let reason = door.seal(branch.id().0, "reason", &self.reason).await?;
        Ok(branch.asks(BranchCommand::CloseOutlet { outlet, on, reason }).naming(outlet.0))
    }
}

impl Ask for DisplayStandardInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepDisplays).await?;
        let standard: StandardId = door.mint("standard");
        let (outlet, on) = (named("outlet", &self.outlet)?, self.on.read("on")?);
        let title = door.seal(branch.id().0, "title", &self.title).await?;
        let command = BranchCommand::DisplayStandard { standard, outlet, kind: self.kind.into(), title, on };
        Ok(branch.asks(command).naming(standard.0))
    }
}

impl Ask for InspectOutletInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, KeepDisplays).await?;
        let inspection: InspectionId = door.mint("inspection");
        let (outlet, on) = (named("outlet", &self.outlet)?, self.on.read("on")?);
        let remarks = door.seal_some(branch.id().0, "remarks", self.remarks.as_deref()).await?;
        let results = self.results.into();
        let command = BranchCommand::InspectOutlet { inspection, outlet, on, results, remarks };
        Ok(branch.asks(command).naming(inspection.0))
    }
}
