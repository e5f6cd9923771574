//! Shows how to attach a file that the bot has made itself: a video, without any file beside the code.

use ravenry_sdk::{Bot, Query, Reply, Result};

mod film;
mod mp4;
#[cfg(test)]
mod tests;

/// Attaches a video.
pub struct Video;

impl Bot for Video {
    fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
        reply.attach("tiger.mp4", "video/mp4", film::tiger())?;
        reply.text("Attached a video.")
    }
}

ravenry_sdk::export!(Video);
