//! Access keys and secrets: where a file says that they are, and reading them from there.
//!
//! A table with one of three keys: `env` names an environment variable, `file` a file beside the
//! manifest, `secret` a file in the directory of secrets, as container platforms and service managers
//! make it. No error here holds any part of a value, nor of a name that may be one.

use std::{
    fs::{self, DirEntry},
    path::{Path, PathBuf},
};

use toml_span::{Span, Value, value::ValueInner};

use super::{
    source_file::{TextFile, nameable, read},
    toml_table::{Keys, kind, plain},
};
use crate::ids::TenantName;
use ravenry_base::{report::Place, secret::Secret};

/// Environment variable with the directory of secrets, where no operator's file names one.
pub const SECRETS_DIR: &str = "RAVENRY_SECRETS_DIR";

/// Longest name of a file in the directory of secrets; Kubernetes allows 253.
const NAME_BYTES_MAX: usize = 253;

/// Where a value comes from, and where that was said.
pub(super) struct SourceEntry {
    pub(super) source: Source,
    pub(super) place: Place,
}

/// Where a value comes from; never the value itself.
pub(super) enum Source {
    /// An environment variable of this name.
    Env(String),
    /// A file; its path is relative to the manifest.
    File(String),
    /// A file of this name in the directory of secrets.
    Named(String),
}

/// What is read: how it is called, and what it may be.
pub(super) struct Sort {
    /// What an error calls it, with its article.
    pub(super) called: &'static str,
    /// The same, in short.
    pub(super) noun: &'static str,
    /// What to write in a file of one's own.
    pub(super) hint: &'static str,
    /// What a tenant writes, who names no variables and files of the server.
    pub(super) hint_of_tenants: &'static str,
    /// Name of a variable, and of a file, as examples.
    pub(super) examples: (&'static str, &'static str),
    /// Bytes that it has at least.
    pub(super) bytes_min: usize,
    /// What to do where it has fewer.
    pub(super) short: &'static str,
    /// Bytes that it has at most.
    pub(super) bytes_max: usize,
    /// Bytes of a file that holds it: more than the value, for line breaks.
    pub(super) file_bytes_max: u64,
    /// Whether there may be blanks in it.
    pub(super) blanks: bool,
}

/// Where files and variables are.
pub(super) struct SecretContext<'w> {
    /// The directory of the manifest.
    pub(super) dir: &'w Path,
    pub(super) env: &'w dyn Fn(&str) -> Option<String>,
    /// What every value is, where the real ones are not to be read.
    pub(super) stand_in: Option<&'w str>,
    pub(super) vault: &'w Vault,
    pub(super) tenant: &'w TenantName,
}

/// The directory of secrets.
pub(super) enum Vault {
    /// Of an author who serves his own bots; the files are in it.
    Author(Option<PathBuf>),
    /// Of an operator; it has a directory for each tenant, so that none can name another's. Where all files
    /// lie side by side, as systemd hands them over, each begins with a tenant's name and a dot: no tenant
    /// has one in its name.
    Operator(Option<PathBuf>),
}

impl Vault {
    /// Whether manifests are written by tenants, and not by the operator of the server.
    pub(super) fn is_operators(&self) -> bool {
        matches!(self, Self::Operator(_))
    }

    /// What of it is read: all, or what one tenant has.
    pub(super) fn read_by(&self, only: Option<&TenantName>) -> Vec<PathBuf> {
        let Self::Operator(Some(dir)) = self else {
            return Vec::new();
        };
        let Some(only) = only else {
            return vec![dir.clone()];
        };
        let start = format!("{only}.");
        let is_own = |entry: &DirEntry| entry.file_name().to_string_lossy().starts_with(&start);
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        let beside = entries.filter(is_own).map(|entry| entry.path());
        [dir.join(only.as_str())]
            .into_iter()
            .chain(beside)
            .collect()
    }

    fn path(&self, tenant: &TenantName, name: &str) -> Result<PathBuf, Failure> {
        match self {
            Self::Author(Some(dir)) => Ok(dir.join(name)),
            Self::Operator(Some(dir)) => {
                let beside = dir.join(format!("{tenant}.{name}"));
                let own = dir.join(tenant.as_str()).join(name);
                Ok(if beside.is_file() { beside } else { own })
            }
            Self::Author(None) => Err((
                vec!["it is not said in which directory secrets are".to_owned()],
                format!("set {SECRETS_DIR} to a directory with a file for each secret"),
            )),
            Self::Operator(None) => Err((
                vec!["the operator's file names no directory of secrets".to_owned()],
                format!(
                    "write `dir = \"/run/secrets\"` into [secrets] of that file, and keep the secret in `{tenant}` there"
                ),
            )),
        }
    }
}

