//! HTML as Markdown: what a page says, with its headings, lists, tables and code.
//!
//! No tree is made of it, which takes long where elements are in each other: tags change a state of bounded size.

mod blocks;
mod charset;
mod elements;
mod escapes;
mod hidden;
mod page;
mod table;

#[cfg(test)]
mod tests;

use std::{cell::RefCell, time::Duration};

use html5ever::{
    tendril::StrTendril,
    tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
};

use self::page::Page;
use crate::{
    TEXT_BYTES_MAX, decoding,
    effort::Effort,
    text::{self, Format, ReadError, Text},
};

/// Longest computing time that a page is read for. A tag with very many attributes takes time that grows with their
/// square; what was read until then goes along.
pub const HTML_TIME_MAX: Duration = Duration::from_secs(5);

/// How much of a page is read between two looks at the clock, in bytes.
const PIECE_BYTES: usize = 4 * 1024;

/// What an HTML file says, for the process that reads.
///
/// # Errors
/// It is binary, or says nothing.
pub(crate) fn read(bytes: &[u8]) -> Result<Text, ReadError> {
    let text = html_to_markdown(bytes, TEXT_BYTES_MAX)?;
    if text.text.is_empty() {
        return Err(ReadError::NoText);
    }
    Ok(text)
}

/// What a page says, as Markdown of at most so many bytes, read in this process. Whatever the page is, it takes little
/// more than [`HTML_TIME_MAX`], and memory in proportion to its length.
///
/// Links keep their text only. A page that says nothing has an empty text.
///
/// # Errors
/// [`ReadError::Binary`]: there are NULs in it.
pub fn html_to_markdown(html: &[u8], text_bytes_max: usize) -> Result<Text, ReadError> {
    // No encoding has more than three times as many bytes in UTF-8.
    let declared = charset::declared(html);
    let (html, _) = decoding::decode_as(declared, html, html.len().saturating_mul(3))?;
    let page = RefCell::new(Page::new(&html, text_bytes_max));
    let tokenizer = Tokenizer::new(Sink(page), TokenizerOpts::default());
    let input = BufferQueue::default();
    let effort = Effort::up_to(HTML_TIME_MAX);
    let mut rest = html.as_str();
    let mut is_cut = false;
    while !rest.is_empty() && !is_cut {
        let (piece, later) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        input.push_back(StrTendril::from(piece));
        while !input.is_empty() {
            // No script is run, and the encoding is known.
            let _ = tokenizer.feed(&input);
        }
        rest = later;
        is_cut = tokenizer.sink.0.borrow().is_full() || (!rest.is_empty() && effort.is_over());
    }
    tokenizer.end();
    let (title, text, is_full) = tokenizer.sink.0.into_inner().finish();
    Ok(Text {
        title: text::title(&title),
        text,
        format: Format::Markdown,
        is_cut: is_cut || is_full,
    })
}

/// Hands tokens on to the page.
struct Sink(RefCell<Page>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut page = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(words) => page.say(&words),
            Token::TagToken(tag) => {
                if let Some(kind) = page.tag(&tag) {
                    return TokenSinkResult::RawData(kind);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}
