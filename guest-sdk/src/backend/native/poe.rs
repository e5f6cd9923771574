//! The platform as the scene has it, by the rules of the gateway.

mod answer;
mod charge;
mod file;

pub(crate) use answer::{Answer, ask};
pub(crate) use charge::{authorize, capture};
pub(crate) use file::{attach, attach_url, read_attachment};

use super::scene_state::{self, SceneState};
use crate::failure::PoeError;

/// Runs what belongs to `respond` alone.
fn during_reply<T>(
    run: impl FnOnce(&mut SceneState) -> Result<T, PoeError>,
) -> Result<T, PoeError> {
    let denied = || PoeError::Denied("only while a query is answered".to_owned());
    scene_state::with(|state| match state.recorder {
        Some(_) => run(state),
        None => Err(denied()),
    })
    .unwrap_or_else(|| Err(denied()))
}
