//! Tools that a language model may ask this bot to use.
//!
//! A model does not use a tool itself: it answers with [`ToolCall`]s, the bot does what they ask, and
//! asks again with the [`ToolResult`]s. [`Toolbox`] does all of that; [`Turn`] is for a loop of one's
//! own.
//!
//! ```
#![doc = include_str!("../examples/tools.rs")]
//! ```

#[cfg(test)]
mod tests;
mod toolbox;
mod turn;

pub use crate::tool_call::{Tool, ToolCall, ToolResult};
pub use toolbox::Toolbox;
pub use turn::Turn;
