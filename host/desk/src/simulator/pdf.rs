//! The text of a PDF, read by a process of its own: a page of it can unfold to gigabytes.

use std::io::{self, Read as _, Write as _};

use ravenry_base::worker::{self, WorkerLimits};

/// The name of the verb that reads.
pub const VERB: &str = "pdf-text";

/// Most bytes of text of a document that go along. The platform's own bound is not known.
pub(super) const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// What reading one document may take.
const LIMITS: WorkerLimits = WorkerLimits {
    seconds: 5,
    memory_bytes: 1024 * 1024 * 1024,
};

/// What is written in a PDF; `None` where it cannot be read, or not in time.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let done = worker::run(&[VERB], bytes, TEXT_BYTES_MAX as u64).ok()?;
    let text = done.status.success().then_some(done.stdout)?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// What that process does: reads a PDF on standard input, and writes its text to standard output.
///
/// # Errors
/// Why there is none.
pub fn run() -> Result<(), String> {
    let lost = |error: io::Error| error.to_string();
    worker::apply_limits(LIMITS).map_err(lost)?;
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(lost)?;
    let mut text = pdf_extract::extract_text_from_mem(&bytes).map_err(|error| error.to_string())?;
    // The process that has started this holds what comes in memory.
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(lost)
}
