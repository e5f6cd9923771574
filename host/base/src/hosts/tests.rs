//! Patterns of hosts: what is read, what is refused, and what matches.

use proptest::prelude::*;

use super::*;

fn pattern(text: &str) -> HostPattern {
    HostPattern::parse(text).unwrap_or_else(|error| panic!("{text:?} {error}"))
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|error| panic!("{text:?} {error}"))
}

/// Each spelling of a host gives the same text, which is read again to the same pattern.
#[test]
fn a_pattern_is_shown_in_one_way() {
    for (written, shown) in [
        ("https://api.example.com", "https://api.example.com"),
        ("HTTPS://API.Example.COM:443/", "https://api.example.com"),
        ("http://api.example.com:80", "http://api.example.com"),
        ("https://api.example.com:80", "https://api.example.com:80"),
        ("https://*.Example.com", "https://*.example.com"),
        ("https://*.example.com:8443", "https://*.example.com:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        (
            "https://*.bücher.example",
            "https://*.xn--bcher-kva.example",
        ),
        ("http://localhost:7000", "http://localhost:7000"),
        ("http://192.0.2.7", "http://192.0.2.7"),
        ("http://2130706433", "http://127.0.0.1"),
        ("http://0x7f.1", "http://127.0.0.1"),
        ("http://0177.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://[2001:DB8::0:7]", "https://[2001:db8::7]"),
        ("https://[::ffff:127.0.0.1]:1", "https://[::ffff:7f00:1]:1"),
    ] {
        assert_eq!(pattern(written).to_string(), shown, "{written}");
        assert_eq!(pattern(shown), pattern(written));
    }
}

#[test]
fn what_is_no_pattern_is_refused_with_its_reason() {
    use HostPatternError::{Host, More, Scheme, Wildcard};
    for (written, error) in [
        ("", Scheme),
        ("api.example.com", Scheme),
        ("//api.example.com", Scheme),
        ("https:api.example.com", Scheme),
        ("ftp://api.example.com", Scheme),
        ("wss://api.example.com", Scheme),
        ("*://api.example.com", Scheme),
        (" https://api.example.com", Scheme),
        ("https://", Host),
        ("https:///", Host),
        ("https://:443", Host),
        ("https://api.example.com:", Host),
        ("https://api.example.com:http", Host),
        ("https://api.example.com:65536", Host),
        ("https://api.example.com:-1", Host),
        ("https://api .example.com", Host),
        ("https://api.example.com\n", Host),
        ("https://a\tpi.example.com", Host),
        ("https://api.example.com.", Host),
        ("https://.example.com", Host),
        ("https://api..example.com", Host),
        ("https://api.example.com%2f", Host),
        ("https://1.2.3.4.5", Host),
        ("https://256.0.0.1", Host),
        ("https://[::1", Host),
        ("https://::1", Host),
        ("https://[fe80::1%25eth0]", Host),
        ("https://*.", Host),
        ("https:////api.example.com", More),
        ("https://api.example.com/v1", More),
        ("https://api.example.com//", More),
        ("https://api.example.com?x=1", More),
        ("https://api.example.com#x", More),
        ("https://@api.example.com", More),
        ("https://me:planted@api.example.com", More),
        ("https://api.example.com\\@evil.example", More),
        ("https://*", Wildcard),
        ("https://*.*.example.com", Wildcard),
        ("https://a*.example.com", Wildcard),
        ("https://api.*", Wildcard),
        ("https://*example.com", Wildcard),
        ("https://*.127.0.0.1", Wildcard),
        ("https://*.[::1]", Wildcard),
        ("https://example.com:*", Wildcard),
    ] {
        assert_eq!(HostPattern::parse(written), Err(error), "{written:?}");
    }
    let long = format!("https://{}.example", "a.".repeat(300));
    assert_eq!(HostPattern::parse(&long), Err(Host));
}

