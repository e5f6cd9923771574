//! A question to another bot.

use serde_json::{Map, Value};

use super::{Answer, PoeError};
use crate::{
    Message, Reply, backend, current_query,
    tool_call::{Tool, ToolCall, ToolResult},
};

/// Asks another bot of the platform: the very same conversation, unless [`Ask::messages`] says
/// otherwise.
///
/// `bot` is the name that the platform knows. It must be declared in the settings of this bot,
/// [`Settings::calls`](crate::Settings::calls), with at least as many calls as one reply makes.
pub fn ask(bot: impl Into<String>) -> Ask {
    Ask {
        bot: bot.into(),
        members: Map::new(),
    }
}

/// A question to another bot, made by [`ask`].
///
/// Who asks, the conversation and its hints are taken over from the query at hand; each function
/// here replaces a part.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a question is asked with `start`, `relay`, `relay_text` or `text`"]
pub struct Ask {
    bot: String,
    members: Map<String, Value>,
}

impl Ask {
    /// Sends these messages, oldest first, instead of the conversation.
    ///
    /// Messages that quote one of [`Query::referenced_messages`](crate::Query::referenced_messages)
    /// of the query at hand bring it along.
    pub fn messages<'a>(self, messages: impl IntoIterator<Item = &'a Message>) -> Self {
        let messages = current_query::messages_json(messages);
        self.member("query", messages)
    }

    /// How freely a language model should choose its words: 0 or more.
    pub fn temperature(self, temperature: f64) -> Self {
        self.member("temperature", temperature)
    }

    /// Texts at which a language model should stop.
    pub fn stop_sequences<T: Into<String>>(self, texts: impl IntoIterator<Item = T>) -> Self {
        let texts: Vec<String> = texts.into_iter().map(T::into).collect();
        self.member("stop_sequences", texts)
    }

    /// Whether the other bot should leave out its own system prompt.
    pub fn skip_system_prompt(self, skip: bool) -> Self {
        self.member("skip_system_prompt", skip)
    }

    /// Whether the other bot should speak under the name of this one.
    pub fn adopt_current_bot_name(self, adopt: bool) -> Self {
        self.member("adopt_current_bot_name", adopt)
    }

    /// Offers tools; see [`tools`](crate::tools).
    pub fn tools<'a>(self, tools: impl IntoIterator<Item = &'a Tool>) -> Self {
        let tools: Vec<Value> = tools.into_iter().map(Tool::to_json).collect();
        self.member("tools", tools)
    }

    /// The tool calls that the other bot made, when their results are handed in.
    pub fn tool_calls<'a>(self, calls: impl IntoIterator<Item = &'a ToolCall>) -> Self {
        let calls: Vec<Value> = calls.into_iter().map(ToolCall::to_json).collect();
        self.member("tool_calls", calls)
    }

    /// The results of those tool calls.
    pub fn tool_results<'a>(self, results: impl IntoIterator<Item = &'a ToolResult>) -> Self {
        let results: Vec<Value> = results.into_iter().map(ToolResult::to_json).collect();
        self.member("tool_results", results)
    }

    /// Any member of the protocol's query, for what has no function here.
    ///
    /// `version`, `type`, keys and the identifiers of message, user and conversation cannot be
    /// overridden.
    pub fn member(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.members.insert(name.into(), value.into());
        self
    }

    /// Asks. Returns at once; the answer tells how it went.
    ///
    /// Each call counts as one of those that the settings declare, whatever becomes of it. Until the
    /// first event has come, the gateway repeats a failed attempt once; later ones never.
    ///
    /// # Errors
    ///
    /// [`PoeError::Denied`] where the bot is not declared, or not often enough;
    /// [`PoeError::Invalid`] and [`PoeError::TooLarge`] where the question is at fault.
    pub fn start(mut self) -> Result<Answer, PoeError> {
        if !self.members.contains_key("query")
            && let Some(messages) = current_query::inserted()
        {
            self.members.insert("query".to_owned(), messages);
        }
        let body = Value::Object(self.members).to_string();
        let source = backend::poe::ask(&self.bot, &body)?;
        Ok(Answer::new(self.bot, source))
    }

    /// Asks, and hands the answer to the reader; see [`Answer::relay`].
    pub fn relay(self, reply: &mut Reply) -> Result<(), PoeError> {
        self.start()?.relay(reply)
    }

    /// Asks, and hands the text of the answer to the reader; see [`Answer::relay_text`].
    pub fn relay_text(self, reply: &mut Reply) -> Result<(), PoeError> {
        self.start()?.relay_text(reply)
    }

    /// Asks, and waits for the whole text; see [`Answer::text`].
    pub fn text(self) -> Result<String, PoeError> {
        self.start()?.text()
    }

    /// The same, while other futures go on.
    pub async fn text_async(self) -> Result<String, PoeError> {
        self.start()?.text_async().await
    }
}
