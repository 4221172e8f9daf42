//! Several commands in one call: each under an id of its own, accepted or refused by itself.
//!
//! # Rules
//! - The id of each follows from the call's id and from what it is about, so that a call may be sent again: what was
//!   accepted is answered as replayed, what was refused is decided anew.
//! - All of them are part of the call: its id is their correlation, unless another is named.

use std::future::Future;
use std::sync::Arc;

use async_graphql::{Context, InputType};
use uuid::Uuid;

use super::{Asked, Door, Halt, Under};
use crate::fault::Result;
use crate::ports::{Asker, Commands};
use crate::refusal::{ItemOutcome, Outcome, Outcomes};
use crate::session::Session;

/// An input that asks for several commands.
pub trait AskEach: InputType + Under {
    /// One of them.
    type Part: Part;

    /// Says what each is about, having asked the policy.
    fn parts(self, door: &Door<'_>) -> impl Future<Output = Result<Vec<Self::Part>, Halt>> + Send;
}

/// One of several commands.
pub trait Part: Send {
    /// What it is about: no two of one call are about the same.
    fn about(&self) -> Vec<Uuid>;

    /// Says what is meant.
    fn put(self, door: &Door<'_>) -> impl Future<Output = Result<Asked, Halt>> + Send;
}

/// Takes several commands through the door, one after the other, and answers with what came of each.
///
/// # Errors
/// [`crate::fault::Fault::Unauthenticated`], or an accident. Everything else is a refusal in the payload.
pub async fn through_each<A: AskEach>(ctx: &Context<'_>, ask: A) -> Result<Outcomes> {
    let ids = ask.ids();
    let commands = ctx.data_unchecked::<Arc<dyn Commands>>().as_ref();
    let command_id = ids.command.clone().unwrap_or_else(|| commands.fresh_command_id());
    let put = async {
        let door = Door::open(ctx, &command_id, ids).await?;
        let parts = ask.parts(&door).await?;
        let mut items = Vec::with_capacity(parts.len());
        for part in parts {
            items.push(one(&door, part).await?);
        }
        Ok(items)
    };
    match put.await {
        Ok(items) => Ok(Outcomes::sent(command_id, items)),
        Err(Halt::Refused(refusal)) => Ok(Outcomes::refused(Session::of(ctx), command_id, refusal)),
        Err(Halt::Fault(fault)) => Err(fault),
    }
}

async fn one<P: Part>(door: &Door<'_>, part: P) -> Result<ItemOutcome, Halt> {
    let about = part.about();
    let asker = door.asker_about(&about);
    let command_id = asker.command_id.clone();
    let door = Door { commands: door.commands, session: door.session, asker, since: door.since };
    let put = async {
        let asked = part.put(&door).await?;
        door.send(asked).await
    };
    let outcome = match put.await {
        Ok((id, accepted)) => Outcome::accepted(command_id, id, accepted),
        Err(Halt::Refused(refusal)) => Outcome::refused(door.session, command_id, refusal),
        Err(fault @ Halt::Fault(_)) => return Err(fault),
    };
    Ok(ItemOutcome::new(about, outcome))
}

impl Door<'_> {
    /// Who asks for the one of several commands that is about these.
    pub(super) fn asker_about(&self, about: &[Uuid]) -> Asker {
        let named: Vec<String> = about.iter().map(Uuid::to_string).collect();
        let id = self.commands.mint(&self.asker, &named.join(" "));
        Asker { command_id: id.to_string(), ..self.asker.clone() }
    }
}
