//! What a reader sees of an answer so far: events in, the page out.

use std::collections::BTreeMap;

use ravenry_protocol::event::{Failure, File, Meta, Owned};

/// An answer as it is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// Texts by their index; the first has none, or 0.
    texts: BTreeMap<u32, String>,
    /// How it is to be shown; only a first event says so.
    meta: Option<Meta>,
    /// What the person may want to say next.
    pub suggestions: Vec<String>,
    /// What is attached.
    pub files: Vec<File>,
    /// Hidden data; the last that came.
    pub metadata: Option<String>,
    /// How it failed.
    pub failure: Option<Failure>,
    /// Events so far.
    events: usize,
}

impl Transcript {
    /// Takes in one event. After an error nothing counts any more.
    pub fn hear(&mut self, event: Owned) {
        self.events = self.events.saturating_add(1);
        if self.failure.is_some() {
            return;
        }
        match event {
            Owned::Meta(meta) if self.events == 1 => self.meta = Some(meta),
            Owned::Text { index, text } => {
                self.texts
                    .entry(index.unwrap_or(0))
                    .or_default()
                    .push_str(&text);
            }
            Owned::Replace { index, text } => {
                self.texts.insert(index.unwrap_or(0), text);
            }
            Owned::Suggest(text) => self.suggestions.push(text),
            Owned::File(file) => self.files.push(file),
            Owned::Data(metadata) => self.metadata = Some(metadata),
            Owned::Error(failure) => self.failure = Some(failure),
            // A late `meta` is ignored; the rest is not for readers.
            Owned::Meta(_) | Owned::Json(_) | Owned::Other(..) => {}
        }
    }

    /// All text, one answer below the other; those in which nothing stands take no room.
    pub fn text(&self) -> String {
        let texts = self.texts.values().filter(|text| !text.is_empty());
        texts.map(String::as_str).collect::<Vec<_>>().join("\n\n")
    }

    /// `text/markdown` or `text/plain`.
    pub fn content_type(&self) -> &str {
        let said = self
            .meta
            .as_ref()
            .and_then(|meta| meta.content_type.as_deref());
        said.unwrap_or("text/markdown")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(index: Option<u32>, text: &str) -> Owned {
        let text = text.to_owned();
        Owned::Text { index, text }
    }

    #[test]
    fn text_is_added_and_replaced_by_answer() {
        let mut shown = Transcript::default();
        shown.hear(text(None, "a"));
        shown.hear(text(Some(1), "b"));
        shown.hear(text(Some(0), "c"));
        assert_eq!(shown.text(), "ac\n\nb");
        shown.hear(Owned::Replace {
            index: None,
            text: "new".to_owned(),
        });
        assert_eq!(shown.text(), "new\n\nb");
        for index in [0, 1] {
            shown.hear(Owned::Replace {
                index: Some(index),
                text: String::new(),
            });
        }
        assert_eq!(shown.text(), "");
    }

    #[test]
    fn only_a_first_meta_counts_and_nothing_after_an_error() {
        let plain = Meta {
            content_type: Some("text/plain".to_owned()),
            ..Meta::default()
        };
        let mut first = Transcript::default();
        first.hear(Owned::Meta(plain.clone()));
        assert_eq!(first.content_type(), "text/plain");
        let mut late = Transcript::default();
        late.hear(text(None, "a"));
        late.hear(Owned::Meta(plain));
        late.hear(Owned::Error(Failure::default()));
        late.hear(text(None, "b"));
        assert_eq!(
            (late.content_type(), late.text().as_str()),
            ("text/markdown", "a")
        );
    }
}
