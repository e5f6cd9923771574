//! How the platform should treat a bot, as the bot says it; and a linter for what the platform
//! drops without a word.
//!
//! The platform checks settings strictly and in silence: one mistake, and the controls, or the
//! whole object, are as if never sent. So [`lint`] says each mistake in one sentence. Nothing is
//! corrected: what a bot says is what is sent.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    controls,
    json::{self, JsonFault, shown},
    lints::Lints,
};

/// The version of the settings' vocabulary that is sent.
///
/// The platform drops parameter controls below 2, and takes a missing version for 0 (reference
/// library 0.0.65 and later; reports of operators).
pub const RESPONSE_VERSION: u32 = 2;

/// Most calls to one other bot that a reply may declare (specification of 2025 and 2026).
pub const DEPENDENCY_CALLS_MAX: u32 = 100;

/// Most bytes of all that a bot says in its settings.
///
/// An introduction and controls have kilobytes. What is larger would be parsed, escaped, and kept for
/// as long as the client takes to read it.
pub const SETTINGS_BYTES_MAX: u64 = 1024 * 1024;

/// The members of the settings object that the platform is known to take, old ones included
/// (reference library 0.0.83). On any other it drops the object.
pub(super) const MEMBERS: [&str; 15] = [
    "response_version",
    "server_bot_dependencies",
    "allow_attachments",
    "expand_text_attachments",
    "enable_image_comprehension",
    "introduction_message",
    "enforce_author_role_alternation",
    "enable_multi_entity_prompting",
    "enable_multi_bot_chat_prompting",
    "rate_card",
    "cost_label",
    "custom_rate_card",
    "parameter_controls",
    "context_clear_window_secs",
    "allow_user_context_clear",
];

/// How the platform should treat a bot. What is `None` or empty is left out, and its default holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// How many calls to other bots one reply may make: bot name to number, 1 to 100.
    pub server_bot_dependencies: Vec<(String, u32)>,
    /// Whether people may attach files.
    pub allow_attachments: Option<bool>,
    /// Whether the platform extracts the text of attached documents.
    pub expand_text_attachments: Option<bool>,
    /// Whether the platform describes attached images in words.
    pub enable_image_comprehension: Option<bool>,
    /// What the bot says first, in Markdown.
    pub introduction_message: Option<String>,
    /// Whether consecutive messages of one role are joined before they are sent.
    pub enforce_author_role_alternation: Option<bool>,
    /// Whether messages of other bots in the conversation are sent along.
    pub enable_multi_entity_prompting: Option<bool>,
    /// The price list, in Markdown with `[usd_milli_cents=N]` marks.
    pub rate_card: Option<String>,
    /// The price in a few words, with the same marks.
    pub cost_label: Option<String>,
    /// Controls shown beside the text field: the text of a JSON object.
    pub parameter_controls: Option<String>,
    /// Further members of the settings object: the text of a JSON object. They win.
    pub extra: Option<String>,
}

impl Settings {
    /// Bytes of all that is said; see [`SETTINGS_BYTES_MAX`].
    pub fn bytes(&self) -> u64 {
        let texts = [
            &self.introduction_message,
            &self.rate_card,
            &self.cost_label,
            &self.parameter_controls,
            &self.extra,
        ];
        let texts = texts.into_iter().flatten().map(String::len);
        let bots = self.server_bot_dependencies.iter();
        let bots = bots.map(|(bot, _)| bot.len().saturating_add(size_of::<(String, u32)>()));
        let sizes = texts.chain(bots).map(|size| size as u64);
        sizes.fold(0, u64::saturating_add)
    }

