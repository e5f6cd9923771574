//! What the page is told of an answer, one line of JSON after the other. A line is a list of items.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::incremental_markdown::{Change, Drawing};
use crate::client::{Message, Part, key_name, key_words};
use ravenry_protocol::{
    answer::{ParseError, ParsedEvent},
    event::{File, Owned},
    rules::{Finding, Weight},
    store_activity::{KeyActivity, StoreActivity},
    stream_check::End,
};

/// How much of the data of an event is shown, in bytes.
const DATA_BYTES_SHOWN: usize = 4096;

/// How many characters of a value that a bot keeps are shown.
const VALUE_CHARACTERS_SHOWN: usize = 400;

/// One thing that happened.
#[derive(Debug, Serialize)]
#[serde(tag = "k", rename_all = "snake_case")]
pub(super) enum Item {
    /// The query, as it is sent.
    Asked {
        url: String,
        body: Value,
        curl: String,
        /// The message that the answer becomes.
        message_id: Value,
        /// What was done to make it fit the bot's settings.
        notes: Vec<&'static str>,
    },
    /// The head of the answer.
    Head { at: f64, status: u16 },
    /// An event, as it came.
    Event {
        at: f64,
        name: String,
        data: String,
        /// Bytes of its data.
        size: usize,
        /// Characters that it says.
        characters: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        odd: Option<String>,
    },
    /// One of the texts has changed.
    Draw { index: u32, changes: Vec<Change> },
    /// What the person may want to say next.
    Suggest { text: String },
    /// A file is attached.
    File {
        /// `None` where no link may lead there.
        url: Option<String>,
        name: String,
        content_type: String,
        inline: bool,
    },
    /// The bot says that it failed.
    Failed {
        text: Option<String>,
        allow_retry: bool,
    },
    /// A rule was broken.
    Finding {
        at: f64,
        id: &'static str,
        title: &'static str,
        source: &'static str,
        must: bool,
        expected: String,
        got: String,
    },
    /// What the bot found in its store, and left there.
    Store {
        keys: Vec<ShownKey>,
        /// How many more keys there are.
        more: u64,
        /// There may be still more.
        cut: bool,
    },
    /// What came in the place of a stream.
    Instead { text: String },
    /// All text, as the bot wrote it.
    Whole { text: String },
    /// Nothing more comes; in words where it did not end well.
    End { at: f64, trouble: Option<String> },
}

/// A key of a bot's store. Nothing in its texts is obeyed or hidden.
#[derive(Debug, Serialize)]
pub(super) struct ShownKey {
    /// With its bucket.
    name: String,
    /// What has become of it.
    words: String,
    /// Whether the bot has written.
    changed: bool,
}

impl ShownKey {
    fn of(key: &KeyActivity) -> Self {
        Self {
            name: key_name(key, VALUE_CHARACTERS_SHOWN),
            words: key_words(key, VALUE_CHARACTERS_SHOWN),
            changed: key.is_change(),
        }
    }
}

/// Time as the page has it.
pub(super) fn millis(at: Duration) -> f64 {
    at.as_secs_f64() * 1000.0
}

/// A finding.
pub(super) fn finding(at: Duration, finding: Finding) -> Item {
    Item::Finding {
        at: millis(at),
        id: finding.rule.id,
        title: finding.rule.title,
        source: finding.rule.source,
        must: finding.rule.weight == Weight::Must,
        expected: finding.expected,
        got: finding.got,
    }
}

/// An attached file.
pub(super) fn file(file: &File) -> Item {
    Item::File {
        url: super::markdown::address(&file.url),
        name: file.name.clone(),
        content_type: file.content_type.clone(),
        inline: file.inline_ref.is_some(),
    }
}

/// An answer that was given before, as the page shows it.
pub(super) fn again(message: &Message) -> Vec<Item> {
    let mut drawing = Drawing::new(message.content_type == "text/plain");
    for file in &message.attachments {
        if let Some(label) = &file.inline_ref {
            drawing.label(label, &file.url);
        }
    }
    drawing.add(&message.content);
    let changes = drawing.last_changes();
    let files = message.attachments.iter().map(|file| Item::File {
        url: super::markdown::address(&file.url),
        name: file.name.clone(),
        content_type: file.content_type.clone(),
        inline: file.inline_ref.is_some(),
    });
    let text = message.content.clone();
    [Item::Draw { index: 0, changes }, Item::Whole { text }]
        .into_iter()
        .chain(files)
        .collect()
}

/// A part of an answer as it came; what it does to the text is not said here.
pub(super) fn part(at: Duration, part: &Part) -> Item {
    match part {
        Part::Event {
            at,
            name,
            data,
            meaning,
        } => Item::Event {
            at: millis(*at),
            name: name.clone().unwrap_or_else(|| "message".to_owned()),
            data: beginning(data),
            size: data.len(),
            characters: match meaning {
                Ok(ParsedEvent::Event(Owned::Text { text, .. } | Owned::Replace { text, .. })) => {
                    text.chars().count()
                }
                _ => 0,
            },
            odd: meaning.as_ref().err().map(|misheard| match misheard {
                ParseError::Odd(words) | ParseError::Fatal(words) => words.clone(),
            }),
        },
        Part::Finding(found) => finding(at, found.clone()),
        Part::Store(StoreActivity {
            keys,
            left_out,
            is_cut,
        }) => Item::Store {
            keys: keys.iter().map(ShownKey::of).collect(),
            more: *left_out,
            cut: *is_cut,
        },
        Part::Instead(text) => Item::Instead { text: text.clone() },
        Part::End { at, end } => Item::End {
            at: millis(*at),
            trouble: match end {
                End::Complete | End::Left => None,
                End::Cut(words) => Some(format!("the connection broke: {words}")),
            },
        },
    }
}

fn beginning(data: &str) -> String {
    let end = data.floor_char_boundary(DATA_BYTES_SHOWN);
    data.get(..end).unwrap_or_default().to_owned()
}
