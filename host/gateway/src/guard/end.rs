//! Every way in which a reply can end, and what its reader is told then.

use std::time::Duration;

use ravenry_protocol::{
    Reference,
    failure::{Failure, cut, cut_type},
};

/// Every way in which a reply can end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The bot returned.
    Finished,
    /// The bot gave up politely.
    Failed(Failure),
    /// The bot trapped.
    Trapped,
    /// The bot computed for longer than its budget.
    OutOfCpu,
    /// The bot trapped after it was refused memory.
    OutOfMemory,
    /// The memory of the server is short, and this reply was among the largest.
    MemoryShort,
    /// The reply took longer than its time on the clock.
    OutOfTime,
    /// The bot said more than it may.
    TooLong,
    /// No room for one more reply; the words are for the log.
    Refused(&'static str),
    /// The bot keeps failing, and rests for so long.
    PutAside(Duration),
    /// The bot is still being compiled.
    Starting,
    /// The server is stopping.
    Stopping,
    /// The gateway itself failed.
    Gateway,
    /// The reader left. Nothing is written.
    ReaderGone,
}

impl End {
    /// The word that logs and metrics use.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Failed(_) => "failed",
            Self::Trapped => "trapped",
            Self::OutOfCpu => "out_of_cpu",
            Self::OutOfMemory => "out_of_memory",
            Self::MemoryShort => "memory_short",
            Self::OutOfTime => "out_of_time",
            Self::TooLong => "too_long",
            Self::Refused(_) => "refused",
            Self::PutAside(_) => "put_aside",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::Gateway => "gateway",
            Self::ReaderGone => "reader_gone",
        }
    }

    /// What a reader is told; nothing where there is nothing to say.
    pub(super) fn last_words(&self, said: EndState, reference: Reference) -> Option<LastWords<'_>> {
        let (sentence, allow_retry) = match self {
            Self::Finished if said.answer => return None,
            Self::Finished => ("The bot gave no answer", true),
            Self::Failed(failure) => {
                let text = match &failure.text {
                    Some(text) => cut(text).to_owned(),
                    None => format!("The bot could not answer (reference {reference})."),
                };
                return Some(LastWords {
                    text,
                    allow_retry: failure.allow_retry,
                    error_type: failure.error_type.as_deref().map(cut_type),
                });
            }
            Self::Trapped if said.anything => ("The bot stopped in the middle", true),
            Self::Trapped => ("The bot failed before it could answer", true),
            Self::OutOfCpu => ("The bot used up its computing time", false),
            Self::OutOfMemory => ("The bot ran out of memory", false),
            Self::MemoryShort => (
                "The server is short of memory and had to stop this reply; please try again in a moment",
                true,
            ),
            Self::OutOfTime => ("The bot took too long", true),
            Self::TooLong => ("The bot said more than a reply may hold", false),
            Self::Refused(_) => ("The bot is busy; please try again in a moment", true),
            Self::PutAside(pause) => {
                return Some(LastWords {
                    text: format!(
                        "The bot keeps failing and rests; please try again in {} s (reference {reference}).",
                        pause.as_secs().saturating_add(1)
                    ),
                    allow_retry: true,
                    error_type: None,
                });
            }
            Self::Starting => ("The bot is starting; please try again in a moment", true),
            Self::Stopping => (
                "The server is restarting; please try again in a moment",
                true,
            ),
            Self::Gateway => ("The gateway could not run the bot", true),
            Self::ReaderGone => return None,
        };
        Some(LastWords {
            text: format!("{sentence} (reference {reference})."),
            allow_retry,
            error_type: None,
        })
    }
}

/// What was said before the end.
#[derive(Clone, Copy)]
pub(super) struct EndState {
    /// Any event of the bot.
    pub(super) anything: bool,
    /// Something that is still there to be seen.
    pub(super) answer: bool,
}

/// The error that ends a reply.
pub(super) struct LastWords<'a> {
    pub(super) text: String,
    pub(super) allow_retry: bool,
    pub(super) error_type: Option<&'a str>,
}
