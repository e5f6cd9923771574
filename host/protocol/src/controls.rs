//! The linter for parameter controls: the documented shape, version 2, and what neither the
//! platform's checker nor its documentation forgives (its pages of 2026, reference library 0.0.83).
//!
//! Sections hold controls or tabs, tabs hold controls, a condition holds controls but no further
//! condition: each level is one function, nothing calls itself.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    control_schema::{
        CHOICE, COMPARISON, CONDITION, DIVIDER, Member, OPTION, RATIO, SECTION, SLIDER, TAB, TEXT,
        TOGGLE, TOP,
    },
    fields::Path,
    json::{kind, shown},
    lints::Lints,
};

/// The only version of controls that there is.
const API_VERSION: &str = "2";

/// How a condition may compare. The documentation says `equals`, the checker refuses it.
const COMPARATORS: [&str; 6] = ["eq", "ne", "gt", "ge", "lt", "le"];

/// Says each mistake in the controls.
pub(super) fn lint(controls: &Value, lints: &mut Lints) {
    let path = &Path::Member(&Path::Top, "parameter_controls");
    let mut linter = Linter {
        lints,
        defaults: HashMap::new(),
        named: Vec::new(),
    };
    linter.top(controls, path);
    linter.names_in_conditions();
}

struct Linter<'l, 'v> {
    lints: &'l mut Lints,
    /// Each parameter's default, by the first control that sets it.
    defaults: HashMap<&'v str, Option<&'v Value>>,
    /// Parameters that conditions name, each with the place.
    named: Vec<(String, &'v str)>,
}

impl<'v> Linter<'_, 'v> {
    fn say(&mut self, path: &Path<'_>, what: &str) {
        self.lints.say(|| format!("`{path}` {what}."));
    }

    fn top(&mut self, value: &'v Value, path: &Path<'_>) {
        let Some(members) = self.members(value, path, TOP) else {
            return;
        };
        if text(members, "api_version").is_some_and(|version| version != API_VERSION) {
            self.say(
                &Path::Member(path, "api_version"),
                "is not \"2\", the only version that there is",
            );
        }
        self.each(members, "sections", path, Self::section);
    }

    fn section(&mut self, value: &'v Value, path: &Path<'_>) {
        let Some(members) = self.members(value, path, SECTION) else {
            return;
        };
        match (present(members, "controls"), present(members, "tabs")) {
            (None, None) => self.say(path, "has neither `controls` nor `tabs`"),
            (Some(_), Some(_)) => self.say(path, "has both `controls` and `tabs`"),
            _ => {}
        }
        self.each(members, "controls", path, Self::control);
        self.each(members, "tabs", path, Self::tab);
    }

    fn tab(&mut self, value: &'v Value, path: &Path<'_>) {
        if let Some(members) = self.members(value, path, TAB) {
            self.each(members, "controls", path, Self::control);
        }
    }

    fn control(&mut self, value: &'v Value, path: &Path<'_>) {
        let is_condition = value
            .as_object()
            .is_some_and(|members| text(members, "control") == Some("condition"));
        if !is_condition {
            self.base_control(value, path);
            return;
        }
        let Some(members) = self.members(value, path, CONDITION) else {
            return;
        };
        if let Some(condition) = present(members, "condition").filter(|value| value.is_object()) {
            self.comparison(condition, &Path::Member(path, "condition"));
        }
        self.each(members, "controls", path, Self::base_control);
    }

    fn base_control(&mut self, value: &'v Value, path: &Path<'_>) {
        let Some(control) = value
            .as_object()
            .and_then(|members| text(members, "control"))
        else {
            self.members(value, path, DIVIDER);
            return;
        };
        let shape = match control {
            "divider" => DIVIDER,
            "text_field" | "text_area" => TEXT,
            "drop_down" | "aspect_ratio" => CHOICE,
            "toggle_switch" => TOGGLE,
            "slider" => SLIDER,
            "condition" => {
                self.say(path, "is a condition within a condition");
                return;
            }
            other => {
                let what = format!("is of the unknown kind `{}`", shown(other));
                self.say(path, &what);
                return;
            }
        };
        let Some(members) = self.members(value, path, shape) else {
            return;
        };
        self.parameter(members, path);
        match control {
            "drop_down" => self.choice(members, path, OPTION),
            "aspect_ratio" => self.choice(members, path, RATIO),
            "slider" => self.slider(members, path),
            _ => {}
        }
    }

