//! Other bots of the platform, as a test writes them.

use std::{collections::BTreeMap, fmt, rc::Rc, time::Duration};

use serde_json::{Map, Value, json};

use crate::{
    event::Event,
    failure::{Failure, PoeError},
    query::Message,
    tool_call::ToolCall,
};

/// What another bot says in a test, step by step.
///
/// ```
/// use ravenry_sdk::testing::Script;
/// use ravenry_sdk::Failure;
/// use std::time::Duration;
///
/// let all_at_once = Script::from("hello");
/// let slow_and_broken = Script::new()
///     .text("hel")
///     .wait(Duration::from_secs(2))
///     .fail(Failure::new("Out of words."));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    pub(super) steps: Vec<Step>,
}

/// One step of a script.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Wait(Duration),
    Say(Event),
    Break(PoeError),
}

impl Script {
    /// An answer without any event.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says text.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.event(Event::text(text))
    }

    /// Says an event.
    #[must_use]
    pub fn event(mut self, event: Event) -> Self {
        self.steps.push(Step::Say(event));
        self
    }

    /// Pauses, on the clock of the scene.
    #[must_use]
    pub fn wait(mut self, duration: Duration) -> Self {
        self.steps.push(Step::Wait(duration));
        self
    }

    /// Ends with an error event.
    #[must_use]
    pub fn fail(self, failure: Failure) -> Self {
        self.breaks(PoeError::Said(failure))
    }

    /// Ends with any error, such as [`PoeError::Broken`] for a bot that breaks off.
    #[must_use]
    pub fn breaks(mut self, error: PoeError) -> Self {
        self.steps.push(Step::Break(error));
        self
    }

    /// Calls tools, each in two pieces, as models do.
    #[must_use]
    pub fn tool_calls(self, calls: &[ToolCall]) -> Self {
        let chunk = |delta: Value| {
            Event::Json(json!({
                "choices": [{ "index": 0, "delta": { "tool_calls": [delta] }, "finish_reason": null }],
            }))
        };
        let script = calls
            .iter()
            .enumerate()
            .fold(self, |script, (index, call)| {
                script
                    .event(chunk(json!({
                        "index": index, "id": call.id, "type": call.kind,
                        "function": { "name": call.name, "arguments": "" },
                    })))
                    .event(chunk(json!({
                        "index": index, "function": { "arguments": call.arguments },
                    })))
            });
        script.event(Event::Json(json!({
            "choices": [{ "index": 0, "delta": {}, "finish_reason": "tool_calls" }],
        })))
    }
}

impl From<&str> for Script {
    /// Says this text, and nothing else.
    fn from(text: &str) -> Self {
        Self::new().text(text)
    }
}

impl From<String> for Script {
    /// Says this text, and nothing else.
    fn from(text: String) -> Self {
        Self::new().text(text)
    }
}

/// What another bot was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The name of the bot.
    pub bot: String,
    /// What differs from the query at hand: `{}` for the very same conversation.
    pub body: Map<String, Value>,
}

impl Asked {
    /// The messages that were sent instead of the conversation; empty where it was the same.
    ///
    /// Messages that make no sense are left out.
    pub fn messages(&self) -> Vec<Message> {
        let messages = self.body.get("query").and_then(Value::as_array);
        messages
            .into_iter()
            .flatten()
            .filter_map(|message| serde_json::from_value(message.clone()).ok())
            .collect()
    }
}

/// The other bots of a scene; see [`Scene::bot`](crate::testing::Scene::bot).
#[derive(Clone, Default)]
pub struct Bots(BTreeMap<String, Answers>);

#[derive(Clone)]
enum Answers {
    InTurn(Vec<Script>),
    Made(Rc<dyn Fn(&Asked) -> Script>),
}

impl Bots {
    pub(crate) fn add(&mut self, name: String, script: Script) {
        match self.0.get_mut(&name) {
            Some(Answers::InTurn(scripts)) => scripts.push(script),
            _ => {
                self.0.insert(name, Answers::InTurn(vec![script]));
            }
        }
    }

    pub(crate) fn add_with(&mut self, name: String, make: impl Fn(&Asked) -> Script + 'static) {
        self.0.insert(name, Answers::Made(Rc::new(make)));
    }

    /// The answer to a question that comes after this many others to the same bot.
    pub(super) fn answer(&self, asked: &Asked, before: usize) -> Result<Script, String> {
        match self.0.get(&asked.bot) {
            None => Err(format!("this scene has no bot `{}`", asked.bot)),
            Some(Answers::Made(make)) => Ok(make(asked)),
            Some(Answers::InTurn(scripts)) => scripts.get(before).cloned().ok_or_else(|| {
                let count = scripts.len();
                format!(
                    "this scene has {count} answers of `{}`, and no more",
                    asked.bot
                )
            }),
        }
    }
}

impl fmt::Debug for Bots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