    /// The members of the settings object, in the order in which they are sent.
    pub(super) fn members(&self) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("response_version".to_owned(), RESPONSE_VERSION.into());
        if !self.server_bot_dependencies.is_empty() {
            let calls: Map<String, Value> = self
                .server_bot_dependencies
                .iter()
                .map(|(bot, calls)| (bot.clone(), (*calls).into()))
                .collect();
            members.insert("server_bot_dependencies".to_owned(), calls.into());
        }
        let flag = |value: Option<bool>| value.map(Value::from);
        let text = |value: &Option<String>| value.clone().map(Value::from);
        let object = |value: &Option<String>| {
            value
                .as_deref()
                .and_then(|text| read_object(text).ok())
                .map(Value::from)
        };
        let optional = [
            ("allow_attachments", flag(self.allow_attachments)),
            (
                "expand_text_attachments",
                flag(self.expand_text_attachments),
            ),
            (
                "enable_image_comprehension",
                flag(self.enable_image_comprehension),
            ),
            ("introduction_message", text(&self.introduction_message)),
            (
                "enforce_author_role_alternation",
                flag(self.enforce_author_role_alternation),
            ),
            (
                "enable_multi_entity_prompting",
                flag(self.enable_multi_entity_prompting),
            ),
            ("rate_card", text(&self.rate_card)),
            ("cost_label", text(&self.cost_label)),
            ("parameter_controls", object(&self.parameter_controls)),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                members.insert(name.to_owned(), value);
            }
        }
        if let Some(Ok(extra)) = self.extra.as_deref().map(read_object) {
            members.extend(extra);
        }
        members
    }
}

/// Says each mistake that the platform would drop in silence, in one sentence; at most 51.
pub fn lint(settings: &Settings) -> Vec<String> {
    let mut lints = Lints::default();
    dependencies(&settings.server_bot_dependencies, &mut lints);
    price("rate_card", settings.rate_card.as_deref(), &mut lints);
    price("cost_label", settings.cost_label.as_deref(), &mut lints);
    for (name, value) in [
        ("parameter_controls", &settings.parameter_controls),
        ("extra", &settings.extra),
    ] {
        if let Some(Err(why)) = value.as_deref().map(read_object) {
            lints.say(|| format!("`{name}` is left out: {why}."));
        }
    }
    let members = settings.members();
    for name in members.keys() {
        if !MEMBERS.contains(&name.as_str()) {
            lints.say(|| {
                format!(
                    "`extra` has the member `{}`, which the platform is not known to take; it may \
                     drop all settings.",
                    shown(name)
                )
            });
        }
    }
    if let Some(value) = members
        .get("parameter_controls")
        .filter(|value| !value.is_null())
    {
        let version = members.get("response_version").and_then(Value::as_u64);
        if version.is_none_or(|version| version < u64::from(RESPONSE_VERSION)) {
            lints.say(|| {
                format!(
                    "`response_version` is below {RESPONSE_VERSION}; the platform then drops \
                     `parameter_controls`."
                )
            });
        }
        controls::lint(value, &mut lints);
    }
    lints.into_sentences()
}

/// The object whose text this is, or why it is none, as the end of a sentence.
fn read_object(text: &str) -> Result<Map<String, Value>, String> {
    match json::parse(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => Err(format!("it is {}, not a JSON object", json::kind(&other))),
        Err(JsonFault::TooMany) => Err(format!(
            "it holds more than {} JSON values",
            json::VALUES_MAX
        )),
        Err(JsonFault::Syntax { line, column, what }) => Err(format!(
            "it is not JSON at line {line}, column {column}: {what}"
        )),
    }
}

fn dependencies(dependencies: &[(String, u32)], lints: &mut Lints) {
    let mut seen = HashSet::new();
    for (bot, calls) in dependencies {
        if bot.is_empty() {
            lints.say(|| "`server_bot_dependencies` names a bot without a name.".to_owned());
        }
        if !(1..=DEPENDENCY_CALLS_MAX).contains(calls) {
            lints.say(|| {
                format!(
                    "`server_bot_dependencies` allows {calls} calls to `{}`; the platform takes 1 \
                     to {DEPENDENCY_CALLS_MAX}.",
                    shown(bot)
                )
            });
        }
        if !seen.insert(bot) {
            lints.say(|| {
                format!(
                    "`server_bot_dependencies` names `{}` twice; the last number counts.",
                    shown(bot)
                )
            });
        }
    }
}

/// Looks for price marks that the platform would show as they stand.
pub(super) fn price(name: &str, text: Option<&str>, lints: &mut Lints) {
    for mark in text.unwrap_or_default().split("[usd_milli_cents").skip(1) {
        let number = mark
            .strip_prefix('=')
            .and_then(|rest| rest.split_once(']'))
            .map(|(number, _)| number)
            .filter(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
        if number.is_none() {
            lints.say(|| {
                format!("`{name}` has a price mark that is not of the form `[usd_milli_cents=N]`.")
            });
        }
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
