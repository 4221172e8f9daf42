//! The organisation 组织: its tree and its metrics.

use async_graphql::ID;
use domain::branch::BranchCommand;
use domain::ledger::Metric;

use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt};
use crate::input;
use crate::policy::Action::ShapeOrganisation;
use crate::scalar::Date;
use crate::words::{Aggregation, BranchKind, Direction, Grain, MetricSubjects, Unit};

mutations! {
    /// The organisation.
    Organisation {
        /// Founds a branch 成立. Without one above it, it is the top committee, which comes first.
        establish_branch(EstablishBranchInput);
        /// Gives a branch another name 更名.
        rename_branch(RenameBranchInput);
        /// Puts a branch under another one 隶属变更.
        move_branch(MoveBranchInput);
        /// Merges a branch into another, with all members, outlets and contact points 合并.
        merge_branch(MergeBranchInput);
        /// Ends a branch, which must be empty 撤销.
        close_branch(CloseBranchInput);
        /// Defines a metric for the whole organisation 指标.
        define_metric(DefineMetricInput);
    }
}

inputs! {
    /// A branch to be founded.
    EstablishBranchInput {
        /// Its kind.
        kind: BranchKind,
        /// The branch above; left out for the top committee only.
        parent: Option<ID>,
        /// Its name, at most 120 characters.
        name: String,
        /// The first day.
        on: Date,
    }

    /// Another name for a branch.
    RenameBranchInput {
        /// Which branch.
        branch: ID,
        /// Its name from then on, at most 120 characters.
        name: String,
        /// The first day under it.
        on: Date,
    }

    /// Another place in the tree for a branch.
    MoveBranchInput {
        /// Which branch.
        branch: ID,
        /// The branch above from then on.
        to: ID,
        /// The first day there.
        on: Date,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// A merger.
    MergeBranchInput {
        /// The branch that ends.
        branch: ID,
        /// The branch that takes over.
        into: ID,
        /// The first day.
        on: Date,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// The end of a branch.
    CloseBranchInput {
        /// Which branch.
        branch: ID,
        /// The first day without it.
        on: Date,
        /// Why; free text, at most 4,000 characters.
        reason: String,
    }

    /// A metric to be defined.
    DefineMetricInput {
        /// Its code: a small letter, then small letters, digits or underscores, at most 64.
        code: String,
        /// What people call it, at most 120 characters.
        name: String,
        /// Its unit.
        unit: Unit,
        /// Which way is better.
        direction: Direction,
        /// How the results of shorter periods make the figure of a longer one.
        aggregation: Aggregation,
        /// The period one result is for.
        grain: Grain,
        /// For whom it is kept.
        subjects: MetricSubjects,
    }
}

impl Ask for EstablishBranchInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = match &self.parent {
            Some(parent) => door.new_branch(door.branch("parent", parent, ShapeOrganisation).await?),
            None => door.organisation(ShapeOrganisation).await?,
        };
        let parent = self.parent.as_ref().map(|parent| input::id("parent", parent)).transpose()?;
        let (name, on) = (input::title("name", &self.name)?, self.on.read("on")?);
        Ok(branch.asks(BranchCommand::Establish { kind: self.kind.into(), parent, name, on }))
    }
}

impl Ask for RenameBranchInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, ShapeOrganisation).await?;
        let (name, on) = (input::title("name", &self.name)?, self.on.read("on")?);
        Ok(branch.asks(BranchCommand::Rename { name, on }))
    }
}

impl Ask for MoveBranchInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, ShapeOrganisation).await?;
        let to = door.branch("to", &self.to, ShapeOrganisation).await?.id();
        let on = self.on.read("on")?;
        let reason = door.seal(branch.id().0, "reason", &self.reason).await?;
        Ok(branch.asks(BranchCommand::Move { to, on, reason }))
    }
}

impl Ask for MergeBranchInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, ShapeOrganisation).await?;
        let into = door.branch("into", &self.into, ShapeOrganisation).await?.id();
        let on = self.on.read("on")?;
        let reason = door.seal(branch.id().0, "reason", &self.reason).await?;
        Ok(branch.asks(BranchCommand::Merge { into, on, reason }))
    }
}

impl Ask for CloseBranchInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let branch = door.branch("branch", &self.branch, ShapeOrganisation).await?;
        let on = self.on.read("on")?;
        let reason = door.seal(branch.id().0, "reason", &self.reason).await?;
        Ok(branch.asks(BranchCommand::Close { on, reason }))
    }
}

impl Ask for DefineMetricInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let root = door.organisation(ShapeOrganisation).await?;
        let metric = Metric {
            code: input::metric(&self.code)?,
            name: input::title("name", &self.name)?,
            unit: self.unit.into(),
            direction: self.direction.into(),
            aggregation: self.aggregation.into(),
            grain: self.grain.into(),
            subjects: self.subjects.into(),
        };
        Ok(root.asks(BranchCommand::DefineMetric(metric)))
    }
}
