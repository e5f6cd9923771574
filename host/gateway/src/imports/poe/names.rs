//! Names and addresses of files, as bots give them: none is trusted.

use percent_encoding::percent_decode_str;
use url::Url;

use super::PoeError;

/// Longest name of a file, in bytes; that of common file systems.
const FILE_NAME_BYTES_MAX: usize = 255;

/// Longest URL of a file to be fetched, in bytes: what servers take as a rule.
const URL_BYTES_MAX: usize = 8 * 1024;

/// Longest media type, in bytes: two names of 127 and a slash (RFC 6838).
const CONTENT_TYPE_BYTES_MAX: usize = 255;

/// A URL that a bot has made up.
pub(super) fn fetched(url: &str) -> Result<Url, PoeError> {
    if url.len() > URL_BYTES_MAX {
        let words = format!("a URL has at most {URL_BYTES_MAX} bytes");
        return Err(PoeError::Invalid(words));
    }
    web(url)
}

/// A media type of a length that there is. What else is in it, the request tells.
pub(super) fn content_type(name: Option<&str>) -> Result<(), PoeError> {
    if name.is_some_and(|name| name.len() > CONTENT_TYPE_BYTES_MAX) {
        let words = format!("a content type has at most {CONTENT_TYPE_BYTES_MAX} bytes");
        return Err(PoeError::Invalid(words));
    }
    Ok(())
}

/// A URL of the web.
pub(super) fn web(url: &str) -> Result<Url, PoeError> {
    Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| PoeError::Invalid("the URL is no `http` or `https` URL".to_owned()))
}

/// A name that a file can have.
pub(super) fn file_name(name: &str) -> Result<&str, PoeError> {
    if name.is_empty() || name.len() > FILE_NAME_BYTES_MAX || name.chars().any(char::is_control) {
        return Err(PoeError::Invalid(format!(
            "the name of a file is 1 to {FILE_NAME_BYTES_MAX} bytes without control characters"
        )));
    }
    Ok(name)
}

/// The last part of a URL's path, as the reference library names what it fetches.
pub(super) fn last_part(url: &Url) -> String {
    let last = url.path_segments().and_then(Iterator::last).unwrap_or("");
    let name = percent_decode_str(last).decode_utf8_lossy();
    file_name(&name).map_or_else(|_| "downloaded_file".to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_the_last_part_of_its_path() {
        let cases = [
            ("https://a/b/c.txt?x=1#y", "c.txt"),
            ("https://a/cat%20pic.png", "cat pic.png"),
            ("https://a/a+b.txt", "a+b.txt"),
            ("https://a/a&b=c.txt", "a&b=c.txt"),
            ("https://a/", "downloaded_file"),
            ("https://a/%00", "downloaded_file"),
        ];
        for (url, name) in cases {
            assert_eq!(last_part(&web(url).unwrap()), name, "{url}");
        }
    }

    /// A name stands in a header of its part: nothing in it may begin another one.
    #[test]
    fn a_name_begins_no_header() {
        for name in [
            "",
            "a\r\nevil: 1",
            "a\nb",
            "a\rb",
            "a\0b",
            "a\tb",
            "a\u{7f}b",
            "a\u{85}b",
            &"x".repeat(256),
        ] {
            assert!(file_name(name).is_err(), "{name:?}");
        }
        for name in ["a\"; name=\"b", "a\\", "a%0d%0ab", "\u{1f431}.txt", ".."] {
            assert_eq!(file_name(name), Ok(name));
        }
    }

    /// What is kept while the platform is waited for has a bound.
    #[test]
    fn nothing_is_longer_than_it_can_be() {
        let url = |bytes: usize| format!("https://a/{}", "x".repeat(bytes - 10));
        assert!(fetched(&url(URL_BYTES_MAX)).is_ok());
        assert!(fetched(&url(URL_BYTES_MAX + 1)).is_err());
        for (bytes, good) in [
            (CONTENT_TYPE_BYTES_MAX, true),
            (CONTENT_TYPE_BYTES_MAX + 1, false),
        ] {
            assert_eq!(
                content_type(Some(&"x".repeat(bytes))).is_ok(),
                good,
                "{bytes}"
            );
        }
        assert!(content_type(None).is_ok());
    }

    #[test]
    fn only_the_web_has_files() {
        for url in ["", "file:///a", "ftp://a/b", "data:,x", "a/b"] {
            assert!(matches!(web(url), Err(PoeError::Invalid(_))), "{url}");
        }
    }
}
