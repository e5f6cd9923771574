//! The outline of a Markdown document.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{
    HEADING_CHARS_MAX,
    outline::{Builder, Kind, Outline},
    pieces::paragraphs,
};

/// Deepest nesting of quotes and lists that is followed; a document with more is read as one without marks.
///
/// The parser goes through all that is open at each line, so that a megabyte of 50,000 quotes in one another would take
/// a minute. People nest ten of them.
const DEPTH_MAX: usize = 100;

/// What a tag is to an outline.
enum Role {
    Group,
    Leaf(Kind),
    Inline,
}

/// Reads the structure of a document, which may be any text.
pub(super) fn outline(text: &str) -> Outline {
    if is_too_deep(text) {
        return paragraphs(text);
    }
    // Without footnotes, which could be nested: here they are paragraphs like others.
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let mut reader = Reader {
        builder: Builder::new(text),
        words: None,
        metadata: false,
        title: None,
        first_heading: None,
    };
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        reader.take(event, range);
    }
    let title = reader.title.or(reader.first_heading);
    reader.builder.finish(title)
}

/// Whether a line has more marks of quotes and lists before its text, or is more deeply indented before them, than any
/// that is meant.
fn is_too_deep(text: &str) -> bool {
    text.lines().any(|line| {
        let (mut marks, mut columns) = (0_usize, 0_usize);
        let mut chars = line.chars().peekable();
        while let Some(char) = chars.next() {
            let ends = chars.peek().is_none_or(|next| next.is_whitespace());
            match char {
                '\t' => columns = columns.saturating_add(4),
                ' ' => columns = columns.saturating_add(1),
                '>' => marks = marks.saturating_add(1),
                '-' | '+' | '*' | '.' | ')' if ends => marks = marks.saturating_add(1),
                '0'..='9' => {}
                _ => break,
            }
        }
        // An item in another is indented by two columns at least.
        marks > 0 && marks.saturating_add(columns / 2) > DEPTH_MAX
    })
}

struct Reader<'t> {
    builder: Builder<'t>,
    /// What the heading says in which the reader is.
    words: Option<String>,
    /// Whether the reader is in the front matter.
    metadata: bool,
    /// What the front matter calls the document.
    title: Option<String>,
    first_heading: Option<String>,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(&tag, range.start),
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) => {
                if self.metadata && self.title.is_none() {
                    self.title = title_of(&text);
                }
                self.say(&text);
            }
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.say(&text);
            }
            Event::SoftBreak | Event::HardBreak => self.say(" "),
            Event::Rule => self.builder.leaf(Kind::Prose, range.start, range.end),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, start: usize) {
        match tag {
            Tag::Heading { .. } => self.words = Some(String::new()),
            Tag::MetadataBlock(_) => self.metadata = true,
            _ => {}
        }
        if matches!(role(tag.to_end()), Role::Group) {
            self.builder.open(start);
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match role(tag) {
            Role::Group => self.builder.close(range.end),
            Role::Leaf(kind) => {
                self.metadata = false;
                self.builder.leaf(kind, range.start, range.end);
            }
            Role::Inline => {}
        }
        if let TagEnd::Heading(level) = tag {
            self.heading(level, range);
        }
    }

    /// A heading within a quote or an item has no section: it is part of what it stands in.
    fn heading(&mut self, level: HeadingLevel, range: Range<usize>) {
        let words = self.words.take().unwrap_or_default();
        let words = words.trim();
        if self.first_heading.is_none() && !words.is_empty() {
            self.first_heading = Some(words.to_owned());
        }
        let kind = if self.builder.at_top() {
            Kind::Heading(depth(level), words.into())
        } else {
            Kind::Prose
        };
        self.builder.leaf(kind, range.start, range.end);
    }

    fn say(&mut self, text: &str) {
        if let Some(words) = &mut self.words {
            push_bounded(words, text);
        }
    }
}

fn role(tag: TagEnd) -> Role {
    match tag {
        TagEnd::BlockQuote(_)
        | TagEnd::List(_)
        | TagEnd::Item
        | TagEnd::DefinitionList
        | TagEnd::DefinitionListDefinition
        | TagEnd::Table => Role::Group,
        TagEnd::Paragraph | TagEnd::DefinitionListTitle => Role::Leaf(Kind::Prose),
        TagEnd::CodeBlock
        | TagEnd::HtmlBlock
        | TagEnd::TableHead
        | TagEnd::TableRow
        | TagEnd::MetadataBlock(_) => Role::Leaf(Kind::Lines),
        // Headings are made when their words are known.
        _ => Role::Inline,
    }
}

fn depth(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

/// The title in front matter, of YAML (`title: …`) or TOML (`title = …`).
fn title_of(metadata: &str) -> Option<String> {
    metadata.lines().find_map(|line| {
        let rest = line.strip_prefix("title")?.trim_start();
        let value = rest.strip_prefix([':', '='])?.trim();
        let quote = value
            .chars()
            .next()
            .filter(|char| matches!(char, '"' | '\''));
        let inner = quote.and_then(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
        let mut title = String::new();
        push_bounded(&mut title, inner.unwrap_or(value).trim());
        (!title.is_empty()).then_some(title)
    })
}

/// Adds to a heading as much as may be in it.
fn push_bounded(heading: &mut String, text: &str) {
    // Few steps, since no heading has more bytes than four for each character.
    if heading.len() >= HEADING_CHARS_MAX.saturating_mul(4) {
        return;
    }
    let room = HEADING_CHARS_MAX.saturating_sub(heading.chars().count());
    let clean = |char| if char == '\0' { '\u{fffd}' } else { char };
    heading.extend(text.chars().take(room).map(clean));
}
