//! What bots have kept, as the verbs reach it that look at it: where it is, whose it is, whether there is such a bot,
//! and why something was not done.

pub(super) mod agreement;
mod known;
pub(super) mod moment;
pub(super) mod owner;
pub(super) mod place;
pub(super) mod refusal;
