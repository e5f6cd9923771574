//! Adds a system prompt and hands the answer through, without touching it.

use ravenry_sdk::{Bot, Message, Query, Reply, Result, Settings, poe};

/// Who is asked.
const MODEL: &str = "Claude-3-Haiku";

struct Haiku;

impl Bot for Haiku {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let system = Message::system("All your replies are haikus.");
        let conversation = [&system].into_iter().chain(&query.messages);
        // The gateway passes every event on by itself: an hour of it costs next to nothing.
        poe::ask(MODEL).messages(conversation).relay(reply)?;
        Ok(())
    }

    fn settings(&self) -> Settings {
        Settings::default().calls(MODEL, 1)
    }
}

ravenry_sdk::export!(Haiku);

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_sdk::testing::{Scene, Script};
    use ravenry_sdk::{Event, Failure};

    #[test]
    fn everything_is_passed_on_and_so_is_a_failure() {
        let script = Script::new()
            .text("An old silent pond")
            .event(Event::Suggest("Another one".to_owned()))
            .fail(Failure::new("Out of syllables."));
        let transcript = Scene::default().bot(MODEL, script).ask(&Haiku, "ponds");
        assert_eq!(transcript.text(), "An old silent pond");
        assert_eq!(transcript.suggestions(), ["Another one"]);
        assert_eq!(
            transcript.failure(),
            Some(&Failure::new("Out of syllables."))
        );
    }
}
