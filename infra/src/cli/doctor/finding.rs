//! A finding: what was looked at, how it is, where, and what to do.

use serde_json::{Value, json};

/// The same in English and in Chinese.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    english: String,
    chinese: String,
}

/// A sentence in both languages.
pub fn said(english: impl Into<String>, chinese: impl Into<String>) -> Said {
    Said { english: english.into(), chinese: chinese.into() }
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Ok,
    /// Worth knowing, or a fault to come.
    Warning,
    /// A server would not serve, or should not be trusted.
    Fault,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    check: &'static str,
    /// How it is.
    pub state: State,
    at: String,
    what: Said,
    todo: Option<Said>,
}

impl Finding {
    /// As it should be.
    pub fn ok(check: &'static str, at: &str, what: Said) -> Self {
        Self { check, state: State::Ok, at: at.to_owned(), what, todo: None }
    }

    /// Worth knowing.
    pub fn warning(check: &'static str, at: &str, what: Said, todo: Said) -> Self {
        Self { check, state: State::Warning, at: at.to_owned(), what, todo: Some(todo) }
    }

    /// Wrong.
    pub fn fault(check: &'static str, at: &str, what: Said, todo: Said) -> Self {
        Self { check, state: State::Fault, at: at.to_owned(), what, todo: Some(todo) }
    }

    /// For machines.
    pub fn of_json(&self) -> Value {
        let todo = self.todo.as_ref();
        json!({
            "check": self.check, "state": self.state.word(), "where": self.at,
            "what": self.what.english, "whatZh": self.what.chinese,
            "do": todo.map(|todo| &todo.english), "doZh": todo.map(|todo| &todo.chinese),
        })
    }

    /// For people: a line where nothing is to be done, else what it is and what to do, in both languages.
    pub fn lines(&self) -> Vec<String> {
        let Self { check, state, at, what, todo } = self;
        let first = format!("{:<7}  {check} ({at}): {} · {}", state.word(), what.english, what.chinese);
        let todo = todo.as_ref().map(|todo| format!("         {} · {}", todo.english, todo.chinese));
        std::iter::once(first).chain(todo).collect()
    }
}
