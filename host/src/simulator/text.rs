//! The text in an attached document, which the platform sends along with it.
//!
//! Read are text, Markdown, CSV and their kin as they stand, and HTML without its tags. PDF is not:
//! bots that want its text get the file alone.

/// Most bytes of text that go along. The platform's own bound is not known.
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// Most bytes of HTML that are read: tags are most of a page.
const HTML_BYTES_MAX: usize = 4 * TEXT_BYTES_MAX;

/// Width of a line of text made of HTML: none that a person writes reaches it.
const WIDTH: usize = 1000;

/// Whether there may be text in files of this media type.
pub(super) fn is_document(mime_type: &str) -> bool {
    mime_type.starts_with("text/")
}

/// What is written in a file; nothing where that cannot be told.
pub(super) fn of(mime_type: &str, bytes: &[u8]) -> Option<String> {
    let mut text = if mime_type.starts_with("text/html") {
        html2text::config::plain_no_decorate()
            .raw_mode(true)
            .string_from_read(bytes.get(..HTML_BYTES_MAX).unwrap_or(bytes), WIDTH)
            .ok()?
    } else {
        String::from_utf8_lossy(bytes).into_owned()
    };
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_loses_its_tags_and_the_rest_stays() {
        let page = "<html><head><title>T</title><script>alert(1)</script></head><body><h1>Cats</h1>\
                    <p>They <b>sleep</b> &amp; <a href='x'>eat</a>.</p><ul><li>one</li></ul></body></html>";
        let text = of("text/html; charset=utf-8", page.as_bytes()).unwrap();
        assert!(
            text.contains("Cats") && text.contains("They sleep & [eat]."),
            "{text:?}"
        );
        assert!(of("text/html", "<div>".repeat(100_000).as_bytes()).is_some());
        assert!(!text.contains("alert") && !text.contains('<'), "{text:?}");
        assert_eq!(of("text/csv", b"a,b\n1,\xff").unwrap(), "a,b\n1,\u{fffd}");
        assert_eq!(
            of("text/plain", "é".repeat(TEXT_BYTES_MAX).as_bytes())
                .unwrap()
                .len(),
            TEXT_BYTES_MAX
        );
        assert!(is_document("text/markdown") && !is_document("image/png"));
    }
}
