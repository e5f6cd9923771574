//! Asks a person at a terminal whether they mean what cannot be undone.

use std::io;

use crate::cli::failure::Failure;
use ravenry_base::output;

/// Puts a question, and reads the answer: anything but `y` and `yes` is no. What others wrote is escaped by the caller.
///
/// # Errors
/// The answer cannot be read.
pub(in crate::cli) fn agreed(question: &str) -> Result<bool, Failure> {
    output::tell(&format!("{question}? [y/N]"));
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.map_err(|error| Failure::system("cannot read the answer".to_owned(), &error))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
