//! What surrounds a query in a test: the request, the bounds, the reader's patience, the clock.

use super::Transcript;
use super::recorder::Recorder;
use crate::failure::shown;
use crate::{Bot, Query, Reply};
use std::cell::RefCell;
use std::time::Duration;

/// What surrounds a query, for tests that need more than [`ask`](super::ask).
///
/// ```
/// use ravenry_sdk::testing::Scene;
/// use ravenry_sdk::{Bot, Query, Reply, Result, request};
///
/// struct Browser;
///
/// impl Bot for Browser {
///     fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
///         reply.text(request::header("User-Agent").unwrap_or_default())
///     }
/// }
///
/// let scene = Scene {
///     headers: vec![("user-agent".to_owned(), "a test".to_owned())],
///     ..Scene::default()
/// };
/// assert_eq!(scene.ask(&Browser, "Who am I?").text(), "a test");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// What [`request::raw`](crate::request::raw) answers; `{}` by default.
    pub raw: String,
    /// What [`request::headers`](crate::request::headers) answers, and `header` looks in; names in
    /// lower case. Empty by default.
    pub headers: Vec<(String, String)>,
    /// What [`request::reference`](crate::request::reference) answers; `test` by default.
    pub reference: String,
    /// Characters that the reply may hold; 512,000 by default, as in the gateway.
    pub characters_max: usize,
    /// Events that the reply may hold; 10,000 by default, as in the gateway.
    pub events_max: usize,
    /// The reader leaves after this many events, and the next one is refused with
    /// [`Stopped::Gone`](crate::Stopped::Gone). By default the reader stays.
    ///
    /// The gateway mostly discards an instance whose reader has left before it can say anything
    /// more; this shows what a bot does where it still runs.
    pub leaves_after: Option<usize>,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            raw: "{}".to_owned(),
            headers: Vec::new(),
            reference: "test".to_owned(),
            characters_max: 512_000,
            events_max: 10_000,
            leaves_after: None,
        }
    }
}

impl Scene {
    /// Asks a bot and returns what it said.
    pub fn ask(&self, bot: &(impl Bot + ?Sized), query: impl Into<Query>) -> Transcript {
        let query = query.into();
        let recorder = Recorder::new(self);
        let mut reply = Reply::new(recorder.clone());
        let (record, result, took) = self.during(|| {
            let result = bot.respond(&query, &mut reply);
            (recorder.end(shown(result.clone()).err()), result, now())
        });
        Transcript {
            events: record.events,
            took,
            result,
            refused: record.refused,
            times: record.times,
        }
    }

    /// Runs other functions of a bot, such as `settings`, with this request and a clock at zero.
    pub fn during<T>(&self, run: impl FnOnce() -> T) -> T {
        let stage = Stage {
            scene: self.clone(),
            now: Duration::ZERO,
        };
        let _restore = Restore(STAGE.replace(Some(stage)));
        run()
    }
}

thread_local! {
    /// The scene that this thread plays, if any.
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

struct Stage {
    scene: Scene,
    now: Duration,
}

/// Puts the scene before back on drop, also when a bot panics: scenes can be nested.
struct Restore(Option<Stage>);

impl Drop for Restore {
    fn drop(&mut self) {
        STAGE.replace(self.0.take());
    }
}

fn scene<T>(read: impl FnOnce(&Scene) -> T) -> T {
    STAGE.with_borrow(|stage| match stage {
        Some(stage) => read(&stage.scene),
        None => read(&Scene::default()),
    })
}

/// The time since the query, as far as the bot has slept.
pub(super) fn now() -> Duration {
    STAGE.with_borrow(|stage| stage.as_ref().map_or(Duration::ZERO, |stage| stage.now))
}

/// Puts the clock of the scene forward. `false` where no scene is played.
pub(crate) fn advance(duration: Duration) -> bool {
    STAGE.with_borrow_mut(|stage| {
        let Some(stage) = stage else { return false };
        stage.now = stage.now.saturating_add(duration);
        true
    })
}

pub(crate) fn raw() -> String {
    scene(|scene| scene.raw.clone())
}

pub(crate) fn header(name: &str) -> Option<String> {
    let values: Vec<_> = headers()
        .into_iter()
        .filter_map(|(header, value)| header.eq_ignore_ascii_case(name).then_some(value))
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

pub(crate) fn headers() -> Vec<(String, String)> {
    let withheld = |name: &str| {
        ["authorization", "cookie", "proxy-authorization"]
            .iter()
            .any(|withheld| name.eq_ignore_ascii_case(withheld))
    };
    let headers = scene(|scene| scene.headers.clone());
    headers
        .into_iter()
        .filter(|(name, _)| !withheld(name))
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect()
}

pub(crate) fn reference() -> String {
    scene(|scene| scene.reference.clone())
}
