//! The web as a test writes it.

use std::{fmt, rc::Rc, time::Duration};

use crate::{failure::HttpError, web::Request};

/// What a host of the web answers in a test, step by step.
///
/// ```
/// use ravenry_sdk::http::HttpError;
/// use ravenry_sdk::testing::Upstream;
/// use std::time::Duration;
///
/// let slow = Upstream::new(200).wait(Duration::from_secs(3)).body("at last");
/// let broken = Upstream::new(200).body("half an ans").breaks(HttpError::Broken("reset".to_owned()));
/// let model = Upstream::events([r#"{"text": "hi"}"#, "[DONE]"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) steps: Vec<Step>,
}

/// One step of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Wait(Duration),
    Chunk(Vec<u8>),
    Break(HttpError),
}

impl Upstream {
    /// An answer with this status and an empty body.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// A JSON value with status 200.
    pub fn json(value: &serde_json::Value) -> Self {
        Self::new(200)
            .header("content-type", "application/json")
            .body(value.to_string())
    }

    /// Server-sent events with status 200: the data of each, one chunk per event.
    pub fn events<T: AsRef<str>>(data: impl IntoIterator<Item = T>) -> Self {
        let start = Self::new(200).header("content-type", "text/event-stream");
        data.into_iter().fold(start, |upstream, data| {
            let lines = data.as_ref().replace('\n', "\ndata: ");
            upstream.body(format!("data: {lines}\n\n"))
        })
    }

    /// A host that cannot be reached: the request itself fails.
    pub fn unreachable(error: HttpError) -> Self {
        Self::new(0).breaks(error)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers
            .push((name.into().to_ascii_lowercase(), value.into()));
        self
    }

    /// Adds a part of the body, which arrives as a chunk of its own.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::Chunk(bytes.into()));
        self
    }

    /// Pauses, on the clock of the scene. Before the first part of the body, the head waits too.
    #[must_use]
    pub fn wait(mut self, duration: Duration) -> Self {
        self.steps.push(Step::Wait(duration));
        self
    }

    /// Breaks off.
    #[must_use]
    pub fn breaks(mut self, error: HttpError) -> Self {
        self.steps.push(Step::Break(error));
        self
    }
}

/// The web of a scene; see [`Scene::upstream`](crate::testing::Scene::upstream).
#[derive(Clone, Default)]
pub struct Upstreams(Vec<(String, Answer)>);

type Answer = Rc<dyn Fn(&Request) -> Upstream>;

impl Upstreams {
    pub(crate) fn add(&mut self, start: String, answer: impl Fn(&Request) -> Upstream + 'static) {
        self.0.push((start, Rc::new(answer)));
    }

    pub(super) fn find(&self, url: &str) -> Option<Answer> {
        let fitting = self.0.iter().filter(|(start, _)| url.starts_with(start));
        let longest = fitting.max_by_key(|(start, _)| start.len());
        longest.map(|(_, answer)| Rc::clone(answer))
    }
}

impl fmt::Debug for Upstreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let starts = self.0.iter().map(|(start, _)| start);
        f.debug_set().entries(starts).finish()
    }
}
