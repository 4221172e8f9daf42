//! Sessions of requests: each gets its own, and each field without an answer its null.

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest, NextResolve, ResolveInfo,
};
use async_graphql::{Data, Error, Pos, Request, Response, ServerError, ServerResult, Value};

use crate::fault::{Tried, tried};
use crate::legible::{self, Parsed};
use crate::ports::Reads;
use crate::purpose;
use crate::schema::Settings;
use crate::session::Session;
use crate::viewer::SignedIn;

/// What became of a request, told to whoever put it into the request's data.
///
/// What is refused before it is executed has no data to answer with; what is executed has, be it null. How long it took until
/// something came to nothing would tell whether it is there: a refusal, an error, a root field that is null, a list without rows.
#[derive(Debug, Clone, Default)]
pub struct Became(Arc<[AtomicBool; 2]>);

impl Became {
    /// Whether it was executed.
    #[must_use]
    pub fn executed(&self) -> bool {
        self.0[0].load(Ordering::Acquire)
    }

    /// Whether anything in its last answer came to nothing.
    #[must_use]
    pub fn nothing(&self) -> bool {
        self.0[1].load(Ordering::Acquire)
    }
}

/// Gives every request its session, and every field that has no answer its null.
pub struct Sessions {
    reads: Arc<dyn Reads>,
    settings: Settings,
    parsed: Arc<Parsed>,
    /// Why fields of the request have no answer.
    unanswered: std::sync::Mutex<Vec<ServerError>>,
}

impl Sessions {
    /// What requests read, and what they share.
    #[must_use]
    pub fn new(reads: Arc<dyn Reads>, settings: Settings) -> Self {
        Self { reads, settings, parsed: Arc::default(), unanswered: std::sync::Mutex::default() }
    }

    fn unanswered(&self) -> std::sync::MutexGuard<'_, Vec<ServerError>> {
        self.unanswered.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl ExtensionFactory for Sessions {
    fn create(&self) -> Arc<dyn Extension> {
        let (reads, parsed) = (Arc::clone(&self.reads), Arc::clone(&self.parsed));
        Arc::new(Self { reads, settings: self.settings.clone(), parsed, unanswered: std::sync::Mutex::default() })
    }
}

#[async_trait::async_trait]
impl Extension for Sessions {
    /// A field that fails is left out of its object by the library; it is to be there, as null.
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let may_be_null = !info.return_type.ends_with('!');
        match next.run(ctx, info).await {
            Err(error) if may_be_null => {
                self.unanswered().push(error);
                Ok(Some(Value::Null))
            }
            answer => answer,
        }
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let became = ctx.data_opt::<Became>();
        if let Some(Became(became)) = became {
            became[0].store(true, Ordering::Release);
        }
        let mut response = next.run(ctx, operation_name).await;
        response.errors.append(&mut self.unanswered());
        let Some(session) = ctx.data_opt::<Arc<Session>>() else { return response };
        let tried: Vec<Tried> = response.errors.iter().filter_map(tried).collect();
        if let Err(fault) = session.record_looks(&tried).await {
            // What was looked at without a record is not shown.
            response = Response::from_errors(vec![Error::from(fault).into_server_error(Pos::default())]);
        }
        if let Some(Became(became)) = became {
            let nothing = session.came_to_nothing() || !response.errors.is_empty() || lacks(&response.data);
            became[1].store(nothing, Ordering::Release);
        }
        response.extension("log", session.told().await)
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        if !self.settings.introspection {
            request = request.disable_introspection();
        }
        legible::document(&mut request, &self.parsed)?;
        let why = purpose::of_request(&request)?;
        let session = Session::new(who(ctx, &request), Arc::clone(&self.reads), &self.settings).because(why);
        next.run(ctx, request.data(Arc::new(session))).await
    }
}

/// Whether a root field is null, or has a null in its list.
fn lacks(data: &Value) -> bool {
    let null = |value: &Value| *value == Value::Null;
    match data {
        Value::Object(fields) => fields.values().any(|value| match value {
            Value::List(values) => values.iter().any(null),
            value => null(value),
        }),
        _other => false,
    }
}

/// What was put into the data of a request or a connection under its type.
#[must_use]
pub fn found<T: Any>(data: &Data) -> Option<&T> {
    data.get(&TypeId::of::<T>())?.downcast_ref()
}

/// Who is signed in, by the request or by its connection. Where both ways are told, the proof is what counts.
fn who(ctx: &ExtensionContext<'_>, request: &Request) -> Option<SignedIn> {
    fn told<T: Clone + Send + Sync + 'static>(ctx: &ExtensionContext<'_>, request: &Request) -> Option<T> {
        found(&request.data).or_else(|| ctx.data_opt::<T>()).cloned()
    }
    told(ctx, request).map(SignedIn::Proved).or_else(|| told(ctx, request).map(SignedIn::Told))
}
