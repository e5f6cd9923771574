//! What tags and words do to the text of a page.

use std::mem;

use html5ever::tokenizer::{Tag, TagKind, states::RawKind};

use super::{
    blocks::Blocks,
    elements::{is_block, raw_kind},
    escapes,
    hidden::{self, Effect, Hidden},
    table::Table,
};

/// Most bytes of a title that are gathered.
const TITLE_BYTES_MAX: usize = 4096;

/// Longest cell of a table, in bytes. A longer one that has paragraphs is no cell, but a part of a page that is laid
/// out as a table.
const CELL_BYTES_MAX: usize = 1000;

/// What the words are that are being gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Paragraph,
    /// From 1 to 6.
    Heading(usize),
    /// Their white space counts.
    Code,
}

/// A page, as far as it was read.
#[derive(Debug)]
pub(super) struct Page {
    bytes_max: usize,
    blocks: Blocks,
    words: String,
    shape: Shape,
    table: Option<Table>,
    hidden: Option<Hidden>,
    /// Within an element without tags, such as a script; and whether it is the title.
    raw: Option<bool>,
    title: String,
    /// Whether any element can be closed by its first tag, as in XHTML.
    is_xml: bool,
    full: bool,
}

impl Page {
    /// Nothing yet, of a page that begins so.
    pub(super) fn new(html: &str, bytes_max: usize) -> Self {
        Self {
            bytes_max,
            blocks: Blocks::new(bytes_max),
            words: String::new(),
            shape: Shape::Paragraph,
            table: None,
            hidden: None,
            raw: None,
            title: String::new(),
            is_xml: html.trim_start().starts_with("<?xml"),
            full: false,
        }
    }

    /// Whether no more is wanted.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Its title, its text, and whether there is more of it.
    pub(super) fn finish(mut self) -> (String, String, bool) {
        self.end_table();
        self.flush();
        let (text, is_full) = self.blocks.finish();
        (self.title, text, is_full || self.full)
    }

    /// Takes words.
    pub(super) fn say(&mut self, words: &str) {
        if let Some(is_title) = self.raw {
            if is_title && self.title.len() < TITLE_BYTES_MAX {
                self.title.push_str(words);
            }
        } else if self.hidden.is_none() && !self.full {
            if self.shape == Shape::Code {
                self.words.push_str(words);
            } else {
                self.say_in_line(words);
            }
            let held = self.words.len() + self.table.as_ref().map_or(0, Table::len);
            self.full = held.saturating_add(self.blocks.len()) > self.bytes_max;
        }
    }

    /// Takes words whose white space is between them only.
    fn say_in_line(&mut self, words: &str) {
        let text = &mut self.words;
        for word in words.split_inclusive(char::is_whitespace) {
            let bare = word.trim_end();
            text.push_str(bare);
            if bare.len() < word.len() && !text.is_empty() && !text.ends_with([' ', '\n']) {
                text.push(' ');
            }
        }
    }

    /// Takes a tag, and says how what follows is to be read, if not as HTML.
    pub(super) fn tag(&mut self, tag: &Tag) -> Option<RawKind> {
        let (name, begins) = (tag.name.as_ref(), tag.kind == TagKind::StartTag);
        let is_closed = tag.self_closing && (self.is_xml || name == "svg");
        // What has no tags in it ends with its own.
        if self.raw.take().is_some() || self.is_hidden(tag, begins && !is_closed) {
            return None;
        }
        if let Some(kind) = raw_kind(name) {
            if begins && !is_closed {
                self.raw = Some(name == "title" && self.title.is_empty() && self.hidden.is_none());
                return Some(kind);
            }
        } else if self.hidden.is_none() {
            self.element(name, begins);
        }
        None
    }

    /// Follows elements that nobody sees or wants, and says whether this tag is one of those, or nothing to them.
    fn is_hidden(&mut self, tag: &Tag, opens: bool) -> bool {
        let name = tag.name.as_ref();
        if let Some(hidden) = &mut self.hidden {
            match hidden.take(name, opens) {
                Effect::Within => return false,
                Effect::Counted => return true,
                Effect::Ended => {
                    self.hidden = None;
                    return true;
                }
                Effect::Over => self.hidden = None,
            }
        }
        let Some(hidden) = Hidden::of(tag) else {
            return false;
        };
        if opens {
            // What is before it and what is behind it are not in the same line.
            if self.shape != Shape::Code && is_block(name) {
                self.block();
            }
            self.hidden = Some(hidden);
        }
        opens || hidden::is_always(name)
    }

