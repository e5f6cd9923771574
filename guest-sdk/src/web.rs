//! What goes to the web and what comes back first: plain data, and nothing that waits.

mod request;
mod target;
#[cfg(test)]
mod tests;

pub use request::{Request, Timeouts, get, post, request};
pub(crate) use target::Target;

/// The head of an answer.
pub(crate) struct Head {
    /// The status.
    pub(crate) status: u16,
    /// Names in lower case, and values, in the order received.
    pub(crate) headers: Vec<(String, String)>,
}
