//! Lines as a person types them: editing, history with the arrow keys, completion with Tab.
//!
//! The history is a file that only its owner can read. A line that begins with a space is not
//! kept in it.

use std::{
    io,
    path::{Path, PathBuf},
};

use rustyline::{
    Config, Context, Editor, Helper,
    completion::{Completer, FilenameCompleter, Pair},
    error::ReadlineError,
    highlight::Highlighter,
    hint::Hinter,
    history::FileHistory,
    validate::Validator,
};

use super::commands::COMMANDS;

/// Lines that are kept: a few weeks of questions.
const LINES_MAX: usize = 1000;

/// What a person does at the prompt.
pub(super) enum Input {
    /// A line.
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D, or the terminal is gone.
    End,
}

/// The prompt of one chat.
pub(super) struct Prompt {
    editor: Editor<Commands, FileHistory>,
    history: Option<PathBuf>,
}

impl Prompt {
    /// With the lines of earlier chats, where they are kept.
    pub(super) fn new(history: Option<PathBuf>) -> io::Result<Self> {
        let config = Config::builder()
            .max_history_size(LINES_MAX)
            .map_err(failed)?
            .history_ignore_space(true)
            .auto_add_history(true)
            .build();
        let mut editor = Editor::with_config(config).map_err(failed)?;
        editor.set_helper(Some(Commands(FilenameCompleter::new())));
        if let Some(file) = &history {
            // The first chat finds none.
            let _ = editor.load_history(file);
        }
        Ok(Self { editor, history })
    }

    /// Waits for a line.
    pub(super) fn read(&mut self) -> io::Result<Input> {
        match self.editor.readline("> ") {
            Ok(line) => Ok(Input::Line(line)),
            Err(ReadlineError::Interrupted) => Ok(Input::Interrupt),
            Err(ReadlineError::Eof) => Ok(Input::End),
            Err(error) => Err(failed(error)),
        }
    }

    /// Keeps the lines for the next chat.
    pub(super) fn keep(&mut self) -> io::Result<()> {
        let Some(file) = &self.history else {
            return Ok(());
        };
        if let Some(directory) = file.parent() {
            std::fs::create_dir_all(directory)?;
        }
        self.editor.append_history(file).map_err(failed)
    }

    /// Where they are kept.
    pub(super) fn history(&self) -> Option<&Path> {
        self.history.as_deref()
    }
}

fn failed(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// Completes commands, and files behind `/attach`.
struct Commands(FilenameCompleter);

impl Completer for Commands {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let typed = line.get(..position).unwrap_or_default();
        if let Some(file) = typed.strip_prefix("/attach ") {
            let begin = typed.len().saturating_sub(file.len());
            let (from, files) = self.0.complete_path(file, file.len())?;
            return Ok((begin.saturating_add(from), files));
        }
        let names = COMMANDS.iter().filter_map(|command| command.names.first());
        let fitting = names.filter(|name| !typed.is_empty() && name.starts_with(typed));
        let pairs = fitting.map(|name| Pair {
            display: (*name).to_owned(),
            replacement: format!("{name} "),
        });
        Ok((0, pairs.collect()))
    }
}

impl Hinter for Commands {
    type Hint = String;
}
impl Highlighter for Commands {}
impl Validator for Commands {}
impl Helper for Commands {}
