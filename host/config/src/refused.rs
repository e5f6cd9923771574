//! What of a tenant cannot be served, while everybody else is.

use super::resolve::ServerSpec;
use crate::ids::{BotName, TenantName};
use ravenry_base::report::{Problem, Problems};

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

impl ServerSpec {
    /// For whoever wants all or nothing.
    ///
    /// # Errors
    /// All that is refused.
    pub fn whole(self) -> Result<Self, Problems> {
        let refused = self.refused.iter().map(|refused| refused.problem.clone());
        Problems(refused.collect()).or(self)
    }

    /// Whether what is wrong with bots has left none.
    pub fn is_void(&self) -> bool {
        !self.refused.is_empty() && self.tenants.iter().all(|tenant| tenant.bots.is_empty())
    }

    /// Whether it is not known what a bot of this name is to be: it, or a file of its tenant, is refused.
    pub fn is_unread(&self, tenant: &TenantName, bot: &BotName) -> bool {
        let mut refused = self.refused.iter().filter(|it| it.tenant == *tenant);
        refused.any(|it| it.bot.as_ref().is_none_or(|name| name == bot))
    }

    /// Whether just this bot is refused, by its name.
    pub fn refuses(&self, tenant: &TenantName, bot: &BotName) -> bool {
        let mut refused = self.refused.iter().filter(|it| it.tenant == *tenant);
        refused.any(|it| it.bot.as_ref() == Some(bot))
    }
}
