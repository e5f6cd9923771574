//! The world that a test plays: it answers by the rules of the gateway, and keeps what it was told.
//!
//! `testing` sets a scene, plays it with [`play`], and reads in its [`SceneState`] what happened.

pub(crate) mod http;
mod kept;
pub(crate) mod knowledge;
mod known;
pub(crate) mod poe;
mod recorder;
pub(crate) mod request;
mod scene_state;
mod script;
pub(crate) mod store;
mod upstream;

pub(crate) use kept::Kept;
pub use kept::{Scope, Store};
pub use known::Knowledge;
pub(crate) use recorder::{Bounds, Recorder, Recorder as Sink};
pub use scene_state::{Charge, Upload};
pub(crate) use scene_state::{Received, SceneState, play, with};
pub use script::{Asked, Bots, Script};
pub use upstream::{Upstream, Upstreams};
