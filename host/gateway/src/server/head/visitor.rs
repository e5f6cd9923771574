//! Whether it is a web page of another site that asks.
//!
//! A browser lets any page send requests to any address, such as this machine's own: only their answers are
//! kept from it. It says whose page it is in `Origin`. Where a page's host name is made to lead here after
//! it was loaded (DNS rebinding), the page is of that name and may read the answers too: then `Host` tells.

use std::net::Ipv4Addr;

use http::{HeaderMap, header};

/// Whether a page from elsewhere sent a request for `host` (as `head` reads it), which came for `authority`.
pub(in crate::server) fn is_foreign(host: &str, authority: &str, headers: &HeaderMap) -> bool {
    // A name can be made to lead anywhere; an address leads to itself.
    let is_address = host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok();
    // No browser leaves it out.
    let is_ours = host.is_empty() || host == "localhost" || host.ends_with(".localhost");
    if !is_address && !is_ours {
        return true;
    }
    let own = |origin: &[u8]| {
        let origin = origin.strip_prefix(b"http://");
        origin.is_some_and(|origin| origin.eq_ignore_ascii_case(authority.as_bytes()))
    };
    let mut origins = headers.get_all(header::ORIGIN).iter();
    !origins.all(|origin| own(origin.as_bytes()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn pages_of_others_are_told_from_our_own() {
        for (host, authority, origin, expected) in [
            ("localhost", "localhost:8080", None, false),
            ("", "", None, false),
            ("127.0.0.1", "127.0.0.1:8080", None, false),
            ("[::1]", "[::1]:8080", None, false),
            ("cat.localhost", "cat.localhost", None, false),
            (
                "localhost",
                "localhost:8080",
                Some("http://localhost:8080"),
                false,
            ),
            ("127.0.0.1", "127.0.0.1", Some("http://127.0.0.1"), false),
            (
                "localhost",
                "localhost:8080",
                Some("http://localhost:3000"),
                true,
            ),
            (
                "localhost",
                "localhost:8080",
                Some("http://localhost"),
                true,
            ),
            (
                "localhost",
                "localhost:8080",
                Some("https://evil.example"),
                true,
            ),
            ("localhost", "localhost:8080", Some("null"), true),
            ("localhost", "localhost:8080", Some(""), true),
            ("evil.example", "evil.example:8080", None, true),
            (
                "evil.example",
                "evil.example",
                Some("http://evil.example"),
                true,
            ),
            (
                "127.0.0.1.evil.example",
                "127.0.0.1.evil.example",
                None,
                true,
            ),
            ("evillocalhost", "evillocalhost", None, true),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            let found = is_foreign(host, authority, &headers);
            assert_eq!(found, expected, "{host} {authority} {origin:?}");
        }
    }
}
