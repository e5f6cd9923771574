//! URLs, whole and broken.

use super::*;
use crate::failure::HttpError;

#[test]
fn a_url_is_taken_apart_and_never_repeated() {
    let cases = [
        ("https://a.test", Some(("https://a.test", "/"))),
        (
            "HTTP://a.test:8080/x/y",
            Some(("http://a.test:8080", "/x/y")),
        ),
        ("https://a.test?q=1", Some(("https://a.test", "/?q=1"))),
        (
            "https://a.test/?q=a/b#f/g",
            Some(("https://a.test", "/?q=a/b")),
        ),
        ("https://a.test#f", Some(("https://a.test", "/"))),
        ("https://[::1]:8/x", Some(("https://[::1]:8", "/x"))),
        ("https:///secret", None),
        ("https://me:secret@a.test/", None),
        ("ftp://secret", None),
        ("secret", None),
    ];
    for (url, expected) in cases {
        match (Target::parse(url), expected) {
            (Ok(target), Some((origin, path))) => {
                assert_eq!(
                    (target.origin().as_str(), target.path.as_str()),
                    (origin, path)
                );
            }
            (Err(HttpError::Invalid(sentence)), None) => {
                assert!(!sentence.contains("secret"), "{sentence}");
            }
            (parsed, _) => panic!("{url}: {parsed:?}"),
        }
    }
}
