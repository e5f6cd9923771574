//! Shows how to read what another bot says event by event, and to change it on the way.

use ravenry_sdk::{Bot, Event, Query, Reply, Result, Settings, poe};

#[cfg(test)]
mod tests;

/// Who is asked.
const MODEL: &str = "GPT-3.5-Turbo";

/// Another bot, LOUD.
pub struct AllCaps;

impl Bot for AllCaps {
    fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
        let mut answer = poe::ask(MODEL).start()?;
        while let Some(event) = answer.next()? {
            reply.pass_on(loud(event))?;
        }
        Ok(())
    }

    fn settings(&self) -> Settings {
        Settings::default().calls(MODEL, 1)
    }
}

/// The event with all that a person reads in capitals.
fn loud(event: Event) -> Event {
    match event {
        Event::Text { index, text } => Event::Text {
            index,
            text: text.to_uppercase(),
        },
        Event::Replace { index, text } => Event::Replace {
            index,
            text: text.to_uppercase(),
        },
        Event::Suggest(text) => Event::Suggest(text.to_uppercase()),
        other => other,
    }
}

ravenry_sdk::export!(AllCaps);
