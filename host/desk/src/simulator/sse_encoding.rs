//! Bytes of a stream: how events are framed, and where they are cut into chunks.
//!
//! Readers must understand every framing here: the specification of server-sent events allows all of
//! them, and which one the platform writes may change.

use std::num::NonZeroUsize;

use bytes::Bytes;
use serde_json::Value;

use super::step::Step;
use ravenry_protocol::encode;

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Framing {
    /// What ends a line.
    pub line_end: LineEnd,
    /// How the data is written.
    pub json: JsonStyle,
    /// Whether the colon of a field comes without the space that may follow it.
    pub tight: bool,
}

impl Framing {
    /// Lines end with `\n`, JSON is compact and raw UTF-8. The default.
    pub const PLAIN: Self = Self {
        line_end: LineEnd::Lf,
        json: JsonStyle::Compact,
        tight: false,
    };

    /// What the reference server library writes (`fastapi_poe` 0.0.83 with sse-starlette, seen in
    /// the laboratory): `\r\n`, ASCII only, a space after `,` and `:`.
    pub const REFERENCE: Self = Self {
        line_end: LineEnd::CrLf,
        json: JsonStyle::Spaced,
        tight: false,
    };
}

/// What ends a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnd {
    /// `\n`
    #[default]
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r`
    Cr,
}

impl LineEnd {
    const fn text(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// How the data of an event is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JsonStyle {
    /// `{"text":"né"}`
    #[default]
    Compact,
    /// `{"text": "n\u00e9"}`, as Python writes it.
    Spaced,
}

/// Where a stream is cut into chunks, each sent by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Chunks {
    /// One for each step of the script.
    #[default]
    Steps,
    /// Cut also after every so many bytes of the stream.
    Every(NonZeroUsize),
    /// Cut also at these offsets of the stream, in bytes from its start.
    At(Vec<usize>),
}

impl Chunks {
    /// Length of the first piece of `bytes`, which start at `offset` of the stream.
    fn first(&self, offset: usize, length: usize) -> usize {
        let until = |cut: usize| cut.checked_sub(offset).filter(|wait| *wait > 0);
        let piece = match self {
            Self::Steps => None,
            // Pieces end at multiples of the size, wherever steps end.
            Self::Every(size) => size
                .get()
                .checked_sub(offset.checked_rem(size.get()).unwrap_or(0)),
            Self::At(cuts) => cuts.iter().filter_map(|cut| until(*cut)).min(),
        };
        piece.unwrap_or(length).min(length)
    }

    /// Takes the first piece off `bytes`, which start at `offset` of the stream.
    pub(super) fn take(&self, offset: usize, bytes: &mut Bytes) -> Bytes {
        bytes.split_to(self.first(offset, bytes.len()))
    }
}

impl Framing {
    /// The bytes of a step. Those that send nothing (waits, repetitions, cuts) have none.
    pub(super) fn bytes(self, step: &Step) -> Vec<u8> {
        match step {
            Step::Event { name, data } => self.event(name, data),
            Step::Comment(text) => self.lines([("", text.as_str())]),
            Step::Text(text) => text.clone().into_bytes(),
            Step::Bytes(bytes) => bytes.clone(),
            Step::Together(steps) => steps.iter().flat_map(|step| self.bytes(step)).collect(),
            Step::Wait(_) | Step::Repeat { .. } | Step::Cut => Vec::new(),
        }
    }

    /// The bytes of an event with data that is written already.
    pub(super) fn written(self, name: &str, data: &str) -> Vec<u8> {
        self.lines([("event", name), ("data", data)])
    }

    fn event(self, name: &str, data: &Value) -> Vec<u8> {
        let data = match self.json {
            JsonStyle::Compact => data.to_string(),
            JsonStyle::Spaced => {
                let mut line = Vec::new();
                encode::json(data, &mut line);
                // What is escaped to ASCII is UTF-8.
                String::from_utf8_lossy(&line).into_owned()
            }
        };
        self.written(name, &data)
    }

    /// Fields and the empty line after them. A value with ends of lines is as many fields, which a
    /// reader of data puts together again.
    fn lines<const N: usize>(self, fields: [(&str, &str); N]) -> Vec<u8> {
        let (end, space) = (self.line_end.text(), if self.tight { "" } else { " " });
        let mut block = String::new();
        for (name, value) in fields {
            let value = value.replace("\r\n", "\n");
            for line in value.split(['\n', '\r']) {
                for part in [name, ":", space, line, end] {
                    block.push_str(part);
                }
            }
        }
        block.push_str(end);
        block.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(framing: Framing, step: &Step) -> String {
        String::from_utf8(framing.bytes(step)).unwrap()
    }

    /// Byte for byte what the reference server was seen to send.
    #[test]
    fn the_reference_framing_has_crlf_spaces_and_ascii() {
        let event = Step::event("text", json!({"text": "né 😀", "index": 1}));
        assert_eq!(
            written(Framing::REFERENCE, &event),
            "event: text\r\ndata: {\"text\": \"n\\u00e9 \\ud83d\\ude00\", \"index\": 1}\r\n\r\n"
        );
        assert_eq!(
            written(Framing::REFERENCE, &Step::Comment("ping - 2026".to_owned())),
            ": ping - 2026\r\n\r\n"
        );
    }

    #[test]
    fn the_plain_framing_is_compact_and_utf8() {
        let event = Step::event("text", json!({"text": "né", "index": 1}));
        let plain = "event: text\ndata: {\"text\":\"né\",\"index\":1}\n\n";
        assert_eq!(written(Framing::PLAIN, &event), plain);
        assert_eq!(Framing::default(), Framing::PLAIN);
        let tight = Framing {
            line_end: LineEnd::Cr,
            tight: true,
            ..Framing::PLAIN
        };
        assert_eq!(
            written(tight, &event),
            plain.replace(": ", ":").replace('\n', "\r")
        );
    }

    /// Data of several lines stays data of several lines: what is broken JSON stays broken.
    #[test]
    fn ends_of_lines_in_data_are_kept() {
        let data = "{\"text\":\"a\nb\"}\r\n\rc\n";
        let bytes = Framing::PLAIN.written("text", data);
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "event: text\ndata: {\"text\":\"a\ndata: b\"}\ndata: \ndata: c\ndata: \n\n"
        );
        assert_eq!(
            written(Framing::REFERENCE, &Step::Comment("a\nb".to_owned())),
            ": a\r\n: b\r\n\r\n"
        );
    }

    /// Cuts are places in the whole stream, not in each step.
    #[test]
    fn chunks_end_where_the_stream_says() {
        let cut = |chunks: &Chunks, steps: &[&'static str]| -> Vec<String> {
            let (mut offset, mut pieces) = (0, Vec::new());
            for step in steps {
                let mut bytes = Bytes::from_static(step.as_bytes());
                while !bytes.is_empty() {
                    let piece = chunks.take(offset, &mut bytes);
                    offset += piece.len();
                    pieces.push(String::from_utf8(piece.to_vec()).unwrap());
                }
            }
            pieces
        };
        let steps = ["abcde", "fgh"];
        assert_eq!(cut(&Chunks::Steps, &steps), ["abcde", "fgh"]);
        let every = Chunks::Every(NonZeroUsize::new(2).unwrap());
        assert_eq!(cut(&every, &steps), ["ab", "cd", "e", "f", "gh"]);
        let at = Chunks::At(vec![6, 0, 3, 99]);
        assert_eq!(cut(&at, &steps), ["abc", "de", "f", "gh"]);
    }
}
