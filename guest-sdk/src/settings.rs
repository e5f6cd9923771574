//! How the platform should treat a bot, and the controls that a person can set.

mod controls;
mod lint;
#[cfg(test)]
mod lint_tests;
#[cfg(test)]
mod tests;

pub use controls::{
    AspectRatio, Comparator, Condition, Content, Control, DropDown, Field, Operand,
    ParameterControls, Ratio, Section, Slider, Tab, TextField, ToggleSwitch,
};

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// How the platform should treat a bot. What is `None` is left out, and the platform's default
/// holds.
///
/// ```
/// use ravenry_sdk::Settings;
///
/// let settings = Settings {
///     allow_attachments: Some(true),
///     introduction_message: Some("Ask me for a capital.".to_owned()),
///     ..Settings::default()
/// };
/// # assert_eq!(settings.allow_attachments, Some(true));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// How many calls to other bots one reply may make: bot name to number, 1 to 100.
    pub server_bot_dependencies: BTreeMap<String, u32>,
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
    /// Controls shown beside the text field.
    pub parameter_controls: Option<ParameterControls>,
    /// Further members of the settings object, for what the platform adds.
    ///
    /// A member named here wins over the field of the same name above.
    pub extra: Map<String, Value>,
}

impl Settings {
    /// Declares how often one reply may ask this bot: 1 to 100 times. See [`poe`](crate::poe).
    #[must_use]
    pub fn calls(mut self, bot: impl Into<String>, calls_max: u32) -> Self {
        self.server_bot_dependencies.insert(bot.into(), calls_max);
        self
    }
}
