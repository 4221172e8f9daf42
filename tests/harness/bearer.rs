//! What a door answers to whoever shows something to sign in with.

use serde_json::Value;

/// An answer, as far as it tells anything of the sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The status.
    pub status: u16,
    /// The code of the error; empty where there is none.
    pub code: String,
    /// What `WWW-Authenticate` says.
    pub challenge: Option<String>,
    /// All of it.
    pub body: Value,
}

/// Asks where the log ends, with these headers.
///
/// # Panics
/// When the server does not answer in JSON.
pub async fn shown(address: &str, headers: &[(&str, &str)]) -> Shown {
    let request = reqwest::Client::new().post(format!("{address}/graphql"));
    let request = request.header("content-type", "application/json").body(r#"{"query":"{ log { position } }"}"#);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = request.send().await.expect("the server answers");
    let challenge = response.headers().get("www-authenticate").map(|said| said.to_str().expect("ASCII").to_owned());
    let status = response.status().as_u16();
    let body: Value = response.json().await.expect("it speaks JSON");
    let code = body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
    Shown { status, code, challenge, body }
}
