//! Why something was not kept, or not found out.

use std::fmt;

use ravenry_protocol::store_error::{self, StoreErrorKind};

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
    /// More is to be kept than this bot, or all bots of its tenant, may keep. Nothing was changed, and the
    /// same is refused again until something is removed. The sentence says which limit it is, for the log: do
    /// not depend on the text.
    Full(String),
    /// The store cannot do it now, and may later: its database is away, too much is written by others, no
    /// memory is left. A write may have happened all the same. The sentence says more, for the log: do not
    /// depend on the text.
    Unavailable(String),
    /// Anything else, in a sentence for the log: mostly a mistake in the bot, as a key or a value that is too
    /// long, or a value that is no number. Do not depend on the text.
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
            Self::Full(what) | Self::Unavailable(what) | Self::Other(what) => f.write_str(what),
            Self::NotJson { key, why } => {
                write!(f, "the value of {key:?} is not the JSON that is expected: {why}")
            }
        }
    }
}

impl std::error::Error for StoreError {}

impl StoreError {
    /// What the gateway says in a sentence, and in nothing else.
    pub(crate) fn said(sentence: String) -> Self {
        match store_error::kind(&sentence) {
            StoreErrorKind::Full => Self::Full(sentence),
            StoreErrorKind::Unavailable => Self::Unavailable(sentence),
            StoreErrorKind::Other => Self::Other(sentence),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        log(&format!("the reply was given up: the store: {error}"));
        match error {
            StoreError::Unavailable(_) => {
                Failure::new("This bot cannot get at what it remembers right now.")
            }
            StoreError::Full(_) => {
                Failure::new("This bot has no room left for what it is to remember.").no_retry()
            }
            StoreError::NoSuchStore
            | StoreError::AccessDenied
            | StoreError::Other(_)
            | StoreError::NotJson { .. } => {
                Failure::new("This bot could not do what it needs to answer.").no_retry()
            }
        }
        .into()
    }
}
