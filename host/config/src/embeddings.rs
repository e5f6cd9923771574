//! What makes vectors of texts, so that they are found by what they mean: a model's directory, or a server's URL.
//!
//! It is the table `knowledge` of an operator's file. A server's key stands elsewhere, and no error repeats any part of
//! it, nor of the URL.

use std::path::{Path, PathBuf};

use thiserror::Error;
use toml_span::Span;
use url::Url;

use super::{
    World,
    secret_source::{self, SecretContext, Sort, SourceEntry, Vault},
    source_file::TextFile,
    toml_table::{Keys, plain},
};
use crate::ids::TenantName;
use ravenry_base::{report::Problem, secret::Secret};

/// Longest URL, in bytes: what servers commonly take in a request line.
const URL_BYTES_MAX: usize = 8192;

/// Longest name of a model, in bytes; those of Hugging Face have at most 96.
const MODEL_BYTES_MAX: usize = 256;

/// Where a key may be, and what is said of one that is not there.
const KEY: Sort = Sort {
    called: "the key of a server",
    noun: "key",
    hint: "write { env = \"OPENAI_API_KEY\" } or { file = \"openai.key\" }, and keep the key there",
    // Only operators name a server for vectors.
    hint_of_tenants: "take it out: only whoever runs the server names a server for vectors",
    examples: ("OPENAI_API_KEY", "openai.key"),
    // A server of one's own may take any.
    bytes_min: 1,
    short: "copy all of the key",
    bytes_max: 4096,
    file_bytes_max: 8192,
    blanks: false,
};

/// What to write for a server.
const SERVER_HINT: &str = "write { url = \"https://api.openai.com/v1/embeddings\", model = \"text-embedding-3-small\", key = { env = \"OPENAI_API_KEY\" } }";

/// What makes vectors of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmbeddingsSpec {
    /// A model on this machine, as the `sentence-transformers` library saves it; absolute or relative to the
    /// working directory.
    Directory(PathBuf),
    /// A server that answers as `OpenAI`'s `/v1/embeddings` does.
    Url {
        /// Where texts are posted, with `https` or `http`. Has no user and no fragment.
        url: Url,
        /// The model that is asked for.
        model: String,
        /// What is shown to the server as `Authorization: Bearer KEY`; `None`: nothing.
        key: Option<Secret>,
    },
}

/// Why a text is no URL of a server, as the end of a sentence that begins with what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
enum UrlError {
    /// It is no URL with `https` or `http`, or too long for one.
    #[error("is not a URL that starts with `https://` or `http://`")]
    Url,
    /// A password in a file is one that everybody sees who reads it.
    #[error("has a user or a password in it")]
    User,
    /// It is never sent.
    #[error("has a fragment")]
    Fragment,
}

impl UrlError {
    fn hint(self) -> &'static str {
        match self {
            Self::Url => "write it in full, such as \"https://api.openai.com/v1/embeddings\"",
            Self::User => "take it out; a key is shown to the server as `key` says",
            Self::Fragment => "leave out what begins with `#`",
        }
    }
}

fn parse(text: &str) -> Result<Url, UrlError> {
    let url = Url::parse(text).map_err(|_| UrlError::Url)?;
    let spelled = text.get(..url.scheme().len().saturating_add(3));
    let is_whole = spelled.is_some_and(|start| start.ends_with("://"));
    if !["http", "https"].contains(&url.scheme()) || !is_whole || text.len() > URL_BYTES_MAX {
        Err(UrlError::Url)
    } else if !url.username().is_empty() || url.password().is_some() {
        Err(UrlError::User)
    } else if url.fragment().is_some() {
        Err(UrlError::Fragment)
    } else {
        Ok(url)
    }
}

/// What an operator's file says of vectors.
pub(super) enum EmbeddingsEntry {
    /// A directory, relative to the file.
    Directory(String),
    /// A server, and where its key is.
    Url {
        url: Url,
        model: String,
        key: Option<SourceEntry>,
    },
}

