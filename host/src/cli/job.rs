//! What is to be built, as the code that builds it needs to know it.

use std::path::Path;

use ravenry_config::ids::BotName;

/// One bot to build.
#[derive(Clone, Debug)]
pub(crate) struct Job<'a> {
    /// What it is called.
    pub name: BotName,
    /// The crate's or project's directory, or a file in Python; or, with a command, the .wasm file that it makes.
    pub source: &'a Path,
    /// A command for `sh`, in place of cargo.
    pub command: Option<&'a str>,
    /// What it finds in its environment.
    pub variables: Vec<(String, String)>,
    /// Where the command is run when `source` is a file; else it is run in `source`.
    pub home: &'a Path,
}
