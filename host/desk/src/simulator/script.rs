//! What a bot of the played platform is to answer.

use std::{fmt, sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    records::BotRequest,
    sse_encoding::{Chunks, Framing},
    step::{Step, Wait},
};

/// The answers of one bot, computed from what it is asked.
#[derive(Clone)]
pub struct Script(Arc<dyn Fn(&BotRequest) -> Answer + Send + Sync>);

impl Script {
    /// What the function says to each query. It must not wait: everybody else would wait with it.
    pub fn computed(answer: impl Fn(&BotRequest) -> Answer + Send + Sync + 'static) -> Self {
        Self(Arc::new(answer))
    }

    /// The answer to a query.
    pub(super) fn answer(&self, query: &BotRequest) -> Answer {
        (self.0)(query)
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Script")
    }
}

/// One answer: status, headers, and a body step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Names and values. Without a `content-type` the answer is an event stream.
    pub headers: Vec<(String, String)>,
    /// What the head of the answer waits for. Without it, it goes out before the first step.
    pub wait: Option<Wait>,
    /// The body. It ends well after the last step.
    pub steps: Vec<Step>,
    /// How events are written.
    pub framing: Framing,
    /// Where the body is cut into chunks.
    pub chunks: Chunks,
    /// Time before each chunk; zero for none.
    pub pace: Duration,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            wait: None,
            steps: Vec::new(),
            framing: Framing::PLAIN,
            chunks: Chunks::Steps,
            pace: Duration::ZERO,
        }
    }
}

/// Sentences to write an answer in.
impl Answer {
    /// An event stream without events.
    pub fn stream() -> Self {
        Self::default()
    }

    /// An event stream of these, one chunk each.
    pub fn events<N: Into<String>>(events: impl IntoIterator<Item = (N, Value)>) -> Self {
        events
            .into_iter()
            .fold(Self::stream(), |answer, (name, data)| {
                answer.event(name, data)
            })
    }

    /// An event stream that fails with this text.
    pub(super) fn failing(text: &str, allow_retry: bool) -> Self {
        Self::stream()
            .event("error", json!({"allow_retry": allow_retry, "text": text}))
            .done()
    }

    /// A status with a short text. Add headers, or steps for another body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
        .header("content-type", "text/plain; charset=utf-8")
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds any step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Adds an event.
    #[must_use]
    pub fn event(self, name: impl Into<String>, data: Value) -> Self {
        self.step(Step::event(name, data))
    }

    /// Adds a `text` event.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.step(Step::text(text))
    }

    /// Adds `done`.
    #[must_use]
    pub fn done(self) -> Self {
        self.event("done", json!({}))
    }

    /// Waits here for a time.
    #[must_use]
    pub fn pause(self, time: Duration) -> Self {
        self.step(Step::Wait(Wait::Time(time)))
    }

    /// Writes events so.
    #[must_use]
    pub fn framing(self, framing: Framing) -> Self {
        Self { framing, ..self }
    }
}
