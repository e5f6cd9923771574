//! What a bot may reach outside: hosts, and secrets for some of them.
//!
//! Lists of hosts stand in manifests and in the operator's file; secrets in manifests only. No error
//! repeats what stands in place of a host or a secret, for it may be a secret.

use http::HeaderName;
use toml_span::{
    Span, Value,
    value::{Key, ValueInner},
};

use super::{
    resolve::SecretGrant,
    secret_source::{self, SecretContext, Sort, SourceEntry},
    source_file::{TextFile, excerpt, nameable},
    toml_table::{Keys, kind},
};
use crate::ids::BotName;
use ravenry_base::{
    hosts::HostPattern,
    report::{Place, Problem},
};

/// Hosts that one list may have.
const HOSTS_MAX: usize = 256;

/// Secrets that one bot may have. They are looked for in all that it prints and says.
const SECRETS_MAX: usize = 32;

/// The header that carries a secret where the manifest names none.
const HEADER: HeaderName = http::header::AUTHORIZATION;

/// A secret: what a header can carry. A shorter one would be found in harmless text and masked there;
/// a longer one than 4 KiB is no token that we know of.
const SECRET: Sort = Sort {
    called: "a secret",
    noun: "secret",
    hint: "write { env = \"API_KEY\", host = \"https://api.example.com\" }, with `file` or `secret` instead of `env` as you like, and keep the secret there",
    hint_of_tenants: "write { secret = \"api.key\", host = \"https://api.example.com\" }, a file in your directory of the operator's directory of secrets, and keep the secret there",
    examples: ("API_KEY", "api.key"),
    bytes_min: 8,
    short: "copy all of the secret; one for tries of your own: `openssl rand -hex 16`",
    bytes_max: 4096,
    file_bytes_max: 8192,
    blanks: true,
};

/// A list of hosts as declared.
#[derive(Clone)]
pub(super) struct Hosts {
    pub(super) entries: Vec<HostEntry>,
    /// Where the list stands.
    pub(super) place: Place,
}

/// A host as declared.
#[derive(Clone)]
pub(super) struct HostEntry {
    pub(super) pattern: HostPattern,
    pub(super) place: Place,
}

/// A secret as declared.
pub(super) struct SecretEntry {
    pub(super) name: String,
    source: SourceEntry,
    hosts: Vec<HostEntry>,
    header: HeaderName,
    /// Whether the bot can do without it.
    optional: bool,
}

/// The key with lists of hosts, in every file.
pub(super) const ALLOWED: &str = "allowed_outbound_hosts";

/// Reads the list [`ALLOWED`]; `None` where there is none.
pub(super) fn allowed(keys: &mut Keys, file: &mut TextFile) -> Option<Hosts> {
    let span = keys.span_of(ALLOWED);
    let what = format!("an entry of `{ALLOWED}` {}", keys.within());
    let texts = keys.strings(ALLOWED, HOSTS_MAX, file).unwrap_or_default();
    span.map(|span| Hosts {
        entries: texts
            .into_iter()
            .filter_map(|(text, span)| host(&text, span, &what, file))
            .collect(),
        place: file.place(span),
    })
}

fn host(text: &str, span: Span, what: &str, file: &mut TextFile) -> Option<HostEntry> {
    match HostPattern::parse(text) {
        Ok(pattern) => Some(HostEntry {
            pattern,
            place: file.place(span),
        }),
        Err(error) => {
            file.wrong_but(span, format!("{what} {error}"), error.hint());
            None
        }
    }
}

/// Whether a name can be that of an environment variable; notes it when it cannot.
pub(super) fn is_variable(key: &Key<'_>, within: &str, file: &mut TextFile) -> bool {
    let name = &key.name;
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let good = starts
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !good {
        let message = format!("a name {within} is not the name of a variable");
        let hint = "it becomes one in the bot: use letters, digits and `_`";
        file.wrong_but(key.span, message, hint);
    }
    good
}

/// Reads the table `secrets` of a bot; `config` are the names that are taken already.
pub(super) fn secrets(
    keys: &mut Keys,
    config: &[(String, String)],
    file: &mut TextFile,
) -> Vec<SecretEntry> {
    let Some(table) = keys.table("secrets", file) else {
        return Vec::new();
    };
    let (span, within) = (table.span, table.within());
    let path = table.path_of("");
    let entries = table.entries();
    if entries.len() > SECRETS_MAX {
        file.wrong(
            span,
            format!("there are more than {SECRETS_MAX} entries {within}"),
        );
        return Vec::new();
    }
    let mut secrets = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        if !is_variable(&key, &within, file) {
            continue;
        }
        if config.iter().any(|(name, _)| *name == key.name) {
            file.wrong_but(
                key.span,
                format!("a name {within} stands in `config` as well"),
                "the bot finds both in its environment: give one of them another name",
            );
        }
        let shown = nameable(&key.name).map_or_else(|| "…".to_owned(), excerpt);
        secrets.extend(secret(&key.name, value, format!("{path}{shown}"), file));
    }
    secrets.sort_by(|one, other| one.name.cmp(&other.name));
    secrets
}

