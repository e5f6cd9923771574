//! Hosts as people write them: where a bot may send requests, and which private addresses are meant.
//!
//! Text in, something that a URL can be compared with out. Both sides are read by the rules of
//! browsers (WHATWG URL), so `https://EXAMPLE.com:443` and `https://example.com` are one host, and
//! `http://2130706433` is 127.0.0.1. Nothing is resolved here. No error repeats what was written: a
//! URL can have a password in it.

use std::fmt;

use thiserror::Error;
use url::{Host, Url};

/// Longest text that is read: a scheme, a name of 253 bytes by RFC 1035, and a port; twice that
/// for names that become longer in ASCII.
const TEXT_BYTES_MAX: usize = 512;

/// Where a bot may send requests: a scheme, a host and a port.
///
/// | written | meant |
/// |---|---|
/// | `https://api.example.com` | this host on port 443, with TLS |
/// | `http://api.example.com:8080` | this host on this port, without TLS |
/// | `https://*.example.com` | every name below `example.com`, but not `example.com` itself |
/// | `http://192.0.2.7`, `https://[2001:db8::7]` | this address |
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPattern {
    scheme: Scheme,
    names: Names,
    /// The port that is connected to, written or not.
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Scheme {
    Http,
    Https,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Names {
    /// This name or address alone.
    One(Host<String>),
    /// Every name that ends with a dot and this.
    Below(String),
}

/// Why a text is no [`HostPattern`], as the end of a sentence that begins with what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HostPatternError {
    /// There is no `http://` or `https://` at the beginning.
    #[error("does not start with `https://` or `http://`")]
    Scheme,
    /// A path, a query, a fragment, a user or a password.
    #[error("has more in it than scheme, host and port")]
    More,
    /// A `*` that is not the whole first label, or stands before an address or nothing.
    #[error("has a `*` where none can be")]
    Wildcard,
    /// No URL could have such a host and port.
    #[error("has no valid host and port")]
    Host,
}

impl HostPatternError {
    /// What to write.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Scheme | Self::Host => {
                "write \"https://api.example.com\", with a port behind it where it is another than the usual"
            }
            Self::More => {
                "write \"https://api.example.com\" alone: all paths of a host are allowed, or none"
            }
            Self::Wildcard => {
                "write \"https://*.example.com\" for all names below `example.com`; every other host is written in full"
            }
        }
    }
}

impl HostPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// See [`HostPatternError`]. A `/` at the end is let be.
    pub fn parse(text: &str) -> Result<Self, HostPatternError> {
        let (written, rest) = text.split_once("://").ok_or(HostPatternError::Scheme)?;
        let scheme = Scheme::parse(written).ok_or(HostPatternError::Scheme)?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        plain(authority)?;
        let (below, authority) = authority
            .strip_prefix("*.")
            .map_or((false, authority), |authority| (true, authority));
        if authority.contains('*') {
            return Err(HostPatternError::Wildcard);
        }
        if authority.ends_with(':') {
            return Err(HostPatternError::Host);
        }
        let url = Url::parse(&format!("{}://{authority}", scheme.as_str()));
        let url = url.map_err(|_| HostPatternError::Host)?;
        let (host, port) = url
            .host()
            .zip(url.port_or_known_default())
            .ok_or(HostPatternError::Host)?;
        let names = match host {
            // A host that ends with a dot is the same for DNS and another for everything else.
            Host::Domain(name) if !labelled(name) => return Err(HostPatternError::Host),
            Host::Domain(name) if below => Names::Below(name.to_owned()),
            _ if below => return Err(HostPatternError::Wildcard),
            host => Names::One(host.to_owned()),
        };
        Ok(Self {
            scheme,
            names,
            port,
        })
    }

    /// Whether a request to this URL goes where the pattern says: scheme, host and port are looked at.
    pub fn matches(&self, url: &Url) -> bool {
        url.scheme() == self.scheme.as_str()
            && url.port_or_known_default() == Some(self.port)
            && match (&self.names, url.host()) {
                (Names::One(one), Some(host)) => same(one, &host),
                (Names::Below(parent), Some(Host::Domain(name))) => is_below(name, parent),
                _ => false,
            }
    }

    /// Whether this pattern allows all that `other` allows.
    pub fn covers(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && self.port == other.port
            && match (&self.names, &other.names) {
                (Names::One(one), Names::One(other)) => one == other,
                (Names::Below(parent), Names::One(Host::Domain(name))) => is_below(name, parent),
                (Names::Below(parent), Names::Below(other)) => {
                    parent == other || is_below(other, parent)
                }
                _ => false,
            }
    }
}

