//! The file of those who play along with a simulated platform, as it was typed: server bots by their
//! URLs, and bots that are nothing but their replies.
//!
//! ```toml
//! [bot.cat]
//! url = "http://127.0.0.1:8080/cat"
//! key = { env = "CAT_ACCESS_KEY" }
//!
//! [bot."GPT-4o"]
//! replies = [
//!     "It is a fine day.",                                    # in turn; the last again and again
//!     { when = "weather", call = { name = "get_weather", arguments = { city = "Paris" } } },
//!     { events = [{ text = "Let me think" }, { pause = "2s" }, { error = "I cannot." }] },
//! ]
//! ```
//!
//! Goes in: a path. Comes out: who plays, or every mistake with its place. Never done here:
//! network requests.

mod events;

use std::{path::Path, time::Duration};

use toml_span::{
    Span, Value,
    value::{Key, ValueInner},
};

use super::{
    World, access_keys,
    secret_source::{SecretContext, SourceEntry, Vault},
    secrets_dir,
    source_file::{FILE_BYTES_MAX, TextFile, excerpt, read},
    toml_table::{Keys, kind},
};
use crate::ids::TenantName;
use ravenry_base::{
    report::{Place, Problem, Problems},
    secret::Secret,
};

/// Longest name of a bot, in bytes. Far above what the platform allows.
const NAME_BYTES_MAX: usize = 128;

/// Replies of one bot.
const REPLIES_MAX: usize = 1000;

/// Who plays under a name.
#[derive(Clone, Debug)]
pub struct Player {
    /// The name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// What it is.
    pub role: Role,
}

/// What plays.
#[derive(Clone, Debug)]
pub enum Role {
    /// A server bot.
    Server {
        /// Its URL, as it was typed.
        url: String,
        /// Its access key.
        key: Option<Secret>,
    },
    /// Nothing but replies. At least one.
    Replies(Vec<Reply>),
}

/// One reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// It answers messages that contain this, whatever its case; else it is given in its turn.
    pub when: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// What it says.
    pub events: Vec<Line>,
}

/// One step of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// More text.
    Text(String),
    /// Text in the place of all before.
    Replace(String),
    /// What the person may want to say next.
    Suggest(String),
    /// Hidden data.
    Data(String),
    /// A file.
    File {
        /// Where it is.
        url: String,
        /// What it is called.
        name: String,
        /// Its media type.
        content_type: String,
    },
    /// A failure, and whether to try again.
    Error(String, bool),
    /// A call of a tool, with its arguments as JSON.
    Call(String, serde_json::Value),
    /// Silence.
    Pause(Duration),
}

/// Loads a file of players.
///
/// # Errors
/// All its mistakes, at once.
pub fn load(path: &Path, world: World<'_>) -> Result<Vec<Player>, Problems> {
    let text = read(path, FILE_BYTES_MAX).map_err(|error| Problem {
        message: format!("cannot read `{}`", path.display()),
        causes: vec![error.to_string()],
        hint: Some("name a file with a `[bot.NAME]` for each who plays".to_owned()),
        ..Problem::default()
    })?;
    let mut file = TextFile::new(path, &text);
    let entries = entries(&mut file);
    let mut problems = std::mem::take(&mut file.problems);
    let vault = Vault::Author(secrets_dir(world));
    let places = SecretContext {
        dir: path.parent().unwrap_or(Path::new("")),
        env: world.variable,
        stand_in: world.stand_in,
        vault: &vault,
        tenant: &TenantName::local(),
    };
    let mut players = Vec::new();
    for entry in entries {
        match entry.resolve(&places) {
            Ok(player) => players.push(player),
            Err(problem) => problems.push(problem),
        }
    }
    Problems(super::in_order(problems, |problem| problem)).or(players)
}

/// A player as declared.
struct Entry {
    name: String,
    place: Place,
    url: Option<String>,
    key: Option<SourceEntry>,
    replies: Vec<Reply>,
}

impl Entry {
    fn resolve(self, places: &SecretContext<'_>) -> Result<Player, Problem> {
        let key = self.key.as_ref();
        let key = key.map(|key| access_keys::resolve(key, &self.name, places));
        let role = match self.url {
            Some(url) => Role::Server {
                url,
                key: key.transpose()?,
            },
            None => Role::Replies(self.replies),
        };
        Ok(Player {
            name: self.name,
            place: self.place,
            role,
        })
    }
}

