//! What a server is told. The doctor takes the same, so that it looks at what a server would find.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
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
    /// What traces tell, and to whom.
    #[command(flatten)]
    pub traces: Traces,
    /// What is let in.
    #[command(flatten)]
    pub let_in: LetIn,
}

/// Where traces go, and which. See docs/operation.md.
#[derive(Debug, Clone, Args)]
pub struct Traces {
    /// Where traces go, by OTLP over HTTP, such as http://127.0.0.1:4318; nowhere unless given. See docs/operation.md.
    #[arg(long = "otlp-endpoint", env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub endpoint: Option<String>,
    /// Which traces are kept, by the names that OpenTelemetry has for it: parentbased_… as whoever asks says, where they say.
    #[arg(
        long = "traces-sampler",
        env = "OTEL_TRACES_SAMPLER",
        value_name = "NAME",
        default_value = "parentbased_always_on"
    )]
    pub sampler: Sampling,
    /// How many of them, where the sampler takes a share: from 0 to 1.
    #[arg(long = "traces-share", env = "OTEL_TRACES_SAMPLER_ARG", value_name = "SHARE", default_value = "1", value_parser = share)]
    pub share: f64,
}

/// Which traces are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Sampling {
    /// All.
    AlwaysOn,
    /// None.
    AlwaysOff,
    /// A share.
    #[value(name = "traceidratio")]
    TraceIdRatio,
    /// As whoever asks says; where they do not, all.
    #[value(name = "parentbased_always_on")]
    ParentOrOn,
    /// As whoever asks says; where they do not, none.
    #[value(name = "parentbased_always_off")]
    ParentOrOff,
    /// As whoever asks says; where they do not, a share.
    #[value(name = "parentbased_traceidratio")]
    ParentOrRatio,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "it is no share; write a number from 0 to 1, such as 0.01".to_owned())
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