/// As it can be written again: with the port where it is not the usual one of the scheme.
impl fmt::Display for HostPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://", self.scheme.as_str())?;
        match &self.names {
            Names::One(host) => write!(formatter, "{host}")?,
            Names::Below(parent) => write!(formatter, "*.{parent}")?,
        }
        if self.port == self.scheme.port() {
            Ok(())
        } else {
            write!(formatter, ":{}", self.port)
        }
    }
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        [Self::Http, Self::Https]
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.as_str()))
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A host whose private address is meant: `localhost`, `10.0.0.7:8080`, `[::1]`.
///
/// Requests to addresses that are not public are refused, except to such a host. It allows no bot
/// anything: what a bot may reach is for its own [`HostPattern`]s to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PrivateHost {
    host: Host<String>,
    /// `None`: every port.
    port: Option<u16>,
}

/// Why a text is no [`PrivateHost`], as the end of a sentence that begins with what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is not `HOST` or `HOST:PORT`")]
pub struct PrivateHostError;

impl PrivateHostError {
    /// What to write.
    pub fn hint(self) -> &'static str {
        "write \"localhost\", \"10.0.0.7:8080\" or \"[::1]:8080\", without scheme, path or `*`"
    }
}

impl PrivateHost {
    /// Reads a host, with a port or without.
    ///
    /// # Errors
    /// When it is neither. An IPv6 address stands in brackets.
    pub fn parse(text: &str) -> Result<Self, PrivateHostError> {
        plain(text).map_err(|_| PrivateHostError)?;
        // The last colon outside of brackets is in front of a port.
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (text, None),
        };
        let digits =
            |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = match port {
            Some(port) if digits(port) => Some(port.parse().map_err(|_| PrivateHostError)?),
            Some(_) => return Err(PrivateHostError),
            None => None,
        };
        let host = Host::parse(host).map_err(|_| PrivateHostError)?;
        match &host {
            Host::Domain(name) if !labelled(name) || name.contains('*') => Err(PrivateHostError),
            _ => Ok(Self { host, port }),
        }
    }

    /// Whether a request to this URL goes to this host.
    pub fn matches(&self, url: &Url) -> bool {
        url.host().is_some_and(|host| same(&self.host, &host))
            && self
                .port
                .is_none_or(|port| url.port_or_known_default() == Some(port))
    }
}

impl fmt::Display for PrivateHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.host)?;
        match self.port {
            Some(port) => write!(formatter, ":{port}"),
            None => Ok(()),
        }
    }
}

/// Browsers drop line breaks, take `\` for `/`, and forgive more; in a file that grants something,
/// such text is a mistake.
fn plain(authority: &str) -> Result<(), HostPatternError> {
    if authority.contains(['/', '?', '#', '@', '\\']) {
        return Err(HostPatternError::More);
    }
    let blank = |c: char| c.is_whitespace() || c.is_control();
    if authority.is_empty() || authority.len() > TEXT_BYTES_MAX || authority.contains(blank) {
        return Err(HostPatternError::Host);
    }
    Ok(())
}

/// Whether a name consists of labels with one dot between two of them.
fn labelled(name: &str) -> bool {
    name.split('.').all(|label| !label.is_empty())
}

fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent)
        .and_then(|rest| rest.strip_suffix('.'))
        .is_some_and(labelled)
}

fn same(one: &Host<String>, other: &Host<&str>) -> bool {
    match (one, other) {
        (Host::Domain(one), Host::Domain(other)) => one == other,
        (Host::Ipv4(one), Host::Ipv4(other)) => one == other,
        (Host::Ipv6(one), Host::Ipv6(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
