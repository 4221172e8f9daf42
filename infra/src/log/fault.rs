//! What of a failed batch is to blame on what was sent.

/// Why a batch was not committed.
pub struct Fault {
    /// What the database says.
    pub error: sqlx::Error,
    /// One of the jobs is to blame; the others may do without it.
    pub about_content: bool,
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self { about_content: is_about_content(&error), error }
    }
}

/// Whether the database refuses what was sent, as opposed to being out of reach or in conflict.
pub fn is_about_content(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| ["22", "23", "42", "54"].iter().any(|class| code.starts_with(class)))
        }
        sqlx::Error::Encode(_) => true,
        _ => false,
    }
}

/// Whether another session holds the row.
pub fn is_held(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("55P03"))
}
