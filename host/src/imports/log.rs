//! What a bot prints: standard output and error, line by line, bounded and escaped.
//!
//! A line becomes one record of the gateway's log with the fields that say whose it is. Control
//! characters are escaped, so that a bot can neither forge records nor speak to a terminal.

use std::{
    fmt::Write as _,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamResult},
};

use crate::{
    ids::{BotName, Reference, TenantName},
    report::is_shown_escaped,
    secret::Mask,
};

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
    /// Takes out what must not be logged, whoever told it to the bot.
    pub mask: Mask,
}

/// The log of one call of a bot.
#[derive(Clone, Debug)]
pub struct BotLog(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    origin: Origin,
    /// Bytes that may still be logged in this call.
    left: u64,
    line_bytes_max: usize,
    line: Vec<u8>,
    /// Something of the line was left out.
    is_cut: bool,
    /// Bytes that were printed and not logged.
    dropped: u64,
}

impl BotLog {
    /// A log that takes `bytes_max` in all and `line_bytes_max` per line; what is longer is cut.
    pub fn new(origin: Origin, bytes_max: u64, line_bytes_max: u64) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            origin,
            left: bytes_max,
            line_bytes_max: usize::try_from(line_bytes_max).unwrap_or(usize::MAX),
            line: Vec::new(),
            is_cut: false,
            dropped: 0,
        })))
    }

    /// Takes what the bot printed.
    pub fn print(&self, bytes: &[u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .print(bytes);
    }

    /// Says something to the bot's author, as the gateway, in the bot's own log. Strangers' words may be
    /// in it: they are treated as what the bot prints.
    pub fn note(&self, sentence: &str) {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sentence = inner.origin.mask.mask(sentence);
        let (kept, is_cut) = match sentence.char_indices().nth(NOTE_CHARACTERS_MAX) {
            Some((at, _)) => (sentence.get(..at).unwrap_or_default(), true),
            None => (&*sentence, false),
        };
        let ellipsis = if is_cut { "…" } else { "" };
        let sentence = escape(kept);
        let Origin {
            tenant,
            bot,
            reference,
            ..
        } = &inner.origin;
        tracing::warn!(target: "bot", %tenant, %bot, %reference, "{sentence}{ellipsis}");
    }

    /// Logs an unfinished line, and says how much was left out. To be called once, at the end.
    pub fn finish(&self) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.end_line();
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
    fn print(&mut self, bytes: &[u8]) {
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
        let line = escape(&masked);
        self.line.clear();
        let Origin {
            tenant,
            bot,
            reference,
            ..
        } = &self.origin;
        tracing::info!(target: "bot", %tenant, %bot, %reference, "{line}");
    }
}

/// Makes text harmless for a terminal and for a file of lines: what a terminal obeys, or nobody sees
/// ([`is_shown_escaped`]), becomes `\u{…}`.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => out.push('\t'),
            c if is_shown_escaped(c) => push_escaped(&mut out, c),
            c => out.push(c),
        }
    }
    out
}

fn push_escaped(out: &mut String, character: char) {
    // Writing to a `String` cannot fail.
    let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
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
mod tests {
    use super::*;

    #[test]
    fn a_bot_cannot_speak_to_a_terminal() {
        assert_eq!(
            escape("a\x1b[31mb\r\u{7f}\u{202e}"),
            "a\\u{1b}[31mb\\u{d}\\u{7f}\\u{202e}"
        );
        assert_eq!(escape("tab\tand ümlaut"), "tab\tand ümlaut");
    }

    #[test]
    fn what_passes_the_bounds_is_counted_not_kept() {
        let origin = Origin {
            tenant: TenantName::local(),
            bot: BotName::parse("b").unwrap(),
            reference: Reference::numbered(0),
            mask: Mask::new([]),
        };
        let log = BotLog::new(origin, 10, 4);
        log.print(b"123456");
        let inner = log.0.lock().unwrap();
        assert_eq!(inner.line, b"1234");
        assert_eq!(inner.dropped, 2);
    }
}
