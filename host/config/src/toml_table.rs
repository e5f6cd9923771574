//! One table of a TOML file, read key by key; what is left over in the end is unknown.
//!
//! Every reader notes what is wrong and goes on, so that all mistakes of a file show at once.
//! None of them repeats a value: it may be a key in the wrong place.

use std::ops::RangeInclusive;

use toml_span::{
    Span, Value,
    value::{Key, Table, ValueInner},
};

use super::{
    limits::suggestion,
    source_file::{TextFile, excerpt, nameable},
    units,
};

/// A text with its place.
pub type Text = (String, Span);

/// Longest path, command, or name at Poe, in bytes.
const TEXT_BYTES_MAX: usize = 4096;

/// A table of which some keys were taken already.
pub struct Keys<'t> {
    table: Table<'t>,
    /// Path of the table, such as `bot.cat`; empty for the file itself.
    path: String,
    /// Where the table starts.
    pub span: Span,
    /// The keys that were asked for.
    known: Vec<&'static str>,
}

impl<'t> Keys<'t> {
    /// Opens a value as a table; notes it when it is none.
    pub fn open(mut value: Value<'t>, path: String, file: &mut TextFile) -> Option<Self> {
        match value.take() {
            ValueInner::Table(table) => Some(Self {
                table,
                path,
                span: value.span,
                known: Vec::new(),
            }),
            other => {
                file.wrong(
                    value.span,
                    format!("`{path}` must be a table, not {}", kind(&other)),
                );
                None
            }
        }
    }

    /// The table as part of a sentence: `in [bot.cat]`.
    pub fn within(&self) -> String {
        if self.path.is_empty() {
            "at the top of the file".to_owned()
        } else {
            format!("in [{}]", self.path)
        }
    }

