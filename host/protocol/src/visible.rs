//! Whether an answer shows anything at its end: its texts come, are replaced, and may be gone by then.

use super::event::{Event, Owned};

/// Texts side by side that are told apart. An answer of more is taken to show something for good.
const TEXTS_MAX: usize = 64;

/// What of an answer can be seen so far.
#[derive(Clone, Debug, Default)]
pub struct Visible {
    /// The texts in which something stands, by their index; the first has none, or 0.
    texts: Vec<u32>,
    /// Whether there is something that nothing takes back.
    stays: bool,
}

impl Visible {
    /// Takes in one event.
    pub fn see(&mut self, event: &Event<'_>) {
        match event {
            Event::Text { index, text } => self.text(*index, text),
            Event::Replace { index, text } => self.replace(*index, text),
            Event::File(_) | Event::Json(_) | Event::Error { .. } => self.stays = true,
            Event::Meta(_)
            | Event::Suggest(_)
            | Event::Data(_)
            | Event::Other { .. }
            | Event::Done => {}
        }
    }

    /// Takes in one event that was heard.
    pub fn hear(&mut self, event: &Owned) {
        match event {
            Owned::Text { index, text } => self.text(*index, text),
            Owned::Replace { index, text } => self.replace(*index, text),
            Owned::File(_) | Owned::Json(_) | Owned::Error(_) => self.stays = true,
            Owned::Meta(_) | Owned::Suggest(_) | Owned::Data(_) | Owned::Other(..) => {}
        }
    }

    /// Whether anything is there.
    pub fn anything(&self) -> bool {
        self.stays || !self.texts.is_empty()
    }

    fn text(&mut self, index: Option<u32>, text: &str) {
        let index = index.unwrap_or(0);
        if text.is_empty() || self.stays || self.texts.contains(&index) {
            return;
        }
        if self.texts.len() < TEXTS_MAX {
            self.texts.push(index);
        } else {
            self.stays = true;
        }
    }

    fn replace(&mut self, index: Option<u32>, text: &str) {
        let index = index.unwrap_or(0);
        self.texts.retain(|known| *known != index);
        self.text(Some(index), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(index: Option<u32>, text: &str) -> Event<'_> {
        Event::Text { index, text }
    }

    fn replace(index: Option<u32>, text: &str) -> Event<'_> {
        Event::Replace { index, text }
    }

    #[test]
    fn what_was_taken_back_is_not_seen() {
        let failure = Event::Error {
            text: "",
            allow_retry: true,
            error_type: None,
        };
        for (events, anything) in [
            (&[][..], false),
            (&[text(None, "")], false),
            (&[text(None, "a")], true),
            (&[text(None, "a"), replace(None, "")], false),
            (&[text(None, "a"), replace(Some(0), "")], false),
            (&[text(Some(0), "a"), replace(None, "")], false),
            (&[text(Some(1), "a"), replace(None, "")], true),
            (
                &[text(Some(1), "a"), text(None, "b"), replace(Some(1), "")],
                true,
            ),
            (&[text(None, "a"), replace(None, ""), text(None, "b")], true),
            (&[replace(None, "a"), replace(None, "b")], true),
            (&[failure, replace(None, "")], true),
            (&[Event::Suggest("a"), Event::Data("b")], false),
        ] {
            let mut visible = Visible::default();
            for event in events {
                visible.see(event);
            }
            assert_eq!(visible.anything(), anything, "{events:?}");
        }
    }

    /// However many texts there are, little is kept of them.
    #[test]
    fn many_texts_are_something() {
        let mut visible = Visible::default();
        for index in 0..10_000 {
            visible.see(&text(Some(index), "a"));
        }
        assert!(visible.texts.len() <= TEXTS_MAX);
        assert!(visible.anything());
    }
}
