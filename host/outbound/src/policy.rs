//! Whether a URL may be sent to at all, before anything is resolved.
//!
//! Looks at the URL as the connection will see it: parsed by the rules of browsers, so that
//! `0x7f.1`, `2130706433` and `0177.0.0.1` are 127.0.0.1 here as well. Names are judged later, by
//! the addresses that they lead to. Pure.

use std::net::IpAddr;

use url::{Host, Url};

use super::{SendError, address};
use ravenry_base::hosts::PrivateHost;

/// Which addresses a request may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Public ones.
    Public,
    /// Any: the operator has named the host.
    Private,
}

/// Decides about one URL.
///
/// # Errors
/// [`SendError::Url`] when it is not plain HTTP or HTTPS to a host, [`SendError::Address`] when it
/// has an address in place of a name, and the address is not public.
pub(super) fn reach(url: &Url, private: &[PrivateHost]) -> Result<Reach, SendError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(SendError::Url("its scheme is not `http` or `https`"));
    }
    // A client would turn these into a header that the bot did not ask for.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SendError::Url("it has a user or a password in it"));
    }
    if url.port() == Some(0) {
        return Err(SendError::Url("there is no port 0"));
    }
    let host = url.host().ok_or(SendError::Url("it has no host"))?;
    if private.iter().any(|known| known.matches(url)) {
        return Ok(Reach::Private);
    }
    let address = match host {
        Host::Domain(_) => return Ok(Reach::Public),
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => IpAddr::V6(address),
    };
    match address::refusal(address) {
        None => Ok(Reach::Public),
        Some(block) => Err(SendError::Address { address, block }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(url: &str, private: &[&str]) -> Result<Reach, SendError> {
        let private: Vec<_> = private
            .iter()
            .map(|host| PrivateHost::parse(host).unwrap())
            .collect();
        reach(&Url::parse(url).unwrap(), &private)
    }

    #[test]
    fn an_address_is_seen_in_every_way_of_writing_it() {
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://017700000001/",
            "http://127.0.0.1./",
            "http://１２７.0.0.1/",
            "http://127。0。0。1/",
            "http://%31%32%37.0.0.1/",
            "http://[::1]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://0/",
            "https://10.0.0.1:8443/x",
            "http://169.254.169.254/latest/meta-data/",
            "http://0xa9fea9fe/",
            "http://[fd00:ec2::254]/latest/",
        ] {
            let found = judged(url, &[]);
            assert!(
                matches!(found, Err(SendError::Address { .. })),
                "{url}: {found:?}"
            );
        }
    }

    #[test]
    fn public_addresses_and_names_pass() {
        for url in [
            "http://8.8.8.8/",
            "https://[2606:4700:4700::1111]/",
            "https://example.com/",
            "http://localhost/",
        ] {
            assert!(matches!(judged(url, &[]), Ok(Reach::Public)), "{url}");
        }
    }

    #[test]
    fn what_the_operator_names_is_allowed_and_nothing_beside_it() {
        let private = ["127.0.0.1:8080", "localhost", "[::1]"];
        for (url, allowed) in [
            ("http://127.0.0.1:8080/", true),
            ("http://0x7f.1:8080/", true),
            ("http://127.0.0.1:8081/", false),
            ("http://127.0.0.2:8080/", false),
            ("http://localhost:1/", true),
            ("http://[::1]:99/", true),
            ("http://[::2]/", false),
        ] {
            let found = judged(url, &private);
            assert_eq!(
                matches!(found, Ok(Reach::Private)),
                allowed,
                "{url}: {found:?}"
            );
        }
    }

    #[test]
    fn only_plain_http_and_https_go_out() {
        for url in [
            "ftp://example.com/",
            "file:///etc/passwd",
            "ws://example.com/",
            "http://user@example.com/",
            "http://:secret@example.com/",
            "http://example.com:0/",
        ] {
            let found = judged(url, &["example.com"]);
            assert!(matches!(found, Err(SendError::Url(_))), "{url}: {found:?}");
        }
    }
}
