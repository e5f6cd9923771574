//! How a verb is run: all of them in the same way, which the compiler holds.

use super::failure::Failure;

/// The arguments of a verb, as they were typed.
pub(super) trait Run {
    /// Does what they ask for.
    ///
    /// # Errors
    /// Why it was not done, or not to the end.
    fn run(&self) -> Result<(), Failure>;
}
