//! What of a tenant cannot be served, while everybody else is.

use crate::ids::{BotName, TenantName};
use ravenry_base::report::Problem;

/// A bot that cannot be served, or a file of bots, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Whose it is.
    pub tenant: TenantName,
    /// The bot; `None` where what is wrong is not of one bot, as with a file that cannot be read.
    pub bot: Option<BotName>,
    /// Why.
    pub problem: Problem,
}
