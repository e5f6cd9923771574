//! Events in, the bytes of a server-sent event stream out; settings in, their JSON out.
//!
//! **Framing.** `event: NAME`, a line feed, `data: JSON`, two line feeds: each event on exactly
//! three lines, whatever a bot says.
//!
//! **JSON.** On one line and ASCII only: other characters are `\uXXXX`, as the reference library
//! writes them. So no reader can cut a character in two, and U+2028 or a stray carriage return
//! cannot end a line. Separators are `, ` and `: `, also as there.
//!
//! Nothing is allocated but the room in the buffer: this runs once for each event of each reply.

use std::io;

use bytes::{BufMut as _, BytesMut};
use serde::Serialize;
use serde_json::{Serializer, ser::Formatter};

use super::{event::Event, settings::Settings};

/// The media type of a reply.
pub const CONTENT_TYPE: &str = "text/event-stream; charset=utf-8";

/// Appends one event to `out`.
pub fn event(event: &Event<'_>, out: &mut BytesMut) {
    match *event {
        Event::Meta(meta) => frame("meta", meta, out),
        Event::Text { index, text } => said("text", text, index, out),
        Event::Replace { index, text } => said("replace_response", text, index, out),
        Event::Suggest(text) => said("suggested_reply", text, None, out),
        Event::File(file) => frame("file", file, out),
        Event::Data(metadata) => frame("data", &Data { metadata }, out),
        Event::Json(object) => frame("json", object, out),
        Event::Error {
            text,
            allow_retry,
            error_type,
        } => {
            let failed = Failed {
                allow_retry,
                text,
                error_type,
            };
            frame("error", &failed, out);
        }
        Event::Other { name, data } => frame(name.as_str(), data, out),
        Event::Done => out.put_slice(b"event: done\ndata: {}\n\n"),
    }
}

/// Appends a comment to `out`, which readers skip: a sign of life.
///
/// What is not a printable ASCII character becomes a space.
pub fn comment(text: &str, out: &mut BytesMut) {
    out.put_slice(b": ");
    for char in text.chars() {
        let byte = u8::try_from(char)
            .ok()
            .filter(|byte| matches!(byte, b' '..=b'~'));
        out.put_u8(byte.unwrap_or(b' '));
    }
    out.put_slice(b"\n\n");
}

/// The JSON that answers a request of type `settings`.
///
/// `response_version` stands first; what is `None` or empty is left out; members of
/// [`Settings::extra`] win. What is not JSON is left out, and [`lint`](super::settings::lint) says
/// so.
pub fn settings(settings: &Settings) -> Vec<u8> {
    let mut out = Vec::new();
    json(&settings.members(), &mut out);
    out
}

#[derive(Serialize)]
struct Data<'a> {
    metadata: &'a str,
}

#[derive(Serialize)]
struct Failed<'a> {
    allow_retry: bool,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_type: Option<&'a str>,
}

fn frame<T: Serialize + ?Sized>(name: &str, data: &T, out: &mut BytesMut) {
    out.put_slice(b"event: ");
    out.put_slice(name.as_bytes());
    out.put_slice(b"\ndata: ");
    json(data, (&mut *out).writer());
    out.put_slice(b"\n\n");
}

/// Appends `text`, `replace_response` or `suggested_reply`. Nearly all that bots say passes here, so
/// it is written without the serializer, which looks at each byte twice.
fn said(name: &str, text: &str, index: Option<u32>, out: &mut BytesMut) {
    out.put_slice(b"event: ");
    out.put_slice(name.as_bytes());
    out.put_slice(b"\ndata: {\"text\": \"");
    escaped(text, out);
    out.put_u8(b'"');
    if let Some(index) = index {
        out.put_slice(b", \"index\": ");
        json(&index, (&mut *out).writer());
    }
    out.put_slice(b"}\n\n");
}

/// Appends a text as it stands between quotes, in the same form as [`AsciiLine`].
fn escaped(text: &str, out: &mut BytesMut) {
    out.reserve(text.len());
    let mut rest = text;
    loop {
        // A byte that is plain is a whole character, so the cut is always possible.
        let (plain, tail) = rest.split_at_checked(plain(rest)).unwrap_or((rest, ""));
        out.put_slice(plain.as_bytes());
        let mut chars = tail.chars();
        match chars.next() {
            None => return,
            Some('"') => out.put_slice(b"\\\""),
            Some('\\') => out.put_slice(b"\\\\"),
            Some('\n') => out.put_slice(b"\\n"),
            Some('\r') => out.put_slice(b"\\r"),
            Some('\t') => out.put_slice(b"\\t"),
            Some('\u{8}') => out.put_slice(b"\\b"),
            Some('\u{c}') => out.put_slice(b"\\f"),
            Some(char) => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    out.put_slice(&escape(*unit));
                }
            }
        }
        rest = chars.as_str();
    }
}

/// How many bytes at the beginning stand for themselves in JSON.
fn plain(text: &str) -> usize {
    const AT_ONCE: usize = 32;
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    let bytes = text.as_bytes();
    // Without a way out in the middle, the compiler compares many bytes at once.
    let is_plain_whole = |part: &&[u8; AT_ONCE]| {
        part.iter()
            .fold(true, |plain, byte| plain & is_plain(*byte))
    };
    let (parts, _) = bytes.as_chunks::<AT_ONCE>();
    let parts = parts.iter().take_while(is_plain_whole).count();
    let whole = parts.saturating_mul(AT_ONCE);
    let rest = bytes.get(whole..).unwrap_or_default();
    let rest = rest.iter().take_while(|byte| is_plain(**byte)).count();
    whole.saturating_add(rest)
}

/// Writes JSON as the reference library does: one line, ASCII only, a space after `,` and `:`.
pub fn json<T: Serialize + ?Sized>(data: &T, out: impl io::Write) {
    let written = data.serialize(&mut Serializer::with_formatter(out, AsciiLine));
    // Memory takes every write, and none of our types refuses to be written.
    debug_assert!(written.is_ok(), "{written:?}");
}

/// JSON as the reference library writes it: one line, ASCII only, a space after `,` and `:`.
struct AsciiLine;

impl Formatter for AsciiLine {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first {
            return Ok(());
        }
        writer.write_all(b", ")
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first {
            return Ok(());
        }
        writer.write_all(b", ")
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    // Quotes, backslashes and control characters below the space do not come here: the serializer
    // escapes them itself.
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.bytes().position(|byte| byte >= DELETE) {
            // The first byte past plain ASCII starts a character, so the cut is always possible.
            let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
            writer.write_all(plain.as_bytes())?;
            let mut chars = tail.chars();
            if let Some(char) = chars.next() {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    writer.write_all(&escape(*unit))?;
                }
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

/// The control character that lies above the printable ones.
const DELETE: u8 = 0x7f;

/// `\uXXXX`, with small letters.
fn escape(unit: u16) -> [u8; 6] {
    let [high, low] = unit.to_be_bytes();
    [
        b'\\',
        b'u',
        digit(high >> 4),
        digit(high & 0xf),
        digit(low >> 4),
        digit(low & 0xf),
    ]
}

/// The hexadecimal digit for 0 to 15.
fn digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0' | value,
        _ => b'a'.wrapping_add(value.wrapping_sub(10)),
    }
}

#[cfg(test)]
#[path = "encode_tests.rs"]
mod tests;
