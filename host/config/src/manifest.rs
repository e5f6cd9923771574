//! The author's file `ravenry.toml`, as it was typed.
//!
//! Goes in: text. Comes out: the bots that it declares, and every mistake with its place. Never
//! done here: reading a variable or a key file, applying a default, asking what is allowed.

use std::path::PathBuf;

use toml_span::{
    Span, Value,
    value::{Key, ValueInner},
};

use super::{
    access_keys::{PoeEntry, poe},
    discover::ONLY_WHEN_NAMED,
    documents::{self, PatternEntry},
    limits_table::{Asked, asked},
    outbound::{self, HostEntry, SecretEntry},
    resolve::Build,
    source_file::{TextFile, excerpt, nameable},
    store::{self, TtlAsked},
    toml_table::{Keys, kind, plain},
};
use crate::ids::{BotName, Route};
use ravenry_base::report::{Place, Problem};

/// Entries of `config` that a bot may have. They become its environment.
const CONFIG_ENTRIES_MAX: usize = 128;

/// Bytes of all names and values of `config` of one bot; they are copied into every instance.
const CONFIG_BYTES_MAX: usize = 128 << 10;

/// Patterns of files to watch.
const WATCH_MAX: usize = 256;

/// A bot as declared.
pub(super) struct BotEntry {
    pub(super) name: BotName,
    /// Where its table starts.
    pub(super) place: Place,
    pub(super) route: Option<Route>,
    /// A path relative to the file, with its own place.
    pub(super) source: Option<(PathBuf, Place)>,
    /// Whether `source` stands there, but was no path; noted already.
    pub(super) source_refused: bool,
    pub(super) build: Option<Build>,
    pub(super) poe: PoeEntry,
    pub(super) hosts: Vec<HostEntry>,
    pub(super) config: Vec<(String, String)>,
    pub(super) secrets: Vec<SecretEntry>,
    pub(super) limits: Vec<Asked>,
    pub(super) store: Vec<TtlAsked>,
    pub(super) documents: Vec<PatternEntry>,
    /// What is wrong with its table.
    pub(super) wrong: Vec<Problem>,
}

/// Reads the bots of a manifest; mistakes are noted in the file, or in the bot that they are of.
pub(super) fn read(file: &mut TextFile) -> Vec<BotEntry> {
    let Some(mut keys) = file
        .parse()
        .and_then(|value| Keys::open(value, String::new(), file))
    else {
        return Vec::new();
    };
    version(&mut keys, file);
    // Acted on where a directory is looked through (`discover`): who is here has named this file.
    keys.boolean(ONLY_WHEN_NAMED, file);
    let start = keys.span;
    let absent = keys.has_no("bot");
    let entries = keys.table("bot", file).map(Keys::entries);
    // What stands there, but is no table, was noted already.
    if absent || entries.as_ref().is_some_and(Vec::is_empty) {
        let hint = "declare one: `[bot.cat]`, and below it `source = \"cat\"`";
        file.wrong_but(start, "the file declares no bot", hint);
    }
    keys.finish(file);
    let bot = |(key, value): (Key, Value)| bot(&key.name, key.span, value, file);
    entries
        .unwrap_or_default()
        .into_iter()
        .filter_map(bot)
        .collect()
}

/// The version comes first in every manifest, so that a later gateway can tell what it reads.
fn version(keys: &mut Keys, file: &mut TextFile) {
    let hint = "write `manifest_version = 1` as the first line";
    match keys.take("manifest_version") {
        None => file.wrong_but(Span::new(0, 0), "`manifest_version` is missing", hint),
        Some(value) => match value.as_integer() {
            Some(1) => {}
            Some(other) => file.wrong(
                value.span,
                format!("`manifest_version` is {other}; this gateway reads version 1"),
            ),
            None => file.wrong_but(
                value.span,
                format!("`manifest_version` must be 1, not {}", kind(value.as_ref())),
                hint,
            ),
        },
    }
}

fn bot(name: &str, span: Span, value: Value, file: &mut TextFile) -> Option<BotEntry> {
    let before = file.problems.len();
    let parsed = BotName::parse(name).map_err(|error| match nameable(name) {
        Some(name) => file.wrong(
            span,
            format!("`{}` cannot name a bot: {error}", excerpt(name)),
        ),
        None => file.wrong(span, format!("a bot cannot have this name: {error}")),
    });
    let shown = nameable(name).map_or_else(|| "…".to_owned(), excerpt);
    let mut keys = Keys::open(value, format!("bot.{shown}"), file)?;
    let place = file.place(keys.span);
    let route = keys.string("route", file).and_then(|(text, span)| {
        let message = |error| format!("`route` in [bot.{shown}]: {error}");
        let wrong = |error| file.wrong_but(span, message(error), "a route looks like \"/cat\"");
        Route::parse(&text).map_err(wrong).ok()
    });
    let stands = !keys.has_no("source");
    let source = source(&mut keys, file);
    let source_refused = stands && source.is_none();
    let build = build(&mut keys, file);
    let poe = poe(&mut keys, file);
    let config = keys
        .table("config", file)
        .map(|keys| config(keys, file))
        .unwrap_or_default();
    let (hosts, secrets) = reach(&mut keys, &shown, &config, file);
    let limits = keys
        .table("limits", file)
        .map(|keys| asked(keys, file))
        .unwrap_or_default();
    let store = store::asked(&mut keys, file);
    let documents = documents::asked(&mut keys, file);
    keys.finish(file);
    let name = parsed.ok()?;
    Some(BotEntry {
        name,
        place,
        route,
        source,
        source_refused,
        build,
        poe,
        hosts,
        config,
        secrets,
        limits,
        store,
        documents,
        wrong: file.problems.split_off(before),
    })
}

