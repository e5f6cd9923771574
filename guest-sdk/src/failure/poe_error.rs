//! Why something asked of the platform did not work.

use std::fmt;

use super::{Error, Failure, Stopped, log};

/// Why something asked of the platform did not work.
///
/// Passed on with `?` it ends `respond` well: the failure of another bot is shown as that bot said
/// it; where the person cannot pay, the platform says so; a [`Stopped`] is quiet. The rest goes to the
/// bot's log in full, and the person reads one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoeError {
    /// Not allowed as things are; the sentence says what to add, and where. Nothing was sent.
    ///
    /// A bot that the settings do not declare, or not often enough; a chain of bots that ask each
    /// other and has grown too long; an attachment that is not part of the query; no access key.
    Denied(String),
    /// What was asked makes no sense; the sentence says why. Nothing was sent.
    Invalid(String),
    /// The other bot ended its answer with this error. What it said before stays valid.
    Said(Failure),
    /// The platform, or the other bot, could not be reached or did not keep to the protocol, and
    /// trying again is over. The sentence says how, for the log; it holds no key.
    Broken(String),
    /// The person cannot pay for it.
    InsufficientFund,
    /// Larger than may be: a file, an attachment, an answer.
    TooLarge(String),
    /// The reply to which something was to be handed has refused it.
    Stopped(Stopped),
    /// A reason that this version has no word for. Do not depend on the text.
    Other(String),
}

impl fmt::Display for PoeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(why) => write!(f, "not allowed: {why}"),
            Self::Invalid(why) => write!(f, "makes no sense: {why}"),
            Self::Said(failure) => write!(f, "the other bot ended with an error: {failure}"),
            Self::Broken(how) => write!(f, "no answer: {how}"),
            Self::InsufficientFund => f.write_str("the person cannot pay for it"),
            Self::TooLarge(what) => write!(f, "too large: {what}"),
            Self::Stopped(stopped) => stopped.fmt(f),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for PoeError {}

impl From<Stopped> for PoeError {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl From<PoeError> for Error {
    fn from(error: PoeError) -> Self {
        let failure = match &error {
            PoeError::Said(failure) => return failure.clone().into(),
            PoeError::Stopped(stopped) => return stopped.clone().into(),
            // The empty text lets the platform find its own words, as with the reference library.
            PoeError::InsufficientFund => {
                return Failure::new("").error_type("insufficient_fund").into();
            }
            PoeError::Broken(_) => Failure::new("Something this bot relies on did not answer."),
            PoeError::TooLarge(_) => Failure::new("That is too large for this bot.").no_retry(),
            PoeError::Denied(_) | PoeError::Invalid(_) | PoeError::Other(_) => {
                Failure::new("This bot could not do what it needs to answer.").no_retry()
            }
        };
        log(&format!("the reply was given up: {error}"));
        failure.into()
    }
}