/// Reads where one value comes from. Nothing that stands here is repeated: it may be the value.
pub(super) fn entry(
    mut value: Value<'_>,
    path: &str,
    sort: &Sort,
    file: &mut TextFile,
) -> Option<SourceEntry> {
    let span = value.span;
    let table = match value.take() {
        ValueInner::Table(table) => Value::with_span(ValueInner::Table(table), span),
        ValueInner::String(_) => {
            let message = format!("{} stands in the file, as `{path}`", sort.called);
            file.wrong_but(span, message, sort.hint_in(file));
            return None;
        }
        other => {
            let message = format!("`{path}` must be a table, not {}", kind(&other));
            file.wrong_but(span, message, sort.hint_in(file));
            return None;
        }
    };
    let mut keys = Keys::open(table, path.to_owned(), file)?;
    let found = source(&mut keys, sort, file);
    keys.finish_unnamed(file);
    found
}

/// Takes the keys of a source out of a table, which may have others.
pub(super) fn source(keys: &mut Keys, sort: &Sort, file: &mut TextFile) -> Option<SourceEntry> {
    let (span, within) = (keys.span, keys.within());
    let kinds = ["env", "file", "secret"];
    let given: Vec<&str> = kinds.into_iter().filter(|key| !keys.has_no(key)).collect();
    let mut texts = kinds.map(|key| keys.string(key, file));
    match given.as_slice() {
        [] => file.wrong_but(
            span,
            format!("none of `env`, `file` and `secret` stands {within}"),
            sort.hint_in(file),
        ),
        [_] => {}
        [first, second, ..] => {
            file.wrong(
                span,
                format!("`{first}` and `{second}` both stand {within}; one is enough"),
            );
            return None;
        }
    }
    let [env, path, name] = &mut texts;
    let source = if let Some((name, span)) = env.take() {
        variable(&name, span, &within, file).then_some(Source::Env(name))
    } else if let Some((path, span)) = path.take() {
        plain(&path, span, &format!("`file` {within}"), file).then_some(Source::File(path))
    } else if let Some((name, span)) = name.take() {
        file_name(&name, span, &within, file).then_some(Source::Named(name))
    } else {
        None
    };
    let place = file.place(span);
    source.map(|source| SourceEntry { source, place })
}

fn variable(name: &str, span: Span, within: &str, file: &mut TextFile) -> bool {
    if name.contains('=') {
        let message = format!("`env` {within} is not the name of a variable");
        file.wrong(span, message);
        return false;
    }
    plain(name, span, &format!("`env` {within}"), file)
}

/// A name without any way out of its directory.
fn file_name(name: &str, span: Span, within: &str, file: &mut TextFile) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let good = (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with('.');
    if !good {
        let message = format!("`secret` {within} is not the name of a secret");
        let hint =
            "it is a file in the directory of secrets: use letters, digits, `-`, `_` and `.`";
        file.wrong_but(span, message, hint);
    }
    good
}

/// Causes and a hint.
pub(super) type Failure = (Vec<String>, String);

impl Source {
    /// The file that it is read from, if it is one, where an operator's file in this directory names it.
    pub(super) fn file(&self, dir: &Path, secrets: Option<&Path>) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(dir.join(path)),
            Self::Named(name) => Some(secrets?.join(name)),
            Self::Env(_) => None,
        }
    }

    /// Whether nothing is there: no variable, no file, no directory of secrets, or an empty one of the
    /// first two. A value that is there and of no use is not absent.
    pub(super) fn is_absent(&self, places: &SecretContext<'_>) -> bool {
        if places.stand_in.is_some() || self.withheld(places).is_err() {
            return false;
        }
        let no_file = |path: &Path| match path.metadata() {
            Ok(found) => found.is_file() && found.len() == 0,
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        };
        match self {
            Self::Env(name) => (places.env)(name).is_none_or(|value| value.is_empty()),
            Self::File(path) => no_file(&places.dir.join(path)),
            Self::Named(name) => places
                .vault
                .path(places.tenant, name)
                .map_or(true, |path| no_file(&path)),
        }
    }

    /// A tenant who names a variable or a file of the server has what is in it: he would send it to a host
    /// of his own, or charge with another's key.
    fn withheld(&self, places: &SecretContext<'_>) -> Result<(), Failure> {
        match (places.vault, self) {
            (Vault::Author(_), _) | (Vault::Operator(_), Self::Named(_)) => Ok(()),
            (Vault::Operator(_), Self::Env(_) | Self::File(_)) => Err((
                vec![
                    "variables and files of the server are not for its tenants to name".to_owned(),
                ],
                format!(
                    "write {{ secret = \"NAME\" }}, a file in the directory `{}` of the operator's directory of secrets",
                    places.tenant
                ),
            )),
        }
    }

    /// Reads the value.
    pub(super) fn read(&self, sort: &Sort, places: &SecretContext<'_>) -> Result<Secret, Failure> {
        self.withheld(places)?;
        if let Some(stand_in) = places.stand_in {
            return Ok(Secret::new(stand_in.to_owned()));
        }
        match self {
            Self::Env(name) => from_env(name, sort, places.env),
            Self::File(path) => from_file(&places.dir.join(path), ("file", path), sort),
            Self::Named(name) => from_file(
                &places.vault.path(places.tenant, name)?,
                ("secret", name),
                sort,
            ),
        }
    }
}

