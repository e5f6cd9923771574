//! Why a bot gives up, and why the gateway stops listening.
//!
//! The two are kept apart: a [`Failure`] is the bot's own decision and is shown to the person; a
//! [`Stopped`] comes from the gateway, which knows already and shows what is to be shown. Both
//! become an [`Error`], so that `?` ends [`Bot::respond`](crate::Bot::respond) well in either case. The
//! errors of `poe`, `http`, `store` and `knowledge` become one too, and lie here, below what makes them.

mod http_error;
mod knowledge_error;
mod poe_error;
mod store_error;

pub use http_error::HttpError;
pub use knowledge_error::KnowledgeError;
pub use poe_error::PoeError;
pub use store_error::StoreError;

use std::fmt;

/// What `respond` and the functions of [`Reply`](crate::Reply) return.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Why a bot cannot answer, as the person reads it.
///
/// ```
/// use ravenry_sdk::{Bot, Failure, Query, Reply, Result};
///
/// struct Counter;
///
/// impl Bot for Counter {
///     fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
///         let number: u64 = query.last_text().trim().parse().map_err(|_| {
///             Failure::new("That is not a number.").no_retry()
///         })?;
///         reply.text(number.saturating_add(1).to_string())
///     }
/// }
///
/// let transcript = ravenry_sdk::testing::ask(&Counter, "many");
/// assert_eq!(transcript.failure().unwrap().text.as_deref(), Some("That is not a number."));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// One or two sentences for the person. Where it is `None`, the gateway finds a sentence.
    ///
    /// Counts towards the characters of the reply; cut at 4,096 characters.
    pub text: Option<String>,
    /// Whether trying the same again may help. The platform then offers it.
    pub allow_retry: bool,
    /// A word for programs: `user_message_too_long`, `insufficient_fund`, `user_caused_error`,
    /// `privacy_authorization_error`. More may come.
    pub error_type: Option<String>,
}

impl Failure {
    /// A failure that shows this sentence and, until [`no_retry`](Self::no_retry) says otherwise,
    /// offers to try again.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            ..Self::default()
        }
    }

    /// Lets the platform offer to try the same again. This is the default.
    #[must_use]
    pub fn retry(mut self) -> Self {
        self.allow_retry = true;
        self
    }

    /// Says that trying the same again is of no use.
    #[must_use]
    pub fn no_retry(mut self) -> Self {
        self.allow_retry = false;
        self
    }

    /// Adds a word for programs; the ones known today are at [`Failure::error_type`].
    #[must_use]
    pub fn error_type(mut self, error_type: impl Into<String>) -> Self {
        self.error_type = Some(error_type.into());
        self
    }
}

impl Default for Failure {
    /// Leaves the sentence to the gateway and offers to try again, as the platform does.
    fn default() -> Self {
        Self {
            text: None,
            allow_retry: true,
            error_type: None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            self.text
                .as_deref()
                .unwrap_or("the bot gave up without a word"),
        )
    }
}

impl std::error::Error for Failure {}

/// Why an event was not accepted.
///
/// A refusal is not a fault of the bot. With `?` it ends `respond` quietly: the gateway has already
/// told the person what there is to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// The reply would pass the characters (512,000) or the events (10,000) that this bot may send.
    TooLong,
    /// The reply is over: an error was said, or this call is not `respond`.
    Ended,
    /// The client has left, or the gateway is stopping: this reply reaches no reader. Return soon.
    Gone,
    /// The event makes no sense as given; the text says what is wrong. Nothing was sent, and the
    /// reply goes on.
    ///
    /// This one is a mistake in the bot. A `respond` that returns it is therefore not quiet: the
    /// reason goes to the bot's log, and the person reads that the bot failed.
    Invalid(String),
    /// A reason that this version has no word for. Do not depend on the text.
    Other(String),
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the reply would be longer than it may be"),
            Self::Ended => f.write_str("the reply is over"),
            Self::Gone => f.write_str("the client has left, or the gateway is stopping"),
            Self::Invalid(what) => write!(f, "the event makes no sense: {what}"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Stopped {}

/// Why [`Bot::respond`](crate::Bot::respond) ended before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The gateway takes nothing more; the person is told by the gateway, where there is something
    /// to tell.
    Stopped(Stopped),
    /// The bot gave up; the person reads why.
    Failure(Failure),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(stopped) => stopped.fmt(f),
            Self::Failure(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<Stopped> for Error {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// What a finished `respond` means for the person: a failure to show, or nothing.
///
/// Shared by the exported component and the native test double, so that tests see what readers see.
pub(crate) fn shown(result: Result) -> std::result::Result<(), Failure> {
    match result {
        Err(Error::Failure(failure)) => Err(failure),
        Err(Error::Stopped(invalid @ Stopped::Invalid(_))) => {
            log(&format!("the reply was given up: {invalid}"));
            Err(Failure::default().no_retry())
        }
        Ok(()) | Err(Error::Stopped(_)) => Ok(()),
    }
}

/// Writes one line to the bot's log.
#[expect(clippy::print_stderr, reason = "stderr is the log of a bot")]
pub(crate) fn log(line: &str) {
    eprintln!("{line}");
}
