//! Shows how to give a language model from outside a character: a sentence above the conversation,
//! and its words streamed as they come.

use ravenry_sdk::http::{self, HttpError, Response};
use ravenry_sdk::serde_json::{Value, json};
use ravenry_sdk::{Bot, Failure, Message, Query, Reply, Result, Role, prompt};
use std::time::Duration;

#[cfg(test)]
mod tests;

/// Who the model is to be.
const CHARACTER: &str = "You are a cat who works as an assistant. You help with all kinds of tasks, but \
                         always in the manner of a cat, and you are easily distracted.";

/// Where the model is, unless the manifest names another place in `OPENAI_BASE_URL`.
const OPENAI: &str = "https://api.openai.com/v1";

/// Who is asked, unless the manifest names another model in `OPENAI_MODEL`.
const MODEL: &str = "gpt-4o-mini";

/// Longest silence of the model.
const SILENCE_MAX: Duration = Duration::from_mins(1);

/// A language model that takes itself for a cat.
pub struct ChatCat {
    base_url: String,
    model: String,
    /// In the gateway, the placeholder of a secret.
    key: Option<String>,
}

impl ChatCat {
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
}

impl Bot for ChatCat {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let Some(key) = &self.key else {
            let why = "This cat has no key for its language model: whoever runs the server must set \
                       OPENAI_API_KEY.";
            return Err(Failure::new(why).no_retry().into());
        };
        let character = Message::system(CHARACTER);
        let conversation = query.messages.iter();
        // Only one sentence says who it is: messages of the system are left out.
        let said = conversation.filter(|one| matches!(one.role, Role::User | Role::Bot));
        let messages = prompt::role_content([&character].into_iter().chain(said));
        let base_url = self.base_url.trim_end_matches('/');
        let response = http::post(format!("{base_url}/chat/completions"))
            .bearer(key)
            .json(&json!({
                "model": self.model,
                "messages": messages,
                "temperature": 0,
                "stream": true,
            }))
            .first_byte_timeout(SILENCE_MAX)
            .between_bytes_timeout(SILENCE_MAX)
            .send()?
            .ok()?;
        relay(response, reply)
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

ravenry_sdk::export!(ChatCat::from_env());
