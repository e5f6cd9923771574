//! What a bot prints: standard output and error, line by line, bounded and escaped.
//!
//! A line becomes one record of the gateway's log with the fields that say whose it is, and a traceback
//! one at a higher level. Control characters are escaped, so that a bot can neither forge records nor
//! speak to a terminal.

mod traceback;

use std::{
    collections::HashSet,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamResult},
};

use ravenry_base::secret::Mask;
use ravenry_config::ids::{BotName, TenantName};
use ravenry_protocol::{Reference, event::Failure, shown};

/// Characters that a sentence of the gateway has at most in a bot's log: the longest of its own words, with
/// the longest name of a host in them three times.
const NOTE_CHARACTERS_MAX: usize = 2048;

/// Whose log it is, as the records say.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The tenant.
    pub tenant: TenantName,
    /// The bot.
    pub bot: BotName,
    /// The request.
    pub reference: Reference,
    /// Takes out what must not be logged, wherever the bot has it from.
    pub mask: Mask,
}

/// Different complaints about others that one call may have.
const COMPLAINTS_MAX: usize = 16;

/// The log of one call of a bot, as one of its two streams writes to it.
#[derive(Clone, Debug)]
pub struct BotLog {
    inner: Arc<Mutex<Inner>>,
    stream: Stream,
}

/// Where a bot prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Output,
    Error,
}

#[derive(Debug)]
struct Inner {
    origin: Origin,
    /// Bytes that may still be logged in this call.
    left: u64,
    line_bytes_max: usize,
    line: Vec<u8>,
    /// Something of the line was left out.
    is_cut: bool,
    /// Where the line is printed.
    stream: Stream,
    /// Lines of standard error that came at a stretch: they may be a traceback, which is one record.
    held: Vec<String>,
    /// Bytes that were printed and not logged.
    dropped: u64,
    /// What was said about others that the bot relies on.
    complaints: HashSet<String>,
}

impl BotLog {
    /// A log that takes `bytes_max` in all and `line_bytes_max` per line; what is longer is cut.
    pub fn new(origin: Origin, bytes_max: u64, line_bytes_max: u64) -> Self {
        let inner = Inner {
            origin,
            left: bytes_max,
            line_bytes_max: usize::try_from(line_bytes_max).unwrap_or(usize::MAX),
            line: Vec::new(),
            is_cut: false,
            stream: Stream::Output,
            held: Vec::new(),
            dropped: 0,
            complaints: HashSet::new(),
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            stream: Stream::Output,
        }
    }

