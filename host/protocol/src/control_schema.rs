//! The shape of parameter controls, version 2: which members each object has. All else is refused by
//! the platform (reference library 0.0.83).

use serde_json::Value;

/// What a member's value must be.
#[derive(Clone, Copy)]
pub(super) enum ValueKind {
    Text,
    Flag,
    Number,
    List,
    Object,
}

/// A member: its name, its kind, whether it must be there.
pub(super) type Member = (&'static str, ValueKind, bool);

impl ValueKind {
    /// Whether a value is of this kind.
    pub(super) fn fits(self, value: &Value) -> bool {
        match self {
            ValueKind::Text => value.is_string(),
            ValueKind::Flag => value.is_boolean(),
            ValueKind::Number => value.is_number(),
            ValueKind::List => value.is_array(),
            ValueKind::Object => value.is_object(),
        }
    }

    /// The kind in words, with its article.
    pub(super) fn words(self) -> &'static str {
        match self {
            ValueKind::Text => "a string",
            ValueKind::Flag => "a boolean",
            ValueKind::Number => "a number",
            ValueKind::List => "an array",
            ValueKind::Object => "an object",
        }
    }
}

pub(super) const TOP: &[Member] = &[
    ("api_version", ValueKind::Text, true),
    ("sections", ValueKind::List, true),
];
pub(super) const SECTION: &[Member] = &[
    ("name", ValueKind::Text, false),
    ("controls", ValueKind::List, false),
    ("tabs", ValueKind::List, false),
    ("collapsed_by_default", ValueKind::Flag, false),
];
pub(super) const TAB: &[Member] = &[
    ("name", ValueKind::Text, true),
    ("controls", ValueKind::List, true),
];
pub(super) const DIVIDER: &[Member] = &[("control", ValueKind::Text, true)];
pub(super) const TEXT: &[Member] = &[
    ("control", ValueKind::Text, true),
    ("label", ValueKind::Text, true),
    ("description", ValueKind::Text, false),
    ("parameter_name", ValueKind::Text, true),
    ("default_value", ValueKind::Text, false),
    ("placeholder", ValueKind::Text, false),
];
pub(super) const CHOICE: &[Member] = &[
    ("control", ValueKind::Text, true),
    ("label", ValueKind::Text, true),
    ("description", ValueKind::Text, false),
    ("parameter_name", ValueKind::Text, true),
    ("default_value", ValueKind::Text, false),
    ("options", ValueKind::List, true),
];
pub(super) const TOGGLE: &[Member] = &[
    ("control", ValueKind::Text, true),
    ("label", ValueKind::Text, true),
    ("description", ValueKind::Text, false),
    ("parameter_name", ValueKind::Text, true),
    ("default_value", ValueKind::Flag, false),
];
pub(super) const SLIDER: &[Member] = &[
    ("control", ValueKind::Text, true),
    ("label", ValueKind::Text, true),
    ("description", ValueKind::Text, false),
    ("parameter_name", ValueKind::Text, true),
    ("default_value", ValueKind::Number, false),
    ("min_value", ValueKind::Number, true),
    ("max_value", ValueKind::Number, true),
    ("step", ValueKind::Number, true),
];
pub(super) const CONDITION: &[Member] = &[
    ("control", ValueKind::Text, true),
    ("condition", ValueKind::Object, true),
    ("controls", ValueKind::List, true),
];
pub(super) const COMPARISON: &[Member] = &[
    ("comparator", ValueKind::Text, true),
    ("left", ValueKind::Object, true),
    ("right", ValueKind::Object, true),
];
pub(super) const OPTION: &[Member] = &[
    ("value", ValueKind::Text, true),
    ("name", ValueKind::Text, true),
];
pub(super) const RATIO: &[Member] = &[
    ("value", ValueKind::Text, false),
    ("width", ValueKind::Number, true),
    ("height", ValueKind::Number, true),
];
