//! Shows every kind of event that a simple bot needs: how a reply looks, text, replaced text, waiting,
//! suggestions, errors with and without retry, settings, and reports in the log.

use ravenry_sdk::{
    Bot, Failure, Feedback, Meta, Query, Reaction, Reply, Result, Settings, serde_json::Map, time,
};
use std::time::Duration;

#[cfg(test)]
mod tests;

/// A cat: picks single words out of what is said to it, and otherwise sleeps.
pub struct Cat;

/// What the cat says to `markdown`: a heading, emphasis, a list with a link, and a table.
const MARKDOWN: [&str; 15] = [
    "# All about me\n\n",
    "*Soft paws*, ",
    "**sharp claws**.\n",
    "\n",
    "What I need:\n\n",
    "- a box\n",
    "- a warm keyboard\n",
    "- people who [play with me](https://poe.com)\n",
    "\n",
    "A fair comparison:\n\n",
    "| animal | points |\n",
    "| ------ | ------ |\n",
    "| cat    | 10     |\n",
    "| dog    | 1      |\n",
    "\n",
];

/// The pause between peeks, and between numbers.
const PAUSE: Duration = Duration::from_secs(1);

impl Bot for Cat {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let words = query.last_text().to_lowercase();
        let hears = |word: &str| words.contains(word);

        let content_type = if hears("plain") {
            "text/plain"
        } else {
            "text/markdown"
        };
        reply.meta(Meta {
            content_type: Some(content_type.to_owned()),
            linkify: Some(true),
            refetch_settings: Some(false),
            suggested_replies: Some(!hears("dog")),
        })?;

        // The only word that does not keep the cat from hearing the next.
        if hears("markdown") {
            MARKDOWN.iter().try_for_each(|chunk| reply.text(chunk))?;
        }
        if hears("cardboard") {
            reply.text("crunch ")?;
            reply.text("crunch")
        } else if hears("kitchen") || hears("meal") || hears("food") {
            reply.text("meow ")?;
            reply.text("meow")?;
            reply.suggest("feed the cat")
        } else if hears("stranger") {
            peek(reply)
        } else if hears("square") {
            Err(Failure::new("Square snacks are not tasty.").into())
        } else if hears("cube") {
            Err(Failure::new("Cube snacks are even less tasty.")
                .no_retry()
                .into())
        } else if hears("count") {
            count(
                reply,
                if hears("quickly") {
                    Duration::ZERO
                } else {
                    PAUSE
                },
            )
        } else {
            reply.text("zzz")
        }
    }

    fn settings(&self) -> Settings {
        Settings {
            allow_attachments: Some(true),
            // Not among the platform's documented settings any more, but part of what a cat is.
            extra: Map::from_iter([("allow_user_context_clear".to_owned(), true.into())]),
            ..Settings::default()
        }
    }

    fn on_feedback(&self, feedback: &Feedback) {
        // Quoted with `?`, because these words are a stranger's and may hold line breaks.
        log(&format!(
            "user {:?} gave {:?} to message {:?}",
            feedback.user_id, feedback.feedback_type, feedback.message_id
        ));
    }

    fn on_reaction(&self, reaction: &Reaction) {
        log(&format!(
            "user {:?} reacted with {:?} to message {:?}",
            reaction.user_id, reaction.reaction, reaction.message_id
        ));
    }
}

/// Looks ten times whether the stranger is still there.
fn peek(reply: &mut Reply) -> Result {
    for _ in 0..10 {
        reply.text("peek ")?;
        time::sleep(PAUSE);
    }
    Ok(())
}

/// Counts to ten, each number in place of the one before.
fn count(reply: &mut Reply, pause: Duration) -> Result {
    for number in 1..=10 {
        reply.replace(number.to_string())?;
        time::sleep(pause);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what a bot prints is its log")]
fn log(line: &str) {
    println!("{line}");
}

ravenry_sdk::export!(Cat);
