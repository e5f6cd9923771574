//! Where a request goes, read from its URL as far as `wasi:http` needs it.
//!
//! The gateway judges every part again; this only takes the text apart. No error repeats the URL: it
//! can hold a key.

use crate::failure::HttpError;

/// The parts of a URL.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    /// Whether the scheme is `https`; otherwise it is `http`.
    pub(crate) is_https: bool,
    /// The host, and the port where there is one.
    pub(crate) authority: &'a str,
    /// The path with its query; begins with `/`. A fragment is not sent.
    pub(crate) path: String,
}

impl<'a> Target<'a> {
    /// Takes a URL apart.
    pub(crate) fn parse(url: &'a str) -> Result<Self, HttpError> {
        let invalid = |what: &str| HttpError::Invalid(format!("the URL {what}"));
        let (is_https, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            _ => return Err(invalid("begins neither with `http://` nor with `https://`")),
        };
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.is_empty() {
            return Err(invalid("has no host"));
        }
        if authority.contains('@') {
            return Err(invalid(
                "has a user or a password in it; send a header instead",
            ));
        }
        let path = match path.strip_prefix('/') {
            Some(_) => path.to_owned(),
            None => format!("/{path}"),
        };
        Ok(Self {
            is_https,
            authority,
            path,
        })
    }

    /// Scheme, host and port, as a manifest names them.
    pub(crate) fn origin(&self) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }
}
