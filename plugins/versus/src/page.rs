//! Two texts on one page that is replaced as they grow.

use ravenry_sdk::{Event, Reply, Result};

/// The page is shown anew when this part of it is new. Each time counts as a whole: so a page of N
/// characters takes 17 N of those that a reply may hold, not the square of N.
pub(crate) const NEW_SHARE: usize = 16;

/// Two texts, and the reply in which they are shown.
pub(crate) struct Page<'a> {
    reply: &'a mut Reply,
    parts: [String; 2],
    /// Bytes that the reader has not seen yet.
    new: usize,
}

impl<'a> Page<'a> {
    pub(crate) fn new(reply: &'a mut Reply) -> Self {
        Self {
            reply,
            parts: <[String; 2]>::default(),
            new: 0,
        }
    }

    /// Puts a text in place of what stood there.
    pub(crate) fn set(&mut self, place: usize, text: &str) -> Result {
        if let Some(part) = self.parts.get_mut(place) {
            part.clear();
        }
        self.add(place, text)
    }

    /// Appends to a text.
    pub(crate) fn add(&mut self, place: usize, text: &str) -> Result {
        if let Some(part) = self.parts.get_mut(place) {
            part.push_str(text);
        }
        self.new = self.new.saturating_add(text.len());
        let whole: usize = self.parts.iter().map(String::len).sum();
        if self.new >= whole / NEW_SHARE {
            return self.show();
        }
        Ok(())
    }

    /// Shows what is new, if anything is.
    pub(crate) fn show(&mut self) -> Result {
        if std::mem::take(&mut self.new) == 0 {
            return Ok(());
        }
        let parts = self.parts.iter().map(String::as_str);
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        self.reply.replace(parts.join("\n\n"))
    }

    /// Hands on what is not part of the page.
    pub(crate) fn pass_on(&mut self, event: Event) -> Result {
        self.reply.pass_on(event)
    }
}
