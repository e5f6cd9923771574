//! Parameter controls: what a person can set beside the text field.
//!
//! The shape is the platform's, version 2 of its parameter controls (2026). The platform silently
//! drops controls that it finds wrong; the gateway logs a warning for each such mistake.

use serde::Serialize;
use serde_json::{Value, json};

/// Controls shown beside the text field. What the person sets comes back in
/// [`Message::parameters`](crate::Message::parameters).
///
/// ```
/// use ravenry_sdk::settings::{
///     Comparator, Condition, Content, Control, Operand, ParameterControls, Section, Slider,
///     ToggleSwitch,
/// };
///
/// let poem = ToggleSwitch {
///     label: "As a poem".to_owned(),
///     parameter_name: "poem".to_owned(),
///     default_value: Some(false),
///     ..ToggleSwitch::default()
/// };
/// let verses = Slider {
///     label: "Verses".to_owned(),
///     parameter_name: "verses".to_owned(),
///     min_value: 1.0,
///     max_value: 12.0,
///     step: 1.0,
///     ..Slider::default()
/// };
/// let only_for_poems = Condition {
///     left: Operand::Parameter("poem".to_owned()),
///     comparator: Comparator::Eq,
///     right: Operand::Literal(true.into()),
///     controls: vec![verses.into()],
/// };
/// let controls = ParameterControls {
///     sections: vec![Section {
///         name: Some("Form".to_owned()),
///         collapsed_by_default: None,
///         content: Content::Controls(vec![poem.into(), Control::Condition(only_for_poems)]),
///     }],
/// };
/// assert_eq!(controls.to_json()["sections"][0]["controls"][0]["control"], "toggle_switch");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParameterControls {
    /// The sections, from top to bottom. The platform wants at least one.
    pub sections: Vec<Section>,
}

impl ParameterControls {
    /// The JSON object that the platform documents: `{"api_version": "2", "sections": […]}`.
    ///
    /// A number that JSON cannot hold (not a number, infinite) becomes `null`.
    pub fn to_json(&self) -> Value {
        json!({ "api_version": "2", "sections": self.sections })
    }
}

/// A part of the controls under one heading.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// The heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the section is folded until the person opens it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collapsed_by_default: Option<bool>,
    /// What is in it.
    #[serde(flatten)]
    pub content: Content,
}

/// What a section holds: controls, or tabs of controls, but not both.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Controls, from top to bottom.
    Controls(Vec<Control>),
    /// Tabs, from left to right.
    Tabs(Vec<Tab>),
}

/// One tab of a section.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tab {
    /// What is written on the tab.
    pub name: String,
    /// Its controls, from top to bottom. The platform wants at least one.
    pub controls: Vec<Control>,
}

/// One entry of a section or tab: a field, or fields under a condition.
///
/// Every kind of field converts into it: `Slider { … }.into()`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Control {
    /// Always shown.
    Field(Field),
    /// Shown while a condition holds.
    Condition(Condition),
}

/// A field, or a line between fields.
///
/// Parameter names are letters, digits and `_`, and do not begin with `poe_`. Fields that share a
/// name must share their default. The platform shows defaults but does not send them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Field {
    /// A line between fields.
    Divider,
    /// One line of text.
    TextField(TextField),
    /// Several lines of text.
    TextArea(TextField),
    /// One of several texts.
    DropDown(DropDown),
    /// On or off.
    ToggleSwitch(ToggleSwitch),
    /// A number within bounds.
    Slider(Slider),
    /// A ratio of width to height.
    AspectRatio(AspectRatio),
}

/// A text that the person types.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TextField {
    /// What is written beside it.
    pub label: String,
    /// A longer explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The name under which the value comes back, as a string.
    pub parameter_name: String,
    /// What is shown until the person types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// What stands in an empty field, in grey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
}

/// A choice among several texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DropDown {
    /// What is written beside it.
    pub label: String,
    /// A longer explanation.
    pub description: Option<String>,
    /// The name under which the value comes back, as a string.
    pub parameter_name: String,
    /// The value chosen at first; one of the options.
    pub default_value: Option<String>,
    /// The options: the value that comes back, and the name shown for it.
    pub options: Vec<(String, String)>,
}

/// A switch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ToggleSwitch {
    /// What is written beside it.
    pub label: String,
    /// A longer explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The name under which the value comes back, as a boolean.
    pub parameter_name: String,
    /// Whether it is on at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<bool>,
}

