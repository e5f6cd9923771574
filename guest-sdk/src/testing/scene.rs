//! What surrounds a query in a test: the request, other bots, the web, files, the store, documents, money, the bounds.

use std::collections::BTreeMap;

use super::{Asked, Bots, Knowledge, Script, Store, Transcript, Upstream, Upstreams};
use crate::{
    Bot, Feedback, Query, Reaction, Reply,
    backend::native::{self, Bounds, Kept, Received, Recorder, SceneState},
    current_query,
    failure::shown,
    http::Request,
    wait::clock,
};
use ravenry_protocol::stream_check::{CHARACTERS_MAX, EVENTS_MAX};

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
#[derive(Clone, Debug)]
pub struct Scene {
    /// What [`request::raw`](crate::request::raw) answers; `{}` by default.
    pub raw: String,
    /// What [`request::headers`](crate::request::headers) answers, and `header` looks in; names in
    /// lower case. Empty by default.
    pub headers: Vec<(String, String)>,
    /// What [`request::reference`](crate::request::reference) answers; `test` by default.
    pub reference: String,
    /// Characters that the reply may hold; 512,000 by default, as in the gateway.
    pub characters_max: u64,
    /// Events that the reply may hold; 10,000 by default, as in the gateway.
    pub events_max: u64,
    /// The reader leaves after this many events, and the next one is refused with
    /// [`Stopped::Gone`](crate::Stopped::Gone). By default the reader stays.
    ///
    /// The gateway mostly discards an instance whose reader has left before it can say anything
    /// more; this shows what a bot does where it still runs.
    pub leaves_after: Option<u64>,
    /// Other bots of the platform; see [`Scene::bot`].
    pub bots: Bots,
    /// The web; see [`Scene::upstream`].
    pub upstreams: Upstreams,
    /// The bytes behind the URLs of attachments; see [`Scene::attachment`].
    pub attachments: BTreeMap<String, Vec<u8>>,
    /// What the bot remembers when it is asked; see [`Scene::store`].
    pub store: Store,
    /// What the bot knows when it is asked; see [`Scene::knowledge`].
    pub knowledge: Knowledge,
    /// What the person can pay, in thousandths of a US cent; more than enough by default.
    pub budget_milli_cents: u64,
}

impl Default for Scene {
    fn default() -> Self {
        let Received {
            raw,
            headers,
            reference,
        } = Received::default();
        Self {
            raw,
            headers,
            reference,
            characters_max: CHARACTERS_MAX,
            events_max: EVENTS_MAX,
            leaves_after: None,
            bots: Bots::default(),
            upstreams: Upstreams::default(),
            attachments: BTreeMap::new(),
            store: Store::new(),
            knowledge: Knowledge::new(),
            budget_milli_cents: u64::MAX,
        }
    }
}

impl Scene {
    /// Adds an answer of another bot. Called again for the same bot, it adds its next answer.
    ///
    /// A bot that is asked more often than it has answers is [`Broken`](crate::poe::PoeError::Broken);
    /// so is one that the scene does not have. As in the gateway, a bot that the settings do not
    /// declare is [`Denied`](crate::poe::PoeError::Denied).
    #[must_use]
    pub fn bot(mut self, name: impl Into<String>, answer: impl Into<Script>) -> Self {
        self.bots.add(name.into(), answer.into());
        self
    }

    /// Adds another bot whose answers depend on what it is asked.
    #[must_use]
    pub fn bot_with(
        mut self,
        name: impl Into<String>,
        answer: impl Fn(&Asked) -> Script + 'static,
    ) -> Self {
        self.bots.add_with(name.into(), answer);
        self
    }

    /// Adds a part of the web: answers to requests whose URL begins like this. The longest beginning
    /// wins; where there is none, the request is [`Denied`](crate::http::HttpError::Denied).
    #[must_use]
    pub fn upstream(
        mut self,
        url_start: impl Into<String>,
        answer: impl Fn(&Request) -> Upstream + 'static,
    ) -> Self {
        self.upstreams.add(url_start.into(), answer);
        self
    }

    /// Says what [`Attachment::read`](crate::Attachment::read) finds behind a URL. A URL of the query
    /// without bytes here is [`Broken`](crate::poe::PoeError::Broken), like one that has expired.
    #[must_use]
    pub fn attachment(mut self, url: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.attachments.insert(url.into(), bytes.into());
        self
    }

    /// Says what the bot remembers when it is asked: set for the test, or left by an earlier query, as
    /// [`Transcript::store`]. Nothing by default.
    ///
    /// ```
    /// use ravenry_sdk::testing::{Scene, Scope, Store};
    /// use ravenry_sdk::{Bot, Query, Reply, Result, store};
    ///
    /// struct Counter;
    ///
    /// impl Bot for Counter {
    ///     fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
    ///         let count = store::user().increment("count", 1)?;
    ///         reply.text(count.to_string())
    ///     }
    /// }
    ///
    /// // A query that is made of a text is asked by the person `user`.
    /// let scene = Scene::default().store(Store::new().with(Scope::user("user"), "count", 41));
    /// let first = scene.ask(&Counter, "hi");
    /// assert_eq!(first.text(), "42");
    /// let second = scene.store(first.store).ask(&Counter, "hi");
    /// assert_eq!(second.text(), "43");
    /// ```
    #[must_use]
    pub fn store(mut self, store: Store) -> Self {
        self.store = store;
        self
    }

