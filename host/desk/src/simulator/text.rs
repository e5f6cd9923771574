//! The text in an attached document, which the platform sends along with it.
//!
//! Read are text, Markdown, CSV and their kin as they stand, HTML as Markdown, and what a PDF has of text.

use ravenry_documents::{Kind, html_to_markdown, read};

/// Most bytes of text of a document that go along. The platform's own bound is not known.
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// Most bytes of HTML that are read: tags are most of a page.
const HTML_BYTES_MAX: usize = 4 * TEXT_BYTES_MAX;

/// Whether there may be text in files of this media type.
pub(super) fn is_document(mime_type: &str) -> bool {
    Kind::of_media_type(mime_type).is_some()
}

/// What is written in a file; `None` where it cannot be read.
pub(super) fn of(mime_type: &str, bytes: &[u8]) -> Option<String> {
    let read = match Kind::of_media_type(mime_type)? {
        Kind::Html => {
            let bytes = bytes.get(..HTML_BYTES_MAX).unwrap_or(bytes);
            html_to_markdown(bytes, TEXT_BYTES_MAX)
        }
        kind => read(kind, bytes),
    };
    let mut text = read.ok()?.text;
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_become_text() {
        let page = "<html><head><title>T</title><script>alert(1) < 2</script></head><body><h1>Cats</h1>\
                    <p>They  <b>sleep</b> &amp;\n<a href='x'>eat</a>.</p><ul><li>one</li><li>two</ul>\
                    <table><tr><td>a</td><td>b</td></tr></table><pre>x  y\n  z</pre></body></html>";
        assert_eq!(
            of("text/html; charset=utf-8", page.as_bytes()).unwrap(),
            "# Cats\n\nThey sleep & eat.\n\n- one\n- two\n\n| a | b |\n| --- | --- |\n\n```\nx  y\n  z\n```\n"
        );
        assert_eq!(of("text/csv", b"a,b\n1,\xe9").unwrap(), "a,b\n1,é");
        assert_eq!(of("text/plain", b"\0\x01"), None);
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
    }
}
