//! How the answer to a request goes on and ends, as far as the server can see.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::watch;

/// Whether the server is stopping: a client that is cut off then has not hung up.
#[derive(Clone, Debug, Default)]
pub(super) struct Stopping(Arc<AtomicBool>);

impl Stopping {
    /// From now on it is.
    pub(super) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The course of an answer: going on, or ended in some way.
#[derive(Clone, Debug)]
pub struct Course(watch::Receiver<Option<Ending>>);

impl Course {
    /// A course, and the account in which its end is to be written.
    pub(super) fn new(stopping: &Stopping) -> (Self, Account) {
        let (ending, course) = watch::channel(None);
        let stopping = stopping.clone();
        (Self(course), Account { ending, stopping })
    }

    /// Where the end is told; it holds nothing while the answer goes on.
    pub fn receiver(&self) -> watch::Receiver<Option<Ending>> {
        self.0.clone()
    }
}

/// How an answer ended, as far as the server can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was handed to the connection.
    Complete,
    /// The caller closed the connection before that.
    HungUp,
    /// The script, the time of an answer, or the bot that was asked broke it off.
    Cut,
    /// It never came to a script: the key, the body or the name was wrong. The HTTP status.
    Refused(u16),
    /// The server stopped.
    Stopped,
}

/// Where the end of an answer is written, once. Dropped unsettled, the caller has hung up, or the
/// server has stopped.
#[derive(Debug)]
pub(super) struct Account {
    ending: watch::Sender<Option<Ending>>,
    stopping: Stopping,
}

impl Account {
    /// Writes how it ended. The first to do so is right.
    pub(super) fn settle(&self, ending: Ending) {
        self.ending.send_if_modified(|end| {
            let first = end.is_none();
            *end = end.or(Some(ending));
            first
        });
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.settle(if self.stopping.has_begun() {
            Ending::Stopped
        } else {
            Ending::HungUp
        });
    }
}
