//! Asking the API, and reading what it answers.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use async_graphql::{Request, Variables};
use domain::id::{ActorId, BranchId, MemberId};
use domain::period::Zone;
use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt};
use graphql::schema::{Api, Settings, build};
use graphql::viewer::{Principal, Role, SignedIn, Viewer};
use jiff::Timestamp;
use serde_json::Value;

use crate::twin::Twin;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => std::thread::park(),
        }
    }
}

fn spawn(future: BoxFuture<'static, ()>) {
    std::thread::spawn(move || block_on(future));
}

/// Somebody who makes requests.
pub struct Asking {
    api: Api,
    who: Option<SignedIn>,
}

pub fn viewer(role: Role, member: Option<MemberId>, scope: Option<BranchId>) -> Viewer {
    Viewer::holding(ActorId(format!("{role:?}").to_lowercase()), [role], member, scope)
}

impl Twin {
    /// The API, asked by somebody.
    pub fn by(self: &Arc<Self>, viewer: Option<Viewer>) -> Asking {
        let settings = Settings { zone: Zone::default(), spawn, introspection: true };
        let api = build(Arc::<Self>::clone(self), Arc::<Self>::clone(self), settings);
        Asking { api, who: viewer.map(SignedIn::Told) }
    }

    /// The API, asked by somebody who proved who they are, until then.
    pub fn proved(self: &Arc<Self>, id: &str, until: Option<Timestamp>) -> Asking {
        let principal = Principal { id: ActorId(id.to_owned()), until };
        Asking { who: Some(SignedIn::Proved(principal)), ..self.by(None) }
    }

    /// The API, asked by the office.
    pub fn office(self: &Arc<Self>) -> Asking {
        self.by(Some(viewer(Role::Office, None, None)))
    }
}

impl Asking {
    fn request(&self, text: &str, variables: Value) -> Request {
        let request = Request::new(text).variables(Variables::from_json(variables));
        match &self.who {
            Some(SignedIn::Told(viewer)) => request.data(viewer.clone()),
            Some(SignedIn::Proved(principal)) => request.data(principal.clone()),
            None => request,
        }
    }

    /// The whole response.
    pub fn response(&self, text: &str, variables: Value) -> async_graphql::Response {
        block_on(self.api.execute(self.request(text, variables)))
    }

    /// The whole response to a request that says why it reads.
    pub fn because(&self, given: async_graphql::Value, text: &str) -> async_graphql::Response {
        let mut request = self.request(text, Value::Null);
        request.extensions.insert("purpose".to_owned(), given);
        block_on(self.api.execute(request))
    }

    /// The data, where there is no error.
    pub fn with(&self, text: &str, variables: Value) -> Value {
        let response = self.response(text, variables);
        assert!(response.errors.is_empty(), "{text}: {:?}", response.errors);
        response.data.into_json().expect("the data is JSON")
    }

    /// The data, where there is no error.
    pub fn ask(&self, text: &str) -> Value {
        self.with(text, Value::Null)
    }

    /// The code of the first error.
    pub fn code(&self, text: &str) -> String {
        let response = self.response(text, Value::Null);
        let error = response.errors.first().unwrap_or_else(|| panic!("{text}: no error, {}", response.data));
        let code = error.extensions.as_ref().and_then(|facts| facts.get("code"));
        code.map_or_else(|| error.message.clone(), |code| code.to_string().trim_matches('"').to_owned())
    }

    /// What a subscription sends, until it ends: data or the code of an error.
    pub fn stream(&self, text: &str) -> impl Stream<Item = Value> + Unpin + use<> {
        let shown = |answer: async_graphql::Response| match answer.errors.first() {
            Some(error) => {
                let code = error.extensions.as_ref().and_then(|facts| facts.get("code"));
                Value::String(code.map_or_else(|| error.message.clone(), ToString::to_string))
            }
            None => answer.data.into_json().expect("the data is JSON"),
        };
        Box::pin(self.api.execute_stream(self.request(text, Value::Null)).map(shown))
    }

    /// Everything a subscription sends until it ends: data or the code of an error.
    pub fn follow(&self, text: &str) -> Vec<Value> {
        block_on(self.stream(text).collect())
    }
}
