//! What the platform would drop in silence, said by the protocol's own linter.
//!
//! The types already keep out a part of it: unknown kinds, conditions within conditions, missing
//! members.

use ravenry_protocol::settings;

use super::Settings;

impl Settings {
    /// Each mistake that the platform would drop in silence, in one sentence, at most 51. Empty where
    /// there is none.
    ///
    /// The gateway logs the same when it mounts a bot; a test finds it before:
    ///
    /// ```
    /// use ravenry_sdk::Settings;
    ///
    /// let settings = Settings::default().calls("Claude-3-Haiku", 0);
    /// assert_eq!(
    ///     settings.lint(),
    ///     ["`server_bot_dependencies` allows 0 calls to `Claude-3-Haiku`; the platform takes 1 to 100."]
    /// );
    /// ```
    ///
    /// A number that JSON cannot hold (not a number, infinite) is sent as `null`, and so it is missing.
    #[must_use = "the mistakes are returned, not shown"]
    pub fn lint(&self) -> Vec<String> {
        settings::lint(&self.clone().into())
    }
}

impl From<Settings> for settings::Settings {
    fn from(settings: Settings) -> Self {
        let controls = settings.parameter_controls;
        let extra = settings.extra;
        Self {
            server_bot_dependencies: settings.server_bot_dependencies.into_iter().collect(),
            allow_attachments: settings.allow_attachments,
            expand_text_attachments: settings.expand_text_attachments,
            enable_image_comprehension: settings.enable_image_comprehension,
            introduction_message: settings.introduction_message,
            enforce_author_role_alternation: settings.enforce_author_role_alternation,
            enable_multi_entity_prompting: settings.enable_multi_entity_prompting,
            rate_card: settings.rate_card,
            cost_label: settings.cost_label,
            parameter_controls: controls.map(|controls| controls.to_json().to_string()),
            extra: (!extra.is_empty()).then(|| serde_json::Value::Object(extra).to_string()),
        }
    }
}
