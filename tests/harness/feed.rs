//! A client of the subscriptions, speaking graphql-transport-ws as anybody would.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long an answer may take before the test is taken to hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub struct Feed {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    begun: u32,
}

impl Feed {
    /// Connects to a server at `http://host:port`, and says nothing yet.
    pub async fn connect(address: &str) -> Self {
        Self::with_headers(address, &[]).await.expect("the server upgrades")
    }

    /// Connects with more headers.
    ///
    /// # Errors
    /// The status with which the server does not upgrade.
    pub async fn with_headers(address: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let address = format!("{}/graphql/ws", address.replacen("http", "ws", 1));
        let mut request = address.into_client_request().expect("an address");
        for (name, value) in [("sec-websocket-protocol", "graphql-transport-ws")].iter().chain(headers) {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        match connect_async(request).await {
            Ok((socket, _response)) => Ok(Self { socket, begun: 0 }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Connects as a viewer, in the words of the development sign-in, and waits to be acknowledged.
    pub async fn open(address: &str, viewer: Option<&str>) -> Self {
        let mut feed = Self::connect(address).await;
        let payload = viewer.map_or_else(|| json!({}), |viewer| json!({ "viewer": viewer }));
        feed.say(&json!({ "type": "connection_init", "payload": payload })).await;
        let heard = feed.hear().await;
        assert_eq!(heard.as_ref().map(|heard| &heard["type"]), Some(&json!("connection_ack")), "{heard:?}");
        feed
    }

    /// Sends a message.
    pub async fn say(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("the connection is open");
    }

    /// The next message; nothing when the server closed the connection.
    pub async fn hear(&mut self) -> Option<Value> {
        loop {
            let heard = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("the server answers in time");
            match heard {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).expect("it speaks JSON")),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_control)) => {}
            }
        }
    }

    /// The code with which the server closes the connection, after whatever else it says before.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            let heard = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("the server answers in time");
            match heard {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_message)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Subscribes; answers the id of the subscription.
    pub async fn subscribe(&mut self, query: &str) -> String {
        self.begun += 1;
        let id = self.begun.to_string();
        self.say(&json!({ "id": id, "type": "subscribe", "payload": { "query": query } })).await;
        id
    }

    /// The next answer, which must be of this subscription and without errors.
    pub async fn next_of(&mut self, id: &str) -> Value {
        let mut heard = self.hear().await.expect("the connection is open");
        assert_eq!((&heard["type"], &heard["id"]), (&json!("next"), &json!(id)), "{heard}");
        assert!(heard["payload"].get("errors").is_none(), "{heard}");
        heard["payload"]["data"].take()
    }
}
