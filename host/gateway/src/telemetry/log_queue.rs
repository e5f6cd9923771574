//! The way of a log line to the reader of the log: through a bounded queue and a thread that writes.
//!
//! A thread that serves never waits for that reader. Where the queue is full, the line is dropped and
//! counted, and the log says how many were once there is room again. Nothing here knows what is in a
//! line, and nothing is written out of turn but that one sentence.
//!
//! `tracing-appender` is near to this. Its queue has no bound in bytes, though, and where that is full
//! for a tenth of a second when the process ends, all that is queued is lost.

use std::{
    convert::Infallible,
    io::{self, Stderr, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::metrics;

/// Lines that may wait: 0.4 s of 40,000 replies a second, each with its line, or some minutes of a
/// quiet server. So a reader may pause for as long as it takes to turn a file over.
const LINES_MAX: usize = 16_384;

/// Bytes that may wait, which is reached first where lines are longer than 512: those of a reply have
/// 300 to 400, those of a bot 8 KiB at most before they are escaped.
const BYTES_MAX: usize = 8 << 20;

/// Bytes that are written at once, as far as there are so many: what a pipe holds.
const BATCH_BYTES: usize = 64 * 1024;

/// How often dropped lines are told of while the queue does not run empty.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// How long the end of the process waits for lines that are still queued.
///
/// A reader that reads takes 8 MiB in a tenth of that. One that does not is not waited for any longer.
const LAST_LINES_WITHIN: Duration = Duration::from_secs(2);

/// Where log lines go. Clones share one queue.
#[derive(Clone, Debug)]
pub(super) struct LogQueue {
    lines: SyncSender<Box<[u8]>>,
    state: Arc<QueueState>,
}

#[derive(Debug, Default)]
struct QueueState {
    /// Bytes that are queued or being written.
    bytes: AtomicUsize,
    /// Lines that were dropped since the start.
    dropped: AtomicU64,
    /// The writer stops once the queue is empty.
    ending: AtomicBool,
}

/// Keeps the log going. Dropping it, at a return as in a panic, waits for what is queued to be written,
/// but never long; lines that come later are dropped.
#[derive(Debug)]
#[must_use = "the log ends with it"]
pub struct Logging {
    queue: LogQueue,
    /// Hangs up when the writer has ended.
    writer: Receiver<Infallible>,
}

impl LogQueue {
    /// Starts the thread that writes to `out`. It calls `tell` with the number of lines that were
    /// dropped since the last time.
    pub(super) fn start(
        out: impl Write + Send + 'static,
        tell: impl FnMut(u64) + Send + 'static,
    ) -> io::Result<(Self, Logging)> {
        let (lines, queued) = sync_channel(LINES_MAX);
        let (ended, writer) = sync_channel::<Infallible>(0);
        let state: Arc<QueueState> = Arc::default();
        let mut writing = Writing {
            queued,
            state: Arc::clone(&state),
            out,
            tell,
            told: 0,
            told_at: Instant::now(),
        };
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                let _ended = ended;
                writing.run();
            })?;
        let queue = Self { lines, state };
        let logging = Logging {
            queue: queue.clone(),
            writer,
        };
        Ok((queue, logging))
    }

    /// Queues a whole line, or drops and counts it.
    fn push(&self, line: &[u8]) {
        let QueueState { bytes, dropped, .. } = &*self.state;
        let before = bytes.fetch_add(line.len(), Ordering::Relaxed);
        let fits = before.saturating_add(line.len()) <= BYTES_MAX;
        if fits && self.lines.try_send(line.into()).is_ok() {
            return;
        }
        bytes.fetch_sub(line.len(), Ordering::Relaxed);
        let others = dropped.fetch_add(1, Ordering::Relaxed);
        metrics::dropped_log_lines(others.saturating_add(1));
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.queue.state.ending.store(true, Ordering::SeqCst);
        // Nothing to write: it wakes a writer that waits. Where the queue is full, it does not wait.
        let _ = self.queue.lines.try_send(Box::default());
        let _ = self.writer.recv_timeout(LAST_LINES_WITHIN);
    }
}

/// What the thread has.
struct Writing<W, T> {
    queued: Receiver<Box<[u8]>>,
    state: Arc<QueueState>,
    out: W,
    tell: T,
    /// Dropped lines that were told of.
    told: u64,
    told_at: Instant,
}

impl<W: Write, T: FnMut(u64)> Writing<W, T> {
    /// Writes until the end is asked for and nothing is queued any more.
    fn run(&mut self) {
        let mut batch = Vec::with_capacity(BATCH_BYTES);
        let mut next = self.queued.recv().ok();
        while let Some(line) = next {
            batch.extend_from_slice(&line);
            self.fill(&mut batch);
            // Where it cannot be written, that cannot be told either.
            let _ = self.out.write_all(&batch);
            self.state.bytes.fetch_sub(batch.len(), Ordering::Relaxed);
            batch.clear();
            // Asked first: what was queued before the end is then seen.
            let ending = self.state.ending.load(Ordering::SeqCst);
            next = self.queued.try_recv().ok();
            self.tell_dropped(next.is_none());
            if next.is_none() && !ending {
                next = self.queued.recv().ok();
            }
        }
    }

    /// Adds what is queued to a batch, until that is large.
    fn fill(&self, batch: &mut Vec<u8>) {
        while batch.len() < BATCH_BYTES
            && let Ok(line) = self.queued.try_recv()
        {
            batch.extend_from_slice(&line);
        }
    }

    /// Says what was dropped when it is over, and from time to time while it goes on.
    fn tell_dropped(&mut self, over: bool) {
        let dropped = self.state.dropped.load(Ordering::Relaxed);
        if dropped > self.told && (over || self.told_at.elapsed() >= TELL_EVERY) {
            (self.tell)(dropped.saturating_sub(self.told));
            self.told = dropped;
            self.told_at = Instant::now();
        }
    }
}

/// Says in the log how many lines are missing.
pub(super) fn tell_dropped(lines: u64) {
    tracing::warn!("{lines} log lines were dropped: whoever reads the log is too slow");
}

/// Where one line goes.
#[derive(Debug)]
pub(super) enum Line<'a> {
    /// To the others.
    Queued(&'a LogQueue),
    /// Past them: the thread that writes them says it itself, and the queue may be full again.
    OutOfTurn(Stderr),
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line::Queued(self)
    }

    fn make_writer_for(&'a self, line: &Metadata<'_>) -> Line<'a> {
        // What is said in this file, which is one sentence.
        if line.target() == module_path!() {
            Line::OutOfTurn(io::stderr())
        } else {
            Line::Queued(self)
        }
    }
}

impl Write for Line<'_> {
    /// Takes a whole line: so they come from `tracing_subscriber`.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match self {
            Self::Queued(queue) => {
                queue.push(line);
                Ok(line.len())
            }
            Self::OutOfTurn(out) => out.write(line),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
