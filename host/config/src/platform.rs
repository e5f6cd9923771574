//! Where Poe is: its URLs, as files and flags give them.

use thiserror::Error;
use url::Url;

/// Where Poe takes questions to bots, settings and costs, by default.
///
/// Source: `fastapi_poe.client` 0.0.83, of 2025.
pub const POE_API: &str = "https://api.poe.com/";

/// Where Poe takes files, by default. Source: the same.
pub const POE_UPLOAD: &str = "https://www.quora.com/poe_api/file_upload_3RD_PARTY_POST";

/// Where the platform is: Poe itself, or something that plays it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoeUrls {
    /// Base of questions to bots, settings and costs: its path ends with `/`, so that it can be
    /// joined with `bot/NAME`. Has no query, no fragment and no user.
    pub api: Url,
    /// Where files are posted. Has no fragment and no user.
    pub upload: Url,
    /// Where else attachments of queries lie: bots may read them there, although the address is private, and send
    /// nothing there.
    pub files: Option<Url>,
}

impl Default for PoeUrls {
    /// Poe itself.
    #[expect(
        clippy::expect_used,
        reason = "both are constants, and a test makes them"
    )]
    fn default() -> Self {
        Self {
            api: Url::parse(POE_API).expect("a URL"),
            upload: Url::parse(POE_UPLOAD).expect("a URL"),
            files: None,
        }
    }
}

/// Why a text is no URL of Poe, as the end of a sentence that begins with what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PoeUrlError {
    /// It is no URL with `https` or `http`, or too long for one.
    #[error("is not a URL that starts with `https://` or `http://`")]
    Url,
    /// A user or a password would be sent on in the open, and stand in logs.
    #[error("has a user or a password in it")]
    User,
    /// What is joined to a base must not end in a query or a fragment.
    #[error("has a query or a fragment")]
    Query,
}

impl PoeUrlError {
    /// What to write.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Url => "write it in full, such as \"http://127.0.0.1:8081\"",
            Self::User => "Poe knows bots by their access keys alone: take it out",
            Self::Query => "write scheme, host, port and path alone",
        }
    }
}

/// Longest URL, in bytes: what servers commonly take in a request line.
const URL_BYTES_MAX: usize = 8192;

/// Reads the base of questions, settings and costs. Its path ends with `/` afterwards.
///
/// # Errors
/// See [`PoeUrlError`].
pub fn api(text: &str) -> Result<Url, PoeUrlError> {
    let mut url = upload(text)?;
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// Reads the URL that files are posted to.
///
/// # Errors
/// See [`PoeUrlError`].
pub fn upload(text: &str) -> Result<Url, PoeUrlError> {
    let url = Url::parse(text).map_err(|_| PoeUrlError::Url)?;
    let spelled = text.get(..url.scheme().len().saturating_add(3));
    let whole = spelled.is_some_and(|start| start.ends_with("://"));
    if !["http", "https"].contains(&url.scheme()) || !whole || text.len() > URL_BYTES_MAX {
        Err(PoeUrlError::Url)
    } else if !url.username().is_empty() || url.password().is_some() {
        Err(PoeUrlError::User)
    } else if url.query().is_some() || url.fragment().is_some() {
        Err(PoeUrlError::Query)
    } else {
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_ends_with_a_slash_and_a_target_stays_as_it_is() {
        for (written, base, target) in [
            (
                "https://api.poe.com",
                "https://api.poe.com/",
                "https://api.poe.com/",
            ),
            (
                "http://127.0.0.1:80",
                "http://127.0.0.1/",
                "http://127.0.0.1/",
            ),
            (
                "http://[::1]:7000/fake",
                "http://[::1]:7000/fake/",
                "http://[::1]:7000/fake",
            ),
            (
                "HTTP://Localhost/a/",
                "http://localhost/a/",
                "http://localhost/a/",
            ),
        ] {
            assert_eq!(api(written).unwrap().as_str(), base);
            assert_eq!(upload(written).unwrap().as_str(), target);
        }
    }

    #[test]
    fn what_is_no_url_of_poe_is_refused() {
        use PoeUrlError::{Query, Url, User};
        for (written, error) in [
            ("", Url),
            ("api.poe.com", Url),
            ("https:api.poe.com", Url),
            ("ftp://api.poe.com", Url),
            ("file:///etc/passwd", Url),
            ("https://", Url),
            ("https://me@api.poe.com", User),
            ("https://:planted@api.poe.com", User),
            ("https://api.poe.com?key=1", Query),
            ("https://api.poe.com/#x", Query),
        ] {
            assert_eq!(api(written), Err(error), "{written}");
            assert_eq!(upload(written), Err(error), "{written}");
        }
    }
}