    /// Takes a key, if it is there.
    pub fn take(&mut self, key: &'static str) -> Option<Value<'t>> {
        self.known.push(key);
        self.table.remove(key)
    }

    /// Takes a key that is a table.
    pub fn table(&mut self, key: &'static str, file: &mut TextFile) -> Option<Keys<'t>> {
        let value = self.take(key)?;
        Keys::open(value, self.path_of(key), file)
    }

    /// Takes a key that is a text.
    pub fn string(&mut self, key: &'static str, file: &mut TextFile) -> Option<Text> {
        let mut value = self.take(key)?;
        match value.take() {
            ValueInner::String(text) => Some((text.into_owned(), value.span)),
            other => {
                let message = format!(
                    "`{key}` {} must be text in quotes, not {}",
                    self.within(),
                    kind(&other)
                );
                file.wrong(value.span, message);
                None
            }
        }
    }

    /// Takes a key that is true or false.
    pub fn boolean(&mut self, key: &'static str, file: &mut TextFile) -> Option<(bool, Span)> {
        let mut value = self.take(key)?;
        match value.take() {
            ValueInner::Boolean(truth) => Some((truth, value.span)),
            other => {
                let message = format!(
                    "`{key}` {} must be true or false, not {}",
                    self.within(),
                    kind(&other)
                );
                file.wrong(value.span, message);
                None
            }
        }
    }

    /// Takes a key that is a list of texts, at most `most` of them.
    pub fn strings(
        &mut self,
        key: &'static str,
        most: usize,
        file: &mut TextFile,
    ) -> Option<Vec<Text>> {
        let mut value = self.take(key)?;
        let items = match value.take() {
            ValueInner::Array(items) => items,
            other => {
                let message = format!(
                    "`{key}` {} must be a list of texts, not {}",
                    self.within(),
                    kind(&other)
                );
                file.wrong(value.span, message);
                return None;
            }
        };
        if items.len() > most {
            file.wrong(
                value.span,
                format!("`{key}` {} has more than {most} entries", self.within()),
            );
            return None;
        }
        let mut texts = Vec::with_capacity(items.len());
        for mut item in items {
            match item.take() {
                ValueInner::String(text) => texts.push((text.into_owned(), item.span)),
                other => {
                    let message = format!(
                        "an entry of `{key}` {} must be text in quotes, not {}",
                        self.within(),
                        kind(&other)
                    );
                    file.wrong(item.span, message);
                }
            }
        }
        Some(texts)
    }

    /// Where the value of a key starts, if the key is there.
    pub fn span_of(&self, key: &str) -> Option<Span> {
        self.table.get(key).map(|value| value.span)
    }

    /// A key with its value, if the key is there.
    pub fn whole_of(&self, key: &str) -> Option<Span> {
        let (key, value) = self.table.get_key_value(key)?;
        Some(Span::new(key.span.start, value.span.end))
    }

    /// Whether a key is not there, or was taken.
    pub fn has_no(&self, key: &str) -> bool {
        !self.table.contains_key(key)
    }

    /// All keys in the order of the file, for a table whose keys the author chooses.
    pub fn entries(self) -> Vec<(Key<'t>, Value<'t>)> {
        let mut entries: Vec<_> = self.table.into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span.start);
        entries
    }

    /// The path of a key of this table.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Notes every key that was not read.
    pub fn finish(self, file: &mut TextFile) {
        let within = self.within();
        let known = self.known.clone();
        for (key, _) in self.entries() {
            let message = match nameable(&key.name) {
                Some(name) => format!("unknown key `{}` {within}", excerpt(name)),
                None => format!("unknown key {within}"),
            };
            file.wrong_but(key.span, message, advice(&key.name, &known));
        }
    }

    /// As [`Keys::finish`], where a key itself may be a secret in the wrong place: none is repeated.
    pub fn finish_unnamed(self, file: &mut TextFile) {
        let within = self.within();
        let known = self.known.clone();
        for (key, _) in self.entries() {
            file.wrong_but(
                key.span,
                format!("unknown key {within}"),
                advice(&key.name, &known),
            );
        }
    }
}

/// What to write in place of an unknown key.
fn advice(typed: &str, known: &[&'static str]) -> String {
    match suggestion(typed, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!(
            "known here: {}",
            known
                .iter()
                .map(|key| format!("`{key}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

/// The kind of a value, with its article.
pub fn kind(value: &ValueInner<'_>) -> &'static str {
    match value {
        ValueInner::String(_) => "text",
        ValueInner::Integer(_) => "a whole number",
        ValueInner::Float(_) => "a decimal number",
        ValueInner::Boolean(_) => "true or false",
        ValueInner::Array(_) => "a list",
        ValueInner::Table(_) => "a table",
    }
}

/// A text without NUL, not empty, and not endless; `what` begins the sentence if it is none.
pub(super) fn plain(text: &str, span: Span, what: &str, file: &mut TextFile) -> bool {
    let wrong = if text.is_empty() {
        "is empty"
    } else if text.len() > TEXT_BYTES_MAX {
        "is too long"
    } else if text.chars().any(char::is_control) {
        "has control characters"
    } else {
        return true;
    };
    file.wrong(span, format!("{what} {wrong}"));
    false
}

/// What a count of 0 means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Zero {
    /// None at all.
    Allowed,
    /// Nonsense.
    Refused,
}

pub(super) fn count(
    keys: &mut Keys,
    key: &'static str,
    zero: Zero,
    file: &mut TextFile,
) -> Option<u32> {
    let most = u32::try_from(units::COUNT_MAX).unwrap_or(u32::MAX);
    whole(keys, key, u32::from(zero == Zero::Refused)..=most, file)
}

/// A whole number within bounds.
pub(super) fn whole(
    keys: &mut Keys,
    key: &'static str,
    bounds: RangeInclusive<u32>,
    file: &mut TextFile,
) -> Option<u32> {
    let value = keys.take(key)?;
    let number = value.as_integer();
    let number = number.and_then(|number| u32::try_from(number).ok());
    let good = number.filter(|number| bounds.contains(number));
    if good.is_none() {
        let (least, most) = (bounds.start(), bounds.end());
        let within = keys.within();
        let message = format!("`{key}` {within} must be a whole number from {least} to {most}");
        file.wrong(value.span, message);
    }
    good
}
