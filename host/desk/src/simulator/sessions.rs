//! The conversations of the pages that are open: one for each tab of a browser.

use std::{collections::VecDeque, sync::Arc};

use http::StatusCode;
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use tokio::sync::watch;

use super::json_answer::{Refusal, refuse};
use crate::{
    client::{Conversation, Part, Person, Say, Transcript},
    replay::transcript::ReplayTranscript,
};
use ravenry_base::secret::{Mask, Secret};
use ravenry_protocol::Reference;

/// How many conversations are kept; when there is one more, the one used least recently goes.
const TABS_MAX: usize = 32;

/// How much text a conversation keeps, in bytes; the oldest goes.
const TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What the page is served with.
#[derive(Debug)]
pub(super) struct PageState {
    pub(super) token: Secret,
    /// The one used last is the last.
    tabs: Mutex<VecDeque<(String, Arc<Tab>)>>,
}

impl Default for PageState {
    fn default() -> Self {
        Self {
            token: Secret::new(random()),
            tabs: Mutex::default(),
        }
    }
}

fn random() -> String {
    (0..4).map(|_| Reference::random().to_string()).collect()
}

impl PageState {
    /// Begins a conversation with a bot: its identifier, and who takes part.
    pub(super) fn open(&self, bot: &str) -> (String, Vec<Person>) {
        let talk = Conversation::new(vec![Conversation::person("You")]);
        let people = talk.people().to_vec();
        let tab = Arc::new(Tab {
            bot: bot.to_owned(),
            inner: Mutex::new(Inner {
                talk,
                said: None,
                kept: ReplayTranscript::default(),
            }),
            turn: watch::Sender::new(0),
        });
        let id = random();
        let mut tabs = lock(&self.tabs);
        if tabs.len() >= TABS_MAX {
            tabs.pop_front();
        }
        tabs.push_back((id.clone(), tab));
        (id, people)
    }

    /// A conversation that is kept.
    pub(super) fn tab(&self, id: &str) -> Result<Arc<Tab>, Refusal> {
        let mut tabs = lock(&self.tabs);
        let found = tabs.iter().position(|(known, _)| known == id);
        let Some(used) = found.and_then(|place| tabs.remove(place)) else {
            let detail = "this conversation is no longer kept: begin a new one";
            return Err(refuse(StatusCode::GONE, detail));
        };
        let tab = Arc::clone(&used.1);
        tabs.push_back(used);
        Ok(tab)
    }
}

/// No code panics while it holds one of these.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}

/// One conversation.
#[derive(Debug)]
pub(super) struct Tab {
    pub(super) bot: String,
    inner: Mutex<Inner>,
    /// Counts the answers; the task that writes an older one stops.
    turn: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    talk: Conversation,
    /// What the answer that runs has said by now.
    said: Option<Transcript>,
    /// What was said, for a file.
    kept: ReplayTranscript,
}

impl Inner {
    /// Takes what was said so far as the answer, as the platform does when it is stopped.
    fn settle(&mut self) {
        let Some(said) = self.said.take() else {
            return;
        };
        if said.text().is_empty() && said.files.is_empty() {
            self.talk.take_back_answer();
        } else {
            self.talk.answered(&said);
        }
        let messages = self.talk.messages_mut();
        let mut bytes: usize = messages.iter().map(|message| message.content.len()).sum();
        while bytes > TEXT_BYTES_MAX && messages.len() > 1 {
            bytes = bytes.saturating_sub(messages.remove(0).content.len());
        }
    }
}

impl Tab {
    /// A person says something: the query that asks for the answer.
    pub(super) fn say(self: &Arc<Self>, person: usize, say: Say) -> RunningAnswer {
        self.begin(|talk| talk.say(person, say))
    }

    /// The last question once more; `None` where there is none.
    pub(super) fn again(self: &Arc<Self>) -> Option<RunningAnswer> {
        lock(&self.inner).settle();
        let asked = lock(&self.inner)
            .talk
            .messages()
            .iter()
            .any(|said| said.role == "user");
        asked.then(|| self.begin(Conversation::take_back_answer))
    }

    fn begin(self: &Arc<Self>, ask: impl FnOnce(&mut Conversation)) -> RunningAnswer {
        let mut inner = lock(&self.inner);
        inner.settle();
        ask(&mut inner.talk);
        inner.said = Some(Transcript::default());
        let query = inner.talk.query();
        self.turn.send_modify(|turn| *turn = turn.wrapping_add(1));
        let over = self.turn.subscribe();
        let number = *over.borrow();
        drop(inner);
        RunningAnswer {
            tab: Arc::clone(self),
            query,
            number,
            over,
        }
    }

    /// Whatever is still being answered is over: the page that asked for it is gone.
    pub(super) fn rest(&self) {
        let mut inner = lock(&self.inner);
        inner.settle();
        self.turn.send_modify(|turn| *turn = turn.wrapping_add(1));
    }

    /// Forgets what was said.
    pub(super) fn clear(&self) {
        let mut inner = lock(&self.inner);
        inner.talk.clear();
        inner.kept = ReplayTranscript::default();
    }

    /// What was said, as a file; nothing where nothing was answered yet.
    pub(super) fn transcript(&self, mask: &Mask) -> Option<String> {
        lock(&self.inner).kept.text(Some(&self.bot), mask)
    }

    /// What the conversation is asked for.
    pub(super) fn with<T>(&self, ask: impl FnOnce(&mut Conversation) -> T) -> T {
        ask(&mut lock(&self.inner).talk)
    }
}

/// One answer on its way. Dropped, what was said so far is the answer.
#[derive(Debug)]
pub(super) struct RunningAnswer {
    pub(super) tab: Arc<Tab>,
    /// The query.
    pub(super) query: Value,
    number: u64,
    over: watch::Receiver<u64>,
}

impl RunningAnswer {
    /// Adds to what was said, and gives what is asked of it; `None` where another answer has begun.
    pub(super) fn said<T>(&self, hear: impl FnOnce(&mut Transcript) -> T) -> Option<T> {
        let mut inner = lock(&self.tab.inner);
        if *self.over.borrow() != self.number {
            return None;
        }
        inner.said.as_mut().map(hear)
    }

    /// Keeps the query, which fits the bot by now, for a file.
    pub(super) fn asks(&self) {
        self.keep(|kept| kept.ask(&self.query));
    }

    /// Keeps what came for a file.
    pub(super) fn hears(&self, part: &Part) {
        self.keep(|kept| kept.hear(part));
    }

    fn keep(&self, keep: impl FnOnce(&mut ReplayTranscript)) {
        let mut inner = lock(&self.tab.inner);
        if *self.over.borrow() == self.number {
            keep(&mut inner.kept);
        }
    }

    /// Waits until another answer has begun.
    pub(super) async fn is_over(&mut self) {
        let number = self.number;
        // The sender lives as long as the conversation, and that as long as this.
        let _ = self.over.wait_for(|turn| *turn != number).await;
    }
}

impl Drop for RunningAnswer {
    fn drop(&mut self) {
        let mut inner = lock(&self.tab.inner);
        if *self.over.borrow() == self.number {
            inner.settle();
        }
    }
}
