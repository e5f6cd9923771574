//! Numbers, durations, tables, and words for a shell, as verbs print them.

use std::time::Duration;

/// A style for tables: one line below the header, nothing else.
pub(super) const LINE_BELOW_HEADER: &str = "     ──             ";

/// A number with its noun, which is given for one of them.
pub(super) fn counted(number: u64, noun: &str) -> String {
    let vowels = ['a', 'e', 'i', 'o', 'u'];
    let stem = noun
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(vowels));
    match stem {
        _ if number == 1 => format!("1 {noun}"),
        Some(stem) => format!("{number} {stem}ies"),
        None => format!("{number} {noun}s"),
    }
}

/// What is counted in memory, as a number of the above.
pub(super) fn as_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// A duration in as many digits as a person reads: whole milliseconds, from a second on hundredths.
pub(super) fn rounded(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.2} s", duration.as_secs_f64())
    }
}

/// A word for a POSIX shell in quotes, whatever is in it.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The same, without quotes where the shell needs none.
pub(super) fn quoted_if_needed(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./+@%:,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        quoted(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_nouns() {
        assert_eq!(counted(1, "reply"), "1 reply");
        assert_eq!(counted(2, "reply"), "2 replies");
        assert_eq!(counted(0, "key"), "0 keys");
        assert_eq!(counted(3, "core module"), "3 core modules");
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("it's; rm"), r"'it'\''s; rm'");
        assert_eq!(quoted_if_needed("bots/cat"), "bots/cat");
        assert_eq!(quoted_if_needed("my cat"), "'my cat'");
        assert_eq!(quoted_if_needed(""), "''");
    }
}
