//! What a bot is, and what it is told beside queries.

use serde_json::{Map, Value};

use crate::{Query, Reply, Result, Settings, failure::log};

/// A bot: [`respond`](Bot::respond) is required, the rest has defaults.
///
/// Each call runs in a fresh instance of the component, so `self` cannot carry anything from one
/// call to the next. A call may compute 2 s at once, and 100 ms come back per second on the clock;
/// waiting costs nothing. These are the defaults of the gateway; its operator chooses.
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

    /// Whether the text of attached files is put into the conversation before
    /// [`respond`](Bot::respond) sees it; yes by default.
    ///
    /// For each file of the last message whose text the platform has extracted, a message of the
    /// user that quotes it is inserted before that last message: what a language model needs to
    /// know of it. See [`prompt::insert_attachments`](crate::prompt::insert_attachments) for the
    /// rules. A bot that reads files itself answers `false`.
    fn inserts_attachments(&self) -> bool {
        true
    }

    /// A person liked or disliked a message of this bot. By default nothing happens.
    ///
    /// The platform no longer sends this to new bots; see [`on_reaction`](Bot::on_reaction). The
    /// call may take 5 s, and its outcome is not shown to the person. The same holds for the two below.
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
        log_report(report);
    }
}

/// A bot whose answer waits for several things at once: the same as [`Bot`], with an `async`
/// [`respond`](AsyncBot::respond).
///
/// Every such type is a [`Bot`] by itself, so [`export!`](crate::export!) takes it and `testing`
/// asks it. Its futures run on an executor over the pollables of WASI, one component at a time:
/// concurrent, never parallel. What the functions ending in `_async` wait for can be waited for
/// together, with [`task::join`](crate::task::join) and its kin. The functions of [`Reply`] are not
/// `async`: they wait only for a slow reader, and then everything waits.
///
/// ```
/// use ravenry_sdk::{AsyncBot, Query, Reply, Result, poe, task};
///
/// struct Both;
///
/// impl AsyncBot for Both {
///     async fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
///         let one = poe::ask("One").start()?.text_async();
///         let two = poe::ask("Two").start()?.text_async();
///         let (one, two) = task::join(one, two).await;
///         write!(reply, "One: {}\nTwo: {}", one?, two?)
///     }
///
///     fn settings(&self) -> ravenry_sdk::Settings {
///         ravenry_sdk::Settings::default().calls("One", 1).calls("Two", 1)
///     }
/// }
///
/// let scene = ravenry_sdk::testing::Scene::default().bot("One", "1").bot("Two", "2");
/// assert_eq!(scene.ask(&Both, "hi").text(), "One: 1\nTwo: 2");
/// ```
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread, so no caller needs to ask for `Send`"
)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a bot",
    label = "implement `ravenry_sdk::AsyncBot` for `{Self}`"
)]
pub trait AsyncBot {
    /// Answers one query; see [`Bot::respond`].
    ///
    /// # Errors
    ///
    /// As there.
    async fn respond(&self, query: &Query, reply: &mut Reply) -> Result;

    /// See [`Bot::settings`].
    fn settings(&self) -> Settings {
        Settings::default()
    }

    /// See [`Bot::inserts_attachments`].
    fn inserts_attachments(&self) -> bool {
        true
    }

    /// See [`Bot::on_feedback`].
    fn on_feedback(&self, feedback: &Feedback) {
        let _ = feedback;
    }

    /// See [`Bot::on_reaction`].
    fn on_reaction(&self, reaction: &Reaction) {
        let _ = reaction;
    }

    /// See [`Bot::on_error`].
    fn on_error(&self, report: &ErrorReport) {
        log_report(report);
    }
}

impl<T: AsyncBot> Bot for T {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        crate::task::block_on(AsyncBot::respond(self, query, reply))
    }

    fn settings(&self) -> Settings {
        AsyncBot::settings(self)
    }

    fn inserts_attachments(&self) -> bool {
        AsyncBot::inserts_attachments(self)
    }

    fn on_feedback(&self, feedback: &Feedback) {
        AsyncBot::on_feedback(self, feedback);
    }

    fn on_reaction(&self, reaction: &Reaction) {
        AsyncBot::on_reaction(self, reaction);
    }

    fn on_error(&self, report: &ErrorReport) {
        AsyncBot::on_error(self, report);
    }
}

fn log_report(report: &ErrorReport) {
    let metadata = Value::Object(report.metadata.clone());
    log(&format!(
        "the platform reports an error: {:?} {metadata}",
        report.message
    ));
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
    /// What was wrong, in words. Untrusted text: it can hold line breaks.
    pub message: String,
    /// Details, in no fixed shape.
    pub metadata: Map<String, Value>,
}
