//! Why a run ended without an answer, and how much of the engine's words on it is told.

/// Most characters of wasmtime's own words that go to the log: a deep recursion fills pages.
const CHARACTERS_MAX: usize = 2_000;

/// Why a run ended without an answer.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The guest trapped; the text is wasmtime's, for the log.
    #[error("the component trapped: {0}")]
    Trapped(String),
    /// It trapped after it was refused memory, or its request does not fit.
    #[error("the component ran out of memory: {0}")]
    OutOfMemory(String),
    /// It used up its computing time.
    #[error("the component used up its computing time")]
    OutOfCpu,
    /// There was no room for one more instance.
    #[error("no room for one more instance: {0}")]
    NoRoom(String),
}

/// What happened, then where: the chain begins with the backtrace. What is of one link is said once.
pub(super) fn words(error: &wasmtime::Error) -> String {
    let (what, at) = (error.root_cause().to_string(), error.to_string());
    let words = if what == at {
        what
    } else {
        format!("{what}; {at}")
    };
    words.chars().take(CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_one_link_is_said_once() {
        let error = wasmtime::Error::msg("its settings are too large");
        assert_eq!(words(&error), "its settings are too large");
        let error = error.context("error while executing at 0x17");
        assert_eq!(
            words(&error),
            "its settings are too large; error while executing at 0x17"
        );
    }

    #[test]
    fn pages_of_backtrace_are_cut() {
        let error = wasmtime::Error::msg("stack overflow").context("0: f\n".repeat(10_000));
        assert_eq!(words(&error).chars().count(), CHARACTERS_MAX);
    }
}
