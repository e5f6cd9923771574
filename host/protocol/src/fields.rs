//! Members of JSON objects, taken out with their type checked and their place known.
//!
//! `null` means the same as absent, everywhere. Values are moved, never copied; a place such as
//! `query[3].content` becomes text only when there is something to complain about.

#![expect(
    clippy::needless_pass_by_value,
    reason = "all readers have the signature that `Object::get` asks for"
)]

use std::fmt;

use serde_json::{Map, Number, Value};

use super::json::{kind, shown};

/// Longest identifier taken, in bytes.
///
/// Poe's own have up to 36 (specification of 2024); other callers send what they like. The bound
/// keeps keys of stores, log lines and maps small.
pub const ID_BYTES_MAX: usize = 1024;

/// What is wrong with a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It has another type, or is missing.
    Field {
        path: String,
        expected: &'static str,
        found: &'static str,
    },
    /// It is an identifier of more than [`ID_BYTES_MAX`] bytes.
    TooLong { path: String, bytes: usize },
}

/// Where a value stands, as a chain up to the top of the text.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    /// The top.
    Top,
    /// A member of the object at a path.
    Member(&'a Path<'a>, &'a str),
    /// An item of the array at a path.
    Item(&'a Path<'a>, usize),
    /// The message that the one at a path quotes, or the one that that one quotes, …: so many
    /// quotations further down.
    Quoted(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// A complaint about the value here.
    pub(super) fn fault(&self, expected: &'static str, found: &'static str) -> Fault {
        Fault::Field {
            path: self.to_string(),
            expected,
            found,
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Reached only as the parent of others, or when the whole text is meant.
            Path::Top => Ok(()),
            Path::Member(Path::Top, name) => f.write_str(&shown(name)),
            Path::Member(parent, name) => write!(f, "{parent}.{}", shown(name)),
            Path::Item(parent, index) => write!(f, "{parent}[{index}]"),
            Path::Quoted(parent, depth) => {
                write!(f, "{parent}{}", ".referenced_message".repeat(*depth))
            }
        }
    }
}

/// An object whose members are taken out one by one. What is left over is dropped with it.
pub(super) struct Object<'p> {
    members: Map<String, Value>,
    path: &'p Path<'p>,
}

impl<'p> Object<'p> {
    /// The object at `path`, if it is one.
    pub(super) fn read(value: Value, path: &'p Path<'p>) -> Result<Self, Fault> {
        Ok(Self::new(object(value, path)?, path))
    }

    /// The object with these members.
    pub(super) fn new(members: Map<String, Value>, path: &'p Path<'p>) -> Self {
        Self { members, path }
    }

    /// The members that were not taken out.
    pub(super) fn into_members(self) -> Map<String, Value> {
        self.members
    }

    /// The value of a member as `read` understands it; `None` where it is absent or `null`.
    pub(super) fn get<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Value, &Path<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        match self.members.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value, &Path::Member(self.path, name)).map(Some),
        }
    }

    /// A text that must be there.
    pub(super) fn required_text(&mut self, name: &str) -> Result<String, Fault> {
        self.get(name, text)?
            .ok_or_else(|| self.missing(name, "a string"))
    }

    /// The complaint that a member is not there.
    pub(super) fn missing(&self, name: &str, expected: &'static str) -> Fault {
        Path::Member(self.path, name).fault(expected, "missing")
    }
}

/// The items of an array as `read` understands them; those that are `null`, or for which it gives
/// `None`, are left out.
pub(super) fn items<T>(
    value: Value,
    path: &Path<'_>,
    mut read: impl FnMut(Value, &Path<'_>) -> Result<Option<T>, Fault>,
) -> Result<Vec<T>, Fault> {
    let Value::Array(items) = value else {
        return Err(path.fault("an array", kind(&value)));
    };
    // Not sized ahead: items that are left out must not cost the room of those that are kept.
    let mut list = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        if !item.is_null() {
            list.extend(read(item, &Path::Item(path, index))?);
        }
    }
    Ok(list)
}

/// The members of an object.
pub(super) fn object(value: Value, path: &Path<'_>) -> Result<Map<String, Value>, Fault> {
    match value {
        Value::Object(members) => Ok(members),
        other => Err(path.fault("an object", kind(&other))),
    }
}

/// A text.
pub(super) fn text(value: Value, path: &Path<'_>) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(path.fault("a string", kind(&other))),
    }
}

/// A text or, as some simulators send them, a number.
pub(super) fn text_or_number(value: Value, path: &Path<'_>) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(path.fault("a string", kind(&other))),
    }
}

/// An identifier: a text or a number, of up to [`ID_BYTES_MAX`] bytes.
pub(super) fn id(value: Value, path: &Path<'_>) -> Result<String, Fault> {
    let id = text_or_number(value, path)?;
    if id.len() > ID_BYTES_MAX {
        return Err(Fault::TooLong {
            path: path.to_string(),
            bytes: id.len(),
        });
    }
    Ok(id)
}

/// A boolean.
pub(super) fn flag(value: Value, path: &Path<'_>) -> Result<bool, Fault> {
    value
        .as_bool()
        .ok_or_else(|| path.fault("a boolean", kind(&value)))
}

/// A number. Never NaN, never infinite: JSON has no such numbers.
pub(super) fn number(value: Value, path: &Path<'_>) -> Result<f64, Fault> {
    value
        .as_f64()
        .ok_or_else(|| path.fault("a number", kind(&value)))
}

/// A whole number; what follows a decimal point is cut off.
pub(super) fn whole(value: Value, path: &Path<'_>) -> Result<i64, Fault> {
    const EXPECTED: &str = "a whole number of 64 bits";
    match value {
        Value::Number(number) => {
            truncated(&number).ok_or_else(|| path.fault(EXPECTED, "out of range"))
        }
        other => Err(path.fault(EXPECTED, kind(&other))),
    }
}

fn truncated(number: &Number) -> Option<i64> {
    // 2^63 is a float, 2^63 - 1 is not: the upper end is excluded.
    const RANGE: std::ops::Range<f64> = -9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0;
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let float = number.as_f64().filter(|float| RANGE.contains(float))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range is checked; cutting the fraction off is meant"
    )]
    Some(float as i64)
}

/// The number of an answer: whole, 0 to 4294967295.
pub(super) fn index(value: Value, path: &Path<'_>) -> Result<u32, Fault> {
    const EXPECTED: &str = "a whole number from 0 to 4294967295";
    let Value::Number(number) = &value else {
        return Err(path.fault(EXPECTED, kind(&value)));
    };
    number
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| path.fault(EXPECTED, "another number"))
}

/// The text of an array whose shape is open.
pub(super) fn json_array(value: Value, path: &Path<'_>) -> Result<String, Fault> {
    if value.is_array() {
        return Ok(value.to_string());
    }
    Err(path.fault("an array", kind(&value)))
}

/// The text of an object whose shape is open.
pub(super) fn json_object(value: Value, path: &Path<'_>) -> Result<String, Fault> {
    object(value, path).map(|members| Value::Object(members).to_string())
}
