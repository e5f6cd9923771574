//! Why a bot cannot answer, and how much of what it says about that is shown.

/// Most characters of a bot's own error sentence that are shown. Longer ones are cut.
pub const FAILURE_CHARACTERS_MAX: usize = 4_096;

/// Most characters of a bot's own word for programs that are sent. Longer ones are cut.
///
/// The longest that the platform knows has 27: `privacy_authorization_error`.
pub const ERROR_TYPE_CHARACTERS_MAX: usize = 64;

/// Why a bot cannot answer, as the person reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// One or two sentences for the person.
    pub text: Option<String>,
    /// Whether trying the same again may help.
    pub allow_retry: bool,
    /// A word for programs, such as `user_message_too_long`.
    pub error_type: Option<String>,
}

/// A bot's own error sentence, at most as long as one is shown.
pub fn cut(sentence: &str) -> &str {
    first(sentence, FAILURE_CHARACTERS_MAX)
}

/// A bot's own word for programs, at most as long as one is sent.
pub fn cut_type(word: &str) -> &str {
    first(word, ERROR_TYPE_CHARACTERS_MAX)
}

fn first(text: &str, characters_max: usize) -> &str {
    let end = text.char_indices().nth(characters_max);
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}
