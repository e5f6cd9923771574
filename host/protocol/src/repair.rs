//! JSON that people write by hand: comments and trailing commas are overwritten with spaces, so that
//! every place stays true. Nothing else is forgiven here.
//!
//! A comma is a trailing one only where an item stands before it and a bracket after it: `[,]`, `{,}` and
//! `[1,,]` stay the mistakes that they are, and so does `# comment`, which is of other languages.

/// What stands before the place that is looked at, comments and blanks left aside.
#[derive(Clone, Copy)]
enum Before {
    /// The end of an item, or of a part of one.
    Item,
    /// A comma behind an item, at this place.
    Comma(usize),
    /// Nothing, or what an item has to follow.
    Other,
}

/// Overwrites comments and trailing commas. False where a comment does not end.
pub(super) fn repair(text: &mut [u8]) -> bool {
    let mut before = Before::Other;
    let mut at = 0;
    while let Some(byte) = text.get(at).copied() {
        let mut next = at.saturating_add(1);
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'/' if matches!(text.get(next), Some(b'/' | b'*')) => {
                // Half a comment: nothing that stands behind it can be trusted.
                let Some(end) = comment_end(text, at) else {
                    return false;
                };
                blank(text, at, end);
                next = end;
            }
            b'"' => {
                next = string_end(text, at);
                before = Before::Item;
            }
            b',' => {
                before = match before {
                    Before::Item => Before::Comma(at),
                    Before::Comma(_) | Before::Other => Before::Other,
                };
            }
            b']' | b'}' => {
                if let Before::Comma(comma) = before {
                    blank(text, comma, comma.saturating_add(1));
                }
                before = Before::Item;
            }
            b'[' | b'{' | b':' | b'/' => before = Before::Other,
            _ => before = Before::Item,
        }
        at = next;
    }
    true
}

/// The end of a comment that begins at `at`, if it has one; the end of the text ends a line.
fn comment_end(text: &[u8], at: usize) -> Option<usize> {
    let begins = at.saturating_add(2);
    let rest = text.get(begins..)?;
    let length = if text.get(at.saturating_add(1)) == Some(&b'*') {
        let length = rest.windows(2).position(|pair| pair == b"*/")?;
        length.saturating_add(2)
    } else {
        let length = rest.iter().position(|byte| *byte == b'\n');
        length.unwrap_or(rest.len())
    };
    Some(begins.saturating_add(length))
}

/// The place behind a string that begins at `at`, or the end of the text.
fn string_end(text: &[u8], at: usize) -> usize {
    let mut escaped = false;
    let begins = at.saturating_add(1);
    let inner = text.get(begins..).unwrap_or_default();
    let length = inner.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    length.map_or(text.len(), |length| {
        begins.saturating_add(length).saturating_add(1)
    })
}

fn blank(text: &mut [u8], from: usize, to: usize) {
    if let Some(part) = text.get_mut(from..to) {
        part.fill(b' ');
    }
}
