//! A bot: says what it hears, behind its greeting.

use std::env;

use ravenry_sdk::{Bot, Query, Reply, Result, Settings};

/// What answers. It keeps nothing: every query gets a fresh one.
struct Parrot;

impl Bot for Parrot {
    /// Answers one query. Each `text` is sent to the reader at once.
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        reply.text(greeting())?;
        reply.text(": ")?;
        reply.text(query.last_text())?;
        reply.suggest("Say it again")
    }

    /// How Poe treats the bot.
    fn settings(&self) -> Settings {
        Settings {
            introduction_message: Some("Say something.".to_owned()),
            ..Settings::default()
        }
    }
}

/// `greeting` of `config` in `ravenry.toml`.
fn greeting() -> String {
    env::var("greeting").unwrap_or_else(|_| "I heard".to_owned())
}

ravenry_sdk::export!(Parrot);

#[cfg(test)]
mod tests {
    use super::Parrot;
    use ravenry_sdk::testing::ask;

    #[test]
    fn it_says_what_it_hears() {
        let reply = ask(&Parrot, "hello");
        assert_eq!(reply.text(), "I heard: hello");
        assert_eq!(reply.suggestions(), ["Say it again"]);
    }
}
