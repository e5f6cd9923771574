//! What one thread is playing: a scene, its clock, and what has happened in it so far.

use std::{cell::RefCell, collections::BTreeMap};

use super::{Asked, Charge, Upload, recorder::Recorder, scene::Scene};
use crate::{http::Request, wait::clock};

thread_local! {
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

/// A scene being played.
#[derive(Default)]
pub(super) struct Stage {
    pub(super) scene: Scene,
    /// The reply, while `respond` runs.
    pub(super) recorder: Option<Recorder>,
    /// How often each bot may still be asked: from the settings of the bot that is tested.
    pub(super) calls_left: BTreeMap<String, u32>,
    /// The files that the query at hand brings.
    pub(super) attached: Vec<String>,
    /// What was authorized and not yet captured, in milli-cents.
    pub(super) authorized: u64,
    /// Scripts that were played, per bot.
    pub(super) played: BTreeMap<String, usize>,
    pub(super) asked: Vec<Asked>,
    pub(super) uploads: Vec<Upload>,
    pub(super) charges: Vec<Charge>,
    pub(super) requests: Vec<Request>,
}

/// Reads or changes the stage; `None` where no scene is played.
pub(super) fn with<T>(see: impl FnOnce(&mut Stage) -> T) -> Option<T> {
    STAGE.with_borrow_mut(|stage| stage.as_mut().map(see))
}

/// Plays a scene. It can be within another one, which is put back at the end.
pub(super) fn play<T>(stage: Stage, run: impl FnOnce() -> T) -> T {
    let _restore = Restore(STAGE.replace(Some(stage)));
    clock::from_zero(run)
}

/// Puts the stage before back on drop, also when a bot panics.
struct Restore(Option<Stage>);

impl Drop for Restore {
    fn drop(&mut self) {
        STAGE.replace(self.0.take());
    }
}
