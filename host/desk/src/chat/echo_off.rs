//! Keeps the terminal from writing what is typed while an answer is drawn.
//!
//! Keys are not lost: the next prompt finds them. Ctrl-C stays a signal.

use std::io;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// The terminal is silent as long as this lives.
pub(super) struct Hush(Option<Termios>);

impl Hush {
    /// Silences the terminal; nothing happens where there is none.
    pub(super) fn new() -> Self {
        let before = tcgetattr(io::stdin()).ok();
        if let Some(mut silent) = before.clone() {
            silent.local_modes.remove(LocalModes::ECHO);
            // A terminal that refuses writes what is typed into the answer, and no more.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &silent);
        }
        Self(before)
    }
}

impl Drop for Hush {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // As above.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
