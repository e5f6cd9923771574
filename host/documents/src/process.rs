//! Reads files: text at once, and what is dangerous in a process of its own.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::process::ExitStatusExt as _,
    process::{ExitStatus, Output},
};

use ravenry_base::worker::{self, WorkerLimits};
use rustix::process::Signal;

use crate::{
    BYTES_MAX, TEXT_BYTES_MAX, decoding, html,
    kind::Kind,
    outcome, pdf,
    text::{Format, ReadError, Text},
};

/// The name of the verb that reads, with which the program starts itself: `document-text --kind pdf`. It calls
/// [`run`].
pub const VERB: &str = "document-text";

/// What reading one document may take. The errors in [`ReadError`] say so, too.
const LIMITS: WorkerLimits = WorkerLimits {
    seconds: 20,
    memory_bytes: 1024 * 1024 * 1024,
};

/// What the allocator says when there is no more memory.
const NO_MEMORY: &[u8] = b"memory allocation of";

/// The text of a file of at most [`BYTES_MAX`] bytes, in at most [`TEXT_BYTES_MAX`] bytes.
///
/// Blocks, for HTML and PDF up to 20 seconds of computing by another process of this program, which
/// [`worker::enable`] must have been called in. Of a process that is short of time comes what it has read until then.
///
/// # Errors
/// Why there is no text.
pub fn read(kind: Kind, bytes: &[u8]) -> Result<Text, ReadError> {
    if bytes.len() > BYTES_MAX {
        return Err(ReadError::TooLarge);
    }
    if matches!(kind, Kind::Markdown | Kind::Plain) {
        return read_here(kind, bytes);
    }
    let output_max = outcome::HEAD_BYTES_MAX.saturating_add(TEXT_BYTES_MAX as u64);
    let done = worker::run(&[VERB, "--kind", kind.name()], bytes, output_max);
    let done = done.map_err(ReadError::Process)?;
    if !done.status.success() {
        return Err(cause(&done));
    }
    let said = "the process that reads said something else";
    let wrong = || ReadError::Process(io::Error::other(said));
    outcome::read(done.stdout).ok_or_else(wrong)?
}

/// What that process does: reads a file on standard input, and writes what comes of it to standard output.
///
/// # Errors
/// Why nothing comes of it, in words; what is wrong with the file is written to standard output.
pub fn run(kind: Kind) -> Result<(), String> {
    let lost = |error: io::Error| error.to_string();
    worker::apply_limits(LIMITS).map_err(lost)?;
    let mut bytes = Vec::new();
    let stdin = io::stdin().lock();
    let most = (BYTES_MAX as u64).saturating_add(1);
    stdin.take(most).read_to_end(&mut bytes).map_err(lost)?;
    let text = if bytes.len() > BYTES_MAX {
        Err(ReadError::TooLarge)
    } else {
        read_here(kind, &bytes)
    };
    let output = outcome::written(text)?;
    let mut out = io::stdout().lock();
    let written = out.write_all(output.as_bytes()).and_then(|()| out.flush());
    written.map_err(lost)
}

/// Reads in this process.
fn read_here(kind: Kind, bytes: &[u8]) -> Result<Text, ReadError> {
    let format = match kind {
        Kind::Html => return html::read(bytes),
        Kind::Pdf => return pdf::read(bytes),
        Kind::Markdown => Format::Markdown,
        Kind::Plain => Format::Plain,
    };
    let (text, is_cut) = decoding::decode(bytes, TEXT_BYTES_MAX)?;
    Ok(Text {
        title: None,
        text,
        format,
        is_cut,
    })
}

/// Why a process ended in another way than by its own will.
fn cause(done: &Output) -> ReadError {
    let ended_by = |signal: Signal| done.status.signal() == Some(signal.as_raw());
    if ended_by(Signal::XCPU) {
        return ReadError::TooLong;
    }
    if ended_by(Signal::KILL) {
        // Workers go first when a machine has no more memory: the file may be a good one.
        let words = "the process that reads was ended from outside; is there too little memory?";
        return ReadError::Process(io::Error::other(words));
    }
    let ran_out = |words: &[u8]| words.windows(NO_MEMORY.len()).any(|part| part == NO_MEMORY);
    if ended_by(Signal::ABORT) && ran_out(&done.stderr) {
        return ReadError::TooMuchMemory;
    }
    if is_refusal(done.status) {
        let words = String::from_utf8_lossy(&done.stderr);
        return ReadError::Process(io::Error::other(words.trim().to_owned()));
    }
    // A panic, or a stack that was too small: no file that follows the rules of its kind does that.
    ReadError::Broken
}

/// Whether a process said of itself why it does nothing: the exit codes of the command line.
fn is_refusal(status: ExitStatus) -> bool {
    matches!(status.code(), Some(1 | 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_at_once() {
        let read = |kind, bytes: &[u8]| read(kind, bytes).unwrap();
        let text = read(Kind::Markdown, b"# Frogs\n");
        assert_eq!(text.text, "# Frogs\n");
        assert_eq!((text.format, text.is_cut), (Format::Markdown, false));
        let long = read(Kind::Plain, &vec![b'a'; TEXT_BYTES_MAX + 1]);
        assert_eq!((long.text.len(), long.is_cut), (TEXT_BYTES_MAX, true));
        assert_eq!(long.format, Format::Plain);
        assert_eq!(read(Kind::Plain, b"").text, "");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let refused = |bytes: &[u8]| read(Kind::Plain, bytes).unwrap_err();
        assert!(matches!(refused(b"\x7fELF\0"), ReadError::Binary));
        let large = refused(&vec![b'a'; BYTES_MAX + 1]);
        assert!(matches!(large, ReadError::TooLarge));
        // Of a program that has no workers, as this one.
        let error = read(Kind::Pdf, b"%PDF-1.4").unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot be read: this program has no workers"
        );
    }

    /// How a process ends says what was too much for it.
    #[test]
    fn the_end_of_a_process_is_an_error() {
        let ended = |status: i32, words: &str| {
            let done = Output {
                status: ExitStatus::from_raw(status),
                stdout: Vec::new(),
                stderr: words.into(),
            };
            cause(&done).to_string()
        };
        let memory = "memory allocation of 2147483648 bytes failed\n";
        assert!(ended(6, memory).contains("1 GiB"));
        assert!(ended(6, "stack overflow").starts_with("is broken"));
        assert!(ended(24, "").contains("20 seconds"));
        assert!(ended(9, "").contains("from outside"));
        assert!(ended(101 << 8, "panicked").starts_with("is broken"));
        assert_eq!(ended(1 << 8, "no limits\n"), "cannot be read: no limits");
    }
}
