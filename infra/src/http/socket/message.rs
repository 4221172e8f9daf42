//! What is said over graphql-transport-ws, and the codes it ends with.
//!
//! # Source
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>

use async_graphql::ServerError;
use axum::extract::ws::{CloseFrame, Message};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::answer::Body;
use crate::http::request::{Parameters, object};

/// What a client says. A type or a shape that is not here ends the connection.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Said {
    /// The beginning: who it is.
    ConnectionInit {
        /// In its own words.
        payload: Option<Value>,
    },
    /// An operation is asked for.
    Subscribe {
        /// Its id.
        id: String,
        /// What is asked.
        #[serde(deserialize_with = "object")]
        payload: Parameters,
    },
    /// An operation is not followed any more.
    Complete {
        /// Its id.
        id: String,
    },
    /// Are you there?
    Ping {
        /// What comes back.
        payload: Option<Value>,
    },
    /// I am.
    Pong {},
}

impl Said {
    /// Reads a message.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(text: &str) -> serde_json::Result<Self> {
        let mut from = serde_json::Deserializer::from_str(text);
        object(&mut from).and_then(|said| from.end().map(|()| said))
    }
}

/// What is answered.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answered<'a> {
    /// The beginning is taken.
    ConnectionAck,
    /// I am.
    Pong {
        /// What came.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
    /// An answer of an operation.
    Next {
        /// Its id.
        id: &'a str,
        /// The answer.
        payload: Body<'a>,
    },
    /// An operation was refused before it was executed, and is over.
    Error {
        /// Its id.
        id: &'a str,
        /// Why.
        payload: &'a [ServerError],
    },
    /// An operation is over.
    Complete {
        /// Its id.
        id: &'a str,
    },
}

impl Answered<'_> {
    /// As it is sent.
    #[must_use]
    pub fn message(&self) -> Message {
        let text = serde_json::to_string(self).expect("values of GraphQL are values of JSON");
        Message::Text(text.into())
    }
}

/// Why a connection is ended: a code for machines and a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// The code.
    pub code: u16,
    why: String,
}

/// The longest reason that a frame that closes holds, in bytes.
const LONGEST: usize = 123;

impl Close {
    fn new(code: u16, why: &str) -> Self {
        let end = (0..=LONGEST.min(why.len())).rev().find(|end| why.is_char_boundary(*end)).unwrap_or_default();
        Self { code, why: why[..end].to_owned() }
    }

    /// What came is no message of the protocol.
    #[must_use]
    pub fn bad(why: &str) -> Self {
        Self::new(4400, &format!("Invalid message: {why}"))
    }

    /// An operation before the beginning was taken.
    #[must_use]
    pub fn too_soon() -> Self {
        Self::new(4401, "Unauthorized: say connection_init first, and wait for connection_ack")
    }

    /// The sign-in is refused, or has run out.
    #[must_use]
    pub fn forbidden(why: &str) -> Self {
        Self::new(4403, &format!("Forbidden: {why}"))
    }

    /// No beginning in time.
    #[must_use]
    pub fn no_beginning() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    /// The id of an operation under way is given to another.
    #[must_use]
    pub fn in_use(id: &str) -> Self {
        Self::new(4409, &format!("Subscriber for {} already exists", id.chars().take(32).collect::<String>()))
    }

    /// A second beginning.
    #[must_use]
    pub fn second_beginning() -> Self {
        Self::new(4429, "Too many initialisation requests")
    }

    /// More operations at once than a connection may have.
    #[must_use]
    pub fn too_many(most: usize) -> Self {
        Self::new(4429, &format!("Too many operations at once: {most} is the most; open another connection"))
    }

    /// As it is sent.
    #[must_use]
    pub fn message(self) -> Message {
        Message::Close(Some(CloseFrame { code: self.code, reason: self.why.into() }))
    }
}

/// The codes a connection is closed with by the program, with what each means.
pub const CLOSES: &[(u16, &str)] = &[
    (4400, "what came is no message of the protocol"),
    (4401, "an operation was asked for before `connection_ack`"),
    (4403, "the sign-in in `connection_init` is refused, or has run out"),
    (4408, "no `connection_init` came in time"),
    (4409, "an operation was asked for under the id of another that is under way"),
    (4429, "a second `connection_init` came, or one operation more than a connection may have at once"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_fits_into_a_frame_and_ends_with_a_whole_character() {
        for why in ["", "short", &"三".repeat(100), &"é三x".repeat(100)] {
            assert!(Close::bad(why).why.len() <= LONGEST, "{why}");
        }
    }

    #[test]
    fn every_code_is_listed() {
        let closes = [
            Close::bad(""),
            Close::too_soon(),
            Close::forbidden(""),
            Close::no_beginning(),
            Close::in_use(""),
            Close::second_beginning(),
            Close::too_many(1),
        ];
        let listed = |code: u16| CLOSES.iter().any(|(listed, _)| *listed == code);
        assert!(closes.iter().all(|close| listed(close.code)));
        assert!(CLOSES.iter().all(|(code, _)| closes.iter().any(|close| close.code == *code)));
    }

    #[test]
    fn what_is_no_message_of_the_protocol_is_not_read() {
        let read = |text: &str| Said::read(text).is_ok();
        for text in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":{"viewer":"id=ana"}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"pong","payload":{"x":1}}"#,
            r#"{"type":"complete","id":"1"}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{ log { position } }","variables":null}}"#,
        ] {
            assert!(read(text), "{text}");
        }
        for text in [
            "",
            "[]",
            "1",
            r#"["complete","1"]"#,
            r#"["ping",null]"#,
            r#"{"type":"ping"} {}"#,
            r#"{"type":"subscribe","id":"1","payload":["{ log { position } }",null,null,null,null]}"#,
            r#"{"type":"start","id":"1","payload":{"query":"{ log { position } }"}}"#,
            r#"{"type":"stop","id":"1"}"#,
            r#"{"type":"connection_terminate"}"#,
            r#"{"type":"subscribe","payload":{"query":"{ log { position } }"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{ log { position } }"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"complete"}"#,
        ] {
            assert!(!read(text), "{text}");
        }
    }
}
