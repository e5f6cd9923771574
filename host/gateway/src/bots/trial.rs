//! One call of a bot before it takes the place of its former version: a component that fails as soon as it is
//! called would fail every caller.
//!
//! It is asked for its settings, which costs no money. What may be the fault of others (no room, no place, a
//! slow machine) says nothing against it.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::{
    Bot,
    requests::{self, CallError},
    sync,
};
use crate::sandbox::RunError;

/// Why a bot cannot take the place of `before`. Blocks.
///
/// Where the former version does not say its settings either, that is how this bot is.
pub(super) fn fails(bot: &Arc<Bot>, before: &Bot, runtime: &Handle) -> Option<String> {
    if before.component.is_none() || !before.may_say_settings() {
        return None;
    }
    let tried = runtime.block_on(requests::own_settings(bot, sync::question()));
    match tried {
        Err(CallError::Failed(why @ (RunError::Trapped(_) | RunError::OutOfCpu))) => {
            let why = bot.mask().mask(&why.to_string()).into_owned();
            // What follows are frames.
            let why = why.lines().next().unwrap_or_default().to_owned();
            Some(format!("it fails when it is asked for its settings: {why}"))
        }
        _ => None,
    }
}
