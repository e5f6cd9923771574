//! Access keys: where the author says they are, and reading them from there.
//!
//! No error here holds any part of a key, nor of a name that may be one.

use std::fmt::Display;

use toml_span::value::ValueInner;

use super::{
    resolve::KEYS_MAX,
    secret_source::{SecretContext, Sort, SourceEntry, entry},
    source_file::TextFile,
    toml_table::{Keys, kind, plain},
};
use ravenry_base::{report::Problem, secret::Secret};

/// What can stand behind `Bearer`, and nothing else: a key that no header can carry would lock
/// everybody out, an empty one would let everybody in.
const KEY: Sort = Sort {
    called: "an access key",
    noun: "key",
    hint: "write { env = \"CAT_ACCESS_KEY\" } or { file = \"cat.key\" }, and keep the key there",
    hint_of_tenants: "write { secret = \"cat.key\" }, a file in your directory of the operator's directory of secrets, and keep the key there",
    examples: ("CAT_ACCESS_KEY", "cat.key"),
    // Poe's have exactly as many. A shorter one is a placeholder, or half of one, and can be guessed.
    bytes_min: 32,
    short: "copy all of the key that Poe shows for the bot; one for tries of your own: `openssl rand -hex 16`",
    bytes_max: 256,
    file_bytes_max: 4096,
    blanks: false,
};

/// What a bot is at Poe, as declared.
#[derive(Default)]
pub(super) struct PoeEntry {
    pub(super) name: Option<String>,
    pub(super) keys: Vec<SourceEntry>,
    /// Whether its settings are told to the platform.
    pub(super) sync: bool,
}

/// Reads the table `poe`: the bot's name at Poe, where its keys are, whether settings are told.
pub(super) fn poe(keys: &mut Keys, file: &mut TextFile) -> PoeEntry {
    let Some(mut keys) = keys.table("poe", file) else {
        return PoeEntry::default();
    };
    let within = keys.within();
    let named = !keys.has_no("name");
    let keyed = !(keys.has_no("access_key") && keys.has_no("access_keys"));
    let name = keys.string("name", file).and_then(|(name, span)| {
        plain(&name, span, &format!("`name` {within}"), file).then_some(name)
    });
    let access = access(&mut keys, file);
    let wanted = keys.boolean("sync", file);
    if let Some((true, span)) = wanted
        && !(named && keyed)
    {
        let missing = if named { "access_key" } else { "name" };
        file.wrong_but(
            span,
            format!("`sync` {within} is true, but `{missing}` is missing"),
            "a bot whose settings Poe is told has a `name` there, and an `access_key`",
        );
    }
    keys.finish_unnamed(file);
    PoeEntry {
        name,
        keys: access,
        sync: wanted.map_or(named && keyed, |(wanted, _)| wanted),
    }
}

fn access(keys: &mut Keys, file: &mut TextFile) -> Vec<SourceEntry> {
    let within = keys.within();
    let mut access = Vec::new();
    let first = keys.span_of("access_key");
    access.extend(one(keys, "access_key", file));
    let several = keys.take("access_keys");
    if let (Some(_), Some(second)) = (&first, &several) {
        let message = format!("`access_key` and `access_keys` both stand {within}");
        file.wrong_but(second.span, message, "put all keys into `access_keys`");
    }
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
                        .filter_map(|value| entry(value, &path, &KEY, file)),
                );
            }
            other => file.wrong_but(
                value.span,
                format!(
                    "`access_keys` {within} must be a list, not {}",
                    kind(&other)
                ),
                KEY.hint_in(file),
            ),
        }
    }
    access
}

/// Takes one key of a bot.
pub(super) fn one(keys: &mut Keys, name: &'static str, file: &mut TextFile) -> Option<SourceEntry> {
    let path = keys.path_of(name);
    entry(keys.take(name)?, &path, &KEY, file)
}

/// Reads one key of a bot.
pub(super) fn resolve(
    entry: &SourceEntry,
    bot: &dyn Display,
    places: &SecretContext<'_>,
) -> Result<Secret, Problem> {
    entry
        .source
        .read(&KEY, places)
        .map_err(|(causes, hint)| Problem {
            message: format!("bot `{bot}` cannot have its access key"),
            causes,
            place: Some(entry.place.clone()),
            hint: Some(hint),
        })
}
