//! What a member allows.
use super::*;
use crate::aggregate::Aggregate;
use crate::id::MemberId;
use crate::stream::StreamKind;
use crate::world::{Context, Decision, Stop, World};

impl Aggregate for Member {
    const KIND: StreamKind = StreamKind::Member;
    type Id = MemberId;
    type Command = MemberCommand;
    type Event = MemberEvent;
    fn decide(id: Self::Id, _command: Self::Command, _world: &World<'_>, _context: &Context) -> Result<Decision, Stop> {
        Err(MemberRefusal::Unknown { member: id }.into())
    }
    fn apply(&mut self, event: &Self::Event) {
        self.take(event);
    }
}
