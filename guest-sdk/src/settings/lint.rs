//! What the platform would drop in silence.
//!
//! The types already keep out a part of it: unknown kinds, conditions within conditions, missing
//! members. The sentences are those of the gateway's own linter, which sees the JSON.

use std::collections::HashMap;

use serde_json::Value;

use super::{AspectRatio, Condition, Content, Control, DropDown, Field, Operand, Settings, Slider};

/// Most calls to one other bot that a reply may declare (the platform's specification, 2025).
const CALLS_MAX: u32 = 100;

/// The members of the settings object that the platform is known to take beside those that have a
/// field (reference library 0.0.83). On any other it drops the object.
const KNOWN_EXTRA: [&str; 15] = [
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

impl Settings {
    /// Each mistake that the platform would drop in silence, in one sentence. Empty where there is
    /// none.
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
    #[must_use = "the mistakes are returned, not shown"]
    pub fn lint(&self) -> Vec<String> {
        let mut linter = Linter::default();
        for (bot, calls) in &self.server_bot_dependencies {
            linter.dependency(bot, *calls);
        }
        linter.price("rate_card", self.rate_card.as_deref());
        linter.price("cost_label", self.cost_label.as_deref());
        for name in self.extra.keys() {
            if !KNOWN_EXTRA.contains(&name.as_str()) {
                linter.sentences.push(format!(
                    "`extra` has the member `{name}`, which the platform is not known to take; it \
                     may drop all settings."
                ));
            }
        }
        if let Some(controls) = &self.parameter_controls {
            if let Some(version) = self.extra.get("response_version")
                && version.as_u64().is_none_or(|version| version < 2)
            {
                linter.sentences.push(
                    "`response_version` is below 2; the platform then drops `parameter_controls`."
                        .to_owned(),
                );
            }
            let path = "parameter_controls.sections".to_owned();
            linter.each(
                &path,
                &controls.sections,
                |linter, path, section| match &section.content {
                    Content::Controls(controls) => linter.controls(path, controls),
                    Content::Tabs(tabs) => {
                        let path = format!("{path}.tabs");
                        linter.each(&path, tabs, |linter, path, tab| {
                            linter.controls(path, &tab.controls);
                        });
                    }
                },
            );
            linter.names_in_conditions();
        }
        linter.sentences
    }
}

#[derive(Default)]
struct Linter<'a> {
    sentences: Vec<String>,
    /// Each parameter's default, by the first control that sets it.
    defaults: HashMap<&'a str, Option<Value>>,
    /// Parameters that conditions name, each with the place.
    named: Vec<(String, &'a str)>,
}

impl<'a> Linter<'a> {
    fn say(&mut self, path: &str, what: &str) {
        self.sentences.push(format!("`{path}` {what}."));
    }

    fn dependency(&mut self, bot: &str, calls: u32) {
        if bot.is_empty() {
            self.say("server_bot_dependencies", "names a bot without a name");
        }
        if !(1..=CALLS_MAX).contains(&calls) {
            self.sentences.push(format!(
                "`server_bot_dependencies` allows {calls} calls to `{bot}`; the platform takes 1 \
                 to {CALLS_MAX}."
            ));
        }
    }

    /// Looks for price marks that the platform would show as they stand.
    fn price(&mut self, name: &str, text: Option<&str>) {
        for mark in text.unwrap_or_default().split("[usd_milli_cents").skip(1) {
            let number = mark
                .strip_prefix('=')
                .and_then(|rest| rest.split_once(']'))
                .map(|(number, _)| number)
                .filter(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
            if number.is_none() {
                let what = "has a price mark that is not of the form `[usd_milli_cents=N]`";
                self.say(name, what);
            }
        }
    }

    /// Visits the items of a list; one without items is a mistake everywhere.
    fn each<T>(
        &mut self,
        path: &str,
        items: &'a [T],
        mut visit: impl FnMut(&mut Self, &str, &'a T),
    ) {
        if items.is_empty() {
            self.say(path, "is empty");
        }
        for (index, item) in items.iter().enumerate() {
            visit(self, &format!("{path}[{index}]"), item);
        }
    }

    fn controls(&mut self, path: &str, controls: &'a [Control]) {
        let path = format!("{path}.controls");
        self.each(&path, controls, |linter, path, control| match control {
            Control::Field(field) => linter.field(path, field),
            Control::Condition(condition) => linter.condition(path, condition),
        });
    }

    fn field(&mut self, path: &str, field: &'a Field) {
        match field {
            Field::Divider => {}
            Field::TextField(text) | Field::TextArea(text) => {
                let default = text.default_value.as_deref().map(Value::from);
                self.parameter(path, &text.parameter_name, default.as_ref());
            }
            Field::ToggleSwitch(switch) => {
                let default = switch.default_value.map(Value::from);
                self.parameter(path, &switch.parameter_name, default.as_ref());
            }
            Field::DropDown(choice) => self.drop_down(path, choice),
            Field::AspectRatio(ratio) => self.aspect_ratio(path, ratio),
            Field::Slider(slider) => self.slider(path, slider),
        }
    }

    fn parameter(&mut self, path: &str, name: &'a str, default: Option<&Value>) {
        let path = format!("{path}.parameter_name");
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(letter) {
            self.say(&path, "should consist of letters, digits and `_`");
        }
        if name.starts_with("poe_") {
            self.say(&path, "starts with `poe_`, which belongs to the platform");
        }
        let first = self.defaults.entry(name).or_insert(default.cloned());
        if first.as_ref() != default {
            self.say(&path, "stands for a control with another default, too");
        }
    }

    fn drop_down(&mut self, path: &str, choice: &'a DropDown) {
        let default = choice.default_value.as_deref();
        self.parameter(
            path,
            &choice.parameter_name,
            default.map(Value::from).as_ref(),
        );
        self.each(&format!("{path}.options"), &choice.options, |_, _, _| ());
        let mut values = choice.options.iter().map(|(value, _)| value.as_str());
        self.default_among(path, default, |default| {
            values.any(|value| value == default)
        });
    }

    fn aspect_ratio(&mut self, path: &str, choice: &'a AspectRatio) {
        let default = choice.default_value.as_deref();
        self.parameter(
            path,
            &choice.parameter_name,
            default.map(Value::from).as_ref(),
        );
        self.each(
            &format!("{path}.options"),
            &choice.options,
            |linter, path, ratio| {
                for (side, length) in [("width", ratio.width), ("height", ratio.height)] {
                    if !(length > 0.0 && length.is_finite()) {
                        linter.say(&format!("{path}.{side}"), "is not above 0");
                    }
                }
            },
        );
        self.default_among(path, default, |default| {
            choice.options.iter().any(|ratio| match &ratio.value {
                Some(value) => value == default,
                None => format!("{}:{}", ratio.width, ratio.height) == default,
            })
        });
    }

    fn default_among(
        &mut self,
        path: &str,
        default: Option<&str>,
        is_option: impl FnOnce(&str) -> bool,
    ) {
        if default.is_some_and(|default| !is_option(default)) {
            let path = format!("{path}.default_value");
            self.say(&path, "is not the value of an option");
        }
    }

    fn slider(&mut self, path: &str, slider: &'a Slider) {
        let default = slider.default_value;
        self.parameter(
            path,
            &slider.parameter_name,
            default.map(Value::from).as_ref(),
        );
        let Slider {
            min_value: min,
            max_value: max,
            step,
            ..
        } = *slider;
        let numbers = [
            ("min_value", Some(min)),
            ("max_value", Some(max)),
            ("step", Some(step)),
            ("default_value", default),
        ];
        for (name, number) in numbers {
            if number.is_some_and(|number| !number.is_finite()) {
                self.say(&format!("{path}.{name}"), "is not a finite number");
            }
        }
        if step <= 0.0 {
            self.say(&format!("{path}.step"), "is not above 0");
        }
        if min > max {
            self.say(&format!("{path}.min_value"), "is above `max_value`");
        } else if default.is_some_and(|default| default < min || default > max) {
            self.say(
                &format!("{path}.default_value"),
                "is not between `min_value` and `max_value`",
            );
        }
    }

    fn condition(&mut self, path: &str, condition: &'a Condition) {
        for (side, operand) in [("left", &condition.left), ("right", &condition.right)] {
            let path = format!("{path}.condition.{side}");
            match operand {
                Operand::Parameter(name) => self.named.push((path, name)),
                Operand::Literal(Value::String(_) | Value::Number(_) | Value::Bool(_)) => {}
                Operand::Literal(_) => self.say(
                    &format!("{path}.literal"),
                    "should be a string, a number or a boolean",
                ),
            }
        }
        let path = format!("{path}.controls");
        self.each(&path, &condition.controls, Self::field);
    }

    fn names_in_conditions(&mut self) {
        for (path, name) in std::mem::take(&mut self.named) {
            if !self.defaults.contains_key(name) {
                let what = format!("names the parameter `{name}`, which no control sets");
                self.say(&path, &what);
            }
        }
    }
}
