//! One answer of a model that may call tools, put together from its pieces.

use serde_json::Value;

use super::ToolCall;
use crate::{
    Event,
    poe::{Answer, PoeError},
};

/// Most calls that one answer may hold; a model that wants more is out of order.
const CALLS_MAX: usize = 128;

/// One answer of a model that may call tools: text, calls, or both.
///
/// A model sends calls in pieces, each with the index of its call. The rules for putting them
/// together are those of the platform's reference library, where they lose nothing: only the first
/// choice of a chunk counts; the first piece of a call has its `id`, `type` and name, and a call
/// without them is dropped; of later pieces only the arguments count. Unlike there, what comes
/// with a `finish_reason` counts too, and so does text beside calls; a name with another `id` begins
/// another call, also where the index is the same.
///
/// ```
/// # use ravenry_sdk::{Bot, Query, Reply, Result, Settings};
/// use ravenry_sdk::{Message, poe, tools::{Tool, ToolCall, Turn}};
///
/// # struct Looping;
/// # impl Bot for Looping {
/// fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
///     let mut messages = query.messages.clone();
///     for round in 0..10 {
///         let mut ask = poe::ask("GPT-4o").messages(&messages);
///         if round < 9 {
///             ask = ask.tools(&[clock()]);
///         }
///         let turn = Turn::read(&mut ask.start()?, |event| reply.pass_on(event))?;
///         if turn.calls.is_empty() {
///             break;
///         }
///         let results: Vec<_> = turn.calls.iter().map(|call| call.result(&"12:00".into())).collect();
///         messages.push(Message::tool_calls(&turn.calls));
///         messages.push(Message::tool_results(&results));
///     }
///     Ok(())
/// }
/// # fn settings(&self) -> Settings { Settings::default().calls("GPT-4o", 10) }
/// # }
///
/// fn clock() -> Tool {
///     Tool::new("clock", "The time.", ravenry_sdk::serde_json::json!({"type": "object", "properties": {}}))
/// }
/// # let scene = ravenry_sdk::testing::Scene::default()
/// #     .bot("GPT-4o", ravenry_sdk::testing::Script::new().tool_calls(&[ToolCall {
/// #         id: "1".to_owned(), kind: "function".to_owned(), name: "clock".to_owned(), arguments: "{}".to_owned(),
/// #     }]))
/// #     .bot("GPT-4o", "It is noon.");
/// # assert_eq!(scene.ask(&Looping, "What time is it?").text(), "It is noon.");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// The text of the only answer: what came as text, and what came within chunks.
    pub text: String,
    /// The calls, in the order of their indices.
    pub calls: Vec<ToolCall>,
}

impl Turn {
    /// Reads an answer to its end. Every event that is not part of a call is handed on: text within
    /// chunks as [`Event::Text`], chunks without a choice as they came.
    ///
    /// # Errors
    ///
    /// Those of [`Answer::next`], and the first one of `hear`.
    pub fn read<E: From<PoeError>>(
        answer: &mut Answer,
        mut hear: impl FnMut(Event) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut pieces = Pieces::default();
        while let Some(event) = answer.next()? {
            if let Some(event) = pieces.take(event) {
                hear(event)?;
            }
        }
        Ok(pieces.finish())
    }

    /// The same, while other futures go on.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn read_async<E: From<PoeError>>(
        answer: &mut Answer,
        mut hear: impl FnMut(Event) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut pieces = Pieces::default();
        while let Some(event) = answer.next_async().await? {
            if let Some(event) = pieces.take(event) {
                hear(event)?;
            }
        }
        Ok(pieces.finish())
    }
}

/// What has arrived of a turn.
#[derive(Default)]
pub(super) struct Pieces {
    text: String,
    /// The calls with their indices, in the order in which they began.
    calls: Vec<(u64, ToolCall)>,
}

impl Pieces {
    /// Takes an event, and returns what is to be handed on.
    pub(super) fn take(&mut self, event: Event) -> Option<Event> {
        match event {
            Event::Json(chunk) => self.take_chunk(chunk),
            event => {
                match &event {
                    Event::Text { text, .. } => self.text.push_str(text),
                    Event::Replace { text, .. } => self.text.clone_from(text),
                    _ => {}
                }
                Some(event)
            }
        }
    }

    pub(super) fn finish(mut self) -> Turn {
        self.calls.sort_by_key(|(index, _)| *index);
        Turn {
            text: self.text,
            calls: self.calls.into_iter().map(|(_, call)| call).collect(),
        }
    }

    fn take_chunk(&mut self, chunk: Value) -> Option<Event> {
        let Some(choice) = chunk.get("choices").and_then(|choices| choices.get(0)) else {
            return Some(Event::Json(chunk));
        };
        // A `finish_reason` says that nothing follows. What comes with it is part of the answer.
        let delta = choice.get("delta")?;
        let calls = delta.get("tool_calls").and_then(Value::as_array);
        for call in calls.into_iter().flatten() {
            self.take_call(call);
        }
        let text = delta.get("content")?.as_str()?;
        self.text.push_str(text);
        let index = chunk.get("index").and_then(Value::as_u64);
        Some(Event::Text {
            index: index.and_then(|index| u32::try_from(index).ok()),
            text: text.to_owned(),
        })
    }

    fn take_call(&mut self, delta: &Value) {
        let Some(index) = delta.get("index").and_then(Value::as_u64) else {
            return;
        };
        let function = delta.get("function");
        let member = |name| function.and_then(|function| function.get(name)?.as_str());
        let arguments = member("arguments").unwrap_or_default();
        let first = |name: &str| delta.get(name).and_then(Value::as_str);
        let (id, name) = (first("id"), member("name"));
        let open = self.calls.iter_mut().rev().find(|(of, _)| *of == index);
        if let Some((_, call)) = open
            && !begins_another(call, id, name)
        {
            call.arguments.push_str(arguments);
            return;
        }
        if let (Some(id), Some(kind), Some(name)) = (id, first("type"), name)
            && self.calls.len() < CALLS_MAX
        {
            let call = ToolCall {
                id: id.to_owned(),
                kind: kind.to_owned(),
                name: name.to_owned(),
                arguments: arguments.to_owned(),
            };
            self.calls.push((index, call));
        }
    }
}

/// Whether a piece with the index of this call belongs to another one. Some servers give each piece
/// an `id` of its own, but a name only to the first.
fn begins_another(call: &ToolCall, id: Option<&str>, name: Option<&str>) -> bool {
    let said = |word: Option<&str>| word.is_some_and(|word| !word.is_empty());
    said(id) && said(name) && id != Some(call.id.as_str())
}
