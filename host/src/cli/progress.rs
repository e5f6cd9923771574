//! Tells a person who waits what is being done: a moving line on a terminal, plain lines or the log
//! elsewhere.
//!
//! All of it goes to stderr, so that stdout stays data.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use ravenry_base::{output, report::Problems, secret::without_users};
use ravenry_protocol::shown;

/// How often the moving line moves.
const TICK: Duration = Duration::from_millis(120);

/// Where progress is shown. Clones show it in the same place.
#[derive(Clone, Debug)]
pub(super) enum Progress {
    /// A moving line on a terminal.
    Bar(ProgressBar),
    /// Plain lines on stderr.
    Lines,
    /// Records of the log, so that a program that reads it finds nothing else.
    Log,
}

impl Progress {
    /// Starts to show progress, in plain lines elsewhere than on a terminal.
    pub(super) fn start() -> Self {
        Self::bar().map_or(Self::Lines, Self::Bar)
    }

    /// Starts to show progress, in the log elsewhere than on a terminal.
    pub(super) fn logged() -> Self {
        Self::bar().map_or(Self::Log, Self::Bar)
    }

    /// For single words: without anything that moves.
    pub(super) fn still() -> Self {
        if io::stderr().is_terminal() {
            Self::Lines
        } else {
            Self::Log
        }
    }

    fn bar() -> Option<ProgressBar> {
        if !io::stderr().is_terminal() {
            return None;
        }
        let bar = ProgressBar::new_spinner().with_style(
            ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(TICK);
        Some(bar)
    }

    /// What is being done now. One line; the next one takes its place on a terminal.
    pub(super) fn say(&self, line: &str) {
        match self {
            Self::Bar(bar) => bar.set_message(shown::line(line.trim())),
            Self::Lines => output::tell(line),
            // The carets of a compiler stand where they point to.
            Self::Log => tracing::info!("{}", line.trim_end()),
        }
    }

    /// Lines that stay, such as what a compiler said. Elsewhere than on a terminal they were shown
    /// already, line by line.
    pub(super) fn keep(&self, lines: &str) {
        if matches!(self, Self::Bar(_)) {
            self.write(lines);
        }
    }

    /// News, once.
    pub(super) fn tell(&self, line: &str) {
        match self {
            Self::Log => tracing::info!("{line}"),
            Self::Bar(_) | Self::Lines => self.write(line),
        }
    }

    /// A warning: something is wrong, but all goes on.
    pub(super) fn warn(&self, line: &str) {
        match self {
            Self::Log => tracing::warn!("{line}"),
            Self::Bar(_) | Self::Lines => self.write(&format!("warning: {line}")),
        }
    }

    /// What is wrong, as the last words on it.
    pub(super) fn complain(&self, problems: &Problems) {
        if !matches!(self, Self::Log) {
            return self.write(&problems.to_string());
        }
        for problem in &problems.0 {
            let place = problem.place.as_ref().map(ToString::to_string);
            let cause = without_users(&problem.causes.join(": "));
            let hint = problem.hint.as_deref().map(without_users);
            let message = without_users(&problem.message);
            tracing::error!(cause, place, hint, "{message}");
        }
    }

    fn write(&self, lines: &str) {
        let write = || output::tell(lines);
        match self {
            Self::Bar(bar) => bar.suspend(write),
            Self::Lines | Self::Log => write(),
        }
    }

    /// Takes the moving line away.
    pub(super) fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