    /// Says what the bot knows when it is asked: documents put in for the test, or left by an earlier query, as
    /// [`Transcript::knowledge`]. Nothing by default.
    ///
    /// ```
    /// use ravenry_sdk::knowledge::Document;
    /// use ravenry_sdk::testing::{Knowledge, Scene, Scope};
    /// use ravenry_sdk::{Bot, Query, Reply, Result, knowledge};
    ///
    /// struct Desk;
    ///
    /// impl Bot for Desk {
    ///     fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
    ///         let found = knowledge::bot().search(query.last_text(), 1)?;
    ///         reply.text(found.first().map_or("I do not know.", |passage| &passage.text))
    ///     }
    /// }
    ///
    /// let hours = Document::plain("hours", "We open at nine.");
    /// let scene = Scene::default().knowledge(Knowledge::new().with(Scope::Bot, hours));
    /// assert_eq!(scene.ask(&Desk, "When do you open?").text(), "We open at nine.");
    /// ```
    #[must_use]
    pub fn knowledge(mut self, knowledge: Knowledge) -> Self {
        self.knowledge = knowledge;
        self
    }

    /// Says what the person can pay, in thousandths of a US cent.
    #[must_use]
    pub fn budget(mut self, milli_cents: u64) -> Self {
        self.budget_milli_cents = milli_cents;
        self
    }

    /// Asks a bot and returns what it said.
    pub fn ask(&self, bot: &(impl Bot + ?Sized), query: impl Into<Query>) -> Transcript {
        let query = query.into();
        let recorder = Recorder::new(Bounds {
            characters_max: self.characters_max,
            events_max: self.events_max,
            leaves_after: self.leaves_after,
        });
        let state = SceneState {
            recorder: Some(recorder.clone()),
            attached: attached(&query),
            user_id: query.user_id.clone(),
            conversation_id: query.conversation_id.clone(),
            calls_left: self.during(|| bot.settings().server_bot_dependencies),
            ..self.state()
        };
        let mut reply = Reply::new(recorder.clone());
        native::play(state, || {
            let query = current_query::prepare(query, bot.inserts_attachments());
            let result = bot.respond(&query, &mut reply);
            let record = recorder.end(shown(result.clone()).err());
            let told = native::with(std::mem::take).unwrap_or_default();
            Transcript {
                events: record.events,
                took: clock::now(),
                result,
                refused: record.refused,
                asked: told.asked,
                uploads: told.uploads,
                charges: told.charges,
                requests: told.requests,
                store: told.kept.into_store(),
                knowledge: told.known.into_end(),
                times: record.times,
            }
        })
    }

    /// Tells a bot of a like or dislike, and returns what it remembers then.
    pub fn feedback(&self, bot: &(impl Bot + ?Sized), feedback: &Feedback) -> Store {
        self.report(&feedback.user_id, &feedback.conversation_id, || {
            bot.on_feedback(feedback);
        })
    }

    /// Tells a bot of a reaction, and returns what it remembers then.
    pub fn reaction(&self, bot: &(impl Bot + ?Sized), reaction: &Reaction) -> Store {
        self.report(&reaction.user_id, &reaction.conversation_id, || {
            bot.on_reaction(reaction);
        })
    }

    fn report(&self, user_id: &str, conversation_id: &str, run: impl FnOnce()) -> Store {
        let state = SceneState {
            user_id: user_id.to_owned(),
            conversation_id: conversation_id.to_owned(),
            ..self.state()
        };
        native::play(state, || {
            run();
            let told = native::with(std::mem::take).unwrap_or_default();
            told.kept.into_store()
        })
    }

    /// Runs other functions of a bot, such as `settings`, with this request and a clock at zero. Nobody
    /// asks there, so of what the bot remembers only [`store::bot`](crate::store::bot) is there, and of what it
    /// knows [`knowledge::bot`](crate::knowledge::bot).
    pub fn during<T>(&self, run: impl FnOnce() -> T) -> T {
        native::play(self.state(), run)
    }

    /// The scene at its beginning.
    fn state(&self) -> SceneState {
        SceneState {
            received: Received {
                raw: self.raw.clone(),
                headers: self.headers.clone(),
                reference: self.reference.clone(),
            },
            bots: self.bots.clone(),
            upstreams: self.upstreams.clone(),
            attachments: self.attachments.clone(),
            kept: Kept::new(self.store.clone()),
            known: self.knowledge.clone(),
            budget_milli_cents: self.budget_milli_cents,
            ..SceneState::default()
        }
    }
}

/// The URLs of all files of a conversation.
fn attached(query: &Query) -> Vec<String> {
    query
        .messages
        .iter()
        .chain(&query.referenced_messages)
        .flat_map(|message| &message.attachments)
        .map(|attachment| attachment.url.clone())
        .collect()
}

/// The time since the query, in a scene: as far as the bot has waited.
pub fn now() -> std::time::Duration {
    clock::now()
}
