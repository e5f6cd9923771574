//! What the fake platform was asked, and how each answer ended.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use serde_json::Value;
use tokio::sync::watch;

use super::state::{Overdue, Stage, patiently};
use ravenry_protocol::mend;

/// How many queries, reports, uploads, bills and calls about settings are kept, of each kind.
pub const RECORDS_MAX: usize = 10_000;

/// How many bytes of bodies are kept of each kind; the newest record is kept whatever its size.
pub const RECORDED_BYTES_MAX: usize = 128 * 1024 * 1024;

/// A query or a report, as it came.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its place among all queries and reports of this server, counted from 0.
    pub number: u64,
    /// Which bot was asked.
    pub bot: String,
    /// The headers. `Authorization` does not show when they are printed.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub bytes: Bytes,
    /// The body as JSON; null when it is none.
    pub body: Value,
    /// How its answer goes.
    pub course: Course,
}

/// The course of an answer: going on, or ended in some way.
#[derive(Clone, Debug)]
pub struct Course(watch::Receiver<Option<Ending>>);

impl Course {
    /// A course, and the account in which its end is to be written.
    pub(super) fn new(stage: &Arc<Stage>) -> (Self, Account) {
        let (ending, course) = watch::channel(None);
        let stage = Arc::clone(stage);
        (Self(course), Account { ending, stage })
    }

    /// How the answer ended; nothing while it goes on.
    pub fn ending(&self) -> Option<Ending> {
        *self.0.borrow()
    }

    /// Waits until the answer has ended. This is how a test sees that a caller hung up.
    pub async fn ended(&self) -> Result<Ending, Overdue> {
        let mut course = self.0.clone();
        let what = || "the end of an answer".to_owned();
        let ended = async { course.wait_for(Option::is_some).await.map(|end| *end) };
        match patiently(what, ended).await? {
            Ok(Some(end)) => Ok(end),
            // Accounts are settled before they go.
            Ok(None) | Err(_) => Ok(Ending::Stopped),
        }
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

impl Recorded {
    /// A record, and the account in which its end is to be written.
    pub(super) fn new(
        stage: &Arc<Stage>,
        bot: String,
        mut headers: HeaderMap,
        bytes: Bytes,
    ) -> (Self, Account) {
        if let Some(key) = headers.get_mut(AUTHORIZATION) {
            key.set_sensitive(true);
        }
        let (course, account) = Course::new(stage);
        let body = mend::read_bytes(&bytes).unwrap_or_default();
        let record = Self {
            number: stage.number(),
            bot,
            headers,
            bytes,
            body,
            course,
        };
        (record, account)
    }

    /// What stands after `Bearer `, exactly so written.
    pub fn key(&self) -> Option<&str> {
        let value = self.headers.get(AUTHORIZATION).map(HeaderValue::to_str)?;
        value.ok()?.strip_prefix("Bearer ")
    }

    /// How the answer ended; nothing while it goes on.
    pub fn ending(&self) -> Option<Ending> {
        self.course.ending()
    }

    /// Waits until the answer has ended. This is how a test sees that a caller hung up.
    pub async fn ended(&self) -> Result<Ending, Overdue> {
        self.course.ended().await
    }

    /// What it weighs among the records.
    pub(super) fn weight(&self) -> usize {
        self.bytes.len().saturating_mul(2)
    }
}

/// Where the end of an answer is written, once. Dropped unsettled, the caller has hung up, or the
/// server has stopped.
#[derive(Debug)]
pub(super) struct Account {
    ending: watch::Sender<Option<Ending>>,
    stage: Arc<Stage>,
}

impl Account {
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
        self.settle(if self.stage.stopping() {
            Ending::Stopped
        } else {
            Ending::HungUp
        });
    }
}

/// Records in the order of their arrival. When there are too many, the oldest goes.
#[derive(Debug)]
pub(super) struct Kept<T> {
    items: VecDeque<(usize, T)>,
    bytes: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self {
            items: VecDeque::new(),
            bytes: 0,
        }
    }
}

impl<T: Clone> Kept<T> {
    /// Keeps one more, whose body has so many bytes.
    pub(super) fn push(&mut self, weight: usize, item: T) {
        self.bytes = self.bytes.saturating_add(weight);
        self.items.push_back((weight, item));
        while self.items.len() > 1
            && (self.items.len() > RECORDS_MAX || self.bytes > RECORDED_BYTES_MAX)
        {
            let gone = self.items.pop_front().map_or(0, |(weight, _)| weight);
            self.bytes = self.bytes.saturating_sub(gone);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(|(_, item)| item)
    }

    pub(super) fn all(&self) -> Vec<T> {
        self.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_record_goes_when_there_are_too_many() {
        let mut kept = Kept::default();
        for number in 0..=RECORDS_MAX {
            kept.push(1, number);
        }
        assert_eq!(kept.iter().next(), Some(&1));
        assert_eq!((kept.items.len(), kept.bytes), (RECORDS_MAX, RECORDS_MAX));
        kept.push(RECORDED_BYTES_MAX + 1, 0);
        assert_eq!((kept.all(), kept.bytes), (vec![0], RECORDED_BYTES_MAX + 1));
    }
}
