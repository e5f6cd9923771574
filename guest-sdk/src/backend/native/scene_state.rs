//! The scene that one thread plays: what it answers with, and what has happened in it so far.

use std::{cell::RefCell, collections::BTreeMap};

use super::{
    kept::Kept,
    known::Knowledge,
    recorder::Recorder,
    script::{Asked, Bots},
    upstream::Upstreams,
};
use crate::{cost::CostItem, event::File, wait::clock, web::Request};

thread_local! {
    static STATE: RefCell<Option<SceneState>> = const { RefCell::new(None) };
}

/// A scene being played.
#[derive(Default)]
pub(crate) struct SceneState {
    /// The request that is being answered.
    pub(crate) received: Received,
    /// The other bots of the platform.
    pub(crate) bots: Bots,
    /// The web.
    pub(crate) upstreams: Upstreams,
    /// The bytes behind the URLs of attachments.
    pub(crate) attachments: BTreeMap<String, Vec<u8>>,
    /// What the bot remembers.
    pub(crate) kept: Kept,
    /// What the bot knows.
    pub(crate) known: Knowledge,
    /// The person of the query or report at hand; empty where there is none.
    pub(crate) user_id: String,
    /// The conversation of the query or report at hand; empty where there is none.
    pub(crate) conversation_id: String,
    /// What the person can still pay.
    pub(crate) budget_milli_cents: u64,
    /// The reply, while `respond` runs.
    pub(crate) recorder: Option<Recorder>,
    /// How often each bot may still be asked: from the settings of the bot that is tested.
    pub(crate) calls_left: BTreeMap<String, u32>,
    /// The files that the query at hand brings.
    pub(crate) attached: Vec<String>,
    /// What was authorized and not yet captured.
    pub(crate) authorized_milli_cents: u64,
    /// Scripts that were played, per bot.
    pub(crate) played: BTreeMap<String, usize>,
    /// What other bots were asked, in order.
    pub(crate) asked: Vec<Asked>,
    /// The files that were uploaded, in order.
    pub(crate) uploads: Vec<Upload>,
    /// What was charged, in order.
    pub(crate) charges: Vec<Charge>,
    /// What was sent to the web, in order.
    pub(crate) requests: Vec<Request>,
}

/// What a bot can read of the request that it answers.
#[derive(Clone)]
pub(crate) struct Received {
    /// The body.
    pub(crate) raw: String,
    /// Names and values of headers.
    pub(crate) headers: Vec<(String, String)>,
    /// The short number in the gateway's log.
    pub(crate) reference: String,
}

impl Default for Received {
    /// What there is to read outside a scene, and in one that says nothing else.
    fn default() -> Self {
        Self {
            raw: "{}".to_owned(),
            headers: Vec::new(),
            reference: "test".to_owned(),
        }
    }
}

/// A file that a bot uploaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upload {
    /// Its name.
    pub name: String,
    /// Its bytes, where the bot had them.
    pub bytes: Option<Vec<u8>>,
    /// Where the platform fetches it, where the bot gave a URL.
    pub from_url: Option<String>,
    /// What became of it.
    pub file: File,
}

/// What a bot charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charge {
    /// An amount was reserved.
    Authorized(Vec<CostItem>),
    /// An amount was charged.
    Captured(Vec<CostItem>),
}

/// Reads or changes the scene; `None` where none is played.
pub(crate) fn with<T>(see: impl FnOnce(&mut SceneState) -> T) -> Option<T> {
    STATE.with_borrow_mut(|state| state.as_mut().map(see))
}

/// Plays a scene, on a clock that begins at zero. It can be within another one, which is put back at
/// the end.
pub(crate) fn play<T>(state: SceneState, run: impl FnOnce() -> T) -> T {
    let _restore = Restore(STATE.replace(Some(state)));
    clock::from_zero(run)
}

/// Puts the scene before back on drop, also when a bot panics.
struct Restore(Option<SceneState>);

impl Drop for Restore {
    fn drop(&mut self) {
        STATE.replace(self.0.take());
    }
}
