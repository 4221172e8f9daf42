//! Subscriptions over graphql-transport-ws: one connection, from its upgrade to its end.
//!
//! # Rules
//! - Whoever does not begin in time, begins twice, asks before the beginning is taken, is refused, or says what is not of
//!   the protocol, is cut off with the protocol's code ([`message::CLOSES`]).
//! - An id names one operation at a time: who asks under an id that is still in use is cut off with 4409, and everything
//!   else on the connection ends with it.
//! - A sign-in that runs out ends the connection at that moment, one that is revoked within seconds, whatever is under way
//!   on it.
//! - One answer waits to be taken at a time, and nothing more is read or made meanwhile; a client that does not take it is
//!   cut off. So a connection holds no more than one answer, however slow its client is.
//!
//! # Why not the library's
//! It closes with other codes than the protocol's (1002, 1011), waits for a beginning without end, takes the messages of an
//! older protocol, and sends what was refused as a result.

pub mod message;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Data;
use axum::extract::ws::{Message, WebSocket};
use futures_util::future::BoxFuture;
use futures_util::stream::{AbortHandle, BoxStream, SelectAll, abortable};
use futures_util::{FutureExt, SinkExt, StreamExt, stream};
use graphql::sessions::found;
use graphql::viewer::Principal;
use jiff::Timestamp;

use self::message::{Answered, Close, Said};
use super::answer::{Answer, Answering};
use super::gate::Gate;
use super::request::Parameters;
use crate::auth::door::Held;
use crate::clock::Clock;

/// The protocol, as the header names it.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// What a connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How long a client may take to begin.
    pub beginning: Duration,
    /// How long a client may take to take a message.
    pub taking: Duration,
    /// The most operations under way.
    pub operations: usize,
}

impl Bounds {
    /// Those of a program that serves.
    pub const USUAL: Self =
        Self { beginning: Duration::from_secs(10), taking: Duration::from_secs(10), operations: 64 };
}

/// What a connection comes in by.
#[derive(Clone)]
pub struct Door {
    /// What executes.
    pub answering: Answering,
    /// What everything that is asked for passes.
    pub gate: Gate,
    /// What a connection may take.
    pub bounds: Bounds,
    /// By which sign-ins run out.
    pub clock: Arc<Clock>,
}

/// What comes next on a connection.
enum Turn {
    Say(Message),
    Listen,
    Close(Close),
    Gone,
}

/// Speaks the protocol until one of both sides ends it. `begin` reads what the client says of itself at the beginning.
pub async fn speak<Begun>(socket: WebSocket, door: Door, begin: impl FnOnce(serde_json::Value) -> Begun + Send)
where
    Begun: Future<Output = async_graphql::Result<Data>> + Send,
{
    let (mut sink, mut stream) = socket.split();
    let taking = door.bounds.taking;
    let mut connection = Connection::new(door, begin);
    let close = loop {
        let turn = tokio::select! {
            close = connection.end.comes() => Turn::Close(close),
            (id, answer) = connection.operations.next() => Turn::Say(connection.operations.told(&id, answer)),
            heard = stream.next() => match heard {
                Some(Ok(heard)) => connection.hear(heard).await,
                Some(Err(_)) | None => Turn::Gone,
            },
        };
        match turn {
            Turn::Say(message) => {
                if !is_taken(sink.send(message), taking).await {
                    return;
                }
            }
            Turn::Listen => {}
            Turn::Close(close) => break close,
            Turn::Gone => {
                // Who said goodbye is told so, too.
                let _gone = is_taken(sink.close(), taking).await;
                return;
            }
        }
    };
    // What the client has said meanwhile is heard to its end, or the close would be lost with the connection.
    let ending = async {
        let sent = sink.send(close.message()).await;
        while let (Ok(()), Some(Ok(_))) = (&sent, stream.next().await) {}
        sent
    };
    if !is_taken(ending, taking).await {
        tracing::debug!("the connection was gone before it could be closed");
    }
}

/// Whether a message is taken, and soon.
async fn is_taken<E>(sending: impl Future<Output = Result<(), E>>, soon: Duration) -> bool {
    matches!(tokio::time::timeout(soon, sending).await, Ok(Ok(())))
}

/// One side of a conversation.
struct Connection<Begin> {
    door: Door,
    begin: Option<Begin>,
    /// Who asks, once the beginning was taken.
    data: Option<Arc<Data>>,
    operations: Operations,
    end: End,
}

