//! The bytes of a reply that wait for the reader: many small pieces together, large ones as they are, each
//! booked until the socket has it.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::memory::Booking;

/// A large piece, and what it was booked on.
struct Booked {
    bytes: BytesMut,
    _booking: Option<Booking>,
}

impl AsRef<[u8]> for Booked {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

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

    /// Appends a large piece without copying it. Its booking ends when nobody has the piece any more.
    pub(super) fn append(&mut self, piece: BytesMut, booking: Option<Booking>) {
        if piece.is_empty() {
            return;
        }
        if !self.tail.is_empty() {
            let before = self.tail.split().freeze();
            self.push(before);
        }
        let booked = Booked {
            bytes: piece,
            _booking: booking,
        };
        self.push(Bytes::from_owner(booked));
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
    use crate::memory::MemoryPool;

    #[test]
    fn bytes_leave_in_the_order_in_which_they_came() {
        let mut buffer = Buffer::default();
        buffer.tail().extend_from_slice(b"a");
        buffer.append(BytesMut::from(&b"LARGE"[..]), None);
        buffer.append(BytesMut::new(), None);
        buffer.tail().extend_from_slice(b"b");
        buffer.tail().extend_from_slice(b"c");
        assert_eq!(buffer.len(), 8);
        let taken: Vec<_> = std::iter::from_fn(|| buffer.take()).collect();
        assert_eq!(taken, ["a", "LARGE", "bc"]);
        assert_eq!(buffer.len(), 0);
    }

    /// The socket may have a part of it only.
    #[test]
    fn a_large_piece_is_booked_until_its_last_byte_is_gone() {
        let pools = [100, 100, 100].map(MemoryPool::new);
        let mut booking = Booking::new(pools.clone());
        assert!(booking.set(60));
        let mut buffer = Buffer::default();
        buffer.append(BytesMut::from(&b"LARGE"[..]), Some(booking));
        let rest = buffer.take().unwrap().split_off(3);
        assert_eq!(pools[0].free(), 40);
        drop(rest);
        assert_eq!(pools.map(|pool| pool.free()), [100; 3]);
    }
}
