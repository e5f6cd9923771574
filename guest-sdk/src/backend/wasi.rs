//! The gateway, as a component sees it.

pub(crate) mod http;
pub(crate) mod knowledge;
pub(crate) mod poe;
mod sink;
pub(crate) mod store;

pub(crate) use crate::interface::bindings::ravenry::bot::request;
pub(crate) use sink::Sink;
