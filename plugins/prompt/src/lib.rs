//! Shows how to put words of one's own before a conversation, and to hand on what another bot makes
//! of it.

use ravenry_sdk::{Bot, Message, Query, Reply, Result, Settings, poe};

#[cfg(test)]
mod tests;

/// Who is asked.
const MODEL: &str = "Claude-3-Haiku";

/// What stands above the conversation.
const SYSTEM: &str = "All your replies are Haikus.";

/// Another bot, with one sentence more to go by.
pub struct Prompt;

impl Bot for Prompt {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let system = Message::system(SYSTEM);
        let messages = [&system].into_iter().chain(&query.messages);
        poe::ask(MODEL).messages(messages).relay(reply)?;
        Ok(())
    }

    fn settings(&self) -> Settings {
        Settings::default().calls(MODEL, 1)
    }
}

ravenry_sdk::export!(Prompt);
