//! The bytes of an event stream, before they are events: what a parser forgives and a person should
//! know. Nothing of the stream is kept but the beginning of the line at hand.

/// Most bytes of a line that are looked at: the longest name of a field, and more.
const LINE_HEAD_MAX: usize = 32;

/// Most bytes from one empty line to the next.
///
/// The text of a whole reply has at most 512,000 characters, each of which JSON may write in six
/// bytes; no single event should come near that.
pub(super) const EVENT_BYTES_MAX: usize = 1024 * 1024;

/// What is odd about the bytes of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    /// The stream begins with a byte order mark.
    ByteOrderMark,
    /// A line that no parser knows; its beginning.
    UnknownField(Vec<u8>),
    /// An event with more than [`EVENT_BYTES_MAX`] bytes.
    TooLarge,
    /// The stream ended in the middle of an event.
    Incomplete,
}

/// Reads a stream chunk by chunk.
#[derive(Debug, Default)]
pub(super) struct Framing {
    /// Bytes before this chunk.
    seen: usize,
    /// The beginning of the line at hand.
    head: Vec<u8>,
    /// Length of the line at hand.
    line: usize,
    /// Bytes since the last empty line.
    event: usize,
    /// A carriage return was the last byte: a line feed after it belongs to it.
    returned: bool,
    /// The block at hand has a field, so that its end is missed.
    open: bool,
}

impl Framing {
    /// What is odd about these bytes.
    pub(super) fn chunk(&mut self, bytes: &[u8]) -> Vec<Oddity> {
        let mut odd = Vec::new();
        for byte in bytes {
            self.byte(*byte, &mut odd);
        }
        odd
    }

    /// What is odd about the end.
    pub(super) fn end(&mut self) -> Option<Oddity> {
        (self.line > 0 || self.open).then_some(Oddity::Incomplete)
    }

    fn byte(&mut self, byte: u8, odd: &mut Vec<Oddity>) {
        self.seen = self.seen.saturating_add(1);
        let second = byte == b'\n' && self.returned;
        self.returned = byte == b'\r';
        if second {
            return;
        }
        if matches!(byte, b'\n' | b'\r') {
            self.line_ends(odd);
            return;
        }
        self.line = self.line.saturating_add(1);
        self.event = self.event.saturating_add(1);
        if self.event == EVENT_BYTES_MAX.saturating_add(1) {
            odd.push(Oddity::TooLarge);
        }
        if self.head.len() < LINE_HEAD_MAX {
            self.head.push(byte);
        }
        if self.seen == 3 && self.head == b"\xef\xbb\xbf" {
            odd.push(Oddity::ByteOrderMark);
            self.head.clear();
            self.line = 0;
        }
    }

    fn line_ends(&mut self, odd: &mut Vec<Oddity>) {
        if self.line == 0 {
            self.open = false;
            self.event = 0;
            return;
        }
        let name = self.head.split(|byte| *byte == b':').next();
        match name.unwrap_or_default() {
            // A comment needs no empty line after it.
            b"" => {}
            b"event" | b"data" | b"id" | b"retry" => self.open = true,
            _ => odd.push(Oddity::UnknownField(self.head.clone())),
        }
        self.head.clear();
        self.line = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd(stream: &[u8]) -> Vec<Oddity> {
        let mut whole = Framing::default();
        let mut found = whole.chunk(stream);
        found.extend(whole.end());
        // Wherever it is cut, the same is found.
        let mut single = Framing::default();
        let mut again: Vec<_> = stream
            .iter()
            .flat_map(|byte| single.chunk(&[*byte]))
            .collect();
        again.extend(single.end());
        assert_eq!(found, again);
        found
    }

    #[test]
    fn whatever_ends_a_line_is_fine() {
        for stream in [
            "event: done\ndata: {}\n\n",
            "event: done\r\ndata: {}\r\n\r\n",
            "event: done\rdata: {}\r\r",
            ": a comment\n",
            ": one\n\n\n\nevent:done\ndata:{}\n\n: two\n",
            "",
        ] {
            assert_eq!(odd(stream.as_bytes()), [], "{stream:?}");
        }
    }

    #[test]
    fn what_a_parser_forgives_is_told() {
        assert_eq!(odd(b"\xef\xbb\xbfevent: done\n\n"), [Oddity::ByteOrderMark]);
        assert_eq!(
            odd(b"events: done\n\n"),
            [Oddity::UnknownField(b"events: done".to_vec())]
        );
        for cut in [
            "data: {}",
            "data: {}\n",
            "event: done\r\ndata: {}\r\n",
            "da",
        ] {
            assert_eq!(odd(cut.as_bytes()), [Oddity::Incomplete], "{cut:?}");
        }
    }

    #[test]
    fn an_event_has_a_bound_and_the_next_one_begins_anew() {
        let fits = [b"data:".as_slice(), &vec![b'x'; EVENT_BYTES_MAX - 5]].concat();
        let stream = [fits.as_slice(), b"\n\n", &fits, b"y\n\n"].concat();
        let mut framing = Framing::default();
        assert_eq!(framing.chunk(&stream), [Oddity::TooLarge]);
        assert_eq!(framing.end(), None);
    }
}