fn from_env(
    name: &str,
    sort: &Sort,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Secret, Failure> {
    let (shown, hint) = match nameable(name) {
        Some(name) => (
            format!("environment variable `{name}`"),
            format!("set it before the start: `export {name}=…`"),
        ),
        None => (
            "the environment variable that is named here".to_owned(),
            format!(
                "`env` takes the name of a variable, such as \"{}\", never the {} itself",
                sort.examples.0, sort.noun
            ),
        ),
    };
    let text = env(name).ok_or_else(|| (vec![format!("{shown} is not set")], hint.clone()))?;
    sort.checked(text).map_err(|wrong| wrong.of(&shown, hint))
}

/// `key` and `written` are what stands in the manifest.
fn from_file(path: &Path, (key, written): (&str, &str), sort: &Sort) -> Result<Secret, Failure> {
    let noun = sort.noun;
    let (shown, hint) = match nameable(written) {
        Some(_) => (
            format!("file `{}`", path.display()),
            format!("write the {noun} into it, on one line"),
        ),
        None => (
            "the file that is named here".to_owned(),
            format!(
                "`{key}` takes a path, such as \"{}\", never the {noun} itself",
                sort.examples.1
            ),
        ),
    };
    let mut text = read(path, sort.file_bytes_max).map_err(|error| {
        (
            vec![format!("{shown} cannot be read"), error.to_string()],
            hint.clone(),
        )
    })?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    sort.checked(text).map_err(|wrong| wrong.of(&shown, hint))
}

/// What is wrong with a value, and what to do where one is there: to set one is not it then.
struct Wrong(String, Option<String>);

impl Wrong {
    fn of(self, shown: &str, hint: String) -> Failure {
        let Self(why, better) = self;
        (vec![format!("{shown} {why}")], better.unwrap_or(hint))
    }
}

impl Sort {
    /// What to write in this file.
    pub(super) fn hint_in(&self, file: &TextFile) -> &'static str {
        if file.is_of_tenant {
            self.hint_of_tenants
        } else {
            self.hint
        }
    }

    /// What a header can carry, and nothing else.
    fn checked(&self, text: String) -> Result<Secret, Wrong> {
        let good = |byte: u8| byte.is_ascii_graphic() || self.blanks && byte == b' ';
        let noun = self.noun;
        let alone = |what: &str| Some(format!("copy the {noun} alone{what}"));
        let (why, hint) = if text.is_empty() {
            ("is empty".to_owned(), None)
        } else if text.len() > self.bytes_max {
            let why = format!("has more than {} bytes", self.bytes_max);
            (why, alone(", without what stands around it"))
        } else if !text.bytes().all(good) && self.blanks {
            let why = format!("has characters that no {noun} has");
            (why, alone(", on one line: all of it is ASCII"))
        } else if !text.bytes().all(good) {
            let why = format!("has blanks or other characters that no {noun} has");
            (why, alone(": ASCII without blanks or line breaks"))
        } else if text.len() < self.bytes_min {
            let why = format!("has fewer than {} bytes", self.bytes_min);
            (why, Some(self.short.to_owned()))
        } else {
            return Ok(Secret::new(text));
        };
        // What was read is wiped although it is no key: it is a secret all the same.
        drop(Secret::new(text));
        Err(Wrong(why, hint))
    }
}