impl<Begin, Begun> Connection<Begin>
where
    Begin: FnOnce(serde_json::Value) -> Begun,
    Begun: Future<Output = async_graphql::Result<Data>>,
{
    fn new(door: Door, begin: Begin) -> Self {
        let end = End::Beginning(Box::pin(tokio::time::sleep(door.bounds.beginning)));
        Self { door, begin: Some(begin), data: None, operations: Operations::default(), end }
    }

    async fn hear(&mut self, heard: Message) -> Turn {
        let text = match &heard {
            Message::Text(text) => text.as_str(),
            Message::Binary(_) => return Turn::Close(Close::bad("send texts")),
            Message::Ping(_) | Message::Pong(_) => return Turn::Listen,
            Message::Close(_) => return Turn::Gone,
        };
        match Said::read(text) {
            Ok(Said::ConnectionInit { payload }) => self.begin(payload.unwrap_or_default()).await,
            Ok(Said::Ping { payload }) => Turn::Say(Answered::Pong { payload }.message()),
            Ok(Said::Pong {}) => Turn::Listen,
            Ok(Said::Complete { id }) => {
                self.operations.leave(&id);
                Turn::Listen
            }
            Ok(Said::Subscribe { id, payload }) => match &self.data {
                None => Turn::Close(Close::too_soon()),
                Some(_) if payload.query.is_none() && payload.document_id.is_none() => {
                    Turn::Close(Close::bad("there is no query"))
                }
                Some(data) => {
                    let answers = self.answers(Arc::clone(data), payload);
                    let begun = self.operations.begin(id, answers, self.door.bounds.operations);
                    begun.map_or_else(Turn::Close, |()| Turn::Listen)
                }
            },
            Err(error) => Turn::Close(Close::bad(&error.to_string())),
        }
    }

    fn answers(&self, data: Arc<Data>, asked: Parameters) -> BoxStream<'static, Answer> {
        match self.door.gate.count(&data).and_then(|()| self.door.gate.request(asked)) {
            Ok(request) => self.door.answering.answers(request, data),
            Err(refused) => {
                let refused = refused.answer(&self.door.answering.wanted);
                stream::once(std::future::ready(refused)).boxed()
            }
        }
    }

    async fn begin(&mut self, payload: serde_json::Value) -> Turn {
        let Some(begin) = self.begin.take() else { return Turn::Close(Close::second_beginning()) };
        match begin(payload).await {
            Ok(data) => {
                self.end = End::of(&data, &self.door.clock);
                self.data = Some(Arc::new(data));
                Turn::Say(Answered::ConnectionAck.message())
            }
            Err(refused) => Turn::Close(Close::forbidden(&refused.message)),
        }
    }
}

/// What ends a connection by itself.
enum End {
    /// It does not begin.
    Beginning(std::pin::Pin<Box<tokio::time::Sleep>>),
    /// Its sign-in runs out, or is revoked.
    SignIn(Timestamp, Arc<Clock>, BoxFuture<'static, ()>),
    Never,
}

impl End {
    fn of(data: &Data, clock: &Arc<Clock>) -> Self {
        let Some(until) = found::<Principal>(data).and_then(|principal| principal.until) else { return Self::Never };
        let revoked = match found::<Held>(data).cloned() {
            Some(held) => held.revoked().boxed(),
            None => std::future::pending().boxed(),
        };
        Self::SignIn(until, Arc::clone(clock), revoked)
    }

    /// Returns when it has come.
    async fn comes(&mut self) -> Close {
        match self {
            Self::Beginning(late) => {
                late.await;
                Close::no_beginning()
            }
            Self::SignIn(until, clock, revoked) => {
                tokio::select! {
                    () = clock.reached(*until) => Close::forbidden("the sign-in has run out; sign in again"),
                    () = revoked => Close::forbidden("the sign-in was revoked"),
                }
            }
            Self::Never => std::future::pending().await,
        }
    }
}

/// The operations of a connection.
#[derive(Default)]
struct Operations {
    under_way: HashMap<String, AbortHandle>,
    answers: SelectAll<BoxStream<'static, (String, Option<Answer>)>>,
}

impl Operations {
    fn begin(&mut self, id: String, answers: BoxStream<'static, Answer>, most: usize) -> Result<(), Close> {
        if self.under_way.contains_key(&id) {
            return Err(Close::in_use(&id));
        }
        if self.under_way.len() >= most {
            return Err(Close::too_many(most));
        }
        let of = id.clone();
        let answers = answers.map(Some).chain(stream::once(async { None })).map(move |answer| (of.clone(), answer));
        let (answers, handle) = abortable(answers);
        self.answers.push(answers.boxed());
        self.under_way.insert(id, handle);
        Ok(())
    }

