//! The bytes of a reply that wait for the reader: many small pieces together, large ones as they are.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Bytes in their order.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    /// Before the tail.
    pieces: VecDeque<Bytes>,
    pieces_len: usize,
    tail: BytesMut,
}

impl Buffer {
    /// Bytes in it.
    pub(super) fn len(&self) -> usize {
        self.pieces_len.saturating_add(self.tail.len())
    }

    /// Where small pieces are appended.
    pub(super) fn tail(&mut self) -> &mut BytesMut {
        &mut self.tail
    }

    /// Appends a large piece without copying it.
    pub(super) fn append(&mut self, piece: BytesMut) {
        if piece.is_empty() {
            return;
        }
        if !self.tail.is_empty() {
            let before = self.tail.split().freeze();
            self.push(before);
        }
        self.push(piece.freeze());
    }

    fn push(&mut self, piece: Bytes) {
        self.pieces_len = self.pieces_len.saturating_add(piece.len());
        self.pieces.push_back(piece);
    }

    /// The first piece, or all small ones.
    pub(super) fn take(&mut self) -> Option<Bytes> {
        if let Some(piece) = self.pieces.pop_front() {
            self.pieces_len = self.pieces_len.saturating_sub(piece.len());
            return Some(piece);
        }
        (!self.tail.is_empty()).then(|| self.tail.split().freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_leave_in_the_order_in_which_they_came() {
        let mut buffer = Buffer::default();
        buffer.tail().extend_from_slice(b"a");
        buffer.append(BytesMut::from(&b"LARGE"[..]));
        buffer.append(BytesMut::new());
        buffer.tail().extend_from_slice(b"b");
        buffer.tail().extend_from_slice(b"c");
        assert_eq!(buffer.len(), 8);
        let taken: Vec<_> = std::iter::from_fn(|| buffer.take()).collect();
        assert_eq!(taken, ["a", "LARGE", "bc"]);
        assert_eq!(buffer.len(), 0);
    }
}