    /// The same log, for what is printed on standard error.
    #[must_use]
    pub fn errors(&self) -> Self {
        Self {
            stream: Stream::Error,
            ..self.clone()
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }

    /// Whose it is.
    pub(crate) fn origin(&self) -> Origin {
        self.lock().origin.clone()
    }

    /// Takes what the bot printed.
    pub fn print(&self, bytes: &[u8]) {
        self.lock().print(bytes, self.stream);
    }

    /// Says something to the bot's author, as the gateway, in the bot's own log. Untrusted words may be
    /// in it: they are treated as what the bot prints.
    pub fn note(&self, sentence: &str) {
        let mut inner = self.lock();
        inner.flush(false);
        let sentence = inner.origin.mask.mask(sentence);
        let (kept, is_cut) = match sentence.char_indices().nth(NOTE_CHARACTERS_MAX) {
            Some((at, _)) => (sentence.get(..at).unwrap_or_default(), true),
            None => (&*sentence, false),
        };
        let ellipsis = if is_cut { "…" } else { "" };
        let sentence = shown::line(kept);
        let Origin {
            tenant,
            bot,
            reference,
            ..
        } = &inner.origin;
        tracing::warn!(target: "bot", %tenant, %bot, %reference, "{sentence}{ellipsis}");
    }

    /// Says that something failed which the bot asked of others: each thing once, and not for ever.
    pub fn complain(&self, sentence: &str) {
        let is_new = {
            let inner = &mut *self.lock();
            let words = inner.origin.mask.mask(sentence);
            let short: String = words.chars().take(NOTE_CHARACTERS_MAX).collect();
            inner.complaints.len() < COMPLAINTS_MAX && inner.complaints.insert(short)
        };
        if is_new {
            self.note(sentence);
        }
    }

    /// An error as a person reads it: with the reference, where this log says what others did.
    pub fn refer(&self, failure: Failure) -> Failure {
        let inner = self.lock();
        let reference = inner.origin.reference;
        let refer = |text: String| {
            if inner.complaints.is_empty() || text.contains(reference.as_str()) {
                return text;
            }
            match text.trim_end().strip_suffix('.') {
                Some(sentence) => format!("{sentence} (reference {reference})."),
                None => format!("{} (reference {reference})", text.trim_end()),
            }
        };
        Failure {
            text: failure.text.map(refer),
            ..failure
        }
    }

    /// Logs what is held back: the bot waits for something, so that nothing more comes at a stretch.
    pub fn pause(&self) {
        self.lock().flush(false);
    }

    /// Logs an unfinished line, and says how much was left out. To be called once, at the end; after a
    /// trap, what the bot printed last on standard error says why.
    pub fn finish(&self, trapped: bool) {
        let mut inner = self.lock();
        inner.end_line();
        inner.flush(trapped);
        let dropped = std::mem::take(&mut inner.dropped);
        if dropped > 0 {
            let Origin {
                tenant,
                bot,
                reference,
                ..
            } = &inner.origin;
            tracing::warn!(target: "bot", %tenant, %bot, %reference, dropped_bytes = dropped, "the bot printed more than its log may hold");
        }
    }
}

impl Inner {
    fn print(&mut self, bytes: &[u8], stream: Stream) {
        if stream != self.stream {
            self.end_line();
            self.stream = stream;
        }
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = match part.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (part, false),
            };
            let room = usize::try_from(self.left)
                .unwrap_or(usize::MAX)
                .min(self.line_bytes_max.saturating_sub(self.line.len()));
            let (kept, rest) = text.split_at(room.min(text.len()));
            self.line.extend_from_slice(kept);
            self.is_cut |= !rest.is_empty();
            self.left = self.left.saturating_sub(kept.len() as u64);
            self.dropped = self.dropped.saturating_add(rest.len() as u64);
            if ends {
                self.end_line();
                // An empty line costs too: a flood of them must meet the bound.
                self.left = self.left.saturating_sub(1);
            }
        }
    }

    fn end_line(&mut self) {
        if self.line.is_empty() {
            return;
        }
        let line = String::from_utf8_lossy(&self.line);
        let mask = &self.origin.mask;
        let masked = if std::mem::take(&mut self.is_cut) {
            mask.mask_cut(&line)
        } else {
            mask.mask(&line)
        };
        let line = shown::line(&masked);
        self.line.clear();
        match self.stream {
            Stream::Error => self.held.push(line),
            Stream::Output => {
                self.flush(false);
                self.info(&line);
            }
        }
    }

    /// Logs what is held: tracebacks as one record each, everything else line by line. After a trap all
    /// of it is about that.
    fn flush(&mut self, trapped: bool) {
        let held = std::mem::take(&mut self.held);
        let mut rest = held.as_slice();
        if trapped && !rest.is_empty() {
            return self.warn(rest);
        }
        while let Some((before, trace, after)) = traceback::find(rest) {
            for line in before {
                self.info(line);
            }
            self.warn(trace);
            rest = after;
        }
        for line in rest {
            self.info(line);
        }
    }

    fn info(&self, line: &str) {
        let Origin {
            tenant,
            bot,
            reference,
            ..
        } = &self.origin;
        tracing::info!(target: "bot", %tenant, %bot, %reference, "{line}");
    }

    /// Logs lines as one record. They are indented, so that none of them can be taken for a record.
    fn warn(&self, lines: &[String]) {
        let Origin {
            tenant,
            bot,
            reference,
            ..
        } = &self.origin;
        let text = lines.join("\n  ");
        tracing::warn!(target: "bot", %tenant, %bot, %reference, "{text}");
    }
}

impl IsTerminal for BotLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for BotLog {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

/// Most bytes that one write may bring; the guest splits what is longer.
const WRITE_BYTES_MAX: usize = 64 * 1024;

#[wasmtime_wasi::async_trait]
impl Pollable for BotLog {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl OutputStream for BotLog {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.print(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}

impl AsyncWrite for BotLog {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.print(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
