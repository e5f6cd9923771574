//! What a command prints: data on standard output, and whether it got there; messages on standard error.
//!
//! All of it may repeat untrusted text, and a terminal may be there: it passes [`shown`] here, so that the
//! code that prints does not have to know where the text comes from.
//!
//! The command goes on after a failed write; what could not be written makes the whole fail in the end, so
//! that half a report is not taken for a whole one. A reader that has gone away has had enough: no failure.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::OnceLock,
};

use crate::report::Problem;
use ravenry_protocol::shown;

/// Why something was not written, the first time.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Writes text for people, or JSON that was made harmless in its own way.
pub fn print(text: &str) {
    painted(&shown::lines(text));
}

/// Writes what a program reads as it is, and what a person sees as text for people.
pub fn data(text: &str) {
    if io::stdout().is_terminal() {
        print(text);
    } else {
        painted(text);
    }
}

/// Writes text as it is: the caller has put colours in it, and untrusted text only as
/// [it may be shown](shown).
pub fn painted(text: &str) {
    bytes(text.as_bytes());
}

/// Writes bytes as they are, for a program.
pub fn bytes(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes);
    match written.and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => drop(LOST.set(error)),
        _ => {}
    }
}

/// Says something on standard error, on lines of its own.
pub fn tell(text: &str) {
    told(&shown::lines(text));
}

/// Says what was drawn, as [`painted`] writes it.
pub fn told(text: &str) {
    // When it is closed, there is no place left to report that.
    let _ = writeln!(io::stderr().lock(), "{text}");
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
