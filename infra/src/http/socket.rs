//! Subscriptions over graphql-transport-ws: one connection, from its upgrade to its end.
//!
//! # Rules
//! - An id names one operation at a time: who subscribes under an id that is still in use is cut off with 4409, and
//!   everything else on the connection ends with it.
//! - A client that does not take what it asked for is cut off, or its operations would hold on to what they read with.
//!
//! # Not here
//! The other rules of the protocol, which the library keeps.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_graphql::http::{WebSocket as Protocol, WebSocketProtocols, WsMessage};
use async_graphql::{Data, Executor};
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::{SinkExt, StreamExt, future, pin_mut};
use serde::Deserialize;

/// The code the protocol closes with when an id is in use.
const IN_USE: u16 = 4409;
/// The code for one operation too many.
const TOO_MANY: u16 = 4429;
/// The most operations under way on one connection.
const OPERATIONS: usize = 64;
/// How long a client may take to take a message.
const TAKING: Duration = Duration::from_secs(10);

/// What a message says about an operation, whoever sends it.
#[derive(Deserialize)]
struct Said {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
}

/// The operations of a connection.
#[derive(Default)]
struct Operations {
    under_way: HashSet<String>,
    /// Why the connection is cut off: the code, and the reason.
    broken: Option<(u16, String)>,
}

impl Operations {
    /// Whether a message of the client may go on to the library; what is not one of the protocol's may.
    fn admit(&mut self, message: &[u8]) -> bool {
        let Ok(Said { kind, id: Some(id) }) = serde_json::from_slice(message) else { return true };
        match kind.as_str() {
            // The library takes the older names of the messages too.
            "subscribe" | "start" => self.begin(id),
            "complete" | "stop" => self.ended(&id),
            _other => {}
        }
        self.broken.is_none()
    }

    fn begin(&mut self, id: String) {
        let named = id.chars().take(32).collect::<String>();
        if self.under_way.len() >= OPERATIONS {
            self.broken = Some((TOO_MANY, format!("more than {OPERATIONS} operations at once")));
        } else if !self.under_way.insert(id) {
            self.broken = Some((IN_USE, format!("Subscriber for {named} already exists")));
        }
    }

    /// Takes note of an answer.
    fn answered(&mut self, message: &str) {
        if let Ok(Said { kind, id: Some(id) }) = serde_json::from_str(message)
            && ["complete", "error"].contains(&kind.as_str())
        {
            self.ended(&id);
        }
    }

    fn ended(&mut self, id: &str) {
        self.under_way.remove(id);
    }
}

/// Speaks the protocol until one of both sides ends it. `begin` reads what the client says of itself at the beginning.
pub async fn speak<Begun>(
    socket: WebSocket,
    executor: impl Executor,
    begin: impl FnOnce(serde_json::Value) -> Begun + Send + 'static,
) where
    Begun: Future<Output = async_graphql::Result<Data>> + Send + 'static,
{
    let operations = Arc::new(Mutex::new(Operations::default()));
    let (mut sink, stream) = socket.split();
    let heard = stream.take_while(|heard| future::ready(heard.is_ok())).filter_map(|heard| {
        let said = heard.ok().filter(|heard| matches!(heard, Message::Text(_) | Message::Binary(_)));
        future::ready(said.map(Message::into_data))
    });
    let admitting = Arc::clone(&operations);
    let heard = heard.take_while(move |message| future::ready(held(&admitting).admit(message)));
    let answers = Protocol::new(executor, heard, WebSocketProtocols::GraphQLWS).on_connection_init(begin);
    pin_mut!(answers);
    while let Some(answer) = answers.next().await {
        let message = match answer {
            WsMessage::Text(text) => {
                held(&operations).answered(&text);
                Message::Text(text.into())
            }
            WsMessage::Close(code, reason) => Message::Close(Some(CloseFrame { code, reason: reason.into() })),
        };
        if !is_taken(sink.send(message), TAKING).await {
            return;
        }
    }
    let broken = held(&operations).broken.take();
    if let Some((code, reason)) = broken {
        let close = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        if !is_taken(sink.send(close), TAKING).await {
            tracing::debug!("the connection was gone before it could be closed");
        }
    }
}

/// Whether a message is taken, and soon.
async fn is_taken<E>(sending: impl Future<Output = Result<(), E>>, soon: Duration) -> bool {
    matches!(tokio::time::timeout(soon, sending).await, Ok(Ok(())))
}

fn held(operations: &Mutex<Operations>) -> MutexGuard<'_, Operations> {
    operations.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: &str, id: usize) -> Vec<u8> {
        serde_json::json!({ "type": kind, "id": id.to_string() }).to_string().into_bytes()
    }

    #[test]
    fn an_id_in_use_and_one_operation_too_many_cut_off() {
        for again in ["subscribe", "start"] {
            let mut operations = Operations::default();
            assert!(operations.admit(&said("subscribe", 1)) && operations.admit(&said("stop", 1)));
            assert!(operations.admit(&said("start", 1)));
            assert!(!operations.admit(&said(again, 1)), "{again}");
            assert_eq!(operations.broken.map(|(code, _)| code), Some(IN_USE));
        }
        let mut operations = Operations::default();
        assert!((0..OPERATIONS).all(|id| operations.admit(&said("subscribe", id))));
        assert!(!operations.admit(&said("subscribe", OPERATIONS)));
        assert_eq!(operations.broken.map(|(code, _)| code), Some(TOO_MANY));
    }

    #[tokio::test]
    async fn what_a_client_does_not_take_is_given_up() {
        assert!(is_taken(future::ready(Ok::<(), ()>(())), TAKING).await);
        assert!(!is_taken(future::ready(Err::<(), ()>(())), TAKING).await);
        assert!(!is_taken(future::pending::<Result<(), ()>>(), Duration::ZERO).await);
    }
}
