//! What a server bot's settings say, as the platform takes them: what counts, and what is wrong.

use std::collections::HashMap;

use serde_json::{Map, Value};

use ravenry_protocol::settings::{Settings, lint};

/// A bot's settings, read.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The object as it came; null where the bot has not said any.
    pub object: Value,
    /// What the platform would drop without a word, one sentence each.
    pub mistakes: Vec<String>,
    /// How many calls to other bots one reply may make.
    pub dependencies: HashMap<String, u32>,
    /// Whether people may attach files.
    pub allow_attachments: bool,
    /// Whether text of attached documents is sent along.
    pub expand_text_attachments: bool,
    /// Whether consecutive messages of one role are joined.
    pub enforce_author_role_alternation: bool,
}

impl Default for Terms {
    /// What holds for a bot whose settings are not known.
    fn default() -> Self {
        Self::read(Value::Null)
    }
}

impl Terms {
    /// Reads settings. Without a version they are of version 0, in which files may not be attached
    /// (`fastapi_poe` 0.0.83 and the documentation of 2025; the specification itself says so of all).
    pub fn read(object: Value) -> Self {
        let empty = Map::new();
        let members = object.as_object().unwrap_or(&empty);
        let unknown = members.is_empty();
        let version = members.get("response_version").and_then(Value::as_u64);
        let flag = |name: &str, default| {
            let said = members.get(name).and_then(Value::as_bool);
            said.unwrap_or(default)
        };
        let declared = members
            .get("server_bot_dependencies")
            .and_then(Value::as_object);
        let calls = |calls: &Value| {
            let calls = calls.as_u64().unwrap_or(0);
            u32::try_from(calls).unwrap_or(u32::MAX)
        };
        let dependencies: Vec<(String, u32)> = declared
            .into_iter()
            .flatten()
            .map(|(bot, number)| (bot.clone(), calls(number)))
            .collect();
        Self {
            mistakes: mistakes(members, &dependencies, version),
            dependencies: dependencies.into_iter().collect(),
            allow_attachments: flag("allow_attachments", unknown || version > Some(0)),
            expand_text_attachments: flag("expand_text_attachments", true),
            enforce_author_role_alternation: flag("enforce_author_role_alternation", false),
            object,
        }
    }
}

/// What is wrong with settings, in sentences.
fn mistakes(
    members: &Map<String, Value>,
    dependencies: &[(String, u32)],
    version: Option<u64>,
) -> Vec<String> {
    let text = |name: &str| members.get(name)?.as_str().map(str::to_owned);
    let mut mistakes = lint(&Settings {
        server_bot_dependencies: dependencies.to_vec(),
        rate_card: text("rate_card"),
        cost_label: text("cost_label"),
        extra: Some(Value::Object(members.clone()).to_string()),
        ..Settings::default()
    });
    let has_controls = members
        .get("parameter_controls")
        .is_some_and(|controls| !controls.is_null());
    if has_controls && version.is_none() {
        let missing = "`response_version` is missing, which means 0; the platform then drops \
                       `parameter_controls`.";
        mistakes.push(missing.to_owned());
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn defaults_depend_on_the_version() {
        let allowed = |object| Terms::read(object).allow_attachments;
        assert!(allowed(json!({"response_version": 2})));
        assert!(!allowed(json!({"introduction_message": "hi"})));
        assert!(allowed(json!({"allow_attachments": true})));
        assert!(allowed(
            json!({"response_version": 2, "allow_attachments": null})
        ));
        assert!(!allowed(
            json!({"response_version": 2, "allow_attachments": false})
        ));
        assert!(Terms::default().allow_attachments);
    }

    /// The reference library sends nulls for all that a bot does not say: none of them is a mistake.
    #[test]
    fn only_what_the_platform_drops_is_a_mistake() {
        let fine = json!({
            "response_version": 2, "context_clear_window_secs": null,
            "server_bot_dependencies": {"GPT-4o": 2}, "parameter_controls": null,
        });
        let terms = Terms::read(fine);
        assert_eq!(terms.mistakes, Vec::<String>::new());
        assert_eq!(terms.dependencies["GPT-4o"], 2);
        let controls =
            json!({"api_version": "2", "sections": [{"controls": [{"control": "divider"}]}]});
        let wrong = json!({
            "server_bot_dependencies": {"GPT-4o": 0}, "parameter_controls": controls,
            "colour": "red", "cost_label": "[usd_milli_cents=x]",
        });
        let mistakes = Terms::read(wrong).mistakes.join("\n");
        for part in [
            "0 calls to `GPT-4o`",
            "`colour`",
            "`response_version`",
            "`cost_label`",
        ] {
            assert!(mistakes.contains(part), "{part} is not in\n{mistakes}");
        }
    }
}
