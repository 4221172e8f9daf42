//! A client of the API over HTTP, as anybody would write one; and one that speaks to the schema itself, as whoever signed in.

use async_graphql::{Request, Variables};
use futures_util::StreamExt;
use graphql::schema;
use graphql::sessions::Became;
use graphql::viewer::SignedIn;
use reqwest::Client;
use serde_json::{Value, json};

/// Speaks to one address as one viewer, or to a schema.
#[derive(Clone)]
pub struct Api {
    client: Client,
    address: String,
    viewer: Option<String>,
    inside: Option<(schema::Api, SignedIn)>,
    became: Became,
}

/// What a mutation answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The position, where it was accepted.
    pub position: Option<u64>,
    /// The id of the new thing or the subject.
    pub id: String,
    /// Whether the same command had been accepted before.
    pub replayed: bool,
    /// The refusal's code, where it was refused.
    pub refused: Option<String>,
}

impl Api {
    /// A client of `http://host:port`, as the default viewer.
    #[must_use]
    pub fn at(address: &str) -> Self {
        Self {
            client: Client::new(),
            address: address.to_owned(),
            viewer: None,
            inside: None,
            became: Became::default(),
        }
    }

    /// A client of the schema itself, as somebody who signed in.
    #[must_use]
    pub fn within(schema: schema::Api, who: SignedIn) -> Self {
        Self { inside: Some((schema, who)), ..Self::at("inside") }
    }

    /// Whether anything in the schema's last answer came to nothing, so that a door would hold it back.
    #[must_use]
    pub fn came_to_nothing(&self) -> bool {
        self.became.nothing()
    }

    /// The first answer of a subscription.
    ///
    /// # Panics
    /// Over HTTP, or where it ends without one.
    pub async fn first(&self, subscription: &str) -> Value {
        let (schema, who) = self.inside.as_ref().expect("it speaks to the schema");
        let mut answers = schema.execute_stream(as_who(Request::new(subscription), who));
        let first = answers.next().await.expect("an answer");
        serde_json::to_value(first).expect("an answer is JSON")
    }

    /// The same as another viewer, in the words of the development sign-in.
    #[must_use]
    pub fn as_viewer(&self, viewer: &str) -> Self {
        Self { viewer: Some(viewer.to_owned()), ..self.clone() }
    }

    /// Sends a body of any kind; answers the status and the text.
    ///
    /// # Errors
    /// The connection's.
    pub async fn post(&self, headers: &[(&str, &str)], body: Vec<u8>) -> Result<(u16, String), reqwest::Error> {
        self.sent(self.client.post(format!("{}/graphql", self.address)).body(body), headers).await
    }

    /// Asks for a path, query included; answers the status and the text.
    ///
    /// # Errors
    /// The connection's.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<(u16, String), reqwest::Error> {
        self.sent(self.client.get(format!("{}{path}", self.address)), headers).await
    }

    async fn sent(
        &self,
        request: reqwest::RequestBuilder,
        headers: &[(&str, &str)],
    ) -> Result<(u16, String), reqwest::Error> {
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = self.viewer.iter().fold(request, |request, viewer| request.header("x-sanping-viewer", viewer));
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    /// Asks; answers the whole response.
    ///
    /// # Errors
    /// The connection's.
    pub async fn ask(&self, query: &str, variables: Value) -> Result<Value, reqwest::Error> {
        if let Some((schema, who)) = &self.inside {
            let request = Request::new(query).variables(Variables::from_json(variables)).data(self.became.clone());
            let response = schema.execute(as_who(request, who)).await;
            return Ok(serde_json::to_value(response).expect("an answer is JSON"));
        }
        let body = json!({ "query": query, "variables": variables });
        let mut request = self.client.post(format!("{}/graphql", self.address)).json(&body);
        if let Some(viewer) = &self.viewer {
            request = request.header("x-sanping-viewer", viewer);
        }
        request.send().await?.error_for_status()?.json().await
    }

    /// Asks for data.
    ///
    /// # Errors
    /// The connection's.
    ///
    /// # Panics
    /// When the response holds errors.
    pub async fn data(&self, query: &str, variables: Value) -> Result<Value, reqwest::Error> {
        let mut response = self.ask(query, variables).await?;
        assert!(response.get("errors").is_none(), "{query}: {response}");
        Ok(response["data"].take())
    }

    /// Sends a mutation by name with its input.
    ///
    /// # Errors
    /// The connection's.
    ///
    /// # Panics
    /// When the response holds errors.
    pub async fn send(&self, mutation: &str, input: Value) -> Result<Answered, reqwest::Error> {
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ done: {mutation}(input: $input) {{ position of replayed refusal {{ code }} }} }}"
        );
        let done = self.data(&query, json!({ "input": input })).await?["done"].take();
        Ok(Answered {
            position: done["position"].as_str().and_then(|text| text.parse().ok()),
            id: done["of"].as_str().unwrap_or_default().to_owned(),
            replayed: done["replayed"].as_bool().unwrap_or_default(),
            refused: done["refusal"]["code"].as_str().map(str::to_owned),
        })
    }
}

fn as_who(request: Request, who: &SignedIn) -> Request {
    match who {
        SignedIn::Told(viewer) => request.data(viewer.clone()),
        SignedIn::Proved(principal) => request.data(principal.clone()),
    }
}
