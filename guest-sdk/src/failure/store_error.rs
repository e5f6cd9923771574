//! Why something was not kept, or not found out.

use std::fmt;

use super::{Error, Failure, log};

/// Why something was not kept, or not found out.
///
/// Passed on with `?` it ends `respond`: the reason goes to the bot's log in full, and the person reads
/// one sentence. That there is no value is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such bucket in this call: the query or report has no person, or no conversation, or
    /// this is `settings`, where there is only the bot's.
    NoSuchStore,
    /// The bucket may not be used.
    AccessDenied,
    /// What happened, in a sentence for the log: a limit, a value that is no number, a database that is
    /// away. Do not depend on the text.
    Other(String),
    /// A value is not the JSON that was expected; or what was to be kept cannot be JSON, and then nothing
    /// was changed.
    NotJson {
        /// The key.
        key: String,
        /// What is wrong with the value.
        why: String,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchStore => f.write_str(
                "there is no such bucket in this call: a person's and a conversation's belong to queries \
                 and reports that name one",
            ),
            Self::AccessDenied => f.write_str("the bucket may not be used"),
            Self::Other(what) => f.write_str(what),
            Self::NotJson { key, why } => {
                write!(f, "the value of {key:?} is not the JSON that is expected: {why}")
            }
        }
    }
}

impl std::error::Error for StoreError {}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        log(&format!("the reply was given up: the store: {error}"));
        match error {
            StoreError::Other(_) => Failure::new("This bot could not reach what it remembers."),
            StoreError::NoSuchStore | StoreError::AccessDenied | StoreError::NotJson { .. } => {
                Failure::new("This bot could not do what it needs to answer.").no_retry()
            }
        }
        .into()
    }
}
