//! Reads the files of a person.

use super::PoeError;
use crate::{Attachment, backend};

impl Attachment {
    /// The bytes of this file, which must be attached to a message of the query at hand.
    ///
    /// # Errors
    ///
    /// [`PoeError::TooLarge`] where it has more than `bytes_max` bytes, and no more than that is
    /// read. [`PoeError::Broken`] where the platform no longer has it: after about ten minutes.
    pub fn read(&self, bytes_max: u32) -> Result<Vec<u8>, PoeError> {
        backend::poe::read_attachment(&self.url, bytes_max)
    }
}
