//! The two steps in which the platform charges a person for a reply.

use serde::{Deserialize, Serialize};

/// What is asked of an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Reserves.
    Authorize,
    /// Charges.
    Capture,
}

impl Operation {
    /// The word of the API.
    pub fn label(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Capture => "capture",
        }
    }
}
