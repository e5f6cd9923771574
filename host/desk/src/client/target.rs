//! Which bot is meant, and why it cannot be reached.

use std::{fmt, time::Duration};

use url::{Host, Url};

use ravenry_base::{
    report::Problem,
    secret::{Secret, without_user},
};
use ravenry_outbound::SendError;

/// A server bot as others see it: its URL, and its access key if it wants one.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it is.
    pub url: Url,
    /// What stands after `Bearer`.
    pub key: Option<Secret>,
}

/// A text that names no bot's URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no URL of a bot: {why}")]
pub struct InvalidTarget {
    text: String,
    why: String,
}

impl InvalidTarget {
    /// What to write instead.
    pub fn hint(&self) -> String {
        "write it as in http://127.0.0.1:8080/cat".to_owned()
    }
}

impl Target {
    /// The bot at this URL. Without a scheme, this machine is spoken to in plain HTTP and others
    /// over TLS: `localhost:8080/cat`, `bots.example.com/cat`.
    ///
    /// # Errors
    /// Whatever is no URL with `http` or `https`.
    pub fn parse(text: &str, key: Option<Secret>) -> Result<Self, InvalidTarget> {
        let wrong = |why: &dyn fmt::Display| InvalidTarget {
            text: without_user(text),
            why: why.to_string(),
        };
        let with = |scheme: &str| Url::parse(&format!("{scheme}://{text}"));
        // One slash is a slip that is read as two; with another scheme before it, this would be a host.
        let url = if text.contains(":/") {
            Url::parse(text)
        } else {
            with("https").and_then(|url| if is_here(&url) { with("http") } else { Ok(url) })
        };
        let url = url.map_err(|error| wrong(&error))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(&"it begins neither with `http` nor with `https`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong(
                &"it holds a password; an access key is given with `--key`",
            ));
        }
        Ok(Self { url, key })
    }

    /// Whether it is on this machine.
    pub fn is_here(&self) -> bool {
        is_here(&self.url)
    }
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url} does not answer: {why}")]
pub struct Unreachable {
    url: String,
    /// In words, without the URL.
    pub why: String,
    hint: Option<String>,
}

impl Unreachable {
    pub(super) fn new(target: &Target, why: &SendError) -> Self {
        let hint = match why {
            SendError::Refused if target.is_here() => {
                Some("start the server there, as with `ravenry up`; or correct the port")
            }
            SendError::Refused | SendError::Name | SendError::Unreachable => {
                Some("correct the host or the port")
            }
            SendError::Tls(_) | SendError::Protocol | SendError::Terminated => {
                Some("perhaps the other of `http` and `https` is spoken there")
            }
            SendError::Certificate(_) => Some(
                "the platform would not trust it either; an authority of your own is named in SSL_CERT_FILE",
            ),
            _ => None,
        };
        Self {
            url: target.url.to_string(),
            why: why.to_string(),
            hint: hint.map(str::to_owned),
        }
    }

    pub(super) fn broken(target: &Target, error: &reqwest::Error) -> Self {
        Self::new(target, &SendError::of(error))
    }

    pub(super) fn silent(target: &Target, most: Duration) -> Self {
        Self::new(target, &SendError::FirstByteTimeout(most))
    }

    pub(super) fn too_long(target: &Target, bytes_max: usize) -> Self {
        let most = u64::try_from(bytes_max).unwrap_or(u64::MAX);
        Self::new(target, &SendError::BodyTooLarge(most))
    }

    /// For a person at a terminal.
    pub fn problem(&self) -> Problem {
        Problem {
            message: format!("{} does not answer", self.url),
            causes: vec![self.why.clone()],
            hint: self.hint.clone(),
            ..Problem::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_may_be_left_out() {
        for (text, url) in [
            ("localhost:8080/cat", "http://localhost:8080/cat"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("[::1]:8080/cat", "http://[::1]:8080/cat"),
            ("bots.example.com/cat", "https://bots.example.com/cat"),
            ("http://10.0.0.1/cat", "http://10.0.0.1/cat"),
        ] {
            assert_eq!(Target::parse(text, None).unwrap().url.as_str(), url);
        }
    }

    #[test]
    fn what_names_no_bot_is_refused_with_a_reason() {
        for (text, why) in [
            ("", "empty host"),
            (
                "ftp://example.com/cat",
                "it begins neither with `http` nor with `https`",
            ),
            (
                "https://me:secret@example.com/cat",
                "it holds a password; an access key is given with `--key`",
            ),
        ] {
            assert_eq!(Target::parse(text, None).unwrap_err().why, why);
        }
    }

    #[test]
    fn passwords_are_not_repeated() {
        for (text, said) in [
            ("http://u:planted@host/", "http://***@host/"),
            ("u:planted@host/cat", "***@host/cat"),
            ("http://u:planted/x@host", "http://***@host"),
            ("http://u:pla@nted@[::1", "http://***@[::1"),
            ("http://:planted@host:99999/", "http://***@host:99999/"),
            ("ftp://planted@host/", "ftp://***@host/"),
            ("ftp://host/", "ftp://host/"),
        ] {
            let error = Target::parse(text, None).unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("`{said}` is no URL")),
                "{error}"
            );
            assert!(!format!("{error:?}").contains("planted"), "{error:?}");
        }
    }
}
