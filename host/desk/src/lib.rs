//! The author's desk: what the author of a server bot works with, for bots of any make.
//!
//! A client as the platform is one, a talk at a terminal, the rules of the protocol held against a bot, the
//! platform played on one machine, and conversations as files. Knows a URL and the protocol; the gateway is
//! a server like any other to it, and none of its code is within reach.

pub mod chat;
pub mod check;
pub mod client;
pub mod replay;
pub mod simulator;
