//! The bytes of a reply that wait for the reader: many small pieces together, large ones as they are, each
//! booked until the socket has it.

use std::{collections::VecDeque, sync::Arc};

use bytes::{Bytes, BytesMut};

use ravenry_base::memory::{Booking, MemoryPool};

/// Bytes from which a piece is booked until the socket has it. What is smaller is bounded in number, and in
/// what a reply is reckoned to take anyway.
pub(super) const BOOKED_BYTES: usize = 16 * 1024;

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
    /// What many small pieces are booked on, once they are as much as a large one.
    tail_booking: Option<Booking>,
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

    /// Books the small pieces on these pools, where together they take as much as a large one. `false`: there
    /// is no memory for them.
    pub(super) fn book_tail(&mut self, pools: &[Arc<MemoryPool>; 3]) -> bool {
        let bytes = self.tail.capacity();
        if bytes < BOOKED_BYTES {
            return true;
        }
        let new = || Booking::new(pools.clone());
        self.tail_booking.get_or_insert_with(new).set(bytes as u64)
    }

    /// Takes the small pieces out.
    fn split_tail(&mut self) -> Bytes {
        match self.tail_booking.take() {
            None => self.tail.split().freeze(),
            Some(booking) => Bytes::from_owner(Booked {
                // With all that was allocated: it goes when its booking does.
                bytes: std::mem::take(&mut self.tail),
                _booking: Some(booking),
            }),
        }
    }

    /// Appends a large piece without copying it. Its booking ends when the piece is not held any more.
    pub(super) fn append(&mut self, piece: BytesMut, booking: Option<Booking>) {
        if piece.is_empty() {
            return;
        }
        if !self.tail.is_empty() {
            let before = self.split_tail();
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
        (!self.tail.is_empty()).then(|| self.split_tail())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_base::memory::MemoryPool;

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

    #[test]
    fn many_small_pieces_are_booked_like_a_large_one() {
        let pools = [1 << 20, 1 << 20, 40_000].map(MemoryPool::new);
        let mut buffer = Buffer::default();
        for _ in 0..20 {
            buffer.tail().extend_from_slice(&[b'x'; 1_000]);
            assert!(buffer.book_tail(&pools));
        }
        let used = pools[0].used();
        assert!((20_000..=40_000).contains(&used), "{used}");
        let taken = buffer.take().unwrap();
        assert_eq!((taken.len(), buffer.len()), (20_000, 0));
        buffer.tail().extend_from_slice(b"x");
        assert!(buffer.book_tail(&pools));
        assert_eq!(pools[0].used(), used, "one letter is not booked");
        drop(taken);
        assert_eq!(pools[0].used(), 0);
        buffer.tail().extend_from_slice(&vec![b'x'; 50_000]);
        assert!(!buffer.book_tail(&pools));
        drop(buffer);
        assert_eq!(pools.map(|pool| pool.used()), [0; 3]);
    }
}
