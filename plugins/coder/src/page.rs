//! A reply in which another bot speaks only for a part.

use ravenry_sdk::{
    Event, Reply, Result,
    poe::{Ask, PoeError},
};

/// A reply, and all that it shows so far.
pub(crate) struct Page<'a> {
    reply: &'a mut Reply,
    text: String,
}

impl<'a> Page<'a> {
    /// A page of a reply that is still empty.
    pub(crate) fn new(reply: &'a mut Reply) -> Self {
        Self {
            reply,
            text: String::new(),
        }
    }

    /// Appends text.
    pub(crate) fn say(&mut self, text: &str) -> Result {
        self.text.push_str(text);
        self.reply.text(text)
    }

    /// Asks another bot, shows its text as it comes, and returns it. What the bot replaces is its own
    /// part of the page; what is above stays.
    pub(crate) fn relay(&mut self, ask: Ask) -> Result<String, ravenry_sdk::Error> {
        let start = self.text.len();
        let mut answer = ask.start()?;
        while let Some(event) = answer.next()? {
            match event {
                Event::Text { text, .. } => self.say(&text)?,
                Event::Replace { text, .. } => {
                    self.text.truncate(start);
                    self.text.push_str(&text);
                    self.reply.replace(&self.text)?;
                }
                _ => {}
            }
        }
        let part = self.text.get(start..).unwrap_or_default().to_owned();
        if part.trim().is_empty() {
            let nothing = format!("Bot {} sent no text", answer.bot());
            return Err(PoeError::Broken(nothing).into());
        }
        Ok(part)
    }
}
