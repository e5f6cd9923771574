//! Data on standard output, and whether it got there.
//!
//! Whoever writes goes on; what could not be written makes a failure of the whole in the end, so that nobody
//! takes half a report for a whole one. A reader that has gone away has had enough, and is no failure.

use std::{
    io::{self, Write as _},
    sync::OnceLock,
};

use crate::report::Problem;

/// Why something was not written, the first time.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Writes data.
pub fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    note(
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush()),
    );
}

/// Notes what came of writing.
pub fn note(written: io::Result<()>) {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => drop(LOST.set(error)),
        _ => {}
    }
}

/// What is wrong, where something was not written.
pub fn lost() -> Option<Problem> {
    LOST.get().map(|error| Problem {
        message: "standard output cannot be written".to_owned(),
        causes: vec![error.to_string()],
        hint: Some("what stands there is not all: write it to where there is room".to_owned()),
        ..Problem::default()
    })
}