fn entries(file: &mut TextFile) -> Vec<Entry> {
    let top = file
        .parse()
        .and_then(|value| Keys::open(value, String::new(), file));
    let Some(mut keys) = top else {
        return Vec::new();
    };
    let (start, absent) = (keys.span, keys.has_no("bot"));
    let entries = keys.table("bot", file).map(Keys::entries);
    if absent || entries.as_ref().is_some_and(Vec::is_empty) {
        let hint = "declare one: `[bot.cat]`, and below it `url = \"http://127.0.0.1:8080/cat\"`";
        file.wrong_but(start, "the file declares no bot", hint);
    }
    keys.finish(file);
    let entry = |(key, value): (Key, Value)| entry(&key.name, key.span, value, file);
    entries
        .unwrap_or_default()
        .into_iter()
        .filter_map(entry)
        .collect()
}

fn entry(name: &str, span: Span, value: Value, file: &mut TextFile) -> Option<Entry> {
    let mut keys = Keys::open(value, format!("bot.{}", excerpt(name)), file)?;
    let (place, within) = (file.place(keys.span), keys.within());
    let named = (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control);
    if !named {
        file.wrong(
            span,
            "the name of a bot is 1 to 128 bytes without control characters",
        );
    }
    let (url_at, replies_at) = (keys.span_of("url"), keys.span_of("replies"));
    let url = keys.string("url", file).map(|(url, _)| url);
    let key = access_keys::one(&mut keys, "key", file);
    let replies = replies(&mut keys, file);
    let at = keys.span;
    keys.finish(file);
    let hint =
        "write `url = \"http://127.0.0.1:8080/cat\"` for a server bot, or `replies = [\"…\"]`";
    match (url_at, replies_at) {
        (Some(_), Some(second)) => {
            let message = format!("`url` and `replies` both stand {within}");
            file.wrong_but(second, message, hint);
        }
        (None, None) => {
            let message = format!("neither `url` nor `replies` stands {within}");
            file.wrong_but(at, message, hint);
        }
        _ => {}
    }
    if url_at.is_none()
        && let Some(key) = &key
    {
        file.problems.push(Problem {
            message: format!("`key` stands {within} without a `url`"),
            place: Some(key.place.clone()),
            hint: Some("who only replies needs none".to_owned()),
            ..Problem::default()
        });
    }
    let name = name.to_owned();
    (named && (url.is_some() || !replies.is_empty())).then_some(Entry {
        name,
        place,
        url,
        key,
        replies,
    })
}

fn replies(keys: &mut Keys, file: &mut TextFile) -> Vec<Reply> {
    let within = keys.within();
    let Some(mut value) = keys.take("replies") else {
        return Vec::new();
    };
    let hint = "write `replies = [\"It is a fine day.\"]`";
    match value.take() {
        ValueInner::Array(items) if items.is_empty() || items.len() > REPLIES_MAX => {
            let message = format!("`replies` {within} has 1 to {REPLIES_MAX} entries");
            file.wrong_but(value.span, message, hint);
            Vec::new()
        }
        ValueInner::Array(items) => {
            let path = keys.path_of("replies");
            let reply = |item| reply(item, &path, file);
            items.into_iter().filter_map(reply).collect()
        }
        other => {
            let message = format!("`replies` {within} must be a list, not {}", kind(&other));
            file.wrong_but(value.span, message, hint);
            Vec::new()
        }
    }
}

/// A text, or a table with `when`, `status` and what is said.
fn reply(mut value: Value, path: &str, file: &mut TextFile) -> Option<Reply> {
    let span = value.span;
    let mut keys = match value.take() {
        ValueInner::String(text) => {
            return Some(Reply {
                when: None,
                status: 200,
                events: vec![Line::Text(text.into_owned())],
            });
        }
        ValueInner::Table(table) => {
            let value = Value::with_span(ValueInner::Table(table), span);
            Keys::open(value, path.to_owned(), file)?
        }
        other => {
            let message = format!(
                "an entry of `{path}` must be text or a table, not {}",
                kind(&other)
            );
            file.wrong(span, message);
            return None;
        }
    };
    let when = keys.string("when", file).map(|(text, _)| text);
    let status = status(&mut keys, file);
    let events = if keys.has_no("events") {
        // Another status says enough.
        let says = status == 200 || events::stands(&keys);
        let said = says.then(|| events::line(&mut keys, file)).flatten();
        said.into_iter().collect()
    } else {
        events::list(&mut keys, file)
    };
    keys.finish(file);
    Some(Reply {
        when,
        status,
        events,
    })
}

fn status(keys: &mut Keys, file: &mut TextFile) -> u16 {
    let within = keys.within();
    let Some(value) = keys.take("status") else {
        return 200;
    };
    let status = value
        .as_integer()
        .and_then(|status| u16::try_from(status).ok());
    status
        .filter(|status| (200..=599).contains(status))
        .unwrap_or_else(|| {
            let message = format!("`status` {within} must be an HTTP status, such as 503");
            file.wrong(value.span, message);
            200
        })
}

#[cfg(test)]
mod tests;
