//! The shape of parameter controls, version 2: which members each object has. All else is refused by
//! the platform (reference library 0.0.83).

use serde_json::Value;

/// What a member's value must be.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Flag,
    Number,
    List,
    Object,
}

/// A member: its name, its kind, whether it must be there.
pub(super) type Member = (&'static str, Kind, bool);

impl Kind {
    /// Whether a value is of this kind.
    pub(super) fn fits(self, value: &Value) -> bool {
        match self {
            Kind::Text => value.is_string(),
            Kind::Flag => value.is_boolean(),
            Kind::Number => value.is_number(),
            Kind::List => value.is_array(),
            Kind::Object => value.is_object(),
        }
    }

    /// The kind in words, with its article.
    pub(super) fn words(self) -> &'static str {
        match self {
            Kind::Text => "a string",
            Kind::Flag => "a boolean",
            Kind::Number => "a number",
            Kind::List => "an array",
            Kind::Object => "an object",
        }
    }
}

pub(super) const TOP: &[Member] = &[
    ("api_version", Kind::Text, true),
    ("sections", Kind::List, true),
];
pub(super) const SECTION: &[Member] = &[
    ("name", Kind::Text, false),
    ("controls", Kind::List, false),
    ("tabs", Kind::List, false),
    ("collapsed_by_default", Kind::Flag, false),
];
pub(super) const TAB: &[Member] = &[("name", Kind::Text, true), ("controls", Kind::List, true)];
pub(super) const DIVIDER: &[Member] = &[("control", Kind::Text, true)];
pub(super) const TEXT: &[Member] = &[
    ("control", Kind::Text, true),
    ("label", Kind::Text, true),
    ("description", Kind::Text, false),
    ("parameter_name", Kind::Text, true),
    ("default_value", Kind::Text, false),
    ("placeholder", Kind::Text, false),
];
pub(super) const CHOICE: &[Member] = &[
    ("control", Kind::Text, true),
    ("label", Kind::Text, true),
    ("description", Kind::Text, false),
    ("parameter_name", Kind::Text, true),
    ("default_value", Kind::Text, false),
    ("options", Kind::List, true),
];
pub(super) const TOGGLE: &[Member] = &[
    ("control", Kind::Text, true),
    ("label", Kind::Text, true),
    ("description", Kind::Text, false),
    ("parameter_name", Kind::Text, true),
    ("default_value", Kind::Flag, false),
];
pub(super) const SLIDER: &[Member] = &[
    ("control", Kind::Text, true),
    ("label", Kind::Text, true),
    ("description", Kind::Text, false),
    ("parameter_name", Kind::Text, true),
    ("default_value", Kind::Number, false),
    ("min_value", Kind::Number, true),
    ("max_value", Kind::Number, true),
    ("step", Kind::Number, true),
];
pub(super) const CONDITION: &[Member] = &[
    ("control", Kind::Text, true),
    ("condition", Kind::Object, true),
    ("controls", Kind::List, true),
];
pub(super) const COMPARISON: &[Member] = &[
    ("comparator", Kind::Text, true),
    ("left", Kind::Object, true),
    ("right", Kind::Object, true),
];
pub(super) const OPTION: &[Member] = &[("value", Kind::Text, true), ("name", Kind::Text, true)];
pub(super) const RATIO: &[Member] = &[
    ("value", Kind::Text, false),
    ("width", Kind::Number, true),
    ("height", Kind::Number, true),
];
