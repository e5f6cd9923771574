//! The text in an attached document, which the platform sends along with it.
//!
//! Read are text, Markdown, CSV and their kin as they stand, HTML without its tags, and what a PDF has of
//! text.

use std::{
    cell::{Cell, RefCell},
    time::{Duration, Instant},
};

use html5ever::{
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::RawKind,
    },
};

use super::pdf::{self, TEXT_BYTES_MAX};

/// The media type of a PDF.
const PDF: &str = "application/pdf";

/// Most bytes of HTML that are read: tags are most of a page.
const HTML_BYTES_MAX: usize = 4 * TEXT_BYTES_MAX;

/// Longest time that a page is read for. A tag with very many attributes takes time that grows with
/// their square; what was read until then goes along.
const READ_TIME_MAX: Duration = Duration::from_secs(5);

/// How much of a page is read between two looks at the clock, in bytes.
const PIECE_BYTES: usize = 4 * 1024;

/// Elements that stand on lines of their own.
const BLOCKS: [&str; 31] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "tr",
    "ul",
];

/// Whether there may be text in files of this media type.
pub(super) fn is_document(mime_type: &str) -> bool {
    mime_type.starts_with("text/") || mime_type == PDF
}

/// What is written in a file; `None` where it cannot be read.
pub(super) fn of(mime_type: &str, bytes: &[u8]) -> Option<String> {
    let mut text = if mime_type.starts_with("text/html") {
        without_tags(bytes.get(..HTML_BYTES_MAX).unwrap_or(bytes))
    } else if mime_type == PDF {
        pdf::text(bytes)?
    } else {
        String::from_utf8_lossy(bytes).into_owned()
    };
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    Some(text)
}

/// What a page says. No tree is made of it, which takes long where elements are in each other.
fn without_tags(html: &[u8]) -> String {
    let html = String::from_utf8_lossy(html);
    let tokenizer = Tokenizer::new(Words::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    let started = Instant::now();
    let mut rest = html.as_ref();
    while !rest.is_empty() && started.elapsed() < READ_TIME_MAX {
        let (piece, later) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        input.push_back(StrTendril::from(piece));
        while !input.is_empty() {
            // No script is run, and the encoding is UTF-8.
            let _ = tokenizer.feed(&input);
        }
        rest = later;
    }
    tokenizer.end();
    tokenizer.sink.text.into_inner()
}

/// Gathers what stands between tags.
#[derive(Default)]
struct Words {
    text: RefCell<String>,
    /// Within an element that a reader does not see, such as a script.
    hidden: Cell<bool>,
    /// Within an element whose white space counts.
    verbatim: Cell<bool>,
}

impl Words {
    fn say(&self, words: &str) {
        let mut text = self.text.borrow_mut();
        if self.hidden.get() || text.len() > TEXT_BYTES_MAX {
            return;
        }
        if self.verbatim.get() {
            text.push_str(words);
            return;
        }
        for word in words.split_inclusive(char::is_whitespace) {
            let bare = word.trim_end();
            text.push_str(bare);
            if bare.len() < word.len() && !text.is_empty() && !text.ends_with([' ', '\n']) {
                text.push(' ');
            }
        }
    }

    fn line_ends(&self) {
        let mut text = self.text.borrow_mut();
        let length = text.trim_end_matches(' ').len();
        text.truncate(length);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
    }

    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let (name, begins) = (tag.name.as_ref(), tag.kind == TagKind::StartTag);
        if BLOCKS.contains(&name) {
            self.line_ends();
        }
        match name {
            "pre" => self.verbatim.set(begins),
            "li" if begins => self.say("- "),
            "td" | "th" => self.say(" "),
            "script" | "style" | "title" | "noembed" | "noframes" | "iframe" => {
                self.hidden.set(begins);
                if begins {
                    return TokenSinkResult::RawData(match name {
                        "script" => RawKind::ScriptData,
                        "title" => RawKind::Rcdata,
                        _ => RawKind::Rawtext,
                    });
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl TokenSink for Words {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(words) => self.say(&words),
            Token::TagToken(tag) => return self.tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn html_loses_its_tags_and_the_rest_stays() {
        let page = "<html><head><title>T</title><script>alert(1) < 2</script></head><body><h1>Cats</h1>\
                    <p>They  <b>sleep</b> &amp;\n<a href='x'>eat</a>.</p><ul><li>one</li><li>two</ul>\
                    <table><tr><td>a</td><td>b</td></tr></table><pre>x  y\n  z</pre></body></html>";
        assert_eq!(
            of("text/html; charset=utf-8", page.as_bytes()).unwrap(),
            "Cats\nThey sleep & eat.\n- one\n- two\na b\nx  y\n  z\n"
        );
        assert_eq!(of("text/csv", b"a,b\n1,\xff").unwrap(), "a,b\n1,\u{fffd}");
        let long = "é".repeat(TEXT_BYTES_MAX);
        assert_eq!(
            of("text/plain", long.as_bytes()).unwrap().len(),
            TEXT_BYTES_MAX
        );
        assert_eq!(
            of("text/html", long.as_bytes()).unwrap().len(),
            TEXT_BYTES_MAX
        );
        assert!(is_document("text/markdown") && !is_document("image/png"));
    }

    /// No page makes the simulator stand still.
    #[test]
    fn a_page_that_is_all_tags_comes_to_an_end() {
        let nested = "<div><b x>".repeat(HTML_BYTES_MAX / 10);
        assert_eq!(of("text/html", nested.as_bytes()).unwrap(), "");
        let mut page = "<p>first<p".to_owned();
        for number in 0..HTML_BYTES_MAX / 8 {
            write!(page, " a{number}").unwrap();
        }
        assert!(
            of("text/html", page.as_bytes())
                .unwrap()
                .starts_with("first")
        );
        assert_eq!(
            of("text/html", b"<a <b <!-- <p title=\"never closed").unwrap(),
            ""
        );
    }
}
