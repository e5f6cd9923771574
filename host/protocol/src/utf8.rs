//! Bytes as text, as the WHATWG has it ("UTF-8 decode", Encoding, 6): what is none is U+FFFD.

use bytes::Bytes;

/// Decodes a stream chunk by chunk.
#[derive(Debug, Default)]
pub struct Utf8 {
    /// The beginning of a character whose end is in the next chunk.
    begun: Vec<u8>,
    replaced: bool,
}

impl Utf8 {
    /// The chunk, which is UTF-8 then. A character that is cut at its end comes with the next one.
    pub fn chunk(&mut self, chunk: Bytes) -> Bytes {
        if self.begun.is_empty() && std::str::from_utf8(&chunk).is_ok() {
            return chunk;
        }
        let mut bytes = std::mem::take(&mut self.begun);
        bytes.extend_from_slice(&chunk);
        let mut text = Vec::with_capacity(bytes.len());
        let mut rest = bytes.as_slice();
        loop {
            let Err(error) = std::str::from_utf8(rest) else {
                text.extend_from_slice(rest);
                break;
            };
            let (valid, after) = rest
                .split_at_checked(error.valid_up_to())
                .unwrap_or_default();
            text.extend_from_slice(valid);
            let Some(length) = error.error_len() else {
                self.begun = after.to_vec();
                break;
            };
            text.extend_from_slice("\u{fffd}".as_bytes());
            self.replaced = true;
            rest = after.get(length..).unwrap_or_default();
        }
        text.into()
    }

    /// Whether something had to be replaced.
    pub fn replaced(&self) -> bool {
        self.replaced
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(chunks: &[&[u8]]) -> (String, bool) {
        let mut utf8 = Utf8::default();
        let text: Vec<u8> = chunks
            .iter()
            .flat_map(|chunk| utf8.chunk(Bytes::copy_from_slice(chunk)))
            .collect();
        (String::from_utf8(text).unwrap(), utf8.replaced())
    }

    #[test]
    fn a_character_may_be_cut_and_a_wrong_byte_is_replaced() {
        for (chunks, text, replaced) in [
            (&["é😀".as_bytes()][..], "é😀", false),
            (&[b"\xf0", b"\x9f", b"\x98\x80!"], "😀!", false),
            (&[b"a\xf0\x9f", b"b"], "a\u{fffd}b", true),
            (&[b"n\xe9\n"], "n\u{fffd}\n", true),
            // Half a surrogate pair in the bytes of UTF-8.
            (&[b"\xed\xa0\xbd"], "\u{fffd}\u{fffd}\u{fffd}", true),
            (&[b"", b"\xc3"], "", false),
        ] {
            assert_eq!(decoded(chunks), (text.to_owned(), replaced), "{chunks:?}");
        }
    }

    proptest! {
        #[test]
        fn wherever_it_is_cut_the_same_is_read(bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x80..0xf5_u8], 0..40), cut in 0..40_usize) {
            let mut bytes = bytes;
            // An end within a character would wait for more.
            bytes.push(b'\n');
            let (one, two) = bytes.split_at(cut.min(bytes.len()));
            let (text, replaced) = decoded(&[one, two]);
            prop_assert_eq!(&*String::from_utf8_lossy(&bytes), &text);
            prop_assert_eq!(replaced, std::str::from_utf8(&bytes).is_err());
        }
    }
}
