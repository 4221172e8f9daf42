//! What a branch allows.
use super::*;
use crate::aggregate::Aggregate;
use crate::id::BranchId;
use crate::stream::StreamKind;
use crate::world::{Context, Decision, Stop, World};

impl Aggregate for Branch {
    const KIND: StreamKind = StreamKind::Branch;
    type Id = BranchId;
    type Command = BranchCommand;
    type Event = BranchEvent;
    fn decide(id: Self::Id, _command: Self::Command, _world: &World<'_>, _context: &Context) -> Result<Decision, Stop> {
        Err(BranchRefusal::Unknown { branch: id }.into())
    }
    fn apply(&mut self, event: &Self::Event) {
        self.remember(event);
    }
}