    fn element(&mut self, name: &str, begins: bool) {
        if self.shape == Shape::Code {
            return self.element_in_code(name, begins);
        }
        let in_cell = self.in_cell();
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading(name, begins),
            "pre" => {
                self.leave_table();
                self.flush();
                if begins {
                    self.shape = Shape::Code;
                }
            }
            "blockquote" => {
                self.leave_table();
                self.flush();
                if begins {
                    self.blocks.open_quote();
                } else {
                    self.blocks.close_quote();
                }
            }
            "ul" | "ol" | "menu" | "dir" | "li" if !in_cell => self.list(name, begins),
            "table" => {
                if begins {
                    self.leave_table();
                    self.flush();
                    self.table = Some(Table::default());
                } else {
                    self.end_table();
                    self.flush();
                }
            }
            "tr" | "td" | "th" => self.row(name, begins),
            "br" => self.line_break(),
            _ if is_block(name) => self.block(),
            _ => {}
        }
    }

    /// In code, what stands on lines of its own ends lines.
    fn element_in_code(&mut self, name: &str, begins: bool) {
        if name == "pre" && !begins {
            self.flush();
        } else if name == "br"
            || (is_block(name) && !self.words.is_empty() && !self.words.ends_with('\n'))
        {
            self.words.push('\n');
        }
    }

    fn heading(&mut self, name: &str, begins: bool) {
        self.leave_table();
        self.flush();
        let level = name.strip_prefix('h').and_then(|level| level.parse().ok());
        self.shape = match level {
            Some(level) if begins => Shape::Heading(level),
            _ => Shape::Paragraph,
        };
    }

    fn list(&mut self, name: &str, begins: bool) {
        self.flush();
        match (name, begins) {
            ("li", true) => self.blocks.open_item(),
            ("li", false) => self.blocks.close_item(),
            (_, true) => self.blocks.open_list(name == "ol"),
            (_, false) => self.blocks.close_list(name == "ol"),
        }
    }

    fn row(&mut self, name: &str, begins: bool) {
        self.end_cell();
        let Some(table) = &mut self.table else {
            return self.flush();
        };
        if name == "tr" {
            table.close_row();
        } else if begins {
            table.open_cell();
        }
    }

    /// Ends the cell, if one is open; what was said outside of cells stands before the table.
    fn end_cell(&mut self) {
        if let Some(table) = &mut self.table
            && table.in_cell()
        {
            table.close_cell(self.words.trim());
            self.words.clear();
        } else {
            self.flush();
        }
    }

    fn in_cell(&self) -> bool {
        self.table.as_ref().is_some_and(Table::in_cell)
    }

    /// Ends the table, if one is open.
    fn end_table(&mut self) {
        self.end_cell();
        self.write_table();
    }

    /// The table is the frame of a page: what was in its cells is written, and the open cell becomes a paragraph.
    fn leave_table(&mut self) {
        if !self.in_cell() {
            self.flush();
        }
        self.write_table();
    }

    fn write_table(&mut self) {
        if let Some(block) = self.table.take().and_then(Table::finish) {
            // The words of a frame may begin as a mark does; rows do not.
            let is_table = block.contains('\n');
            let block = if is_table {
                block
            } else {
                escapes::line(&block)
            };
            self.blocks.write(&block);
        }
    }

    fn line_break(&mut self) {
        if self.in_cell() || self.shape != Shape::Paragraph {
            self.say(" ");
        } else if self.words.ends_with('\n') {
            // Two of them are what people wrote instead of a paragraph.
            self.flush();
        } else if !self.words.is_empty() {
            let length = self.words.trim_end_matches(' ').len();
            self.words.truncate(length);
            self.words.push('\n');
        }
    }

    /// What follows is not in the same line as what was said.
    fn block(&mut self) {
        if !self.in_cell() {
            self.flush();
        } else if self.words.len() > CELL_BYTES_MAX {
            self.leave_table();
            self.flush();
        } else {
            self.say(" ");
        }
    }

    /// Writes what was gathered. A heading that says nothing yet goes on.
    fn flush(&mut self) {
        let is_empty = self.words.trim().is_empty();
        if is_empty && self.shape != Shape::Code {
            self.words.clear();
            return;
        }
        let words = mem::take(&mut self.words);
        let block = match mem::replace(&mut self.shape, Shape::Paragraph) {
            Shape::Code if is_empty => return,
            Shape::Code => fenced(&words),
            Shape::Heading(level) => {
                let marks = "#".repeat(level);
                format!("{marks} {}", escapes::heading(words.trim()))
            }
            Shape::Paragraph => {
                let lines = words.trim().lines().map(escapes::line);
                lines.collect::<Vec<_>>().join("\n")
            }
        };
        self.blocks.write(&block);
    }
}

/// Code between fences that are longer than any in it.
fn fenced(code: &str) -> String {
    let code = code.strip_prefix('\n').unwrap_or(code).trim_end();
    let (mut run, mut longest) = (0_usize, 2_usize);
    for char in code.chars() {
        run = if char == '`' {
            run.saturating_add(1)
        } else {
            0
        };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest.saturating_add(1));
    format!("{fence}\n{code}\n{fence}")
}
