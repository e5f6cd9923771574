//! Why the store did not do what a bot asked for: the sentences of which a bot may know the beginning.
//!
//! The interface `wasi:keyvalue` has one case for all reasons, a text. These two a bot meets when it is not at fault
//! itself, and what it does about them differs. The gateway begins its sentence with one of them, followed by a
//! colon and what it is in particular, or by nothing; that is promised, the rest is not. The SDKs tell them apart by
//! it. (That for Python has the same two texts.)

/// More is kept than a bound of the bot or of its tenant leaves room for. Nothing was changed, and the same will be
/// refused again until something is removed.
pub const FULL: &str = "the store is full";

/// The store cannot do it now: its database is away, too much is to be written, no memory is left. Later it may. A
/// write may have happened all the same.
pub const UNAVAILABLE: &str = "the store is unavailable";

/// What a sentence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// See [`FULL`].
    Full,
    /// See [`UNAVAILABLE`].
    Unavailable,
    /// Anything else: mostly a mistake in the bot, as a key that is too long.
    Other,
}

/// What a sentence says, by its beginning.
pub fn kind(sentence: &str) -> StoreErrorKind {
    let begins = |with: &str| {
        let rest = sentence.strip_prefix(with);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    if begins(FULL) {
        StoreErrorKind::Full
    } else if begins(UNAVAILABLE) {
        StoreErrorKind::Unavailable
    } else {
        StoreErrorKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_known_by_its_beginning() {
        for (sentence, expected) in [
            (FULL, StoreErrorKind::Full),
            (
                "the store is full: no more than 2 keys",
                StoreErrorKind::Full,
            ),
            (UNAVAILABLE, StoreErrorKind::Unavailable),
            (
                "the store is unavailable: the database does not answer",
                StoreErrorKind::Unavailable,
            ),
            ("the store is fuller: of life", StoreErrorKind::Other),
            (
                "`the store is full` is no whole number",
                StoreErrorKind::Other,
            ),
            ("", StoreErrorKind::Other),
        ] {
            assert_eq!(kind(sentence), expected, "{sentence}");
        }
    }
}
