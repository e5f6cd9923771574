//! The database in which bots keep things, where it is not a file: its URL, as files and flags give it.
//!
//! The URL mostly has a password in it, so that it is a secret as a whole, and no error repeats any part of it.

use std::path::{Path, PathBuf};

use thiserror::Error;
use toml_span::value::ValueInner;
use url::Url;

use super::{
    World,
    secret_source::{self, SecretContext, Sort, SourceEntry, Vault},
    source_file::TextFile,
    toml_table::{Keys, kind},
};
use crate::ids::TenantName;
use ravenry_base::{
    report::{Place, Problem},
    secret::Secret,
};

/// The key in `[server]`.
const KEY: &str = "database";

/// Schemes of PostgreSQL's URLs. Source: its manual, 34.1.1.2, "Connection URIs".
const SCHEMES: [&str; 2] = ["postgres", "postgresql"];

/// Longest URL, in bytes: host, names and parameters have room many times over.
const URL_BYTES_MAX: usize = 4096;

/// Where the URL may be, and what is said of one that is not there.
const URL: Sort = Sort {
    called: "the URL of a database",
    noun: "URL",
    hint: "write { env = \"DATABASE_URL\" } or { file = \"database.url\" }, and keep the URL there",
    // Only operators name a database.
    hint_of_tenants: "take it out: only whoever runs the server names a database",
    examples: ("DATABASE_URL", "database.url"),
    bytes_min: 11,
    short: "copy all of the URL: it begins with `postgres://`",
    bytes_max: URL_BYTES_MAX,
    file_bytes_max: 8192,
    blanks: false,
};

/// Why a text is no URL of a database, as the end of a sentence that begins with what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DatabaseUrlError {
    /// It is no URL, that of something else, or too long for one.
    #[error("is not a URL with the scheme `postgres` or `postgresql`")]
    Url,
    /// It would be read in another way than it is written.
    #[error("has blanks or other characters that no URL has")]
    Characters,
}

impl DatabaseUrlError {
    /// What to write.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Url => {
                "write it in full, such as \"postgres://db.internal:5432/ravenry\"; in a password, `/` is `%2F` and `@` is `%40`"
            }
            Self::Characters => "write a blank as `%20`; all of a URL is ASCII",
        }
    }
}

/// Reads the URL of a database.
///
/// # Errors
/// See [`DatabaseUrlError`].
pub fn url(text: &str) -> Result<Secret, DatabaseUrlError> {
    parse(text).map(|_| Secret::new(text.to_owned()))
}

fn parse(text: &str) -> Result<Url, DatabaseUrlError> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(DatabaseUrlError::Characters);
    }
    let url = Url::parse(text).map_err(|_| DatabaseUrlError::Url)?;
    let spelled = text.get(..url.scheme().len().saturating_add(3));
    let is_whole = spelled.is_some_and(|start| start.ends_with("://"));
    if SCHEMES.contains(&url.scheme()) && is_whole && text.len() <= URL_BYTES_MAX {
        Ok(url)
    } else {
        Err(DatabaseUrlError::Url)
    }
}

/// Whether a password stands in it, also as a parameter, or behind a `/` of its own, where it reads as a path.
fn has_password(url: &Url) -> bool {
    let is_one = |key: &str| key.eq_ignore_ascii_case("password");
    url.password().is_some()
        || url.path().contains('@')
        || url.query_pairs().any(|(key, _)| is_one(&key))
}

/// What an operator's file says of a database.
pub(super) enum DatabaseEntry {
    /// The URL itself, without a password.
    Written(Secret),
    /// Where it is.
    Elsewhere(SourceEntry),
}

/// Takes `database` out of `[server]`.
pub(super) fn entry(keys: &mut Keys, file: &mut TextFile) -> Option<DatabaseEntry> {
    let (within, path) = (keys.within(), keys.path_of(KEY));
    let mut value = keys.take(KEY)?;
    let span = value.span;
    let text = match value.take() {
        ValueInner::String(text) => text,
        ValueInner::Table(table) => {
            let value = toml_span::Value::with_span(ValueInner::Table(table), span);
            return secret_source::entry(value, &path, &URL, file).map(DatabaseEntry::Elsewhere);
        }
        other => {
            let message = format!(
                "`{KEY}` {within} must be a URL in quotes or a table, not {}",
                kind(&other)
            );
            file.wrong_but(span, message, URL.hint);
            return None;
        }
    };
    match parse(&text) {
        Ok(url) if has_password(&url) => {
            let message = format!(
                "`{KEY}` {within} has a password in it, which everybody sees who reads this file"
            );
            file.wrong_but(span, message, URL.hint);
            None
        }
        Ok(_) => Some(DatabaseEntry::Written(Secret::new(text.into_owned()))),
        Err(error) => {
            file.wrong_but(span, format!("`{KEY}` {within} {error}"), error.hint());
            None
        }
    }
}

impl DatabaseEntry {
    /// The file that the URL is read from, if it is one; `dir` is the directory of the operator's file.
    pub(super) fn file(&self, dir: &Path, secrets: Option<&Path>) -> Option<PathBuf> {
        match self {
            Self::Elsewhere(entry) => entry.source.file(dir, secrets),
            Self::Written(_) => None,
        }
    }

    /// The URL, read from where it is.
    ///
    /// # Errors
    /// It is not there, or is none.
    pub(super) fn resolve(
        self,
        dir: &Path,
        secrets: Option<PathBuf>,
        world: World<'_>,
    ) -> Result<Secret, Problem> {
        let entry = match self {
            Self::Written(url) => return Ok(url),
            Self::Elsewhere(entry) => entry,
        };
        // The file is the operator's own: unlike a tenant, he may name what is on his server.
        let places = SecretContext {
            dir,
            env: world.variable,
            stand_in: world.stand_in,
            vault: &Vault::Author(secrets),
            tenant: &TenantName::local(),
        };
        let found = entry.source.read(&URL, &places);
        let found = found
            .map_err(|(causes, hint)| problem("cannot be read", causes, &entry.place, hint))?;
        if world.stand_in.is_some() {
            return Ok(found);
        }
        let checked = found.reveal(|text| parse(text).map(drop));
        checked
            .map_err(|error| {
                problem(
                    &error.to_string(),
                    Vec::new(),
                    &entry.place,
                    error.hint().to_owned(),
                )
            })
            .map(|()| found)
    }
}

fn problem(wrong: &str, causes: Vec<String>, place: &Place, hint: String) -> Problem {
    Problem {
        message: format!("`{KEY}` in [server] {wrong}"),
        causes,
        place: Some(place.clone()),
        hint: Some(hint),
    }
}
