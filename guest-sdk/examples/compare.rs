//! Asks two bots at once and shows both answers side by side, as they come.

use ravenry_sdk::{AsyncBot, Event, Query, Reply, Result, Settings, poe};

/// Who is asked.
const BOTS: [&str; 2] = ["GPT-4o-mini", "Claude-3.5-Haiku"];

struct Compare;

impl AsyncBot for Compare {
    async fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
        let answers = BOTS.map(|bot| poe::ask(bot).start());
        let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut answers = poe::merge(answers);
        let mut texts = BOTS.map(|_| String::new());
        while let Some((which, event)) = answers.next_async().await? {
            if let (Event::Text { text, .. }, Some(said)) = (event, texts.get_mut(which)) {
                said.push_str(&text);
                let parts = BOTS.iter().zip(&texts);
                let parts: Vec<_> = parts
                    .map(|(bot, said)| format!("**{bot}** says:\n{said}"))
                    .collect();
                reply.replace(parts.join("\n\n"))?;
            }
        }
        Ok(())
    }

    fn settings(&self) -> Settings {
        BOTS.iter()
            .fold(Settings::default(), |settings, bot| settings.calls(*bot, 1))
    }
}

ravenry_sdk::export!(Compare);

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_sdk::testing::{Scene, Script};
    use std::time::Duration;

    #[test]
    fn both_answer_at_once() {
        let slow = |seconds| {
            Script::new()
                .wait(Duration::from_secs(seconds))
                .text("hello")
        };
        let scene = Scene::default().bot(BOTS[0], slow(2)).bot(BOTS[1], slow(3));
        let transcript = scene.ask(&Compare, "hi");
        assert_eq!(transcript.took, Duration::from_secs(3));
        assert_eq!(
            transcript.text(),
            "**GPT-4o-mini** says:\nhello\n\n**Claude-3.5-Haiku** says:\nhello"
        );
    }
}