    fn parameter(&mut self, members: &'v Map<String, Value>, path: &Path<'_>) {
        let Some(name) = text(members, "parameter_name") else {
            return;
        };
        let path = &Path::Member(path, "parameter_name");
        if name.is_empty()
            || !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            self.say(path, "should consist of letters, digits and `_`");
        }
        if name.starts_with("poe_") {
            self.say(path, "starts with `poe_`, which belongs to the platform");
        }
        let default = present(members, "default_value");
        if *self.defaults.entry(name).or_insert(default) != default {
            self.say(path, "stands for a control with another default, too");
        }
    }

    fn choice(&mut self, members: &'v Map<String, Value>, path: &Path<'_>, shape: &[Member]) {
        self.each(members, "options", path, |this, option, path| {
            if let Some(option) = this.members(option, path, shape) {
                for side in ["width", "height"] {
                    if number(option, side).is_some_and(|length| length <= 0.0) {
                        this.say(&Path::Member(path, side), "is not above 0");
                    }
                }
            }
        });
        let options = present(members, "options").and_then(Value::as_array);
        if let (Some(default), Some(options)) = (text(members, "default_value"), options) {
            let is_default = |option: &Value| {
                option
                    .as_object()
                    .is_some_and(|option| names(option, default))
            };
            if !options.iter().any(is_default) {
                self.say(
                    &Path::Member(path, "default_value"),
                    "is not the value of an option",
                );
            }
        }
    }

    fn slider(&mut self, members: &'v Map<String, Value>, path: &Path<'_>) {
        if number(members, "step").is_some_and(|step| step <= 0.0) {
            self.say(&Path::Member(path, "step"), "is not above 0");
        }
        let (Some(min), Some(max)) = (number(members, "min_value"), number(members, "max_value"))
        else {
            return;
        };
        if min > max {
            self.say(&Path::Member(path, "min_value"), "is above `max_value`");
        } else if number(members, "default_value")
            .is_some_and(|default| !(min..=max).contains(&default))
        {
            self.say(
                &Path::Member(path, "default_value"),
                "is not between `min_value` and `max_value`",
            );
        }
    }

    fn comparison(&mut self, value: &'v Value, path: &Path<'_>) {
        let Some(members) = self.members(value, path, COMPARISON) else {
            return;
        };
        if text(members, "comparator").is_some_and(|name| !COMPARATORS.contains(&name)) {
            self.say(
                &Path::Member(path, "comparator"),
                "is not one of `eq`, `ne`, `gt`, `ge`, `lt`, `le`",
            );
        }
        for side in ["left", "right"] {
            if let Some(operand) = members.get(side).and_then(Value::as_object) {
                self.operand(operand, &Path::Member(path, side));
            }
        }
    }

    fn operand(&mut self, operand: &'v Map<String, Value>, path: &Path<'_>) {
        match operand.iter().next() {
            Some((name, value)) if operand.len() == 1 && name == "literal" => {
                if !(value.is_string() || value.is_number() || value.is_boolean()) {
                    self.say(
                        &Path::Member(path, "literal"),
                        "should be a string, a number or a boolean",
                    );
                }
            }
            Some((name, Value::String(parameter)))
                if operand.len() == 1 && name == "parameter_name" =>
            {
                self.named.push((path.to_string(), parameter));
            }
            _ => self.say(
                path,
                "should have one member: `literal`, or `parameter_name` with a string",
            ),
        }
    }

    fn names_in_conditions(&mut self) {
        for (path, name) in &self.named {
            if !self.defaults.contains_key(name) {
                self.lints.say(|| {
                    format!(
                        "`{path}` names the parameter `{}`, which no control sets.",
                        shown(name)
                    )
                });
            }
        }
    }

    /// Visits the items of a list; one without items is a mistake everywhere.
    fn each(
        &mut self,
        members: &'v Map<String, Value>,
        name: &str,
        path: &Path<'_>,
        mut visit: impl FnMut(&mut Self, &'v Value, &Path<'_>),
    ) {
        let Some(items) = present(members, name).and_then(Value::as_array) else {
            return;
        };
        let path = &Path::Member(path, name);
        if items.is_empty() {
            self.say(path, "is empty");
        }
        for (index, item) in items.iter().enumerate() {
            visit(self, item, &Path::Item(path, index));
        }
    }

    /// The members of an object, after a look at their names and kinds.
    fn members(
        &mut self,
        value: &'v Value,
        path: &Path<'_>,
        shape: &[Member],
    ) -> Option<&'v Map<String, Value>> {
        let Some(members) = value.as_object() else {
            self.say(
                path,
                &format!("should be an object, but is {}", kind(value)),
            );
            return None;
        };
        for name in members.keys() {
            if !shape.iter().any(|(known, ..)| known == name) {
                self.say(&Path::Member(path, name), "is not known to the platform");
            }
        }
        for (name, expected, required) in shape {
            let path = &Path::Member(path, name);
            match present(members, name) {
                None if *required => self.say(path, "is missing"),
                Some(value) if !expected.fits(value) => {
                    let what = format!("should be {}, but is {}", expected.words(), kind(value));
                    self.say(path, &what);
                }
                _ => {}
            }
        }
        Some(members)
    }
}

/// Whether a default chooses this option: by its value or, for ratios without one, by `W:H`.
fn names(option: &Map<String, Value>, default: &str) -> bool {
    if let Some(value) = text(option, "value") {
        return value == default;
    }
    let sides = (present(option, "width"), present(option, "height"));
    matches!(sides, (Some(width), Some(height)) if format!("{width}:{height}") == default)
}

fn present<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    members.get(name).filter(|value| !value.is_null())
}

fn text<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    members.get(name)?.as_str()
}

fn number(members: &Map<String, Value>, name: &str) -> Option<f64> {
    members.get(name)?.as_f64()
}

#[cfg(test)]
#[path = "controls_tests.rs"]
mod tests;