    /// The next answer of any, and whose it is; nothing as an answer where that one is over.
    async fn next(&mut self) -> (String, Option<Answer>) {
        match self.answers.next().await {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }

    /// How an answer is told. What was refused, or is over, is not under way any more.
    fn told(&mut self, id: &str, answer: Option<Answer>) -> Message {
        let Some(answer) = answer else {
            self.leave(id);
            return Answered::Complete { id }.message();
        };
        match answer.refused() {
            Some(payload) => {
                self.leave(id);
                Answered::Error { id, payload }.message()
            }
            None => Answered::Next { id, payload: answer.body() }.message(),
        }
    }

    fn leave(&mut self, id: &str) {
        if let Some(handle) = self.under_way.remove(id) {
            handle.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> BoxStream<'static, Answer> {
        stream::once(async { Answer::of(async_graphql::Response::new("x"), true) }).boxed()
    }

    fn open() -> BoxStream<'static, Answer> {
        stream::pending().boxed()
    }

    fn text(message: &Message) -> &str {
        message.to_text().unwrap()
    }

    #[tokio::test]
    async fn an_id_is_free_again_once_its_operation_is_over() {
        let mut operations = Operations::default();
        assert_eq!(operations.begin("1".to_owned(), one(), 2), Ok(()));
        assert_eq!(operations.begin("1".to_owned(), one(), 2), Err(Close::in_use("1")));
        let (id, answer) = operations.next().await;
        assert_eq!(text(&operations.told(&id, answer)), r#"{"type":"next","id":"1","payload":{"data":"x"}}"#);
        let (id, over) = operations.next().await;
        assert_eq!(text(&operations.told(&id, over)), r#"{"type":"complete","id":"1"}"#);
        assert_eq!(operations.begin("1".to_owned(), open(), 2), Ok(()));
        operations.leave("1");
        assert_eq!(operations.begin("1".to_owned(), open(), 2), Ok(()));
        assert_eq!(operations.begin("2".to_owned(), open(), 2), Ok(()));
        assert_eq!(operations.begin("3".to_owned(), open(), 2), Err(Close::too_many(2)));
    }

    #[tokio::test]
    async fn what_is_left_says_nothing_more() {
        let mut operations = Operations::default();
        assert_eq!(operations.begin("left".to_owned(), one(), 2), Ok(()));
        operations.leave("left");
        assert_eq!(operations.begin("other".to_owned(), one(), 2), Ok(()));
        assert_eq!(operations.next().await.0, "other");
    }

    #[tokio::test]
    async fn what_was_refused_before_it_was_executed_is_an_error_and_over() {
        let mut operations = Operations::default();
        assert_eq!(operations.begin("1".to_owned(), open(), 1), Ok(()));
        let refused = async_graphql::Response::from_errors(vec![async_graphql::ServerError::new("no", None)]);
        let told = operations.told("1", Some(Answer::of(refused, false)));
        assert_eq!(text(&told), r#"{"type":"error","id":"1","payload":[{"message":"no"}]}"#);
        assert!(operations.under_way.is_empty());
    }

    #[tokio::test]
    async fn a_sign_in_ends_when_its_clock_has_got_there() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let clock = Arc::new(Clock::simulated(at(10)));
        let of = |until| {
            let mut data = Data::default();
            data.insert(Principal { id: domain::id::ActorId("o-x".to_owned()), until });
            End::of(&data, &clock)
        };
        let mut end = of(Some(at(20)));
        assert!(end.comes().now_or_never().is_none());
        clock.advance_to(at(19));
        assert!(end.comes().now_or_never().is_none());
        let (close, ()) = tokio::join!(end.comes(), async { clock.advance_to(at(20)) });
        assert_eq!(close.code, 4403);
        assert_eq!(of(Some(at(5))).comes().await.code, 4403, "it had run out before");
        assert!(of(None).comes().now_or_never().is_none());
        assert!(matches!(End::of(&Data::default(), &clock), End::Never));
    }

    #[tokio::test]
    async fn what_a_client_does_not_take_is_given_up() {
        let soon = Duration::from_secs(10);
        assert!(is_taken(std::future::ready(Ok::<(), ()>(())), soon).await);
        assert!(!is_taken(std::future::ready(Err::<(), ()>(())), soon).await);
        assert!(!is_taken(std::future::pending::<Result<(), ()>>(), Duration::ZERO).await);
    }
}
