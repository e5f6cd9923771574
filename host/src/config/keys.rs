//! Access keys: where the author says they are, and reading them from there.
//!
//! No error here holds any part of a key, nor of a name that may be one.

use std::path::Path;

use toml_span::Value;
use toml_span::value::ValueInner;

use super::manifest::plain;
use super::resolve::KEYS_MAX;
use super::table::{Keys, kind};
use super::text::{TextFile, nameable, read};
use crate::ids::BotName;
use crate::report::{Place, Problem};
use crate::secret::Secret;

/// Longest access key, in bytes. Poe's have 32.
const KEY_BYTES_MAX: usize = 256;

/// Longest key file: a key and some line breaks.
const KEY_FILE_BYTES_MAX: u64 = 4096;

/// Where an access key comes from, and where that was said.
pub(super) struct KeyEntry {
    pub(super) source: KeySource,
    pub(super) place: Place,
}

/// Where an access key comes from; never the key itself.
pub(super) enum KeySource {
    /// An environment variable of this name.
    Env(String),
    /// A file; its path is relative to the manifest.
    File(String),
}

/// Reads the table `poe`: the bot's name at Poe, and where its keys are.
pub(super) fn poe(keys: &mut Keys, file: &mut TextFile) -> (Option<String>, Vec<KeyEntry>) {
    let Some(mut keys) = keys.table("poe", file) else {
        return (None, Vec::new());
    };
    let within = keys.within();
    let name = keys.string("name", file).and_then(|(name, span)| {
        plain(&name, span, &format!("`name` {within}"), file).then_some(name)
    });
    let mut access = Vec::new();
    let one = keys.take("access_key");
    let several = keys.take("access_keys");
    if let (Some(_), Some(second)) = (&one, &several) {
        let message = format!("`access_key` and `access_keys` both stand {within}");
        file.wrong_but(second.span, message, "put all keys into `access_keys`");
    }
    access.extend(one.and_then(|value| key(value, &keys.path_of("access_key"), file)));
    if let Some(mut value) = several {
        match value.take() {
            ValueInner::Array(items) if items.is_empty() => {
                let hint = "take it out to serve the bot to everybody";
                file.wrong_but(value.span, format!("`access_keys` {within} is empty"), hint);
            }
            ValueInner::Array(items) if items.len() > KEYS_MAX => {
                file.wrong(
                    value.span,
                    format!("`access_keys` {within} has more than {KEYS_MAX} entries"),
                );
            }
            ValueInner::Array(items) => {
                let path = keys.path_of("access_keys");
                access.extend(
                    items
                        .into_iter()
                        .filter_map(|value| key(value, &path, file)),
                );
            }
            other => file.wrong_but(
                value.span,
                format!(
                    "`access_keys` {within} must be a list, not {}",
                    kind(&other)
                ),
                KEY_HINT,
            ),
        }
    }
    keys.finish_unnamed(file);
    (name, access)
}

const KEY_HINT: &str =
    "write { env = \"CAT_ACCESS_KEY\" } or { file = \"cat.key\" }, and keep the key there";

/// Where one key comes from. Nothing that stands here is repeated: it may be the key.
fn key(mut value: Value<'_>, path: &str, file: &mut TextFile) -> Option<KeyEntry> {
    let place = file.place(value.span);
    let span = value.span;
    let table = match value.take() {
        ValueInner::Table(table) => Value::with_span(ValueInner::Table(table), span),
        ValueInner::String(_) => {
            file.wrong_but(
                span,
                format!("an access key stands in the file, as `{path}`"),
                KEY_HINT,
            );
            return None;
        }
        other => {
            file.wrong_but(
                span,
                format!("`{path}` must be a table, not {}", kind(&other)),
                KEY_HINT,
            );
            return None;
        }
    };
    let mut keys = Keys::open(table, path.to_owned(), file)?;
    let empty = keys.has_no("env") && keys.has_no("file");
    let env = keys.string("env", file);
    let path_text = keys.string("file", file);
    let within = keys.within();
    keys.finish_unnamed(file);
    let source = match (env, path_text) {
        (Some(_), Some(_)) => {
            file.wrong(
                span,
                format!("`env` and `file` both stand {within}; one is enough"),
            );
            return None;
        }
        (Some((name, span)), None) => {
            if name.contains('=') {
                file.wrong(
                    span,
                    format!("`env` {within} is not the name of a variable"),
                );
                return None;
            }
            plain(&name, span, &format!("`env` {within}"), file).then_some(KeySource::Env(name))?
        }
        (None, Some((name, span))) => plain(&name, span, &format!("`file` {within}"), file)
            .then_some(KeySource::File(name))?,
        (None, None) => {
            if empty {
                file.wrong_but(
                    span,
                    format!("neither `env` nor `file` stands {within}"),
                    KEY_HINT,
                );
            }
            return None;
        }
    };
    Some(KeyEntry { source, place })
}

/// Reads one key of a bot; `dir` is the manifest's directory.
pub(super) fn resolve(
    entry: &KeyEntry,
    bot: &BotName,
    dir: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Secret, Problem> {
    let found = match &entry.source {
        KeySource::Env(name) => from_env(name, env),
        KeySource::File(path) => from_file(path, dir),
    };
    found.map_err(|(causes, hint)| Problem {
        message: format!("bot `{bot}` cannot have its access key"),
        causes,
        place: Some(entry.place.clone()),
        hint: Some(hint),
    })
}

/// Causes and a hint.
type Failure = (Vec<String>, String);

fn from_env(name: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Secret, Failure> {
    let (shown, hint) = match nameable(name) {
        Some(name) => (
            format!("environment variable `{name}`"),
            format!("set it before the start: `export {name}=…`"),
        ),
        None => (
            "the environment variable that is named here".to_owned(),
            "`env` takes the name of a variable, such as \"CAT_ACCESS_KEY\", never the key itself"
                .to_owned(),
        ),
    };
    let text = env(name).ok_or_else(|| (vec![format!("{shown} is not set")], hint.clone()))?;
    checked(text).map_err(|error| (vec![format!("{shown} {error}")], hint))
}

fn from_file(path: &str, dir: &Path) -> Result<Secret, Failure> {
    let full = dir.join(path);
    let (shown, hint) = match nameable(path) {
        Some(_) => (
            format!("file `{}`", full.display()),
            "write the key into it, on one line".to_owned(),
        ),
        None => (
            "the file that is named here".to_owned(),
            "`file` takes a path, such as \"cat.key\", never the key itself".to_owned(),
        ),
    };
    let mut text = read(&full, KEY_FILE_BYTES_MAX).map_err(|error| {
        (
            vec![format!("{shown} cannot be read"), error.to_string()],
            hint.clone(),
        )
    })?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    checked(text).map_err(|error| (vec![format!("{shown} {error}")], hint))
}

/// What can stand behind `Bearer`, and nothing else: a key that no header can carry would lock
/// everybody out, an empty one would let everybody in.
fn checked(text: String) -> Result<Secret, String> {
    let wrong = match text.len() {
        0 => "is empty".to_owned(),
        1..=KEY_BYTES_MAX if text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            return Ok(Secret::new(text));
        }
        1..=KEY_BYTES_MAX => "has blanks or other characters that no key has".to_owned(),
        _ => format!("has more than {KEY_BYTES_MAX} bytes"),
    };
    // What was read is wiped although it is no key: it is somebody's secret all the same.
    drop(Secret::new(text));
    Err(wrong)
}
