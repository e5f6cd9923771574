//! Asks one bot for a title and another for a poem about it.

use ravenry_sdk::{Bot, Message, Query, Reply, Result, Settings, poe};

/// Who is asked, for each of the two.
const MODEL: &str = "GPT-4o-mini";

struct Poet;

impl Bot for Poet {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        reply.replace("Looking for a title…")?;
        let wish = Message::user(format!("A title for a poem about: {}", query.last_text()));
        // The whole answer at once.
        let title = poe::ask(MODEL).messages([&wish]).text()?;

        reply.replace(format!("# {title}\n\n"))?;
        let system = Message::system(format!("Write a poem named {title:?}."));
        let conversation = [&system].into_iter().chain(&query.messages);
        let mut answer = poe::ask(MODEL)
            .messages(conversation)
            .temperature(1.0)
            .start()?;
        // Event by event.
        while let Some(event) = answer.next()? {
            reply.pass_on(event)?;
        }
        Ok(())
    }

    fn settings(&self) -> Settings {
        Settings::default().calls(MODEL, 2)
    }
}

ravenry_sdk::export!(Poet);

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_sdk::testing::Scene;

    #[test]
    fn the_title_of_one_answer_begins_the_other() {
        let scene = Scene::default()
            .bot(MODEL, "Nine Lives")
            .bot(MODEL, "A cat…");
        let transcript = scene.ask(&Poet, "cats");
        assert_eq!(transcript.text(), "# Nine Lives\n\nA cat…");
        let poem = transcript.asked[1].messages();
        assert_eq!(poem[0].content, "Write a poem named \"Nine Lives\".");
        assert_eq!(poem[1].content, "cats");
    }
}
