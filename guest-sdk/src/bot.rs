//! What a bot is, and what it is told beside queries.

use crate::failure::log;
use crate::{Query, Reply, Result, Settings};
use serde_json::{Map, Value};

/// A bot: [`respond`](Bot::respond) is required, the rest has defaults.
///
/// Each call runs in a fresh instance of the component, so `self` cannot carry anything from one
/// call to the next. A call may compute 2 s at once, and 100 ms come back per second on the clock;
/// waiting costs nothing. These are the defaults of the gateway; whoever runs it chooses.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a bot",
    label = "implement `ravenry_sdk::Bot` for `{Self}`"
)]
pub trait Bot {
    /// Answers one query by calling the functions of `reply`.
    ///
    /// Returning ends the reply. A bot that returns without having said anything gets an error
    /// written in its name. The call may take 3,600 s on the clock. When the reader leaves, the
    /// instance is discarded wherever it stands.
    ///
    /// # Errors
    ///
    /// A [`Failure`](crate::Failure) is the polite way to give up: what was said stays, and the
    /// failure is shown below it. A [`Stopped`](crate::Stopped), passed on with `?`, ends the reply
    /// quietly.
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result;

    /// How the platform should treat this bot. By default all is left to the platform.
    ///
    /// Must answer within 5 s, and the same each time: the platform keeps the answer.
    fn settings(&self) -> Settings {
        Settings::default()
    }

    /// A person liked or disliked a message of this bot. By default nothing happens.
    ///
    /// The platform no longer sends this to new bots; see [`on_reaction`](Bot::on_reaction). The
    /// call may take 5 s, and nobody is shown its outcome. The same holds for the two below.
    fn on_feedback(&self, feedback: &Feedback) {
        let _ = feedback;
    }

    /// A person put a reaction (an emoji) on a message of this bot, or took it away. By default
    /// nothing happens.
    fn on_reaction(&self, reaction: &Reaction) {
        let _ = reaction;
    }

    /// The platform could not make sense of something that was sent in this bot's name. By default
    /// it is written to the bot's log, in one line.
    fn on_error(&self, report: &ErrorReport) {
        let metadata = Value::Object(report.metadata.clone());
        log(&format!(
            "the platform reports an error: {:?} {metadata}",
            report.message
        ));
    }
}

/// A person's like or dislike of a message of this bot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The message.
    pub message_id: String,
    /// Who judged.
    pub user_id: String,
    /// Where.
    pub conversation_id: String,
    /// `like` or `dislike`. More may come.
    pub feedback_type: String,
}

/// A person's reaction to a message of this bot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    /// The message.
    pub message_id: String,
    /// Who reacted.
    pub user_id: String,
    /// Where.
    pub conversation_id: String,
    /// Such as `like`, `heart`, `laughing`, `surprised`, `sad`; other forms occur.
    pub reaction: String,
}

/// What the platform could not make sense of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ErrorReport {
    /// What was wrong, in words. Chosen by a stranger: it can hold line breaks.
    pub message: String,
    /// Details, in no fixed shape.
    pub metadata: Map<String, Value>,
}
