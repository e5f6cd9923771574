//! How a page is encoded, as it says itself near its beginning.

use std::cell::Cell;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252, X_USER_DEFINED};
use html5ever::{
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
    },
};

use crate::decoding::is_utf16;

/// How much of a page is looked at, in bytes. Source: WHATWG HTML, "prescan a byte stream to determine its encoding".
const BYTES_MAX: usize = 1024;

/// The encoding that a page names in a `meta` element, or XHTML in its first line; `None`: none that is known.
pub(super) fn declared(page: &[u8]) -> Option<&'static Encoding> {
    let beginning = page.get(..BYTES_MAX).unwrap_or(page);
    // Names of encodings are ASCII, which is the same in nearly all of them.
    let (beginning, _) = WINDOWS_1252.decode_without_bom_handling(beginning);
    let tokenizer = Tokenizer::new(Look::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(beginning.as_ref()));
    while !input.is_empty() {
        // No script is run, and what this is for is what is looked for.
        let _ = tokenizer.feed(&input);
    }
    let found = tokenizer.sink.0.get()?;
    // As the same source has it: what is read as ASCII is not in UTF-16.
    Some(match found {
        utf16 if is_utf16(utf16) => UTF_8,
        own if own == X_USER_DEFINED => WINDOWS_1252,
        known => known,
    })
}

/// The first name of an encoding that is known.
#[derive(Default)]
struct Look(Cell<Option<&'static Encoding>>);

impl TokenSink for Look {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if self.0.get().is_none() {
            let found = match &token {
                Token::TagToken(tag) if tag.kind == TagKind::StartTag && &*tag.name == "meta" => {
                    of_meta(tag)
                }
                // What XML begins with is a comment to HTML.
                Token::CommentToken(words) if words.starts_with("?xml") => value(words, "encoding"),
                _ => None,
            };
            let found = found.and_then(|label| Encoding::for_label(label.as_bytes()));
            self.0.set(found);
        }
        TokenSinkResult::Continue
    }
}

/// The name in a `meta` element.
fn of_meta(tag: &Tag) -> Option<&str> {
    let attribute = |name: &str| {
        let mut attributes = tag.attrs.iter();
        let found = attributes.find(|attribute| &*attribute.name.local == name);
        found.map(|attribute| &*attribute.value)
    };
    attribute("charset").or_else(|| {
        let what = attribute("http-equiv")?;
        let is_type = what.eq_ignore_ascii_case("content-type");
        value(attribute("content").filter(|_| is_type)?, "charset")
    })
}

/// What stands behind a name and `=`, in quotes or not.
fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let small = text.to_ascii_lowercase();
    small.match_indices(name).find_map(|(at, name)| {
        let rest = text.get(at.saturating_add(name.len())..)?.trim_start();
        let rest = rest.strip_prefix('=')?.trim_start();
        if let Some(quote) = rest
            .chars()
            .next()
            .filter(|mark| matches!(mark, '"' | '\''))
        {
            return rest.split(quote).nth(1);
        }
        rest.split(|mark: char| mark.is_whitespace() || mark == ';')
            .next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_encoding() {
        for (page, name) in [
            ("<meta charset=iso-8859-1>", Some("windows-1252")),
            (
                "<!DOCTYPE html><html><head><META CharSet=' KOI8-R '/>",
                Some("KOI8-R"),
            ),
            (
                "<meta http-equiv=Content-Type content='text/html; charset = \"Shift_JIS\"'>",
                Some("Shift_JIS"),
            ),
            (
                "<meta content='text/html;charset=gb2312;x' http-equiv=content-type>",
                Some("GBK"),
            ),
            (
                "<?xml version='1.0' encoding='ISO-8859-2'?><html>",
                Some("ISO-8859-2"),
            ),
            (
                "<meta charset=bogus><meta charset=latin5>",
                Some("windows-1254"),
            ),
            ("<meta charset=utf-16le>", Some("UTF-8")),
            ("<meta charset=x-user-defined>", Some("windows-1252")),
            (
                "<!-- <meta charset=koi8-r> --><p title='<meta charset=koi8-r>'>",
                None,
            ),
            ("<meta name=a content='charset=koi8-r'>", None),
            ("<meta http-equiv=content-type content='charset'>", None),
            ("<meta charset=koi8", None),
            ("", None),
        ] {
            assert_eq!(
                declared(page.as_bytes()).map(Encoding::name),
                name,
                "{page}"
            );
        }
        let late = format!("{}<meta charset=koi8-r>", " ".repeat(BYTES_MAX));
        assert_eq!(declared(late.as_bytes()), None);
    }
}
