//! Where traces go: OTLP over HTTP, in protobuf, by the client that the program has anyway.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::global;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use reqwest::Url;
use tokio::runtime::Handle;

use super::ON;
use crate::config::{Sampling, Traces};
use crate::fold::kinds;

/// How long one sending may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the last spans are waited for at the end.
const END: Duration = Duration::from_secs(3);

/// Why traces cannot go somewhere.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It is no address.
    #[error("--otlp-endpoint {0:?} is not an address; write http://host:4318, without /v1/traces")]
    Address(String),
    /// No client can be made.
    #[error("traces cannot be sent: no client can be made")]
    Client(#[from] reqwest::Error),
    /// The exporter cannot be made.
    #[error("traces cannot be sent: no exporter can be made")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

/// What sends spans; it is ended with [`end`].
pub struct Sending(SdkTracerProvider);

/// From now on spans are made and sent to a collector, if one is named.
///
/// # Errors
/// [`TraceError`].
pub fn begin(traces: &Traces) -> Result<Option<Sending>, TraceError> {
    let Some(endpoint) = traces.endpoint.as_deref() else { return Ok(None) };
    let address = address(endpoint)?;
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().redirect(reqwest::redirect::Policy::none());
    let client = Client { client: client.build()?, handle: Handle::current(), silent: AtomicBool::new(false) };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(address)
        .with_timeout(PATIENCE)
        .build()?;
    let resource = Resource::builder()
        .with_service_name("sanping")
        .with_attribute(opentelemetry::KeyValue::new("service.version", kinds::build()))
        .build();
    let builder = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource);
    let provider = builder.with_sampler(sampler(traces)).build();
    global::set_tracer_provider(provider.clone());
    ON.store(true, Ordering::Relaxed);
    Ok(Some(Sending(provider)))
}

/// What is kept, as the SDK has it.
fn sampler(traces: &Traces) -> Sampler {
    let share = Sampler::TraceIdRatioBased(traces.share);
    let or = |otherwise| Sampler::ParentBased(Box::new(otherwise));
    match traces.sampler {
        Sampling::AlwaysOn => Sampler::AlwaysOn,
        Sampling::AlwaysOff => Sampler::AlwaysOff,
        Sampling::TraceIdRatio => share,
        Sampling::ParentOrOn => or(Sampler::AlwaysOn),
        Sampling::ParentOrOff => or(Sampler::AlwaysOff),
        Sampling::ParentOrRatio => or(share),
    }
}

/// The address that spans are sent to.
///
/// # Errors
/// [`TraceError::Address`].
pub fn address(endpoint: &str) -> Result<String, TraceError> {
    let url = Url::parse(endpoint).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    url.ok_or_else(|| TraceError::Address(endpoint.to_owned()))?;
    Ok(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
}

/// Sends what is left, within a time. What cannot be sent is lost, and nobody waits for it.
pub async fn end(sending: Option<Sending>) {
    ON.store(false, Ordering::Relaxed);
    if let Some(Sending(provider)) = sending {
        // It waits for a thread of its own.
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(END));
        let _late = tokio::time::timeout(END + Duration::from_secs(1), ended).await;
    }
}

/// Sends by the program's own client, on its runtime: the thread of the exporter has none.
#[derive(Debug)]
struct Client {
    client: reqwest::Client,
    handle: Handle,
    /// Whether the collector did not take what was sent last.
    silent: AtomicBool,
}

impl Client {
    /// That the collector is away is told once, and once when it is back.
    fn heard(&self, why: Option<&str>) {
        match (why, self.silent.swap(why.is_some(), Ordering::Relaxed)) {
            (Some(why), false) => tracing::warn!(why, "traces cannot be sent; what does not fit is dropped meanwhile"),
            (None, true) => tracing::info!("traces are sent again"),
            (Some(_), true) | (None, false) => {}
        }
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (client, request) = (self.client.clone(), reqwest::Request::try_from(request)?);
        let sent = self.handle.spawn(async move {
            let answer = client.execute(request).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let answer = sent.await.map_err(HttpError::from).and_then(|answer| answer.map_err(HttpError::from));
        match answer {
            Ok((status, body)) => {
                self.heard((!status.is_success()).then_some(status.as_str()));
                Ok(Response::builder().status(status).body(body)?)
            }
            Err(error) => {
                self.heard(Some("the collector does not answer"));
                Err(error)
            }
        }
    }
}