fn source(keys: &mut Keys, file: &mut TextFile) -> Option<(PathBuf, Place)> {
    let within = keys.within();
    let mut value = keys.take("source")?;
    let registry = format!("`source` {within} names a registry; registries are not supported yet");
    let hint = "name a directory, a .wasm or a .py file, relative to this file";
    match value.take() {
        ValueInner::String(text) if text.contains("://") => {
            file.wrong_but(value.span, registry, hint);
        }
        ValueInner::String(text) => {
            let good = plain(&text, value.span, &format!("`source` {within}"), file);
            return good.then(|| (PathBuf::from(text.into_owned()), file.place(value.span)));
        }
        ValueInner::Table(table) if table.contains_key("oci") => {
            file.wrong_but(value.span, registry, hint);
        }
        other => file.wrong_but(
            value.span,
            format!(
                "`source` {within} must be a path in quotes, not {}",
                kind(&other)
            ),
            hint,
        ),
    }
    None
}

fn build(keys: &mut Keys, file: &mut TextFile) -> Option<Build> {
    let mut keys = keys.table("build", file)?;
    let (span, within) = (keys.span, keys.within());
    let watch = keys.strings("watch", WATCH_MAX, file).unwrap_or_default();
    let command = keys.string("command", file);
    let missing = command.is_none();
    let known = keys.has_no("command");
    keys.finish(file);
    if missing && known {
        file.wrong_but(
            span,
            format!("`command` is missing {within}"),
            "write how to build the bot, or take `build` out",
        );
    }
    let (command, span) = command?;
    plain(&command, span, &format!("`command` {within}"), file).then_some(())?;
    Some(Build {
        command,
        watch: watch.into_iter().map(|(pattern, _)| pattern).collect(),
    })
}

/// Where a bot may send requests, and with which secrets.
fn reach(
    keys: &mut Keys,
    bot: &str,
    config: &[(String, String)],
    file: &mut TextFile,
) -> (Vec<HostEntry>, Vec<SecretEntry>) {
    let before = file.problems.len();
    let hosts = outbound::allowed(keys, file).map_or_else(Vec::new, |hosts| hosts.entries);
    let whole = file.problems.len() == before;
    let secrets = outbound::secrets(keys, config, file);
    if whole {
        file.problems
            .extend(outbound::unreachable(&secrets, &hosts, bot));
    }
    (hosts, secrets)
}

fn config(keys: Keys, file: &mut TextFile) -> Vec<(String, String)> {
    let (span, within) = (keys.span, keys.within());
    let entries = keys.entries();
    let mut config = Vec::with_capacity(entries.len().min(CONFIG_ENTRIES_MAX));
    if entries.len() > CONFIG_ENTRIES_MAX {
        file.wrong(
            span,
            format!("there are more than {CONFIG_ENTRIES_MAX} entries {within}"),
        );
        return config;
    }
    let mut bytes = 0_usize;
    for (key, mut value) in entries {
        if !outbound::is_variable(&key, &within, file) {
            continue;
        }
        let shown = nameable(&key.name).map_or_else(
            || "a value".to_owned(),
            |name| format!("`{}`", excerpt(name)),
        );
        match value.take() {
            ValueInner::String(text) if text.contains('\0') => {
                file.wrong(value.span, format!("{shown} {within} has a NUL in it"));
            }
            ValueInner::String(text) => {
                bytes = bytes
                    .saturating_add(text.len())
                    .saturating_add(key.name.len());
                config.push((key.name.into_owned(), text.into_owned()));
            }
            other => {
                let message = format!(
                    "{shown} {within} must be text in quotes, not {}",
                    kind(&other)
                );
                file.wrong_but(
                    value.span,
                    message,
                    "put the value in quotes: a bot reads all of them as text",
                );
            }
        }
    }
    if bytes > CONFIG_BYTES_MAX {
        file.wrong(
            span,
            format!("names and values {within} have more than {CONFIG_BYTES_MAX} bytes together"),
        );
    }
    config.sort();
    config
}
