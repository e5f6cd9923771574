//! Charges the person who asked for what a reply costs.

use super::{CostItem, PoeError};
use crate::backend;

/// Reserves an amount that this reply will cost the person.
///
/// What was authorized and not captured when the reply ends is reported in the log of the gateway.
/// The cost of bots that this one asks is not to be added: the platform charges it itself.
///
/// # Errors
///
/// [`PoeError::InsufficientFund`] where the person cannot pay it; passed on with `?`, the platform
/// says so. [`PoeError::Denied`] where the query cannot be charged.
pub fn authorize(items: &[CostItem]) -> Result<(), PoeError> {
    backend::poe::authorize(items)
}

/// Charges what the reply has really cost, at most what was authorized.
///
/// # Errors
///
/// As [`authorize`]. Never repeated by the gateway: after [`PoeError::Broken`], it is unknown whether
/// the person was charged.
pub fn capture(items: &[CostItem]) -> Result<(), PoeError> {
    backend::poe::capture(items)
}
