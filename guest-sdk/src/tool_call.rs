//! A tool, a call to it, and the result, in the shape that the protocol takes over from `OpenAI`.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::{Message, Role, tolerant_json::read_json};

/// A function that a language model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// The name: letters, digits, `_` and `-`.
    pub name: String,
    /// What it does, for the model. The platform requires one.
    pub description: String,
    /// A JSON schema of the arguments, sent as it stands, `additionalProperties` and all.
    pub parameters: Value,
    /// Whether the model has to keep to the schema to the letter. Left out where it is `None`.
    pub strict: Option<bool>,
    /// Further members of `function`, for what models and platform add.
    pub extra: Map<String, Value>,
}

impl Tool {
    /// A tool with this JSON schema of its arguments.
    pub fn new(name: impl Into<String>, description: impl Into<String>, parameters: Value) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            parameters,
            strict: None,
            extra: Map::new(),
        }
    }

    /// Has the model keep to the schema to the letter.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = Some(true);
        self
    }

    /// The definition as the protocol writes it.
    pub fn to_json(&self) -> Value {
        let mut function = json!({
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        });
        if let Some(members) = function.as_object_mut() {
            if let Some(strict) = self.strict {
                members.insert("strict".to_owned(), strict.into());
            }
            members.extend(self.extra.clone());
        }
        json!({ "type": "function", "function": function })
    }
}

/// What a language model wants done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// Tells calls apart; comes back in the result.
    pub id: String,
    /// `function`. More may come.
    pub kind: String,
    /// The name of the tool.
    pub name: String,
    /// The arguments as the model wrote them: mostly the text of a JSON object.
    pub arguments: String,
}

impl ToolCall {
    /// The arguments, read. A model can write anything, so this can fail.
    ///
    /// # Errors
    ///
    /// What is wrong with them, and where.
    pub fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        read_json(self.arguments.as_bytes())
    }

    /// The call as the protocol writes it.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "type": self.kind,
            "function": { "name": self.name, "arguments": self.arguments },
        })
    }

    /// The result of this call: any JSON value.
    pub fn result(&self, value: &Value) -> ToolResult {
        ToolResult {
            name: self.name.clone(),
            tool_call_id: self.id.clone(),
            content: value.to_string(),
        }
    }
}

/// What came of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolResult {
    /// The name of the tool.
    pub name: String,
    /// The `id` of the call.
    pub tool_call_id: String,
    /// The result, as the model reads it: mostly JSON text.
    pub content: String,
}

impl ToolResult {
    /// The result as the protocol writes it.
    pub fn to_json(&self) -> Value {
        json!({
            "role": "tool",
            "name": self.name,
            "tool_call_id": self.tool_call_id,
            "content": self.content,
        })
    }
}

impl Message {
    /// A message of a bot that holds tool calls, to be sent before their results.
    pub fn tool_calls<'a>(calls: impl IntoIterator<Item = &'a ToolCall>) -> Self {
        let calls: Value = calls.into_iter().map(ToolCall::to_json).collect();
        Self {
            message_type: Some("function_call".to_owned()),
            ..Self::new(Role::Bot, calls.to_string())
        }
    }

    /// A message that holds the results of tool calls.
    pub fn tool_results<'a>(results: impl IntoIterator<Item = &'a ToolResult>) -> Self {
        let results: Value = results.into_iter().map(ToolResult::to_json).collect();
        Self::new(Role::Tool, results.to_string())
    }
}
