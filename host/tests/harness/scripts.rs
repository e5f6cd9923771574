//! What bots of the fake platform say in tests: in turn, at a gate, in pieces, or not to the end.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use ravenry_desk::simulator::{self, Answer, BotRequest, Chunks, Step, Wait};
use serde_json::{Value, json};

/// The answers of one bot.
#[derive(Clone, Debug)]
pub struct Script(simulator::Script);

impl Script {
    /// A `meta`, this text in one event, and `done`, on every call.
    pub fn text(text: &str) -> Self {
        Answer::stream()
            .event("meta", json!({"content_type": "text/markdown"}))
            .text(text)
            .done()
            .into()
    }

    /// One answer for each call, in this order; the last also for every call after it.
    pub fn in_turn(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Vec<Answer> = answers.into_iter().collect();
        let calls = AtomicUsize::new(0);
        Self::computed(move |_| {
            let call = calls.fetch_add(1, Ordering::Relaxed);
            let answer = answers.get(call).or(answers.last()).cloned();
            // A failure of the bot: a computed script may not fall over.
            answer.unwrap_or_else(|| Answer::json(500, &json!({"detail": "nothing to answer"})))
        })
    }

    /// What the function says to each query. It must not wait: everybody else would wait with it.
    pub fn computed(answer: impl Fn(&BotRequest) -> Answer + Send + Sync + 'static) -> Self {
        Self(simulator::Script::computed(answer))
    }
}

impl From<Answer> for Script {
    fn from(answer: Answer) -> Self {
        Self::computed(move |_| answer.clone())
    }
}

impl From<Script> for simulator::Script {
    fn from(script: Script) -> Self {
        script.0
    }
}

/// Sentences to write an answer in, besides those that bots of people need.
pub trait Scripting: Sized {
    /// Adds a step.
    fn also(self, step: Step) -> Self;

    /// A status and a JSON body.
    fn json(status: u16, body: &Value) -> Self;

    /// A status and a page, as proxies in front of a platform send it.
    fn html(status: u16, page: &str) -> Self;

    /// 429 with `Retry-After` in seconds.
    fn too_many(retry_after_seconds: u32) -> Self;

    /// No answer at all, not even a head, until the caller hangs up.
    fn silence() -> Self;

    /// Holds back the head until the gate is released.
    fn headed_by(self, gate: &str) -> Self;

    /// Cuts the body there.
    fn chunks(self, chunks: Chunks) -> Self;

    /// Waits so long before each chunk: with [`Chunks::Every`], a body that drips.
    fn pace(self, time: Duration) -> Self;

    /// Adds a comment, as servers send it to keep a connection alive.
    fn comment(self, text: &str) -> Self {
        self.also(Step::Comment(text.to_owned()))
    }

    /// Adds bytes as they are.
    fn raw(self, bytes: impl AsRef<[u8]>) -> Self {
        self.also(Step::Bytes(bytes.as_ref().to_vec()))
    }

    /// Waits here until [`release`](super::FakePoe::release) opens the gate of this name.
    fn gate(self, name: &str) -> Self {
        self.also(Step::Wait(Wait::Gate(name.to_owned())))
    }

    /// Says nothing more, and does not end either.
    fn hold(self) -> Self {
        self.also(Step::Wait(Wait::Forever))
    }

    /// Breaks the connection off here, in the middle of the body.
    fn cut(self) -> Self {
        self.also(Step::Cut)
    }

    /// Adds these steps so many times.
    fn repeat(self, times: u64, steps: impl IntoIterator<Item = Step>) -> Self {
        self.also(Step::Repeat {
            times: Some(times),
            steps: steps.into_iter().collect(),
        })
    }

    /// Adds these steps again and again, for as long as the caller reads.
    fn endless(self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.also(Step::Repeat {
            times: None,
            steps: steps.into_iter().collect(),
        })
    }

    /// Adds these steps in one chunk.
    fn together(self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.also(Step::Together(steps.into_iter().collect()))
    }
}

impl Scripting for Answer {
    fn also(self, step: Step) -> Self {
        self.step(step)
    }

    fn json(status: u16, body: &Value) -> Self {
        let answer = Self::status(status).step(Step::Text(body.to_string()));
        of_type(answer, "application/json")
    }

    fn html(status: u16, page: &str) -> Self {
        let answer = Self::status(status).step(Step::Text(page.to_owned()));
        of_type(answer, "text/html; charset=utf-8")
    }

    fn too_many(retry_after_seconds: u32) -> Self {
        Self::json(429, &json!({"detail": "rate limit exceeded"}))
            .header("retry-after", &retry_after_seconds.to_string())
    }

    fn silence() -> Self {
        Self {
            wait: Some(Wait::Forever),
            ..Self::default()
        }
    }

    fn headed_by(self, gate: &str) -> Self {
        let wait = Some(Wait::Gate(gate.to_owned()));
        Self { wait, ..self }
    }

    fn chunks(self, chunks: Chunks) -> Self {
        Self { chunks, ..self }
    }

    fn pace(self, pace: Duration) -> Self {
        Self { pace, ..self }
    }
}

/// The same as something of another media type.
fn of_type(answer: Answer, media_type: &str) -> Answer {
    Answer {
        headers: vec![("content-type".to_owned(), media_type.to_owned())],
        ..answer
    }
}