/// Takes the table `knowledge` out of an operator's file.
pub(super) fn entry(keys: &mut Keys, file: &mut TextFile) -> Option<EmbeddingsEntry> {
    let mut keys = keys.table("knowledge", file)?;
    let span = keys.span;
    let within = keys.within();
    let directory = keys.string("model", file);
    let server = keys.table("embeddings", file);
    let has_both = directory.is_some() && server.is_some();
    let directory = directory.and_then(|(path, span)| {
        let what = format!("`model` {within}");
        plain(&path, span, &what, file).then_some(EmbeddingsEntry::Directory(path))
    });
    let server = server.and_then(|keys| server_entry(keys, file));
    keys.finish(file);
    if has_both {
        let message = format!("`model` and `embeddings` both stand {within}; one is enough");
        file.wrong(span, message);
    }
    directory.or(server)
}

/// Reads what is said of a server.
fn server_entry(mut keys: Keys, file: &mut TextFile) -> Option<EmbeddingsEntry> {
    let (span, within) = (keys.span, keys.within());
    let path = keys.path_of("key");
    let lacks = ["url", "model"].into_iter().find(|key| keys.has_no(key));
    if let Some(key) = lacks {
        file.wrong_but(span, format!("`{key}` is missing {within}"), SERVER_HINT);
    }
    let url = keys.string("url", file);
    let url = url.and_then(|(text, span)| server_url(&text, span, &within, file));
    let model = keys.string("model", file);
    let model = model.and_then(|(name, span)| model_name(name, span, &within, file));
    let key = keys.take("key");
    let key = key.and_then(|value| secret_source::entry(value, &path, &KEY, file));
    // One that is unknown may be the key of the server, in the wrong place.
    keys.finish_unnamed(file);
    let (url, model) = (url?, model?);
    Some(EmbeddingsEntry::Url { url, model, key })
}

fn server_url(text: &str, span: Span, within: &str, file: &mut TextFile) -> Option<Url> {
    let parsed = parse(text).map_err(|error| {
        file.wrong_but(span, format!("`url` {within} {error}"), error.hint());
    });
    parsed.ok()
}

fn model_name(name: String, span: Span, within: &str, file: &mut TextFile) -> Option<String> {
    let what = format!("`model` {within}");
    if !plain(&name, span, &what, file) {
        return None;
    }
    if name.len() > MODEL_BYTES_MAX {
        file.wrong(
            span,
            format!("{what} has more than {MODEL_BYTES_MAX} bytes"),
        );
        return None;
    }
    Some(name)
}

impl EmbeddingsEntry {
    /// The file that a key is read from, if it is one; `dir` is the directory of the operator's file.
    pub(super) fn file(&self, dir: &Path, secrets: Option<&Path>) -> Option<PathBuf> {
        match self {
            Self::Url { key: Some(key), .. } => key.source.file(dir, secrets),
            Self::Url { key: None, .. } | Self::Directory(_) => None,
        }
    }

    /// What it means, with the key read from where it is.
    ///
    /// # Errors
    /// The key is not there, or is none.
    pub(super) fn resolve(
        self,
        dir: &Path,
        secrets: Option<PathBuf>,
        world: World<'_>,
    ) -> Result<EmbeddingsSpec, Problem> {
        let (url, model, key) = match self {
            Self::Directory(path) => return Ok(EmbeddingsSpec::Directory(dir.join(path))),
            Self::Url { url, model, key } => (url, model, key),
        };
        // The file is the operator's own: unlike a tenant, he may name what is on his server.
        let places = SecretContext {
            dir,
            env: world.variable,
            stand_in: world.stand_in,
            vault: &Vault::Author(secrets),
            tenant: &TenantName::local(),
        };
        let read = |entry: SourceEntry| {
            let found = entry.source.read(&KEY, &places);
            found.map_err(|(causes, hint)| Problem {
                message: "`key` in [knowledge.embeddings] cannot be read".to_owned(),
                causes,
                place: Some(entry.place),
                hint: Some(hint),
            })
        };
        let key = key.map(read).transpose()?;
        Ok(EmbeddingsSpec::Url { url, model, key })
    }
}
