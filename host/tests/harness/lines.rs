//! What a process says, line by line, collected beside the test.

use std::{
    io::{BufRead, BufReader, Read},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

use super::HANG;

/// Lines that a thread collects until the other side closes.
#[derive(Clone, Default)]
pub struct Lines(Arc<(Mutex<Collected>, Condvar)>);

#[derive(Default)]
struct Collected {
    lines: Vec<String>,
    closed: bool,
}

impl Lines {
    pub fn collect(from: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        let theirs = lines.clone();
        thread::spawn(move || {
            for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
                theirs.change(|collected| {
                    collected
                        .lines
                        .push(String::from_utf8_lossy(&line).into_owned());
                });
            }
            theirs.change(|collected| collected.closed = true);
        });
        lines
    }

    fn change(&self, change: impl FnOnce(&mut Collected)) {
        change(&mut self.lock());
        self.0.1.notify_all();
    }

    pub fn all(&self) -> Vec<String> {
        self.lock().lines.clone()
    }

    /// Whether there will be no more lines.
    pub fn closed(&self) -> bool {
        self.lock().closed
    }

    /// Also after a test has fallen over with the lock in its hand: its log is still to be shown.
    fn lock(&self) -> MutexGuard<'_, Collected> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first line that is found, now or later; `None` when there will be no more lines.
    pub fn wait<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let hang = Instant::now() + HANG;
        let mut seen = 0;
        let mut collected = self.lock();
        loop {
            if let Some(found) = collected.lines[seen..].iter().find_map(|line| find(line)) {
                return Some(found);
            }
            seen = collected.lines.len();
            let left = hang.saturating_duration_since(Instant::now());
            if collected.closed || left.is_zero() {
                return None;
            }
            collected = self.0.1.wait_timeout(collected, left).unwrap().0;
        }
    }
}
