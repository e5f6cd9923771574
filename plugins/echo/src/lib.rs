//! The smallest bot: it says back what it hears.

use ravenry_sdk::{Bot, Query, Reply, Result};

/// Says back the text of the last message.
pub struct Echo;

impl Bot for Echo {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        reply.text(query.last_text())
    }
}

ravenry_sdk::export!(Echo);

#[cfg(test)]
mod tests {
    use super::Echo;
    use ravenry_sdk::Message;
    use ravenry_sdk::testing::{Event, ask};

    #[test]
    fn it_says_the_last_message_in_one_text() {
        let conversation = vec![
            Message::user("one"),
            Message::bot("one"),
            Message::user("two\n🐈"),
        ];
        assert_eq!(ask(&Echo, conversation).events, [Event::text("two\n🐈")]);
    }

    /// The gateway then says in the bot's name that there was nothing to say.
    #[test]
    fn it_has_nothing_to_say_to_nothing() {
        assert_eq!(ask(&Echo, "").events, []);
    }
}
