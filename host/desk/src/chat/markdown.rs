//! Markdown as a terminal shows it: text in, rows out.
//!
//! Pure, and for text that is not complete yet: an open code block is a code block already. What has
//! no form here (HTML, mathematics) stands as it was written. The target of a link stands beside its
//! text, so that the person need not trust the text.

mod table;

use pulldown_cmark::{BrokenLink, CowStr, Event, Options, Parser, Tag, TagEnd};

use self::table::Table;
use super::styled_line::{CODE, DIM, PLAIN, Row};
use crate::client::nests_too_deep;
use ravenry_protocol::event::File;

/// Longest text that is looked at for Markdown, in bytes; a longer one is shown as plain text.
///
/// A reply has 512,000 characters at most (2026, at second hand), but a person does not read as many, and
/// parsing has to keep up with the stream.
const MARKDOWN_BYTES_MAX: usize = 256 * 1024;

/// Columns of a line that parts two sections.
const RULE_COLUMNS: usize = 40;

/// Markdown in rows of at most so many columns. References to these files are links to them.
pub(super) fn rows(text: &str, width: usize, files: &[File]) -> Vec<Row> {
    if text.len() > MARKDOWN_BYTES_MAX || nests_too_deep(text) {
        return plain(text, width);
    }
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let attached = |link: BrokenLink<'_>| {
        let is_meant = |file: &&File| file.inline_ref.as_deref() == Some(&*link.reference);
        let file = files.iter().find(is_meant)?;
        Some((CowStr::from(file.url.clone()), CowStr::from("")))
    };
    let mut page = Layout::new(width);
    for event in Parser::new_with_broken_link_callback(text, options, Some(attached)) {
        page.take(event);
    }
    page.flush();
    page.rows
}

/// Plain text in rows of at most so many columns.
pub(super) fn plain(text: &str, width: usize) -> Vec<Row> {
    if text.is_empty() {
        return Vec::new();
    }
    Row::of(text.trim_end_matches('\n'), PLAIN).wrap(width)
}

/// What surrounds a block: a quote, a list, an item of one.
struct Around {
    /// Stands before its first row, once.
    first: Option<String>,
    /// Stands before every other row.
    rest: String,
}

/// A link or an image whose text is being read.
struct Link {
    url: String,
    /// The text before it, so that what it says itself is known.
    before: usize,
    image: bool,
}

struct Layout {
    rows: Vec<Row>,
    width: usize,
    around: Vec<Around>,
    /// Quotes and items within the last of those that are shown.
    deeper: usize,
    /// The lists that are open, with the number of the next item.
    lists: Vec<Option<u64>>,
    links: Vec<Link>,
    /// Text of the block at hand.
    line: Row,
    bold: usize,
    italic: usize,
    struck: usize,
    code: bool,
    table: Option<Table>,
}

impl Layout {
    fn new(width: usize) -> Self {
        Self {
            rows: Vec::new(),
            // A character of two columns has to fit.
            width: width.max(2),
            around: Vec::new(),
            deeper: 0,
            lists: Vec::new(),
            links: Vec::new(),
            line: Row::default(),
            bold: 0,
            italic: 0,
            struck: 0,
            code: false,
            table: None,
        }
    }

