//! The door for commands: seals texts, mints ids, hashes bodies, hands over to the executor.

use std::sync::Arc;

use async_trait::async_trait;
use domain::person::Person;
use domain::refusal::Refusal;
use domain::round::RoundCommand;
use domain::stream::Position;
use domain::text::{FREE_TEXT_MAX, Sealed, clean};
use domain::vault::{NoVault, Vault};
use domain::world::Command;
use graphql::ports::{Accepted, Asker, Commands, SendError};
use opentelemetry::trace::SpanKind;
use uuid::Uuid;

use crate::clock::random_id;
use crate::keys::{KeyError, Keyring, MasterKey};
use crate::log::executor::Executor;
use crate::log::job::{CommandKey, Order};
use crate::log::metadata::metadata;
use crate::trace::{self, Span, Trace};
use crate::turn;

/// Commands to the log of one organisation.
pub struct LogCommands {
    executor: Arc<Executor>,
    keyring: Arc<Keyring>,
}

impl LogCommands {
    /// The door of an executor.
    #[must_use]
    pub fn new(executor: Arc<Executor>, keyring: Arc<Keyring>) -> Self {
        Self { executor, keyring }
    }

    /// The vault of a command: under the key of the round it is for.
    async fn vault(&self, command: &Command, key: &CommandKey) -> Result<Arc<dyn Vault>, KeyError> {
        match command {
            Command::Member(..) | Command::Branch(..) => Ok(Arc::new(NoVault)),
            Command::Round(round, command) => {
                // A round's key is made with its draft: asking for one that is not there leaves none behind.
                let is_new = matches!(command, RoundCommand::Draft { .. });
                let salt = [key.principal.as_bytes(), key.command_id.as_bytes()];
                match self.keyring.vault(round.0, &salt, is_new).await? {
                    Some(vault) => Ok(Arc::new(vault)),
                    None => Ok(Arc::new(NoVault)),
                }
            }
        }
    }
}

#[async_trait]
impl Commands for LogCommands {
    fn fresh_command_id(&self) -> String {
        random_id(self.executor.now()).to_string()
    }

    fn mint(&self, asker: &Asker, label: &str) -> Uuid {
        minted(self.keyring.master(), &asker.actor.0, &asker.command_id, label)
    }

    async fn seal_each(
        &self,
        asker: &Asker,
        subjects: &[Uuid],
        label: &str,
        text: &str,
    ) -> Result<Vec<Sealed>, SendError> {
        let text = clean(label, text, FREE_TEXT_MAX).map_err(|refusal| SendError::Refused(refusal.into()))?;
        let salt = [asker.actor.0.as_bytes(), asker.command_id.as_bytes(), label.as_bytes()];
        self.keyring.seal(subjects, &salt, &text).await.map_err(not_sealed)
    }

    async fn send_since(
        &self,
        asker: &Asker,
        command: Command,
        person: Option<Person>,
        since: Option<Position>,
    ) -> Result<Accepted, SendError> {
        let key = CommandKey { principal: asker.actor.0.clone(), command_id: asker.command_id.clone() };
        let legal = |text: &str, max: usize| {
            (1..=max).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        };
        let ids = [(&key.principal, 64), (&key.command_id, 128), (&asker.correlation, 128)];
        if let Some((bad, _)) = ids.into_iter().find(|(id, max)| !legal(id, *max)) {
            return Err(SendError::Refused(bad_id(bad)));
        }
        let span = Span::begin("command", SpanKind::Internal, trace::current().as_ref());
        let here = span.as_ref().map(Span::trace);
        let traceparent = here.as_ref().and_then(Trace::text);
        let metadata = metadata(&key, &asker.correlation, self.executor.is_simulated(), traceparent.as_deref());
        let body = body(self.keyring.master(), &command, person.as_ref());
        let expected = match since {
            Some(since) => Some(self.executor.expected(command.stream(), since).await?),
            None => None,
        };
        let mut order = Order { key, body, metadata, command, person, expected, vault: Arc::new(NoVault) };
        // Who waits for a turn loads before it. A round needs its vault for that, which the line before may yet make.
        if turn::mine().is_some() && !matches!(order.command, Command::Round(..)) {
            self.executor.prepare(order.clone()).await?;
        }
        turn::to_decide().await.map_err(|failed| SendError::Failed(Box::new(failed)))?;
        let vault = self.vault(&order.command, &order.key).await;
        order.vault = vault.map_err(not_sealed)?;
        trace::within(here, self.executor.execute(order)).await
    }
}

fn not_sealed(error: KeyError) -> SendError {
    match error {
        KeyError::Gone { subject } => SendError::KeyGone { subject },
        other => SendError::Failed(Box::new(other)),
    }
}

/// The id of something new: the same for the same asker, command and label, whatever build mints it.
fn minted(key: &MasterKey, actor: &str, command_id: &str, label: &str) -> Uuid {
    let hash = key.hash("mint", &[actor.as_bytes(), command_id.as_bytes(), label.as_bytes()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Uuid::new_v8(bytes)
}

/// The keyed hash of a command's body: ids, sealed texts and the person's record included. It is compared with that of a
/// command sent before, by whatever build: `domain/golden/commands` holds a body of each command.
fn body(key: &MasterKey, command: &Command, person: Option<&Person>) -> [u8; 32] {
    let command = serde_json::to_vec(command).expect("a command is a plain tree of strings and numbers");
    let person = person.map(|person| {
        let contact = person.contact.as_deref().unwrap_or_default();
        [person.staff_number.as_str(), person.name.as_str(), contact].join("\u{0}")
    });
    key.hash("body", &[&command, person.unwrap_or_default().as_bytes()])
}

fn bad_id(given: &str) -> Refusal {
    domain::text::TextRefusal::BadCommandId { given: given.chars().take(64).collect() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> MasterKey {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master.key");
        std::fs::write(&file, "A".repeat(43)).unwrap();
        MasterKey::load_or_create(&file).unwrap()
    }

    #[test]
    fn a_minted_id_is_the_same_for_ever_and_of_its_asker_command_and_label() {
        let shown = |actor: &str, command: &str, label: &str| minted(&key(), actor, command, label).to_string();
        assert_eq!(shown("office", "m-1", "result"), "b625869d-bd56-81a2-be0c-3486d0597a58");
        for other in [("office2", "m-1", "result"), ("office", "m-2", "result"), ("office", "m-1", "results")] {
            assert_ne!(shown(other.0, other.1, other.2), shown("office", "m-1", "result"), "{other:?}");
        }
        assert_ne!(shown("office", "m-1", "x"), shown("officem", "-1", "x"), "parts are told apart");
    }

    #[test]
    fn the_hash_of_a_body_is_the_same_for_ever() {
        let key = key();
        let golden = include_str!("../../domain/golden/commands/member/register.json");
        let command: Command = serde_json::from_str(golden).unwrap();
        let person = Person::new("A-001", "Ana", Some("a@example.org")).unwrap();
        let shown = |person| body(&key, &command, person).map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(shown(None), "10b5ec4597fc7ae44e74cdf59d4ca5c6775ba652280b6737acf5feb0c1b27559");
        assert_eq!(shown(Some(&person)), "7dab79d2820ac702717fa5b5e63f1d07f7e32e71b5359faba11111a8ec1ea431");
    }
}
