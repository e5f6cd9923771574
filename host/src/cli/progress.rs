//! Tells a person who waits what is being done: a moving line on a terminal, plain lines elsewhere.
//!
//! All of it goes to stderr, so that stdout stays data.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often the moving line moves.
const TICK: Duration = Duration::from_millis(120);

/// Where progress is shown. Clones show it in the same place.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Starts to show progress.
    pub(super) fn start() -> Self {
        if !io::stderr().is_terminal() {
            return Self { bar: None };
        }
        let bar = ProgressBar::new_spinner().with_style(
            ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(TICK);
        Self { bar: Some(bar) }
    }

    /// What is being done now. One line; the next one takes its place on a terminal.
    pub(super) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(line.trim().to_owned()),
            // Nobody to tell when stderr is closed.
            None => drop(writeln!(io::stderr().lock(), "{line}")),
        }
    }

    /// Lines that stay, such as what a compiler said. Elsewhere than on a terminal they were shown
    /// already, line by line.
    pub(super) fn keep(&self, lines: &str) {
        if let Some(bar) = &self.bar {
            bar.suspend(|| drop(writeln!(io::stderr().lock(), "{lines}")));
        }
    }

    /// Takes the moving line away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
