//! Why nothing was found out, or a document was not taken.

use std::fmt;

use super::{Error, Failure, log};

/// Why nothing was found out, or a document was not taken.
///
/// Passed on with `?` it ends `respond`: the reason goes to the bot's log in full, and the person reads
/// one sentence. That nothing is found is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KnowledgeError {
    /// There is no such collection in this call: the query or report has no person, or this is `settings`,
    /// where there is only the bot's.
    NoSuchCollection,
    /// What was asked makes no sense, or is larger than may be; the sentence says why. Nothing was changed.
    Invalid(String),
    /// More is to be kept than this bot, or all bots of its tenant, may keep. Nothing was changed, and the
    /// same is refused again until something is removed. The sentence says which limit it is, for the log: do
    /// not depend on the text.
    Full(String),
    /// It cannot be done now, and may be later: the database is away, or too much is asked for at once. The
    /// sentence says more, for the log: do not depend on the text.
    Unavailable(String),
    /// A reason that this version has no word for. Do not depend on the text.
    Other(String),
}

impl fmt::Display for KnowledgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchCollection => f.write_str(
                "there is no such collection in this call: a person's belongs to queries and reports that \
                 name one",
            ),
            Self::Invalid(what)
            | Self::Full(what)
            | Self::Unavailable(what)
            | Self::Other(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for KnowledgeError {}

impl From<KnowledgeError> for Error {
    fn from(error: KnowledgeError) -> Self {
        log(&format!("the reply was given up: the knowledge: {error}"));
        match error {
            KnowledgeError::Unavailable(_) => {
                Failure::new("This bot cannot get at its documents right now.")
            }
            KnowledgeError::Full(_) => {
                Failure::new("This bot has no room left for more documents.").no_retry()
            }
            KnowledgeError::NoSuchCollection
            | KnowledgeError::Invalid(_)
            | KnowledgeError::Other(_) => {
                Failure::new("This bot could not do what it needs to answer.").no_retry()
            }
        }
        .into()
    }
}
