//! The issuer of the tests, `tests/clients/idp.py`, as a process: another implementation than the one that is tested.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A running issuer. It ends with its standard input.
pub struct Idp {
    child: Child,
    /// Its address, which is what its tokens have in `iss`.
    pub issuer: String,
    client: reqwest::Client,
}

impl Drop for Idp {
    /// One that has ended is not there to be killed.
    fn drop(&mut self) {
        let _killed = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// The Python with the clients of the tests in it.
fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a folder of the repository");
    let python = root.join("target/clients/python/bin/python3");
    assert!(python.is_file(), "the clients of the tests are missing: `./dev clients` installs them");
    python
}

impl Idp {
    /// Starts one.
    #[must_use]
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/idp.py");
        let mut child = Command::new(python())
            .arg("-B")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 can be started");
        let mut said = String::new();
        let answered = BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut said);
        let issuer = said.strip_prefix("issuer ").map(|issuer| issuer.trim().to_owned());
        let issuer = issuer.unwrap_or_else(|| panic!("it says where it is: {said:?} {answered:?}"));
        Self { child, issuer, client: reqwest::Client::new() }
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let sent = self.client.post(format!("{}{path}", self.issuer)).json(body).send().await;
        sent.expect("it answers").json().await.expect("it speaks JSON")
    }

    /// A token: signed as its header says (`well`), not at all (`unsigned`), or otherwise.
    pub async fn mint(&self, header: Value, claims: Value, key: &str, how: &str) -> String {
        let asked = json!({ "header": header, "claims": claims, "key": key, "how": how });
        self.post("/mint", &asked).await.as_str().expect("a token").to_owned()
    }

    /// From now on these keys are published.
    pub async fn publish(&self, keys: &[&str]) {
        self.post("/publish", &json!(keys)).await;
    }

    /// From now on it answers `well`, or in one of the other ways it knows.
    pub async fn answer(&self, how: &str) {
        self.post("/answer", &json!(how)).await;
    }

    /// How often a path was asked for since this was asked before.
    pub async fn asked(&self) -> Value {
        let answer = self.client.get(format!("{}/asked", self.issuer)).send().await;
        answer.expect("it answers").json().await.expect("it speaks JSON")
    }
}