    fn take(&mut self, event: Event<'_>) {
        let style = self.style();
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::InlineHtml(text) | Event::Html(text) => {
                self.line.say(&text, style);
            }
            Event::Code(text) => self.line.say(&text, CODE),
            Event::SoftBreak | Event::HardBreak => self.line.say("\n", style),
            Event::Rule => {
                self.gap();
                let columns = self.room().min(RULE_COLUMNS);
                self.line.say(&"─".repeat(columns), DIM);
                self.flush();
            }
            Event::TaskListMarker(done) => {
                self.line.say(if done { "[x] " } else { "[ ] " }, style);
            }
            // Not switched on above.
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.gap(),
            Tag::Heading { .. } => {
                self.gap();
                self.bold = self.bold.saturating_add(1);
            }
            Tag::BlockQuote(_) => {
                self.gap();
                self.enter("│ ".to_owned(), "│ ".to_owned());
            }
            Tag::CodeBlock(_) => {
                self.gap();
                self.code = true;
            }
            Tag::List(number) => {
                self.flush();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(number);
            }
            Tag::Item => {
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let mark = format!("{number}. ");
                        *number = number.saturating_add(1);
                        mark
                    }
                    _ => "• ".to_owned(),
                };
                let rest = " ".repeat(mark.chars().count());
                self.enter(mark, rest);
            }
            Tag::Emphasis => self.italic = self.italic.saturating_add(1),
            Tag::Strong => self.bold = self.bold.saturating_add(1),
            Tag::Strikethrough => self.struck = self.struck.saturating_add(1),
            Tag::Link { dest_url, .. } => self.link(&dest_url, false),
            Tag::Image { dest_url, .. } => self.link(&dest_url, true),
            Tag::Table(alignments) => {
                self.gap();
                self.table = Some(Table::new(alignments));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.flush(),
            TagEnd::Heading(_) => {
                self.flush();
                self.bold = self.bold.saturating_sub(1);
            }
            TagEnd::CodeBlock => self.code_ends(),
            TagEnd::BlockQuote(_) | TagEnd::Item => self.leave(),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Emphasis => self.italic = self.italic.saturating_sub(1),
            TagEnd::Strong => self.bold = self.bold.saturating_sub(1),
            TagEnd::Strikethrough => self.struck = self.struck.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => self.link_ends(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.line);
                if let Some(table) = &mut self.table {
                    table.cell(&cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                if let Some(table) = &mut self.table {
                    table.row_ends();
                }
            }
            TagEnd::Table => {
                let table = self.table.take();
                for row in table
                    .map(|table| table.rows(self.room()))
                    .unwrap_or_default()
                {
                    self.push(row);
                }
            }
            _ => {}
        }
    }

    fn style(&self) -> anstyle::Style {
        let mut style = if self.code { CODE } else { PLAIN };
        if self.bold > 0 {
            style = style.bold();
        }
        if self.italic > 0 {
            style = style.italic();
        }
        if self.struck > 0 {
            style = style.strikethrough();
        }
        if !self.links.is_empty() {
            style = style.underline();
        }
        style
    }

    /// Puts marks before what follows, as long as half of the width is left for it.
    fn enter(&mut self, first: String, rest: String) {
        self.flush();
        let indent = self.indent().saturating_add(rest.chars().count());
        if self.deeper > 0 || indent > self.width / 2 {
            self.deeper = self.deeper.saturating_add(1);
        } else {
            let first = Some(first);
            self.around.push(Around { first, rest });
        }
    }

    fn leave(&mut self) {
        self.flush();
        match self.deeper.checked_sub(1) {
            Some(deeper) => self.deeper = deeper,
            None => drop(self.around.pop()),
        }
    }

    fn link(&mut self, url: &str, image: bool) {
        if image {
            self.line.say("[image: ", DIM);
        }
        self.links.push(Link {
            url: url.to_owned(),
            before: self.line.len(),
            image,
        });
    }

    fn link_ends(&mut self) {
        let Some(link) = self.links.pop() else { return };
        let own = self.line.text_from(link.before);
        let says_so = own == link.url || link.url.strip_prefix("mailto:") == Some(&own);
        if link.image {
            self.line.say("]", DIM);
        }
        if !says_so && !link.url.is_empty() {
            self.line.say(&format!(" ({})", link.url), DIM);
        }
    }

    fn code_ends(&mut self) {
        let code = std::mem::take(&mut self.line);
        self.code = false;
        let code = Row::of(code.text().trim_end_matches('\n'), CODE);
        let indent = if self.room() < 10 { "" } else { "  " };
        for row in code.cut(self.room().saturating_sub(indent.len())) {
            let mut indented = Row::of(indent, PLAIN);
            indented.extend(row);
            self.push(indented);
        }
    }

    /// Writes the text at hand.
    fn flush(&mut self) {
        if !self.line.is_empty() {
            for row in std::mem::take(&mut self.line).wrap(self.room()) {
                self.push(row);
            }
        }
    }

    /// An empty row before a block, unless it is the first one where it stands.
    fn gap(&mut self) {
        self.flush();
        let begins = self
            .around
            .last()
            .is_some_and(|around| around.first.is_some());
        if !self.rows.is_empty() && !begins {
            self.push(Row::default());
        }
    }

    /// Columns for the text of a block.
    fn room(&self) -> usize {
        self.width.saturating_sub(self.indent()).max(2)
    }

    fn indent(&self) -> usize {
        let columns = self.around.iter().map(|around| around.rest.chars().count());
        columns.sum()
    }

    /// Writes a row, with what surrounds it.
    fn push(&mut self, row: Row) {
        let mut whole = Row::default();
        for around in &mut self.around {
            let first = around.first.take();
            whole.say(first.as_ref().unwrap_or(&around.rest), DIM);
        }
        whole.extend(row);
        whole.trim_end();
        self.rows.push(whole);
    }
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
