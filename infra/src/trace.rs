//! Traces of what happened to a request: from the door through the decision and the append to the folds that read its events.
//!
//! # Rules
//! - Nothing is made unless somebody says where traces go (`--otlp-endpoint`): [`begin`].
//! - A request's `traceparent` (W3C Trace Context) is gone on with; without one a trace begins. What a command leads to keeps it
//!   in the events' metadata, where it was chosen to be sampled, so that whichever process folds them goes on with it.
//! - An exporter that is away holds nobody up: spans wait in a queue of bounded length on a thread of its own, and what does
//!   not fit is dropped.
//! - `tracestate` is not gone on with: nothing here adds to it, and what others wrote into it has no place in an event.
//!
//! # Invariant
//! No attribute names anybody or anything of the organisation: methods, paths of this program's own, statuses, counts and positions.
//!
//! # Source
//! <https://www.w3.org/TR/trace-context/>, version 00.

mod export;

pub use export::{TraceError, address, begin, end};

use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
};
use opentelemetry::{Context, KeyValue, Value, global};
use serde::Deserialize;

/// The name of the header, and of the entry in an event's metadata.
pub const HEADER: &str = "traceparent";

/// Whether anybody is told.
static ON: AtomicBool = AtomicBool::new(false);

tokio::task_local! {
    static CURRENT: Trace;
}

/// A place in a trace, which others go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace(SpanContext);

impl Trace {
    /// The place that a `traceparent` names; nothing where it is none.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let hex = |part: &str, length: usize| {
            part.len() == length && part.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit))
        };
        // A later version may say more.
        let ends = parts.next().is_none() || version != "00";
        (hex(version, 2) && version != "ff" && hex(trace, 32) && hex(span, 16) && hex(flags, 2) && ends)
            .then_some(())?;
        let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
        let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
        let context = SpanContext::new(trace, span, flags, true, TraceState::default());
        context.is_valid().then_some(Self(context))
    }

    /// The `traceparent` that names it; nothing where it was chosen not to be sampled.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let Self(context) = self;
        context.is_sampled().then(|| format!("00-{}-{}-01", context.trace_id(), context.span_id()))
    }

    /// The place that the metadata of an event names, where anybody is told.
    #[must_use]
    pub fn of_metadata(metadata: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Kept<'a> {
            #[serde(borrow)]
            traceparent: Option<&'a str>,
        }
        // Most events have none.
        (is_on() && metadata.contains(HEADER)).then_some(())?;
        serde_json::from_str::<Kept>(metadata).ok()?.traceparent.and_then(Self::named)
    }
}

/// Whether anybody is told.
#[must_use]
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// The place in a trace that this task goes on from.
#[must_use]
pub fn current() -> Option<Trace> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Does something as part of a trace, if of any.
pub async fn within<T>(trace: Option<Trace>, done: impl Future<Output = T>) -> T {
    match trace {
        Some(trace) => CURRENT.scope(trace, done).await,
        None => done.await,
    }
}

/// What takes some time; it ends with this value.
pub struct Span(global::BoxedSpan);

impl Span {
    /// Something begins, as part of a trace or as the first of one; nothing where nobody is told.
    #[must_use]
    pub fn begin(name: &'static str, kind: SpanKind, parent: Option<&Trace>) -> Option<Self> {
        is_on().then_some(())?;
        let context = parent.map(|Trace(parent)| Context::new().with_remote_span_context(parent.clone()));
        let tracer = global::tracer("sanping");
        let span = tracer.span_builder(name).with_kind(kind);
        Some(Self(span.start_with_context(&tracer, &context.unwrap_or_default())))
    }

    /// The same, as a part of a trace and never as the first of one.
    #[must_use]
    pub fn within(name: &'static str, parent: Option<&Trace>) -> Option<Self> {
        Self::begin(name, SpanKind::Internal, Some(parent?))
    }

    /// The place that others go on from.
    #[must_use]
    pub fn trace(&self) -> Trace {
        Trace(self.0.span_context().clone())
    }

    /// Says something of it.
    pub fn tell(&mut self, name: &'static str, value: impl Into<Value>) {
        self.0.set_attribute(KeyValue::new(name, value));
    }
}

/// A number, as attributes have them.
#[must_use]
pub fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_no_traceparent_is_not_gone_on_with() {
        assert_eq!(Trace::named(GOOD).and_then(|trace| trace.text()).as_deref(), Some(GOOD));
        let unsampled = GOOD.replace("-01", "-00");
        assert_eq!(Trace::named(&unsampled).map(|trace| trace.text()), Some(None), "known, and not kept");
        assert!(
            Trace::named(&GOOD.replace("00-4b", "cc-4b").replace("-01", "-01-more")).is_some(),
            "of a later version"
        );
        for bad in [
            "",
            "00",
            &GOOD.to_uppercase(),
            &GOOD.replace("-01", "-01-more"),
            &GOOD.replace("00-4b", "ff-4b"),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &GOOD.replace("4736-", "473-"),
            &GOOD.replace("4736-", "473é-"),
        ] {
            assert_eq!(Trace::named(bad), None, "{bad}");
        }
    }

    #[test]
    fn nothing_is_made_where_nobody_is_told() {
        assert!(Span::begin("request", SpanKind::Server, None).is_none());
        assert_eq!(Trace::of_metadata(&format!("{{\"traceparent\":\"{GOOD}\"}}")), None);
    }
}