/// A number within bounds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Slider {
    /// What is written beside it.
    pub label: String,
    /// A longer explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The name under which the value comes back, as a number.
    pub parameter_name: String,
    /// Where it stands at first.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "maybe_plain"
    )]
    pub default_value: Option<f64>,
    /// The smallest value, at most `max_value`.
    #[serde(serialize_with = "plain")]
    pub min_value: f64,
    /// The largest value.
    #[serde(serialize_with = "plain")]
    pub max_value: f64,
    /// The distance between values, greater than 0.
    #[serde(serialize_with = "plain")]
    pub step: f64,
}

/// A choice among ratios of width to height.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AspectRatio {
    /// What is written beside it.
    pub label: String,
    /// A longer explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The name under which the value comes back, as a string.
    pub parameter_name: String,
    /// The value chosen at first; one of the options.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// The ratios to choose from.
    pub options: Vec<Ratio>,
}

/// One ratio of width to height.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ratio {
    /// The value that comes back; `width:height` where it is `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The width, in the unit of the height.
    #[serde(serialize_with = "plain")]
    pub width: f64,
    /// The height, in the unit of the width.
    #[serde(serialize_with = "plain")]
    pub height: f64,
}

/// Fields that are shown while a comparison holds. Conditions cannot be nested.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The left side.
    pub left: Operand,
    /// How the sides are compared.
    pub comparator: Comparator,
    /// The right side.
    pub right: Operand,
    /// The fields, from top to bottom.
    pub controls: Vec<Field>,
}

/// How two operands are compared.
///
/// These are the words that the platform's code takes. Its documentation of 2026 has `equals`, which
/// the code refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Left greater than right.
    Gt,
    /// Left greater than or equal to right.
    Ge,
    /// Left less than right.
    Lt,
    /// Left less than or equal to right.
    Le,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Operand {
    /// A string, a number or a boolean; nothing else.
    #[serde(rename = "literal")]
    Literal(Value),
    /// The present value of the field with this parameter name.
    #[serde(rename = "parameter_name")]
    Parameter(String),
}

impl Serialize for DropDown {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Choice<'a> {
            value: &'a str,
            name: &'a str,
        }
        #[derive(Serialize)]
        struct Shape<'a> {
            label: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            description: Option<&'a str>,
            parameter_name: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            default_value: Option<&'a str>,
            options: Vec<Choice<'a>>,
        }
        Shape {
            label: &self.label,
            description: self.description.as_deref(),
            parameter_name: &self.parameter_name,
            default_value: self.default_value.as_deref(),
            options: self
                .options
                .iter()
                .map(|(value, name)| Choice { value, name })
                .collect(),
        }
        .serialize(serializer)
    }
}

impl Serialize for Condition {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({
            "control": "condition",
            "condition": {
                "comparator": self.comparator,
                "left": self.left,
                "right": self.right,
            },
            "controls": self.controls,
        })
        .serialize(serializer)
    }
}

/// A whole number is written without a fraction: the platform makes names of ratios, as in `16:9`.
#[cfg_attr(
    target_pointer_width = "64",
    expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference"
    )
)]
fn plain<S: serde::Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    /// Up to here every whole number is a number of its own in floating point: 2⁵³.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and within 2⁵³")]
        let whole = *number as i64;
        serializer.serialize_i64(whole)
    } else {
        serializer.serialize_f64(*number)
    }
}

#[expect(clippy::ref_option, reason = "serde hands over a reference")]
fn maybe_plain<S: serde::Serializer>(
    number: &Option<f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => plain(number, serializer),
        None => serializer.serialize_none(),
    }
}

impl From<Field> for Control {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}

impl From<Condition> for Control {
    fn from(condition: Condition) -> Self {
        Self::Condition(condition)
    }
}

/// `Slider { … }.into()` makes a field or a control, whichever is wanted.
macro_rules! into_field_and_control {
    ($($kind:ident),*) => {$(
        impl From<$kind> for Field {
            fn from(field: $kind) -> Self {
                Self::$kind(field)
            }
        }
        impl From<$kind> for Control {
            fn from(field: $kind) -> Self {
                Self::Field(field.into())
            }
        }
    )*};
}

into_field_and_control!(TextField, DropDown, ToggleSwitch, Slider, AspectRatio);
