//! What leaves the gateway on behalf of a bot.
//!
//! Takes policies and grants as values; knows no bot, no WASI, and no file that people write.

pub mod secrets;
