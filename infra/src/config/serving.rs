//! What a server is told. The doctor takes the same, so that it looks at what a server would find.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use ipnet::IpNet;

use crate::auth::oidc::Signed;
use crate::http::proxy;

/// What a server is told, beside where the data is.
#[derive(Debug, Clone, Args)]
pub struct Serving {
    /// The address to listen on. There is no TLS here: what comes from elsewhere comes through a proxy that has it.
    #[arg(long, env = "SANPING_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Take everybody at their word (header X-Sanping-Viewer), on loopback only. For development.
    #[arg(long)]
    pub dev_sign_in: bool,
    /// Whose tokens sign people in.
    #[command(flatten)]
    pub oidc: Oidc,
    /// Compare each projection with the log about once in so many hours, in the background; 0 for never.
    #[arg(long, env = "SANPING_VERIFY_HOURS", value_name = "HOURS", default_value_t = 24)]
    pub verify_hours: u32,
    /// Where traces go, by OTLP over HTTP, such as http://127.0.0.1:4318; nowhere unless given. See docs/operation.md.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,
    /// What is let in.
    #[command(flatten)]
    pub let_in: LetIn,
}

/// Whose access tokens sign people in, beside API keys. See docs/sign-in.md.
#[derive(Debug, Clone, Args)]
pub struct Oidc {
    /// The OIDC issuer, exactly as its tokens name it in `iss`, such as https://id.example.
    #[arg(long = "oidc-issuer", env = "SANPING_OIDC_ISSUER", value_name = "URL", requires = "audience")]
    pub issuer: Option<String>,
    /// The audience that a token must be for: what the issuer calls this program.
    #[arg(long = "oidc-audience", env = "SANPING_OIDC_AUDIENCE", value_name = "NAME", requires = "issuer")]
    pub audience: Option<String>,
    /// What its tokens may be signed with.
    #[arg(
        long = "oidc-algorithms",
        env = "SANPING_OIDC_ALGORITHMS",
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "RS256,ES256,EdDSA"
    )]
    pub algorithms: Vec<Signed>,
}

/// What a server lets in. See docs/graphql.md.
#[derive(Debug, Clone, Args)]
pub struct LetIn {
    /// How long a request may take, in seconds; statements of the database that read for one end by then too.
    #[arg(long, env = "SANPING_REQUEST_SECONDS", value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub request_seconds: u64,
    /// How many requests a second one principal may send, or one address that has not signed in; 50 unless given, and without
    /// limit under --dev-sign-in. It is counted in each process for itself.
    #[arg(long, env = "SANPING_REQUESTS_PER_SECOND", value_name = "REQUESTS")]
    pub requests_per_second: Option<NonZeroU32>,
    /// How many of them at once, after a pause; four times as many as a second unless given.
    #[arg(long, env = "SANPING_REQUESTS_AT_ONCE", value_name = "REQUESTS")]
    pub requests_at_once: Option<NonZeroU32>,
    /// The proxies that requests come through: addresses or networks, such as 127.0.0.1,10.0.3.0/24. What one of them says in
    /// X-Forwarded-For is believed, so that whoever has not signed in is counted by their own address; what anybody else
    /// says there is not.
    #[arg(long, env = "SANPING_TRUSTED_PROXY", value_name = "ADDRESSES", value_delimiter = ',', value_parser = proxy::network)]
    pub trusted_proxy: Vec<IpNet>,
    /// Tell the schema to whoever asks for it, and names that are nearly right; --dev-sign-in does so too.
    #[arg(long)]
    pub introspection: bool,
    /// A file of trusted documents: an object of JSON that names each text by the SHA-256 of it.
    #[arg(long, env = "SANPING_TRUSTED_DOCUMENTS", value_name = "FILE")]
    pub trusted_documents: Option<PathBuf>,
    /// Run no other documents for browsers.
    #[arg(long, requires = "trusted_documents")]
    pub trusted_only: bool,
}
