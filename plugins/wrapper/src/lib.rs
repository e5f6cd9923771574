//! Shows how to bring a language model from outside to the platform: an HTTP API with a secret key,
//! streamed as it comes.

use ravenry_sdk::http::{self, HttpError, Response};
use ravenry_sdk::serde_json::{Value, json};
use ravenry_sdk::{Bot, Failure, Message, Query, Reply, Result, prompt};
use std::time::Duration;

#[cfg(test)]
mod tests;

/// Where the model is, unless the manifest names another place in `OPENAI_BASE_URL`.
const OPENAI: &str = "https://api.openai.com/v1";

/// Who is asked, unless the manifest names another model in `OPENAI_MODEL`.
const MODEL: &str = "gpt-4o-mini";

/// How much of a conversation is sent: the last messages, and of each the first characters. Whoever
/// pays for the key decides.
const MESSAGES_MAX: usize = 5;
const CHARACTERS_MAX: usize = 50;

/// Most tokens of an answer.
const TOKENS_MAX: u32 = 50;

/// Longest silence of the model.
const SILENCE_MAX: Duration = Duration::from_mins(1);

/// A language model behind an API in the manner of `OpenAI`'s.
pub struct Wrapper {
    base_url: String,
    model: String,
    /// In the gateway, the placeholder of a secret.
    key: Option<String>,
}

impl Wrapper {
    /// As the manifest says.
    pub fn from_env() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        let or = |name, default: &str| variable(name).unwrap_or_else(|| default.to_owned());
        Self {
            base_url: or("OPENAI_BASE_URL", OPENAI),
            model: or("OPENAI_MODEL", MODEL),
            key: variable("OPENAI_API_KEY"),
        }
    }

    fn ask(&self, key: &str, messages: &[Message]) -> Result<Response, HttpError> {
        let base_url = self.base_url.trim_end_matches('/');
        http::post(format!("{base_url}/chat/completions"))
            .bearer(key)
            .json(&json!({
                "model": self.model,
                "messages": prompt::role_content(messages),
                "temperature": 1.0,
                "max_tokens": TOKENS_MAX,
                "stream": true,
            }))
            .first_byte_timeout(SILENCE_MAX)
            .between_bytes_timeout(SILENCE_MAX)
            .send()?
            .ok()
    }
}

impl Bot for Wrapper {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let Some(key) = &self.key else {
            let why = "This bot has no key for its language model: whoever runs the server must set \
                       OPENAI_API_KEY.";
            return Err(Failure::new(why).no_retry().into());
        };
        let messages = prompt::last(&query.messages, MESSAGES_MAX);
        let messages: Vec<Message> = messages.iter().map(shortened).collect();
        relay(self.ask(key, &messages)?, reply)
    }
}

fn shortened(message: &Message) -> Message {
    Message {
        content: message.content.chars().take(CHARACTERS_MAX).collect(),
        ..message.clone()
    }
}

/// Hands the model's words on, each as it comes.
fn relay(response: Response, reply: &mut Reply) -> Result {
    let mut events = http::events(response);
    while let Some(event) = events.next()? {
        if event.is_done() {
            return Ok(());
        }
        let chunk: Value = event.json()?;
        if let Some(error) = chunk.get("error") {
            return Err(HttpError::Broken(format!("the model gave up: {error}")).into());
        }
        let text = chunk.pointer("/choices/0/delta/content");
        if let Some(text) = text.and_then(Value::as_str) {
            reply.text(text)?;
        }
        // Not every server says `[DONE]`. An empty reason is none.
        let reason = chunk.pointer("/choices/0/finish_reason");
        if reason
            .and_then(Value::as_str)
            .is_some_and(|reason| !reason.is_empty())
        {
            return Ok(());
        }
    }
    // A whole answer says that it is whole; a page in HTML, for one, does not.
    let short = "the answer has neither a `finish_reason` nor `[DONE]`";
    Err(HttpError::Malformed(short.to_owned()).into())
}

ravenry_sdk::export!(Wrapper::from_env());