fn secret(name: &str, value: Value<'_>, path: String, file: &mut TextFile) -> Option<SecretEntry> {
    if !matches!(value.as_ref(), ValueInner::Table(_)) {
        // A text here is the secret itself.
        secret_source::entry(value, &path, &SECRET, file);
        return None;
    }
    let mut keys = Keys::open(value, path, file)?;
    let found = secret_source::source(&mut keys, &SECRET, file);
    let hosts = granted(&mut keys, file);
    let header = header(&mut keys, file);
    let optional = keys.boolean("optional", file);
    keys.finish_unnamed(file);
    Some(SecretEntry {
        name: name.to_owned(),
        source: found?,
        hosts: hosts?,
        header: header?,
        optional: optional.is_some_and(|(optional, _)| optional),
    })
}

/// Hosts of a secret: one, or a list.
fn granted(keys: &mut Keys, file: &mut TextFile) -> Option<Vec<HostEntry>> {
    let (start, within) = (keys.span, keys.within());
    let Some(mut value) = keys.take("host") else {
        let hint = "write `host = \"https://api.example.com\"`: the secret is sent there, and nowhere else";
        file.wrong_but(start, format!("`host` is missing {within}"), hint);
        return None;
    };
    let span = value.span;
    let items = match value.take() {
        ValueInner::String(text) => vec![Value::with_span(ValueInner::String(text), span)],
        ValueInner::Array(items) if (1..=HOSTS_MAX).contains(&items.len()) => items,
        ValueInner::Array(_) => {
            let message = format!("`host` {within} must have 1 to {HOSTS_MAX} entries");
            file.wrong(span, message);
            return None;
        }
        other => {
            let message = format!(
                "`host` {within} must be text in quotes, or a list, not {}",
                kind(&other)
            );
            file.wrong(span, message);
            return None;
        }
    };
    let what = format!("`host` {within}");
    let count = items.len();
    let read = |item: Value<'_>| {
        if let Some(text) = item.as_str() {
            return host(text, item.span, &what, file);
        }
        let message = format!(
            "an entry of {what} must be text in quotes, not {}",
            kind(item.as_ref())
        );
        file.wrong(item.span, message);
        None
    };
    let hosts: Vec<_> = items.into_iter().filter_map(read).collect();
    (hosts.len() == count).then_some(hosts)
}

fn header(keys: &mut Keys, file: &mut TextFile) -> Option<HeaderName> {
    let absent = keys.has_no("header");
    let text = keys.string("header", file);
    if absent {
        return Some(HEADER);
    }
    let (text, span) = text?;
    let header = HeaderName::try_from(text.as_str());
    header
        .map_err(|_| {
            let message = format!("`header` {} is not the name of a header", keys.within());
            file.wrong_but(span, message, "write \"authorization\" or \"x-api-key\"");
        })
        .ok()
}

/// Secrets for hosts where the bot may not send requests at all: a mistake, for nothing would ever
/// carry them.
pub(super) fn unreachable(
    secrets: &[SecretEntry],
    allowed: &[HostEntry],
    bot: &str,
) -> Vec<Problem> {
    let reached = |host: &&HostEntry| {
        allowed
            .iter()
            .any(|one| one.pattern.covers(&host.pattern) || host.pattern.covers(&one.pattern))
    };
    let hosts = secrets.iter().flat_map(|secret| &secret.hosts);
    hosts
        .filter(|host| !reached(host))
        .map(|host| Problem {
            message: format!("a secret of bot `{bot}` is granted for a host that the bot may not send requests to"),
            causes: vec![format!("`{ALLOWED}` in [bot.{bot}] does not cover `{}`", host.pattern)],
            place: Some(host.place.clone()),
            hint: Some(format!("write `{ALLOWED} = [\"{}\"]`", host.pattern)),
        })
        .collect()
}

/// Hosts that a bot asks for and its ceilings do not cover. A ceiling is a list, and what it is called.
pub(super) fn above<'c>(
    asked: &[HostEntry],
    ceilings: impl IntoIterator<Item = (&'c Hosts, String)>,
    bot: &BotName,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (ceiling, of) in ceilings {
        let covered = |host: &&HostEntry| {
            ceiling
                .entries
                .iter()
                .any(|one| one.pattern.covers(&host.pattern))
        };
        problems.extend(
            asked
                .iter()
                .filter(|host| !covered(host))
                .map(|host| Problem {
                    message: format!("bot `{bot}` may not send requests to `{}`", host.pattern),
                    causes: vec![format!(
                        "`{ALLOWED}` in [{of}] does not cover it, at {}",
                        ceiling.place
                    )],
                    place: Some(host.place.clone()),
                    hint: Some(
                        "take it out; only whoever runs the server can add to what is allowed"
                            .to_owned(),
                    ),
                }),
        );
    }
    problems
}

/// Reads one secret of a bot; `None` where it can do without, and there is none.
pub(super) fn resolve(
    entry: SecretEntry,
    bot: &BotName,
    places: &SecretContext<'_>,
) -> Result<Option<SecretGrant>, Problem> {
    let problem = |(causes, hint): (Vec<String>, String)| Problem {
        message: match nameable(&entry.name) {
            Some(name) => format!("bot `{bot}` cannot have its secret `{}`", excerpt(name)),
            None => format!("bot `{bot}` cannot have a secret"),
        },
        causes,
        place: Some(entry.source.place.clone()),
        hint: Some(hint),
    };
    if entry.optional && entry.source.source.is_absent(places) {
        return Ok(None);
    }
    let value = entry.source.source.read(&SECRET, places).map_err(problem)?;
    Ok(Some(SecretGrant {
        name: entry.name,
        value,
        hosts: entry.hosts.into_iter().map(|host| host.pattern).collect(),
        header: entry.header,
    }))
}
