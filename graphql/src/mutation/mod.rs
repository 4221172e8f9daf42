//! Mutations 命令: one for each command of a member, of a branch and of a round, by theme.
//!
//! Each takes one `input` and answers with an [`Outcome`]: the position of what it led to, or a typed refusal. Those that
//! ask for several commands answer with the outcome of each.
//!
//! # Rules
//! - `commandId` makes a mutation safe to send again: the same id from the same sender means the same command, is
//!   answered with the same position and appends nothing. With another body it is refused (`command.id_reused`).
//! - Ids of new things follow from sender and command id, so that a repeated command names the same thing.
//!
//! # Not here
//! Rules (domain), what was recorded (queries, `atLeast` the position answered).

use async_graphql::MergedObject;

mod activity;
mod appeal;
mod ballot;
pub mod batch;
mod committee;
mod competition;
mod contact_point;
mod display;
mod drafts;
mod grant;
mod honour;
mod ledger;
mod organisation;
mod outlet;
mod review;
mod roster;
mod round;
mod rules;
mod talk;

/// What may be asked 命令. Every mutation answers with a position or with a typed refusal.
#[derive(Default, MergedObject)]
pub struct Mutation(
    organisation::Organisation,
    grant::Grants,
    roster::Roster,
    display::Displays,
    outlet::Outlets,
    contact_point::ContactPoints,
    activity::Activities,
    honour::Honours,
    ledger::Ledger,
    competition::Competitions,
    Evaluation,
);

/// What may be asked of rounds and talks. By itself, since the compiler follows such lists only so far.
#[derive(Default, MergedObject)]
pub struct Evaluation(
    rules::RuleAdoption,
    round::Rounds,
    drafts::Drafts,
    batch::Batches,
    review::Reviews,
    ballot::Ballots,
    ballot::Counting,
    committee::Committee,
    appeal::Appeals,
    talk::Talks,
);

/// Declares the inputs of commands; each also takes the ids the command comes under.
macro_rules! inputs {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, async_graphql::InputObject)]
        pub struct $name {
            $($(#[$fmeta])* pub $field: $ty,)*
            /// The command's id, 1 to 128 printable ASCII characters: the same id again means the same command, so a
            /// command can be sent again safely. Left out: one is made and answered.
            pub command_id: Option<String>,
            /// The id of what the command is part of, such as an import; the command's own where it is left out.
            pub correlation_id: Option<String>,
            /// The position as of which you read what the command is to, a member, a branch or a round: where anything has
            /// happened to it since, the command is refused (`subject.changed_since`). Left out: whatever has happened.
            pub if_unchanged_since: Option<crate::scalar::Position>,
        }

        impl crate::door::Under for $name {
            fn ids(&self) -> crate::door::Ids {
                crate::door::Ids {
                    command: self.command_id.clone(),
                    correlation: self.correlation_id.clone(),
                    unchanged_since: self.if_unchanged_since,
                }
            }
        }
    )*};
}
use inputs;

/// Declares the mutations of a theme: name, input.
macro_rules! mutations {
    ($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident($input:ty);)* }) => {
        $(#[$meta])*
        #[derive(Default)]
        pub struct $name;

        #[async_graphql::Object]
        impl $name {$(
            $(#[$fmeta])*
            async fn $field(
                &self,
                ctx: &async_graphql::Context<'_>,
                #[graphql(desc = "What is asked.")] input: $input,
            ) -> crate::fault::Result<Option<crate::refusal::Outcome>> {
                crate::door::through(ctx, input).await.map(Some)
            }
        )*}
    };
}
use mutations;
