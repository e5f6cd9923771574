//! Where an answer is shown, and everything that is said about it.
//!
//! An answer goes to standard output. At a terminal it is drawn as it comes; in a pipe it is printed
//! as it is, once it is whole. What is about it goes beside it: to the terminal, or to standard error.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    markdown,
    screen::{Screen, Size},
    styled_line::{BOLD, DIM, PLAIN, Row, WRONG},
};
use crate::client::{Transcript, key_name, key_words};
use ravenry_base::output::{data, painted, told};
use ravenry_protocol::store_activity::StoreActivity;

/// The size of a terminal that does not say how large it is.
const USUAL: Size = Size {
    columns: 80,
    rows: 24,
};

/// The least with which anything can be laid out.
const LEAST: Size = Size {
    columns: 10,
    rows: 2,
};

/// Time between two pictures of an answer on its way.
const FRAME: Duration = Duration::from_millis(40);

/// For a text that takes long to lay out: this many times as long is left for everything else.
const REST: u32 = 4;

/// Most text of an answer that is laid out, in bytes: twice what a reply may have.
const LAID_OUT_BYTES_MAX: usize = 1024 * 1024;

/// Most suggestions that are shown: as many as a person looks at.
pub(super) const SUGGESTIONS_MAX: usize = 20;

/// Most files that are shown: those of one message (documentation of 2026).
pub(super) const FILES_MAX: usize = 20;

/// Most keys of a bot's store that are shown: as many as a person looks at.
const STORE_KEYS_MAX: usize = 20;

/// Most characters of a key in it, and of a value, that are shown: both together are little more than a line.
const STORE_CHARACTERS_MAX: usize = 60;

/// What a terminal can do.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// It shows colours, and its person wants them.
    pub colours: bool,
    /// Its cursor can be moved.
    pub moves: bool,
}

/// Standard output, standard error, and what is on them.
#[derive(Debug)]
pub(super) struct Outputs {
    terminal: Terminal,
    /// Answers are for a person at a terminal.
    shows: bool,
    /// Words about answers are, too.
    tells: bool,
    screen: Option<Screen>,
    /// When the next picture may be drawn.
    next: Instant,
}

impl Outputs {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            shows: io::stdout().is_terminal(),
            tells: io::stderr().is_terminal(),
            screen: None,
            next: Instant::now(),
        }
    }

    /// Whether a person sees the answers as they come.
    pub(super) fn is_live(&self) -> bool {
        self.shows && self.terminal.moves
    }

    /// When the next picture may be drawn.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Draws an answer that may still grow.
    pub(super) fn draw(&mut self, shown: &Transcript) {
        let begun = Instant::now();
        let size = size();
        let rows = laid_out(shown, size);
        let screen = self.screen(size);
        let bytes = screen.show(rows, size);
        painted(&bytes);
        let took = begun.elapsed();
        let wait = took.saturating_mul(REST).max(FRAME);
        self.next = begun.checked_add(wait).unwrap_or(begun);
    }

    /// Shows an answer to which nothing will be added.
    pub(super) fn settle(&mut self, shown: &Transcript) {
        if !self.shows {
            let mut text = shown.text();
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            data(&text);
            return;
        }
        let size = size();
        let rows = laid_out(shown, size);
        if self.terminal.moves {
            let bytes = self.screen(size).settle(rows, size);
            painted(&bytes);
        } else {
            for row in rows {
                painted(&format!("{}\n", row.paint(false)));
            }
        }
        self.screen = None;
    }

    fn screen(&mut self, size: Size) -> &mut Screen {
        let colours = self.terminal.colours;
        self.screen
            .get_or_insert_with(|| Screen::new(size, colours))
    }

    /// Says something about the talk.
    pub(super) fn say(&self, row: &Row) {
        if self.shows {
            for row in row.wrap(size().columns) {
                painted(&format!("{}\n", row.paint(self.terminal.colours)));
            }
        } else {
            let colours = self.terminal.colours && self.tells;
            told(&row.paint(colours));
        }
    }

    /// Says something in the background.
    pub(super) fn remark(&self, text: &str) {
        self.say(&Row::of(text, DIM));
    }

    /// Says what went wrong.
    pub(super) fn wrong(&self, text: &str) {
        for line in text.lines() {
            self.say(&Row::of(line, WRONG));
        }
    }

    /// Text that is laid out as answers are.
    pub(super) fn markdown(&self, text: &str) {
        for row in markdown::rows(cut(text), size().columns, &[]) {
            self.say(&row);
        }
    }

    /// The files of an answer, each under its number.
    pub(super) fn files(&self, shown: &Transcript) {
        for (place, file) in shown.files.iter().take(FILES_MAX).enumerate() {
            let mut row = Row::of(&format!("[file {}] ", place.saturating_add(1)), BOLD);
            row.say(&file.name, PLAIN);
            row.say(&format!(" ({}) {}", file.content_type, file.url), DIM);
            self.say(&row);
        }
        more(self, shown.files.len(), FILES_MAX, "files");
    }

    /// What the bot found in its store and left there, a key on each line.
    pub(super) fn store(&self, activity: &StoreActivity) {
        for key in activity.keys.iter().take(STORE_KEYS_MAX) {
            let words = key_words(key, STORE_CHARACTERS_MAX);
            self.remark(&format!(
                "store: {} {words}",
                key_name(key, STORE_CHARACTERS_MAX)
            ));
        }
        let unseen = activity.keys.len().saturating_sub(STORE_KEYS_MAX);
        let unseen = u64::try_from(unseen).unwrap_or(u64::MAX);
        match (activity.left_out.saturating_add(unseen), activity.is_cut) {
            (0, false) => {}
            (0, true) => self.remark("store: and more, which was not noted"),
            (more, false) => self.remark(&format!("store: and {more} more keys")),
            (more, true) => self.remark(&format!("store: and more than {more} more keys")),
        }
    }

    /// What the person may want to say next, each under its number.
    pub(super) fn suggestions(&self, shown: &Transcript) {
        let columns = size().columns;
        for (place, text) in shown.suggestions.iter().take(SUGGESTIONS_MAX).enumerate() {
            let mut row = Row::of(&format!("[{}] ", place.saturating_add(1)), BOLD);
            row.say(text, PLAIN);
            self.say(&row.shorten(columns));
        }
        more(
            self,
            shown.suggestions.len(),
            SUGGESTIONS_MAX,
            "suggestions",
        );
    }
}

fn more(page: &Outputs, there: usize, most: usize, what: &str) {
    if let Some(more) = there.checked_sub(most).filter(|more| *more > 0) {
        page.remark(&format!("and {more} more {what}"));
    }
}

/// An answer in rows.
fn laid_out(shown: &Transcript, size: Size) -> Vec<Row> {
    let text = shown.text();
    if shown.content_type() == "text/markdown" {
        markdown::rows(cut(&text), size.columns, &shown.files)
    } else {
        markdown::plain(cut(&text), size.columns)
    }
}

fn cut(text: &str) -> &str {
    let end = text.floor_char_boundary(LAID_OUT_BYTES_MAX);
    text.get(..end).unwrap_or(text)
}

/// The terminal, without its last column: a cursor there is written about in different books.
fn size() -> Size {
    let Ok(size) = rustix::termios::tcgetwinsize(io::stdout()) else {
        return USUAL;
    };
    if size.ws_col == 0 || size.ws_row == 0 {
        return USUAL;
    }
    Size {
        columns: usize::from(size.ws_col)
            .saturating_sub(1)
            .max(LEAST.columns),
        rows: usize::from(size.ws_row).max(LEAST.rows),
    }
}
