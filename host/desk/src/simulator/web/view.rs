//! An answer as the page shows it: parts in, what to change on the page out.

use std::{collections::BTreeMap, time::Duration};

use super::{
    incremental_markdown::Drawing,
    stream::{self, Item},
};
use crate::client::{Part, Transcript};
use ravenry_protocol::{answer::ParsedEvent, event::Owned};

/// How many texts of one answer are drawn.
const TEXTS_MAX: usize = 64;

/// What the page has of an answer.
#[derive(Debug, Default)]
pub(super) struct View {
    texts: BTreeMap<u32, Drawing>,
    /// Addresses for labels, of files that came by now.
    labels: Vec<(String, String)>,
    items: Vec<Item>,
}

impl View {
    /// Takes in a part. `shown` has heard it already; `failed` says whether it was failed before.
    pub(super) fn take(&mut self, at: Duration, part: &Part, shown: &Transcript, failed: bool) {
        self.items.push(stream::part(at, part));
        let Part::Event {
            meaning: Ok(ParsedEvent::Event(event)),
            ..
        } = part
        else {
            return;
        };
        if failed {
            return;
        }
        match event {
            Owned::Text { index, text } => {
                if let Some(drawing) = self.text(*index, shown) {
                    drawing.add(text);
                }
            }
            Owned::Replace { index, text } => {
                if let Some(drawing) = self.text(*index, shown) {
                    drawing.replace(text);
                }
            }
            Owned::Suggest(text) => self.items.push(Item::Suggest { text: text.clone() }),
            Owned::File(file) => {
                self.items.push(stream::file(file));
                if let Some(label) = &file.inline_ref {
                    self.label(label, &file.url);
                }
            }
            Owned::Error(failure) => self.items.push(Item::Failed {
                text: failure.text.clone(),
                allow_retry: failure.allow_retry,
            }),
            Owned::Meta(_) | Owned::Data(_) | Owned::Json(_) | Owned::Other(..) => {}
        }
    }

    /// Adds something that is no part.
    pub(super) fn tell(&mut self, item: Item) {
        self.items.push(item);
    }

    fn text(&mut self, index: Option<u32>, shown: &Transcript) -> Option<&mut Drawing> {
        let index = index.unwrap_or(0);
        if self.texts.len() >= TEXTS_MAX && !self.texts.contains_key(&index) {
            return None;
        }
        let labels = &self.labels;
        Some(self.texts.entry(index).or_insert_with(|| {
            let mut drawing = Drawing::new(shown.content_type() == "text/plain");
            for (label, url) in labels {
                drawing.label(label, url);
            }
            drawing
        }))
    }

    fn label(&mut self, label: &str, url: &str) {
        for drawing in self.texts.values_mut() {
            drawing.label(label, url);
        }
        self.labels.push((label.to_owned(), url.to_owned()));
    }

    /// What the page has to be told by now, as a line. `last` where nothing comes after it.
    pub(super) fn line(&mut self, last: bool) -> Vec<u8> {
        let mut drawn = Vec::new();
        for (index, drawing) in &mut self.texts {
            let changes = if last {
                drawing.last_changes()
            } else {
                drawing.changes()
            };
            if !changes.is_empty() {
                let index = *index;
                drawn.push(Item::Draw { index, changes });
            }
        }
        drawn.append(&mut self.items);
        // Items are texts and numbers: they can be written.
        let mut line = serde_json::to_vec(&drawn).unwrap_or_default();
        line.push(b'\n');
        line
    }
}
