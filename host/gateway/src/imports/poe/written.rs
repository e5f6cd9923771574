//! A file that a bot writes piece by piece, because it is larger than one call may bring.

use bytes::Bytes;

use super::{Poe, PoeError};
use ravenry_base::memory::Booking;
use ravenry_outbound::poe::Body;

/// Bytes that one piece may have.
const PIECE_BYTES_MAX: usize = 1024 * 1024;

/// What was written so far, booked on the pools of its bot.
#[derive(Debug)]
pub struct Written {
    name: String,
    content_type: Option<String>,
    bytes: Vec<u8>,
    held: Option<Booking>,
}

impl Written {
    /// An empty file.
    pub fn new(name: String, content_type: Option<String>) -> Self {
        Self {
            name,
            content_type,
            bytes: Vec::new(),
            held: None,
        }
    }

    /// Appends a piece.
    pub fn append(&mut self, poe: &Poe, piece: &[u8]) -> Result<(), PoeError> {
        if piece.len() > PIECE_BYTES_MAX {
            return Err(PoeError::TooLarge(format!(
                "the piece has {} bytes, and {PIECE_BYTES_MAX} are the most",
                piece.len()
            )));
        }
        let length = self.bytes.len().saturating_add(piece.len());
        poe.check_length(length)?;
        if length > self.bytes.capacity() {
            // By half as much again: what was written is copied a few times in all.
            let most = usize::try_from(poe.upload_bytes_max()).unwrap_or(usize::MAX);
            let capacity = length.saturating_add(length / 2).min(most);
            self.book(poe, capacity)?;
            self.bytes
                .reserve_exact(capacity.saturating_sub(self.bytes.len()));
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    fn book(&mut self, poe: &Poe, bytes: usize) -> Result<(), PoeError> {
        let Some(held) = &mut self.held else {
            self.held = Some(poe.hold(bytes)?);
            return Ok(());
        };
        if held.set(bytes as u64) {
            return Ok(());
        }
        Err(PoeError::no_memory(bytes))
    }

    /// What is to be uploaded, and its booking.
    pub(super) fn into_body(self) -> (Body, Option<Booking>) {
        let body = Body::Bytes {
            name: self.name,
            content_type: self.content_type,
            bytes: Bytes::from(self.bytes),
        };
        (body, self.held)
    }
}