#[test]
fn a_pattern_matches_scheme_host_and_port() {
    for (written, matching, others) in [
        (
            "https://api.example.com",
            &[
                "https://api.example.com",
                "https://API.example.com:443/v1?x#y",
                "https://user:word@api.example.com/",
            ][..],
            &[
                "http://api.example.com",
                "http://api.example.com:443",
                "https://api.example.com:8443",
                "https://example.com",
                "https://x.api.example.com",
                "https://api.example.com.",
                "https://api.example.com.evil.example",
                "https://api.example.com@evil.example",
                "https://evil.example/https://api.example.com",
                "wss://api.example.com",
                "data:text/plain,api.example.com",
            ][..],
        ),
        (
            "https://*.example.com:8443",
            &[
                "https://a.example.com:8443",
                "https://a.b.example.com:8443/x",
            ],
            &[
                "https://example.com:8443",
                "https://a.example.com",
                "https://.example.com:8443",
                "https://a..example.com:8443",
                "https://aexample.com:8443",
                "https://a.example.com.:8443",
                "https://a.example.com.evil.example:8443",
            ],
        ),
        (
            "http://127.0.0.1:80",
            &[
                "http://127.0.0.1",
                "http://2130706433/",
                "http://0x7f000001",
                "http://127.1",
            ],
            &[
                "http://127.0.0.2",
                "http://localhost",
                "http://[::ffff:127.0.0.1]",
                "http://127.0.0.1:81",
            ],
        ),
        (
            "https://[::1]",
            &["https://[::1]", "https://[0:0:0:0:0:0:0:1]:443"],
            &["https://[::2]", "https://localhost"],
        ),
        (
            "http://bücher.example",
            &["http://bücher.example", "http://xn--bcher-kva.example"],
            &["http://bucher.example"],
        ),
    ] {
        for text in matching {
            assert!(pattern(written).matches(&url(text)), "{written}: {text}");
        }
        for text in others {
            assert!(!pattern(written).matches(&url(text)), "{written}: {text}");
        }
    }
}

#[test]
fn a_pattern_covers_what_allows_no_more() {
    for (wide, narrow, covers) in [
        ("https://a.example", "https://a.example:443", true),
        ("https://a.example", "http://a.example", false),
        ("https://a.example", "https://a.example:8443", false),
        ("https://a.example", "https://*.a.example", false),
        ("https://*.example", "https://a.example", true),
        ("https://*.example", "https://*.example", true),
        ("https://*.example", "https://*.a.example", true),
        ("https://*.a.example", "https://*.example", false),
        ("https://*.example", "https://example", false),
        ("https://*.ample", "https://*.example", false),
        ("https://*.example", "https://127.0.0.1", false),
        ("https://127.0.0.1", "https://127.1", true),
    ] {
        assert_eq!(
            pattern(wide).covers(&pattern(narrow)),
            covers,
            "{wide} {narrow}"
        );
    }
}

#[test]
fn a_private_host_has_a_port_or_all() {
    for (written, shown, matching, others) in [
        (
            "LocalHost",
            "localhost",
            &["http://localhost", "https://localhost:9/x"][..],
            &["http://127.0.0.1", "http://a.localhost"][..],
        ),
        (
            "10.0.0.7:8080",
            "10.0.0.7:8080",
            &["http://10.0.0.7:8080", "https://167772167:8080"],
            &["http://10.0.0.7", "http://10.0.0.8:8080"],
        ),
        (
            "127.0.0.1:80",
            "127.0.0.1:80",
            &["http://127.0.0.1"],
            &["https://127.0.0.1"],
        ),
        (
            "[::1]",
            "[::1]",
            &["http://[::1]:1", "https://[0::1]"],
            &["http://[::2]", "http://127.0.0.1"],
        ),
        (
            "[::1]:8080",
            "[::1]:8080",
            &["http://[::1]:8080"],
            &["http://[::1]"],
        ),
    ] {
        let host = PrivateHost::parse(written).unwrap();
        assert_eq!(host.to_string(), shown);
        for text in matching {
            assert!(host.matches(&url(text)), "{written}: {text}");
        }
        for text in others {
            assert!(!host.matches(&url(text)), "{written}: {text}");
        }
    }
    for written in [
        "",
        ":80",
        "localhost:",
        "localhost:x",
        "localhost:+1",
        "localhost:65536",
        "localhost.",
        "::1",
        "[::1",
        "[::1]x",
        "[::1]:",
        "http://localhost",
        "localhost/x",
        "me@localhost",
        "*",
        "*.internal",
        "10.0.0.0/8",
        "local host",
        "localhost\n",
    ] {
        assert_eq!(
            PrivateHost::parse(written),
            Err(PrivateHostError),
            "{written:?}"
        );
    }
}

proptest! {
    /// No text panics; what is read is shown so that it is read again, and covers itself.
    #[test]
    fn what_is_read_is_shown_and_read_again(text in r"(https?://)?(\*\.)?[a-zA-Z0-9.\-\[\]:*ü%@/]{0,20}|.{0,40}") {
        if let Ok(read) = HostPattern::parse(&text) {
            prop_assert_eq!(HostPattern::parse(&read.to_string()), Ok(read.clone()));
            prop_assert!(read.covers(&read));
        }
        if let Ok(read) = PrivateHost::parse(&text) {
            prop_assert_eq!(PrivateHost::parse(&read.to_string()), Ok(read));
        }
    }

    /// A pattern that allows one host matches what a URL makes of the same text.
    #[test]
    fn a_pattern_matches_its_own_url(text in r"https?://([a-z0-9\-]{1,8}\.){0,3}[a-z]{1,8}(:[0-9]{1,5})?") {
        if let Ok(read) = HostPattern::parse(&text) {
            let url = Url::parse(&text).unwrap();
            prop_assert!(read.matches(&url));
        }
    }
}
