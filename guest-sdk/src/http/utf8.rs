//! Text of an upstream, as near as it can be read: what is no character is U+FFFD.

/// Makes UTF-8 of a body that comes in chunks, as the WHATWG has it ("UTF-8 decode", Encoding, 6).
#[derive(Default)]
pub(super) struct Utf8 {
    /// The beginning of a character whose end is in the next chunk.
    begun: Vec<u8>,
}

impl Utf8 {
    /// The chunk, which is UTF-8 then. A character that is cut at its end comes with the next one.
    pub(super) fn chunk(&mut self, chunk: Vec<u8>) -> Vec<u8> {
        if self.begun.is_empty() && std::str::from_utf8(&chunk).is_ok() {
            return chunk;
        }
        let mut bytes = std::mem::take(&mut self.begun);
        bytes.extend(chunk);
        let mut text = Vec::with_capacity(bytes.len());
        let mut rest = bytes.as_slice();
        loop {
            let Err(error) = std::str::from_utf8(rest) else {
                text.extend_from_slice(rest);
                return text;
            };
            let (valid, after) = rest
                .split_at_checked(error.valid_up_to())
                .unwrap_or_default();
            text.extend_from_slice(valid);
            let Some(length) = error.error_len() else {
                self.begun = after.to_vec();
                return text;
            };
            text.extend_from_slice("\u{fffd}".as_bytes());
            rest = after.get(length..).unwrap_or_default();
        }
    }
}
