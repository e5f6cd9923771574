//! Takes users and passwords out of what repeats a URL, or what the user has typed for one.

/// What stands where a user and a password were.
const MASKED: &str = "***";

/// Where words end: our messages put what they repeat between backticks.
fn ends_word(character: char) -> bool {
    character.is_whitespace() || character == '`'
}

/// What the user has typed for a URL, without the user and the password in it. It may be no URL at all:
/// whatever stands before an `@` is taken for one.
pub fn without_user(text: &str) -> String {
    let is_named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let named = text.trim_start_matches(is_named).starts_with(":/");
    let start = authority(text).filter(|_| named || text.starts_with("//"));
    let (scheme, rest) = text
        .split_at_checked(start.unwrap_or_default())
        .unwrap_or(("", text));
    scheme.to_owned() + &hidden(rest)
}

/// What stands behind the last `@`; all of it where there is none.
fn hidden(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, host)) => format!("{MASKED}@{host}"),
        None => text.to_owned(),
    }
}

/// A message without the users and the passwords of what it repeats, where that looks like a URL: `http://u:p@h`,
/// `//u:p@h`, `http:/u:p@h` and `u:p@h`, the last three mistyped.
pub fn without_users(message: &str) -> String {
    message.split_inclusive(ends_word).map(masked).collect()
}

fn masked(word: &str) -> String {
    let mut start = 0;
    // Behind a host there may be another, as in `http://127.0.0.1//u:p@h`.
    while let Some((before, rest)) = word.split_at_checked(start)
        && rest.contains('@')
        && let Some(length) = authority(rest)
        && let Some((slashes, rest)) = rest.split_at_checked(length)
    {
        let named = rest.split(['/', '\\', '?', '#']).next().unwrap_or(rest);
        if !is_host(named) {
            return format!("{}{slashes}{}", without_schemes(before), hidden(rest));
        }
        start = start.saturating_add(length);
    }
    if start > 0 {
        without_schemes(word)
    } else {
        // No URL: a password may have anything in it.
        let (flag, value) = word.split_once('=').unwrap_or(("", word));
        if flag.is_empty() || flag.contains([':', '@']) {
            without_scheme(word)
        } else {
            format!("{flag}={}", without_scheme(value))
        }
    }
}

fn without_schemes(word: &str) -> String {
    let is_end = |character| matches!(character, '/' | '\\' | '?' | '#');
    word.split_inclusive(is_end).map(without_scheme).collect()
}

/// What is no URL, or a part of a path: `u:p@h` is a user with a password, and `wasi:cli@0.2.3` a package with its
/// version, which has three numbers.
fn without_scheme(part: &str) -> String {
    let is_version = |text: &str| {
        let numbers = text.split(['-', '+']).next().unwrap_or_default().split('.');
        numbers.count() <= 3 && text.starts_with(|c: char| c.is_ascii_digit())
    };
    match part.rsplit_once('@') {
        Some((user, rest)) if user.contains(':') && !is_version(rest) => hidden(part),
        _ => part.to_owned(),
    }
}

/// Where the user or the host of the first URL in a text begins: behind `//`, or `/` after a scheme.
fn authority(text: &str) -> Option<usize> {
    let is_slash = |character| matches!(character, '/' | '\\');
    let slashes = text.match_indices(is_slash).find(|(at, slash)| {
        let before = text.get(..*at).unwrap_or_default();
        let after = text
            .get(at.saturating_add(slash.len())..)
            .unwrap_or_default();
        before.ends_with(':') || after.starts_with(is_slash)
    });
    let (at, _) = slashes?;
    let rest = text.get(at..)?.trim_start_matches(is_slash);
    text.len().checked_sub(rest.len())
}

/// Whether this, up to the first `/`, can only be a host with its port: what else holds a colon is a user with
/// the beginning of a password.
fn is_host(text: &str) -> bool {
    let name = text.trim_end_matches(|c: char| c.is_ascii_digit());
    !text.contains('@') && (text.starts_with('[') || !name.trim_end_matches(':').contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_passwords_are_not_repeated() {
        for (message, said) in [
            (
                "`http://u:planted@host/` is wrong",
                "`http://***@host/` is wrong",
            ),
            (
                "'http://u:planted@host/' and x@y",
                "'http://***@host/' and x@y",
            ),
            ("--to=http:/u:planted@host/", "--to=http:/***@host/"),
            ("`//u:planted@host/`", "`//***@host/`"),
            (r"http:\\u:planted@host\", r"http:\\***@host\"),
            ("http://u:pla@nted@[::1", "http://***@[::1"),
            ("http://u:planted/x@host", "http://***@host"),
            ("http://:planted@host:99999/", "http://***@host:99999/"),
            ("ftp://planted@host/", "ftp://***@host/"),
            (
                "http://127.0.0.1:8080//u:planted@host/ does not answer",
                "http://127.0.0.1:8080//***@host/ does not answer",
            ),
            (
                "http://http/u:planted@host//x does not answer",
                "http://http/***@host//x does not answer",
            ),
            (
                "cannot listen on `u:planted@127.0.0.1`",
                "cannot listen on `***@127.0.0.1`",
            ),
            (
                "cannot read `u:pla,n=t/e?d@host/x`",
                "cannot read `***@host/x`",
            ),
            (
                "invalid value '--to=u:planted@host'",
                "invalid value '--to=***@host'",
            ),
        ] {
            assert_eq!(without_users(message), said);
        }
    }

    #[test]
    fn what_is_no_user_stays() {
        for message in [
            "imports `wasi:http/types@0.2.0`, which is not offered",
            "https://example.com/@me/bot does not answer",
            "https://esm.sh:443/react@18 and http://[::1]:80/x@y",
            "cannot read `plugins/me@home/ravenry.toml`",
            "http://host/\nmail me@host",
            "was built against `ravenry:bot@0.2.0`; `wasi:cli@0.2.3-rc.1`, `a:b@1`",
        ] {
            assert_eq!(without_users(message), message);
        }
    }
}
