//! What a bot of the fake platform is to answer.
//!
//! All of it but a computed script is plain data that a file can hold: steps are written as
//! `{"event": {"name": "text", "data": {"text": "hi"}}}`, `{"wait": {"gate": "middle"}}`,
//! `{"repeat": {"times": 3, "steps": […]}}`, `"cut"`.

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    history::Recorded,
    sse_encoding::{Chunks, Framing},
    step::{Step, Wait},
};

/// The answers of one bot: in turn, call by call, or computed from what was asked.
#[derive(Clone, Deserialize)]
#[serde(from = "Vec<Answer>")]
pub struct Script(Play);

#[derive(Clone)]
enum Play {
    InTurn(Arc<[Answer]>),
    Computed(Arc<dyn Fn(&Recorded) -> Answer + Send + Sync>),
}

impl Script {
    /// The same events on every call. Nothing is added: end with `done` where it should end well.
    pub fn events<N: Into<String>>(events: impl IntoIterator<Item = (N, Value)>) -> Self {
        Answer::events(events).into()
    }

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
        Self(Play::InTurn(answers.into_iter().collect()))
    }

    /// What the function says to each query. It must not wait: everybody else would wait with it.
    pub fn computed(answer: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> Self {
        Self(Play::Computed(Arc::new(answer)))
    }

    /// The answer to the call with this number, counted from 0.
    pub(super) fn answer(&self, call: usize, query: &Recorded) -> Answer {
        match &self.0 {
            Play::InTurn(answers) => answers.get(call).or(answers.last()).cloned(),
            Play::Computed(answer) => Some(answer(query)),
        }
        .unwrap_or_else(|| Answer::json(500, &json!({"detail": "this script has no answers"})))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Play::InTurn(answers) => formatter.debug_tuple("InTurn").field(answers).finish(),
            Play::Computed(_) => formatter.write_str("Computed"),
        }
    }
}

impl From<Answer> for Script {
    fn from(answer: Answer) -> Self {
        Self::in_turn([answer])
    }
}

impl From<Vec<Answer>> for Script {
    fn from(answers: Vec<Answer>) -> Self {
        Self::in_turn(answers)
    }
}

/// One answer: status, headers, and a body step by step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
    /// Time before each chunk in milliseconds; 0 for none.
    pub pace_millis: u64,
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
            pace_millis: 0,
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

    /// A status with a short text. Add headers, or steps for another body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
        .header("content-type", "text/plain; charset=utf-8")
    }

    /// A status and a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            steps: vec![Step::Text(body.to_string())],
            ..Self::default()
        }
        .header("content-type", "application/json")
    }

    /// A status and a page, as proxies in front of a platform send it.
    pub fn html(status: u16, page: &str) -> Self {
        Self {
            status,
            steps: vec![Step::Text(page.to_owned())],
            ..Self::default()
        }
        .header("content-type", "text/html; charset=utf-8")
    }

    /// 429 with `Retry-After` in seconds.
    pub fn too_many(retry_after_seconds: u32) -> Self {
        Self::json(429, &json!({"detail": "rate limit exceeded"}))
            .header("retry-after", &retry_after_seconds.to_string())
    }

    /// No answer at all, not even a head, until the caller hangs up.
    pub fn silence() -> Self {
        Self {
            wait: Some(Wait::Forever),
            ..Self::default()
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Holds back the head until the gate is released.
    #[must_use]
    pub fn headed_by(self, gate: &str) -> Self {
        let wait = Some(Wait::Gate(gate.to_owned()));
        Self { wait, ..self }
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

    /// Adds a comment, as servers send it to keep a connection alive.
    #[must_use]
    pub fn comment(self, text: &str) -> Self {
        self.step(Step::Comment(text.to_owned()))
    }

    /// Adds bytes as they are.
    #[must_use]
    pub fn raw(self, bytes: impl AsRef<[u8]>) -> Self {
        self.step(Step::Bytes(bytes.as_ref().to_vec()))
    }

    /// Waits here until [`super::FakePoe::release`] opens the gate of this name.
    #[must_use]
    pub fn gate(self, name: &str) -> Self {
        self.step(Step::Wait(Wait::Gate(name.to_owned())))
    }

    /// Waits here for a time.
    #[must_use]
    pub fn pause(self, time: Duration) -> Self {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.step(Step::Wait(Wait::Millis(millis)))
    }

    /// Says nothing more, and does not end either.
    #[must_use]
    pub fn hold(self) -> Self {
        self.step(Step::Wait(Wait::Forever))
    }

    /// Breaks the connection off here, in the middle of the body.
    #[must_use]
    pub fn cut(self) -> Self {
        self.step(Step::Cut)
    }

    /// Adds these steps so many times.
    #[must_use]
    pub fn repeat(self, times: u64, steps: impl IntoIterator<Item = Step>) -> Self {
        self.step(Step::Repeat {
            times: Some(times),
            steps: steps.into_iter().collect(),
        })
    }

    /// Adds these steps again and again, for as long as the caller reads.
    #[must_use]
    pub fn endless(self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.step(Step::Repeat {
            times: None,
            steps: steps.into_iter().collect(),
        })
    }

    /// Adds these steps in one chunk.
    #[must_use]
    pub fn together(self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.step(Step::Together(steps.into_iter().collect()))
    }

    /// Writes events so.
    #[must_use]
    pub fn framing(self, framing: Framing) -> Self {
        Self { framing, ..self }
    }

    /// Cuts the body there.
    #[must_use]
    pub fn chunks(self, chunks: Chunks) -> Self {
        Self { chunks, ..self }
    }

    /// Waits so long before each chunk: with [`Chunks::Every`], a body that drips.
    #[must_use]
    pub fn pace(self, time: Duration) -> Self {
        Self {
            pace_millis: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;

    /// A file can hold all that a script of plain data can say.
    #[test]
    fn answers_survive_json() {
        let answer = Answer::too_many(3)
            .headed_by("start")
            .text("né")
            .comment("ping")
            .raw([0, 255])
            .gate("middle")
            .pause(Duration::from_millis(20))
            .repeat(3, [Step::text("x")])
            .endless([Step::Cut])
            .together([Step::text("a"), Step::text("b")])
            .hold()
            .cut()
            .framing(Framing::REFERENCE)
            .chunks(Chunks::Every(NonZeroUsize::MIN))
            .pace(Duration::from_millis(5));
        let text = serde_json::to_string(&answer).unwrap();
        assert_eq!(serde_json::from_str::<Answer>(&text).unwrap(), answer);
    }

    /// The form that a person would write, with everything left out that has a default.
    #[test]
    fn a_script_is_read_from_what_a_person_writes() {
        let written = json!([
            {"status": 429, "headers": [["retry-after", "3"]]},
            {"steps": [
                {"event": {"name": "text", "data": {"text": "hi"}}},
                {"wait": {"gate": "middle"}},
                {"wait": "forever"},
                "cut",
            ], "framing": {"line_end": "crlf"}, "chunks": {"every": 3}},
        ]);
        let Script(Play::InTurn(answers)) = serde_json::from_value(written).unwrap() else {
            panic!("a file cannot compute");
        };
        assert_eq!(answers[0].status, 429);
        let second = Answer::stream().text("hi").gate("middle").hold().cut();
        assert_eq!(answers[1].steps, second.steps);
        assert!(serde_json::from_value::<Answer>(json!({"statsu": 200})).is_err());
    }
}
