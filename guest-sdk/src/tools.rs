//! Tools that a language model may ask this bot to use.
//!
//! A model does not use a tool itself: it answers with [`ToolCall`]s, the bot does what they ask, and
//! asks again with the [`ToolResult`]s. [`Toolbox`] does all of that; [`Turn`] is for a loop of one's
//! own.
//!
//! ```
//! use ravenry_sdk::tools::{Tool, Toolbox};
//! use ravenry_sdk::{Bot, Query, Reply, Result, Settings, poe};
//! use ravenry_sdk::serde_json::{Value, json};
//!
//! struct Weather;
//!
//! impl Bot for Weather {
//!     fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
//!         let weather = Tool::new(
//!             "get_current_weather",
//!             "The weather of a place now.",
//!             json!({
//!                 "type": "object",
//!                 "properties": { "location": { "type": "string" } },
//!                 "required": ["location"],
//!             }),
//!         );
//!         let toolbox = Toolbox::new().tool(weather, |arguments: &Value| {
//!             json!({ "location": arguments["location"], "temperature": 11 })
//!         });
//!         // Two calls at most: the second one has the results.
//!         toolbox.relay(&poe::ask("GPT-4o"), reply)?;
//!         Ok(())
//!     }
//!
//!     fn settings(&self) -> Settings {
//!         Settings::default().calls("GPT-4o", 2)
//!     }
//! }
//! ```

mod call;
#[cfg(test)]
mod tests;
mod toolbox;
mod turn;

pub use call::{Tool, ToolCall, ToolResult};
pub use toolbox::Toolbox;
pub use turn::Turn;
